"""What a message means in its conversation: a choice among what was offered, a repair, a follow-up."""

import re
from typing import NamedTuple

from chatbot.engine import Engine
from chatbot.index import Ranked
from chatbot.judgement import ANSWER_AT
from chatbot.model import Entry, Thread
from chatbot.text import normalise, words

NONE_OF_THESE = "None of these"
MAX_FOLLOW_UP_WORDS = 8
MIN_QUESTION_WORDS = 2
LONG_MESSAGE = 20  # words: from here on the question is looked for inside the message
_PLACES = {
    "1": 0, "first": 0, "one": 0, "1st": 0,
    "2": 1, "second": 1, "two": 1, "2nd": 1,
    "3": 2, "third": 2, "three": 2, "3rd": 2,
    "4": 3, "fourth": 3, "four": 3, "4th": 3,
    "last": -1,
}  # fmt: skip
_PLACE = re.compile(
    r"(?:i (?:mean|meant|want|choose|pick) )?(?:the |number |option |nr |no )?(\w+)(?: one| option| please)*"
)
_DECLINED = re.compile(
    r"(?:no )?(?:none|neither)(?: of)?(?: these| those| them| of these| of those)?|something else|none apply|"
    r"not? (?:any of )?(?:these|those|them)"
)
_YES = re.compile(r"(?:yes|yeah|yep|yup|sure|ok|okay|please|yes please|sure thing|ya|y)")
_NO = re.compile(r"(?:no|nope|nah|no thanks|no thank you|not really|n)")
_MORE = re.compile(
    r"(?:and |ok |okay |please )*"
    r"(?:(?:(?:can|could) you )?(?:tell|say|show) me more|(?:can|could) you (?:explain|say more)|more|go on|"
    r"why|why not|how so|explain|more info(?:rmation)?|more details?|elaborate|what else)"
    r"(?: (?:about )?(?:it|that|this))?(?: please)?"
)
_LEANS = re.compile(
    r"(?:and|but|or|so|also|ok|okay|then|what about|how about|what if|how|for|when|where|who|which|my|in|on|"
    r"at|with|without|if|(?:is|does|can|will) (?:that|it|this|he|she|they|we|i)|"
    r"(?:do|are) (?:they|those|i|we))\b"
)


_NEXT_QUESTION = re.compile(r"(?<=\?)|\n|\band (?=(?:how|what|when|where|who|do|does|is|can)\b)")


class Heard(NamedTuple):
    """A message, or the part of it that asks, with its ranking and how sure the judgement is."""

    message: str
    ranked: Ranked
    confidence: float
    known: float


def hear(engine: Engine, message: str) -> Heard:
    """Rank a message as it stands."""
    ranked = engine.index.rank(message)
    return Heard(message, ranked, engine.judge.confidence(ranked), engine.judge.known(ranked))


def best_entry(engine: Engine, heard: Heard) -> Entry:
    """The entry that ranks first."""
    return engine.knowledge.entries[engine.index.ids[heard.ranked.order[0]]]


def plain(message: str) -> str:
    """The message's normalised words, for comparing with fixed wordings."""
    return " ".join(words(normalise(message)))


def chosen(engine: Engine, thread: Thread, message: str) -> str:
    """The id of the topic that the message picks by its question or among what was offered, else ''.

    `NONE_OF_THESE` where it declines all that was offered.
    """
    said = plain(message)
    if thread.offered and _DECLINED.fullmatch(said):
        return NONE_OF_THESE
    offered = [i for i in thread.offered if i in engine.knowledge.published_ids]
    for entry in (*(engine.knowledge.entries[i] for i in offered), *engine.knowledge.published):
        if said == plain(entry.question):
            return entry.id
    if thread.awaiting == "choice":
        return NONE_OF_THESE if _NO.fullmatch(said) else _picked(offered, said)
    if thread.awaiting == "yes-no" and _YES.fullmatch(said):
        return offered[0] if offered else ""
    return _picked(offered, said) if said.startswith("the ") else ""


def _picked(offered: list[str], said: str) -> str:
    match = _PLACE.fullmatch(said)
    place = _PLACES.get(match[1]) if match else None
    return offered[place] if place is not None and place < len(offered) else ""


def asks_for_more(message: str) -> bool:
    """Whether the message only asks to go on about the last topic."""
    return bool(_MORE.fullmatch(plain(message)))


def in_thread(engine: Engine, thread: Thread, message: str) -> Heard:
    """Rank a message, with the last topic's question beside it when it cannot stand alone."""
    alone = _clearest_part(engine, message)
    if not thread.topics or alone.confidence >= ANSWER_AT or not _leans(message):
        return alone
    last = engine.knowledge.entries.get(thread.topics[-1])
    if last is None or best_entry(engine, alone).kind == "line":
        return alone
    together = hear(engine, f"{message} {last.question}")
    return together if together.confidence >= max(ANSWER_AT, alone.confidence) else alone


def _leans(message: str) -> bool:
    said = plain(message)
    return len(said.split()) <= MAX_FOLLOW_UP_WORDS and bool(_LEANS.match(said))


def _clearest_part(engine: Engine, message: str) -> Heard:
    """Of a long message the sentence that asks most clearly, else the whole; courtesies ask nothing."""
    whole = hear(engine, message)
    if len(words(normalise(message))) < LONG_MESSAGE:
        return whole
    heard = [whole, *(hear(engine, part) for part in _parts(message))]
    asking = [h for h in heard if best_entry(engine, h).kind != "line"]
    return max(asking, key=lambda h: h.confidence, default=whole)


def _parts(message: str) -> list[str]:
    """The sentences of a message, as they are typed: often ended by a line or a comma alone."""
    pieces = [p for s in re.split(r"[\n;]+", message) for p in sentences_typed(s)]
    return [p for p in pieces if len(words(normalise(p))) > MIN_QUESTION_WORDS]


def sentences_typed(text: str) -> list[str]:
    """Sentences of a chat message: the mark that ends one may lack the space after it."""
    return [s.strip() for s in re.split(r"(?<=[.!?])\s*", text) if s.strip()]


def questions(engine: Engine, message: str, most: int = 3) -> list[Heard]:
    """The different questions of one message that can each be answered, in order, at most `most`."""
    marked = [
        p.strip()
        for p in re.split(r"(?<=\?)|\n|\band (?=(?:how|what|when|where|who|do|does|is|can)\b)", message)
    ]
    parts = [p for p in marked if p and len(words(normalise(p))) > MIN_QUESTION_WORDS]
    if len(parts) < 2:
        return []
    found: dict[str, Heard] = {}
    for part in parts:
        heard = hear(engine, part)
        if heard.confidence >= ANSWER_AT and best_entry(engine, heard).kind != "line":
            found.setdefault(best_entry(engine, heard).id, heard)
    return list(found.values())[:most] if len(found) > 1 else []
