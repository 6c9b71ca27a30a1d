"""Who did what on the desk."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from chatbot.records import Act
from chatbot.store.database import Database
from chatbot.store.tables import audit


class Audit:
    """The audit trail of a database: append-only."""

    def __init__(self, database: Database) -> None:
        """Read and write `database`."""
        self._database = database

    def note(self, by: str, action: str, subject: str = "", detail: Mapping[str, Any] | None = None) -> None:
        """Write down that somebody did something to something."""
        row = {"by": by, "action": action, "subject": subject[:200], "detail": dict(detail or {})}
        self._database.write(lambda c: c.execute(audit.insert().values(at=datetime.now(UTC), **row)))

    def latest(self, limit: int = 200) -> tuple[Act, ...]:
        """What was done last, newest first."""
        columns = [c for c in audit.c if c.name != "id"]
        query = audit.select().with_only_columns(*columns).order_by(audit.c.id.desc()).limit(limit)
        with self._database.read() as connection:
            return tuple(Act(**row) for row in connection.execute(query).mappings())
