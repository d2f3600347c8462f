"""What the made-up staff of the demonstration are drawn from: common names, jobs and places of work. Pure."""

from msgspec import Struct


def _words(text: str) -> tuple[str, ...]:
    return tuple(text.split())


FIRST_NAMES = _words(
    """
    Abigail Adaeze Aisha Alan Amara Amir Andrew Anita Anna Beatrice Benjamin Blessing Callum Carol Chidi Chloe
    Daniel Deepak Denise Dorota Edith Efua Elena Emeka Emily Farah Fatima Fiona Gareth Grace Hannah Harjit
    Helen Ibrahim Imani Irene Jamal Janet Jasmine Joanna Joseph Karen Kavita Kofi Kwame Laura Leila Lewis Linh
    Lucy Malgorzata Maria Martin Mercy Mohammed Naomi Neil Ngozi Nina Oliver Olu Owen Pamela Patrick Priya
    Rachel Rajesh Rebecca Rhys Rosa Ruth Samuel Sandra Sanjay Sarah Siobhan Stephen Sunita Tadeusz Tamsin Temi
    Thomas Usha Valerie Wendy Winston Yasmin Yusuf Zainab Zoe
    """
)

LAST_NAMES = _words(
    """
    Abbott Acheampong Adeyemi Ahmed Akhtar Allen Asante Atkins Bailey Banerjee Barlow Begum Bennett Boateng
    Booth Bradley Brennan Burgess Chandra Chapman Clarke Cooper Costa Cullen Dacosta Davies Desai Dhillon
    Doyle Eze Farrell Fernandes Fletcher Foster Gallagher Gill Goodwin Grabowski Greene Gupta Hancock Harding
    Hassan Hughes Hussain Iqbal Islam Jacobs Jarvis Jennings Kaczmarek Kapoor Kaur Kelly Khan Knight Kowalski
    Lawal Lewis Lim Lowe Malik Marsh Mbeki McBride Mensah Mistry Moore Morgan Nair Newton Nkosi Nowak Obi
    Okafor Okonkwo Oliveira Osei Owusu Parekh Patel Pearce Quinn Rahman Rees Rowe Santos Sharma Shaw Sidhu
    Silva Singh Stokes Tanner Thapa Turner Uddin Vaughan Wallis Walsh Watts Wood Yates
    """
)


class Job(Struct, frozen=True):
    """A job as HR systems write it, and the places where it is done."""

    staff_group: str
    role: str
    band: str
    units: tuple[str, ...]


_NURSING, _CLINICAL = "Nursing and Midwifery Registered", "Additional Clinical Services"
_ESTATES, _CLERICAL = "Estates and Ancillary", "Administrative and Clerical"
_THERAPY, _MEDICAL = "Allied Health Professionals", "Medical and Dental"

JOBS = (
    # people out of 100, and the job
    (18, Job(_NURSING, "Staff Nurse", "Band 5", ("Ward 4", "Ward 7", "Emergency Department", "Theatres"))),
    (8, Job(_NURSING, "Sister/Charge Nurse", "Band 6", ("Ward 4", "Ward 7", "Emergency Department"))),
    (4, Job(_NURSING, "Midwife", "Band 6", ("Maternity",))),
    (14, Job(_CLINICAL, "Healthcare Assistant", "Band 2", ("Ward 4", "Ward 7", "Outpatients"))),
    (6, Job(_CLINICAL, "Senior Healthcare Support Worker", "Band 3", ("Emergency Department", "Maternity"))),
    (6, Job(_ESTATES, "Porter", "Band 2", ("Portering",))),
    (6, Job(_ESTATES, "Domestic", "Band 2", ("Domestic Services",))),
    (3, Job(_ESTATES, "Catering Assistant", "Band 2", ("Kitchens",))),
    (9, Job(_CLERICAL, "Ward Clerk", "Band 2", ("Ward 4", "Ward 7", "Outpatients"))),
    (6, Job(_CLERICAL, "Medical Secretary", "Band 4", ("Medical Records", "Outpatients"))),
    (5, Job(_THERAPY, "Physiotherapist", "Band 6", ("Therapies",))),
    (4, Job(_THERAPY, "Radiographer", "Band 5", ("Radiology",))),
    (4, Job(_MEDICAL, "Foundation Doctor", "F2", ("Emergency Department", "Medicine", "Surgery"))),
    (4, Job(_MEDICAL, "Consultant", "Consultant", ("Medicine", "Surgery"))),
    (3, Job("Healthcare Scientists", "Biomedical Scientist", "Band 6", ("Pathology",))),
)

BOARD = "Trust Board"
DIRECTORS = tuple(
    Job(_CLERICAL, role, "Non AfC", (BOARD,)) for role in ("Chief Executive", "Finance Director", "Medical Director")
)
NON_EXECUTIVE = Job(_CLERICAL, "Non Executive Director", "Non AfC", (BOARD,))

SITES: dict[str, tuple[str, str, str]] = {
    "Z1A": ("Aldermere General Hospital", "Stonecross Hospital", "Mill Lane Health Centre"),
    "Z2A": ("Brackenholt Royal Infirmary", "Ladywell Hospital", "Canal Street Health Centre"),
    "Z2B": ("Ockerley Infirmary", "Fallow Park Hospital", "Chapel Road Health Centre"),
}
"""The sites of the three trusts that have a roll; the board meets at the first."""
