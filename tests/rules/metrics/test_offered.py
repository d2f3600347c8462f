"""Which measures a plan can name."""

import pytest

from pilot.metrics.offered import names, problem

STORED = (("Other measures", "morale"), ("Workforce figures", "leavers"))


@pytest.mark.parametrize(
    ("instrument", "name"),
    [
        ("Other measures", "morale"),
        ("Other measures", "managers_trained"),
        ("NHS Staff Survey", "theme_engagement"),
        ("NHS Staff Survey", "q25c"),
        ("Workforce figures", "leaver_rate"),
        ("Programme survey", "management_practice"),
        ("Programme survey, pack 0123abcd", "anything"),
    ],
)
def test_what_is_stored_or_known_can_be_named(instrument, name):
    assert problem(instrument, name, STORED) == ""


@pytest.mark.parametrize(
    ("instrument", "name", "offered"),
    [
        ("Other measures", "moral", "Choose one of: morale, "),
        ("NHS Staff Survey", "engagement!", "theme_engagement"),
        ("Workforce figures", "morale", "Choose one of: leavers, "),
        ("Workforce figures", "morale", "leaver_rate"),
        ("Programme survey", "theme_engagement", "There is no measure"),
    ],
)
def test_a_name_that_nobody_knows_is_refused_with_those_there_are(instrument, name, offered):
    assert offered in problem(instrument, name, STORED)


def test_a_file_that_is_still_to_come_may_have_names_of_its_own():
    assert problem("Other measures", "morale", ()) == ""
    assert problem("NHS Staff Survey", "morale", ()) != ""


def test_names_with_figures_are_offered_first_and_each_once():
    found = names([*STORED, ("Other measures", "leavers")])
    assert found[:2] == ("leavers", "morale")
    assert len(set(found)) == len(found)
