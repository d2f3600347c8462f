"""Councils: their constitution, their proposals, and what boards answer to them."""
