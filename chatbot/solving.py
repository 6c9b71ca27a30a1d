"""Solving a knowledge's ridge system, whole or block by block: weights, and scores with rows left out."""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from chatbot import forks
from chatbot.blocks import Block, Floats, Ints
from chatbot.corpus import likeness
from chatbot.lexicon import Row
from chatbot.ridge import GUEST, Solution, gram
from chatbot.vectors import squeezed
from chatbot.weights import WORD_SHARE, BlockWeights, Sparse, Table, Weights

if TYPE_CHECKING:
    from chatbot.corpus import Vectors

# Of a knowledge that was cut into blocks, so many rows are tried, and so many scores are held for that.
MOST_TRIALS, MOST_SCORES = 20_000, 20_000_000
MOST_ORPHANS = 150  # entries that are tried with all of their rows left out
STEP = 256  # rows that are scored at a time
FEW = 0.08  # of the rows: where more are new or gone, a system is solved anew


class System(NamedTuple):
    """What is solved: rows, a vector of words and of characters for each, and the ids of their entries.

    A part of a system has vectors of the features alone that stand in its rows: those `held`, by number.
    """

    rows: Sequence[Row]
    vectors: "Vectors"
    ids: Sequence[str]
    held: Sequence[Ints] | None = None

    def solved(self) -> Solution:
        """Its solution, from nothing."""
        word, char = self.vectors
        return Solution.of(gram([(WORD_SHARE, word), (1 - WORD_SHARE, char)]), self.rows, len(self.ids))

    def part(self, block: Block) -> "System":
        """A block's rows and guests, their entries numbered within it; a stranger is one in each block."""
        local = {int(n): i for i, n in enumerate(block.entries)}
        places = np.concatenate([block.rows, block.guests])
        rows = []
        for row in map(self.rows.__getitem__, places):
            entry = local.get(row.entry, GUEST) if row.entry >= 0 else -1
            rows.append(row._replace(entry=entry, also=tuple(local[a] for a in row.also if a in local)))
        (words, word), (chars, char) = (squeezed(v[places]) for v in self.vectors)
        return System(rows, (word, char), [self.ids[e] for e in block.entries], (words, chars))


class Tried(NamedTuple):
    """Which rows and entries are tried: one of so many; and whether with all rows of an entry left out."""

    step: int
    orphan_step: int
    with_orphans: bool


class Solver:
    """Solves the ridge system of all rows; one that differs in few rows from an earlier one, from that.

    Keeps the square of the rows in memory. Not to be shared between threads.
    """

    def __init__(self) -> None:
        """Begin with nothing to go by."""
        self._base: tuple[Solution, dict[object, int], dict[str, int]] | None = None

    def solve(self, system: System) -> Solution:
        """Its solution. A row that stood in an earlier system must have the vector that it had there."""
        rows, vectors, ids, _ = system
        names = _names(rows, ids)
        if self._base is not None:
            base, place_of, column_of = self._base
            places = np.array([place_of.get(n, -1) for n in names], np.int32)
            new = np.flatnonzero(places < 0)
            if len(new) + len(base.duals) - (len(rows) - len(new)) <= FEW * len(rows):
                columns = np.array([column_of.get(i, -1) for i in ids], np.int32)
                across = likeness((vectors[0][new], vectors[1][new]), vectors, WORD_SHARE)
                return base.changed(places, columns, across, rows)
        solution = system.solved()
        self._base = solution, {n: i for i, n in enumerate(names)}, {n: i for i, n in enumerate(ids)}
        return solution


def _names(rows: Sequence[Row], ids: Sequence[str]) -> list[object]:
    """What tells each row from all others, whatever numbers the entries have."""
    seen: Counter[object] = Counter()
    names: list[object] = []
    for row in rows:
        entry = ids[row.entry] if row.entry >= 0 else ""
        name = row.text, entry, row.is_sentence, row.is_asked, tuple(ids[a] for a in row.also)
        names.append((name, seen[name]))
        seen[name] += 1
    return names


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
        return cls(block.rows[places].tolist(), scores, solution.background[places])

    def parts(self) -> "Iterator[LeftOutScores]":
        """The same, so many rows at a time."""
        for start in range(0, len(self.places), STEP):
            part = slice(start, start + STEP)
            yield LeftOutScores(self.places[part], self.scores[part], self.fitted[part])


@dataclass(frozen=True)
class SolvedBlock:
    """What was learned from a block: its columns of the weights, and what the trials need.

    `alone` has the rows tried, each itself left out; `orphans` rows with their whole entry left out.
    """

    block: Block
    weights: tuple[Table, Table] | tuple[BlockWeights, BlockWeights]
    alone: LeftOutScores
    orphans: LeftOutScores


class Part(NamedTuple):
    """Some rows of a block, tried with something left out."""

    solved: SolvedBlock
    out: LeftOutScores

    @property
    def places(self) -> Sequence[int]:
        """The rows' numbers."""
        return self.out.places


@dataclass(frozen=True)
class Solved:
    """All blocks. `vectors` are those of the rows."""

    blocks: Sequence[SolvedBlock]
    vectors: "Vectors"

    @classmethod
    def of(cls, system: System, blocks: Sequence[Block], solver: Solver, *, with_orphans: bool) -> "Solved":
        """Solve block by block; of several blocks a sample of the rows is tried."""
        entries = len(system.ids)
        tried = Tried(1, -(-entries // MOST_ORPHANS), with_orphans)
        if len(blocks) == 1:
            return cls([_solved(blocks[0], system, solver.solve(system), tried)], system.vectors)
        step = -(-len(system.rows) // max(min(MOST_TRIALS, MOST_SCORES // entries), 1))
        tried = tried._replace(step=step, orphan_step=max(step, tried.orphan_step))

        def solved(block: Block) -> SolvedBlock:
            part = system.part(block)
            return _solved(block, part, part.solved(), tried)

        return cls(forks.each(solved, blocks, pieces=len(system.rows)), system.vectors)

    def weights(self) -> tuple[Weights, Weights]:
        """The weights of word and of character features."""
        word, char = (self._weights_of(i) for i in (0, 1))
        return word, char

    def _weights_of(self, vectorizer: int) -> Weights:
        found = [b.weights[vectorizer] for b in self.blocks]
        if isinstance(found[0], Table):  # the whole is one block
            return found[0]
        parts = [w for w in found if isinstance(w, BlockWeights)]
        width = sum(len(p.entries) for p in parts) + 1
        return Sparse.of(parts, (self.vectors[vectorizer].shape[1], width))

    def alone(self) -> list[list[Part]]:
        """The rows tried, each itself left out; some STEP of them together."""
        return _together(Part(b, p) for b in self.blocks for p in b.alone.parts())

    def orphans(self) -> list[list[Part]]:
        """The rows tried with their whole entry left out, which scores -1; some STEP of them together."""
        return _together(Part(b, p) for b in self.blocks for p in b.orphans.parts())

    def scores(self, parts: Sequence[Part], weights: tuple[Weights, Weights]) -> Floats:
        """The scores of all entries, one part below the other: a block's as left out, others' as are."""
        if len(self.blocks) == 1:
            return np.concatenate([out.scores for _, out in parts])
        places = [p for part in parts for p in part.places]
        word, char = (w.scores_of(v[places]) for w, v in zip(weights, self.vectors, strict=True))
        scores = word + char
        starts = np.cumsum([0, *(len(out.places) for _, out in parts)])
        for (solved, out), start, end in zip(parts, starts, starts[1:], strict=False):
            scores[start:end, solved.block.entries] = out.scores[:, :-1]
            scores[start:end, -1] += out.scores[:, -1] - out.fitted
        return scores


def _together(parts: Iterable[Part]) -> list[list[Part]]:
    """Neighbouring parts, put together to some STEP of rows."""
    groups: list[list[Part]] = []
    rows = STEP
    for part in parts:
        if rows + len(part.places) > STEP:
            groups.append([])
            rows = 0
        groups[-1].append(part)
        rows += len(part.places)
    return groups


def _solved(block: Block, system: System, solution: Solution, tried: Tried) -> SolvedBlock:
    """What the solution of a block's system comes to."""
    rows = system.rows
    some = [i for i, n in enumerate(block.rows) if n % tried.step == 0 and not rows[i].is_sentence]
    alone = LeftOutScores.of(block, solution, some, solution.each_scored(some))
    orphaned = [i for i, n in enumerate(block.entries) if tried.with_orphans and n % tried.orphan_step == 0]
    orphans = LeftOutScores.of(block, solution, *solution.scored_without(orphaned))
    return SolvedBlock(block, _weights(block, system, solution.scoring), alone, orphans)


def _weights(
    block: Block, system: System, scoring: Floats
) -> tuple[Table, Table] | tuple[BlockWeights, BlockWeights]:
    """Each feature's weight for each entry, and for none of them."""
    word, char = system.vectors
    shares = WORD_SHARE, 1 - WORD_SHARE
    if system.held is None:
        return Table.of(word, scoring, shares[0]), Table.of(char, scoring, shares[1])
    of_words, of_chars = (
        BlockWeights.of(features, block.entries, np.asarray(share * (v.T @ scoring), np.float32))
        for features, v, share in zip(system.held, system.vectors, shares, strict=True)
    )
    return of_words, of_chars
