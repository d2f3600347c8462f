"""Survey waves: the wave, its trusts with their boxes, whose number is whose until the count, and the cells

The way back is refused while a survey is open or has not been counted: its answers would be lost.
"""

import sqlalchemy as sa
from alembic import op

import pilot.store

revision = "0009"
down_revision = "0011"
branch_labels = None
depends_on = None


def upgrade() -> None:
    _make_wave()
    _make_wave_trust()
    _make_elector_and_cells()


def downgrade() -> None:
    busy = sa.text("SELECT count(*) FROM wave WHERE state IN ('frozen', 'open', 'closed')")
    if op.get_bind().execute(busy).scalar():
        raise RuntimeError("This database holds a survey that is not counted yet, which the form before does not know.")
    op.drop_table("cell_stat")
    op.drop_table("wave_elector")
    op.drop_table("wave_trust")
    op.drop_table("wave")


def _make_wave() -> None:
    op.create_table(
        "wave",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("title", sa.String(length=80), nullable=False),
        sa.Column("kind", sa.String(length=9), nullable=False),
        sa.Column("state", sa.String(length=9), nullable=False),
        sa.Column("opens_at", pilot.store.UtcDateTime(timezone=True), nullable=False),
        sa.Column("closes_at", pilot.store.UtcDateTime(timezone=True), nullable=False),
        sa.Column("period", sa.String(length=7), nullable=False),
        sa.Column("questionnaire", sa.JSON(), nullable=False),
        sa.Column("made_by", sa.String(length=40), nullable=False),
        sa.Column("frozen_on", sa.Date(), nullable=True),
        sa.Column("script", sa.String(length=64), nullable=True),
        sa.Column("because", sa.Text(), nullable=True),
        sa.CheckConstraint(
            "state IN ('draft', 'frozen', 'open', 'closed', 'checked', 'released', 'cancelled')",
            name=op.f("ck_wave_state"),
        ),
        sa.CheckConstraint("kind IN ('baseline', 'follow-up')", name=op.f("ck_wave_kind")),
        sa.CheckConstraint("opens_at < closes_at", name=op.f("ck_wave_opens_before_closing")),
        sa.CheckConstraint("(frozen_on IS NULL) = (script IS NULL)", name=op.f("ck_wave_frozen_with_its_script")),
        sa.CheckConstraint(
            "state IN ('draft', 'cancelled') OR frozen_on IS NOT NULL", name=op.f("ck_wave_frozen_first")
        ),
        sa.CheckConstraint(
            "(state = 'cancelled') = (because IS NOT NULL) AND (because IS NULL OR because <> '')",
            name=op.f("ck_wave_cancelled_for_a_reason"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_wave")),
    )


def _make_wave_trust() -> None:
    op.create_table(
        "wave_trust",
        sa.Column("wave_id", sa.Integer(), nullable=False),
        sa.Column("trust", sa.String(length=8), nullable=False),
        sa.Column("box_id", sa.Integer(), nullable=True),
        sa.Column("entitled", sa.Integer(), nullable=True),
        sa.Column("roll_as_at_on", sa.Date(), nullable=True),
        sa.Column("offer", sa.JSON(), nullable=False),
        sa.Column("left_out_because", sa.String(length=200), nullable=True),
        sa.Column("told", sa.Integer(), nullable=False),
        sa.Column("told_on", sa.Date(), nullable=True),
        sa.Column("papers", sa.Integer(), nullable=True),
        sa.Column("spoilt", sa.Integer(), nullable=True),
        sa.CheckConstraint(
            "(box_id IS NULL) = (entitled IS NULL) AND (box_id IS NULL) = (roll_as_at_on IS NULL)",
            name=op.f("ck_wave_trust_box_for_its_people"),
        ),
        sa.CheckConstraint("entitled >= 20", name=op.f("ck_wave_trust_entitled")),
        sa.CheckConstraint(
            "left_out_because IS NULL OR box_id IS NULL", name=op.f("ck_wave_trust_left_out_without_a_box")
        ),
        sa.CheckConstraint("told >= 0 AND told <= coalesce(entitled, 0)", name=op.f("ck_wave_trust_told")),
        sa.CheckConstraint(
            "(papers IS NULL) = (spoilt IS NULL) AND papers >= 0 AND spoilt >= 0 AND papers + spoilt <= entitled",
            name=op.f("ck_wave_trust_papers"),
        ),
        sa.CheckConstraint("papers IS NULL OR box_id IS NOT NULL", name=op.f("ck_wave_trust_papers_of_a_box")),
        sa.ForeignKeyConstraint(["wave_id"], ["wave.id"], name=op.f("fk_wave_trust_wave_id_wave")),
        sa.ForeignKeyConstraint(["trust"], ["trust.ods_code"], name=op.f("fk_wave_trust_trust_trust")),
        sa.PrimaryKeyConstraint("wave_id", "trust", name=op.f("pk_wave_trust")),
        sa.UniqueConstraint("box_id", name=op.f("uq_wave_trust_box_id")),
    )


def _make_elector_and_cells() -> None:
    of_wave_trust = (["wave_id", "trust"], ["wave_trust.wave_id", "wave_trust.trust"])
    op.create_table(
        "wave_elector",
        sa.Column("wave_id", sa.Integer(), nullable=False),
        sa.Column("person_id", sa.Integer(), nullable=False),
        sa.Column("trust", sa.String(length=8), nullable=False),
        sa.Column("v", sa.LargeBinary(length=16), nullable=False),
        sa.ForeignKeyConstraint(*of_wave_trust, name=op.f("fk_wave_elector_wave_id_wave_trust")),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_wave_elector_person_id_person")),
        sa.PrimaryKeyConstraint("wave_id", "person_id", name=op.f("pk_wave_elector")),
        sa.UniqueConstraint("wave_id", "v", name=op.f("uq_wave_elector_wave_id_v")),
    )
    op.create_index(op.f("ix_wave_elector_person_id"), "wave_elector", ["person_id"], unique=False)
    op.create_table(
        "cell_stat",
        sa.Column("wave_id", sa.Integer(), nullable=False),
        sa.Column("trust", sa.String(length=8), nullable=False),
        sa.Column("part", sa.String(length=11), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("outcome", sa.String(length=60), nullable=False),
        sa.Column("n", sa.Integer(), nullable=False),
        sa.Column("sum_w", sa.Double(), nullable=False),
        sa.Column("sum_wx", sa.Double(), nullable=False),
        sa.Column("sum_wx2", sa.Double(), nullable=False),
        sa.Column("sum_w2", sa.Double(), nullable=False),
        sa.CheckConstraint("part IN ('staff group', 'site')", name=op.f("ck_cell_stat_part")),
        sa.CheckConstraint(
            "n > 0 AND sum_w > 0 AND sum_wx >= 0 AND sum_wx2 >= 0 AND sum_w2 > 0", name=op.f("ck_cell_stat_sums")
        ),
        sa.ForeignKeyConstraint(*of_wave_trust, name=op.f("fk_cell_stat_wave_id_wave_trust")),
        sa.PrimaryKeyConstraint("wave_id", "trust", "part", "name", "outcome", name=op.f("pk_cell_stat")),
    )
