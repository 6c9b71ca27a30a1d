"""The driver of PostgreSQL, with an eye on the clock. This file is the only home of psycopg.

Whoever finds nobody there says so for all: until somebody is, one at a time tries, and the others hear at
once that the database is away. Else each page and each thread would wait for itself, and visitors for them.
"""

import threading
import time
from collections.abc import Callable, Generator
from typing import Any, TypeVar

import psycopg
from psycopg.errors import ConnectionTimeout

IDLE_S = 2.0  # outside a transaction nothing is asked that takes long: most often, whether anybody is there
SILENT_S = 5.0  # in a transaction it may wait for others, or work: after so long it is seen whether it lives
LONGEST_S = 300.0  # and then
RETRY_S = 0.5
_SILENT = "it has just not answered another"
Result = TypeVar("Result")


class Connection(psycopg.Connection[Any]):
    """Gives up, and is of no more use, where the server gives no sign for too long."""

    patience: float | None = None  # for news, which may be long in coming
    lives: Callable[[], bool]  # whether the server answers others

    def wait(self, gen: Generator[Any, Any, Result], *args: Any, **more: Any) -> Result:
        """Wait for an answer. Raises OperationalError where none comes."""
        return super().wait(self._within(gen), *args, **more)

    def _within(self, steps: Generator[Any, Any, Result]) -> Generator[Any, Any, Result]:
        """The steps of an exchange, as long as the silence between two does not last."""
        patience = self.patience or (IDLE_S if self.autocommit else SILENT_S)
        since = asked_at = time.monotonic()
        try:
            wanted = next(steps)
            while True:
                is_ready = yield wanted
                now = time.monotonic()
                if is_ready:
                    since = asked_at = now
                elif now - asked_at >= patience:
                    if self.autocommit or now - since > LONGEST_S or not self.lives():
                        self.pgconn.finish()
                        raise psycopg.OperationalError(f"no sign of it for {now - since:.0f} s")
                    asked_at = time.monotonic()
                wanted = steps.send(is_ready)
        except StopIteration as end:
            answer: Result = end.value
            return answer


class Gate:
    """Where all connections to a database are made, one at a time."""

    def __init__(self) -> None:
        """Let all in."""
        self._lock, self._is_away, self._again_at = threading.Lock(), False, 0.0

    def connect(self, *args: Any, **more: Any) -> Connection:
        """Connect. Raises OperationalError, at once where the last who tried has waited in vain."""
        if not self._lock.acquire(blocking=not self._is_away):
            raise psycopg.OperationalError(_SILENT)
        try:
            if time.monotonic() < self._again_at:
                raise psycopg.OperationalError(_SILENT)
            connection = Connection.connect(*args, **more)
        except ConnectionTimeout:
            self._is_away, self._again_at = True, time.monotonic() + RETRY_S
            raise
        else:
            self._is_away = False
            connection.lives = lambda: self._answers(*args, **more)
            return connection
        finally:
            self._lock.release()

    def _answers(self, *args: Any, **more: Any) -> bool:
        """Whether somebody answers there, if only to refuse."""
        try:
            self.connect(*args, **more).close()
        except psycopg.OperationalError as error:
            return not (isinstance(error, ConnectionTimeout) or self._is_away)
        return True
