"""What is done with councils and proposals. No verb commits; each writes one event, except support."""

from pilot.councils.service.board import acknowledge, check_answer, respond
from pilot.councils.service.drafting import (
    Author,
    answer_scope,
    ask_for_sponsors,
    authored,
    begin,
    invited,
    put_name_to,
    what_is_missing,
    withdraw,
    withdrawable,
    write,
)
from pilot.councils.service.founding import amend, give_up_seat, make_council, seat
from pilot.councils.service.path import (
    can_be_put_to_ballot,
    lapse,
    lock,
    on_declared,
    on_missed,
    put_to_ballot,
    refer,
    send_back,
    take_in,
)
from pilot.councils.service.support import support, take_back_support

__all__ = [
    "Author",
    "acknowledge",
    "amend",
    "answer_scope",
    "ask_for_sponsors",
    "authored",
    "begin",
    "can_be_put_to_ballot",
    "check_answer",
    "give_up_seat",
    "invited",
    "lapse",
    "lock",
    "make_council",
    "on_declared",
    "on_missed",
    "put_name_to",
    "put_to_ballot",
    "refer",
    "respond",
    "seat",
    "send_back",
    "support",
    "take_back_support",
    "take_in",
    "what_is_missing",
    "withdraw",
    "withdrawable",
    "write",
]
