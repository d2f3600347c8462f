"""The whole secret ballot: trustees with their own keys, pauses, notices, objections, questions and destroying

The role of trustee comes with it. The way back is refused where there are trustees, or ballots that the form before
does not know.
"""

import sqlalchemy as sa
from alembic import op

import pilot.store

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

UNFROZEN = "'arranged', 'missed'"
COUNTED_BEFORE = "'tallied', 'declared', 'final'"
COUNTED = "'tallied', 'declared', 'challenged', 'final', 'erased'"
LOTS = "(lot_number IS NULL AND lot_lost IS NULL)"


def _counted(states: str, also: str = "") -> dict[str, str]:
    return {
        "ck_ballot_counted_with_its_tally": f"state NOT IN ({states}) OR counted",
        "ck_ballot_counted_with_its_lot": (
            f"kind = 'majority' OR state NOT IN ({states}) OR lot_number IS NOT NULL OR lot_lost IS NOT NULL"
        ),
        "ck_ballot_lot_after_close": f"{LOTS} OR state IN ({states}{also})",
    }


OLD = _counted(COUNTED_BEFORE) | {
    "ck_ballot_state": (
        "state IN ('arranged', 'frozen', 'open', 'closed', 'peeled', 'tallied', 'declared', 'final', 'missed')"
    ),
}
NEW = _counted(COUNTED, ", 'void'") | {
    "ck_ballot_state": (
        "state IN ('arranged', 'frozen', 'open', 'suspended', 'closed', 'noticed', 'peeled', 'tallied', 'declared', "
        "'challenged', 'final', 'erased', 'missed', 'void')"
    ),
    "ck_ballot_kind_of_vote": "kind_of_vote IN ('vote', 'rehearsal')",
    "ck_ballot_extended_for_a_reason": "(first_closes_at IS NULL) = (extended_because IS NULL)",
    "ck_ballot_extended_forward": "first_closes_at < closes_at",
    "ck_ballot_void_for_a_reason": "state <> 'void' OR (over_because IS NOT NULL AND over_because <> '')",
    "ck_ballot_over_because_it_is_over": "over_because IS NULL OR state IN ('missed', 'void')",
    "ck_ballot_noticed_at_a_time": "state <> 'noticed' OR noticed_at IS NOT NULL",
    "ck_ballot_noticed_people": (
        "(noticed_at IS NULL) = (noticed_count IS NULL) AND noticed_count BETWEEN 1 AND voter_count"
    ),
    "ck_ballot_erased_by_somebody": (
        "(erase_asked_by IS NULL) = (erase_asked_at IS NULL) AND (erased_by IS NULL) = (erased_on IS NULL)"
    ),
    "ck_ballot_erased": (
        "(state <> 'erased' OR erased_by IS NOT NULL) AND (erased_by IS NULL OR state IN ('erased', 'void'))"
    ),
    "ck_ballot_erased_by_two_people": (
        "erased_by IS NULL OR (erase_asked_by IS NOT NULL AND erased_by <> erase_asked_by)"
    ),
    "ck_ballot_erased_when_decided": "erase_asked_by IS NULL OR state IN ('final', 'erased', 'void')",
}
KEPT = {
    "ck_ballot_frozen_with_its_list": (
        f"state IN ({UNFROZEN}) OR (box_id IS NOT NULL AND voter_count >= 20 AND frozen_on IS NOT NULL "
        "AND roll_as_at_on IS NOT NULL AND list_digest IS NOT NULL)"
    ),
    "ck_ballot_opens_before_closing": "opens_at < closes_at",
    "ck_ballot_turnout_shown": "turnout_shown >= 0",
    "ck_ballot_kind": "kind IN ('majority', 'election')",
    "ck_ballot_lots_in_elections_only": "kind = 'election' OR (lot_mark IS NULL AND lot_lost IS NULL)",
    "ck_ballot_frozen_with_a_lot": f"kind = 'majority' OR state IN ({UNFROZEN}) OR lot_mark IS NOT NULL",
    "ck_ballot_one_lot": "lot_number IS NULL OR (lot_mark IS NOT NULL AND lot_lost IS NULL)",
}
"""SQLite makes the table anew and would forget the checks that nobody names to it."""

STATES_BEFORE = ("arranged", "frozen", "open", "closed", "peeled", "tallied", "declared", "final", "missed")
PROGRAMME = "role IN ('auditor', 'evaluator', 'programme admin') AND trust IS NULL"
ROLES_BEFORE = (
    f"(role IN ('board secretary', 'coordinator', 'returning officer') AND trust IS NOT NULL) OR ({PROGRAMME})"
)
ROLES = (
    "(role IN ('board secretary', 'coordinator', 'returning officer', 'trustee') AND trust IS NOT NULL)"
    f" OR ({PROGRAMME})"
)


def _new_columns() -> list[sa.Column]:
    moment = pilot.store.UtcDateTime(timezone=True)
    return [
        sa.Column("kind_of_vote", sa.String(9), nullable=False, server_default="vote"),
        sa.Column("watch_mark", sa.String(64), nullable=True),
        sa.Column("first_closes_at", moment, nullable=True),
        sa.Column("extended_because", sa.Text(), nullable=True),
        sa.Column("over_because", sa.Text(), nullable=True),
        sa.Column("noticed_at", moment, nullable=True),
        sa.Column("noticed_count", sa.Integer(), nullable=True),
        sa.Column("erase_asked_by", sa.String(80), nullable=True),
        sa.Column("erase_asked_at", moment, nullable=True),
        sa.Column("erased_by", sa.String(80), nullable=True),
        sa.Column("erased_on", sa.Date(), nullable=True),
    ]


def _ballot(checks: dict[str, str], *, new: bool) -> sa.Table:
    """The table of ballots with these checks and those that stay; `new`: with the new columns."""
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
        sa.Column("state", sa.String(10 if new else 8), nullable=False),
        sa.Column("opens_at", pilot.store.UtcDateTime(timezone=True), nullable=False),
        sa.Column("closes_at", pilot.store.UtcDateTime(timezone=True), nullable=False),
        sa.Column("kind", sa.String(8), nullable=False),
        sa.Column("rule", sa.JSON(), nullable=False),
        sa.Column("lot_mark", sa.String(64), nullable=True),
        sa.Column("lot_number", sa.String(20), nullable=True),
        sa.Column("lot_lost", sa.Text(), nullable=True),
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
        *(_new_columns() if new else ()),
        *(sa.CheckConstraint(condition, name=name) for name, condition in (KEPT | checks).items()),
        sa.ForeignKeyConstraint(["trust"], ["trust.ods_code"], name="fk_ballot_trust_trust"),
        sa.PrimaryKeyConstraint("id", name="pk_ballot"),
        sa.UniqueConstraint("box_id", name="uq_ballot_box_id"),
        sa.UniqueConstraint("trust", "number", name="uq_ballot_trust_number"),
        sa.Index("ix_ballot_subject", "subject"),
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
    with op.batch_alter_table("ballot", copy_from=_ballot(OLD, new=False)) as batch:
        for name in OLD:
            batch.drop_constraint(op.f(name), type_="check")
        batch.alter_column("state", existing_type=sa.String(8), type_=sa.String(10), existing_nullable=False)
        for column in _new_columns():
            batch.add_column(column)
        for name, condition in NEW.items():
            batch.create_check_constraint(op.f(name), condition)
    for make in MAKE:
        make()


def downgrade() -> None:
    _refuse_what_the_form_before_does_not_know()
    for name in ("dispute", "challenge", "objection", "ballot_pause", "ballot_trustee", "trustee"):
        op.drop_table(name)
    with op.batch_alter_table("ballot", copy_from=_ballot(NEW, new=True)) as batch:
        for name in NEW:
            batch.drop_constraint(op.f(name), type_="check")
        for column in reversed(_new_columns()):
            batch.drop_column(column.name)
        batch.alter_column("state", existing_type=sa.String(10), type_=sa.String(8), existing_nullable=False)
        for name, condition in OLD.items():
            batch.create_check_constraint(op.f(name), condition)
    _change_roles(ROLES, ROLES_BEFORE)


def _refuse_what_the_form_before_does_not_know() -> None:
    bind, ballot, grant = op.get_bind(), _ballot({}, new=True), _role_grant(ROLES)
    if bind.scalar(sa.select(sa.func.count()).select_from(sa.table("trustee"))):
        raise RuntimeError("This database holds trustees with their own keys, whom the form before does not know.")
    if bind.scalar(sa.select(sa.func.count()).where(grant.c.role == "trustee")):
        raise RuntimeError("This database holds the role of trustee, which the form before does not know.")
    new = sa.or_(
        ballot.c.state.not_in(STATES_BEFORE),
        ballot.c.kind_of_vote != "vote",
        ballot.c.first_closes_at.is_not(None),
        ballot.c.over_because.is_not(None),
    )
    if bind.scalar(sa.select(sa.func.count()).where(new)):
        raise RuntimeError("This database holds ballots in a form that the code before cannot read.")
    for name in ("ballot_pause", "objection", "challenge", "dispute"):
        if bind.scalar(sa.select(sa.func.count()).select_from(sa.table(name))):
            raise RuntimeError("This database holds what was said of ballots, which the form before does not know.")


def _make_trustee() -> None:
    op.create_table(
        "trustee",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("trust", sa.String(length=8), nullable=False),
        sa.Column("account_id", sa.Integer(), nullable=True),
        sa.Column("name", sa.String(length=120), nullable=False),
        sa.Column("email", sa.String(length=254), nullable=False),
        sa.Column("role", sa.String(length=120), nullable=False),
        sa.Column("side", sa.String(length=10), nullable=False),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("seal_key", sa.LargeBinary(), nullable=True),
        sa.Column("sign_key", sa.LargeBinary(), nullable=True),
        sa.Column("registered_as", sa.String(length=120), nullable=True),
        sa.Column("confirmed_by", sa.String(length=80), nullable=True),
        sa.Column("deputy", sa.String(length=120), nullable=False),
        sa.Column("drill_challenge", sa.String(length=120), nullable=True),
        sa.Column("drilled_on", sa.Date(), nullable=True),
        sa.Column("replaced_on", sa.Date(), nullable=True),
        sa.Column("replaced_because", sa.Text(), nullable=True),
        sa.CheckConstraint("name <> '' AND role <> '' AND deputy <> ''", name=op.f("ck_trustee_named")),
        sa.CheckConstraint("side IN ('scrutineer', 'employer', 'staff side')", name=op.f("ck_trustee_side")),
        sa.CheckConstraint(
            "state <> 'confirmed' OR confirmed_by IS NOT NULL", name=op.f("ck_trustee_confirmed_by_somebody")
        ),
        sa.CheckConstraint("state IN ('invited', 'registered', 'confirmed', 'retired')", name=op.f("ck_trustee_state")),
        sa.CheckConstraint(
            "state NOT IN ('invited', 'registered') OR confirmed_by IS NULL", name=op.f("ck_trustee_confirmed_last")
        ),
        sa.CheckConstraint(
            "state NOT IN ('registered', 'confirmed') OR seal_key IS NOT NULL",
            name=op.f("ck_trustee_registered_with_keys"),
        ),
        sa.CheckConstraint(
            "(replaced_on IS NULL) = (replaced_because IS NULL)", name=op.f("ck_trustee_replaced_for_a_reason")
        ),
        sa.CheckConstraint("(seal_key IS NULL) = (sign_key IS NULL)", name=op.f("ck_trustee_both_keys")),
        sa.CheckConstraint(
            "drilled_on IS NULL OR confirmed_by IS NOT NULL", name=op.f("ck_trustee_drilled_when_confirmed")
        ),
        sa.CheckConstraint(
            "length(seal_key) = 65 AND length(sign_key) = 32", name=op.f("ck_trustee_keys_have_their_lengths")
        ),
        sa.ForeignKeyConstraint(["account_id"], ["account.id"], name=op.f("fk_trustee_account_id_account")),
        sa.ForeignKeyConstraint(["trust"], ["trust.ods_code"], name=op.f("fk_trustee_trust_trust")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_trustee")),
    )
    op.create_index(op.f("ix_trustee_account_id"), "trustee", ["account_id"], unique=False)
    op.create_index(op.f("ix_trustee_trust"), "trustee", ["trust"], unique=False)
    op.create_index(
        "uq_trustee_sign_key",
        "trustee",
        ["trust", "sign_key"],
        unique=True,
        sqlite_where=sa.literal_column("state <> 'retired'"),
        postgresql_where=sa.literal_column("state <> 'retired'"),
    )


def _make_ballot_trustee() -> None:
    op.create_table(
        "ballot_trustee",
        sa.Column("ballot_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("layer", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("trustee_id", sa.Integer(), nullable=True),
        sa.Column("side", sa.String(length=10), nullable=False),
        sa.Column("opened_at", pilot.store.UtcDateTime(timezone=True), nullable=True),
        sa.Column("deputy_because", sa.Text(), nullable=True),
        sa.CheckConstraint(
            "deputy_because IS NULL OR opened_at IS NOT NULL AND trustee_id IS NOT NULL",
            name=op.f("ck_ballot_trustee_deputy_opened"),
        ),
        sa.CheckConstraint("side IN ('scrutineer', 'employer', 'staff side')", name=op.f("ck_ballot_trustee_side")),
        sa.CheckConstraint("layer BETWEEN 1 AND 9", name=op.f("ck_ballot_trustee_layer")),
        sa.ForeignKeyConstraint(["ballot_id"], ["ballot.id"], name=op.f("fk_ballot_trustee_ballot_id_ballot")),
        sa.ForeignKeyConstraint(["trustee_id"], ["trustee.id"], name=op.f("fk_ballot_trustee_trustee_id_trustee")),
        sa.PrimaryKeyConstraint("ballot_id", "layer", name=op.f("pk_ballot_trustee")),
        sa.UniqueConstraint("ballot_id", "trustee_id", name=op.f("uq_ballot_trustee_ballot_id_trustee_id")),
    )
    op.create_index(op.f("ix_ballot_trustee_trustee_id"), "ballot_trustee", ["trustee_id"], unique=False)


def _make_ballot_pause() -> None:
    op.create_table(
        "ballot_pause",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("ballot_id", sa.Integer(), nullable=False),
        sa.Column("suspended_at", pilot.store.UtcDateTime(timezone=True), nullable=False),
        sa.Column("because", sa.Text(), nullable=False),
        sa.Column("resumed_at", pilot.store.UtcDateTime(timezone=True), nullable=True),
        sa.Column("resumed_because", sa.Text(), nullable=True),
        sa.CheckConstraint("because <> ''", name=op.f("ck_ballot_pause_because")),
        sa.CheckConstraint(
            "(resumed_at IS NULL) = (resumed_because IS NULL)", name=op.f("ck_ballot_pause_resumed_for_a_reason")
        ),
        sa.CheckConstraint("suspended_at <= resumed_at", name=op.f("ck_ballot_pause_forward")),
        sa.ForeignKeyConstraint(["ballot_id"], ["ballot.id"], name=op.f("fk_ballot_pause_ballot_id_ballot")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_ballot_pause")),
    )
    op.create_index(op.f("ix_ballot_pause_ballot_id"), "ballot_pause", ["ballot_id"], unique=False)
    op.create_index(
        "uq_ballot_pause_one_at_a_time",
        "ballot_pause",
        ["ballot_id"],
        unique=True,
        sqlite_where=sa.literal_column("resumed_at IS NULL"),
        postgresql_where=sa.literal_column("resumed_at IS NULL"),
    )


def _make_objection() -> None:
    op.create_table(
        "objection",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("ballot_id", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(length=14), nullable=False),
        sa.Column("name", sa.String(length=120), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("made_at", pilot.store.UtcDateTime(timezone=True), nullable=False),
        sa.Column("taken_by", sa.String(length=80), nullable=False),
        sa.Column("outcome", sa.String(length=9), nullable=True),
        sa.Column("settled_at", pilot.store.UtcDateTime(timezone=True), nullable=True),
        sa.Column("settled_by", sa.String(length=80), nullable=True),
        sa.Column("finding", sa.Text(), nullable=True),
        sa.CheckConstraint(
            "kind IN ('did not vote', 'voted', 'not on paper', 'something else')", name=op.f("ck_objection_kind")
        ),
        sa.CheckConstraint(
            "(outcome IS NULL) = (settled_at IS NULL) "
            "AND (outcome IS NULL OR outcome IN ('explained', 'not shown', 'right'))",
            name=op.f("ck_objection_outcome"),
        ),
        sa.CheckConstraint("finding <> ''", name=op.f("ck_objection_finding")),
        sa.CheckConstraint("name <> '' AND text <> ''", name=op.f("ck_objection_said_by_somebody")),
        sa.CheckConstraint(
            "(settled_at IS NULL) = (settled_by IS NULL) AND (settled_at IS NULL) = (finding IS NULL)",
            name=op.f("ck_objection_settled"),
        ),
        sa.ForeignKeyConstraint(["ballot_id"], ["ballot.id"], name=op.f("fk_objection_ballot_id_ballot")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_objection")),
    )
    op.create_index(op.f("ix_objection_ballot_id"), "objection", ["ballot_id"], unique=False)


def _make_challenge() -> None:
    op.create_table(
        "challenge",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("ballot_id", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(length=10), nullable=False),
        sa.Column("name", sa.String(length=120), nullable=False),
        sa.Column("grounds", sa.Text(), nullable=False),
        sa.Column("made_at", pilot.store.UtcDateTime(timezone=True), nullable=False),
        sa.Column("taken_by", sa.String(length=80), nullable=False),
        sa.Column("decided_at", pilot.store.UtcDateTime(timezone=True), nullable=True),
        sa.Column("decided_by", sa.String(length=80), nullable=True),
        sa.Column("upheld", sa.Boolean(), nullable=True),
        sa.Column("reasons", sa.Text(), nullable=True),
        sa.CheckConstraint("name <> '' AND grounds <> ''", name=op.f("ck_challenge_said_by_somebody")),
        sa.CheckConstraint("kind IN ('voter', 'candidate', 'scrutineer')", name=op.f("ck_challenge_kind")),
        sa.CheckConstraint("reasons <> ''", name=op.f("ck_challenge_reasons")),
        sa.CheckConstraint(
            "(decided_at IS NULL) = (decided_by IS NULL) AND (decided_at IS NULL) = (upheld IS NULL) "
            "AND (decided_at IS NULL) = (reasons IS NULL)",
            name=op.f("ck_challenge_decided"),
        ),
        sa.ForeignKeyConstraint(["ballot_id"], ["ballot.id"], name=op.f("fk_challenge_ballot_id_ballot")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_challenge")),
    )
    op.create_index(op.f("ix_challenge_ballot_id"), "challenge", ["ballot_id"], unique=False)


def _make_dispute() -> None:
    op.create_table(
        "dispute",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("ballot_id", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("name", sa.String(length=120), nullable=False),
        sa.Column("contact", sa.String(length=254), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("made_on", sa.Date(), nullable=False),
        sa.Column("answered_on", sa.Date(), nullable=True),
        sa.Column("answered_by", sa.String(length=80), nullable=True),
        sa.Column("answer", sa.Text(), nullable=True),
        sa.CheckConstraint("answer <> ''", name=op.f("ck_dispute_answer")),
        sa.CheckConstraint(
            "kind IN ('code missing', 'answer differs', 'no vote recorded', 'vote not mine', 'receipt refused', "
            "'refused', 'something else')",
            name=op.f("ck_dispute_kind"),
        ),
        sa.CheckConstraint("name <> '' AND text <> ''", name=op.f("ck_dispute_said_by_somebody")),
        sa.CheckConstraint(
            "(answered_on IS NULL) = (answered_by IS NULL) AND (answered_on IS NULL) = (answer IS NULL)",
            name=op.f("ck_dispute_answered"),
        ),
        sa.ForeignKeyConstraint(["ballot_id"], ["ballot.id"], name=op.f("fk_dispute_ballot_id_ballot")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_dispute")),
    )
    op.create_index(op.f("ix_dispute_ballot_id"), "dispute", ["ballot_id"], unique=False)


MAKE = (_make_trustee, _make_ballot_trustee, _make_ballot_pause, _make_objection, _make_challenge, _make_dispute)
