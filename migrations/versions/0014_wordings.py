"""Packs of wordings under a permission, and which survey took its words from which

Nothing is changed that was there before. The way back drops the packs; surveys keep their words.
"""

import sqlalchemy as sa
from alembic import op

import pilot.store

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "wording_pack",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("year", sa.Integer(), nullable=False),
        sa.Column("permission", sa.String(120), nullable=False),
        sa.Column("wordings", sa.JSON(), nullable=False),
        sa.Column("made_at", pilot.store.UtcDateTime(timezone=True), nullable=False),
        sa.Column("made_by", sa.String(40), nullable=False),
        sa.Column("ended_at", pilot.store.UtcDateTime(timezone=True), nullable=True),
        sa.Column("ended_by", sa.String(40), nullable=True),
        sa.CheckConstraint("permission <> ''", name=op.f("ck_wording_pack_permission")),
        sa.CheckConstraint(
            "(ended_at IS NULL) = (ended_by IS NULL)", name=op.f("ck_wording_pack_ended_by_somebody")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_wording_pack")),
    )
    op.create_table(
        "wave_wording",
        sa.Column("wave_id", sa.Integer(), nullable=False),
        sa.Column("pack_id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["wave_id"], ["wave.id"], name=op.f("fk_wave_wording_wave_id_wave")),
        sa.ForeignKeyConstraint(["pack_id"], ["wording_pack.id"], name=op.f("fk_wave_wording_pack_id_wording_pack")),
        sa.PrimaryKeyConstraint("wave_id", name=op.f("pk_wave_wording")),
    )
    op.create_index(op.f("ix_wave_wording_pack_id"), "wave_wording", ["pack_id"])


def downgrade() -> None:
    op.drop_table("wave_wording")
    op.drop_table("wording_pack")
