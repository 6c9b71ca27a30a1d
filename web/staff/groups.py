"""The inbox's groups, put together once for all who look until something has changed."""

import hashlib
import threading
from datetime import date

from chatbot import Live, Store, grouping

MAX_MESSAGES = 5_000


class Groups:
    """The groups of an inbox that wait for somebody. Safe to share between threads."""

    def __init__(self, store: Store) -> None:
        """Group the messages of `store`."""
        self._store, self._lock = store, threading.Lock()
        self._seen: tuple[object, ...] = ()
        self._groups: tuple[grouping.Group, ...] = ()

    def now(self, live: Live) -> tuple[grouping.Group, ...]:
        """The groups as of now, the one that helps most visitors first."""
        inbox, today = self._store.inbox, date.today()
        decided = inbox.decided()
        bot, revision = live.bot, live.revision
        seen = (revision, inbox.count(), len(decided), max((d.at for d in decided), default=None), today)
        with self._lock:
            if seen != self._seen:
                messages = inbox.latest(MAX_MESSAGES)
                self._groups = grouping.grouped(bot.engine, messages, decided, today)
                self._seen = seen
            return self._groups

    def find(self, live: Live, key: str) -> grouping.Group | None:
        """The group that holds the wording whose key this is."""
        return next((g for g in self.now(live) if key in map(key_of, g.messages)), None)


def key_of(wording: str) -> str:
    """A short name for a wording, fit for an address."""
    return hashlib.sha256(wording.encode()).hexdigest()[:16]
