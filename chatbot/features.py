"""The features of a text, and their digests: 64 bits stand for a term, so that none has to be kept.

A hundred thousand terms take 10 MB and 40 ms as a dict, and as sorted digests 1 MB that is read where it lies
in the file. Among a million terms two share a digest with a chance of one in thirty millions.
"""

import hashlib
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import lru_cache
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from chatbot.text import stem

Analyzer = Literal["words", "framed", "chars"]
Digests = NDArray[np.uint64]
PAIR_REACH = 3
_CACHED_WORDS = 8192
# Odd, and without a pattern in their bits; with the shifts as in splitmix64 (Steele, Lea and Flood, 2014).
_FIRST, _SECOND, _MIXED = (np.uint64(n) for n in (0x9E3779B97F4A7C15, 0xC2B2AE3D27D4EB4F, 0xBF58476D1CE4E5B9))
_LETTER = np.uint64(16)  # bits
_LONGEST_RUN = 4
_SHIFT, _SHIFT_AGAIN = np.uint64(30), np.uint64(27)


def word_features(tokens: Sequence[str]) -> list[str]:
    """Stems, pairs of stems at most two words apart, and concepts (tokens that begin with `_`)."""
    stems, concepts = _stems_and_concepts(tokens)
    return stems + _pairs(stems) + concepts


def framed_features(tokens: Sequence[str]) -> list[str]:
    """`word_features` with the text's two edges as words in the pairs: a question's frame tells its sense."""
    stems, concepts = _stems_and_concepts(tokens)
    framed = (p for p in _pairs(["^", *stems, "$"]) if p != "^ $")  # which tells nothing but shortness
    return [*stems, *framed, *concepts]


def _stems_and_concepts(tokens: Sequence[str]) -> tuple[list[str], list[str]]:
    return [stem(t) for t in tokens if not t.startswith("_")], [t for t in tokens if t.startswith("_")]


def _pairs(stems: Sequence[str]) -> list[str]:
    return [f"{a} {b}" for i, a in enumerate(stems) for b in stems[i + 1 : i + 1 + PAIR_REACH]]


def char_features(tokens: Sequence[str]) -> list[str]:
    """Runs of 2 to 4 characters inside each word, the word's two edges counted as characters."""
    return [run for t in tokens if not t.startswith("_") for run in _runs(t)]


def _runs(word: str) -> list[str]:
    padded = f" {word} "
    return [padded[i : i + n] for n in (2, 3, 4) for i in range(len(padded) - n + 1)]


FEATURES: Mapping[Analyzer, Callable[[Sequence[str]], list[str]]] = {
    "words": word_features,
    "framed": framed_features,
    "chars": char_features,
}


def word_digests(tokens: Sequence[str]) -> Digests:
    """The digests of `word_features`, shape (features,)."""
    stems = _stem_digests(tokens)
    return np.concatenate((stems, paired(*stems[_places(len(stems))]), _concept_digests(tokens)))


def framed_digests(tokens: Sequence[str]) -> Digests:
    """The digests of `framed_features`, shape (features,)."""
    stems = _stem_digests(tokens)
    framed = np.concatenate((_BEGIN, stems, _END))
    pairs = paired(*framed[_places(len(framed), are_framed=True)])
    return np.concatenate((stems, pairs, _concept_digests(tokens)))


def char_digests(tokens: Sequence[str]) -> Digests:
    """The digests of `char_features`, shape (features,)."""
    return np.concatenate([_NONE, *(run_digests(t) for t in tokens if not t.startswith("_"))])


def counted(digests: Digests) -> tuple[Digests, NDArray[np.intp]]:
    """Each digest once, and how often it stands there: `np.unique`, in half the time."""
    ordered = np.sort(digests)
    is_new = np.empty(len(ordered) + 1, bool)
    is_new[:1] = is_new[-1] = True
    np.not_equal(ordered[1:], ordered[:-1], out=is_new[1:-1])
    starts = np.flatnonzero(is_new)
    return ordered[starts[:-1]], starts[1:] - starts[:-1]


def digest(text: str) -> int:
    """64 bits of a text, the same in every process."""
    return int.from_bytes(hashlib.blake2b(text.encode(), digest_size=8).digest(), "little")


def term_digests(terms: Iterable[str], analyzer: Analyzer) -> Digests:
    """The digest of each term of a vocabulary, shape (terms,)."""
    if analyzer == "chars":
        return np.fromiter(map(_run_digest, terms), np.uint64)
    parts = [t.partition(" ") for t in terms]
    words = {word: digest(word) for a, _, b in parts for word in (a, b)}
    first, second = (np.fromiter((words[p[i]] for p in parts), np.uint64, len(parts)) for i in (0, 2))
    is_pair = np.fromiter((p[1] == " " for p in parts), bool, len(parts))
    return np.where(is_pair, paired(first, second), first)


def _digests(texts: Iterable[str]) -> Digests:
    return np.fromiter(map(digest, texts), np.uint64)


@lru_cache(maxsize=_CACHED_WORDS)
def _stem_digest(word: str) -> int:
    return digest(stem(word))


@lru_cache(maxsize=_CACHED_WORDS)
def run_digests(word: str) -> Digests:
    """The digests of one word's runs of characters, shape (runs,)."""
    letters = np.frombuffer(f" {word} ".encode("utf-16-le"), np.uint16).astype(np.uint64)
    if len(letters) != len(word) + 2:
        return np.fromiter(map(_run_digest, _runs(word)), np.uint64)
    two = letters[:-1] | letters[1:] << _LETTER
    three = two[:-1] | letters[2:] << _LETTER * 2
    return np.concatenate((two, three, three[:-1] | letters[3:] << _LETTER * 3))


def run_digests_each(words: Sequence[str]) -> tuple[Digests, NDArray[np.int32]]:
    """The digests of the runs of many words, in no order, and for each the place of its word."""
    written = [f" {w} ".encode("utf-16-le") for w in words]
    is_wide = np.array([len(b) != 2 * len(w) + 4 for b, w in zip(written, words, strict=True)], bool)
    letters = np.frombuffer(b"".join(written), np.uint16).astype(np.uint64)
    word = np.repeat(np.arange(len(words), dtype=np.int32), [len(b) // 2 for b in written])
    letters, word = letters[~is_wide[word]], word[~is_wide[word]]
    found, of, run = [_NONE], [word[:0]], letters
    for more in range(1, _LONGEST_RUN):
        run = run[:-1] | letters[more:] << _LETTER * np.uint64(more)
        is_within = word[:-more] == word[more:]
        found.append(run[is_within])
        of.append(word[:-more][is_within])
    for place in np.flatnonzero(is_wide).tolist():
        found.append(run_digests(words[place]))
        of.append(np.full(len(found[-1]), place, np.int32))
    return np.concatenate(found), np.concatenate(of)


def _run_digest(run: str) -> int:
    """A run's letters themselves, side by side, where they take 16 bits each."""
    written = run.encode("utf-16-le")
    return int.from_bytes(written, "little") if len(written) <= 8 else digest(run)


def _stem_digests(tokens: Sequence[str]) -> Digests:
    return np.fromiter((_stem_digest(t) for t in tokens if not t.startswith("_")), np.uint64)


def _concept_digests(tokens: Sequence[str]) -> Digests:
    return _digests(t for t in tokens if t.startswith("_"))


@lru_cache(maxsize=256)
def _places(count: int, *, are_framed: bool = False) -> NDArray[np.intp]:
    """Where the words of each pair stand among so many, shape (2, pairs); not the pair of two edges."""
    pairs = [(i, j) for i in range(count) for j in range(i + 1, min(i + 1 + PAIR_REACH, count))]
    kept = [p for p in pairs if not (are_framed and p == (0, count - 1))]
    return np.array(kept, np.intp).reshape(-1, 2).T


def paired(first: Digests, second: Digests) -> Digests:
    """The digests of pairs, of those of their stems."""
    mixed = first * _FIRST
    mixed += second * _SECOND
    mixed ^= mixed >> _SHIFT
    mixed *= _MIXED
    mixed ^= mixed >> _SHIFT_AGAIN
    return mixed


_NONE = np.zeros(0, np.uint64)
_BEGIN, _END = _digests("^"), _digests("$")
DIGESTS: Mapping[Analyzer, Callable[[Sequence[str]], Digests]] = {
    "words": word_digests,
    "framed": framed_digests,
    "chars": char_digests,
}
