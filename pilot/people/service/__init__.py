"""What people may do with trusts, accounts, the staff roll and voting codes."""

from pilot.people.service.accounts import (
    add_account,
    end_role,
    first_programme_admin,
    grant_role,
    link_address,
    link_owner,
    make_link,
    use_link,
)
from pilot.people.service.codes import issue_codes, person_at, person_with_code, reissue, replace_batch
from pilot.people.service.uploads import forget_uploads

__all__ = [
    "add_account",
    "end_role",
    "first_programme_admin",
    "forget_uploads",
    "grant_role",
    "issue_codes",
    "link_address",
    "link_owner",
    "make_link",
    "person_at",
    "person_with_code",
    "reissue",
    "replace_batch",
    "use_link",
]
