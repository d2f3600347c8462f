"""Tables of counts with their totals: what hiding a small one takes so that nobody can work it out. Pure."""
