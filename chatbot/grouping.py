"""The inbox by meaning: messages that want the same answer, together, the most wanted first.

Two messages are alike by what they say, as the index has it (the mean of the cosines of their words and of
their character runs, with its weights, spellings and synonyms), and by which entries they lean to.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from chatbot.engine import Engine
from chatbot.index import Floats
from chatbot.records import Decision, Noted
from chatbot.saying import near
from chatbot.text import one_spelling, plain
from chatbot.vectors import Vector
from chatbot.weights import WORD_SHARE

if TYPE_CHECKING:
    from scipy.sparse import csr_matrix

# Chosen on 381 questions with known answers: groups of one answer each 92 %, by likeness of words alone 96 %,
# but then only 27 of them find company, and so 249.
SAID_AT = 0.4  # from this likeness of their words on, two messages want the same answer
MEANT_AT = 0.65  # the same, of words and leanings together
LEANING_SHARE = 0.7
LEANING_FLOOR = 0.25  # of a score: who leans less to any entry is told by words
MAX_WORDINGS = 3
MAX_WAYS = 8  # that become ways to ask, or are taught as not for us
MAX_TOPICS = 3
MAX_LIKELY = 100  # groups; nobody works through more at once
TREND_DAYS = 7
_BLOCK = 512
_SHARES = (WORD_SHARE, 1 - WORD_SHARE)


@dataclass(frozen=True, slots=True)
class Group:
    """Messages that want the same answer. `wordings` are the most frequent ones, the first names the group.

    `likely` are the topics that come nearest, told of the first MAX_LIKELY groups; `trend` is how many more
    there were in the last week than in the one before.
    """

    wordings: tuple[str, ...]
    count: int
    trend: int
    last: date
    reasons: Mapping[str, int]
    rejected: Mapping[str, int]
    likely: tuple[str, ...]
    messages: tuple[str, ...]

    @property
    def ways(self) -> tuple[str, ...]:
        """Its messages, of those that differ by a capital or a mark alone the first: what can be taught."""
        told = {plain(m) or m: m for m in reversed(self.messages)}
        return tuple(m for m in self.messages if told[plain(m) or m] == m)[:MAX_WAYS]


def grouped(
    engine: Engine, messages: Sequence[Noted], decided: Sequence[Decision], today: date
) -> tuple[Group, ...]:
    """The groups that are to be worked on, the one that most visitors would be helped by first."""
    hidden = [d for d in decided if d.until is None or d.until > today]
    by_text: dict[str, list[Noted]] = defaultdict(list)
    for message in messages:
        by_text[one_spelling(message.text)].append(message)
    texts = sorted(by_text, key=lambda t: (-len(by_text[t]), t))
    wordings = [one_spelling(d.wording) for d in hidden]
    led = leaders(engine, [*wordings, *texts], fixed=len(wordings))
    found: dict[int, list[Noted]] = defaultdict(list)
    for place, text in enumerate(texts, len(wordings)):
        leader = led[place]
        found[leader] += [
            m for m in by_text[text] if leader >= len(wordings) or not _covers(hidden[leader], m)
        ]
    groups = [_group(members, today) for members in found.values() if members]
    groups.sort(key=lambda g: (-g.count, -g.trend, g.wordings))
    return (*(replace(g, likely=_likely(engine, g)) for g in groups[:MAX_LIKELY]), *groups[MAX_LIKELY:])


def _covers(decision: Decision, message: Noted) -> bool:
    """Whether a decision speaks of a message: one that has been answered, of those until that day alone."""
    return decision.state != "done" or message.day <= decision.at.date()


def leaders(engine: Engine, texts: Sequence[str], *, fixed: int = 0) -> list[int]:
    """For each text the place of the one that leads its group: the likest before it that leads itself.

    The first `fixed` texts lead themselves, whatever they are like.
    """
    vectors = _vectors(engine, texts)
    leanings = _leanings(engine, vectors)
    led, heads = list(range(len(texts))), list(range(fixed))
    for start in range(fixed, len(texts), _BLOCK):
        block = range(start, min(start + _BLOCK, len(texts)))
        might = np.array([*heads, *block])  # who leads already, and who may come to lead within the block
        alike = _likeness(vectors, leanings, block, might)
        leads = np.arange(len(might)) < len(heads)
        for row, place in enumerate(block, len(heads)):
            likest = int(np.argmax(np.where(leads, alike[place - start], 0.0))) if leads.any() else row
            if alike[place - start, likest] >= 1.0 and leads[likest]:
                led[place] = int(might[likest])
            else:
                leads[row] = True
        heads = [int(i) for i in might[leads]]
    return led


def alike(engine: Engine, one: str, other: str) -> bool:
    """Whether two messages want the same answer, by the measure of the groups (without importing scipy)."""
    said = 0.0
    tokens = [engine.index.lexicon.read(t) for t in (one, other)]
    for vectorizer, share in zip(engine.index.vectorizers, _SHARES, strict=True):
        first, second = (vectorizer.transform(t, lengthen=True) for t in tokens)
        _, mine, theirs = np.intersect1d(
            first.features, second.features, assume_unique=True, return_indices=True
        )
        said += share * float(first.weights[mine] @ second.weights[theirs])
    leanings = [_sharpened(engine.index.scores(t)[np.newaxis])[0] for t in tokens]
    meant = LEANING_SHARE * float(leanings[0] @ leanings[1]) + (1 - LEANING_SHARE) * said
    return max(said / SAID_AT, meant / MEANT_AT) >= 1.0


def likeness(engine: Engine, texts: Sequence[str], to: Sequence[str]) -> list[float]:
    """How like each text is to the likest of `to`, by words alone: from 1 on they want the same answer."""
    if not texts or not to:
        return [0.0] * len(texts)
    said = (_vectors(engine, texts) @ _vectors(engine, to).T).toarray()
    return [float(best) / SAID_AT for best in said.max(axis=1)]


def _likeness(
    vectors: "csr_matrix", leanings: Floats, rows: Sequence[int], columns: NDArray[np.int64]
) -> Floats:
    """How like some texts are to others: from 1 on they want the same answer."""
    said = (vectors[rows[0] : rows[-1] + 1] @ vectors[columns].T).toarray()
    meant = leanings[rows[0] : rows[-1] + 1] @ leanings[columns].T
    alike: Floats = np.maximum(
        said / SAID_AT, (LEANING_SHARE * meant + (1 - LEANING_SHARE) * said) / MEANT_AT
    )
    return alike


def _leanings(engine: Engine, vectors: "csr_matrix") -> Floats:
    """Which entries each text leans to: its scores, sharpened; short where it leans to none."""
    words = len(engine.index.vectorizers[0])
    halves = (vectors[:, :words], vectors[:, words:])
    parts = zip(engine.index.weights, halves, _SHARES, strict=True)
    word, char = (w.scores_of(half / np.float32(share**0.5)) for w, half, share in parts)
    return _sharpened(word + char + engine.index.always)


def _sharpened(scores: Floats) -> Floats:
    """Scores of texts, each with that of no entry last, as unit vectors; short where they lean to none."""
    sharp = np.maximum(scores[:, :-1], 0.0) ** 2
    lengths = np.linalg.norm(sharp, axis=1, keepdims=True)
    return np.asarray(sharp / np.maximum(lengths, LEANING_FLOOR**2), np.float32)


def _vectors(engine: Engine, texts: Sequence[str]) -> "csr_matrix":
    """The texts' unit vectors, so weighted that their products are likenesses."""
    from scipy.sparse import csr_matrix, hstack

    if not texts:
        return csr_matrix((0, sum(map(len, engine.index.vectorizers))), dtype=np.float32)
    tokens = [engine.index.lexicon.read(t) for t in texts]
    parts = []
    for vectorizer, share in zip(engine.index.vectorizers, _SHARES, strict=True):
        rows = [vectorizer.transform(t, lengthen=True) for t in tokens]
        parts.append(_matrix(rows, len(vectorizer)) * np.float32(share**0.5))
    return hstack(parts, format="csr")


def _matrix(rows: Sequence[Vector], width: int) -> "csr_matrix":
    from scipy.sparse import csr_matrix

    starts = np.cumsum([0, *(len(r.features) for r in rows)])
    empty = [np.zeros(0, np.float32)]
    data = np.concatenate([*(r.weights for r in rows), *empty])
    columns = np.concatenate([*(r.features for r in rows), *(e.astype(np.int32) for e in empty)])
    return csr_matrix((data, columns, starts), shape=(len(rows), width))


def _likely(engine: Engine, group: Group) -> tuple[str, ...]:
    return tuple(e.id for e in near(engine, engine.index.rank(group.wordings[0]))[:MAX_TOPICS])


def _group(members: Sequence[Noted], today: date) -> Group:
    counts = Counter(m.text for m in members)
    wordings = sorted(counts, key=lambda t: (-counts[t], len(t), t))
    told = {plain(t) or t: t for t in reversed(wordings)}  # of those that differ by a mark alone the first
    week = today - timedelta(TREND_DAYS)
    recent = sum(m.day > week for m in members)
    earlier = sum(week - timedelta(TREND_DAYS) < m.day <= week for m in members)
    return Group(
        wordings=tuple(t for t in wordings if told[plain(t) or t] == t)[:MAX_WORDINGS],
        count=len(members),
        trend=recent - earlier,
        last=max(m.day for m in members),
        reasons=dict(Counter(m.reason for m in members)),
        rejected=dict(Counter(_each(m.rejected for m in members))),
        likely=(),
        messages=tuple(wordings),
    )


def _each(lists: Iterable[Iterable[str]]) -> list[str]:
    return [one for several in lists for one in several]
