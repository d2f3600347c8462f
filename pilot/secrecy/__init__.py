"""The sealed box: one anonymous paper for each entitled person, and a record that anyone can check."""
