"""The turns of a conversation: each makes a reply, and the thread that the next message continues."""

import zlib
from collections.abc import Sequence
from dataclasses import replace
from typing import NamedTuple

from chatbot import saying
from chatbot.choosing import NONE_OF_THESE
from chatbot.engine import Engine
from chatbot.following import Heard, best_entry
from chatbot.index import MAX_RIVALS, rivals
from chatbot.model import Entry, Reply, ReplyKind, Suggestion, Thread
from chatbot.text import normalise, words

MAX_OPTION_WORDS = 5  # a choice in other words than those that were offered is short
MAX_ASKED = 12  # marks of topics already answered, so that they are not offered again
MOST_TIMES = 2  # the same words in a row; the third time something else is said
_OFFERS_TOPICS = ("greeting", "what-can-you-do", "yes", "testing", "empty")
_OFFERS_A_PERSON = ("talk-to-a-person", "insult")
STORY = "your-story"  # small talk, so that nobody takes it for a question worth keeping
_REPAIRS = ("not-what-i-asked",)


class Turn(NamedTuple):
    """A reply without its id and signed context, and the thread that the next message continues.

    `keepable` is what may be kept of the message: without what identifies, and nothing where it speaks of
    danger.
    """

    reply: Reply
    thread: Thread
    keepable: str = ""


def mark(text: str) -> str:
    """A mark of the bot's own words or of an id, short enough to be carried in a context."""
    return format(zlib.crc32(text.encode()) & 0xFFFFF, "x")


def judged(engine: Engine, thread: Thread, heard: Heard) -> Turn:
    """Answer, offer a choice, or say that there is no answer, as the judgement has it."""
    best = best_entry(engine, heard)
    if _is_option(thread, best, heard):
        return answer(engine, thread, best, heard)
    if heard.leans:
        return _which(engine, thread, heard)
    options = _options(engine, heard)
    decided = engine.judge.verdict(heard.confidence, heard.known, len(options))
    if decided == "clarify":
        return clarify(engine, thread, options, heard.confidence)
    if decided == "answer":
        return _told(engine, thread, best, heard)
    return _none(engine, thread, heard)


def _none(engine: Engine, thread: Thread, heard: Heard) -> Turn:
    return no_answer(engine, thread, heard, "no-answer-again" if thread.refusals else "no-answer")


def _is_option(thread: Thread, best: Entry, heard: Heard) -> bool:
    """Whether a few words mean one of the options, though they are not its own words."""
    is_short = len(words(normalise(heard.message))) <= MAX_OPTION_WORDS
    return is_short and thread.awaiting == "choice" and best.id in thread.offered


def _told(engine: Engine, thread: Thread, best: Entry, heard: Heard) -> Turn:
    if best.kind == "line":
        return small_talk(engine, thread, best, heard.confidence)
    if not saying.is_published(engine, best):
        return no_answer(engine, thread, heard, "no-answer-clinic")
    return answer(engine, thread, best, heard)


def _options(engine: Engine, heard: Heard) -> list[Entry]:
    # A passage is no option: its heading is not a question that somebody could pick.
    close = (engine.knowledge.entries[engine.index.ids[i]] for i in rivals(heard.ranked))
    return [e for e in close if e.kind not in ("line", "passage") and saying.is_published(engine, e)]


def _which(engine: Engine, thread: Thread, heard: Heard) -> Turn:
    """Ask which one is meant by a message that leans on the thread and is not clear even so."""
    scores = {engine.index.ids[i]: heard.ranked.scores[i] for i in heard.ranked.order[:MAX_RIVALS]}
    close = [e for e in saying.near(engine, heard.ranked) if scores.get(e.id, 0.0) >= saying.RELATED_FLOOR]
    last = engine.knowledge.entries.get(thread.topics[-1])
    more = saying.follow_ups(engine, last, lambda e: _is_asked(thread, e)) if last else []
    options = list({e.id: e for e in (*close[:2], *more)}.values())[: saying.MAX_SUGGESTIONS]
    if len(options) < 2:
        return _none(engine, thread, heard)
    return clarify(engine, thread, options, heard.confidence)


def answer(engine: Engine, thread: Thread, entry: Entry, heard: Heard | None = None) -> Turn:
    """Give an entry's answer, and offer what may be asked next."""
    confidence, message = (heard.confidence, heard.message) if heard else (1.0, "")
    thread_after = _asked(thread, entry)
    more = saying.follow_ups(engine, entry, lambda e: _is_asked(thread_after, e))
    said = saying.answer_reply(engine, entry, confidence, message)
    said = replace(said, suggestions=saying.suggestions(more))
    if entry.id in thread.topics[-1:]:
        said = _asked_again(engine, said)
    close = [e.id for e in _options(engine, heard) if e.id != entry.id] if heard else []
    return Turn(said, replace(_offering(thread_after, more), rivals=tuple(close[:2]), refusals=0))


def _asked(thread: Thread, entry: Entry) -> Thread:
    topics = (*(t for t in thread.topics if t != entry.id), entry.id)[-2:]
    asked = (*(a for a in thread.asked if a != mark(entry.id)), mark(entry.id))[-MAX_ASKED:]
    return replace(thread, topics=topics, asked=asked)


def _is_asked(thread: Thread, entry: Entry) -> bool:
    return mark(entry.id) in thread.asked


def _asked_again(engine: Engine, said: Reply) -> Reply:
    """The same answer a second time, with the way to a person."""
    line = saying.line_reply(engine, "answer", saying.line(engine, "same-again"))
    actions = saying.joined_actions(said.actions, saying.contact(engine))
    return replace(saying.joined(said, line), actions=actions)


def answer_each(engine: Engine, thread: Thread, several: Sequence[Heard]) -> Turn:
    """Answer the several questions of one message, in order."""
    answerable = [h for h in several if saying.is_published(engine, best_entry(engine, h))]
    if not answerable:
        return no_answer(engine, thread, several[0], "no-answer-clinic")
    # Each as a first answer: "the same again" is for who asks twice, not for two questions with one answer.
    turns = [answer(engine, Thread(), best_entry(engine, h), h) for h in answerable]
    for heard in answerable:
        thread = _asked(thread, best_entry(engine, heard))
    last = engine.knowledge.entries[thread.topics[-1]]
    more = saying.follow_ups(engine, last, lambda e: _is_asked(thread, e))
    said = replace(
        turns[0].reply,
        text="\n\n".join(t.reply.text for t in turns),
        html="\n".join(t.reply.html for t in turns),
        confidence=min(t.reply.confidence for t in turns),
        sources=tuple(dict.fromkeys(s for t in turns for s in t.reply.sources)),
        suggestions=saying.suggestions(more),
    )
    return Turn(said, replace(_offering(thread, more), rivals=(), refusals=0))


def more(engine: Engine, thread: Thread) -> Turn:
    """Offer what is close to the last topic."""
    if not thread.topics:
        return small_talk(engine, thread, saying.line(engine, "what-can-you-do"))
    last = engine.knowledge.entries[thread.topics[-1]]
    close = saying.follow_ups(engine, last, lambda e: _is_asked(thread, e))
    if not close:
        return declined(engine, thread)
    return clarify(engine, thread, close, line_id="more")


def clarify(
    engine: Engine,
    thread: Thread,
    options: Sequence[Entry],
    confidence: float = 1.0,
    line_id: str = "clarify",
) -> Turn:
    """Say a line that asks for a choice, and give the options."""
    said = saying.line_reply(engine, "clarify", saying.line(engine, line_id), confidence)
    choices = (*saying.suggestions(options), Suggestion(NONE_OF_THESE, NONE_OF_THESE))
    return Turn(replace(said, suggestions=choices), _offering(thread, options, is_choice=True))


def no_answer(engine: Engine, thread: Thread, heard: Heard, line_id: str) -> Turn:
    """Say that there is no answer, whom to ask, and what comes near that was not refused before."""
    refused = set(thread.offered) if thread.refusals or thread.awaiting == "choice" else set()
    related = [e for e in saying.near(engine, heard.ranked) if e.id not in refused][: saying.MAX_SUGGESTIONS]
    said = replace(
        saying.line_reply(engine, "no_answer", saying.line(engine, line_id), heard.confidence),
        suggestions=saying.suggestions(related),
        actions=saying.contact(engine),
    )
    return Turn(said, replace(_offering(thread, related), refusals=thread.refusals + 1))


def declined(engine: Engine, thread: Thread) -> Turn:
    """Take "none of these" for an answer; the second refusal in a row puts the clinic's contact first."""
    line_id = "no-answer-again" if thread.refusals else "none-of-these"
    said = saying.line_reply(engine, "no_answer", saying.line(engine, line_id))
    said = replace(said, actions=saying.contact(engine))
    return Turn(said, replace(thread, offered=(), awaiting="", refusals=thread.refusals + 1))


def repaired(engine: Engine, thread: Thread, entry: Entry) -> Turn:
    """Say sorry for a wrong answer, drop its topic, and offer what came close to it, or a person."""
    entry = saying.line(engine, "no-answer-again") if thread.refusals else entry
    close = [engine.knowledge.entries[i] for i in thread.rivals if i in engine.knowledge.published_ids]
    offered = [e for e in close if not _is_asked(thread, e)]
    said = replace(
        saying.line_reply(engine, "small_talk", entry),
        suggestions=saying.suggestions(offered),
        actions=saying.contact(engine),
    )
    thread = replace(thread, topics=(), rivals=(), refusals=thread.refusals + 1)
    return Turn(said, _offering(thread, offered))


def small_talk(engine: Engine, thread: Thread, entry: Entry, confidence: float = 1.0) -> Turn:
    """Say one of the bot's own lines, with topics or a person beside it where that helps."""
    if entry.id == "none-of-these":
        return declined(engine, thread)
    if entry.id in _REPAIRS:
        return repaired(engine, thread, entry)
    offered = saying.starters(engine) if entry.id in _OFFERS_TOPICS else []
    said = replace(
        saying.line_reply(engine, "small_talk", entry, confidence),
        suggestions=saying.suggestions(offered),
        actions=saying.contact(engine) if entry.id in _OFFERS_A_PERSON else (),
    )
    return Turn(said, _offering(thread, offered))


def to_a_person(engine: Engine, thread: Thread, line_id: str) -> Turn:
    """Say a line that leads to the clinic's people: they can do what this desk cannot."""
    kind: ReplyKind = "small_talk" if line_id == STORY else "no_answer"
    said = saying.line_reply(engine, kind, saying.line(engine, line_id))
    said = replace(said, actions=saying.contact(engine))
    return Turn(said, replace(thread, offered=(), awaiting=""))


def has_answer(engine: Engine, heard: Heard) -> bool:
    """Whether an entry surely answers what was heard, and may be told: beside help lines or a refusal."""
    best = best_entry(engine, heard)
    is_sure = heard.confidence >= engine.judge.answer_at
    return is_sure and best.kind != "line" and saying.is_published(engine, best)


def boundary(engine: Engine, thread: Thread, heard: Heard, line: Entry) -> Turn:
    """Refuse advice; a fact that a topic surely has on the matter follows the refusal."""
    said = saying.line_reply(engine, "boundary", line)
    if has_answer(engine, heard):
        best = best_entry(engine, heard)
        thread = _asked(thread, best)
        fact = saying.answer_reply(engine, best, heard.confidence, heard.message)
        said = replace(saying.joined(said, fact), sources=fact.sources)
    close = [e for e in saying.near(engine, heard.ranked) if not _is_asked(thread, e)]
    related = close[: saying.MAX_SUGGESTIONS]
    said = replace(said, suggestions=saying.suggestions(related), actions=saying.contact(engine))
    return Turn(said, _offering(thread, related))


def unlike_the_last(engine: Engine, thread: Thread, turn: Turn) -> Turn:
    """The turn, or where it would say the same words a third time in a row, one that says so."""
    # By the words: two different topics may say the same, and to a visitor that is a circle.
    said = mark(turn.reply.text)
    times = thread.times + 1 if said == thread.last else 1
    if times > MOST_TIMES and turn.reply.kind != "crisis":
        offered = saying.starters(engine)
        said_so = replace(
            saying.line_reply(engine, "no_answer", saying.line(engine, "in-circles")),
            suggestions=saying.suggestions(offered),
            actions=saying.joined_actions(saying.contact(engine), turn.reply.actions),
        )
        turn = Turn(said_so, _offering(turn.thread, offered))
        said, times = mark(said_so.text), 1
    return Turn(turn.reply, replace(turn.thread, last=said, times=times))


def _offering(thread: Thread, offered: Sequence[Entry], *, is_choice: bool = False) -> Thread:
    ids = tuple(e.id for e in offered)
    return replace(thread, offered=ids, awaiting="choice" if is_choice else "")
