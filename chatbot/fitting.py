"""Fitting an index to a knowledge, and trying it on messages whose answer is known.

Kernel ridge regression (Saunders, Gammerman and Vovk, 1998) with a ridge of its own for each kind of row:
sentences of answers are trusted less than phrasings. What a row's scores would be with itself, or its whole
topic, left out follows in closed form (Cawley and Talbot, 2003), so that each phrasing is also a test.
"""

from collections.abc import Container, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, NamedTuple

import numpy as np

from chatbot.content import Knowledge, facts_used, paragraphs
from chatbot.index import WORD_SHARE, Floats, Index, Postings, Ranked
from chatbot.lexicon import LeftOut, Lexicon, Row
from chatbot.markup import to_text
from chatbot.model import Entry
from chatbot.text import sentences
from chatbot.vectors import Vectorizer

if TYPE_CHECKING:
    from scipy.sparse import csr_matrix

RIDGE = 0.5
SENTENCE_RIDGE = 6.0
BACKGROUND_RIDGE = 1.0

# phrasing: one wording of a topic, itself left out; orphan: the same with its whole topic left out;
# background: an everyday question, itself left out; asked: a message kept for this, its topics known.
TrialKind = Literal["phrasing", "orphan", "background", "asked"]


class Trial(NamedTuple):
    """A message, the ranking it got, and whether the best entry was right or anything could have been."""

    text: str
    kind: TrialKind
    entry: str | None
    ranked: Ranked
    is_right: bool
    is_known: bool


def build_with_trials(knowledge: Knowledge) -> tuple[Index, list[Trial]]:
    """The index of a knowledge (imports scikit-learn), and the trials that a judgement learns from.

    Linear algebra keeps to one thread: its threads wait by spinning, and on a machine that also answers
    visitors a second one was measured to cost twenty times what it saves.
    """
    from threadpoolctl import threadpool_limits

    with threadpool_limits(1):
        return _build_with_trials(knowledge)


def _build_with_trials(knowledge: Knowledge) -> tuple[Index, list[Trial]]:
    entries = [e for e in (*knowledge.topics, *knowledge.passages, *knowledge.lines) if _can_be_found(e)]
    rows = rows_of(knowledge, entries)
    lexicon = Lexicon.of(rows, knowledge.thesaurus)
    tokens = [lexicon.read(r.text) for r in rows]
    word, word_rows = Vectorizer.fit_rows(tokens, "words")
    char, char_rows = Vectorizer.fit_rows(tokens, "chars")
    postings = (Postings.of(word_rows), Postings.of(char_rows))
    gram = WORD_SHARE * _gram(word_rows) + (1 - WORD_SHARE) * _gram(char_rows)
    solution = Solution.of(gram, rows, len(entries))
    index = Index(tuple(e.id for e in entries), tuple(rows), (word, char), postings, solution.duals, lexicon)
    return index, [*_left_out_trials(index, solution, tokens), *_asked_trials(index, knowledge)]


def _can_be_found(entry: Entry) -> bool:
    return entry.kind != "line" or bool(entry.phrasings)


def _gram(rows: "csr_matrix") -> Floats:
    return np.asarray((rows @ rows.T).toarray(), np.float32)


def rows_of(knowledge: Knowledge, entries: Sequence[Entry]) -> list[Row]:
    """Every wording by which an entry can be found, and the background questions last.

    A sentence of the article that a topic quotes is the topic's alone: where a topic and a passage say
    the same thing, the topic wins.
    """
    quoted = {s for t in knowledge.topics for s in sentences(to_text(t.answer))}
    rows: list[Row] = []
    for i, entry in enumerate(entries):
        told = _own_sentences(entry, quoted)
        if told or entry.kind != "passage":
            rows += [Row(text, i) for text in dict.fromkeys((entry.question, *entry.phrasings))]
        rows += [Row(text, i, is_sentence=True) for text in told]
    return rows + [Row(text, -1) for text in knowledge.background]


def _own_sentences(entry: Entry, quoted: Container[str]) -> list[str]:
    if entry.kind == "line":
        return []
    if entry.kind == "passage":
        return [s for s in entry.sentences if s not in quoted]
    return [s for p in paragraphs(entry.answer) if not facts_used(p) for s in sentences(to_text(p))]


@dataclass(frozen=True)
class Solution:
    """The solved ridge system: `duals` of shape (rows, entries + 1), the last column the background's.

    `root` is the inverse of the system's Cholesky factor: the inverse is `root.T @ root`, never formed.
    """

    gram: Floats
    root: Floats
    targets: Floats
    duals: Floats

    @classmethod
    def of(cls, gram: Floats, rows: Sequence[Row], entries: int) -> "Solution":
        """Solve for the rows' duals."""
        root = _inverse_root(gram + np.diag(np.array([_ridge(r) for r in rows], np.float32)))
        targets = np.zeros((len(rows), entries + 1), np.float32)
        targets[np.arange(len(rows)), [r.entry for r in rows]] = 1.0  # -1 is the last column
        return cls(gram, root, targets, root.T @ (root @ targets))

    def each_left_out(self) -> Floats:
        """The scores of each row, shape (rows, entries + 1), were that row alone left out."""
        diagonal = np.einsum("ij,ij->j", self.root, self.root)
        return np.asarray(self.targets - self.duals / diagonal[:, None], np.float32)

    def left_out(self, places: Sequence[int]) -> Floats:
        """The scores of the rows at `places`, shape (places, entries + 1), were all of them left out."""
        columns = self.root[min(places) :, places]  # above, a lower triangle is empty
        block = columns.T @ columns
        return np.asarray(self.targets[places] - np.linalg.solve(block, self.duals[places]), np.float32)


def _inverse_root(system: Floats) -> Floats:
    """The inverse of the lower Cholesky factor of a symmetric positive definite matrix.

    Single precision is enough: with a ridge of 0.5 the condition number stays below a few thousand.
    """
    from scipy.linalg.lapack import spotrf, strtri

    factor, failed = spotrf(system, lower=1, clean=1)
    root, failed_too = strtri(factor, lower=1)
    if failed or failed_too:
        raise np.linalg.LinAlgError("the likeness of the rows is not positive definite")
    return np.asarray(root, np.float32)


def _ridge(row: Row) -> float:
    if row.entry < 0:
        return BACKGROUND_RIDGE
    return SENTENCE_RIDGE if row.is_sentence else RIDGE


class Out(NamedTuple):
    """What a trial leaves out: the places of its rows, and the same for the words' counts."""

    places: list[int]
    counted: LeftOut


def _left_out_trials(index: Index, solution: Solution, tokens: Sequence[Sequence[str]]) -> list[Trial]:
    made: list[Trial] = []
    alone = solution.each_left_out()
    for i, row in enumerate(index.rows):
        if not row.is_sentence:
            out = Out([i], LeftOut(row.entry))
            ranked = _ranked(index, solution.gram[i], tokens[i], alone[i], out)
            is_right = row.entry >= 0 and int(ranked.order[0]) == row.entry
            kind: TrialKind = "phrasing" if row.entry >= 0 else "background"
            name = index.ids[row.entry] if row.entry >= 0 else None
            made.append(Trial(row.text, kind, name, ranked, is_right, row.entry >= 0))
    for entry, name in enumerate(index.ids):
        places = [int(p) for p in np.flatnonzero(index.row_entries == entry)]
        for i, scores in zip(places, solution.left_out(places) if places else (), strict=True):
            if not index.rows[i].is_sentence:
                scores[entry] = -1.0
                out = Out(places, LeftOut(entry, is_whole=True))
                ranked = _ranked(index, solution.gram[i], tokens[i], scores, out)
                made.append(Trial(index.rows[i].text, "orphan", name, ranked, is_right=False, is_known=False))
    return made


def _ranked(index: Index, likeness: Floats, tokens: Sequence[str], scores: Floats, out: Out) -> Ranked:
    likeness = likeness.copy()
    likeness[out.places] = 0.0
    return index.ranked(tokens, likeness, scores, out.counted)


def _asked_trials(index: Index, knowledge: Knowledge) -> list[Trial]:
    made = []
    for asked in knowledge.asked:
        ranked = index.rank(asked.question)
        is_right = index.ids[ranked.order[0]] in asked.topics
        name = asked.topics[0] if asked.topics else None
        made.append(Trial(asked.question, "asked", name, ranked, is_right, bool(asked.topics)))
    return made
