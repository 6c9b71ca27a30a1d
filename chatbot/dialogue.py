"""From a message and the thread so far to a reply and the thread after it.

Pure: no clock, no chance, no file. The order is the point: who is in danger comes first, then what must not
be answered, then what the message means in its conversation, and only then the search.
"""

import re
from collections.abc import Sequence
from dataclasses import replace

from chatbot import saying, turns
from chatbot.choosing import NONE_OF_THESE, chosen, is_yes
from chatbot.engine import Engine
from chatbot.following import (
    Heard,
    asks_for_more,
    best_entry,
    corrected,
    hear,
    in_thread,
    is_story,
    questions,
)
from chatbot.languages import language
from chatbot.markup import to_text
from chatbot.model import Entry, Thread
from chatbot.safety import Alarm, redact
from chatbot.text import fold_message, normalise, words
from chatbot.turns import Turn, mark

__all__ = ["Turn", "respond"]

_MARK = re.compile(r"\[[a-z -]{1,40}\]")  # what redaction leaves in place of what it took
_LETTERS = re.compile(r"[^\W\d_]")


def respond(engine: Engine, thread: Thread, message: str) -> Turn:
    """Answer one message (any text) in a conversation. Never raises."""
    message = fold_message(message)
    redacted = redact(message)
    # Nothing below here sees a name or a number, and no mark of what was taken out is searched for.
    said = _MARK.sub(" ", redacted.text) if redacted.found else message
    alarm = engine.guard.alarm(said)
    turn = _respond(engine, thread, said, alarm)
    turn = turns.unlike_the_last(engine, thread, turn)
    actions = turn.reply.actions
    if turn.thread.crisis:  # after a crisis the help lines stay in view for the rest of the conversation
        actions = saying.joined_actions(actions, engine.guard.actions())
    notice = _notice(engine, redacted.found)
    is_safe = alarm is None and not (redacted.found and engine.guard.alarm(message))
    return turn._replace(
        reply=replace(turn.reply, notice=notice, actions=actions), keepable=redacted.text if is_safe else ""
    )


def _respond(engine: Engine, thread: Thread, message: str, alarm: Alarm | None) -> Turn:
    picked = chosen(engine.knowledge, thread, message)
    is_choice = bool(thread.offered) and (bool(picked) or asks_for_more(message))
    # What the bot itself has offered is not the visitor's wording ("the last one").
    alarm = None if is_choice else alarm
    if alarm is not None and not alarm.is_soft:
        return _crisis(engine, thread, message, alarm)
    # A topic that was picked says what its reviewed answer says, whatever its question sounds like.
    boundary = None if picked else engine.guard.boundary(message)
    if boundary is not None:
        return turns.boundary(engine, thread, hear(engine, message), boundary)
    turn = _converse(engine, thread, message, picked)
    return turn if alarm is None else _with_support(engine, turn, alarm)


def _with_support(engine: Engine, turn: Turn, alarm: Alarm) -> Turn:
    """The reply with a quiet line of support after it, for what may be no crisis but is not light."""
    lines = engine.guard.crisis_reply(alarm, repeated=bool(turn.thread.crisis))
    quiet = saying.line_reply(engine, turn.reply.kind, lines.entry)
    actions = saying.joined_actions(turn.reply.actions, lines.actions)
    return turn._replace(reply=replace(saying.joined(turn.reply, quiet), actions=actions))


def _converse(engine: Engine, thread: Thread, message: str, picked: str) -> Turn:
    if picked == NONE_OF_THESE:
        return turns.declined(engine, thread)
    if picked:
        return turns.answer(engine, thread, engine.knowledge.entries[picked])
    if not _says_something(message):
        return turns.small_talk(engine, thread, saying.line(engine, "empty"))
    if asks_for_more(message):
        return turns.more(engine, thread)
    if is_yes(message) and (offered := _offered(engine, thread)):
        return turns.clarify(engine, thread, offered, line_id="which")
    return _asked(engine, thread, message)


def _says_something(message: str) -> bool:
    """Whether there is more to it than a letter, a picture or nothing."""
    return len(_LETTERS.findall(message)) > 1 or is_yes(message)


def _asked(engine: Engine, thread: Thread, message: str) -> Turn:
    if meant := corrected(message):
        return _corrected(engine, thread, meant)
    several = questions(engine, message)
    if several:
        return turns.answer_each(engine, thread, several)
    heard = in_thread(engine, thread, message)
    return _in_other_words(engine, thread, message, heard) or turns.judged(engine, thread, heard)


def _in_other_words(engine: Engine, thread: Thread, message: str, heard: Heard) -> Turn | None:
    """The turn for what is no question in English: another language, or a story."""
    if heard.ranked.evidence.is_exact:
        return None
    spoken = language(message)
    if spoken != "en":
        line_id = f"other-language-{spoken}"
        return turns.to_a_person(
            engine, thread, line_id if line_id in engine.knowledge.entries else "other-language"
        )
    is_unclear = heard.confidence < engine.judge.answer_at
    return turns.to_a_person(engine, thread, turns.STORY) if is_unclear and is_story(message) else None


def _offered(engine: Engine, thread: Thread) -> list[Entry]:
    return [engine.knowledge.entries[i] for i in thread.offered if i in engine.knowledge.published_ids]


def _corrected(engine: Engine, thread: Thread, meant: str) -> Turn:
    """Say sorry in one line, then answer what was meant; the topic that was not meant is dropped."""
    turn = _converse(engine, replace(thread, topics=thread.topics[-1:]), meant, "")
    if turn.reply.kind not in ("answer", "clarify"):
        return turn
    sorry = saying.line_reply(engine, turn.reply.kind, saying.line(engine, "sorry"))
    both = saying.joined(sorry, turn.reply)
    return turn._replace(reply=replace(turn.reply, text=both.text, html=both.html))


def _crisis(engine: Engine, thread: Thread, message: str, alarm: Alarm) -> Turn:
    lines = engine.guard.crisis_reply(alarm, repeated=bool(thread.crisis))
    said = saying.line_reply(engine, "crisis", lines.entry)
    # Whoever is in danger and hears the same words a third time gets the fuller ones, never "in circles".
    if thread.times >= turns.MOST_TIMES and mark(said.text) == thread.last:
        lines = engine.guard.crisis_reply(alarm, repeated=False)
        said = saying.line_reply(engine, "crisis", lines.entry)
    said = replace(said, actions=saying.joined_actions(lines.actions, saying.contact(engine)))
    thread = replace(thread, crisis=alarm.kind, offered=(), awaiting="")
    asked = _question_beside(engine, message)
    if asked is None:
        return Turn(said, thread)
    answered = turns.answer(engine, thread, best_entry(engine, asked), asked)
    both = replace(saying.joined(said, answered.reply), sources=answered.reply.sources)
    return Turn(both, answered.thread)


def _question_beside(engine: Engine, message: str) -> Heard | None:
    """The part of the message that is no alarm itself and that a topic surely answers."""
    # Cut finer than elsewhere: a part that is an alarm itself must not take the question beside it along.
    for part in re.split(r"[.!?;\n]+|,| but | and ", message):
        if len(words(normalise(part))) < 3 or engine.guard.alarm(part) is not None:
            continue
        heard = hear(engine, part)
        if turns.has_answer(engine, heard):
            return heard
    return None


def _notice(engine: Engine, found: Sequence[str]) -> str | None:
    notice = engine.knowledge.entries.get("personal-notice")
    if not found or notice is None:
        return None
    listed = " and ".join((", ".join(found[:-1]), found[-1])) if len(found) > 1 else found[0]
    return to_text(notice.answer).replace("{found}", listed)
