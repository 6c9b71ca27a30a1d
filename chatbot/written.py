"""The rows of an index as they are written, and one entry's rows as vectors, where they are asked for."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from chatbot.lexicon import Row
from chatbot.vectors import Arrays, Vector, packed

Floats = NDArray[np.float32]
Ints = NDArray[np.int32]
_PARTS = ("features", "weights")


@dataclass(frozen=True)
class Written:
    """The rows as they are written: seldom read, so their texts stay packed until one is."""

    texts: NDArray[np.generic]
    entries: Ints  # the entry's number of each row, -1 for background
    sentences: NDArray[np.bool_]

    @classmethod
    def of(cls, rows: Sequence[Row]) -> "Written":
        """Pack rows."""
        entries = np.array([r.entry for r in rows], np.int32)
        return cls(packed(r.text for r in rows), entries, np.array([r.is_sentence for r in rows], bool))

    def __len__(self) -> int:
        """How many rows there are."""
        return len(self.entries)

    def of_entry(self, entry: int) -> list[Row]:
        """The rows of one entry, in their order."""
        places = np.flatnonzero(self.entries == entry)
        return [Row(self._text(i), entry, bool(self.sentences[i])) for i in places.tolist()]

    def _text(self, place: int) -> str:
        begin, end = self._bounds[place : place + 2].tolist()
        return self.texts[begin + 1 : end].tobytes().decode()

    @cached_property
    def _bounds(self) -> NDArray[np.int64]:
        """Where what parts the texts stands, the two outer ends included."""
        return np.concatenate(([-1], np.flatnonzero(self.texts == 0), [len(self.texts)]))

    def arrays(self) -> dict[str, NDArray[np.generic]]:
        """What `from_arrays` needs to make it again."""
        return {"texts": self.texts, "entries": self.entries, "sentences": self.sentences}

    @classmethod
    def from_arrays(cls, arrays: Arrays) -> "Written":
        """The reverse of `arrays`."""
        entries = arrays["entries"].astype(np.int32, copy=False)
        return cls(arrays["texts"], entries, arrays["sentences"].astype(bool, copy=False))


class Rows(NamedTuple):
    """The vectors of some rows end to end, and which row each of their features is of."""

    features: Ints
    weights: Floats
    owners: NDArray[np.intp]
    size: int

    @classmethod
    def of(cls, vectors: Sequence[Vector]) -> "Rows":
        """Put vectors end to end."""
        lengths = [len(v.features) for v in vectors]
        none = Vector(np.zeros(0, np.int32), np.zeros(0, np.float32))
        features, weights = (np.concatenate([getattr(v, n) for v in (*vectors, none)]) for n in _PARTS)
        return cls(features, weights, np.repeat(np.arange(len(vectors)), lengths), len(vectors))

    def cosines(self, message: Vector, width: int) -> Floats:
        """The dot product of a vector, of `width` features, with each row: float32 of shape (rows,)."""
        wanted = np.zeros(width, np.float32)
        wanted[message.features] = message.weights
        shares = wanted[self.features] * self.weights
        return np.bincount(self.owners, shares, self.size).astype(np.float32)


class EntryRows(NamedTuple):
    """An entry's rows, and their vectors by each vectorizer."""

    rows: list[Row]
    vectors: list[Rows]
