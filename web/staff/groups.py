"""The inbox's groups, put together once for all who look until something has changed.

A large inbox takes seconds, and each publication changes what is alike: then the groups of before are shown,
without those that were dealt with meanwhile, until the new ones are there.
"""

import hashlib
import threading
import time
from datetime import date

from chatbot import ChatbotError, Live, Store, grouping, one_spelling

MAX_MESSAGES = 5_000
SLOW_S = 0.3  # whoever opens the page waits for no more than that
_LARGE = 500  # messages; from here on the first to look should find them grouped


class Groups:
    """The groups of an inbox that wait for somebody. Safe to share between threads."""

    def __init__(self, store: Store) -> None:
        """Group the messages of `store`."""
        self._store, self._lock = store, threading.Lock()
        self._seen: tuple[object, ...] = ()
        self._groups: tuple[grouping.Group, ...] = ()
        self._decided, self._took, self._is_renewing = 0, 0.0, False

    def warm_up(self, live: Live) -> None:
        """Group a large inbox before anybody looks."""
        if self._store.inbox.count() >= _LARGE:
            self._renew_beside(live)

    def now(self, live: Live) -> tuple[grouping.Group, ...]:
        """The groups as of now, the one that helps most visitors first; see above for a large inbox."""
        decided = self._store.inbox.decided()
        is_small = self._took <= SLOW_S or self._store.inbox.count() < _LARGE
        if is_small or not self._seen or len(decided) < self._decided:
            self._renew(live)
            return self._groups
        if self._state(live) != self._seen:
            self._renew_beside(live)
        done = {one_spelling(d.wording) for d in decided if d.until is None or d.until > date.today()}
        return tuple(g for g in self._groups if not all(one_spelling(m) in done for m in g.messages))

    def find(self, live: Live, key: str) -> grouping.Group | None:
        """The group that holds the wording whose key this is."""
        return next((g for g in self.now(live) if key in map(key_of, g.messages)), None)

    def _state(self, live: Live) -> tuple[object, ...]:
        """What the groups depend on."""
        decided = self._store.inbox.decided()
        latest = max((d.at for d in decided), default=None)
        return (live.revision, self._store.inbox.count(), len(decided), latest, date.today())

    def _renew(self, live: Live) -> None:
        with self._lock:
            seen = self._state(live)
            if seen == self._seen:
                return
            began = time.perf_counter()
            decided, messages = self._store.inbox.decided(), self._store.inbox.latest(MAX_MESSAGES)
            self._groups = grouping.grouped(live.bot.engine, messages, decided, date.today())
            self._decided, self._took, self._seen = len(decided), time.perf_counter() - began, seen

    def _renew_beside(self, live: Live) -> None:
        if self._is_renewing:
            return
        self._is_renewing = True

        def renew() -> None:
            try:
                self._renew(live)
            except ChatbotError:
                return  # the database is away: whoever looks next tries again
            finally:
                self._is_renewing = False

        threading.Thread(target=renew, name="inbox-groups", daemon=True).start()


def key_of(wording: str) -> str:
    """A short name for a wording, fit for an address."""
    return hashlib.sha256(wording.encode()).hexdigest()[:16]
