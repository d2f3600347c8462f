"""Questions put to a trust's staff: electorates, ballots, counting and declared results."""
