"""Fitting an index to a knowledge, and trying it on messages whose answer is known.

What a row's scores would be with itself, or its whole topic, left out follows in closed form (see
`chatbot.ridge`), so that each phrasing is also a test.
"""

from collections.abc import Container, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Literal, NamedTuple

import numpy as np

from chatbot.content import Knowledge, facts_used, paragraphs
from chatbot.index import WORD_SHARE, Halves, Index, Postings, Ranked, Wordings
from chatbot.lexicon import LeftOut, Lexicon, Row
from chatbot.markup import to_text
from chatbot.model import Entry
from chatbot.ridge import Solution, gram
from chatbot.text import sentences
from chatbot.vectors import Vectorizer

if TYPE_CHECKING:
    from scipy.sparse import csr_matrix

    Vectors = tuple[csr_matrix, csr_matrix]  # of words and of characters, a row a text

# So many of the questions that nothing answers are rows, those that come nearest to an entry: the work grows
# with the third power of the rows, and what is far from all entries moves none of them.
STRANGER_ROWS = 1500

# phrasing: one wording of a topic, itself left out; orphan: the same with its whole topic left out;
# asked: a question of which is known what answers it, or that nothing does, itself left out;
# background: an everyday question, itself left out.
TrialKind = Literal["phrasing", "orphan", "asked", "background"]


class Trial(NamedTuple):
    """A message, the ranking it got, and the numbers of the entries that answer it (none: a stranger).

    `entry` is the id of the entry whose wording it was.
    """

    text: str
    kind: TrialKind
    entry: str | None
    ranked: Ranked
    answers: frozenset[int]

    @property
    def is_known(self) -> bool:
        """Whether some entry answers the message."""
        return bool(self.answers)

    @property
    def is_right(self) -> bool:
        """Whether the best entry does."""
        return int(self.ranked.order[0]) in self.answers


def build_with_trials(knowledge: Knowledge) -> tuple[Index, list[Trial]]:
    """The index of a knowledge (imports scikit-learn), and the trials that a judgement learns from.

    Linear algebra keeps to one thread: its threads wait by spinning, and on a machine that also answers
    visitors a second one was measured to cost twenty times what it saves.
    """
    from threadpoolctl import threadpool_limits

    with threadpool_limits(1):
        return _build_with_trials(knowledge)


def _build_with_trials(knowledge: Knowledge) -> tuple[Index, list[Trial]]:
    entries, said = entries_and_rows(knowledge)
    rewritten = [knowledge.thesaurus.rewrite(r.text) for r in said]
    lexicon = Lexicon.of(said, knowledge.thesaurus, rewritten)
    read = [w + knowledge.thesaurus.named(w) for w in rewritten]  # of its own words none is misspelt
    word, word_rows = Vectorizer.fit_rows(read, "framed")
    char, char_rows = Vectorizer.fit_rows(read, "chars")
    kept = _kept(said, word_rows, len(entries))
    rows, tokens = [said[i] for i in kept], [read[i] for i in kept]
    vectors = (word_rows[kept], char_rows[kept])
    likeness = WORD_SHARE * gram(vectors[0]) + (1 - WORD_SHARE) * gram(vectors[1])
    solution = Solution.of(likeness, rows, len(entries))
    found = [(r, t) for r, t in zip(rows, tokens, strict=True) if r.entry >= 0 and not r.is_sentence]
    found.sort(key=lambda pair: pair[0].is_asked)  # an entry's own wordings go before what was asked
    index = Index(
        ids=tuple(e.id for e in entries),
        rows=tuple(rows),
        vectorizers=(word, char),
        postings=(Postings.of(vectors[0]), Postings.of(vectors[1])),
        weights=_weights(vectors, solution),
        lexicon=lexicon,
        wordings=Wordings.of((said, row.entry) for row, said in found),
    )
    far = sorted(set(range(len(said))).difference(kept))
    trials = [
        *_left_out_trials(index, solution, tokens),
        *_far_trials(index, [said[i] for i in far], [read[i] for i in far], (word_rows[far], char_rows[far])),
    ]
    if not any(map(_is_known_stranger, said)):
        trials += _orphan_trials(index, solution, tokens)
    return index, trials


def entries_and_rows(knowledge: Knowledge) -> tuple[list[Entry], list[Row]]:
    """The entries that can be found, and every wording by which they can, entry by entry.

    Last come the questions that nothing answers. A sentence of the article that a topic quotes is the
    topic's alone: where a topic and a passage say the same thing, the topic wins.
    """
    quoted = {s for t in knowledge.topics for s in sentences(to_text(t.answer))}
    found = [(e, list(_own_sentences(e, quoted))) for e in (*knowledge.topics, *knowledge.passages)]
    found = [(e, told) for e, told in found if told or e.kind != "passage"]
    found += [(e, []) for e in knowledge.lines if e.phrasings]
    numbers = {e.id: i for i, (e, _) in enumerate(found)}
    asked = list(_asked_rows(knowledge, numbers))
    rows: list[Row] = []
    for i, (entry, told) in enumerate(found):
        rows += [Row(text, i) for text in dict.fromkeys((entry.question, *entry.phrasings))]
        rows += [Row(text, i, is_sentence=True) for text in told]
        rows += [row for row in asked if row.entry == i]
    rows += [row for row in asked if _is_known_stranger(row)]
    return [e for e, _ in found], rows + [Row(text, -1) for text in knowledge.background]


def _is_known_stranger(row: Row) -> bool:
    return row.is_asked and row.entry < 0


def _kept(rows: Sequence[Row], vectors: "csr_matrix", entries: int) -> list[int]:
    """The places of all rows of entries, and of the strangers that are most like an entry's rows together."""
    own = sum(r.entry >= 0 for r in rows)
    if len(rows) - own <= STRANGER_ROWS or not own:
        return list(range(len(rows)))
    from scipy.sparse import csr_matrix

    of_entry = csr_matrix(
        (np.ones(own, np.float32), ([r.entry for r in rows[:own]], range(own))), (entries, own)
    )
    centroids = of_entry @ vectors[:own]
    lengths = np.sqrt(centroids.multiply(centroids).sum(axis=1).A1)
    nearness = ((vectors[own:] @ centroids.T).toarray() / np.maximum(lengths, 1e-6)).max(axis=1)
    nearest = np.argsort(-nearness, kind="stable")[:STRANGER_ROWS]
    return [*range(own), *sorted((own + nearest).tolist())]


def _asked_rows(knowledge: Knowledge, numbers: Mapping[str, int]) -> Iterator[Row]:
    for asked in knowledge.asked:
        answering = [numbers[t] for t in asked.topics if t in numbers]
        if answering:
            yield Row(asked.question, answering[0], is_asked=True, also=tuple(answering[1:]))
        elif not asked.topics:
            yield Row(asked.question, -1, is_asked=True)


def _own_sentences(entry: Entry, quoted: Container[str]) -> list[str]:
    if entry.kind == "passage":
        return [s for s in entry.sentences if s not in quoted]
    return [s for p in paragraphs(entry.answer) if not facts_used(p) for s in sentences(to_text(p))]


def _weights(vectors: "Vectors", solution: Solution) -> tuple[Halves, Halves]:
    """Each feature's weight for each entry, and for none of them last."""
    word, char = (v.T @ solution.scoring for v in vectors)
    return np.asarray(WORD_SHARE * word, np.float16), np.asarray((1 - WORD_SHARE) * char, np.float16)


def _left_out_trials(index: Index, solution: Solution, tokens: Sequence[Sequence[str]]) -> Iterator[Trial]:
    alone = solution.each_scored()
    for i, row in enumerate(index.rows):
        if not row.is_sentence:
            yield _trial(index, row, index.ranked(tokens[i], alone[i], LeftOut(row.entry)))


def _far_trials(
    index: Index, rows: Sequence[Row], tokens: Sequence[Sequence[str]], vectors: "Vectors"
) -> Iterator[Trial]:
    """The questions that are no rows: nothing but their words' counts has to be left out."""
    word, char = (v @ w.astype(np.float32) for v, w in zip(vectors, index.weights, strict=True))
    for row, said, scores in zip(rows, tokens, word + char, strict=True):
        yield _trial(index, row, index.ranked(said, scores, LeftOut(-1)))


def _orphan_trials(index: Index, solution: Solution, tokens: Sequence[Sequence[str]]) -> Iterator[Trial]:
    for entry, name in enumerate(index.ids):
        places = np.flatnonzero(index.row_entries == entry).tolist()
        for i, scores in zip(places, solution.scored_without(entry, places), strict=True):
            if not index.rows[i].is_sentence:
                ranked = index.ranked(tokens[i], scores, LeftOut(entry, is_whole=True))
                yield Trial(index.rows[i].text, "orphan", name, ranked, frozenset())


def _trial(index: Index, row: Row, ranked: Ranked) -> Trial:
    answers = frozenset((row.entry, *row.also) if row.entry >= 0 else ())
    return Trial(row.text, _kind(row), index.ids[row.entry] if row.entry >= 0 else None, ranked, answers)


def _kind(row: Row) -> TrialKind:
    if row.is_asked:
        return "asked"
    return "phrasing" if row.entry >= 0 else "background"
