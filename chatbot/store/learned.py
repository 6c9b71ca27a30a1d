"""Files of what was learned from a knowledge, for the processes that share a database.

Building costs a processor many seconds, and a file of it 25 MB for the starter knowledge: one process builds,
and leaves the file here for the others. Only PostgreSQL has several; with SQLite all of this does nothing.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from itertools import count, takewhile
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from chatbot.errors import AwayError
from chatbot.store.database import Database
from chatbot.store.lock import number_of
from chatbot.store.tables import learned

KEPT = 4  # files of a sort: while an upgrade is rolled out two versions of the program build their own
_PART = 1024 * 1024
_PART_OF = "SELECT body FROM learned WHERE name = %s AND part = %s"


class Learned:
    """The files that a database holds, by name: what stands before the name's first dash is its sort.

    What is in them is nobody's business here; the model of words is `chatbot.learned`.
    """

    def __init__(self, database: Database) -> None:
        """Read and write `database`."""
        self._database = database

    @property
    def is_shared(self) -> bool:
        """Whether there may be others to share with."""
        return not self._database.is_sqlite

    def has(self, name: str) -> bool:
        """Whether a file is there."""
        with self._database.read() as connection:
            return _has(connection, name)

    def put(self, name: str, file: Path) -> None:
        """Keep a file, unless it is there, and forget all but the latest few of its sort."""

        def change(connection: sa.Connection) -> None:
            connection.execute(sa.select(sa.func.pg_advisory_xact_lock(number_of(f"put {name}"))))
            if _has(connection, name):
                return
            with file.open("rb") as opened:
                for number, body in enumerate(iter(lambda: opened.read(_PART), b"")):
                    connection.execute(learned.insert().values(name=name, part=number, body=body))
            _forget_older(connection, name.partition("-")[0])

        self._database.write(change)

    def get(self, name: str) -> Iterator[bytes]:
        """A file, in parts; nothing where it is not there."""
        with self._database.read() as connection:
            driver: Any = connection.connection.driver_connection
            with driver.cursor(binary=True) as cursor:  # six times as fast as in PostgreSQL's own letters
                yield from takewhile(bool, (_part(cursor, name, number) for number in count()))

    def drop(self, name: str) -> None:
        """Forget a file."""
        self._database.write(lambda c: c.execute(learned.delete().where(learned.c.name == name)))

    @contextmanager
    def turn(self, name: str) -> Iterator[bool]:
        """Whether it is this process's turn to build a file; a turn ends with its process, at the latest."""
        number = number_of(f"build {name}")
        alone = self._database.engine.execution_options(isolation_level="AUTOCOMMIT")
        with self._database.translated(), alone.connect() as connection:
            is_mine = bool(connection.execute(sa.select(sa.func.pg_try_advisory_lock(number))).scalar())
            try:
                yield is_mine
            finally:
                if is_mine:
                    connection.execute(sa.select(sa.func.pg_advisory_unlock(number)))


def _part(cursor: Any, name: str, number: int) -> bytes:
    """A part of a file; nothing behind the last."""
    try:
        cursor.execute(_PART_OF, (name, number))
        row = cursor.fetchone()
    except Exception as error:  # the driver's own, whichever driver it is
        raise AwayError("the database did not answer") from error
    return row[0] if row else b""


def _has(connection: sa.Connection, name: str) -> bool:
    return (
        connection.execute(sa.select(learned.c.part).where(learned.c.name == name).limit(1)).first()
        is not None
    )


def _forget_older(connection: sa.Connection, sort: str) -> None:
    latest = sa.func.max(learned.c.id)
    by_age = sa.select(learned.c.name).where(learned.c.name.startswith(f"{sort}-")).group_by(learned.c.name)
    older = [row.name for row in connection.execute(by_age.order_by(latest.desc()).offset(KEPT))]
    connection.execute(learned.delete().where(learned.c.name.in_(older)))
