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
        first = vector.features * np.int64(self.entries)
        begin, end, at, past = self.places.searchsorted(first + self._steps(best))
        known, own = end > begin, past > at
        squares = vector.weights * vector.weights
        if out is not None and out.entry >= 0:
            at, past = self.places.searchsorted(first + self._steps(out.entry)[2:])
            had = past > at
            left = had & (self.counts[at * had] > 1) & (not out.is_whole)
            known = (end - begin > had) | left
            own = left if out.entry == best else own
        return Shares(float(squares @ known), float(squares @ own))

    def _steps(self, entry: int) -> Ints:
        """From a feature's first place to its end, to the entry's place, and past that."""
        return np.array([[0], [self.entries], [entry], [entry + 1]], np.int64)

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
