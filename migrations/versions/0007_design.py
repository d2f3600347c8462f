"""Designs: a list of trusts, the sets drawn up from it, and the draw of the pilots"""

import sqlalchemy as sa
from alembic import op

import pilot.store

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

CHECKS = {
    "ck_design_state": "state IN ('draft', 'fixed', 'matched', 'announced', 'drawn', 'locked', 'given up')",
    "ck_design_a_draft_has_its_file": "(state = 'draft') = (content IS NOT NULL)",
    "ck_design_the_list_is_fixed": (
        "(state = 'draft') = (eligible IS NULL) AND (eligible IS NULL) = (list_sha256 IS NULL)"
    ),
    "ck_design_list_sha256": "list_sha256 IS NULL OR length(list_sha256) = 64",
    "ck_design_sets_before_the_draw": (
        "state NOT IN ('matched', 'announced', 'drawn', 'locked') OR drawn_up IS NOT NULL"
    ),
    "ck_design_sets_as_asked": "(drawn_up IS NULL) = (asked IS NULL)",
    "ck_design_announced_in_public": (
        "(state NOT IN ('draft', 'fixed', 'matched') OR document IS NULL)"
        " AND (state NOT IN ('announced', 'drawn', 'locked') OR document IS NOT NULL)"
    ),
    "ck_design_balance_of_the_draw": "(state IN ('drawn', 'locked')) = (balance IS NOT NULL)",
    "ck_design_given_up_for_a_reason": "(state = 'given up') = (over_because IS NOT NULL)",
}


def upgrade() -> None:
    op.create_table(
        "design",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("title", sa.String(length=120), nullable=False),
        sa.Column("baseline", sa.String(length=80), nullable=False),
        sa.Column("state", sa.String(length=9), nullable=False),
        sa.Column("filename", sa.String(length=200), nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=True),
        sa.Column("eligible", sa.LargeBinary(), nullable=True),
        sa.Column("list_sha256", sa.String(length=64), nullable=True),
        sa.Column("asked", sa.JSON(none_as_null=True), nullable=True),
        sa.Column("drawn_up", sa.JSON(none_as_null=True), nullable=True),
        sa.Column("document", sa.LargeBinary(), nullable=True),
        sa.Column("balance", sa.JSON(none_as_null=True), nullable=True),
        sa.Column("over_because", sa.Text(), nullable=True),
        sa.Column("made_at", pilot.store.UtcDateTime(timezone=True), nullable=False),
        sa.Column("made_by", sa.String(length=40), nullable=False),
        *(sa.CheckConstraint(rule, name=op.f(name)) for name, rule in CHECKS.items()),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_design")),
    )


def downgrade() -> None:
    if op.get_bind().scalar(sa.select(sa.func.count()).select_from(sa.table("design"))):
        raise RuntimeError("This database holds designs, which the form before does not know.")
    op.drop_table("design")
