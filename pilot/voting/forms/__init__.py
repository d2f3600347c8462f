"""The forms of voting: what may be typed, and every sentence for what may not. Pure."""

from pilot.voting.forms.ballots import LONGEST_REASON, CodeForm, DeclareForm, OpenLotForm, TakeLotForm
from pilot.voting.forms.challenges import ChallengeForm, DecideForm, EraseForm
from pilot.voting.forms.disputes import AnswerForm, DisputeForm
from pilot.voting.forms.notices import NoticesForm, ObjectionForm, SettleForm
from pilot.voting.forms.paper import BlindedPapers, ConfirmPapersForm, FindForm, SealedPapers, TakeBackForm
from pilot.voting.forms.pausing import BecauseForm, ExtendForm
from pilot.voting.forms.trustees import (
    ConfirmForm,
    InviteForm,
    OrderForm,
    ReplaceForm,
    SureForm,
)

__all__ = [
    "LONGEST_REASON",
    "AnswerForm",
    "BecauseForm",
    "BlindedPapers",
    "ChallengeForm",
    "CodeForm",
    "ConfirmForm",
    "ConfirmPapersForm",
    "DecideForm",
    "DeclareForm",
    "DisputeForm",
    "EraseForm",
    "ExtendForm",
    "FindForm",
    "InviteForm",
    "NoticesForm",
    "ObjectionForm",
    "OpenLotForm",
    "OrderForm",
    "ReplaceForm",
    "SealedPapers",
    "SettleForm",
    "SureForm",
    "TakeBackForm",
    "TakeLotForm",
]
