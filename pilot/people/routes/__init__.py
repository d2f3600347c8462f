"""The pages of trusts, accounts, the staff roll and voting codes."""

from pilot.people.routes import accounts, codes, home, roll, trusts

HANDLERS = [
    *home.HANDLERS,
    *accounts.HANDLERS,
    *trusts.HANDLERS,
    *roll.HANDLERS,
    *codes.HANDLERS,
]
