"""Listening: what a visitor's message leaves behind for staff, and that it leaves nothing else.

A message that was not answered well is kept, redacted, with its day. One that speaks of a crisis, or is said
after one, is never kept, only counted by kind and day. There is no address, agent or session to keep.
"""

import threading
import time
from collections import OrderedDict
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import date, datetime
from functools import partial

from chatbot import keeping
from chatbot.bot import Answered, Bot
from chatbot.choosing import NONE_OF_THESE, chosen
from chatbot.engine import Engine
from chatbot.errors import StoreError
from chatbot.grouping import alike
from chatbot.keeping import Job, Keeper
from chatbot.model import MAX_MESSAGE, Reply, Thread
from chatbot.records import Noted, NotedReason, Rating
from chatbot.redaction import redact
from chatbot.store import Store
from chatbot.store.counts import WHOLE_DAY, Place
from chatbot.text import fold, fold_message

SURE_AT = 0.7  # an answer given with less confidence is looked at by staff
WAIT_S = 0.25  # a visitor waits this long for the disk at most, and not at all while the database is away
RATING_WAIT_S = 2.0  # for a verdict longer: what is acknowledged should be on the disk
MAX_REMEMBERED = 2000
AGAIN_S = 60.0  # who asks the same in other words so soon was not helped


@dataclass(frozen=True, slots=True)
class _Again:
    """A message, and the one before it, whose answer (`reply_id`) was just given: perhaps the same again."""

    engine: Engine
    reply_id: str
    first: str
    second: str

    def is_so(self) -> bool:
        """Whether the same was asked in other words, and no suggestion was picked."""
        questions = (fold(t.question) for t in self.engine.knowledge.published)
        return self.second not in (self.first, *questions) and alike(self.engine, self.first, self.second)


class Listener:
    """Keeps what is heard, without a visitor having to wait for a database that does not answer.

    What was answered is remembered for a while in this process alone, so that a later verdict on it finds the
    message; only then is that kept. Where another server gets the verdict, it is kept without the message.
    """

    def __init__(self, store: Store) -> None:
        """Keep in `store`."""
        self.keeper = Keeper(store)
        self._lock = threading.Lock()
        # By what a visitor sends back: a verdict names the reply, the next message its context.
        self._answered: OrderedDict[str, Noted] = OrderedDict()  # by the reply's id
        self._offered: OrderedDict[str, Noted] = OrderedDict()  # by its context
        self._just_answered: OrderedDict[str, tuple[str, float]] = OrderedDict()  # the same: its id, and when
        self._commented: OrderedDict[str, None] = OrderedDict()  # ids of replies: one comment each is kept

    def heard(self, bot: Bot, message: str, context: str, answered: Answered) -> None:
        """Take note of a message that `bot` has answered. Never raises."""
        now = datetime.now().astimezone()
        said, (reply, thread, _) = fold_message(message), answered
        picked = chosen(bot.engine.knowledge, thread, said)
        noted = None if picked else note(answered, now.date())
        again = self._again(bot.engine, context, said) if noted else None
        # What was declined was asked before: it is that message which wants an answer, not these words.
        if picked == NONE_OF_THESE:
            noted = self._declined(context, thread)
        elif noted and (reply.kind == "clarify" or noted.reason == "unhelpful"):
            self._remember(noted, reply)
            noted = None
        later = partial(self._asked_again, again) if again else None
        self.keeper.count(counted(bot, reply, now))
        if noted or later or not keeping.COUNT_S:  # what is only counted costs nobody a write of its own
            with suppress(StoreError):  # it is counted
                self.keeper.keep(Job([noted] if noted else [], later=later), WAIT_S)

    def rated(self, reply_id: str, topic: str | None, *, helpful: bool, comment: str = "") -> bool:
        """Keep a visitor's verdict, and say whether it is the reply's first, as far as that is known yet.

        What was not helpful goes to the inbox once, and so does the `comment`, which must be `keepable`: what
        they were looking for. Raises StoreError where that cannot be kept; while the database is away it is
        kept as soon as it answers.
        """
        now = datetime.now().astimezone()
        looked_for = self._looked_for(reply_id, comment, now) if comment and not helpful else None
        with self._lock:
            noted = None if helpful else self._answered.pop(reply_id, None)
        unhelpful = replace(noted, reason="unhelpful") if noted else None
        rating = Rating(reply_id, topic, helpful, comment or None, now.date())
        notes = [one for one in (looked_for, unhelpful) if one]
        job = Job(notes, rating)
        self.keeper.keep(job, max(WAIT_S, RATING_WAIT_S), surely=True)
        return job.is_first is not False

    def _looked_for(self, reply_id: str, comment: str, now: datetime) -> Noted | None:
        with self._lock:
            is_first = reply_id not in self._commented
            self._commented[reply_id] = None
            while len(self._commented) > MAX_REMEMBERED:
                self._commented.popitem(last=False)
        return Noted(comment[:MAX_MESSAGE], "looking_for", now.date()) if is_first else None

    def _remember(self, noted: Noted, reply: Reply) -> None:
        with self._lock:
            place, key = (
                (self._offered, reply.context) if reply.kind == "clarify" else (self._answered, reply.id)
            )
            place[key] = noted
            if reply.kind == "answer":
                self._just_answered[reply.context] = (reply.id, time.monotonic())
            for kept in (place, self._just_answered):
                while len(kept) > MAX_REMEMBERED:
                    kept.popitem(last=False)

    def _again(self, engine: Engine, context: str, said: str) -> _Again | None:
        """What was said, beside the message whose answer gave this context, if that was a moment ago."""
        with self._lock:
            reply_id, at = self._just_answered.pop(context, ("", 0.0))
            first = self._answered.get(reply_id)
        is_soon = time.monotonic() - at <= AGAIN_S
        return _Again(engine, reply_id, first.text, said) if first and is_soon else None

    def _declined(self, context: str, thread: Thread) -> Noted | None:
        """The message whose offered answers were all declined: the last one that was offered just these."""
        with self._lock:
            noted = self._offered.pop(context, None)
        return replace(noted, reason="none_of_these", rejected=thread.offered) if noted else None

    def _asked_again(self, again: _Again) -> Noted | None:
        """The message whose answer helped so little that the same was asked again."""
        if not again.is_so():
            return None
        with self._lock:
            noted = self._answered.pop(again.reply_id, None)
        return replace(noted, reason="again") if noted else None


def note(answered: Answered, day: date) -> Noted | None:
    """The message as the inbox would have it; None where it must not be kept, or is no question.

    Its reason is what the reply itself tells; a verdict or a choice may give another later.
    """
    reply, thread, kept = answered
    if reply.kind not in ("answer", "clarify", "no_answer") or thread.crisis or not kept:
        return None
    return Noted(
        text=kept[:MAX_MESSAGE],
        reason=_reason(reply),
        day=day,
        topic=reply.topic,
        confidence=reply.confidence,
        rejected=thread.offered if thread.awaiting == "choice" else (),
        is_again=thread.refusals > 0,
    )


def keepable(bot: Bot, comment: str) -> str:
    """What may be kept of a comment: nothing where it speaks of danger, else what redaction leaves."""
    said = fold(comment)  # without what steers a terminal or turns a line around
    return "" if bot.engine.guard.alarm(said) is not None else redact(said).text


def _reason(reply: Reply) -> NotedReason:
    if reply.kind == "no_answer":
        return "no_answer"
    is_sure = reply.kind == "answer" and reply.confidence >= SURE_AT
    return "unhelpful" if is_sure else "unsure"


def counted(bot: Bot, reply: Reply, now: datetime) -> dict[Place, int]:
    """What a reply adds to the day's counts: messages by hour; kinds, topics and crises by day."""
    day = now.date()
    names = [f"kind:{reply.kind}"]
    if reply.topic:
        names.append(f"topic:{reply.topic}")
    if reply.kind == "crisis":
        names.append(f"crisis:{bot.read_context(reply.context).crisis or 'unknown'}")
    hours: dict[Place, int] = {(day, now.hour, "messages"): 1}
    return hours | {(day, WHOLE_DAY, name): 1 for name in names}
