"""What a message means in its conversation: a question of its own, several, a repair, a follow-up."""

import re
from typing import NamedTuple

from chatbot.engine import Engine
from chatbot.index import Ranked
from chatbot.model import Entry, Thread
from chatbot.text import normalise, plain, words

MAX_FOLLOW_UP_WORDS = 8
MIN_QUESTION_WORDS = 2
MAX_PARTS = 12  # of a message are looked at one by one: more is nobody's question, and each costs a search
STANDS_ALONE = 0.5  # of the probability that a message is known: below, what points back in it points outside
LONG_MESSAGE = 20  # words: from here on the question is looked for inside the message
# A follow-up is about the program for sure unless its words are strange; how sure is then only which entry.
# A few words that come this near to an entry ("how long?") are about it, however common they are elsewhere.
LEAST_KNOWN, KNOWN_IN_THREAD, FEWEST_SCORE, CLEAR_SCORE = 0.25, 0.9, 0.2, 0.5
TINY = 1e-6
STORY_WORDS, STORY_SELVES = 25, 3
_MORE = re.compile(
    r"(?:and |ok |okay |please |but )*"
    r"(?:(?:(?:can|could) you )?(?:tell|say|show) me more|(?:can|could) you (?:explain|say more)|more|go on|"
    r"why|why not|how so|how come|explain|more info(?:rmation)?|more details?|elaborate|what else|and then|"
    r"then what|like what|such as|for example|what do you mean|meaning|say more|anything else)"
    r"(?: (?:is )?(?:about )?(?:it|that|this))?(?: please)?"
)
_LEANS = re.compile(
    r"(?:and|but|or|so|also|ok|okay|then|what about|how about|what if|how|for|when|where|who|which|my|in|on|"
    r"at|with|without|if|the|(?:is|are|does|do|can|will|was) (?:that|it|this|he|she|they|we|i|those|there))\b"
)
_CORRECTS = re.compile(
    r"\W*(?:(?:no|nope|nah|not that|not this|sorry|wait|actually|oh|but|hm+)\b\W*)*"
    r"(?:(?:i|what i|i just|i actually) (?:mean|meant|was asking|am asking|asked|want(?:ed)? to know)|"
    r"i ?'?m asking|i ?'?m talking)\b(?: (?:about|for|if|was|is))?\W*(?P<rest>.*)",
    re.IGNORECASE | re.DOTALL,
)
_NEXT_QUESTION = re.compile(r"(?<=\?)|\n|\band (?=(?:how|what|when|where|who|do|does|is|can)\b)")
_PAUSE = re.compile(r"[\n;:]+|,\s+(?=(?:how|what|when|where|who|do|does|is|are|can|will|would)\b)")
_POINTS_BACK = re.compile(r"\b(?:it|its|this|that|these|those|they|them)\b")
_SELF = re.compile(r"\b(?:i|i'm|i've|me|my|myself|im|ive)\b")
_ASKS = re.compile(
    r"\?|(?:^|[.,!;:\n] ?|\b(?:and|but|so|or) )"
    r"(?:how|what|whats|which|why|who|can|could|do|does|is|are|will|would)\b|"
    r"\b(?:where|when) (?:do|does|is|are|can|will)\b|"
    r"\b(?:looking for|interested in|want to know|wondering|question|tell me|need to know)\b"
)
_COURTESY = re.compile(
    r"(?:(?:ok(?:ay)?|thanks?(?: you)?(?: so much)?|hi|hello|hey|great|alright|well|please)\b[\s,.!]+)+",
    re.IGNORECASE,
)


class Heard(NamedTuple):
    """A message, or the part of it that asks, with its ranking and how sure the judgement is.

    `leans` marks one that cannot stand alone and that its conversation does not make clear either.
    """

    message: str
    ranked: Ranked
    confidence: float
    known: float
    leans: bool = False


def hear(engine: Engine, message: str) -> Heard:
    """Rank a message as it stands."""
    ranked = engine.index.rank(message)
    return Heard(message, ranked, *engine.judge.judged(ranked.evidence))


def best_entry(engine: Engine, heard: Heard) -> Entry:
    """The entry that ranks first."""
    return engine.knowledge.entries[engine.index.ids[heard.ranked.order[0]]]


def asks_for_more(message: str) -> bool:
    """Whether the message only asks to go on about the last topic."""
    return bool(_MORE.fullmatch(plain(message)))


def corrected(message: str) -> str:
    """What was meant instead, where the message says so ("no, I meant the evening ones"), else ''."""
    match = _CORRECTS.fullmatch(message.strip())
    return match["rest"].strip() if match else ""


def is_story(message: str) -> bool:
    """Whether the message tells about its writer at length and asks nothing."""
    said = normalise(message)
    is_long = len(words(said)) >= STORY_WORDS and len(_SELF.findall(said)) >= STORY_SELVES
    return is_long and not _ASKS.search(said)


def in_thread(engine: Engine, thread: Thread, message: str) -> Heard:
    """Rank a message; one that cannot stand alone is taken to be about what was talked of."""
    alone = _clearest_part(engine, message)
    if not thread.topics or not _leans(message) or best_entry(engine, alone).kind == "line":
        return alone
    score = alone.ranked.scores[alone.ranked.order[0]]
    # Strange words and no entry near: it left the subject, whatever small word it begins with.
    if alone.known < LEAST_KNOWN and score < CLEAR_SCORE:
        return alone
    sure = max(alone.confidence, KNOWN_IN_THREAD * alone.confidence / max(alone.known, TINY))
    if sure >= engine.judge.answer_at and score >= FEWEST_SCORE:
        return alone._replace(confidence=sure, known=max(alone.known, KNOWN_IN_THREAD))
    return alone._replace(leans=True)


def _leans(message: str) -> bool:
    said = plain(message)
    return len(said.split()) <= MAX_FOLLOW_UP_WORDS and bool(_LEANS.match(said))


def _clearest_part(engine: Engine, message: str) -> Heard:
    """The part that asks most clearly, where the whole is long or not clear; courtesies ask nothing."""
    whole = hear(engine, message)
    is_long = len(words(normalise(message))) >= LONG_MESSAGE
    if whole.confidence >= engine.judge.answer_at and not is_long:
        return whole
    parts = _parts(message) if is_long else [p for p in _parts(message) if _ASKS.search(normalise(p))]
    if whole.known < STANDS_ALONE:  # "A rash on my arm: what does it mean?" asks nothing of ours.
        parts = [p for p in parts if not _POINTS_BACK.search(normalise(p))]
    heard = [whole, *(hear(engine, part) for part in parts)]
    asking = [h for h in heard if best_entry(engine, h).kind != "line"]
    return max(asking, key=lambda h: h.confidence, default=whole)


def _parts(message: str) -> list[str]:
    """The sentences of a message, as they are typed: often ended by a line or a comma alone."""
    asked = _COURTESY.sub("", message, count=1) if _COURTESY.match(message) else ""
    pieces = [p for s in _PAUSE.split(message) for p in sentences_typed(s)]
    told = [p for p in dict.fromkeys((asked, *pieces)) if len(words(normalise(p))) > MIN_QUESTION_WORDS]
    return told[:MAX_PARTS]


def sentences_typed(text: str) -> list[str]:
    """Sentences of a chat message: the mark that ends one may lack the space after it."""
    return [s.strip() for s in re.split(r"(?<=[.!?])\s*", text) if s.strip()]


def questions(engine: Engine, message: str, most: int = 3) -> list[Heard]:
    """The different questions of one message that can each be answered, in order, at most `most`."""
    pieces = dict.fromkeys(map(str.strip, _NEXT_QUESTION.split(message)))
    parts = [p for p in pieces if p and len(words(normalise(p))) > MIN_QUESTION_WORDS]
    if len(parts) < 2:
        return []
    found: dict[str, Heard] = {}
    for part in parts[:MAX_PARTS]:
        heard = hear(engine, part)
        if heard.confidence >= engine.judge.answer_at and best_entry(engine, heard).kind != "line":
            found.setdefault(best_entry(engine, heard).id, heard)
    return list(found.values())[:most] if len(found) > 1 else []
