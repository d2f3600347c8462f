"""What is not for the council, and words that point at a person."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pilot.councils import scope


def test_five_no_answers_leave_a_proposal_in_scope():
    assert scope.signposts(dict.fromkeys(scope.QUESTIONS, False)) == {}
    assert len(scope.QUESTIONS) == 5


@pytest.mark.parametrize("subject", scope.Subject)
def test_each_yes_has_its_own_signpost(subject):
    told = scope.signposts({other.value: other is subject for other in scope.Subject})
    assert list(told) == [subject.value]
    assert told[subject.value].endswith(".")


def test_pay_is_for_the_unions():
    assert "Pay is agreed between the trust and unions" in scope.signposts({"pay": True})["pay"]


@pytest.mark.parametrize("digits", ["9434765919", "4010232137", "9876543210"])
def test_an_nhs_number_is_known_by_its_check_digit(digits):
    assert scope.nhs_number_is_valid(digits)


@pytest.mark.parametrize("digits", ["9434765918", "943476591", "94347659190", "943476591X", "0000000060"])
def test_other_digits_are_not_an_nhs_number(digits):
    assert not scope.nhs_number_is_valid(digits)


@given(st.text("0123456789", min_size=10, max_size=10), st.integers(0, 9), st.integers(1, 9))
def test_one_wrong_digit_is_always_noticed(digits, place, by):
    wrong = digits[:place] + str((int(digits[place]) + by) % 10) + digits[place + 1 :]
    assert not (scope.nhs_number_is_valid(digits) and scope.nhs_number_is_valid(wrong))


@pytest.mark.parametrize(
    ("text", "kind", "words"),
    [
        ("ask for 943 476 5919 please", "an NHS number", "943 476 5919"),
        ("see 9434765919.", "an NHS number", "9434765919"),
        ("ring 07700 900123", "a phone number", "07700 900123"),
        ("ring +44 20 7946 0958 now", "a phone number", "+44 20 7946 0958"),
        ("write to a.porter@trust.example", "an e-mail address", "a.porter@trust.example"),
        ("DOB: 1/2/1980", "a date of birth", "DOB: 1/2/1980"),
        ("born on 3 March 1980", "a date of birth", "born on 3 March 1980"),
        ("MRN 0012345 fell", "a hospital number", "MRN 0012345"),
    ],
)
def test_what_certainly_points_at_a_person_is_found_and_refused(text, kind, words):
    (finding,) = scope.findings(text)
    assert (finding.kind, finding.words, finding.certain) == (kind, words, True)
    assert text[finding.start : finding.end] == words
    assert words in scope.refusal("What is the problem?", text)


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("Nurse Ratched is rude", "a person's name"),
        ("tell Mr. O’Brien", "a person's name"),
        ("the patient Anna Smith fell", "a patient's name"),
    ],
)
def test_what_may_be_a_name_is_shown_to_the_coordinator_and_not_refused(text, kind):
    (finding,) = scope.findings(text)
    assert (finding.kind, finding.certain) == (kind, False)
    assert scope.refusal("Title", text) is None


@pytest.mark.parametrize(
    "text",
    [
        "Give each ward a rest room by 1 April 2027.",
        "We lost 1234567890 minutes",
        "The budget is £1,200,000 over 10 years",
        "Band 5 nurses on ward 12 work 37.5 hours",
        "Patients wait too long and patient safety suffers",
        "In 2026 2027 and 2028",
    ],
)
def test_ordinary_sentences_pass(text):
    assert scope.findings(text) == []


@given(st.text())
def test_the_marked_pieces_join_to_the_text(text):
    assert "".join(words for words, _ in scope.marked(text)) == text


def test_marked_pieces_show_what_each_may_be():
    assert scope.marked("Ask Dr Foster first") == [("Ask ", None), ("Dr Foster", "a person's name"), (" first", None)]


def test_a_part_must_be_there_short_enough_and_point_at_nobody():
    assert scope.part_problem("title", " ") == "Enter a text for “Title”"
    assert scope.part_problem("title", "word " * 16) == "“Title” must have 15 words or fewer. It has 16"
    assert scope.part_problem("title", "word " * 15) is None
    assert "a phone number" in scope.part_problem("problem", "Ring 07700 900123")
