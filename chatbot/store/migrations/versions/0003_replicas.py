"""Tables for several processes on one database: who answers, and the files of what was learned."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    """Take the step."""
    op.create_table(
        "learned",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(length=100), nullable=False),
        sa.Column("part", sa.Integer(), nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_learned"),
        sa.UniqueConstraint("name", "part", name="uq_learned_name"),
    )
    if op.get_bind().dialect.name == "postgresql":
        op.execute("ALTER TABLE learned SET UNLOGGED")
        op.execute("ALTER TABLE learned ALTER COLUMN body SET STORAGE EXTERNAL")
    op.create_table(
        "replicas",
        sa.Column("name", sa.String(length=40), nullable=False),
        sa.Column("revision", sa.BigInteger(), nullable=False),
        sa.Column("started", sa.DateTime(timezone=True), nullable=False),
        sa.Column("seen", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("name", name="pk_replicas"),
    )
