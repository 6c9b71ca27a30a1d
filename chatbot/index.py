"""Index: how like a message is to each entry, answered with numpy alone.

Each wording of an entry (its question, phrasings, heading, each sentence of its answer) is a row with two
unit vectors, one of word stems and one of character runs. The likeness of two texts is the weighted mean of
the two cosines; kernel ridge regression over these likenesses (see `chatbot.ridge`) says how much each row
speaks for each entry. As the likeness is linear, that comes to a weight of each feature for each entry, and
a message is ranked by the weights of its own features alone: what it costs does not grow with the rows.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from chatbot.features import digest
from chatbot.lexicon import LeftOut, Lexicon, Row
from chatbot.terms import Terms
from chatbot.thesaurus import Thesaurus
from chatbot.vectors import Arrays, Vector, Vectorizer, packed, sub_arrays, unpacked
from chatbot.weights import INTERCEPT, WORD_SHARE, Weights, weights_from
from chatbot.written import EntryRows, Rows, Written

Floats = NDArray[np.float32]
Ints = NDArray[np.int32]

RIVAL_AT = 0.4  # of the best score: below, an entry is no rival
MAX_RIVALS = 4  # the best entry counted
LONGEST_ORDER = 60  # a longer ranking is not put in order to its end
_READ_ENTRIES = 512  # whose rows are kept as vectors once they were asked for: some 50 kB each
_RUN = 32  # scores of which only the highest is looked at first


class Evidence(NamedTuple):
    """What the judgement is told about a message and its ranking (see `chatbot.judgement`)."""

    score: float  # of the best entry
    margin: float  # to the second best
    mass: float  # all entries' scores together, as far as they speak for an entry
    stranger: float  # the score of "none of them": of the rows that no entry answers
    known: float  # share of the message's words, weighted by rarity, that the knowledge knows
    matched: float  # the same, that the best entry knows
    known_terms: float  # share of the message's word vector, pairs of words with it, that the entries use
    matched_terms: float  # the same, that the best entry uses
    length: int  # number of words
    is_exact: bool = False  # the message is, word for word, a wording of the best entry


class Ranked(NamedTuple):
    """The ranking of one message: entry numbers, best first, with each entry's score.

    Of more than LONGEST_ORDER entries the order has so many of the best.
    """

    order: Ints
    scores: Floats
    evidence: Evidence


def rivals(ranked: Ranked, limit: int = MAX_RIVALS) -> tuple[int, ...]:
    """The numbers of the entries that come close to the best one, it first, at most `limit`."""
    first = ranked.order[:limit]
    scores = ranked.scores[first]
    is_close = scores >= min(RIVAL_AT * scores[0], scores[0])  # itself, too, where all speak against it
    return tuple(first[is_close].tolist())


@dataclass(frozen=True)
class Wordings:
    """Which entry a message asks for word for word: the sorted digests of all wordings, and their entries."""

    keys: NDArray[np.generic]
    entries: NDArray[np.generic]

    @classmethod
    def of(cls, wordings: Iterable[tuple[Sequence[str], int]]) -> "Wordings":
        """Keep tokenised wordings with their entries; of two entries with the same one, the first."""
        first = dict(reversed([(_digest(w), e) for w, e in wordings]))
        keys = np.fromiter(first, np.uint64, len(first))
        order = np.argsort(keys)
        return cls(keys[order], np.fromiter(first.values(), np.int32, len(first))[order])

    def entry(self, tokens: Sequence[str]) -> int | None:
        """The number of the entry whose wording the tokens are, if they are one."""
        digest = np.uint64(_digest(tokens))
        place = int(self.keys.searchsorted(digest))
        is_there = place < len(self.keys) and self.keys[place] == digest
        return int(self.entries[place]) if is_there else None


def _digest(tokens: Sequence[str]) -> int:
    return digest(" ".join(t for t in tokens if not t.startswith("_")))


@dataclass(frozen=True)
class Index:
    """Entries that can be ranked for a message. Immutable, safe to share between threads.

    `weights` are those of each vectorizer's features, and of characters that of the intercept last.
    """

    ids: tuple[str, ...]
    written: Written
    vectorizers: tuple[Vectorizer, Vectorizer]
    weights: tuple[Weights, Weights]
    lexicon: Lexicon
    terms: Terms
    wordings: Wordings

    def scores(self, tokens: Sequence[str]) -> Floats:
        """The score of each entry, and of none of them last, float32 of shape (entries + 1,)."""
        return self._scores(self._vectors(tokens))

    def _vectors(self, tokens: Sequence[str]) -> list[Vector]:
        return [v.transform(tokens, lengthen=True) for v in self.vectorizers]

    def _scores(self, vectors: Sequence[Vector]) -> Floats:
        total = self.always.copy()
        for vector, weights in zip(vectors, self.weights, strict=True):
            total += weights.scores(vector)
        return total

    @cached_property
    def always(self) -> Floats:
        """What every message scores, whatever it says: shape (entries + 1,)."""
        last = np.array([len(self.vectorizers[1])], np.int32)
        return self.weights[1].scores(Vector(last, np.array([INTERCEPT], np.float32)))

    def rank(self, message: str) -> Ranked:
        """Rank all entries for a message, best first; ties break by the entry's number."""
        tokens = self.lexicon.read(message)
        vectors = self._vectors(tokens)
        scores = self._scores(vectors)
        exact = self.wordings.entry(tokens)
        if exact is None:
            return self.ranked(tokens, vectors[0], scores)
        scores[exact] += 1.0  # what staff have written down is always found
        ranked = self.ranked(tokens, vectors[0], scores)
        return ranked._replace(evidence=ranked.evidence._replace(is_exact=True))

    def ranked(
        self, tokens: Sequence[str], words: Vector, scores: Floats, out: LeftOut | None = None
    ) -> Ranked:
        """Put scores (entries and background) in order and gather the evidence, with `out` left out.

        `words` is the vector of the tokens' words.
        """
        entries, stranger = scores[:-1], float(scores[-1])
        order = best_first(entries)
        best = int(order[0])
        shares = self.lexicon.shares(tokens, best, out)
        terms = self.terms.shares(words, best, out)
        evidence = Evidence(
            score=float(entries[best]),
            margin=float(entries[best] - entries[order[1]]) if len(order) > 1 else float(entries[best]),
            mass=float(np.maximum(entries, 0.0).sum()),
            stranger=stranger,
            known=shares.known,
            matched=shares.matched,
            known_terms=terms.known,
            matched_terms=terms.matched,
            length=sum(not t.startswith("_") for t in tokens),
        )
        return Ranked(order, entries, evidence)

    @cached_property
    def nbytes(self) -> int:
        """The bytes of its large arrays, which are most of it."""
        parts = (*self.weights, *self.vectorizers, self.terms)
        return sum(a.nbytes for part in parts for a in part.arrays().values())

    def likeness(self, entry: int, tokens: Sequence[str]) -> list[tuple[Row, float]]:
        """The entry's rows, and how like each is to a tokenised message, 0 to 1."""
        own = self._own(entry)
        word, char = (
            rows.cosines(message, len(vectorizer))
            for message, rows, vectorizer in zip(
                self._vectors(tokens), own.vectors, self.vectorizers, strict=True
            )
        )
        return list(zip(own.rows, (WORD_SHARE * word + (1 - WORD_SHARE) * char).tolist(), strict=True))

    @cached_property
    def _own(self) -> Callable[[int], EntryRows]:
        written, lexicon, vectorizers = self.written, self.lexicon, self.vectorizers

        @lru_cache(maxsize=_READ_ENTRIES)  # made of parts, lest it keep the index that keeps it
        def own(entry: int) -> EntryRows:
            rows = written.of_entry(entry)
            tokens = [lexicon.tokens(r.text) for r in rows]
            return EntryRows(rows, [Rows.of([v.transform(t) for t in tokens]) for v in vectorizers])

        return own

    def nearest_row(self, entry: int, tokens: Sequence[str]) -> Row | None:
        """The entry's wording that is most like the message; None for an entry without wordings."""
        nearest = max(self.likeness(entry, tokens), key=lambda found: found[1], default=None)
        return nearest[0] if nearest else None

    def sentence_likeness(self, entry: int, message: str) -> dict[str, float]:
        """The entry's sentences with how like each is to the message."""
        found = self.likeness(entry, self.lexicon.read(message))
        return {row.text: likeness for row, likeness in found if row.is_sentence}

    def arrays(self) -> dict[str, NDArray[np.generic]]:
        """What `from_arrays` needs, beside the thesaurus, to make it again."""
        kept: dict[str, NDArray[np.generic]] = {"ids": packed(self.ids)}
        kept |= {f"written.{k}": a for k, a in self.written.arrays().items()}
        for vectorizer, weights in zip(self.vectorizers, self.weights, strict=True):
            kept |= {f"{vectorizer.analyzer}-weights.{k}": a for k, a in weights.arrays().items()}
            kept |= {f"{vectorizer.analyzer}.{k}": a for k, a in vectorizer.arrays().items()}
        kept |= {f"lexicon.{k}": a for k, a in self.lexicon.arrays().items()}
        kept |= {f"terms.{k}": a for k, a in self.terms.arrays().items()}
        return kept | {"wordings": self.wordings.keys, "wording-entries": self.wordings.entries}

    @classmethod
    def from_arrays(cls, arrays: Arrays, thesaurus: Thesaurus) -> "Index":
        """The reverse of `arrays`."""
        return cls(
            ids=unpacked(arrays["ids"]),
            written=Written.from_arrays(sub_arrays(arrays, "written")),
            vectorizers=(
                Vectorizer.from_arrays("framed", sub_arrays(arrays, "framed")),
                Vectorizer.from_arrays("chars", sub_arrays(arrays, "chars")),
            ),
            weights=(
                weights_from(sub_arrays(arrays, "framed-weights")),
                weights_from(sub_arrays(arrays, "chars-weights")),
            ),
            lexicon=Lexicon.from_arrays(sub_arrays(arrays, "lexicon"), thesaurus),
            terms=Terms.from_arrays(sub_arrays(arrays, "terms")),
            wordings=Wordings(arrays["wordings"], arrays["wording-entries"]),
        )


def best_first(scores: Floats) -> Ints:
    """The entries' numbers, best first, of very many the best ones; ties break by the number."""
    if len(scores) <= LONGEST_ORDER:
        return np.argsort(-scores, kind="stable").astype(np.int32)
    some = scores
    if len(scores) >= LONGEST_ORDER * _RUN:
        # Of runs, so many have a score from this on: at least so many scores are, and all of the best.
        some = np.maximum.reduceat(scores, np.arange(0, len(scores), _RUN))
    least = np.partition(some, -LONGEST_ORDER)[-LONGEST_ORDER]
    good = np.flatnonzero(scores >= least)
    if len(good) > _RUN * LONGEST_ORDER:  # of many that score nothing, few
        alike = np.flatnonzero(scores == least)[:LONGEST_ORDER]
        good = np.concatenate((np.flatnonzero(scores > least), alike))
    return good[np.argsort(-scores[good], kind="stable")][:LONGEST_ORDER].astype(np.int32)
