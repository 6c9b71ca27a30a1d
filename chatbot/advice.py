"""Advice for somebody who writes a topic: how it reads, what it doubles, what it contradicts.

Fast enough to be asked after each pause in typing: it looks at one topic and never builds an index.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date
from functools import lru_cache

from rapidfuzz import fuzz, process

from chatbot.content import Knowledge, facts_used, paragraphs
from chatbot.editing import yields
from chatbot.engine import Engine
from chatbot.health_rules import MAX_GRADE, MAX_WORDS, rule_findings, told, without_facts
from chatbot.markup import to_text
from chatbot.measures import Measure, contradiction, measures
from chatbot.model import Entry
from chatbot.reading import grade, words_of
from chatbot.text import fold, normalise

LOOKS_LIKE = 86  # of 100: from here on, another topic is named to whoever types
MAX_TRIED = 30  # wordings that the bot is asked
MAX_SIMILAR = 3
# What the editor shows in a place of its own, or what is none of a receptionist's business.
_ELSEWHERE = frozenset(
    {"too-long", "hard-to-read", "few-phrasings", "review-due", "placeholder", "no-source", "not-the-article"}
)


@dataclass(frozen=True, slots=True)
class Similar:
    """Another topic that asks nearly the same; `wording` is the one that came nearest, `score` of 100.

    `yields`: it leaves its wordings to a topic that staff write (see `chatbot.editing`).
    """

    entry: str
    question: str
    wording: str
    score: int
    yields: bool

    @property
    def is_same(self) -> bool:
        """Whether only spaces, capitals or punctuation set the two apart."""
        return self.score == 100


@dataclass(frozen=True, slots=True)
class Taken:
    """A wording that the bot, as it is now, takes for another topic; that one may not be live."""

    wording: str
    entry: str
    question: str
    is_live: bool


@dataclass(frozen=True, slots=True)
class Clash:
    """Two answers that give different numbers for the same thing."""

    entry: str
    question: str
    here: str
    there: str


@dataclass(frozen=True, slots=True)
class Advice:
    """What can be said about a topic while it is written."""

    words: int
    grade: float
    hardest: str
    doubles: tuple[str, ...]
    similar: tuple[Similar, ...]
    taken: tuple[Taken, ...]
    clashes: tuple[Clash, ...]
    remarks: tuple[str, ...]

    @property
    def is_long(self) -> bool:
        """Whether the answer has more words than are read."""
        return self.words > MAX_WORDS

    @property
    def is_hard(self) -> bool:
        """Whether the answer is hard to read."""
        return self.grade > MAX_GRADE

    @property
    def max_words(self) -> int:
        """How many words an answer may have."""
        return MAX_WORDS

    @property
    def max_grade(self) -> int:
        """The school grade an answer should not pass."""
        return int(MAX_GRADE)


def advise(engine: Engine, topic: Entry, today: date | None = None) -> Advice:
    """Look at a topic as it stands in the form, beside all others of the engine's knowledge."""
    quoted = {s for passage in engine.knowledge.passages for s in passage.sentences}
    said = [s for s in told(topic.answer) if topic.kind != "article" or s not in quoted]
    similar = _similar(engine, topic)
    return Advice(
        words=len(words_of(without_facts(topic.answer))),
        grade=max(0.0, round(grade("\n".join(said)), 1)),
        hardest=max(said, key=grade, default=""),
        doubles=tuple(_doubles(topic)),
        similar=similar,
        taken=tuple(_taken(engine, topic, {s.entry for s in similar}))[:MAX_SIMILAR],
        clashes=tuple(_clashes(engine.knowledge, topic)),
        remarks=tuple(_remarks(engine.knowledge, topic, today or date.today())),
    )


def gaps(knowledge: Knowledge, topic: Entry) -> set[str]:
    """The clinic's facts that the answer needs and the profile lacks."""
    return facts_used(topic.answer) - knowledge.profile.facts.keys()


def as_text(answer: str) -> str:
    """An answer as plain text, the clinic's facts left out."""
    return without_facts(answer)


def plain(wording: str) -> str:
    """A wording without what does not set two questions apart: spaces, capitals, punctuation."""
    return normalise(wording).strip(" .?!")


def _doubles(topic: Entry) -> Iterator[str]:
    """The phrasings that say what the question or an earlier phrasing says."""
    seen = {plain(topic.question)}
    for phrasing in topic.phrasings:
        if plain(phrasing) in seen:
            yield phrasing
        seen.add(plain(phrasing))


def _similar(engine: Engine, topic: Entry) -> tuple[Similar, ...]:
    asked = [w for w in (topic.question, *topic.phrasings) if plain(w)]
    found: dict[str, Similar] = {}
    for other in engine.knowledge.topics:
        if other.id == topic.id or not asked:
            continue
        theirs = (other.question, *other.phrasings)
        likeness = process.cdist(
            [plain(w) for w in asked], _plain_wordings(theirs), scorer=fuzz.token_sort_ratio
        )
        at = int(likeness.argmax()) % len(theirs)
        score = int(likeness.max())
        if score >= LOOKS_LIKE:
            found[other.id] = Similar(other.id, other.question, theirs[at], score, yields(other))
    ordered = sorted(found.values(), key=lambda s: (-s.score, s.entry))
    return tuple(ordered[:MAX_SIMILAR])


def _taken(engine: Engine, topic: Entry, named: set[str]) -> Iterator[Taken]:
    """One wording for each topic, of those not `named` already, that answers it now."""
    topics = {t.id: t for t in engine.knowledge.topics if t.id != topic.id}
    for wording in (topic.question, *topic.phrasings)[:MAX_TRIED]:
        other = topics.get(meant_by(engine, wording) or "")
        if other is not None and other.id not in named:
            named = {*named, other.id}
            yield Taken(wording, other.id, other.question, other.id in engine.knowledge.published_ids)


def meant_by(engine: Engine, wording: str) -> str | None:
    """The entry that answers a wording, or would, were it live; None where none does."""
    ranked = engine.index.rank(fold(wording)) if plain(wording) else None
    if ranked is None:
        return None
    verdict = engine.judge.verdict(*engine.judge.judged(ranked.evidence), 1)
    return engine.index.ids[int(ranked.order[0])] if verdict == "answer" else None


@lru_cache(maxsize=8192)
def _plain_wordings(wordings: Sequence[str]) -> list[str]:
    return [plain(w) for w in wordings]


def _clashes(knowledge: Knowledge, topic: Entry) -> Iterator[Clash]:
    mine = _numbers(topic.answer)
    for other in knowledge.topics:
        if other.id != topic.id and (clash := contradiction(mine, _numbers(other.answer))):
            yield Clash(other.id, other.question, clash[0].text, clash[1].text)


@lru_cache(maxsize=4096)
def _numbers(answer: str) -> tuple[Measure, ...]:
    # A paragraph that waits for a fact of the clinic says nothing of its own.
    return measures("\n".join(to_text(p) for p in paragraphs(answer) if not facts_used(p)))


def _remarks(knowledge: Knowledge, topic: Entry, today: date) -> Iterator[str]:
    alone = replace(knowledge, topics=(topic,), lines=())
    for found in rule_findings(alone, today):
        if found.entry == topic.id and found.kind not in _ELSEWHERE:
            yield found.text
