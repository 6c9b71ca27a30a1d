"""Terms: which features of a message the entries use, and which of them the best entry does.

Unlike the lexicon's words these are all that a word vector is made of: pairs of words as well, and each with
its weight there.
"""

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from chatbot.lexicon import LeftOut, Shares
from chatbot.vectors import Arrays, Vector

if TYPE_CHECKING:
    from scipy.sparse import csr_matrix

Ints = NDArray[np.int64]
Counts = NDArray[np.uint8]
_MOST = 255


@dataclass(frozen=True)
class Terms:
    """In how many rows of which entries each feature stands (at most _MOST).

    `places` are sorted; that of a feature with an entry is `feature * entries + entry`.
    """

    entries: int
    places: Ints
    counts: Counts

    @classmethod
    def of(cls, rows: "csr_matrix", owners: NDArray[np.int32], entries: int) -> "Terms":
        """Count the features of the rows; a row whose owner is below 0 is no entry's."""
        owner = np.repeat(owners, np.diff(rows.indptr)).astype(np.int64)
        own = owner >= 0
        found, counts = np.unique(rows.indices[own] * np.int64(entries) + owner[own], return_counts=True)
        return cls(entries, found, np.minimum(counts, _MOST).astype(np.uint8))

    def shares(self, vector: Vector, best: int, out: LeftOut | None = None) -> Shares:
        """The shares of a vector's squared length that any entry knows, and that the entry `best` knows."""
        if not len(self.places):
            return Shares(0.0, 0.0)
        first = vector.features * np.int64(self.entries)
        begin = self.places.searchsorted(first)
        one, two = (self.places.take(begin + i, mode="clip") for i in (0, 1))
        known = (one >= first) & (one < first + self.entries)
        _, own = self._stand(first + best)
        squares = vector.weights * vector.weights
        if out is not None and out.entry >= 0:
            at, had = self._stand(first + out.entry)
            left = had & (self.counts.take(at, mode="clip") > 1) & (not out.is_whole)
            others = (two > one) & (two < first + self.entries)
            known = np.where(had, others | left, known)
            own = left if out.entry == best else own
        return Shares(float(squares @ known), float(squares @ own))

    def _stand(self, places: Ints) -> tuple[NDArray[np.intp], NDArray[np.bool_]]:
        """Where in `places` each of these is, or would be, and whether it is there."""
        at = self.places.searchsorted(places)
        return at, self.places.take(at, mode="clip") == places

    def arrays(self) -> dict[str, NDArray[np.generic]]:
        """What `from_arrays` needs to make it again."""
        return {"entries": np.array([self.entries]), "places": self.places, "counts": self.counts}

    @classmethod
    def from_arrays(cls, arrays: Arrays) -> "Terms":
        """The reverse of `arrays`."""
        places, counts = arrays["places"], arrays["counts"]
        return cls(
            int(arrays["entries"][0]),
            places.astype(np.int64, copy=False),
            counts.astype(np.uint8, copy=False),
        )
