"""The draw that gave a run its arms, kept with the run

Nothing is changed that was there before: runs of earlier versions have none. The way back drops it.
"""

import sqlalchemy as sa
from alembic import op

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("study_run", sa.Column("draw", sa.JSON(), nullable=True))


def downgrade() -> None:
    op.drop_column("study_run", "draw")
