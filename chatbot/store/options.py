"""What is set on the desk, by name: any JSON value, with who set it and when."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import sqlalchemy as sa

from chatbot.store.database import Database, upsert
from chatbot.store.tables import options


class Options:
    """The options of a database."""

    def __init__(self, database: Database) -> None:
        """Read and write `database`. What is put into `listeners` is called after each change from here."""
        self._database = database
        self.listeners: list[Callable[[], None]] = []

    def all(self) -> dict[str, Any]:
        """Every option that was set, by name."""
        query = sa.select(options.c.name, options.c.value)
        with self._database.read() as connection:
            return {row.name: row.value for row in connection.execute(query)}

    def get(self, name: str) -> Any:
        """What an option was set to; None where it never was."""
        with self._database.read() as connection:
            return connection.execute(sa.select(options.c.value).where(options.c.name == name)).scalar()

    def set(self, name: str, value: Any, *, by: str) -> None:
        """Set an option."""
        row = {"name": name, "value": value, "by": by, "at": datetime.now(UTC)}
        self._database.write(lambda c: upsert(c, options, row))
        for listener in self.listeners:
            listener()

    def add(self, name: str, value: Any, *, by: str) -> bool:
        """Set an option that was not set before; False, with nothing changed, where it was."""
        row = {"name": name, "value": value, "by": by, "at": datetime.now(UTC)}

        def change(connection: sa.Connection) -> bool:
            is_set = connection.execute(sa.select(options.c.at).where(options.c.name == name)).first()
            if is_set is None:
                connection.execute(options.insert().values(row))
            return is_set is None

        return self._database.write(change)

    def forget(self, name: str) -> None:
        """Have an option not set at all."""
        self._database.write(lambda c: c.execute(options.delete().where(options.c.name == name)))
