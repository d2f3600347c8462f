"""Studies: plans that are locked before the data, and comparisons that are judged by them

A comparison that was made before keeps its status; no plan had been locked. The way back is refused where a plan is.
"""

import sqlalchemy as sa
from alembic import op

import pilot.store

revision = "0010"
down_revision = "0007"
branch_labels = None
depends_on = None

BEFORE = {"ck_comparison_status": "status IN ('prespecified', 'exploratory', 'exploratory, not randomised')"}
AFTER = {
    "ck_comparison_status": (
        "status IN ('prespecified', 'prespecified, not randomised', 'amended', 'amended, not randomised',"
        " 'exploratory', 'exploratory, not randomised')"
    ),
    "ck_comparison_prespecified_by_a_plan": "status LIKE 'exploratory%' OR plan_id IS NOT NULL",
}
"""SQLite makes the table anew and would forget the checks that nobody names to it."""


def _comparison(checks: dict[str, str], *, planned: bool) -> sa.Table:
    """The table of comparisons with these checks; `planned`: with the version of the plan."""
    new = (
        sa.Column("plan_id", sa.Integer(), nullable=True),
        sa.ForeignKeyConstraint(["plan_id"], ["study_plan.id"], name="fk_comparison_plan_id_study_plan"),
        sa.Index("ix_comparison_plan_id", "plan_id"),
    )
    return sa.Table(
        "comparison",
        sa.MetaData(),
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("dataset_id", sa.Integer(), nullable=False),
        sa.Column("instrument", sa.String(80), nullable=False),
        sa.Column("outcome", sa.String(80), nullable=False),
        sa.Column("status", sa.String(30), nullable=False),
        sa.Column("spec", sa.JSON(), nullable=False),
        sa.Column("panel", sa.JSON(), nullable=False),
        sa.Column("result", sa.JSON(), nullable=False),
        sa.Column("figure", sa.Text(), nullable=False),
        sa.Column("made_at", pilot.store.UtcDateTime(timezone=True), nullable=False),
        sa.Column("made_by", sa.String(40), nullable=False),
        *(new if planned else ()),
        *(sa.CheckConstraint(condition, name=name) for name, condition in checks.items()),
        sa.ForeignKeyConstraint(["dataset_id"], ["dataset.id"], name="fk_comparison_dataset_id_dataset"),
        sa.PrimaryKeyConstraint("id", name="pk_comparison"),
        sa.Index("ix_comparison_dataset_id", "dataset_id"),
    )


def upgrade() -> None:
    _make_studies()
    op.add_column("measure_import", sa.Column("first_start_on", sa.Date(), nullable=True))
    with op.batch_alter_table("comparison", copy_from=_comparison(BEFORE, planned=False)) as batch:
        batch.add_column(sa.Column("plan_id", sa.Integer(), nullable=True))
        batch.create_foreign_key(op.f("fk_comparison_plan_id_study_plan"), "study_plan", ["plan_id"], ["id"])
        batch.create_index(op.f("ix_comparison_plan_id"), ["plan_id"], unique=False)
        batch.drop_constraint(op.f("ck_comparison_status"), type_="check")
        for name, condition in AFTER.items():
            batch.create_check_constraint(op.f(name), condition)
    op.create_table(
        "compared_trust",
        sa.Column("comparison_id", sa.Integer(), nullable=False),
        sa.Column("trust", sa.String(length=8), nullable=False),
        sa.ForeignKeyConstraint(
            ["comparison_id"], ["comparison.id"], name=op.f("fk_compared_trust_comparison_id_comparison")
        ),
        sa.PrimaryKeyConstraint("comparison_id", "trust", name=op.f("pk_compared_trust")),
    )
    op.create_index(op.f("ix_compared_trust_trust"), "compared_trust", ["trust"], unique=False)
    _remember_trusts_of_before()


def downgrade() -> None:
    if op.get_bind().scalar(sa.select(sa.func.count()).select_from(sa.table("study_plan"))):
        raise RuntimeError("This database holds plans that were locked, which the form before does not know.")
    op.drop_table("compared_trust")
    with op.batch_alter_table("comparison", copy_from=_comparison(AFTER, planned=True)) as batch:
        for name in AFTER:
            batch.drop_constraint(op.f(name), type_="check")
        batch.create_check_constraint(op.f("ck_comparison_status"), BEFORE["ck_comparison_status"])
        batch.drop_index(op.f("ix_comparison_plan_id"))
        batch.drop_constraint(op.f("fk_comparison_plan_id_study_plan"), type_="foreignkey")
        batch.drop_column("plan_id")
    with op.batch_alter_table("measure_import") as batch:
        batch.drop_column("first_start_on")
    op.drop_table("study_plan")
    op.drop_table("study")


def _make_studies() -> None:
    op.create_table(
        "study",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("dataset_id", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(length=80), nullable=False),
        sa.Column("state", sa.String(length=7), nullable=False),
        sa.Column("draft", sa.Text(), nullable=False),
        sa.Column("made_at", pilot.store.UtcDateTime(timezone=True), nullable=False),
        sa.Column("made_by", sa.String(length=40), nullable=False),
        sa.CheckConstraint("state IN ('draft', 'locked', 'amended')", name=op.f("ck_study_state")),
        sa.CheckConstraint("name <> ''", name=op.f("ck_study_named")),
        sa.ForeignKeyConstraint(["dataset_id"], ["dataset.id"], name=op.f("fk_study_dataset_id_dataset")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_study")),
        sa.UniqueConstraint("name", name=op.f("uq_study_name")),
    )
    op.create_index(op.f("ix_study_dataset_id"), "study", ["dataset_id"], unique=False)
    op.create_table(
        "study_plan",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("study_id", sa.Integer(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("locked_at", pilot.store.UtcDateTime(timezone=True), nullable=False),
        sa.Column("locked_by", sa.String(length=40), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("seen", sa.Boolean(), nullable=False),
        sa.CheckConstraint("version >= 1", name=op.f("ck_study_plan_from_one")),
        sa.CheckConstraint("length(sha256) = 64", name=op.f("ck_study_plan_hash")),
        sa.CheckConstraint("(version = 1) = (reason = '')", name=op.f("ck_study_plan_amended_for_a_reason")),
        sa.ForeignKeyConstraint(["study_id"], ["study.id"], name=op.f("fk_study_plan_study_id_study")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_study_plan")),
        sa.UniqueConstraint("study_id", "version", name=op.f("uq_study_plan_study_id_version")),
    )


def _remember_trusts_of_before() -> None:
    """The trusts of every comparison that was made before, from the panel that it keeps."""
    bind = op.get_bind()
    comparison = sa.table("comparison", sa.column("id", sa.Integer()), sa.column("panel", sa.JSON()))
    compared = sa.table("compared_trust", sa.column("comparison_id", sa.Integer()), sa.column("trust", sa.String()))
    for number, panel in bind.execute(sa.select(comparison)).all():
        rows = [{"comparison_id": number, "trust": trust} for trust in sorted({cell["trust"] for cell in panel})]
        if rows:
            bind.execute(sa.insert(compared), rows)
