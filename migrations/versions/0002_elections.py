"""Elections: what is asked is one value, and lots are drawn with a number that was taken before

The five columns of a majority go in the same step in which the value comes that replaces them. A step like this would
need two releases if the code before had been released, so that the older code could run beside the newer form; there
has been no release yet (docs/adr/0004-elections-in-the-record.md).

Both ways are refused while a vote is counted and not declared and has papers that do not count: this form keeps them
whole, the one before did not, and no verifier would accept the record of a vote whose papers are kept in one way and
published in the other. The way back is also refused where there are elections or declarations that the older code
cannot read.
"""

import sqlalchemy as sa
from alembic import op

import pilot.store

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

UNFROZEN = "'arranged', 'missed'"
COUNTED = "'tallied', 'declared', 'final'"
MAJORITY = ("threshold", "strict", "base", "turnout_quorum", "approval_quorum")
FIRST_VERSION = 1
"""Of a declaration: the only one that the code before can read."""

FIGURES = ("outcome", "entitled", "yes", "no", "abstain", "spoilt", "sentence")

OLD = {
    "ck_ballot_base": "base IN ('valid', 'cast', 'entitled')",
    "ck_ballot_state": ("state IN ('arranged', 'frozen', 'open', 'closed', 'tallied', 'declared', 'final', 'missed')"),
}
NEW = {
    "ck_ballot_state": (
        "state IN ('arranged', 'frozen', 'open', 'closed', 'peeled', 'tallied', 'declared', 'final', 'missed')"
    ),
    "ck_ballot_kind": "kind IN ('majority', 'election')",
    "ck_ballot_lots_in_elections_only": "kind = 'election' OR (lot_mark IS NULL AND lot_lost IS NULL)",
    "ck_ballot_frozen_with_a_lot": f"kind = 'majority' OR state IN ({UNFROZEN}) OR lot_mark IS NOT NULL",
    "ck_ballot_one_lot": "lot_number IS NULL OR (lot_mark IS NOT NULL AND lot_lost IS NULL)",
    "ck_ballot_counted_with_its_lot": (
        f"kind = 'majority' OR state NOT IN ({COUNTED}) OR lot_number IS NOT NULL OR lot_lost IS NOT NULL"
    ),
    "ck_ballot_lot_after_close": f"(lot_number IS NULL AND lot_lost IS NULL) OR state IN ({COUNTED})",
}
KEPT = {
    "ck_ballot_frozen_with_its_list": (
        f"state IN ({UNFROZEN}) OR (box_id IS NOT NULL AND voter_count >= 20 AND frozen_on IS NOT NULL "
        "AND roll_as_at_on IS NOT NULL AND list_digest IS NOT NULL)"
    ),
    "ck_ballot_counted_with_its_tally": f"state NOT IN ({COUNTED}) OR counted",
    "ck_ballot_opens_before_closing": "opens_at < closes_at",
    "ck_ballot_turnout_shown": "turnout_shown >= 0",
}
"""SQLite makes the table anew and would forget the checks that nobody names to it."""


def _majority_columns() -> list[sa.Column]:
    return [
        sa.Column("threshold", sa.String(20), nullable=True),
        sa.Column("strict", sa.Boolean(), nullable=True),
        sa.Column("base", sa.String(8), nullable=True),
        sa.Column("turnout_quorum", sa.String(20), nullable=True),
        sa.Column("approval_quorum", sa.String(20), nullable=True),
    ]


def _new_columns() -> list[sa.Column]:
    return [
        sa.Column("kind", sa.String(8), nullable=True),
        sa.Column("rule", sa.JSON(), nullable=True),
        sa.Column("lot_mark", sa.String(64), nullable=True),
        sa.Column("lot_number", sa.String(20), nullable=True),
        sa.Column("lot_lost", sa.Text(), nullable=True),
    ]


def _ballot(checks: dict[str, str]) -> sa.Table:
    """The table while both forms stand in it, with these checks and those that stay."""
    return sa.Table(
        "ballot",
        sa.MetaData(),
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("trust", sa.String(8), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("subject", sa.String(80), nullable=False),
        sa.Column("title", sa.String(200), nullable=False),
        sa.Column("question", sa.String(500), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("state", sa.String(8), nullable=False),
        sa.Column("opens_at", pilot.store.UtcDateTime(timezone=True), nullable=False),
        sa.Column("closes_at", pilot.store.UtcDateTime(timezone=True), nullable=False),
        *_majority_columns(),
        *_new_columns(),
        sa.Column("arranged_by", sa.String(80), nullable=False),
        sa.Column("box_id", sa.Integer(), nullable=True),
        sa.Column("voter_count", sa.Integer(), nullable=True),
        sa.Column("frozen_on", sa.Date(), nullable=True),
        sa.Column("roll_as_at_on", sa.Date(), nullable=True),
        sa.Column("list_digest", sa.String(64), nullable=True),
        sa.Column("groups", sa.JSON(), nullable=False),
        sa.Column("turnout_shown", sa.Integer(), nullable=False),
        sa.Column("turnout_shown_on", sa.Date(), nullable=True),
        sa.Column("tally", sa.JSON(), nullable=False),
        sa.Column("counted", sa.Boolean(), nullable=False),
        *(sa.CheckConstraint(condition, name=name) for name, condition in (KEPT | checks).items()),
        sa.ForeignKeyConstraint(["trust"], ["trust.ods_code"], name="fk_ballot_trust_trust"),
        sa.PrimaryKeyConstraint("id", name="pk_ballot"),
        sa.UniqueConstraint("box_id", name="uq_ballot_box_id"),
        sa.UniqueConstraint("trust", "number", name="uq_ballot_trust_number"),
        sa.Index("ix_ballot_subject", "subject"),
    )


def upgrade() -> None:
    _refuse_between_count_and_declaration()
    for column in _new_columns():
        op.add_column("ballot", column)
    op.add_column("declaration", sa.Column("count", sa.JSON(), nullable=True))
    _rules_into_one_value()
    _counts_out_of_declarations()
    with op.batch_alter_table("ballot", copy_from=_ballot(OLD)) as batch:
        for name in OLD:
            batch.drop_constraint(op.f(name), type_="check")
        for column in MAJORITY:
            batch.drop_column(column)
        batch.alter_column("kind", existing_type=sa.String(8), nullable=False)
        batch.alter_column("rule", existing_type=sa.JSON(), nullable=False)
        for name, condition in NEW.items():
            batch.create_check_constraint(op.f(name), condition)
    with op.batch_alter_table("declaration") as batch:
        batch.alter_column("count", existing_type=sa.JSON(), nullable=False)


def downgrade() -> None:
    if op.get_bind().scalar(sa.select(sa.func.count()).where(_ballot({}).c.kind == "election")):
        raise RuntimeError("This database holds elections, which the form before does not know.")
    if any(row.content.get("version", FIRST_VERSION) != FIRST_VERSION for row in _declarations()):
        raise RuntimeError("This database holds declarations in a form that the code before cannot read.")
    _refuse_between_count_and_declaration()
    for column in _majority_columns():
        op.add_column("ballot", column)
    _rules_into_columns()
    with op.batch_alter_table("ballot", copy_from=_ballot(NEW)) as batch:
        for name in NEW:
            batch.drop_constraint(op.f(name), type_="check")
        for column in _new_columns():
            batch.drop_column(column.name)
        for column in _majority_columns():
            batch.alter_column(column.name, existing_type=column.type, nullable=False)
        for name, condition in OLD.items():
            batch.create_check_constraint(op.f(name), condition)
    with op.batch_alter_table("declaration") as batch:
        batch.drop_column("count")


def _refuse_between_count_and_declaration() -> None:
    """Valid papers are kept alike in both forms, so a vote that has only these may stand anywhere."""
    ballot = _ballot({})
    paper = sa.table("secrecy_paper", sa.column("box_id", sa.Integer()), sa.column("verdict", sa.String(9)))
    between = (
        sa.select(ballot.c.trust, ballot.c.number)
        .join_from(ballot, paper, paper.c.box_id == ballot.c.box_id)
        .where(ballot.c.state.not_in(("declared", "final")), paper.c.verdict != "valid")
        .distinct()
        .order_by(ballot.c.trust, ballot.c.number)
    )
    if found := [f"{row.trust}-B{row.number}" for row in op.get_bind().execute(between)]:
        raise RuntimeError(
            f"Counted and not declared, with papers that do not count: {', '.join(found)}. "
            "Declare the result with the version that counted it, then change the form of the database."
        )


def _rules_into_one_value() -> None:
    bind, ballot = op.get_bind(), _ballot({})
    for row in bind.execute(sa.select(ballot.c.id, *(ballot.c[name] for name in MAJORITY))).all():
        rule = {"kind": "majority"} | {name: getattr(row, name) for name in MAJORITY}
        bind.execute(sa.update(ballot).where(ballot.c.id == row.id).values(kind="majority", rule=rule))


def _rules_into_columns() -> None:
    bind, ballot = op.get_bind(), _ballot({})
    for row in bind.execute(sa.select(ballot.c.id, ballot.c.rule)).all():
        values = {name: row.rule[name] for name in MAJORITY}
        bind.execute(sa.update(ballot).where(ballot.c.id == row.id).values(values))


DECLARATION = sa.table(
    "declaration",
    sa.column("ballot_id", sa.Integer()),
    sa.column("content", sa.JSON()),
    sa.column("count", sa.JSON()),
)


def _declarations() -> list[sa.Row]:
    return op.get_bind().execute(sa.select(DECLARATION.c.ballot_id, DECLARATION.c.content)).all()


def _counts_out_of_declarations() -> None:
    """The count of a declared question, from the declaration; its published record stays as it is."""
    for row in _declarations():
        count = {name: row.content[name] for name in FIGURES} | {"rule": "yes-no", "version": "1"}
        chosen = sa.update(DECLARATION).where(DECLARATION.c.ballot_id == row.ballot_id)
        op.get_bind().execute(chosen.values(count=count))
