"""Word of a save, passed on by PostgreSQL at once. Who misses it finds the revision moved a second later."""

import math
import threading
from contextlib import suppress
from typing import Any

import sqlalchemy as sa

from chatbot.store.database import Database

_CHANNEL = "chatbot_saved"


class News:
    """Waits for word on a connection of its own. For one thread."""

    def __init__(self, database: Database) -> None:
        """Listen to `database`."""
        self._database = database
        self._connection: sa.Connection | None = None

    def wait(self, seconds: float, stopped: threading.Event) -> None:
        """Return when something was saved, or after so long; with SQLite, or without it, just wait."""
        if self._database.is_sqlite or self._database.is_one_of_many or stopped.is_set():
            stopped.wait(seconds)
            return
        try:
            for _ in self._driver().notifies(timeout=seconds, stop_after=1):
                return
        except Exception:  # the library's errors and the driver's: the poll goes on without
            self.close()
            stopped.wait(seconds)

    def close(self) -> None:
        """Listen no more."""
        connection, self._connection = self._connection, None
        if connection is not None:
            with suppress(Exception):  # it may be broken
                connection.invalidate()
                connection.close()

    def _driver(self) -> Any:
        if self._connection is None:
            alone = self._database.engine.execution_options(isolation_level="AUTOCOMMIT")
            self._connection = alone.connect()
            self._connection.exec_driver_sql(f"LISTEN {_CHANNEL}")
            driver: Any = self._connection.connection.driver_connection
            driver.patience = math.inf  # no news is good news
        return self._connection.connection.driver_connection


def tell(connection: sa.Connection) -> None:
    """Pass the word on with this transaction's commit."""
    if connection.dialect.name == "postgresql":
        connection.execute(sa.select(sa.func.pg_notify(_CHANNEL, "")))
