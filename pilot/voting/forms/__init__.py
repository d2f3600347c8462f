"""The forms of voting: what may be typed, and every sentence for what may not. Pure."""

from pilot.voting.forms.ballots import LONGEST_REASON, CodeForm, DeclareForm, OpenLotForm, TakeLotForm

__all__ = ["LONGEST_REASON", "CodeForm", "DeclareForm", "OpenLotForm", "TakeLotForm"]
