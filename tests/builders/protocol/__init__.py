"""One ballot that is driven through its whole life in any order, for the test and the bench of the whole protocol."""
