"""Messages that want a better answer, and what staff decided about them.

What comes in must have been redacted; a crisis message must never come in (see `chatbot.listening`).
"""

from collections.abc import Iterable, Sequence
from datetime import UTC, date, datetime
from typing import Any

import sqlalchemy as sa

from chatbot.records import Decision, Noted
from chatbot.store.database import Database
from chatbot.store.tables import decisions, inbox


class Inbox:
    """The inbox of a database."""

    def __init__(self, database: Database) -> None:
        """Read and write `database`."""
        self._database = database

    def add(self, messages: Sequence[Noted]) -> None:
        """Keep messages."""
        self._database.write(lambda c: insert(c, messages))

    def latest(self, limit: int = 1000) -> tuple[Noted, ...]:
        """The last messages, newest first."""
        columns = [c for c in inbox.c if c.name != "id"]
        query = sa.select(*columns).order_by(inbox.c.id.desc()).limit(limit)
        with self._database.read() as connection:
            return tuple(
                Noted(**{**row, "rejected": tuple(row["rejected"])})
                for row in connection.execute(query).mappings()
            )

    def count(self) -> int:
        """How many messages there are."""
        with self._database.read() as connection:
            return connection.execute(sa.select(sa.func.count()).select_from(inbox)).scalar_one()

    def decide(self, wordings: Iterable[str], state: str, *, by: str, until: date | None = None) -> None:
        """Note what was decided about a group, by its wordings: out of sight until a day, or for good."""
        about = {"state": state, "until": until, "by": by, "at": datetime.now(UTC)}
        rows = [{"wording": w, **about} for w in dict.fromkeys(wordings)]

        def change(connection: sa.Connection) -> None:
            for row in rows:
                connection.execute(decisions.delete().where(decisions.c.wording == row["wording"]))
            if rows:
                connection.execute(decisions.insert(), rows)

        self._database.write(change)

    def decided(self) -> tuple[Decision, ...]:
        """All decisions, oldest first."""
        columns = [c for c in decisions.c if c.name != "id"]
        with self._database.read() as connection:
            rows = connection.execute(sa.select(*columns).order_by(decisions.c.id)).mappings()
            return tuple(Decision(**row) for row in rows)

    def undecide(self, wordings: Iterable[str]) -> None:
        """Take decisions back."""
        gone = decisions.delete().where(decisions.c.wording.in_(list(wordings)))
        self._database.write(lambda c: c.execute(gone))


def insert(connection: sa.Connection, messages: Sequence[Noted]) -> None:
    """Add messages to the inbox."""
    rows = [_row(m) for m in messages]
    if rows:
        connection.execute(inbox.insert(), rows)


def _row(noted: Noted) -> dict[str, Any]:
    return {
        "text": noted.text,
        "reason": noted.reason,
        "topic": noted.topic,
        "confidence": noted.confidence,
        "rejected": list(noted.rejected),
        "is_again": noted.is_again,
        "day": noted.day,
    }
