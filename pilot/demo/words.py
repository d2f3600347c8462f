"""The words of the demonstration: its accounts, councils, elections, proposals and the board's answer. Pure."""

from msgspec import Struct

from pilot.councils.contests import Candidate, Kept
from pilot.councils.proposals import ProposalText
from pilot.demo.trusts import ANSWERED, ASKED, VOTING
from pilot.people.roles import Grant, Role


class DemoAccount(Struct, frozen=True):
    """A made-up person with an account, and the roles held."""

    name: str
    email: str
    grants: tuple[Grant, ...]

    @property
    def role(self) -> Role:
        """The role for which the sign-in link is shown; each account has one, for both trusts where it is of trusts."""
        return self.grants[0].role


def _of_both(role: Role) -> tuple[Grant, ...]:
    return Grant(role, VOTING), Grant(role, ANSWERED)


def _of_all(role: Role) -> tuple[Grant, ...]:
    """In both pilots, and in the control whose staff are asked."""
    return (*_of_both(role), Grant(role, ASKED))


ACCOUNTS = (
    DemoAccount("Morgan Ashby", "programme.admin@example.org", (Grant(Role.PROGRAMME_ADMIN),)),
    DemoAccount("Priya Hallam", "coordinator@example.org", _of_all(Role.COORDINATOR)),
    DemoAccount("Rowan Tindall", "returning.officer@example.org", _of_all(Role.RETURNING_OFFICER)),
    DemoAccount("Bola Winterton", "board.secretary@example.org", _of_all(Role.BOARD_SECRETARY)),
    DemoAccount("Marta Kowal", "scrutineer@example.org", _of_both(Role.TRUSTEE)),
    DemoAccount("Joe Bannister", "teller@example.org", _of_both(Role.TELLER)),
    DemoAccount("Ewa Lindqvist", "evaluator@example.org", (Grant(Role.EVALUATOR),)),
    DemoAccount("Idris Calder", "auditor@example.org", (Grant(Role.AUDITOR),)),
)

SCRUTINEER_DEPUTY = "Ines Kowal"
"""Who keeps the scrutineer's backup, by the form on which the returning officer invites trustees."""

COUNCILS = {ANSWERED: "Aldermere Staff Council", VOTING: "Brackenholt Staff Council"}

SEATS: dict[str, tuple[tuple[str, str | None], ...]] = {
    # the body that nominates, and the holder: a seat for each 50 people, and one of them empty
    ANSWERED: (
        ("Nursing and midwifery", "Tamsin Okoro"),
        ("Nursing and midwifery", "Gareth Pryce"),
        ("Healthcare assistants' forum", "Sunita Mistry"),
        ("Estates and facilities", "Winston Doyle"),
        ("Administrative staff", "Carol Brennan"),
        ("Therapies and science", "Linh Tran"),
        ("Doctors in training", None),
        ("Staff side (recognised unions)", "Denise Farrell"),
    ),
    VOTING: (
        ("Nursing and midwifery", "Blessing Adeyemi"),
        ("Nursing and midwifery", "Rhys Bennett"),
        ("Healthcare assistants' forum", "Dorota Nowak"),
        ("Estates and facilities", "Kwame Boateng"),
        ("Night staff network", "Yasmin Akhtar"),
        ("Administrative staff", "Neil Hancock"),
        ("Therapies and science", None),
        ("Staff side (recognised unions)", "Fiona Gallagher"),
    ),
}


class Stand(Struct, frozen=True):
    """An election: its title, its seats, who stands, and the seats kept for a class."""

    title: str
    seats: int
    candidates: tuple[Candidate, ...]
    kept: tuple[Kept, ...] = ()


_LOWER, _UPPER = "Bands 2 to 4", "Bands 5 and above"

ELECTED = Stand(
    "Three seats for all staff on the Aldermere Staff Council",
    3,
    (
        # on the paper they are numbered in the order of their last names, as here
        Candidate(
            "Temi Adeyemi",
            _LOWER,
            "I am a healthcare assistant on Ward 7. We hear most from patients and are asked least. I will ask what "
            "becomes of every proposal, each month, and tell you the answer on one page.",
        ),
        Candidate(
            "Harjit Dhillon",
            _UPPER,
            "I have been a nurse in the emergency department for eleven years. Rest, food and rotas decide who stays. "
            "I will bring figures to the council, not only stories.",
        ),
        Candidate(
            "Siobhan Farrell",
            _UPPER,
            "As a midwife I work at two sites. What is agreed at one is often unknown at the other. I want every "
            "decision to be read at all three sites on the same day.",
        ),
        Candidate(
            "Kofi Mensah",
            _LOWER,
            "I am a porter and know every corridor here. I will speak for people who have no e-mail at work.",
        ),
        Candidate(
            "Rosa Santos", _LOWER, "I work in domestic services, mostly at night. Nights need a voice on the council."
        ),
        Candidate(
            "Lewis Turner",
            _UPPER,
            "I am a physiotherapist. I would like small teams to be heard as well as large ones.",
        ),
    ),
    (Kept(_LOWER, 1),),
)
"""The election that is declared: at least one of the three comes from the lower bands."""

ELECTING = Stand(
    "Two seats for all staff on the Brackenholt Staff Council",
    2,
    (
        Candidate(
            "Ngozi Eze",
            _UPPER,
            "I am a radiographer. Plans reach us when they are finished. I want us to be asked when they are begun.",
        ),
        Candidate(
            "Callum Hancock", _LOWER, "I am a ward clerk. I will answer every message from staff within three days."
        ),
        Candidate(
            "Anita Parekh",
            _UPPER,
            "I am a staff nurse in theatres. I stand for rotas that people can plan their lives by.",
        ),
        Candidate("Tadeusz Rowe", _LOWER, "I work in the kitchens. Hot food at night is possible. I know how."),
    ),
)
"""The election in which people vote now."""

HOT_FOOD = ProposalText(
    title="Hot food for people who work at night",
    problem="The canteens close at 7pm. Between then and 7am staff can only buy crisps and cold sandwiches from a "
    "machine, and the machine is often empty by midnight. People who work several nights in a row go without a hot "
    "meal for days.",
    change="Keep one kitchen at the main hospital open until 2am on every night of the week, with two hot dishes, one "
    "of them without meat. At the other sites, put in a machine with hot meals and fill it twice in each night.",
    who_decides="The trust's board, on the advice of the director of estates. The trust runs its kitchens itself.",
    measure="The number of hot meals sold at night in each month, and the share of staff on nights who say in the "
    "next staff survey that they can get a hot meal.",
)

ROTAS = ProposalText(
    title="Publish every rota eight weeks ahead",
    problem="On many wards the rota comes out two or three weeks before it starts. People cannot plan care for their "
    "children or their parents, and swap shifts at the last moment. Some leave for an agency because there they can "
    "choose.",
    change="Every ward and department publishes its rota at least eight weeks before the first shift. Later changes "
    "need the agreement of the person concerned, unless patients would be at risk.",
    who_decides="The trust's board. The chief nurse and the director of operations would carry it out.",
    measure="The share of rotas that were published eight weeks ahead, month by month, and the number of shifts "
    "changed later than that.",
)

BREAK_ROOM = ProposalText(
    title="A quiet break room on every site",
    problem="At two of the three sites there is nowhere to sit down away from patients, telephones and the public. "
    "People take their break in a store room or in their car, or do not take it.",
    change="Each site sets aside one room for breaks that is open day and night, with comfortable chairs, drinking "
    "water, a microwave and a lock that opens with the staff card. Bank and agency staff may use it too.",
    who_decides="The trust's board, since rooms would change their use at two sites.",
    measure="How many people use the rooms, counted by the locks without names, and the share of staff who say that "
    "they could take their break.",
)

LEAVE_ONLINE = ProposalText(
    title="Let porters and domestics book leave online",
    problem="Nurses book their annual leave on the computer. Porters, domestics and catering staff fill in a paper "
    "form, and it takes up to three weeks until they hear.",
    change="Open the leave system to everybody on the payroll, with a shared screen in each department and help for "
    "people who have no work e-mail. An answer comes within seven days.",
    who_decides="The director of people, who looks after the leave system.",
    measure="The time from asking for leave to the answer, by department, before and after.",
)

TRAINING = ProposalText(
    title="One afternoon a month for learning together",
    problem="Training days are cancelled when a ward is short of staff, and that is most weeks. Teams learn of a "
    "change by e-mail, and many have no time to read it.",
    change="Each team has one protected afternoon a month to learn together. The dates are fixed for a year, and cover "
    "is booked with them.",
    who_decides="The trust's board, because of the cost of cover.",
    measure="The number of afternoons held of those planned, and how many people each team says understood the last "
    "change in its work.",
)

BADGES = ProposalText(
    title="Name badges that people can read",
    problem="The print on our name badges is small and grey. Patients with poor sight cannot read it, and colleagues "
    "from other wards do not know whom they are speaking to.",
    change="Give everybody a badge with the first name in large dark letters on a light ground, and the role below it.",
    who_decides="The director of people.",
    measure="The share of patients who say that they knew the names of the staff who cared for them.",
)

CAR_PARK = ProposalText(
    title="Open the back gate of the car park at night",
    problem="After 9pm the back gate is locked, and people who finish late walk round the whole building in the dark.",
    change="Leave the back gate open until midnight, with a light above it.",
    who_decides="The director of estates.",
    measure="The number of people who use the gate after 9pm.",
)

SUNDAYS = ProposalText(
    title="A higher rate for work on Sundays",
    problem="Few people ask for shifts on Sundays, so the same people work them again and again.",
    change="Pay a higher rate for every hour on a Sunday.",
    who_decides="The director of people.",
    measure="The number of Sunday shifts that stay empty.",
)

CHARGING = ProposalText(
    title="Charging points for electric bicycles",
    problem="More and more people come by electric bicycle and carry the battery to the ward to charge it.",
    change="",
    who_decides="",
    measure="",
)
"""Only begun: the demonstration shows it as a draft."""

REFERRED_TO = "Staff side of the joint negotiating committee"
REFERRED_BECAUSE = (
    "This is about pay. Rates for Sundays are agreed nationally between employers and unions, so the council cannot "
    "decide on them. We have passed it on to staff side with the thanks of the council."
)

BOARD_REASONS = (
    "The board agrees. Staff who work at night keep the hospital safe, and a hot meal is the least they can expect. "
    "We looked at the cost with the kitchens: one late kitchen and two machines can be paid from the catering budget. "
    "We begin with the main hospital, since most people who work at night work there."
)

COMMITMENTS = (
    # what, who, days from today until it is due, how one can see it
    (
        "Keep the main kitchen open until 2am on every night of the week",
        "Director of estates",
        45,
        "Hot meals sold between 7pm and 2am, published each month",
    ),
    (
        "Put a machine with hot meals in at each of the other two sites",
        "Head of catering",
        120,
        "Both machines in use, and how often each was found empty",
    ),
)

PRACTICE_TITLE, PULSE_TITLE = "How is this trust led?", "How is work going?"
"""The survey that is released, and the one that is open."""
