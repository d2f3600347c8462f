"""What people may do with trusts, accounts, the staff roll and voting codes."""

from pilot.people.service.accounts import (
    add_account,
    end_role,
    first_programme_admin,
    grant_role,
    invite,
    link_address,
    link_owner,
    make_link,
    shut_out,
    use_link,
)
from pilot.people.service.codes import issue_codes, person_at, person_with_code, reissue, replace_batch
from pilot.people.service.roll import (
    Columns,
    Preview,
    RollFile,
    answer_zeros,
    columns_of,
    import_roll,
    load_roll,
    map_columns,
    preview_roll,
    stage_roll,
)
from pilot.people.service.trusts import add_trust, change_trust, import_trusts, read_list, stage_trusts
from pilot.people.service.uploads import forget_uploads

__all__ = [
    "Columns",
    "Preview",
    "RollFile",
    "add_account",
    "add_trust",
    "answer_zeros",
    "change_trust",
    "columns_of",
    "end_role",
    "first_programme_admin",
    "forget_uploads",
    "grant_role",
    "import_roll",
    "import_trusts",
    "invite",
    "issue_codes",
    "link_address",
    "link_owner",
    "load_roll",
    "make_link",
    "map_columns",
    "person_at",
    "person_with_code",
    "preview_roll",
    "read_list",
    "reissue",
    "replace_batch",
    "shut_out",
    "stage_roll",
    "stage_trusts",
    "use_link",
]
