"""The processes that answer from one database: each says from which revision, and that it lives.

Only PostgreSQL serves several. With SQLite there is one process and nothing to tell.
"""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import NamedTuple

import sqlalchemy as sa

from chatbot.store.database import Database, upsert
from chatbot.store.lock import number_of
from chatbot.store.tables import meta, replicas

BEAT_S = 3.0
GONE_AFTER = timedelta(seconds=15)
RENEW_S = 600.0  # a site that is open needs no beat of its own; this heals what was forgotten by mistake
FORGOTTEN_AFTER = timedelta(hours=1)


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
        return not self._database.is_sqlite

    def beat(self, name: str, revision: int, *, is_first: bool = False) -> None:
        """Give a sign of life: from which revision a process answers. Those that give none are forgotten.

        `is_first`: it has just started, and so has what it is known by from before.
        """

        def change(connection: sa.Connection) -> None:
            # One at a time: after a long silence each would forget the others, and wait for them.
            connection.execute(sa.select(sa.func.pg_advisory_xact_lock(number_of("beat"))))
            # The database's own clock, so that it does not matter how the others go.
            now = connection.execute(sa.select(sa.func.now())).scalar_one()
            connection.execute(replicas.delete().where(replicas.c.seen < now - GONE_AFTER))
            row = {"name": name, "revision": revision, "seen": now, "started": now}
            upsert(connection, replicas, row, keeping=() if is_first else ("started",))

        self._database.write(change)

    def leave(self, name: str) -> None:
        """Be gone at once, instead of after a while."""
        self._database.write(lambda c: c.execute(replicas.delete().where(replicas.c.name == name)))

    def hold(self, name: str, revision: int) -> None:
        """In a site's database: say that a process has it open, and from which revision it answers there."""

        def change(connection: sa.Connection) -> None:
            now = connection.execute(sa.select(sa.func.now())).scalar_one()
            connection.execute(replicas.delete().where(replicas.c.seen < now - FORGOTTEN_AFTER))
            row = {"name": name, "revision": revision, "seen": now, "started": now}
            upsert(connection, replicas, row)

        self._database.write(change)

    def alive(self) -> dict[str, datetime]:
        """The processes that give signs of life, and since when each does."""
        with self._database.read() as connection:
            now = connection.execute(sa.select(sa.func.now())).scalar_one()
            query = sa.select(replicas.c.name, replicas.c.started).where(replicas.c.seen >= now - GONE_AFTER)
            return {row.name: row.started for row in connection.execute(query)}

    def behind(self, alive: Mapping[str, datetime]) -> int:
        """In a site's database: how many of the processes that are `alive` have it open at an older revision.

        One that has it not open is not behind: it will open the newest.
        """
        newest = sa.select(meta.c.value).where(meta.c.name == "revision").scalar_subquery()
        query = sa.select(replicas.c.name, replicas.c.seen).where(replicas.c.revision < newest)
        with self._database.read() as connection:
            told = connection.execute(query).all()
        return sum(name in alive and seen >= alive[name] for name, seen in told)

    def spread(self) -> Spread:
        """How far the newest revision has come."""
        newest = sa.select(meta.c.value).where(meta.c.name == "revision").scalar_subquery()
        with self._database.read() as connection:
            now = connection.execute(sa.select(sa.func.now())).scalar_one()
            query = sa.select(replicas.c.revision >= newest).where(replicas.c.seen >= now - GONE_AFTER)
            told = list(connection.execute(query).scalars())
        return Spread(sum(told), len(told))
