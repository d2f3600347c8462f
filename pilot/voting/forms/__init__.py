"""The forms of voting: what may be typed, and every sentence for what may not. Pure."""

from pilot.voting.forms.ballots import LONGEST_REASON, CodeForm, DeclareForm, OpenLotForm, TakeLotForm
from pilot.voting.forms.challenges import ChallengeForm, DecideForm, EraseForm
from pilot.voting.forms.notices import NoticesForm, ObjectionForm, SettleForm
from pilot.voting.forms.pausing import BecauseForm, ExtendForm

__all__ = [
    "LONGEST_REASON",
    "BecauseForm",
    "ChallengeForm",
    "CodeForm",
    "DecideForm",
    "DeclareForm",
    "EraseForm",
    "ExtendForm",
    "NoticesForm",
    "ObjectionForm",
    "OpenLotForm",
    "SettleForm",
    "TakeLotForm",
]
