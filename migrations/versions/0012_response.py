"""Who is behind a figure: people entitled and invited, whether it is weighted, its effective number and its error

Nothing is changed that was there before: all columns are empty for figures that were stored already. The way back
drops them; the figures themselves stay.
"""

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0008"
branch_labels = None
depends_on = None

COLUMNS = {
    "entitled": (sa.Integer(), "entitled >= 0"),
    "invited": (sa.Integer(), "invited >= 0"),
    "weighted": (sa.Boolean(), ""),
    "n_eff": (sa.Double(), "n_eff > 0"),
    "mean_unw": (sa.Double(), ""),
    "se": (sa.Double(), "se >= 0"),
}


def upgrade() -> None:
    for name, (kind, check) in COLUMNS.items():
        # in plain SQL, since SQLite adds a check only together with its column
        more = f" CONSTRAINT ck_observation_{name} CHECK ({check})" if check else ""
        op.execute(f"ALTER TABLE observation ADD COLUMN {name} {kind.compile(op.get_bind().dialect)}{more}")


def downgrade() -> None:
    for name in reversed(COLUMNS):
        op.drop_column("observation", name)
