"""Who is behind a figure: people entitled and invited, whether it is weighted, its effective number and its error

Nothing is changed that was there before: all columns are empty for figures that were stored already. The way back
drops them; the figures themselves stay.
"""

from alembic import op

revision = "0012"
down_revision = "0008"
branch_labels = None
depends_on = None

COLUMNS = {
    "entitled": ("INTEGER", "entitled >= 0"),
    "invited": ("INTEGER", "invited >= 0"),
    "weighted": ("BOOLEAN", ""),
    "n_eff": ("DOUBLE", "n_eff > 0"),
    "mean_unw": ("DOUBLE", ""),
    "se": ("DOUBLE", "se >= 0"),
}


def upgrade() -> None:
    numbers = {"DOUBLE": "DOUBLE PRECISION"} if op.get_bind().dialect.name == "postgresql" else {}
    for name, (kind, check) in COLUMNS.items():
        # in plain SQL, since SQLite adds a check only together with its column
        more = f" CONSTRAINT ck_observation_{name} CHECK ({check})" if check else ""
        op.execute(f"ALTER TABLE observation ADD COLUMN {name} {numbers.get(kind, kind)}{more}")


def downgrade() -> None:
    for name in reversed(COLUMNS):
        op.drop_column("observation", name)
