"""Pilot: workplace-democracy pilots in NHS trusts, and an honest answer to whether they work."""
