"""Files of known layouts: lists about trusts, staff movements by group, and what an importer was told

Nothing is changed that was there before. The way back drops the lists and the movements by group; their sums stay.
"""

import sqlalchemy as sa
from alembic import op

import pilot.store

revision = "0008"
down_revision = "0009"
branch_labels = None
depends_on = None

RATINGS = "('Outstanding', 'Good', 'Requires improvement', 'Inadequate')"


def upgrade() -> None:
    op.add_column("staged_measures", sa.Column("layout", sa.String(10), server_default="columns", nullable=False))
    op.add_column("staged_measures", sa.Column("joined", sa.Boolean(), server_default=sa.false(), nullable=False))
    op.add_column("measure_import", sa.Column("left_out", sa.Integer(), server_default="0", nullable=False))
    op.add_column("measure_import", sa.Column("notes", sa.JSON(), server_default="[]", nullable=False))
    _make_register_file()
    _make_lists()
    _make_movement()


def downgrade() -> None:
    for table in ("movement", "succession", "cqc_rating", "listed_trust", "register_file"):
        op.drop_table(table)
    op.execute("DELETE FROM staged_measures WHERE layout <> 'columns'")
    op.drop_column("measure_import", "notes")
    op.drop_column("measure_import", "left_out")
    op.drop_column("staged_measures", "joined")
    op.drop_column("staged_measures", "layout")


def _make_register_file() -> None:
    op.create_table(
        "register_file",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(10), nullable=False),
        sa.Column("filename", sa.String(200), nullable=False),
        sa.Column("sha256", sa.String(64), nullable=False),
        sa.Column("vintage", sa.String(80), nullable=False),
        sa.Column("source", sa.String(200), nullable=False),
        sa.Column("rows", sa.Integer(), nullable=False),
        sa.Column("entries", sa.Integer(), nullable=False),
        sa.Column("notes", sa.JSON(), nullable=False),
        sa.Column("made_at", pilot.store.UtcDateTime(timezone=True), nullable=False),
        sa.Column("made_by", sa.String(40), nullable=False),
        sa.CheckConstraint("kind IN ('ratings', 'trusts', 'successors')", name=op.f("ck_register_file_kind")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_register_file")),
    )
    op.create_index(op.f("ix_register_file_kind"), "register_file", ["kind"])


def _make_lists() -> None:
    _make_list(
        "listed_trust",
        ("trust",),
        [
            sa.Column("trust", sa.String(8), nullable=False),
            sa.Column("file_id", sa.Integer(), nullable=False),
            sa.Column("name", sa.String(200), nullable=False),
            sa.Column("region", sa.String(10), nullable=False),
            sa.Column("board", sa.String(10), nullable=False),
            sa.Column("opened_on", sa.Date(), nullable=False),
            sa.Column("closed_on", sa.Date(), nullable=True),
        ],
        closes_after_opening="closed_on IS NULL OR closed_on >= opened_on",
    )
    _make_list(
        "cqc_rating",
        ("trust", "published_on"),
        [
            sa.Column("trust", sa.String(8), nullable=False),
            sa.Column("published_on", sa.Date(), nullable=False),
            sa.Column("file_id", sa.Integer(), nullable=False),
            sa.Column("overall", sa.String(20), nullable=True),
            sa.Column("well_led", sa.String(20), nullable=True),
        ],
        overall=f"overall IN {RATINGS}",
        well_led=f"well_led IN {RATINGS}",
    )
    _make_list(
        "succession",
        ("old", "new"),
        [
            sa.Column("old", sa.String(8), nullable=False),
            sa.Column("new", sa.String(8), nullable=False),
            sa.Column("file_id", sa.Integer(), nullable=False),
            sa.Column("succeeded_on", sa.Date(), nullable=False),
        ],
        another="old <> new",
    )


def _make_list(name: str, keys: tuple[str, ...], columns: list[sa.Column], **checks: str) -> None:
    op.create_table(
        name,
        *columns,
        *(sa.CheckConstraint(check, name=op.f(f"ck_{name}_{what}")) for what, check in checks.items()),
        sa.ForeignKeyConstraint(["file_id"], ["register_file.id"], name=op.f(f"fk_{name}_file_id_register_file")),
        sa.PrimaryKeyConstraint(*keys, name=op.f(f"pk_{name}")),
    )
    op.create_index(op.f(f"ix_{name}_file_id"), name, ["file_id"])


def _make_movement() -> None:
    people = (
        "headcount_start", "headcount_end", "joiners", "leavers", "leavers_to_nhs", "retired", "end_of_contract",
        "other_reasons", "moved_in", "moved_out",
    )  # fmt: skip
    op.create_table(
        "movement",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("import_id", sa.Integer(), nullable=False),
        sa.Column("trust", sa.String(8), nullable=False),
        sa.Column("month", sa.String(10), nullable=False),
        sa.Column("staff_group", sa.String(60), nullable=False),
        *(sa.Column(name, sa.Integer(), nullable=False) for name in people),
        sa.CheckConstraint(
            "leavers = leavers_to_nhs + retired + end_of_contract + other_reasons", name=op.f("ck_movement_reasons")
        ),
        sa.CheckConstraint(
            "headcount_start + joiners + moved_in - leavers - moved_out = headcount_end",
            name=op.f("ck_movement_headcount_adds_up"),
        ),
        sa.ForeignKeyConstraint(
            ["import_id"], ["measure_import.id"], name=op.f("fk_movement_import_id_measure_import")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_movement")),
        sa.UniqueConstraint(
            "import_id", "trust", "month", "staff_group", name=op.f("uq_movement_import_id_trust_month_staff_group")
        ),
    )
