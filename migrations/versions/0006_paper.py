"""Votes on paper: tellers, papers that are given out, what tellers sign, and the pile that they put into the box

The role of teller comes with it. The way back is refused where there are tellers.
"""

import sqlalchemy as sa
from alembic import op

import pilot.store

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

PROGRAMME = "role IN ('auditor', 'evaluator', 'programme admin') AND trust IS NULL"
ROLES_BEFORE = (
    "(role IN ('board secretary', 'coordinator', 'returning officer', 'trustee') AND trust IS NOT NULL)"
    f" OR ({PROGRAMME})"
)
ROLES = (
    "(role IN ('board secretary', 'coordinator', 'returning officer', 'teller', 'trustee') AND trust IS NOT NULL)"
    f" OR ({PROGRAMME})"
)


def _role_grant(check: str) -> sa.Table:
    """The table of roles that are held, with this check of what goes with a trust."""
    in_trust, across = "ended_at IS NULL AND trust IS NOT NULL", "ended_at IS NULL AND trust IS NULL"
    return sa.Table(
        "role_grant",
        sa.MetaData(),
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("account_id", sa.Integer(), nullable=False),
        sa.Column("role", sa.String(20), nullable=False),
        sa.Column("trust", sa.String(8), nullable=True),
        sa.Column("granted_at", pilot.store.UtcDateTime(timezone=True), nullable=False),
        sa.Column("granted_by", sa.String(80), nullable=False),
        sa.Column("ended_at", pilot.store.UtcDateTime(timezone=True), nullable=True),
        sa.Column("ended_by", sa.String(80), nullable=True),
        sa.CheckConstraint(check, name="ck_role_grant_role_fits_trust"),
        sa.CheckConstraint("(ended_at IS NULL) = (ended_by IS NULL)", name="ck_role_grant_ended_by_somebody"),
        sa.ForeignKeyConstraint(["account_id"], ["account.id"], name="fk_role_grant_account_id_account"),
        sa.ForeignKeyConstraint(["trust"], ["trust.ods_code"], name="fk_role_grant_trust_trust"),
        sa.PrimaryKeyConstraint("id", name="pk_role_grant"),
        sa.Index("uq_role_grant_live", "account_id", "role", unique=True, **_where(across)),
        sa.Index("uq_role_grant_live_in_trust", "account_id", "role", "trust", unique=True, **_where(in_trust)),
    )


def _where(condition: str) -> dict[str, sa.ColumnElement]:
    return {"sqlite_where": sa.literal_column(condition), "postgresql_where": sa.literal_column(condition)}


def _change_roles(was: str, becomes: str) -> None:
    with op.batch_alter_table("role_grant", copy_from=_role_grant(was)) as batch:
        batch.drop_constraint(op.f("ck_role_grant_role_fits_trust"), type_="check")
        batch.create_check_constraint(op.f("ck_role_grant_role_fits_trust"), becomes)


def upgrade() -> None:
    _change_roles(ROLES_BEFORE, ROLES)
    _make_on_paper()
    _make_teller()
    _make_papers()
    _remember_papers_of_before()


def downgrade() -> None:
    bind, grant = op.get_bind(), _role_grant(ROLES)
    for name in ("teller", "secrecy_on_paper"):
        if bind.scalar(sa.select(sa.func.count()).select_from(sa.table(name))):
            raise RuntimeError("This database holds votes on paper, which the form before does not know.")
    if bind.scalar(sa.select(sa.func.count()).where(grant.c.role == "teller")):
        raise RuntimeError("This database holds the role of teller, which the form before does not know.")
    for name in ("paper_pile", "teller_signature", "paper_given", "teller", "secrecy_on_paper"):
        op.drop_table(name)
    _change_roles(ROLES, ROLES_BEFORE)


def _remember_papers_of_before() -> None:
    """Everybody whose vote was cancelled for a paper has a place for the paper now, with nothing used."""
    op.execute(
        "INSERT INTO secrecy_on_paper (box_id, v, stamps_used, envelopes_cast) "
        "SELECT box_id, v, 0, 0 FROM secrecy_slot WHERE cancelled"
    )


def _make_on_paper() -> None:
    op.create_table(
        "secrecy_on_paper",
        sa.Column("box_id", sa.Integer(), nullable=False),
        sa.Column("v", sa.LargeBinary(length=16), nullable=False),
        sa.Column("stamps_used", sa.Integer(), nullable=False),
        sa.Column("envelopes_cast", sa.Integer(), nullable=False),
        sa.CheckConstraint("stamps_used BETWEEN 0 AND 3", name=op.f("ck_secrecy_on_paper_at_most_three_stamps")),
        sa.CheckConstraint("envelopes_cast BETWEEN 0 AND 1", name=op.f("ck_secrecy_on_paper_one_envelope")),
        sa.CheckConstraint("envelopes_cast <= stamps_used", name=op.f("ck_secrecy_on_paper_an_envelope_with_a_stamp")),
        sa.ForeignKeyConstraint(
            ["box_id", "v"],
            ["secrecy_slot.box_id", "secrecy_slot.v"],
            name=op.f("fk_secrecy_on_paper_box_id_secrecy_slot"),
        ),
        sa.PrimaryKeyConstraint("box_id", "v", name=op.f("pk_secrecy_on_paper")),
    )


def _make_teller() -> None:
    op.create_table(
        "teller",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("ballot_id", sa.Integer(), nullable=False),
        sa.Column("account_id", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(length=120), nullable=False),
        sa.Column("side", sa.String(length=10), nullable=False),
        sa.Column("seal_key", sa.LargeBinary(), nullable=False),
        sa.Column("sign_key", sa.LargeBinary(), nullable=False),
        sa.Column("confirmed_by", sa.String(length=80), nullable=False),
        sa.CheckConstraint("side IN ('scrutineer', 'employer', 'staff side')", name=op.f("ck_teller_side")),
        sa.CheckConstraint("name <> ''", name=op.f("ck_teller_named")),
        sa.CheckConstraint(
            "length(seal_key) = 65 AND length(sign_key) = 32", name=op.f("ck_teller_keys_have_their_lengths")
        ),
        sa.ForeignKeyConstraint(["account_id"], ["account.id"], name=op.f("fk_teller_account_id_account")),
        sa.ForeignKeyConstraint(["ballot_id"], ["ballot.id"], name=op.f("fk_teller_ballot_id_ballot")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_teller")),
        sa.UniqueConstraint("ballot_id", "account_id", name=op.f("uq_teller_ballot_id_account_id")),
        sa.UniqueConstraint("ballot_id", "name", name=op.f("uq_teller_ballot_id_name")),
        sa.UniqueConstraint("ballot_id", "sign_key", name=op.f("uq_teller_ballot_id_sign_key")),
    )
    op.create_index(op.f("ix_teller_account_id"), "teller", ["account_id"], unique=False)


def _make_papers() -> None:
    op.create_table(
        "paper_given",
        sa.Column("ballot_id", sa.Integer(), nullable=False),
        sa.Column("v", sa.LargeBinary(length=16), nullable=False),
        sa.Column("teller_id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["ballot_id", "v"], ["elector.ballot_id", "elector.v"], name=op.f("fk_paper_given_ballot_id_elector")
        ),
        sa.ForeignKeyConstraint(["teller_id"], ["teller.id"], name=op.f("fk_paper_given_teller_id_teller")),
        sa.PrimaryKeyConstraint("ballot_id", "v", name=op.f("pk_paper_given")),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "teller_signature",
        sa.Column("ballot_id", sa.Integer(), nullable=False),
        sa.Column("v", sa.LargeBinary(length=16), nullable=False),
        sa.Column("teller_id", sa.Integer(), nullable=False),
        sa.Column("signature", sa.LargeBinary(), nullable=False),
        sa.CheckConstraint("length(signature) = 64", name=op.f("ck_teller_signature_signature_is_64_bytes")),
        sa.ForeignKeyConstraint(
            ["ballot_id", "v"],
            ["paper_given.ballot_id", "paper_given.v"],
            name=op.f("fk_teller_signature_ballot_id_paper_given"),
        ),
        sa.ForeignKeyConstraint(["teller_id"], ["teller.id"], name=op.f("fk_teller_signature_teller_id_teller")),
        sa.PrimaryKeyConstraint("ballot_id", "v", "teller_id", name=op.f("pk_teller_signature")),
    )
    op.create_table(
        "paper_pile",
        sa.Column("ballot_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("given_count", sa.Integer(), nullable=False),
        sa.Column("cast_count", sa.Integer(), nullable=False),
        sa.Column("why_fewer", sa.Text(), nullable=True),
        sa.Column("number", sa.String(length=16), nullable=False),
        sa.Column("first_id", sa.Integer(), nullable=False),
        sa.Column("second_id", sa.Integer(), nullable=True),
        sa.Column("sealed", sa.JSON(none_as_null=True), nullable=True),
        sa.Column("put_in_on", sa.Date(), nullable=True),
        sa.CheckConstraint("cast_count BETWEEN 1 AND given_count", name=op.f("ck_paper_pile_no_more_than_given")),
        sa.CheckConstraint(
            "(cast_count < given_count) = (why_fewer IS NOT NULL)", name=op.f("ck_paper_pile_fewer_for_a_reason")
        ),
        sa.CheckConstraint("why_fewer <> ''", name=op.f("ck_paper_pile_said")),
        sa.CheckConstraint("(second_id IS NULL) = (put_in_on IS NULL)", name=op.f("ck_paper_pile_in_when_confirmed")),
        sa.CheckConstraint("second_id <> first_id", name=op.f("ck_paper_pile_two_tellers")),
        sa.CheckConstraint("second_id IS NULL OR sealed IS NULL", name=op.f("ck_paper_pile_waits_or_is_in")),
        sa.ForeignKeyConstraint(["first_id"], ["teller.id"], name=op.f("fk_paper_pile_first_id_teller")),
        sa.ForeignKeyConstraint(["second_id"], ["teller.id"], name=op.f("fk_paper_pile_second_id_teller")),
        sa.ForeignKeyConstraint(["ballot_id"], ["ballot.id"], name=op.f("fk_paper_pile_ballot_id_ballot")),
        sa.PrimaryKeyConstraint("ballot_id", name=op.f("pk_paper_pile")),
    )
