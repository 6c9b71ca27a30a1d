"""What the views work with: made once by `create_app`, the same for every request."""

import time
from contextlib import suppress
from dataclasses import dataclass
from datetime import timedelta
from typing import cast

from flask import Flask, current_app, has_request_context, request

from chatbot import Bot, Listener, Live, Reply, Settings, Store, StoreError
from web.faq import Shelf
from web.limits import Limiter
from web.metrics import Metrics
from web.transcript import Transcripts

NAME = "chatbot"
SITE = "chatbot.site"  # in the environment of a request: the parts of its site, by name
_PAUSE_S = 1.0
_FRESH_S = 0.25  # what another process has switched holds here after so long


class Switch:
    """Whether the bot is switched off; where the store cannot say, what it said last."""

    def __init__(self, store: Store) -> None:
        """Ask `store`."""
        self._store, self._last, self._again_at, self._switched = store, False, 0.0, 0

    def is_off(self) -> bool:
        """Ask the store, once in a while. Never raises: an answer from memory is better than none."""
        switched = self._store.switched
        if time.monotonic() >= self._again_at or switched != self._switched:
            # A database that is gone may take long to say so: not for each visitor anew.
            self._again_at, self._switched = time.monotonic() + _PAUSE_S, switched
            with suppress(StoreError):
                self._last = self._store.is_off()
                self._again_at = time.monotonic() + _FRESH_S
        return self._last


@dataclass(frozen=True, slots=True)
class Parts:
    """The engine and what stands around it."""

    settings: Settings
    site: str  # its name; "" where there is one clinic alone
    live: Live
    listener: Listener
    store: Store
    switch: Switch
    limiter: Limiter
    metrics: Metrics
    transcripts: Transcripts
    shelf: Shelf

    def start(self) -> None:
        """Follow the edits, and do each day what is to be done each day, until `live` is stopped."""
        days = timedelta(self.settings.retention_days)
        self.live.daily.append(lambda today: self.store.purge(today - days))
        self.live.daily.append(self.live.look_for_damage)
        self.live.start()

    def stop(self) -> None:
        """Follow no more, and write what waits to be written."""
        self.live.stop()
        self.listener.close()

    @property
    def bot(self) -> Bot:
        """The bot as of now: take it once for each thing that is to be of one piece."""
        return self.live.bot


def parts() -> Parts:
    """Give the parts that answer the current request: the app's, or those of a site (see `web.sites`)."""
    return cast(Parts, part(NAME))


def part(name: str) -> object:
    """Give what stands under a name for the current request: the site's, or else the app's."""
    extensions = request.environ.get(SITE) if has_request_context() else None
    return (extensions or current_app.extensions)[name]


def parts_of(app: Flask) -> Parts:
    """Give the parts of an app."""
    return cast(Parts, app.extensions[NAME])


def seconds_to_wait(purpose: str) -> int:
    """Count the current request towards its client's `purpose`. 0 when it may pass."""
    wait = parts().limiter.retry_after(purpose, request.remote_addr or "")
    if wait:
        parts().metrics.limited()
    return wait


def reply_to(message: str, context: str = "") -> Reply:
    """Ask the bot, count its reply, and note for staff what it could not answer well."""
    bot = parts().bot
    reply = bot.reply(message, context)
    parts().metrics.replied(reply.kind)
    parts().listener.heard(bot, message, context, reply)
    return reply
