"""Whose figures were held back when a file was taken, and which draws had been announced when a study was worked out

Nothing is changed that was there before: nothing is known to have been held back of earlier files, and runs of earlier
versions do not tell of draws. The way back drops both.
"""

import sqlalchemy as sa
from alembic import op

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("measure_import", sa.Column("held_back", sa.JSON(), nullable=False, server_default="[]"))
    op.add_column("study_run", sa.Column("announced", sa.JSON(), nullable=True))


def downgrade() -> None:
    op.drop_column("study_run", "announced")
    op.drop_column("measure_import", "held_back")
