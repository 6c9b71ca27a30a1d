"""What the views work with: made once by `create_app`, the same for every request."""

from dataclasses import dataclass
from typing import cast

from flask import Flask, current_app, request

from chatbot import Bot, Listener, Live, Reply, Settings, Store
from web.faq import Shelf
from web.lately import Lately
from web.limits import Limiter
from web.metrics import Metrics
from web.transcript import Transcripts

NAME = "chatbot"
COLOR_OPTION = "color"


class Switch:
    """Whether the bot is switched off; where the store cannot say, what it said last."""

    def __init__(self, store: Store) -> None:
        """Ask `store`."""
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


@dataclass(frozen=True, slots=True)
class Parts:
    """The engine and what stands around it."""

    settings: Settings
    live: Live
    listener: Listener
    store: Store
    switch: Switch
    color: Lately[str]
    reachable: Lately[bool]
    limiter: Limiter
    metrics: Metrics
    transcripts: Transcripts
    shelf: Shelf

    @property
    def bot(self) -> Bot:
        """The bot as of now: take it once for each thing that is to be of one piece."""
        return self.live.bot


def parts() -> Parts:
    """Give the parts of the app that answers the current request."""
    return parts_of(current_app)


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
