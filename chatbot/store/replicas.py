"""The processes that answer from one database: each says from which revision, and that it lives.

Only PostgreSQL serves several. With SQLite there is one process and nothing to tell.
"""

from datetime import timedelta
from typing import NamedTuple

import sqlalchemy as sa

from chatbot.store.database import Database, upsert
from chatbot.store.lock import number_of
from chatbot.store.tables import meta, replicas

BEAT_S = 3.0
GONE_AFTER = timedelta(seconds=15)


class Spread(NamedTuple):
    """Of so many processes (`total`) so many answer from the newest revision (`current`)."""

    current: int
    total: int


class Replicas:
    """The processes of a database."""

    def __init__(self, database: Database) -> None:
        """Read and write `database`."""
        self._database = database

    @property
    def are_several(self) -> bool:
        """Whether there may be others, and it is told of each."""
        return not (self._database.is_sqlite or self._database.is_one_of_many)

    def beat(self, name: str, revision: int) -> None:
        """Give a sign of life: from which revision a process answers. Those that give none are forgotten."""

        def change(connection: sa.Connection) -> None:
            # One at a time: after a long silence each would forget the others, and wait for them.
            connection.execute(sa.select(sa.func.pg_advisory_xact_lock(number_of("beat"))))
            # The database's own clock, so that it does not matter how the others go.
            now = connection.execute(sa.select(sa.func.now())).scalar_one()
            connection.execute(replicas.delete().where(replicas.c.seen < now - GONE_AFTER))
            row = {"name": name, "revision": revision, "seen": now}
            upsert(connection, replicas, {**row, "started": now}, keeping=("started",))

        self._database.write(change)

    def leave(self, name: str) -> None:
        """Be gone at once, instead of after a while."""
        self._database.write(lambda c: c.execute(replicas.delete().where(replicas.c.name == name)))

    def spread(self) -> Spread:
        """How far the newest revision has come."""
        newest = sa.select(meta.c.value).where(meta.c.name == "revision").scalar_subquery()
        with self._database.read() as connection:
            now = connection.execute(sa.select(sa.func.now())).scalar_one()
            query = sa.select(replicas.c.revision >= newest).where(replicas.c.seen >= now - GONE_AFTER)
            told = list(connection.execute(query).scalars())
        return Spread(sum(told), len(told))
