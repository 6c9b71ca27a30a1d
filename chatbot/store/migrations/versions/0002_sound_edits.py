"""A digest for each edit and a sum over them, so that damage is noticed before it is shown."""

import sqlalchemy as sa
from alembic import op

from chatbot.store import soundness

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    """Take the step: what stands there now is what is sound from here on."""
    op.add_column("edits", sa.Column("digest", sa.String(length=64), nullable=True))
    connection, digests = op.get_bind(), []
    edits = sa.table("edits", *(sa.column(name) for name in ("id", "revision", "kind", "key", "at")))
    for name in ("by", "why", "undoes", "digest"):
        edits.append_column(sa.column(name))
    edits.append_column(sa.column("body", sa.JSON(none_as_null=True)))
    for row in connection.execute(edits.select().order_by(edits.c.id)).mappings().all():
        digests.append(soundness.digest(row))
        connection.execute(edits.update().where(edits.c.id == row["id"]).values(digest=digests[-1]))
    meta = sa.table("meta", sa.column("name"), sa.column("value"))
    connection.execute(meta.insert().values(name=soundness.TOTAL, value=soundness.total(digests)))
