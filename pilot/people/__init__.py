"""Trusts, the staff roll, the people on it, their voting codes, and the accounts that run the programme."""
