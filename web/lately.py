"""What the database says, asked a few times a second at most; nobody waits for one that is away."""

import threading
import time
from collections.abc import Callable
from typing import Generic, TypeVar

from chatbot import StoreError

PAUSE_S = 0.25
PATIENCE_S = 0.3  # for one that is slow; the help lines do not wait
Value = TypeVar("Value")


class Lately(Generic[Value]):
    """An answer of the database; where it gives none, the last one. Safe to share between threads."""

    def __init__(self, ask: Callable[[], Value], first: Value) -> None:
        """Say what `ask` says, and `first` until it has said anything."""
        self._ask, self._last = ask, first
        self._again_at, self._is_late = 0.0, False
        self._lock = threading.Lock()
        self._asking: threading.Thread | None = None

    def now(self) -> Value:
        """The answer as of a moment ago at most; an older one where the database is away."""
        if time.monotonic() >= self._again_at:
            asking = self._begin()
            # Late once is late for all: only the first who asks waits, until an answer comes in.
            if not self._is_late:
                asking.join(PATIENCE_S)
                self._is_late = asking.is_alive()
        return self._last

    def forget(self) -> None:
        """Ask anew next time: it was changed from here."""
        self._again_at = 0.0

    def _begin(self) -> threading.Thread:
        """Ask, beside; a question that waits for its answer is not asked again."""
        with self._lock:
            if self._asking is None or not self._asking.is_alive():
                self._asking = threading.Thread(target=self._renew, name="lately", daemon=True)
                self._again_at = time.monotonic() + PAUSE_S
                self._asking.start()
            return self._asking

    def _renew(self) -> None:
        try:
            self._last = self._ask()
            self._is_late = False
        except StoreError:
            return
