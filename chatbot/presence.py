"""Presence: a process tells the others of its database that it answers, and from which revision.

It does so from a thread of its own: an index that is built may take longer than others wait for a sign.
"""

import hashlib
import secrets
import socket
import threading
from collections.abc import Callable
from contextlib import suppress

from chatbot.errors import StoreError
from chatbot.store import Store
from chatbot.store.replicas import BEAT_S


class Presence:
    """The sign of life of one process. With SQLite there is nobody to tell."""

    def __init__(self, store: Store, revision: Callable[[], int], place: str = "") -> None:
        """Tell through `store` what `revision` says.

        Whoever starts anew at the same `place` takes the place of one that was killed there.
        """
        self._replicas, self._revision = store.replicas, revision
        named = f"{socket.gethostname()} {place}".encode()
        self._name = hashlib.sha256(named).hexdigest()[:16] if place else secrets.token_hex(8)
        self._is_due, self._stopped = threading.Event(), threading.Event()
        self._thread: threading.Thread | None = None

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

    def _tell(self) -> None:
        while not self._stopped.is_set():
            self._is_due.clear()
            with suppress(StoreError):
                self._replicas.beat(self._name, self._revision())
            self._is_due.wait(BEAT_S)
        with suppress(StoreError):
            self._replicas.leave(self._name)
