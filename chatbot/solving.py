"""Solving a knowledge's ridge system, whole or block by block: weights, and scores with rows left out."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from chatbot.blocks import Block, Floats
from chatbot.lexicon import Row
from chatbot.ridge import GUEST, Solution, gram
from chatbot.weights import WORD_SHARE, Sparse, Table, Weights, that_matter

if TYPE_CHECKING:
    from scipy.sparse import csr_matrix

    Vectors = tuple[csr_matrix, csr_matrix]  # of words and of characters, a row a text

# Of a knowledge that was cut into blocks, so many rows are tried, and so many scores are held for that.
MOST_TRIALS, MOST_SCORES = 20_000, 20_000_000
_STEP = 256  # rows of several blocks that are scored at a time


@dataclass(frozen=True)
class LeftOutScores:
    """What rows (their numbers in `places`) would score with something left out, shape (places, entries + 1).

    The entries are those of the block; `fitted` is what its last column, "none of them", gives with all in.
    """

    places: Sequence[int]
    scores: Floats
    fitted: Floats

    @classmethod
    def of(cls, block: Block, solution: Solution, places: Sequence[int], scores: Floats) -> "LeftOutScores":
        """Scores of the rows at `places` within a block."""
        return cls(block.rows[places].tolist(), scores, solution.fitted[places, -1])


@dataclass(frozen=True)
class SolvedBlock:
    """What was learned from a block: its columns of the weights, and what the trials need.

    `alone` has the rows tried, each itself left out; `orphans` rows with their whole entry left out.
    """

    block: Block
    weights: "tuple[Floats, Floats] | Vectors"
    alone: LeftOutScores
    orphans: LeftOutScores


@dataclass(frozen=True)
class Solved:
    """All blocks. `vectors` are those of the rows."""

    blocks: Sequence[SolvedBlock]
    vectors: "Vectors"

    @classmethod
    def of(
        cls, rows: Sequence[Row], vectors: "Vectors", blocks: Sequence[Block], *, with_orphans: bool
    ) -> "Solved":
        """Solve each block; of several, a sample of the rows is tried."""
        entries = sum(len(b.entries) for b in blocks)
        tried = min(MOST_TRIALS, MOST_SCORES // max(entries, 1)) if len(blocks) > 1 else len(rows)
        step = -(-len(rows) // max(tried, 1))
        return cls([_solved(b, rows, vectors, step, with_orphans=with_orphans) for b in blocks], vectors)

    def weights(self) -> tuple[Weights, Weights]:
        """The weights of word and of character features."""
        word, char = (self._weights_of(i) for i in (0, 1))
        return word, char

    def _weights_of(self, vectorizer: int) -> Weights:
        if len(self.blocks) == 1:
            return Table(np.asarray(self.blocks[0].weights[vectorizer], np.float16))
        last = 1 + max(int(b.block.entries.max()) for b in self.blocks)
        return Sparse.of(
            [(b.weights[vectorizer], np.append(b.block.entries, last).astype(np.int32)) for b in self.blocks]
        )

    def alone(self, weights: tuple[Weights, Weights]) -> Iterator[tuple[int, Floats]]:
        """The rows tried, block by block: number, and the scores of all entries with that row left out."""
        return (pair for b in self.blocks for pair in self._whole(b, b.alone, weights))

    def orphans(self, weights: tuple[Weights, Weights]) -> Iterator[tuple[int, Floats]]:
        """The same with the row's whole entry left out, which scores -1."""
        return (pair for b in self.blocks for pair in self._whole(b, b.orphans, weights))

    def _whole(
        self, solved: SolvedBlock, out: LeftOutScores, weights: tuple[Weights, Weights]
    ) -> Iterator[tuple[int, Floats]]:
        """The scores of all entries: of the block's as left out, of the others' as they are."""
        if len(self.blocks) == 1:
            yield from zip(out.places, out.scores, strict=True)
            return
        for start in range(0, len(out.places), _STEP):
            part = slice(start, start + _STEP)
            word, char = (
                w.scores_of(v[out.places[part]]) for w, v in zip(weights, self.vectors, strict=True)
            )
            scores = word + char
            scores[:, solved.block.entries] = out.scores[part, :-1]
            scores[:, -1] += out.scores[part, -1] - out.fitted[part]
            yield from zip(out.places[part], scores, strict=True)


def _solved(
    block: Block, rows: Sequence[Row], vectors: "Vectors", step: int, *, with_orphans: bool
) -> SolvedBlock:
    places = np.concatenate([block.rows, block.guests])
    own = _within(block, rows)
    word, char = (v[places] for v in vectors)
    solution = Solution.of(WORD_SHARE * gram(word) + (1 - WORD_SHARE) * gram(char), own, len(block.entries))
    tried = [i for i, n in enumerate(block.rows) if n % step == 0 and not own[i].is_sentence]
    alone = LeftOutScores.of(block, solution, tried, solution.each_scored()[tried])
    orphaned = [e for e in range(len(block.entries)) if with_orphans and block.entries[e] % step == 0]
    of_each = [np.flatnonzero(solution.entries == e).tolist() for e in orphaned]
    left = [solution.scored_without(e, p) for e, p in zip(orphaned, of_each, strict=True)]
    none = np.zeros((0, len(block.entries) + 1), np.float32)
    orphans = LeftOutScores.of(
        block, solution, [i for p in of_each for i in p], np.concatenate([none, *left])
    )
    is_cut = len(block.rows) < len(rows)
    learned = (
        _weights(word, WORD_SHARE, solution, is_cut=is_cut),
        _weights(char, 1 - WORD_SHARE, solution, is_cut=is_cut),
    )
    return SolvedBlock(block, learned, alone, orphans)


def _within(block: Block, rows: Sequence[Row]) -> list[Row]:
    """The block's rows and guests, their entries numbered within it; a stranger is one in each block."""
    local = {int(n): i for i, n in enumerate(block.entries)}
    found = []
    for row in (rows[i] for part in (block.rows, block.guests) for i in part):
        also = tuple(local[a] for a in row.also if a in local)
        found.append(row._replace(entry=local.get(row.entry, GUEST) if row.entry >= 0 else -1, also=also))
    return found


def _weights(
    vectors: "csr_matrix", share: float, solution: Solution, *, is_cut: bool
) -> "Floats | csr_matrix":
    """Each feature's weight for each entry, and for none of them last."""
    if not is_cut:
        return np.asarray(share * (vectors.T @ solution.scoring), np.float32)
    from scipy.sparse import csr_matrix

    held = np.unique(vectors.indices)
    part = that_matter(np.asarray(share * (vectors[:, held].T @ solution.scoring), np.float32)).tocoo()
    return csr_matrix((part.data, (held[part.row], part.col)), (vectors.shape[1], part.shape[1]))
