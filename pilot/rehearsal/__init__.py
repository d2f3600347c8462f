"""A whole vote of made-up people through the real HTTP interface, to see that everything works together."""
