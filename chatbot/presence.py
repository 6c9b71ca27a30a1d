"""Presence: a process tells the others of its database that it answers, and from which revision.

It does so from a thread of its own: an index that is built may take longer than others wait for a sign. Of a
clinic beside the main one it tells only that it has it open, and from which revision, whenever that changes.
"""

import hashlib
import secrets
import socket
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from datetime import datetime

from chatbot.errors import StoreError
from chatbot.store import Spread, Store
from chatbot.store.replicas import BEAT_S, RENEW_S


class Presence:
    """The sign of life of one process. With SQLite there is nobody to tell."""

    def __init__(self, store: Store, revision: Callable[[], int], place: str = "") -> None:
        """Tell through `store` what `revision` says.

        Whoever starts anew at the same `place` takes the place of one that was killed there.
        """
        self._replicas, self._revision = store.replicas, revision
        named = f"{socket.gethostname()} {place}".encode()
        self.name = hashlib.sha256(named).hexdigest()[:16] if place else secrets.token_hex(8)
        self._is_due, self._stopped = threading.Event(), threading.Event()
        self._thread: threading.Thread | None = None
        self._beside: set[Beside] = set()
        self._changing = threading.Lock()

    def start(self) -> None:
        """Tell every few seconds, until `stop`."""
        if self._replicas.are_several:
            self._thread = threading.Thread(target=self._tell, name="presence", daemon=True)
            self._thread.start()

    def tell(self) -> None:
        """Tell now: it answers from another revision."""
        self._is_due.set()

    def stop(self) -> None:
        """Tell that it answers no more."""
        self._stopped.set()
        self._is_due.set()
        if self._thread:
            self._thread.join()
            self._thread = None

    def spread(self) -> Spread:
        """How far the newest revision has come."""
        return self._replicas.spread()

    def alive(self) -> dict[str, datetime]:
        """The processes of the database by name, and since when each answers."""
        return self._replicas.alive()

    def see_to(self, other: "Beside") -> None:
        """Tell of a clinic beside, too, from now on."""
        with self._changing:
            self._beside.add(other)
        self.tell()

    def see_no_more_to(self, other: "Beside") -> None:
        """Tell of it no more."""
        with self._changing:
            self._beside.discard(other)

    def _tell(self) -> None:
        is_first = True
        while not self._stopped.is_set():
            self._is_due.clear()
            with suppress(StoreError):
                self._replicas.beat(self.name, self._revision(), is_first=is_first)
                is_first = False
            with self._changing:
                others = tuple(self._beside)
            for other in others:
                other.renew()
            self._is_due.wait(BEAT_S)
        with suppress(StoreError):
            self._replicas.leave(self.name)


class Beside:
    """That a process has a clinic open beside the main one, and from which revision it answers there.

    A process that has it not open will open the newest: it counts as one that answers from that.
    """

    def __init__(self, main: Presence, store: Store, revision: Callable[[], int]) -> None:
        """Tell through `store` what `revision` says, as the process that `main` tells of."""
        self._main, self._replicas, self._revision = main, store.replicas, revision
        self._told, self._again_at, self._is_over = -1, 0.0, False
        self._lock = threading.Lock()

    def start(self) -> None:
        """Tell, and again when there is another revision, until `stop`."""
        if self._replicas.are_several:
            self._main.see_to(self)

    def tell(self) -> None:
        """Tell soon: it answers from another revision."""
        self._main.tell()

    def stop(self) -> None:
        """Tell that it is no longer open."""
        self._main.see_no_more_to(self)
        with self._lock:
            self._is_over = True
            if self._told >= 0:
                with suppress(StoreError):
                    self._replicas.leave(self._main.name)

    def renew(self) -> None:
        """Tell what is new; what is not, now and then."""
        with self._lock:
            if self._is_over:
                return
            revision, now = self._revision(), time.monotonic()
            if revision == self._told and now < self._again_at:
                return
            with suppress(StoreError):
                self._replicas.hold(self._main.name, revision)
                self._told, self._again_at = revision, now + RENEW_S

    def spread(self) -> Spread:
        """How far the clinic's newest revision has come."""
        alive = self._main.alive()
        return Spread(len(alive) - self._replicas.behind(alive), len(alive))
