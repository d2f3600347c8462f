"""Trustees' own keys: their signatures, the list that waits for each, and the log as one tree with checkpoints

A box of the form before promised version 1 of the manifest, which this code does not read and which was never
released; so the step is refused, both ways, while there is a box. Nothing else in the database hinders it.
"""

import sqlalchemy as sa
from alembic import op

import pilot.store
from pilot.errors import WrongState

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

OLD_BOX = {
    "ck_secrecy_box_state": "state IN ('collecting', 'closed', 'peeled')",
    "ck_secrecy_box_stamp_key_while_collecting": "(state = 'collecting') = (stamp_secret IS NOT NULL)",
}
NEW_BOX = {
    "ck_secrecy_box_state": "state IN ('signing', 'collecting', 'closed', 'peeled', 'erased')",
    "ck_secrecy_box_stamp_key_until_it_closes": (
        "(state IN ('signing', 'collecting')) = (stamp_secret IS NOT NULL)"
    ),
    "ck_secrecy_box_signed_before_collecting": "state IN ('signing', 'erased') OR length(signatures) > 0",
    "ck_secrecy_box_suspended_while_collecting": "NOT suspended OR state = 'collecting'",
    "ck_secrecy_box_size": "size >= 0",
    "ck_secrecy_box_frontier_of_whole_hashes": "length(frontier) % 32 = 0",
}
OLD_LEAF = {"ck_secrecy_leaf_number_from_0": "number >= 0"}
NEW_LEAF = {"ck_secrecy_leaf_node_is_32_bytes": "length(node) = 32"}


def _new_box() -> list[sa.Column]:
    return [
        sa.Column("closes_at", pilot.store.UtcDateTime(timezone=True), nullable=False),
        sa.Column("suspended", sa.Boolean(), nullable=False),
        sa.Column("size", sa.Integer(), nullable=False),
        sa.Column("frontier", sa.LargeBinary(), nullable=False),
    ]


def _new_leaf() -> list[sa.Column]:
    return [sa.Column("node", sa.LargeBinary(), nullable=False)]


def _box(checks: dict[str, str], *, new: bool) -> sa.Table:
    """The table as it stands with these checks; SQLite makes it anew and would forget those that nobody names."""
    return sa.Table(
        "secrecy_box",
        sa.MetaData(),
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("digest", sa.String(64), nullable=False),
        sa.Column("state", sa.String(10), nullable=False),
        sa.Column("manifest", sa.LargeBinary(), nullable=False),
        sa.Column("signatures", sa.LargeBinary(), nullable=False),
        sa.Column("stamp_secret", sa.LargeBinary(), nullable=True),
        *(_new_box() if new else ()),
        *(sa.CheckConstraint(condition, name=name) for name, condition in checks.items()),
        sa.PrimaryKeyConstraint("id", name="pk_secrecy_box"),
        sa.UniqueConstraint("digest", name="uq_secrecy_box_digest"),
    )


def _leaf(checks: dict[str, str], *, new: bool) -> sa.Table:
    return sa.Table(
        "secrecy_leaf",
        sa.MetaData(),
        sa.Column("box_id", sa.Integer(), nullable=False),
        sa.Column("number", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        sa.Column("sha256", sa.String(64), nullable=True),
        *(_new_leaf() if new else ()),
        *(sa.CheckConstraint(condition, name=name) for name, condition in checks.items()),
        sa.ForeignKeyConstraint(["box_id"], ["secrecy_box.id"], name="fk_secrecy_leaf_box_id_secrecy_box"),
        sa.PrimaryKeyConstraint("box_id", "number", name="pk_secrecy_leaf"),
        sa.UniqueConstraint("box_id", "sha256", name="uq_secrecy_leaf_box_id_sha256"),
    )


def upgrade() -> None:
    _refuse_boxes("This database holds secret votes in a form that was never released and that this version does not read.")
    with op.batch_alter_table("secrecy_box", copy_from=_box(OLD_BOX, new=False)) as batch:
        for name in OLD_BOX:
            batch.drop_constraint(op.f(name), type_="check")
        for column in _new_box():
            batch.add_column(column)
        for name, condition in NEW_BOX.items():
            batch.create_check_constraint(op.f(name), condition)
    with op.batch_alter_table("secrecy_leaf", copy_from=_leaf(OLD_LEAF, new=False)) as batch:
        for column in _new_leaf():
            batch.add_column(column)
        for name, condition in NEW_LEAF.items():
            batch.create_check_constraint(op.f(name), condition)
    op.create_table(
        "secrecy_signature",
        sa.Column("box_id", sa.Integer(), nullable=False),
        sa.Column("layer", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("signature", sa.LargeBinary(), nullable=False),
        sa.CheckConstraint("length(signature) = 64", name=op.f("ck_secrecy_signature_signature_is_64_bytes")),
        sa.ForeignKeyConstraint(["box_id"], ["secrecy_box.id"], name=op.f("fk_secrecy_signature_box_id_secrecy_box")),
        sa.PrimaryKeyConstraint("box_id", "layer", name=op.f("pk_secrecy_signature")),
    )
    op.create_table(
        "secrecy_checkpoint",
        sa.Column("box_id", sa.Integer(), nullable=False),
        sa.Column("size", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("text", sa.LargeBinary(), nullable=False),
        sa.CheckConstraint("size > 0", name=op.f("ck_secrecy_checkpoint_size")),
        sa.ForeignKeyConstraint(["box_id"], ["secrecy_box.id"], name=op.f("fk_secrecy_checkpoint_box_id_secrecy_box")),
        sa.PrimaryKeyConstraint("box_id", "size", name=op.f("pk_secrecy_checkpoint")),
    )
    op.create_table(
        "secrecy_item",
        sa.Column("box_id", sa.Integer(), nullable=False),
        sa.Column("sha256", sa.String(64), nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(["box_id"], ["secrecy_box.id"], name=op.f("fk_secrecy_item_box_id_secrecy_box")),
        sa.PrimaryKeyConstraint("box_id", "sha256", name=op.f("pk_secrecy_item")),
    )


def downgrade() -> None:
    _refuse_boxes("This database holds secret votes, which the form before does not know.")
    for name in ("secrecy_item", "secrecy_checkpoint", "secrecy_signature"):
        op.drop_table(name)
    with op.batch_alter_table("secrecy_leaf", copy_from=_leaf(OLD_LEAF | NEW_LEAF, new=True)) as batch:
        for name in NEW_LEAF:
            batch.drop_constraint(op.f(name), type_="check")
        for column in _new_leaf():
            batch.drop_column(column.name)
    with op.batch_alter_table("secrecy_box", copy_from=_box(NEW_BOX, new=True)) as batch:
        for name in NEW_BOX:
            batch.drop_constraint(op.f(name), type_="check")
        for column in reversed(_new_box()):
            batch.drop_column(column.name)
        for name, condition in OLD_BOX.items():
            batch.create_check_constraint(op.f(name), condition)


def _refuse_boxes(why: str) -> None:
    """Raises WrongState, which a command prints as it is, with the way on."""
    bind = op.get_bind()
    if not bind.scalar(sa.select(sa.func.count()).select_from(sa.table("secrecy_box"))):
        return
    database = bind.engine.url.database
    way = f"delete {database}" if bind.dialect.name == "sqlite" else f"empty the database {database}"
    raise WrongState(f"{why} Save the records from the result pages with the version that made them, then {way}.")
