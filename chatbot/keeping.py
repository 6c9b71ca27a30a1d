"""Keeping what visitors leave behind, without one of them having to wait for a database that does not answer.

One thread writes what has come in together. What is only counted is written once a second, for many visitors
together: a write for each was most of what a message cost. While the database is away it holds so much and
tries again; what does not fit is refused, and counted. What is held is in memory alone: a process that is
killed meanwhile takes it along.
"""

import logging
import threading
import time
from collections import Counter, deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from chatbot.errors import AwayError, DamageError, FullError, StoreError
from chatbot.records import Noted, Rating
from chatbot.store import Store
from chatbot.store.counts import Place

MAX_WAITING = 1000
COUNT_S = 1.0  # a process that is killed forgets the numbers of so long; 0 writes each at once
RETRY_S = 1.0
_logger = logging.getLogger("chatbot")


@dataclass(eq=False, slots=True)
class Job:
    """What is to be kept: all of it, or nothing.

    `later` finds another note, which takes longer than a visitor should wait; `error` is why it was not kept;
    `is_first` says of a rating that was kept whether it is its reply's first.
    """

    noted: list[Noted]
    rating: Rating | None = None
    later: Callable[[], Noted | None] | None = None
    error: StoreError | None = None
    is_first: bool | None = None
    is_tried: threading.Event = field(default_factory=threading.Event)

    def look_up(self) -> None:
        """Find the other note, once."""
        found, self.later = self.later() if self.later else None, None
        if found:
            self.noted.append(found)


class Keeper:
    """Writes to a store. `dropped` counts what could not be kept, `waiting` what is not yet."""

    def __init__(self, store: Store) -> None:
        """Keep in `store`."""
        self._store = store
        self._has_come = threading.Condition()
        self._jobs: deque[Job] = deque()
        self._thread: threading.Thread | None = None
        self._counts = Counter[Place]()
        # Late: nobody waits but who has to know for sure. Away: nor do they. Either ends with a write.
        self._is_late = self._is_away = self._is_ending = False
        self.dropped = self.waiting = 0

    def keep(self, job: Job, seconds: float, *, surely: bool = False) -> None:
        """Keep something; returns when that was done or, where it takes more than some `seconds`, will be.

        Raises StoreError where it cannot be kept. Nobody waits while the database is slow, or its disk full,
        but who has to know for sure; while it is away, nobody does.
        """
        with self._has_come:
            if self.waiting >= MAX_WAITING:
                self.dropped += 1
                raise AwayError("the database is away, and no more can wait for it")
            self.waiting += 1
            self._jobs.append(job)
            self._begin()
            self._has_come.notify()
        is_hopeless = self._is_away if surely else self._is_late
        if not is_hopeless and not job.is_tried.wait(seconds):
            self._is_late, self._is_away = True, surely or self._is_away
        if job.error:
            raise job.error

    def count(self, more: Mapping[Place, int]) -> None:
        """Add to the counters: soon, without anybody who waits for it."""
        with self._has_come:
            self._counts.update(more)
            self._begin()

    def finish(self, seconds: float = 5.0) -> None:
        """Wait until everything is kept; what is not by then is lost, and told."""
        until = time.monotonic() + seconds
        with self._has_come:
            self._is_ending = True
            self._has_come.notify()
        while self._thread and self._thread.is_alive() and time.monotonic() < until:
            time.sleep(0.02)
        if self.waiting:
            _logger.error("notes-lost", extra={"facts": {"count": self.waiting}})

    def _begin(self) -> None:
        if self._thread is None or not self._thread.is_alive():
            self._thread = threading.Thread(target=self._work, name="keeper", daemon=True)
            self._thread.start()

    def _work(self) -> None:
        held: list[Job] = []
        while True:
            if self._is_late:
                time.sleep(RETRY_S)  # not again and again
            with self._has_come:
                if not (held or self._jobs or self._is_ending):
                    self._has_come.wait(COUNT_S)
                if not (held or self._jobs or self._counts):
                    self._thread = None
                    return
                held += self._jobs
                self._jobs.clear()
            held = self._write(held)

    def _write(self, jobs: list[Job]) -> list[Job]:
        """Write what can be written, with all that was counted; returns what has to wait."""
        with self._has_come:
            counted, self._counts = self._counts, Counter()
        try:
            self._hear(jobs, counted)
        except AwayError:
            self._is_late = self._is_away = True
            self.count(counted)  # a number takes no room: it waits until the database is back
            for job in jobs:
                job.is_tried.set()
            return jobs
        except (DamageError, FullError) as error:
            self._is_late, self._is_away = True, False
            self.count(counted)
            self._settle(jobs, error)
        except StoreError as error:
            self.count(counted if jobs else {})
            if len(jobs) <= 1:
                self._settle(jobs, error)
            else:  # so that one that cannot be written takes no other along
                return [held for job in jobs for held in self._write([job])]
        else:
            self._is_late = self._is_away = False
            self._settle(jobs, None)
        return []

    def _hear(self, jobs: list[Job], counted: Mapping[Place, int]) -> None:
        """Write all of it, and note of each rating whether it was the first."""
        for job in jobs:
            job.look_up()
        noted = [one for job in jobs for one in job.noted]
        ratings = [job.rating for job in jobs if job.rating]
        are_first = iter(self._store.hear(noted, counted, ratings))
        for job in jobs:
            job.is_first = next(are_first) if job.rating else None

    def _settle(self, jobs: list[Job], error: StoreError | None) -> None:
        with self._has_come:
            self.waiting -= len(jobs)
            self.dropped += len(jobs) if error else 0
        for job in jobs:
            job.error = error
            job.is_tried.set()
