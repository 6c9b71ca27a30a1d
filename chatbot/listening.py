"""Listening: what a visitor's message leaves behind for staff, and that it leaves nothing else.

A message that was not answered well is kept, redacted, with its day. One that speaks of a crisis, or is said
after one, is never kept, only counted by kind and day. There is no address, agent or session to keep.

Who asks waits until such a message is kept. What is only counted is written once a second, for many visitors
together: a write for each was most of what a message cost.
"""

import queue
import threading
import time
from collections import Counter, OrderedDict
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import NamedTuple

from chatbot.bot import Bot
from chatbot.choosing import NONE_OF_THESE, chosen
from chatbot.engine import Engine
from chatbot.errors import StoreError
from chatbot.grouping import alike
from chatbot.model import Noted, NotedReason, Reply, Thread
from chatbot.redaction import redact
from chatbot.store import Store
from chatbot.store.counts import WHOLE_DAY, Place
from chatbot.text import fold, fold_message

SURE_AT = 0.7  # an answer given with less confidence is looked at by staff
MAX_TEXT = 1000
WAIT_S = 0.25  # a visitor waits this long for the disk at most, and not at all while the database is away
AWAY_S = 1.0  # a database that is away is asked this often
MAX_WAITING = 1000
MAX_REMEMBERED = 2000
COUNT_S = 1.0  # a process that is killed forgets the numbers of so long; 0 writes each at once
AGAIN_S = 60.0  # who asks the same in other words so soon was not helped


class Heard(NamedTuple):
    """What one message leaves behind: a note for the inbox, or none, and what is counted."""

    noted: Noted | None
    counted: Mapping[Place, int]


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


@dataclass(frozen=True, slots=True)
class _Job:
    noted: Noted | None
    again: _Again | None = None
    is_kept: threading.Event = field(default_factory=threading.Event)


class Listener:
    """Keeps what is heard, without a visitor having to wait for a database that does not answer.

    `dropped` counts what could not be kept. What was answered is remembered for a while in this process
    alone, so that a later verdict on it finds the message; only then is that kept.
    """

    def __init__(self, store: Store) -> None:
        """Keep in `store`."""
        self._store = store
        self._jobs: queue.Queue[_Job] = queue.Queue(MAX_WAITING)
        self._lock = threading.Lock()
        self._thread: threading.Thread | None = None
        self._counts = Counter[Place]()
        self._is_late = False
        self._answered: OrderedDict[str, Noted] = OrderedDict()
        self._offered: OrderedDict[str, Noted] = OrderedDict()
        self._just_answered: OrderedDict[str, tuple[str, float]] = OrderedDict()
        self._commented: OrderedDict[str, None] = OrderedDict()
        self.dropped = 0

    @property
    def waiting(self) -> int:
        """How many notes wait for the database."""
        return self._jobs.qsize()

    def heard(self, bot: Bot, message: str, context: str, reply: Reply) -> None:
        """Take note of a message that `bot` has answered. Never raises."""
        now = datetime.now().astimezone()
        thread = bot.read_context(context)
        noted = note(bot, thread, message, reply, now)
        again = self._again(bot.engine, context, fold_message(message)) if noted else None
        if chosen(bot.engine.knowledge, thread, fold_message(message)) == NONE_OF_THESE:
            noted = self._declined(context, thread)
        elif noted and (reply.kind == "clarify" or noted.reason == "unhelpful"):
            self._remember(noted, reply)
            noted = None
        self._keep(Heard(noted, counted(bot, reply, now)), again)

    def rated(self, reply_id: str, *, helpful: bool, is_counted: bool = True, comment: str = "") -> None:
        """Take note of a visitor's verdict: what was not helpful goes to the inbox once.

        So does the `comment`, which must be `keepable`: what they were looking for. A verdict that was given
        before, and is sent again or changed, is not `is_counted`.
        """
        now = datetime.now().astimezone()
        if comment and not helpful:
            self._keep(Heard(self._looked_for(reply_id, comment, now), {}))
        with self._lock:
            noted = None if helpful else self._answered.pop(reply_id, None)
        said = f"helpful:{'yes' if helpful else 'no'}"
        kept = replace(noted, reason="unhelpful") if noted else None
        if kept or is_counted:
            self._keep(Heard(kept, {(now.date(), WHOLE_DAY, said): 1} if is_counted else {}))

    def _looked_for(self, reply_id: str, comment: str, now: datetime) -> Noted | None:
        with self._lock:
            is_first = reply_id not in self._commented
            self._commented[reply_id] = None
            while len(self._commented) > MAX_REMEMBERED:
                self._commented.popitem(last=False)
        return Noted(comment[:MAX_TEXT], "looking_for", now.date()) if is_first else None

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

    def _keep(self, heard: Heard, again: _Again | None = None) -> None:
        job = _Job(heard.noted, again) if heard.noted or again or not COUNT_S else None
        with self._lock:
            self._counts.update(heard.counted)
            if job and self._jobs.full():
                self.dropped += 1
                return
            if job:
                self._jobs.put_nowait(job)
            if self._thread is None:
                self._thread = threading.Thread(target=self._work, name="listener", daemon=True)
                self._thread.start()
        if job and not self._is_late and not job.is_kept.wait(WAIT_S):
            self._is_late = True

    def _work(self) -> None:
        while True:
            with suppress(queue.Empty):
                self._write([self._jobs.get(timeout=COUNT_S), *self._all_waiting()])
                continue
            with self._lock:
                if self._jobs.empty() and not self._counts:
                    self._thread = None
                    return
            self._write([])
            if self._is_late:
                time.sleep(AWAY_S)  # not again and again

    def _all_waiting(self) -> Iterator[_Job]:
        with suppress(queue.Empty):
            while True:
                yield self._jobs.get_nowait()

    def _write(self, jobs: list[_Job]) -> None:
        with self._lock:
            counted, self._counts = self._counts, Counter()
        try:
            noted = [*(job.noted for job in jobs if job.noted), *self._asked_again(jobs)]
            if noted or counted:
                self._store.hear(noted, counted)
            self._is_late = False
        except StoreError:
            self.dropped += len(jobs)
            self._is_late = True
            with self._lock:
                self._counts.update(counted)  # a number takes no room: it waits until the database is back
        finally:
            for job in jobs:
                job.is_kept.set()

    def close(self) -> None:
        """Write what waits."""
        self._write(list(self._all_waiting()))

    def _asked_again(self, jobs: list[_Job]) -> list[Noted]:
        """The messages whose answers helped so little that the same was asked again."""
        ids = [job.again.reply_id for job in jobs if job.again and job.again.is_so()]
        with self._lock:
            found = [self._answered.pop(reply_id, None) for reply_id in ids]
        return [replace(noted, reason="again") for noted in found if noted]


def note(bot: Bot, thread: Thread, message: str, reply: Reply, now: datetime) -> Noted | None:
    """The message as the inbox would have it; None where it must not be kept, or is no question.

    Its reason is what the reply itself tells; a verdict or a choice may give another later.
    """
    if reply.kind not in ("answer", "clarify", "no_answer") or thread.crisis:
        return None
    said = fold_message(message)
    if bot.engine.guard.alarm(said) is not None or chosen(bot.engine.knowledge, thread, said):
        return None
    return Noted(
        text=redact(said).text[:MAX_TEXT],
        reason=_reason(reply),
        day=now.date(),
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
