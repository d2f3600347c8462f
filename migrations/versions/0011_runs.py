"""Studies worked out: runs, their pictures, and the trusts that they are about"""

import sqlalchemy as sa
from alembic import op

import pilot.store

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "study_run",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("study_id", sa.Integer(), nullable=False),
        sa.Column("plan_id", sa.Integer(), nullable=False),
        sa.Column("state", sa.String(length=7), nullable=False),
        sa.Column("step", sa.String(length=200), nullable=False),
        sa.Column("problem", sa.Text(), nullable=False),
        sa.Column("asked_at", pilot.store.UtcDateTime(timezone=True), nullable=False),
        sa.Column("asked_by", sa.String(length=40), nullable=False),
        sa.Column("finished_at", pilot.store.UtcDateTime(timezone=True), nullable=True),
        sa.Column("outcomes", sa.JSON(), nullable=False),
        sa.Column("found", sa.JSON(), nullable=False),
        sa.Column("bundle_name", sa.String(length=120), nullable=False),
        sa.Column("bundle_sha256", sa.String(length=64), nullable=False),
        sa.Column("bundle", sa.LargeBinary(), nullable=False),
        sa.CheckConstraint("state IN ('waiting', 'working', 'done', 'failed')", name=op.f("ck_study_run_state")),
        sa.CheckConstraint("(state = 'done') = (bundle_name <> '')", name=op.f("ck_study_run_done_with_a_download")),
        sa.CheckConstraint("(state = 'failed') = (problem <> '')", name=op.f("ck_study_run_failed_for_a_reason")),
        sa.CheckConstraint(
            "(state IN ('done', 'failed')) = (finished_at IS NOT NULL)", name=op.f("ck_study_run_finished")
        ),
        sa.ForeignKeyConstraint(["study_id"], ["study.id"], name=op.f("fk_study_run_study_id_study")),
        sa.ForeignKeyConstraint(["plan_id"], ["study_plan.id"], name=op.f("fk_study_run_plan_id_study_plan")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_study_run")),
    )
    op.create_index(op.f("ix_study_run_study_id"), "study_run", ["study_id"], unique=False)
    op.create_table(
        "study_picture",
        sa.Column("run_id", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(length=120), nullable=False),
        sa.Column("svg", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["run_id"], ["study_run.id"], name=op.f("fk_study_picture_run_id_study_run")),
        sa.PrimaryKeyConstraint("run_id", "name", name=op.f("pk_study_picture")),
    )
    op.create_table(
        "study_trust",
        sa.Column("run_id", sa.Integer(), nullable=False),
        sa.Column("trust", sa.String(length=8), nullable=False),
        sa.ForeignKeyConstraint(["run_id"], ["study_run.id"], name=op.f("fk_study_trust_run_id_study_run")),
        sa.PrimaryKeyConstraint("run_id", "trust", name=op.f("pk_study_trust")),
    )
    op.create_index(op.f("ix_study_trust_trust"), "study_trust", ["trust"], unique=False)


def downgrade() -> None:
    op.drop_table("study_trust")
    op.drop_table("study_picture")
    op.drop_table("study_run")
