"""The one thread that writes to SQLite: commits in groups, and answers only after the commit."""

import queue
import threading
from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import dataclass, field
from typing import Any, TypeVar

import sqlalchemy as sa

MAX_GROUP = 200  # changes in one commit: who came first need not wait for all who come
Result = TypeVar("Result")


@dataclass(frozen=True)
class _Job:
    change: Callable[[sa.Connection], Any]
    done: "Future[Any]" = field(default_factory=Future)


class Writer:
    """Runs changes one after the other on one connection. Starts with the first one."""

    def __init__(self, engine: sa.Engine) -> None:
        """Write through `engine`."""
        self._engine = engine.execution_options(writes=True)
        self._jobs: queue.SimpleQueue[_Job | None] = queue.SimpleQueue()
        self._lock = threading.Lock()
        self._thread: threading.Thread | None = None

    @property
    def waiting(self) -> int:
        """How many changes wait for the one that is being written."""
        return self._jobs.qsize()

    def run(self, change: Callable[[sa.Connection], Result]) -> Result:
        """Run `change` in a transaction; what it returns, or raises, once that is decided for good."""
        job = _Job(change)
        with self._lock:  # so that no job comes in behind the one that ends the thread
            if self._thread is None:
                self._thread = threading.Thread(target=self._work, name="store-writer", daemon=True)
                self._thread.start()
            self._jobs.put(job)
        result: Result = job.done.result()
        return result

    def stop(self) -> None:
        """Finish what waits."""
        with self._lock:
            thread, self._thread = self._thread, None
            if thread:
                self._jobs.put(None)
        if thread:
            thread.join()

    def _work(self) -> None:
        while True:
            group, is_last = self._next_group()
            if group:
                self._commit(group)
            if is_last:
                return

    def _next_group(self) -> tuple[list[_Job], bool]:
        """What is waiting, at least one; and whether nothing may follow."""
        group: list[_Job] = []
        job = self._jobs.get()
        while job is not None:
            group.append(job)
            if len(group) == MAX_GROUP:
                return group, False
            try:
                job = self._jobs.get_nowait()
            except queue.Empty:
                return group, False
        return group, True

    def _commit(self, group: list[_Job]) -> None:
        outcomes: list[tuple[_Job, Any, BaseException | None]] = []
        try:
            with self._engine.begin() as connection:
                outcomes = [(job, *_try(job, connection)) for job in group]
        except BaseException as error:  # none of them is written, and each is told why
            outcomes = [(job, None, error) for job in group]
        for job, result, failure in outcomes:
            if failure is None:
                job.done.set_result(result)
            else:
                job.done.set_exception(failure)


def _try(job: _Job, connection: sa.Connection) -> tuple[Any, BaseException | None]:
    """Run one change so that its failure takes nobody else's with it."""
    try:
        with connection.begin_nested():
            return job.change(connection), None
    except Exception as error:  # it belongs to whoever asked for the change
        return None, error
