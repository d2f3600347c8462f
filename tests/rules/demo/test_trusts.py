"""The made-up trusts."""

import csv
from collections import Counter
from datetime import date

from pilot.demo.trusts import ANSWERED, VOTING, trusts
from pilot.people.trusts import RATINGS

TRUSTS = trusts(date(2026, 5, 1))


def test_there_are_six_pilots_and_eighteen_controls():
    assert Counter(trust.arm for trust in TRUSTS) == {"pilot": 6, "control": 18}


def test_each_set_has_one_pilot_and_three_controls_of_one_type_and_region():
    for name in {trust.matched_set for trust in TRUSTS}:
        members = [trust for trust in TRUSTS if trust.matched_set == name]
        assert Counter(trust.arm for trust in members) == {"pilot": 1, "control": 3}
        assert len({(trust.type, trust.region) for trust in members}) == 1


def test_only_pilots_have_a_start():
    assert all((trust.starts_on is not None) == (trust.arm == "pilot") for trust in TRUSTS)


def test_ratings_are_those_of_the_commission():
    assert all(trust.cqc_overall in RATINGS[1:] and trust.cqc_well_led in RATINGS[1:] for trust in TRUSTS)


def test_the_trusts_with_councils_are_pilots():
    assert {trust.arm for trust in TRUSTS if trust.ods_code in (ANSWERED, VOTING)} == {"pilot"}


def test_no_trust_has_a_real_name_or_code(reference_data):
    with (reference_data / "nhs" / "ods_etr.csv").open(encoding="utf-8-sig", newline="") as file:
        real = [(row[0].upper(), row[1].upper()) for row in csv.reader(file)]
    assert len(real) > 200
    codes, names = {code for code, _ in real}, " ".join(name for _, name in real).replace(",", " ").split()
    assert codes & {trust.ods_code for trust in TRUSTS} == set()
    common = {"HOSPITALS", "NHS", "TRUST", "AND", "MENTAL", "HEALTH", "COMMUNITY", "CARE", "VALE", "MOOR"}
    made_up = {word for trust in TRUSTS for word in trust.name.upper().split()} - common
    assert made_up & set(names) == set()
