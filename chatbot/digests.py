"""TF-IDF vectors by the digests of their features: no term is kept, so none has to be loaded.

A hundred thousand terms take 10 MB and 40 ms as a dict, and as sorted digests 1 MB that is read where it lies
in the file. Among a million terms two share one of 64 bits with a chance of one in thirty millions.
"""

import hashlib
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from chatbot.text import stem
from chatbot.vectors import PAIR_REACH, Analyzer, Arrays, Vector, char_features, vector_of

Digests = NDArray[np.uint64]
Ints = NDArray[np.int32]
_CACHED_WORDS = 8192
# Odd, and without a pattern in their bits; with the shifts as in splitmix64 (Steele, Lea and Flood, 2014).
_FIRST, _SECOND, _MIXED = (np.uint64(n) for n in (0x9E3779B97F4A7C15, 0xC2B2AE3D27D4EB4F, 0xBF58476D1CE4E5B9))
_SHIFT, _SHIFT_AGAIN = np.uint64(30), np.uint64(27)


def word_digests(tokens: Sequence[str]) -> Digests:
    """The digests of `chatbot.vectors.word_features`, shape (features,)."""
    stems = _stems(tokens)
    return np.concatenate((stems, *_pairs(stems), _concepts(tokens)))


def framed_digests(tokens: Sequence[str]) -> Digests:
    """The digests of `chatbot.vectors.framed_features`, shape (features,)."""
    stems = _stems(tokens)
    framed = [*_pairs(np.concatenate((_BEGIN, stems, _END)))]
    if len(stems) < PAIR_REACH:  # the pair that reaches furthest is that of the two edges
        framed[len(stems)] = framed[len(stems)][:0]
    return np.concatenate((stems, *framed, _concepts(tokens)))


def char_digests(tokens: Sequence[str]) -> Digests:
    """The digests of `chatbot.vectors.char_features`, shape (features,)."""
    return np.concatenate([_NONE, *(_runs(t) for t in tokens if not t.startswith("_"))])


def digest(text: str) -> int:
    """64 bits of a text, the same in every process."""
    return int.from_bytes(hashlib.blake2b(text.encode(), digest_size=8).digest(), "little")


def term_digests(terms: Iterable[str], analyzer: Analyzer) -> Digests:
    """The digest of each term of a vocabulary, shape (terms,)."""
    if analyzer == "chars":
        return _digests(terms)
    parts = [t.partition(" ") for t in terms]
    words = {word: digest(word) for a, _, b in parts for word in (a, b)}
    first, second = (np.fromiter((words[p[i]] for p in parts), np.uint64, len(parts)) for i in (0, 2))
    is_pair = np.fromiter((p[1] == " " for p in parts), bool, len(parts))
    return np.where(is_pair, _paired(first, second), first)


def _digests(texts: Iterable[str]) -> Digests:
    return np.fromiter(map(digest, texts), np.uint64)


@lru_cache(maxsize=_CACHED_WORDS)
def _stem(word: str) -> int:
    return digest(stem(word))


@lru_cache(maxsize=_CACHED_WORDS)
def _runs(word: str) -> Digests:
    return _digests(char_features([word]))


def _stems(tokens: Sequence[str]) -> Digests:
    return np.fromiter((_stem(t) for t in tokens if not t.startswith("_")), np.uint64)


def _concepts(tokens: Sequence[str]) -> Digests:
    return _digests(t for t in tokens if t.startswith("_"))


def _pairs(stems: Digests) -> list[Digests]:
    """The digests of the pairs, by how far apart they are: next to each other first."""
    return [_paired(stems[:-n], stems[n:]) for n in range(1, PAIR_REACH + 1)]


def _paired(first: Digests, second: Digests) -> Digests:
    mixed = first * _FIRST + second * _SECOND
    mixed ^= mixed >> _SHIFT
    mixed *= _MIXED
    mixed ^= mixed >> _SHIFT_AGAIN
    return mixed


_NONE = np.zeros(0, np.uint64)
_BEGIN, _END = _digests("^"), _digests("$")
_DIGESTS: Mapping[Analyzer, Callable[[Sequence[str]], Digests]] = {
    "words": word_digests,
    "framed": framed_digests,
    "chars": char_digests,
}


@dataclass(frozen=True)
class DigestVectorizer:
    """A `chatbot.vectors.Vectorizer` without its terms: `keys` are their digests, sorted.

    `numbers` are their features' numbers, to which the places of `idf` refer.
    """

    analyzer: Analyzer
    keys: Digests
    numbers: Ints
    idf: NDArray[np.float32]
    unseen_idf: float

    @classmethod
    def of(
        cls, analyzer: Analyzer, digests: Digests, idf: NDArray[np.float32], unseen_idf: float
    ) -> "DigestVectorizer":
        """Of the digests and the IDF of each term, in the order of their numbers."""
        order = np.argsort(digests)
        return cls(analyzer, digests[order], order.astype(np.int32), idf, unseen_idf)

    def __len__(self) -> int:
        """How many features there are."""
        return len(self.keys)

    @property
    def digests(self) -> Digests:
        """The digest of each feature's term, in the order of their numbers."""
        in_order = np.empty_like(self.keys)
        in_order[self.numbers] = self.keys
        return in_order

    def find(self, digests: Digests) -> Ints:
        """The number of each feature, -1 for those that are not known."""
        if not len(self.keys):
            return np.full(len(digests), -1, np.int32)
        places = np.minimum(self.keys.searchsorted(digests), len(self.keys) - 1)
        return np.where(self.keys[places] == digests, self.numbers[places], np.int32(-1))

    def transform(self, tokens: Sequence[str], *, lengthen: bool = False) -> Vector:
        """The text's unit vector; with `lengthen` features never seen in training count in its length."""
        digests, times = np.unique(_DIGESTS[self.analyzer](tokens), return_counts=True)
        features = self.find(digests)
        is_known = features >= 0
        known = features[is_known]
        unknown = (len(digests) - len(known)) * self.unseen_idf**2 if lengthen else 0.0
        return vector_of(known, times[is_known], self.idf, unknown)

    def arrays(self) -> dict[str, NDArray[np.generic]]:
        """What `from_arrays` needs to make it again."""
        unseen = np.array([self.unseen_idf])
        return {"keys": self.keys, "numbers": self.numbers, "idf": self.idf, "unseen": unseen}

    @classmethod
    def from_arrays(cls, analyzer: Analyzer, arrays: Arrays) -> "DigestVectorizer":
        """The reverse of `arrays`."""
        return cls(
            analyzer,
            arrays["keys"].astype(np.uint64, copy=False),
            arrays["numbers"].astype(np.int32, copy=False),
            arrays["idf"].astype(np.float32, copy=False),
            float(arrays["unseen"][0]),
        )
