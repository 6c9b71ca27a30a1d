"""What the views work with: made once by `create_app`, the same for every request."""

from dataclasses import dataclass
from datetime import date, timedelta
from typing import cast

from flask import Flask, current_app, has_request_context, request

from chatbot import Bot, Listener, Live, Reply, Settings, Store, as_set
from web.faq import Shelf
from web.lately import Lately
from web.limits import Limiter
from web.metrics import Metrics
from web.transcript import Transcripts

NAME = "chatbot"
COLOR_OPTION = "color"
SITE = "chatbot.site"  # in the environment of a request: the parts of its site, by name


class Switch:
    """Whether the bot is switched off; where the store cannot say, what it said last."""

    def __init__(self, store: Store) -> None:
        """Ask `store`."""
        # On until the database says otherwise: help lines and answers do not wait for one that is away.
        self._lately = Lately(store.is_off, first=False)
        store.listeners.append(self._lately.forget)

    def is_off(self) -> bool:
        """Whether it is off. Never raises: an answer from memory is better than none."""
        return self._lately.now()


def color_of(store: Store) -> Lately[str]:
    """The launcher's color as staff have set it; "" where they have not."""
    color = Lately(lambda: str(store.options.get(COLOR_OPTION) or ""), first="")
    store.options.listeners.append(color.forget)
    return color


def set_here(settings: Settings, store: Store) -> Lately[Settings]:
    """The settings with what staff have set on the desk."""
    known = Lately(lambda: as_set(settings, store.options.all()), first=settings)
    store.options.listeners.append(known.forget)
    return known


@dataclass(frozen=True, slots=True)
class Parts:
    """The engine and what stands around it."""

    settings: Settings
    site: str  # its name; "" where there is one clinic alone
    live: Live
    listener: Listener
    store: Store
    switch: Switch
    color: Lately[str]
    as_set: Lately[Settings]
    reachable: Lately[bool]
    limiter: Limiter
    metrics: Metrics
    transcripts: Transcripts
    shelf: Shelf

    def start(self) -> None:
        """Follow the edits, and do each day what is to be done each day, until `live` is stopped."""
        self.live.daily.append(self.forget)
        self.live.daily.append(self.live.look_for_damage)
        self.live.start()

    def forget(self, today: date) -> None:
        """Forget what visitors wrote, once it has been kept for its days."""
        self.store.purge(today - timedelta(self.as_set.now().retention_days))

    def stop(self) -> None:
        """Follow no more, and write what waits to be written."""
        self.live.stop()
        self.listener.keeper.finish()

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
    bot = parts().bot  # taken once: the one that answers is the one that what it said is noted of
    answered = bot.answered(message, context)
    parts().metrics.replied(answered.reply.kind)
    parts().listener.heard(bot, message, context, answered)
    return answered.reply
