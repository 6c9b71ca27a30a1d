"""What is kept in the database. This folder is the only home of SQLAlchemy and Alembic.

`Store.open(url)` connects; a store is its parts, each one file here:

- `store.edits`      what staff changed over the files: append-only, with a revision, history and undo
- `store.drafts`     what somebody is writing and has not published
- `store.probes`     staff's own tests: "when asked … must get …"
- `store.options`    what is set on the desk, by name
- `store.inbox`      visitors' messages that want a better answer, redacted; what staff decided about them
- `store.counts`     how often what happened on a day
- `store.people`     accounts and sessions, as rows
- `store.audit`      who did what on the desk
- `store.learned`    files that were learned from a knowledge, for several processes on PostgreSQL
- `store.replicas`   those processes, and from which revision each answers
- `store.news`       word of a save, as soon as PostgreSQL passes it on
- `store.database`   `read()` and `write(change)`, for parts yet to come; `tables` holds the tables

Ratings (`hear`, `feedback`) and the off switch (`switch`, `is_off`) are the store's own.
"""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from datetime import date, timedelta
from itertools import compress
from pathlib import Path
from typing import Any, NamedTuple

import sqlalchemy as sa

from chatbot.errors import StoreError
from chatbot.records import Noted, Rating
from chatbot.store import schema
from chatbot.store.audit import Audit
from chatbot.store.backup import back_up, restore
from chatbot.store.counts import WHOLE_DAY, Counts, Place, add
from chatbot.store.database import Database, drop_schema, upsert
from chatbot.store.drafts import Drafts
from chatbot.store.edits import Edits
from chatbot.store.file import put_aside
from chatbot.store.inbox import Inbox, insert
from chatbot.store.learned import Learned
from chatbot.store.news import News
from chatbot.store.options import Options
from chatbot.store.people import People
from chatbot.store.probes import Probes
from chatbot.store.replicas import Replicas, Spread
from chatbot.store.tables import feedback as _feedback
from chatbot.store.tables import inbox as _inbox
from chatbot.store.tables import switches as _switches

__all__ = ["Purged", "Spread", "Store"]


class Purged(NamedTuple):
    """How many messages were forgotten, and how many comments on answers."""

    messages: int
    comments: int


def _rate(connection: sa.Connection, rating: Rating) -> bool:
    """Keep a rating in place of an earlier one; whether there was none."""
    of_the_reply = sa.select(_feedback.c.day).where(_feedback.c.reply_id == rating.reply_id)
    is_first = connection.execute(of_the_reply).first() is None
    upsert(connection, _feedback, rating._asdict())
    return is_first


class Store:
    """The database behind a running bot. Safe to share between threads."""

    def __init__(self, database: Database) -> None:
        """Use `database`; `open` makes one from an address.

        What is put into `listeners` is called after each turn of the switch from here.
        """
        self.database = database
        self.listeners: list[Callable[[], None]] = []
        self.edits = Edits(database)
        self.drafts = Drafts(database)
        self.probes = Probes(database)
        self.options = Options(database)
        self.inbox = Inbox(database)
        self.counts = Counts(database)
        self.people = People(database)
        self.audit = Audit(database)
        self.learned = Learned(database)
        self.replicas = Replicas(database)
        self.news = News(database)

    @classmethod
    def open(cls, url: str, *, is_server: bool = False) -> "Store":
        """Connect to a database, with its tables made or migrated. Raises StoreError.

        A server's SQLite file belongs to it: a second server is refused, other commands are not.
        """
        return cls(Database.open(url, is_server=is_server))

    def feedback(self) -> list[dict[str, Any]]:
        """All ratings, as rows."""
        with self.database.read() as connection:
            return [dict(row) for row in connection.execute(_feedback.select()).mappings()]

    def hear(
        self, messages: Sequence[Noted], more: Mapping[Place, int], ratings: Sequence[Rating] = ()
    ) -> list[bool]:
        """Keep messages for the inbox, ratings and counts, all or nothing. See `chatbot.listening`.

        Of several ratings of a reply the last one stays; says of each whether it is the first, which alone
        is counted.
        """

        def change(connection: sa.Connection) -> list[bool]:
            insert(connection, messages)
            are_first = [_rate(connection, rating) for rating in ratings]
            counted = Counter(more)
            for rating in compress(ratings, are_first):
                counted[rating.day, WHOLE_DAY, f"helpful:{'yes' if rating.helpful else 'no'}"] += 1
            add(connection, counted)
            return are_first

        return self.database.write(change)

    def purge(self, before: date) -> Purged:
        """Forget what visitors wrote before a day; counts and ratings stay, without a word of theirs.

        What is dated in the future, as after a clock was set back, counts as of today: it is kept no longer.
        """
        today = date.today()

        def change(connection: sa.Connection) -> Purged:
            for table in (_inbox, _feedback):
                is_ahead = table.c.day > today + timedelta(1)  # the day begins earlier elsewhere
                connection.execute(table.update().where(is_ahead).values(day=today))
            gone = connection.execute(_inbox.delete().where(_inbox.c.day < before)).rowcount
            is_old = sa.and_(_feedback.c.day < before, _feedback.c.comment.is_not(None))
            return Purged(
                gone, connection.execute(_feedback.update().where(is_old).values(comment=None)).rowcount
            )

        return self.database.write(change)

    def is_reachable(self) -> bool:
        """Whether a question to the database is answered."""
        try:
            self.edits.revision()  # a constant would be answered without a look into the file
        except StoreError:
            return False
        return True

    def is_off(self) -> bool:
        """Whether the bot is switched off."""
        query = sa.select(_switches.c.is_on).where(_switches.c.name == "off")
        with self.database.read() as connection:
            return bool(connection.execute(query).scalar())

    def switch(self, *, off: bool) -> None:
        """Switch the bot off or on; every process sees it within a second."""
        self.database.write(lambda c: upsert(c, _switches, {"name": "off", "is_on": off}))
        for listener in self.listeners:
            listener()

    def version(self) -> str:
        """The version of the tables."""
        with self.database.read() as connection:
            return schema.version(connection)

    def check(self) -> None:
        """Raise DamageError where something is found not to be as it was written. Reads everything."""
        self.database.check()
        self.edits.check()

    @staticmethod
    def drop_schema(url: str) -> None:
        """Drop the schema that a PostgreSQL address names, with all in it. Raises StoreError."""
        drop_schema(url)

    @staticmethod
    def put_aside(file: Path, folder: Path) -> AbstractContextManager[None]:
        """Move a damaged database into a folder for the time of a restore. See `chatbot.store.file`."""
        return put_aside(file, folder)

    def back_up(self, path: Path, *, is_checked: bool = True) -> int:
        """Write all rows but who is signed in into a new SQLite file; returns their number."""
        return back_up(self.database, path, is_checked=is_checked)

    def restore(
        self, path: Path, keep: Callable[[], object], also: Callable[[], object] = lambda: None
    ) -> int:
        """Put such a file in place of all that is there. See `chatbot.store.backup.restore`."""
        return restore(self.database, path, keep, also)

    def close(self) -> None:
        """Give all connections back."""
        self.database.close()
