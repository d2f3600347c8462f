"""What was released, for the next release to be held to

Nothing is changed that was there before. The way back drops it: later releases then know nothing of earlier ones.
"""

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "publication",
        sa.Column("dataset", sa.String(80), nullable=False),
        sa.Column("instrument", sa.String(80), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("document", sa.LargeBinary(), nullable=False),
        sa.CheckConstraint("version > 0", name=op.f("ck_publication_version")),
        sa.PrimaryKeyConstraint("dataset", "instrument", name=op.f("pk_publication")),
    )


def downgrade() -> None:
    op.drop_table("publication")
