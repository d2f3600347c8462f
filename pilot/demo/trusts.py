"""The trusts of the demonstration: six matched sets of one pilot and three controls, all of them made up. Pure."""

from datetime import date

from pilot.people.trusts import Trust

SETS = 6
CONTROLS_IN_A_SET = 3

ANSWERED = "Z1A"
"""The pilot trust whose board has answered a carried proposal."""

VOTING = "Z2A"
"""The pilot trust where a ballot is open now."""

ASKED = "Z2B"
"""The control trust whose staff answer surveys; nothing of councils is put before them."""

_SETS = (
    # type, region, CQC overall, CQC well-led, and the names: the pilot first
    ("Acute", "North East and Yorkshire", "Requires improvement", "Requires improvement"),
    ("Acute", "Midlands", "Requires improvement", "Inadequate"),
    ("Acute", "South East", "Inadequate", "Inadequate"),
    ("Mental health and learning disability", "North West", "Requires improvement", "Requires improvement"),
    ("Community", "South West", "Good", "Requires improvement"),
    ("Acute and community", "East of England", "Requires improvement", "Good"),
)

_NAMES = (
    ("Aldermere Hospitals", "Fellbrigg Hospitals", "Harrowdale and Stennick Hospitals", "Northwold Vale Hospitals"),
    ("Brackenholt Hospitals", "Ockerley Hospitals", "Tamebrook Hospitals", "Wrensford and Dunmarsh Hospitals"),
    ("Candlemere Hospitals", "Hollinghythe Hospitals", "Pevenscombe Hospitals", "Wealdenbourne Hospitals"),
    ("Drakelow Mental Health", "Irwenside Mental Health", "Kentrigg Mental Health", "Rossenfell Mental Health"),
    ("Exenham Community", "Lanteglos Moor Community", "Quantmoor Community", "Tavycombe Community"),
    ("Fenwater Care", "Gippingmere Care", "Stourmarsh Care", "Wissenham Care"),
)


def trusts(starts_on: date) -> tuple[Trust, ...]:
    """All 24 trusts by code. The pilot of a set has the letter A; `starts_on` is the day on which the pilots began."""
    return tuple(_trust(number, letter, starts_on) for number in range(1, SETS + 1) for letter in "ABCD")


def _trust(number: int, letter: str, starts_on: date) -> Trust:
    kind, region, overall, well_led = _SETS[number - 1]
    pilot = letter == "A"
    return Trust(
        ods_code=f"Z{number}{letter}",
        name=f"{_NAMES[number - 1]['ABCD'.index(letter)]} NHS Trust",
        arm="pilot" if pilot else "control",
        matched_set=f"Set {number}",
        region=region,
        type=kind,
        cqc_overall=overall,
        cqc_well_led=well_led,
        starts_on=starts_on if pilot else None,
    )
