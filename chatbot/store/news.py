"""Word of a save, passed on by PostgreSQL at once. Who misses it finds the revision moved a second later.

One connection listens for all that this process has open there, and passes on of which schema the word is.
"""

import math
import threading
from contextlib import suppress
from typing import Any
from weakref import WeakSet

import sqlalchemy as sa

from chatbot.store.database import Database

_CHANNEL = "chatbot_saved"
_beside: WeakSet["News"] = WeakSet()  # those without a connection
_changing = threading.Lock()


class News:
    """Waits for word: on a connection of its own, or for what such a one of the same database passes on.

    For one thread, but for `wake`.
    """

    def __init__(self, database: Database) -> None:
        """Listen to `database`."""
        self._database = database
        self._connection: sa.Connection | None = None
        self._is_due = threading.Event()

    def wait(self, seconds: float, stopped: threading.Event) -> None:
        """Return when something was saved, or after so long; with SQLite, or without it, just wait."""
        if self._database.is_one_of_many and not self._database.is_sqlite:
            self._wait_beside(seconds)
            return
        if self._database.is_sqlite or stopped.is_set():
            stopped.wait(seconds)
            return
        try:
            for notice in self._driver().notifies(timeout=seconds, stop_after=1):
                self._pass_on(notice.payload)
        except Exception:  # the library's errors and the driver's: the poll goes on without
            self.close()
            stopped.wait(seconds)

    def is_of(self, url: sa.URL, schema_name: str) -> bool:
        """Whether word of that schema, in the database at `url`, is for this one."""
        return (self._database.engine.url, self._database.schema_name) == (url, schema_name)

    def wake(self) -> None:
        """Have one that has no connection wait no longer."""
        self._is_due.set()

    def close(self) -> None:
        """Listen no more."""
        with _changing:
            _beside.discard(self)
        connection, self._connection = self._connection, None
        if connection is not None:
            with suppress(Exception):  # it may be broken
                connection.invalidate()
                connection.close()

    def _wait_beside(self, seconds: float) -> None:
        with _changing:
            _beside.add(self)
        self._is_due.wait(seconds)
        self._is_due.clear()

    def _pass_on(self, schema_name: str) -> None:
        with _changing:
            others = list(_beside)
        for other in others:
            if other.is_of(self._database.engine.url, schema_name):
                other.wake()

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
        schema_name = sa.func.coalesce(sa.func.current_schema(), "")
        connection.execute(sa.select(sa.func.pg_notify(_CHANNEL, schema_name)))
