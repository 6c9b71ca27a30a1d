"""Cutting a knowledge that is too large to be solved at once into blocks of entries that are alike.

Solving takes memory with the square of the rows and work with the third power. Rows of different blocks count
as not alike at all, so what is alike has to stay together: the entries' centroids, projected at random,
are halved across their widest extent until each block is small enough.
To each block come guests, the rows of other blocks that are nearest to one of its entries: so that an entry
does not speak for what belongs to a neighbour across the border.
"""

from collections.abc import Sequence
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from numpy.typing import NDArray

from chatbot.features import Digests
from chatbot.lexicon import Row
from chatbot.vectors import squeezed

if TYPE_CHECKING:
    from scipy.sparse import csr_matrix

Ints = NDArray[np.int32]
Floats = NDArray[np.float32]

MOST_ROWS = 8000  # that are solved at once: some 10 s and 1 GB; below, an edit moves no other entry
BLOCK_ROWS = 600  # of a block's entries, where they have to be cut
GUESTS = 500
NEAR_BLOCKS = 32  # those whose rows may come as guests: to look at all would take the square of the rows
_STEP = 512  # rows that are held against entries at a time
_PROJECTED = 5_000  # vectors that are made points at a time


class Block(NamedTuple):
    """The numbers of the entries and of the rows that are solved together, and of the guests; ascending."""

    entries: Ints
    rows: Ints
    guests: Ints


class Nearest(NamedTuple):
    """Of each stranger: the entry that it is most like, and how like."""

    entries: Ints
    likeness: Floats


def nearest_entries(rows: Sequence[Row], vectors: "csr_matrix", entries: int) -> Nearest:
    """For the strangers among the rows (they stand last), the entry whose rows they are most like."""
    own = sum(r.entry >= 0 for r in rows)
    if not own:
        return Nearest(np.zeros(0, np.int32), np.zeros(0, np.float32))
    centroids = _centroids(rows, vectors, entries)
    found = Nearest(np.zeros(len(rows) - own, np.int32), np.zeros(len(rows) - own, np.float32))
    for start in range(0, len(rows) - own, _STEP):
        part = slice(start, min(start + _STEP, len(rows) - own))
        likeness = (vectors[own + part.start : own + part.stop] @ centroids.T).toarray()
        found.entries[part] = likeness.argmax(axis=1)
        found.likeness[part] = likeness.max(axis=1)
    return found


def blocks_of(
    rows: Sequence[Row], vectors: "csr_matrix", digests: Digests, entries: int, nearest: Ints
) -> list[Block]:
    """One block of all, or several where there are too many rows; `nearest` as `nearest_entries` has it.

    `vectors` has a row each, of features whose terms have these digests. A stranger goes to the block of the
    entry that it is most like.
    """
    numbers = np.array([r.entry for r in rows], np.int32)
    if len(rows) <= MOST_ROWS or not entries:
        everything = (np.arange(n, dtype=np.int32) for n in (entries, len(rows), 0))
        return [Block(*everything)]
    sizes = np.bincount(numbers[numbers >= 0], minlength=entries)
    numbers[numbers < 0] = nearest
    points = _points(_centroids(rows, vectors, entries), digests)
    of_rows = _points(vectors, digests)
    block_of = np.zeros(entries, np.int32)
    groups = _halved(points, sizes, np.arange(entries, dtype=np.int32))
    for i, group in enumerate(groups):
        block_of[group] = i
    order = np.argsort(block_of[numbers], kind="stable").astype(np.int32)
    ends = np.searchsorted(block_of[numbers][order], np.arange(1, len(groups)))
    rows_of = np.split(order, ends)
    centers = _unit(np.stack([points[group].mean(axis=0) for group in groups]))
    nearness = centers @ centers.T
    np.fill_diagonal(nearness, -np.inf)
    blocks = []
    for i, group in enumerate(groups):
        around = np.argsort(-nearness[i], kind="stable")[: min(NEAR_BLOCKS, len(groups) - 1)]
        others = np.sort(np.concatenate([rows_of[b] for b in around]))
        guests = _guests(of_rows, points[group], others)
        blocks.append(Block(np.sort(group), np.sort(rows_of[i]), guests))
    return blocks


def _guests(rows: Floats, entries: Floats, others: Ints) -> Ints:
    """Which of the rows of `others` come nearest to one of a block's entries; all given as points."""
    if len(others) <= GUESTS:
        return others
    nearness = np.concatenate(
        [(entries @ rows[others[i : i + _STEP]].T).max(axis=0) for i in range(0, len(others), _STEP)]
    )
    least = np.partition(nearness, -GUESTS)[-GUESTS]
    nearer, alike = np.flatnonzero(nearness > least), np.flatnonzero(nearness == least)
    return np.sort(others[np.append(nearer, alike[: GUESTS - len(nearer)])])


def _unit(points: Floats) -> Floats:
    lengths = np.linalg.norm(points, axis=1, keepdims=True)
    return np.asarray(points / np.maximum(lengths, 1e-6), np.float32)


def _points(vectors: "csr_matrix", digests: Digests) -> Floats:
    """The vectors as unit vectors of few dimensions, shape (vectors, 64).

    Some at a time: the projection of all features at once would take gigabytes of a million rows.
    """
    parts = []
    for start in range(0, vectors.shape[0], _PROJECTED):
        held, some = squeezed(vectors[start : start + _PROJECTED])
        parts.append(_unit(np.asarray(some @ signs(digests[held]), np.float32)))
    return np.concatenate(parts)


def signs(digests: Digests) -> Floats:
    """A random projection of signs, shape (features, 64): of a term the same, whatever others there are.

    So an edit moves few entries to another block, and hardly any score (Achlioptas, 2003).
    """
    bits = np.unpackbits(digests.view(np.uint8)).reshape(len(digests), -1)
    return (2 * bits.view(np.int8) - 1).astype(np.float32)


def _halved(points: Floats, sizes: NDArray[np.int64], group: Ints) -> list[Ints]:
    if len(group) == 1 or sizes[group].sum() <= BLOCK_ROWS:
        return [group]
    some = points[group] - points[group].mean(axis=0)
    widest = np.linalg.eigh(some.T @ some)[1][:, -1]
    order = group[np.argsort(some @ widest, kind="stable")]
    sums = np.cumsum(sizes[order])
    cut = int(np.clip(np.searchsorted(sums, sums[-1] / 2) + 1, 1, len(order) - 1))
    return [*_halved(points, sizes, order[:cut]), *_halved(points, sizes, order[cut:])]


def _centroids(rows: Sequence[Row], vectors: "csr_matrix", entries: int) -> "csr_matrix":
    """The unit mean of each entry's rows, shape (entries, features)."""
    from scipy.sparse import csr_matrix, diags

    own = sum(r.entry >= 0 for r in rows)
    members = ([r.entry for r in rows[:own]], range(own))
    sums = csr_matrix((np.ones(own, np.float32), members), (entries, own)) @ vectors[:own]
    lengths = np.sqrt(sums.multiply(sums).sum(axis=1).A1)
    return diags(1 / np.maximum(lengths, 1e-6)).astype(np.float32) @ sums
