"""Council elections: contests, their candidates, seats that are elected, and seats that became empty"""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

OLD = {"ck_seat_selection_method": "selection_method = 'nomination_by_body'"}
NEW = {
    "ck_seat_selection_method": "selection_method IN ('nomination_by_body', 'election')",
    "ck_seat_elected_in_a_contest": "(selection_method = 'election') = (contest_id IS NOT NULL)",
    "ck_seat_elected_for_a_term": "(contest_id IS NULL) = (term_ends_on IS NULL)",
    "ck_seat_candidate_of_a_contest": "candidate_id IS NULL OR contest_id IS NOT NULL",
    "ck_seat_holder_stood": "contest_id IS NULL OR (holder_name IS NULL) = (candidate_id IS NULL)",
    "ck_seat_elected_until": "contest_id IS NULL OR (holder_name IS NULL) = (held_to IS NULL)",
    "ck_seat_within_the_term": "term_ends_on IS NULL OR held_to IS NULL OR held_to <= term_ends_on",
}
KEPT = {
    "ck_seat_holder_has_a_day": "(holder_name IS NULL) = (held_from IS NULL)",
    "ck_seat_held_forward": "held_to IS NULL OR held_to >= held_from",
    "ck_seat_holder_has_a_name": "holder_person_id IS NULL OR holder_name IS NOT NULL",
}
"""SQLite makes the table anew and would forget the checks that nobody names to it."""


def _new_columns() -> list[sa.Column]:
    return [
        sa.Column("contest_id", sa.Integer(), nullable=True),
        sa.Column("candidate_id", sa.Integer(), nullable=True),
        sa.Column("term_ends_on", sa.Date(), nullable=True),
    ]


def _seat(checks: dict[str, str], *, elected: bool) -> sa.Table:
    """The table of seats as it stands with these checks and those that stay; `elected`: with the new columns."""
    new = (
        sa.ForeignKeyConstraint(["contest_id"], ["contest.id"], name="fk_seat_contest_id_contest"),
        sa.ForeignKeyConstraint(["candidate_id"], ["candidate.id"], name="fk_seat_candidate_id_candidate"),
        sa.Index("ix_seat_contest_id", "contest_id"),
        sa.Index("uq_seat_contest_id_candidate_id", "contest_id", "candidate_id", unique=True),
    )
    return sa.Table(
        "seat",
        sa.MetaData(),
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("council_id", sa.Integer(), nullable=False),
        sa.Column("body", sa.String(120), nullable=False),
        sa.Column("selection_method", sa.String(20), nullable=False),
        sa.Column("holder_person_id", sa.Integer(), nullable=True),
        sa.Column("holder_name", sa.String(120), nullable=True),
        sa.Column("held_from", sa.Date(), nullable=True),
        sa.Column("held_to", sa.Date(), nullable=True),
        *(_new_columns() if elected else ()),
        *(sa.CheckConstraint(condition, name=name) for name, condition in (KEPT | checks).items()),
        sa.ForeignKeyConstraint(["council_id"], ["council.id"], name="fk_seat_council_id_council"),
        sa.ForeignKeyConstraint(["holder_person_id"], ["person.id"], name="fk_seat_holder_person_id_person"),
        sa.PrimaryKeyConstraint("id", name="pk_seat"),
        sa.Index("ix_seat_council_id", "council_id"),
        *(new if elected else ()),
    )


def upgrade() -> None:
    _make_contest()
    _make_candidate()
    with op.batch_alter_table("seat", copy_from=_seat(OLD, elected=False)) as batch:
        for name in OLD:
            batch.drop_constraint(op.f(name), type_="check")
        for column in _new_columns():
            batch.add_column(column)
        for name, condition in NEW.items():
            batch.create_check_constraint(op.f(name), condition)
        batch.create_foreign_key(op.f("fk_seat_contest_id_contest"), "contest", ["contest_id"], ["id"])
        batch.create_foreign_key(op.f("fk_seat_candidate_id_candidate"), "candidate", ["candidate_id"], ["id"])
        batch.create_index(op.f("ix_seat_contest_id"), ["contest_id"])
        batch.create_index("uq_seat_contest_id_candidate_id", ["contest_id", "candidate_id"], unique=True)
    _make_vacancy()


def downgrade() -> None:
    if op.get_bind().scalar(sa.select(sa.func.count()).select_from(sa.table("contest"))):
        raise RuntimeError("This database holds elections of council members, which the form before does not know.")
    for name in ("uq_vacancy_left_seat_id", "uq_vacancy_seat_id", "ix_vacancy_trust"):
        op.drop_index(name, table_name="vacancy")
    op.drop_table("vacancy")
    with op.batch_alter_table("seat", copy_from=_seat(NEW, elected=True)) as batch:
        batch.drop_index("uq_seat_contest_id_candidate_id")
        batch.drop_index(op.f("ix_seat_contest_id"))
        batch.drop_constraint(op.f("fk_seat_candidate_id_candidate"), type_="foreignkey")
        batch.drop_constraint(op.f("fk_seat_contest_id_contest"), type_="foreignkey")
        for name in NEW:
            batch.drop_constraint(op.f(name), type_="check")
        for column in reversed(_new_columns()):
            batch.drop_column(column.name)
        for name, condition in OLD.items():
            batch.create_check_constraint(op.f(name), condition)
    op.drop_table("candidate")
    op.drop_index("ix_contest_trust_state", table_name="contest")
    op.drop_table("contest")


def _make_contest() -> None:
    with_ballot = "state IN ('arranged', 'declared')"
    over = "state IN ('declared', 'uncontested')"
    op.create_table(
        "contest",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("trust", sa.String(8), nullable=False),
        sa.Column("council_id", sa.Integer(), nullable=False),
        sa.Column("state", sa.String(12), nullable=False),
        sa.Column("title", sa.String(120), nullable=False),
        sa.Column("seats", sa.Integer(), nullable=False),
        sa.Column("kept", sa.JSON(), nullable=False),
        sa.Column("opens_on", sa.Date(), nullable=True),
        sa.Column("closes_on", sa.Date(), nullable=True),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("missed", sa.Boolean(), nullable=False),
        sa.Column("constitution_version", sa.Integer(), nullable=True),
        sa.Column("rule", sa.String(24), nullable=True),
        sa.Column("ballot_id", sa.Integer(), nullable=True),
        sa.Column("declared_on", sa.Date(), nullable=True),
        sa.Column("term_ends_on", sa.Date(), nullable=True),
        sa.CheckConstraint(
            "state IN ('arranged', 'called off', 'declared', 'draft', 'uncontested')", name=op.f("ck_contest_state")
        ),
        sa.CheckConstraint("title <> ''", name=op.f("ck_contest_title")),
        sa.CheckConstraint("seats BETWEEN 1 AND 25", name=op.f("ck_contest_seats")),
        sa.CheckConstraint("(opens_on IS NULL) = (closes_on IS NULL)", name=op.f("ck_contest_dates_are_whole")),
        sa.CheckConstraint("opens_on < closes_on", name=op.f("ck_contest_opens_before_closing")),
        sa.CheckConstraint(f"({with_ballot}) = (ballot_id IS NOT NULL)", name=op.f("ck_contest_has_ballot")),
        sa.CheckConstraint("(ballot_id IS NULL) = (rule IS NULL)", name=op.f("ck_contest_ballot_has_a_rule")),
        sa.CheckConstraint("ballot_id IS NULL OR opens_on IS NOT NULL", name=op.f("ck_contest_ballot_has_dates")),
        sa.CheckConstraint(
            "(state IN ('arranged', 'declared', 'uncontested')) = (constitution_version IS NOT NULL)",
            name=op.f("ck_contest_pinned"),
        ),
        sa.CheckConstraint(f"({over}) = (declared_on IS NOT NULL)", name=op.f("ck_contest_declared_on")),
        sa.CheckConstraint("(declared_on IS NULL) = (term_ends_on IS NULL)", name=op.f("ck_contest_declared_for_a_term")),
        sa.CheckConstraint("term_ends_on >= declared_on", name=op.f("ck_contest_term_forward")),
        sa.ForeignKeyConstraint(["trust"], ["trust.ods_code"], name=op.f("fk_contest_trust_trust")),
        sa.ForeignKeyConstraint(["council_id"], ["council.id"], name=op.f("fk_contest_council_id_council")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_contest")),
        sa.UniqueConstraint("ballot_id", name=op.f("uq_contest_ballot_id")),
    )
    op.create_index("ix_contest_trust_state", "contest", ["trust", "state"])


def _make_candidate() -> None:
    op.create_table(
        "candidate",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("contest_id", sa.Integer(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=True),
        sa.Column("name", sa.String(120), nullable=False),
        sa.Column("class", sa.String(80), nullable=False),
        sa.Column("statement", sa.Text(), nullable=False),
        sa.CheckConstraint("name <> ''", name=op.f("ck_candidate_name")),
        sa.CheckConstraint("number > 0", name=op.f("ck_candidate_number")),
        sa.ForeignKeyConstraint(["contest_id"], ["contest.id"], name=op.f("fk_candidate_contest_id_contest")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_candidate")),
        sa.UniqueConstraint("contest_id", "name", name=op.f("uq_candidate_contest_id_name")),
        sa.UniqueConstraint("contest_id", "number", name=op.f("uq_candidate_contest_id_number")),
    )


def _make_vacancy() -> None:
    op.create_table(
        "vacancy",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("trust", sa.String(8), nullable=False),
        sa.Column("contest_id", sa.Integer(), nullable=False),
        sa.Column("seat_id", sa.Integer(), nullable=False),
        sa.Column("left_seat_id", sa.Integer(), nullable=True),
        sa.Column("cause", sa.String(16), nullable=False),
        sa.Column("empty_from", sa.Date(), nullable=False),
        sa.Column("rule", sa.String(16), nullable=False),
        sa.Column("state", sa.String(12), nullable=False),
        sa.Column("because", sa.Text(), nullable=False),
        sa.Column("agree_until", sa.Date(), nullable=True),
        sa.Column("all_answered", sa.Boolean(), nullable=False),
        sa.Column("agreed", sa.JSON(), nullable=False),
        sa.Column("counted", sa.Boolean(), nullable=False),
        sa.Column("count", sa.JSON(), nullable=False),
        sa.Column("winner_id", sa.Integer(), nullable=True),
        sa.Column("by_election_id", sa.Integer(), nullable=True),
        sa.Column("filled_on", sa.Date(), nullable=True),
        sa.CheckConstraint(
            "state IN ('asking', 'by-election', 'counted', 'filled', 'left vacant', 'withdrawn')",
            name=op.f("ck_vacancy_state"),
        ),
        sa.CheckConstraint(
            "cause IN ('absent', 'died', 'disqualified', 'left the trust', 'never filled', 'recalled', 'resigned')",
            name=op.f("ck_vacancy_cause"),
        ),
        sa.CheckConstraint(
            "(cause = 'never filled') = (left_seat_id IS NULL)", name=op.f("ck_vacancy_somebody_left")
        ),
        sa.CheckConstraint(
            "state <> 'withdrawn' OR (left_seat_id IS NOT NULL AND seat_id = left_seat_id)",
            name=op.f("ck_vacancy_given_back"),
        ),
        sa.CheckConstraint("state <> 'withdrawn' OR NOT counted", name=op.f("ck_vacancy_not_given_back_when_counted")),
        sa.CheckConstraint("because <> ''", name=op.f("ck_vacancy_because")),
        sa.CheckConstraint(
            "state NOT IN ('asking', 'counted') OR agree_until IS NOT NULL", name=op.f("ck_vacancy_asking_until")
        ),
        sa.CheckConstraint("winner_id IS NULL OR counted", name=op.f("ck_vacancy_winner_of_a_count")),
        sa.CheckConstraint("state <> 'counted' OR counted", name=op.f("ck_vacancy_counted")),
        sa.CheckConstraint("(state = 'filled') = (filled_on IS NOT NULL)", name=op.f("ck_vacancy_filled_on")),
        sa.CheckConstraint(
            "by_election_id IS NULL OR state IN ('by-election', 'filled')", name=op.f("ck_vacancy_by_election")
        ),
        sa.ForeignKeyConstraint(["trust"], ["trust.ods_code"], name=op.f("fk_vacancy_trust_trust")),
        sa.ForeignKeyConstraint(["contest_id"], ["contest.id"], name=op.f("fk_vacancy_contest_id_contest")),
        sa.ForeignKeyConstraint(["seat_id"], ["seat.id"], name=op.f("fk_vacancy_seat_id_seat")),
        sa.ForeignKeyConstraint(["left_seat_id"], ["seat.id"], name=op.f("fk_vacancy_left_seat_id_seat")),
        sa.ForeignKeyConstraint(["winner_id"], ["candidate.id"], name=op.f("fk_vacancy_winner_id_candidate")),
        sa.ForeignKeyConstraint(["by_election_id"], ["contest.id"], name=op.f("fk_vacancy_by_election_id_contest")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_vacancy")),
        sa.UniqueConstraint("by_election_id", name=op.f("uq_vacancy_by_election_id")),
    )
    op.create_index(op.f("ix_vacancy_trust"), "vacancy", ["trust"])
    stands = sa.text("state <> 'withdrawn'")
    for column in ("seat_id", "left_seat_id"):
        op.create_index(
            f"uq_vacancy_{column}", "vacancy", [column], unique=True, sqlite_where=stands, postgresql_where=stands
        )
