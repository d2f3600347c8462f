"""The fewest people by whom the figures of a survey were released, kept with it

Nothing is changed that was there before: surveys of earlier versions have none and were released by 11. The way back
drops it.
"""

import sqlalchemy as sa
from alembic import op

revision = "0017"
down_revision = "0016"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("wave", sa.Column("smallest", sa.Integer(), nullable=True))


def downgrade() -> None:
    op.drop_column("wave", "smallest")
