"""A line for every act of an officer or the clock, each bound to the one before."""
