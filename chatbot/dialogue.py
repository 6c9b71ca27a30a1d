"""From a message and the thread so far to a reply and the thread after it.

Pure: no clock, no chance, no file. The order is the point: who is in danger comes first, then what must not
be answered, then what the message means in its conversation, and only then the search.
"""

import re
from collections.abc import Sequence
from dataclasses import replace
from typing import NamedTuple

from chatbot import saying
from chatbot.engine import Engine
from chatbot.following import (
    NONE_OF_THESE,
    Heard,
    asks_for_more,
    best_entry,
    chosen,
    hear,
    in_thread,
    questions,
)
from chatbot.judgement import ANSWER_AT, rivals, verdict
from chatbot.markup import to_text
from chatbot.model import Entry, Reply, Suggestion, Thread
from chatbot.safety import Alarm, redact
from chatbot.text import fold, normalise, words

MAX_OPTIONS = 4
_MARK = re.compile(r"\[[a-z -]{1,40}\]")  # what redaction leaves in place of what it took
_LETTERS = re.compile(r"[^\W\d_]")


class Turn(NamedTuple):
    """A reply without its id and signed context, and the thread that the next message continues."""

    reply: Reply
    thread: Thread


def respond(engine: Engine, thread: Thread, message: str) -> Turn:
    """Answer one message (any text) in a conversation. Never raises."""
    message = fold(message)
    redacted = redact(message)
    turn = _respond(engine, thread, _MARK.sub(" ", redacted.text) if redacted.found else message)
    notice = _notice(engine, redacted.found)
    actions = turn.reply.actions
    if turn.thread.crisis:  # after a crisis the help lines stay in view for the rest of the conversation
        actions = saying.joined_actions(actions, engine.guard.actions())
    return turn._replace(reply=replace(turn.reply, notice=notice, actions=actions))


def _respond(engine: Engine, thread: Thread, message: str) -> Turn:
    alarm = None if _is_choice(engine, thread, message) else engine.guard.alarm(message)
    if alarm is not None and not alarm.is_soft:
        return _crisis(engine, thread, message, alarm)
    boundary = engine.guard.boundary(message)
    if boundary is not None:
        return _boundary(engine, thread, message, boundary)
    turn = _converse(engine, thread, message)
    return turn if alarm is None else _with_support(engine, turn, alarm)


def _is_choice(engine: Engine, thread: Thread, message: str) -> bool:
    """Whether the message only picks from what the bot itself has offered ("the last one")."""
    return bool(thread.offered) and (bool(chosen(engine, thread, message)) or asks_for_more(message))


def _with_support(engine: Engine, turn: Turn, alarm: Alarm) -> Turn:
    """The reply with a quiet line of support after it, for what may be no crisis but is not light."""
    lines = engine.guard.crisis_reply(alarm, repeated=bool(turn.thread.crisis))
    quiet = saying.line_reply(engine, turn.reply.kind, lines.entry)
    actions = saying.joined_actions(turn.reply.actions, lines.actions)
    return turn._replace(reply=replace(saying.joined(turn.reply, quiet), actions=actions))


def _converse(engine: Engine, thread: Thread, message: str) -> Turn:
    picked = chosen(engine, thread, message)
    if picked == NONE_OF_THESE:
        return _declined(engine, thread)
    if picked:
        return _answer(engine, thread, engine.knowledge.entries[picked])
    if not _LETTERS.search(message):
        return _small_talk(engine, thread, saying.line(engine, "empty"))
    if asks_for_more(message):
        return _more(engine, thread)
    several = questions(engine, message)
    if several:
        return _answer_each(engine, thread, several)
    return _judged(engine, thread, in_thread(engine, thread, message))


# --- safety first -------------------------------------------------------------------------------------


def _crisis(engine: Engine, thread: Thread, message: str, alarm: Alarm) -> Turn:
    lines = engine.guard.crisis_reply(alarm, repeated=bool(thread.crisis))
    said = saying.line_reply(engine, "crisis", lines.entry)
    said = replace(said, actions=saying.joined_actions(lines.actions, saying.contact(engine)))
    thread = replace(thread, crisis=alarm.kind, offered=(), awaiting="")
    asked = _question_beside(engine, message)
    if asked is None:
        return Turn(said, thread)
    answered = _answer(engine, thread, best_entry(engine, asked), asked)
    both = replace(saying.joined(said, answered.reply), sources=answered.reply.sources)
    return Turn(both, answered.thread)


def _question_beside(engine: Engine, message: str) -> Heard | None:
    """The part of the message that is no alarm itself and that a topic surely answers."""
    for part in re.split(r"[.!?;\n]+|,| but | and ", message):
        if len(words(normalise(part))) < 3 or engine.guard.alarm(part) is not None:
            continue
        heard = hear(engine, part)
        entry = best_entry(engine, heard)
        if heard.confidence >= ANSWER_AT and entry.kind != "line" and saying.is_published(engine, entry):
            return heard
    return None


def _boundary(engine: Engine, thread: Thread, message: str, entry: Entry) -> Turn:
    related = saying.near(engine, engine.index.rank(message))[: saying.MAX_SUGGESTIONS]
    said = replace(
        saying.line_reply(engine, "boundary", entry),
        suggestions=saying.suggestions(related),
        actions=saying.contact(engine),
    )
    return Turn(said, _offering(thread, related))


def _notice(engine: Engine, found: Sequence[str]) -> str | None:
    notice = engine.knowledge.entries.get("personal-notice")
    if not found or notice is None:
        return None
    listed = " and ".join((", ".join(found[:-1]), found[-1])) if len(found) > 1 else found[0]
    return to_text(notice.answer).replace("{found}", listed)


# --- answer, clarify or no answer ---------------------------------------------------------------------


def _judged(engine: Engine, thread: Thread, heard: Heard) -> Turn:
    best = best_entry(engine, heard)
    options = _options(engine, heard)
    decided = verdict(heard.confidence, heard.known, len(options))
    if decided == "answer" and best.kind == "line":
        return _small_talk(engine, thread, best, heard.confidence)
    if decided == "answer" and not saying.is_published(engine, best):
        return _no_answer(engine, thread, heard, "no-answer-clinic")
    if decided == "answer":
        return _answer(engine, thread, best, heard)
    if decided == "clarify":
        return _clarify(engine, thread, options, heard.confidence)
    return _no_answer(engine, thread, heard, "no-answer-again" if thread.refusals else "no-answer")


def _options(engine: Engine, heard: Heard) -> list[Entry]:
    close = (engine.knowledge.entries[engine.index.ids[i]] for i in rivals(heard.ranked, MAX_OPTIONS))
    return [e for e in close if e.kind not in ("line", "passage") and saying.is_published(engine, e)]


def _answer(engine: Engine, thread: Thread, entry: Entry, heard: Heard | None = None) -> Turn:
    confidence, message = (heard.confidence, heard.message) if heard else (1.0, "")
    more = saying.follow_ups(engine, entry, thread.topics)
    said = saying.answer_reply(engine, entry, confidence, message)
    said = replace(said, suggestions=saying.suggestions(more))
    if entry.id in thread.topics[-1:]:
        said = _asked_again(engine, said)
    topics = (*(t for t in thread.topics if t != entry.id), entry.id)[-2:]
    return Turn(said, replace(_offering(thread, more), topics=topics, refusals=0))


def _asked_again(engine: Engine, said: Reply) -> Reply:
    """The same answer a second time, with the way to a person."""
    line = saying.line_reply(engine, "answer", saying.line(engine, "same-again"))
    text, html = f"{said.text}\n\n{line.text}", f"{said.html}\n{line.html}"
    return replace(
        said, text=text, html=html, actions=saying.joined_actions(said.actions, saying.contact(engine))
    )


def _answer_each(engine: Engine, thread: Thread, several: Sequence[Heard]) -> Turn:
    answerable = [h for h in several if saying.is_published(engine, best_entry(engine, h))]
    if not answerable:
        return _no_answer(engine, thread, several[0], "no-answer-clinic")
    turns = [_answer(engine, Thread(), best_entry(engine, h), h) for h in answerable]
    first, last = turns[0].reply, turns[-1]
    said = replace(
        first,
        text="\n\n".join(t.reply.text for t in turns),
        html="\n".join(t.reply.html for t in turns),
        confidence=min(t.reply.confidence for t in turns),
        sources=tuple(dict.fromkeys(s for t in turns for s in t.reply.sources)),
        suggestions=last.reply.suggestions,
    )
    topics = tuple(str(t.reply.topic) for t in turns)[-2:]
    return Turn(said, replace(thread, topics=topics, offered=last.thread.offered, awaiting="", refusals=0))


def _more(engine: Engine, thread: Thread) -> Turn:
    if not thread.topics:
        return _small_talk(engine, thread, saying.line(engine, "what-can-you-do"))
    last = engine.knowledge.entries[thread.topics[-1]]
    more = saying.follow_ups(engine, last, thread.topics)
    if not more:
        return _declined(engine, thread)
    said = saying.line_reply(engine, "clarify", saying.line(engine, "more"))
    return Turn(replace(said, suggestions=_choices(more)), _offering(thread, more, is_choice=True))


def _clarify(engine: Engine, thread: Thread, options: Sequence[Entry], confidence: float) -> Turn:
    said = saying.line_reply(engine, "clarify", saying.line(engine, "clarify"), confidence)
    return Turn(replace(said, suggestions=_choices(options)), _offering(thread, options, is_choice=True))


def _choices(options: Sequence[Entry]) -> tuple[Suggestion, ...]:
    return (*saying.suggestions(options), Suggestion(NONE_OF_THESE, NONE_OF_THESE))


def _no_answer(engine: Engine, thread: Thread, heard: Heard, line_id: str) -> Turn:
    refused = set(thread.offered) if thread.refusals or thread.awaiting == "choice" else set()
    related = [e for e in saying.near(engine, heard.ranked) if e.id not in refused][: saying.MAX_SUGGESTIONS]
    said = replace(
        saying.line_reply(engine, "no_answer", saying.line(engine, line_id), heard.confidence),
        suggestions=saying.suggestions(related),
        actions=saying.contact(engine),
    )
    return Turn(said, replace(_offering(thread, related), refusals=thread.refusals + 1))


def _declined(engine: Engine, thread: Thread) -> Turn:
    said = saying.line_reply(engine, "no_answer", saying.line(engine, "none-of-these"))
    said = replace(said, actions=saying.contact(engine))
    return Turn(said, replace(thread, offered=(), awaiting="", refusals=thread.refusals + 1))


_OFFERS_TOPICS = ("greeting", "what-can-you-do", "yes", "testing", "empty")
_OFFERS_A_PERSON = ("talk-to-a-person", "insult")
_REPAIRS = ("not-what-i-asked",)


def _small_talk(engine: Engine, thread: Thread, entry: Entry, confidence: float = 1.0) -> Turn:
    if entry.id == "none-of-these":
        return _declined(engine, thread)
    if entry.id in _REPAIRS:
        thread = replace(thread, topics=(), refusals=thread.refusals + 1)
    offered = saying.starters(engine) if entry.id in _OFFERS_TOPICS else []
    said = replace(
        saying.line_reply(engine, "small_talk", entry, confidence),
        suggestions=saying.suggestions(offered),
        actions=saying.contact(engine) if entry.id in (*_OFFERS_A_PERSON, *_REPAIRS) else (),
    )
    return Turn(said, _offering(thread, offered))


def _offering(thread: Thread, offered: Sequence[Entry], *, is_choice: bool = False) -> Thread:
    ids = tuple(e.id for e in offered)
    return replace(thread, offered=ids, awaiting="choice" if is_choice else "")
