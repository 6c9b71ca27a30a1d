"""What each feature of a message speaks for: one weight for each entry, and one for none of them.

A knowledge of a usual size keeps a table of them. A large one keeps, of each entry, those that matter:
most of a column comes from features that the entry's wordings do not have and moves no ranking.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple, Protocol

import numpy as np
from numpy.typing import NDArray

from chatbot.vectors import Arrays, Vector

if TYPE_CHECKING:
    from scipy.sparse import csr_matrix

Floats = NDArray[np.float32]
Halves = NDArray[np.float16]  # half precision: it halves the file, and moves no score by a thousandth
Ints = NDArray[np.int32]
_LEAST_HALF = np.float32(6.2e-5)  # what is smaller is no normal half, and moves no score
_FAINT = np.float32(2.0**112)  # how much smaller is what `_faint` makes of a half
# Half of what is cut off, less the tie; and an exponent counted from -15 instead of -127.
_ROUNDED_AND_BIASED = np.uint32((0xFFF - (112 << 23)) % 2**32)
_STEP = 64  # lines of a table that are made at a time

WORD_SHARE = 0.5  # of the likeness of two texts; the rest is the character runs'
INTERCEPT = 0.25  # what every text has of one more feature, the last: how often an entry is meant at all
MOST_ENTRIES = 2000  # of a large knowledge, whose largest weights of one feature are kept
LEAST = 0.04  # of an entry's largest weight: what is smaller is left out of a large knowledge


class Weights(Protocol):
    """The weights of one vectorizer's features."""

    def scores(self, vector: Vector) -> Floats:
        """The score of each entry, and of none of them last, shape (entries + 1,)."""

    def scores_of(self, rows: "csr_matrix") -> Floats:
        """The same for several texts, their vectors as rows: shape (texts, entries + 1)."""

    def bytes_of(self, features: Ints) -> int:
        """How many bytes a score of these features reads."""

    def arrays(self) -> dict[str, NDArray[np.generic]]:
        """What `weights_from` needs to make it again."""


@dataclass(frozen=True)
class Table:
    """All weights: those of feature f are line places[f] of `lines`, times factors[f].

    `lines` has the shape (lines, entries + 1). A feature that stands in one row speaks as that row does,
    only fainter; most features are such, and those of one row share its line. The last line is empty, for
    features that stand in no row.
    """

    lines: Halves
    places: Ints
    factors: Floats

    @classmethod
    def of(cls, rows: "csr_matrix", duals: Floats, share: float) -> "Table":
        """Keep `share * rows.T @ duals`: rows of shape (rows, features), their duals (rows, entries + 1)."""
        columns = rows.tocsc()
        held = np.diff(columns.indptr)
        several, single = np.flatnonzero(held > 1), np.flatnonzero(held == 1)
        only = columns.indptr[single]  # where the one row of each single feature stands
        speaking, line = np.unique(columns.indices[only], return_inverse=True)
        places = np.full(len(held), len(several) + len(speaking), np.int32)
        factors = np.zeros(len(held), np.float32)
        places[several], factors[several] = np.arange(len(several)), share
        places[single], factors[single] = len(several) + line, share * columns.data[only]
        summed = np.asarray(columns[:, several].T @ duals, np.float32)
        empty = np.zeros((1, duals.shape[1]), np.float32)
        return cls(_halves((summed, duals[speaking], empty)), places, factors)

    def scores(self, vector: Vector) -> Floats:
        """The score of each entry, and of none of them last, shape (entries + 1,)."""
        lines = _faint(self.lines[self.places[vector.features]])
        return np.asarray((vector.weights * self.factors[vector.features] * _FAINT) @ lines, np.float32)

    def scores_of(self, rows: "csr_matrix") -> Floats:
        """The same for several texts, their vectors as rows: shape (texts, entries + 1)."""
        from scipy.sparse import csr_matrix

        parts = (rows.data * self.factors[rows.indices] * _FAINT, self.places[rows.indices], rows.indptr)
        spoken = csr_matrix(parts, (rows.shape[0], len(self.lines)))
        return np.asarray(spoken @ _faint(self.lines), np.float32)

    def bytes_of(self, features: Ints) -> int:
        """How many bytes of lines a score of these features reads."""
        return int(len(np.unique(self.places[features])) * self.lines[0].nbytes)

    def arrays(self) -> dict[str, NDArray[np.generic]]:
        """What `weights_from` needs to make it again."""
        return {"lines": self.lines, "places": self.places, "factors": self.factors}


def _halves(parts: Sequence[Floats]) -> Halves:
    """Parts of the same width, one below the other, in half precision."""
    halves = np.empty((sum(map(len, parts)), parts[0].shape[1]), np.uint16)
    end = 0
    for part in parts:
        for start in range(0, len(part), _STEP):  # what is worked on at a time stays near the processor
            some = part[start : start + _STEP]
            halves[end : end + len(some)] = _half(some)
            end += len(some)
    return halves.view(np.float16)


def _half(numbers: Floats) -> NDArray[np.uint32]:
    """The bits of halves (IEEE 754, to the nearest, ties to even) of numbers below 65,504; 0 for tiny ones.

    Done on the bits, here and below: a cast takes several times as long.
    """
    bits = np.ascontiguousarray(numbers).view(np.uint32)
    size = bits & np.uint32(0x7FFFFFFF)
    half = (size + ((size >> 13) & 1) + _ROUNDED_AND_BIASED) >> 13
    half *= size >= _LEAST_HALF.view(np.uint32)
    return np.asarray(half | ((bits >> 16) & 0x8000), np.uint32)


def _faint(halves: Halves) -> Floats:
    """Numbers of single precision that are _FAINT times as small: a half's bits, where theirs stand.

    An exponent counts from -127 there instead of from -15, which makes the difference.
    """
    bits = halves.view(np.int16).astype(np.int32)
    bits <<= 13
    bits &= ~0x70000000  # of the sign that a longer number is filled up with, one bit
    return bits.view(np.float32)


class BlockWeights(NamedTuple):
    """The weights that were learned from a block: of some features, for some entries, and for none of them.

    `weights` has the shape (features, entries), `none` (features,).
    """

    features: Ints
    entries: Ints
    weights: "csr_matrix"
    none: Floats

    @classmethod
    def of(cls, features: Ints, entries: Ints, weights: Floats) -> "BlockWeights":
        """Keep of a table of shape (features, entries + 1) what is not small for its entry."""
        from scipy.sparse import csr_matrix

        own, none = weights[:, :-1], weights[:, -1].copy()
        size = np.abs(own)
        is_kept = (size >= LEAST * size.max(axis=0, initial=0.0)) & (size > 0)
        # As csr_matrix makes it of the table with zeros, in half the time.
        starts = np.append(0, np.cumsum(np.count_nonzero(is_kept, axis=1)))
        kept = csr_matrix((own[is_kept], np.nonzero(is_kept)[1], starts), own.shape)
        return cls(features, entries, kept, none)


@dataclass(frozen=True)
class Sparse:
    """The weights that matter, by feature: those of feature f stand at starts[f] to starts[f + 1]."""

    starts: Ints
    entries: NDArray[np.integer]  # of 16 bits, where that will do
    weights: Floats  # turning halves into these would take most of the time of a score
    width: int

    @classmethod
    def of(cls, parts: Sequence[BlockWeights], shape: tuple[int, int]) -> "Sparse":
        """Put blocks' weights side by side, which have no entry in common: shape (features, entries + 1).

        For "none of them" each block has a weight, and they are added.
        """
        held, none = np.zeros(shape[0], np.int64), np.zeros(shape[0], np.float32)
        for part in parts:
            held[part.features] += np.diff(part.weights.indptr)
            none[part.features] += part.none
        has_none = none != 0
        ends = np.cumsum(held + has_none)
        free = ends - held - has_none
        entries, weights = np.empty(ends[-1], np.int32), np.empty(ends[-1], np.float32)
        for part in parts:
            starts = part.weights.indptr
            places = np.repeat(free[part.features] - starts[:-1], np.diff(starts)) + np.arange(starts[-1])
            entries[places] = part.entries[part.weights.indices]
            weights[places] = part.weights.data
            free[part.features] += np.diff(starts)
        entries[free[has_none]], weights[free[has_none]] = shape[1] - 1, none[has_none]
        return cls(np.append(0, ends).astype(np.int32), entries, weights, shape[1]).bounded(MOST_ENTRIES)

    def bounded(self, most: int) -> "Sparse":
        """The same, of each feature the `most` largest weights, and that of "none of them".

        What stands with so many entries tells little of any, and to read it all costs most of a score.
        """
        is_kept = np.ones(len(self.entries), bool)
        for feature in np.flatnonzero(np.diff(self.starts) > most).tolist():
            part = slice(*self.starts[feature : feature + 2].tolist())
            size = np.where(self.entries[part] == self.width - 1, np.inf, np.abs(self.weights[part]))
            least = np.partition(size, -most)[-most]
            is_kept[part] = size >= least
        starts = np.append(0, np.cumsum(is_kept))[self.starts]
        short = np.dtype(np.uint16 if self.width <= 1 << 16 else np.int32)
        entries = self.entries[is_kept].astype(short)
        return Sparse(starts.astype(np.int32), entries, self.weights[is_kept], self.width)

    def scores(self, vector: Vector) -> Floats:
        """The score of each entry, and of none of them last, shape (entries + 1,)."""
        starts, ends = self.starts[vector.features], self.starts[vector.features + 1]
        slices = list(map(slice, starts.tolist(), ends.tolist()))
        if not slices:
            return np.zeros(self.width, np.float32)
        entries = np.concatenate([self.entries[s] for s in slices])
        speaking = np.concatenate([self.weights[s] for s in slices])
        speaking *= np.repeat(vector.weights, ends - starts)
        return np.bincount(entries, speaking, self.width).astype(np.float32)

    def scores_of(self, rows: "csr_matrix") -> Floats:
        """The same for several texts, their vectors as rows: shape (texts, entries + 1)."""
        from scipy.sparse import csr_matrix

        shape = (len(self.starts) - 1, self.width)
        entries = self.entries.astype(np.int32, copy=False)
        whole = csr_matrix((self.weights, entries, self.starts), shape)
        return np.asarray((rows @ whole).toarray(), np.float32)

    def bytes_of(self, features: Ints) -> int:
        """How many bytes a score of these features reads."""
        each = self.entries.itemsize + self.weights.itemsize
        return each * int((self.starts[features + 1] - self.starts[features]).sum())

    def arrays(self) -> dict[str, NDArray[np.generic]]:
        """What `weights_from` needs to make it again."""
        width = np.array([self.width])
        return {"starts": self.starts, "entries": self.entries, "weights": self.weights, "width": width}


def weights_from(arrays: Arrays) -> Weights:
    """The reverse of `arrays`."""
    if "lines" in arrays:
        return Table(
            arrays["lines"].astype(np.float16, copy=False),
            arrays["places"].astype(np.int32, copy=False),
            arrays["factors"].astype(np.float32, copy=False),
        )
    starts, given = arrays["starts"].astype(np.int32, copy=False), arrays["entries"]
    entries = given.astype(np.dtype(np.uint16 if given.itemsize == 2 else np.int32), copy=False)
    weights = arrays["weights"].astype(np.float32, copy=False)
    return Sparse(starts, entries, weights, int(arrays["width"][0]))
