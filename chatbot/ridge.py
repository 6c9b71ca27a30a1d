"""Kernel ridge regression over the rows' likeness, and what a row would score with itself left out.

Each kind of row has a ridge of its own: sentences of answers are trusted less than phrasings (Saunders,
Gammerman and Vovk, 1998). Scores with rows left out follow in closed form (Cawley and Talbot, 2003).

A message is then held against each entry's profile: the mean of the scores, over all entries, that the
entry's own rows have when left out. An entry whose wordings also speak a little for two neighbours is so
told from those neighbours, which speak for it otherwise (stacking, Wolpert 1992, with a cosine on top).
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from chatbot.lexicon import Row

if TYPE_CHECKING:
    from scipy.sparse import csr_matrix

Floats = NDArray[np.float32]
Ints = NDArray[np.int32]

RIDGE = 0.3
SENTENCE_RIDGE = 3.6
STRANGER_RIDGE, BACKGROUND_RIDGE = 0.6, 0.9  # of what was asked and nothing answers, and of anything else
GUEST = -2  # in place of an entry's number: of an entry that is not among these
ALSO = 0.6  # what a question is to speak for the further entries that answer it
COMMON = 0.03  # of all rows: features that so many have are multiplied as a dense matrix
PRESUMED = 1.0  # trusted rows that score for their own entry alone, beside the entry's rows in its profile


@dataclass(frozen=True)
class Inverse:
    """The inverse of a ridge system, shape (rows, rows), never formed: `root.T @ root + left @ right.T`.

    `root` is the inverse of a system's Cholesky factor. `places` are the rows' numbers in that system, -1 for
    a row that it lacks, and whose part of the first product is zero. `squares` is the first one's diagonal.
    """

    root: Floats
    squares: Floats
    places: Ints
    left: Floats
    right: Floats

    @classmethod
    def of(cls, system: Floats) -> "Inverse":
        """Invert a symmetric positive definite system, which is lost."""
        root, none = _inverse_root(system), np.zeros((len(system), 0), np.float32)
        squares = np.einsum("ij,ij->j", root, root)
        return cls(root, squares, np.arange(len(system), dtype=np.int32), none, none)

    @cached_property
    def diagonal(self) -> Floats:
        """The diagonal, shape (rows,)."""
        own = np.where(self.places >= 0, self.squares[self.places], 0.0)
        return np.asarray(own + np.einsum("ij,ij->i", self.left, self.right), np.float32)

    def block(self, rows: Sequence[int]) -> Floats:
        """What stands at the rows and columns given."""
        places = self.places[rows]
        columns = self.root[max(places.min(), 0) :, places]  # above, a lower triangle is empty
        columns[:, places < 0] = 0.0
        return np.asarray(columns.T @ columns + self.left[rows] @ self.right[rows].T, np.float32)


@dataclass(frozen=True)
class Solution:
    """The solved ridge system: `duals` of shape (rows, entries + 1), the last column the background's.

    Rows of entry GUEST are known to speak for none of these entries, and not for the background either.
    `entries` is the number of each row's entry, -1 for background; `trust` each row's weight.
    """

    inverse: Inverse
    targets: Floats
    duals: Floats
    entries: Ints
    trust: Floats

    @classmethod
    def of(cls, gram: Floats, rows: Sequence[Row], entries: int) -> "Solution":
        """Solve for the rows' duals."""
        from scipy.sparse import csr_matrix

        ridges = _ridges(rows)
        system = gram.copy()
        system[np.diag_indices_from(system)] += ridges
        inverse = Inverse.of(system)
        targets = _targets(rows, entries)
        # Of the targets nearly all are zero.
        duals = inverse.root.T @ (csr_matrix(targets.T) @ inverse.root.T).T
        return cls(inverse, targets, duals, _numbers(rows), RIDGE / ridges)

    def changed(self, places: Ints, columns: Ints, gram: Floats, rows: Sequence[Row]) -> "Solution":
        """The solution for other `rows`, few of which are new or gone, by block elimination.

        `places` says where each row stands here (-1: it is new), `columns` the same of each entry; `gram` has
        the new rows' dot products with all rows, shape (new, rows). This one must have been solved whole.
        """
        old, new = np.flatnonzero(places >= 0), np.flatnonzero(places < 0)
        base = places[old]
        gone = np.setdiff1d(np.arange(len(self.duals)), base)
        root = self.inverse.root
        across = gram[:, old].T
        spread = np.zeros((len(root), len(new)), np.float32)
        spread[base] = across
        # To go through the whole root once for both is what takes the time here.
        held, over = np.split(root.T @ np.hstack([root[:, gone], root @ spread]), [len(gone)], axis=1)
        lift = _over(held[base], held[gone])
        columns = np.append(columns, len(self.duals[0]) - 1)
        known = np.where(columns >= 0, self.duals[:, columns], 0.0)
        duals = np.zeros((len(rows), len(columns)), np.float32)
        duals[old] = known[base] - lift @ known[gone]
        ridges, targets = _ridges(rows), _targets(rows, len(columns) - 1)
        border = np.zeros((len(rows), len(new)), np.float32)
        border[old] = over[base] - lift @ (held[base].T @ across)
        border[new] = -np.eye(len(new), dtype=np.float32)
        pushed = _over(border, gram[:, new] + np.diag(ridges[new]) - across.T @ border[old])
        duals += pushed @ (across.T @ duals[old] - targets[new])
        left, right = (np.zeros((len(rows), len(gone) + len(new)), np.float32) for _ in range(2))
        left[old, : len(gone)], right[old, : len(gone)] = -lift, held[base]
        left[:, len(gone) :], right[:, len(gone) :] = pushed, border
        inverse = Inverse(root, self.inverse.squares, places, left, right)
        return Solution(inverse, targets, duals, _numbers(rows), RIDGE / ridges)

    @property
    def background(self) -> Floats:
        """The background's score of each row with all rows in, shape (rows,)."""
        return np.asarray(self.targets[:, -1] - (RIDGE / self.trust) * self.duals[:, -1], np.float32)

    @cached_property
    def each_left_out(self) -> Floats:
        """The ridge's scores of each row, shape (rows, entries + 1), were that row alone left out."""
        return np.asarray(self.targets - self.duals / self.inverse.diagonal[:, None], np.float32)

    def left_out(self, places: Sequence[int]) -> Floats:
        """The ridge's scores of the rows at `places`, shape (places, entries + 1), were all left out."""
        block = self.inverse.block(places)
        return np.asarray(self.targets[places] - np.linalg.solve(block, self.duals[places]), np.float32)

    @cached_property
    def _profile_sums(self) -> Floats:
        """For each entry the trusted sum of its rows' left-out scores, shape (entries, entries).

        PRESUMED is as much of the entry alone: the profile of few rows would be chance.
        """
        from scipy.sparse import csr_matrix

        own = np.flatnonzero(self.entries >= 0)
        width = self.targets.shape[1] - 1
        trusted = csr_matrix((self.trust[own], (self.entries[own], own)), (width, len(self.entries)))
        presumed = PRESUMED * np.eye(width, dtype=np.float32)
        return np.asarray(trusted @ self.each_left_out[:, :-1] + presumed, np.float32)

    @cached_property
    def _profiles(self) -> Floats:
        return _unit(self._profile_sums)

    @cached_property
    def scoring(self) -> Floats:
        """The duals of the whole score, shape (rows, entries + 1)."""
        return self.scored(self.duals)

    def scored(self, ridge: Floats) -> Floats:
        """The whole score, shape (messages, entries + 1): how like the ridge's are to each entry's profile.

        The last column stays.
        """
        return np.column_stack([ridge[:, :-1] @ self._profiles.T, ridge[:, -1]])

    def each_scored(self, places: Sequence[int]) -> Floats:
        """The whole score of each row at `places`, were that row alone left out: of its profile as well."""
        from scipy.sparse import csr_matrix

        # As `scored(each_left_out[places])`, which is linear: nearly all targets are zero, and `scoring` is
        # there already.
        spoken = csr_matrix(self.targets[places]) @ self.scored(
            np.eye(self.targets.shape[1], dtype=np.float32)
        )
        whole = np.asarray(spoken - self.scoring[places] / self.inverse.diagonal[places, None], np.float32)
        own = np.flatnonzero(self.entries[places] >= 0)
        row = np.asarray(places, np.intp)[own]
        entry, ridge = self.entries[row], self.each_left_out[row, :-1]
        without = _unit(self._profile_sums[entry] - self.trust[row, None] * ridge)
        whole[own, entry] = np.einsum("ij,ij->i", ridge, without)
        return whole

    def scored_without(self, entries: Sequence[int]) -> tuple[list[int], Floats]:
        """The places of the entries' rows, and the whole score of each without its entry, which gets -1."""
        places = [np.flatnonzero(self.entries == e).tolist() for e in entries]
        all_places = [p for of_one in places for p in of_one]
        none = np.zeros((0, self.targets.shape[1]), np.float32)
        ridge = np.concatenate([none, *(self.left_out(p) for p in places if p)])
        own = np.arange(len(all_places)), self.entries[all_places]
        ridge[own] = 0.0
        whole = self.scored(ridge)
        whole[own] = -1.0
        return all_places, whole


@contextmanager
def one_thread() -> Iterator[None]:
    """Have linear algebra keep to one thread.

    Its threads wait by spinning, and on a machine that also answers visitors a second one was measured to
    cost twenty times what it saves.
    """
    import scipy.linalg.lapack  # noqa: F401 - brings threads of its own, which are to be there to be limited
    from threadpoolctl import threadpool_limits

    with threadpool_limits(1):
        yield


def gram(weighed: "Sequence[tuple[float, csr_matrix]]") -> Floats:
    """The weighted sum of the dot products of several vectors of each row, shape (rows, rows).

    What is common is dense, and quicker so.
    """
    from scipy.sparse import hstack

    rows = hstack([vectors * np.float32(np.sqrt(weight)) for weight, vectors in weighed], "csr")
    seen = np.bincount(rows.indices, minlength=rows.shape[1])
    is_common = seen > COMMON * rows.shape[0]
    common, rare = rows[:, is_common].toarray(), rows[:, ~is_common]
    return np.asarray(common @ common.T + (rare @ rare.T).toarray(), np.float32)


def _unit(rows: Floats) -> Floats:
    return np.asarray(rows / np.maximum(np.linalg.norm(rows, axis=1, keepdims=True), 1e-6), np.float32)


def _inverse_root(system: Floats) -> Floats:
    """The inverse of the lower Cholesky factor of a symmetric positive definite matrix, which is lost.

    Single precision is enough: with a ridge of 0.3 the condition number stays below a few thousand.
    """
    from scipy.linalg.lapack import spotrf, strtri

    # Its own transpose, which lies as LAPACK wants it: nothing is copied.
    factor, failed = spotrf(system.T, lower=1, clean=1, overwrite_a=1)
    root, failed_too = strtri(factor, lower=1, overwrite_c=1)
    if failed or failed_too:
        raise np.linalg.LinAlgError("the likeness of the rows is not positive definite")
    return np.asarray(root, np.float32)


def _over(numerator: Floats, system: Floats) -> Floats:
    """`numerator @ inv(system)` of a small symmetric system."""
    return np.asarray(np.linalg.solve(system.astype(np.float64), numerator.T).T, np.float32)


def _targets(rows: Sequence[Row], entries: int) -> Floats:
    """What each row is to speak for, shape (rows, entries + 1)."""
    numbers = _numbers(rows)
    targets = np.zeros((len(rows), entries + 1), np.float32)
    targets[np.arange(len(rows)), numbers] = 1.0  # -1 is the last column
    targets[numbers == GUEST] = 0.0
    for place, row in enumerate(rows):
        if row.also:
            targets[place, list(row.also)] = ALSO
    return targets


def _numbers(rows: Sequence[Row]) -> Ints:
    return np.array([r.entry for r in rows], np.int32)


def _ridges(rows: Sequence[Row]) -> Floats:
    return np.array([_ridge(r) for r in rows], np.float32)


def _ridge(row: Row) -> float:
    if row.entry < 0:
        return STRANGER_RIDGE if row.is_asked else BACKGROUND_RIDGE
    return SENTENCE_RIDGE if row.is_sentence else RIDGE
