"""Fitting an index to a knowledge, and trying it on messages whose answer is known.

What a row's scores would be with itself, or its whole topic, left out follows in closed form (see
`chatbot.ridge`), so that each phrasing is also a test.
"""

from collections.abc import Container, Iterator, Mapping, Sequence
from typing import Literal, NamedTuple

import numpy as np

from chatbot.content import Knowledge, facts_used, paragraphs
from chatbot.index import WORD_SHARE, Floats, Index, Postings, Ranked, Wordings
from chatbot.lexicon import LeftOut, Lexicon, Row
from chatbot.markup import to_text
from chatbot.model import Entry
from chatbot.ridge import Solution, gram
from chatbot.text import sentences
from chatbot.vectors import Vectorizer

# Of the background this many questions, spread over the file, are rows; all of it is everyday English.
BACKGROUND_ROWS = 500

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
    entries, rows = entries_and_rows(knowledge)
    lexicon = Lexicon.of([*rows, *(Row(text, -1) for text in _unused(knowledge))], knowledge.thesaurus)
    tokens = [lexicon.read(r.text) for r in rows]
    word, word_rows = Vectorizer.fit_rows(tokens, "framed")
    char, char_rows = Vectorizer.fit_rows(tokens, "chars")
    postings = (Postings.of(word_rows), Postings.of(char_rows))
    likeness = WORD_SHARE * gram(word_rows) + (1 - WORD_SHARE) * gram(char_rows)
    solution = Solution.of(likeness, rows, len(entries))
    index = Index(
        ids=tuple(e.id for e in entries),
        rows=tuple(rows),
        vectorizers=(word, char),
        postings=postings,
        duals=solution.scoring,
        lexicon=lexicon,
        wordings=Wordings.of(
            (said, row.entry)
            for row, said in zip(rows, tokens, strict=True)
            if row.entry >= 0 and not row.is_sentence
        ),
    )
    return index, list(_trials(index, solution, tokens))


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
    rows += [row for row in asked if row.entry < 0]
    used = set(_unused(knowledge))
    return [e for e, _ in found], rows + [Row(t, -1) for t in knowledge.background if t not in used]


def _asked_rows(knowledge: Knowledge, numbers: Mapping[str, int]) -> Iterator[Row]:
    for asked in knowledge.asked:
        answering = [numbers[t] for t in asked.topics if t in numbers]
        if answering:
            yield Row(asked.question, answering[0], is_asked=True, also=tuple(answering[1:]))
        elif not asked.topics:
            yield Row(asked.question, -1, is_asked=True)


def _unused(knowledge: Knowledge) -> list[str]:
    """The background questions that are no rows."""
    count = len(knowledge.background)
    step = max(1.0, count / BACKGROUND_ROWS)
    used = {int(i * step) for i in range(min(count, BACKGROUND_ROWS))}
    return [text for i, text in enumerate(knowledge.background) if i not in used]


def _own_sentences(entry: Entry, quoted: Container[str]) -> list[str]:
    if entry.kind == "passage":
        return [s for s in entry.sentences if s not in quoted]
    return [s for p in paragraphs(entry.answer) if not facts_used(p) for s in sentences(to_text(p))]


class Out(NamedTuple):
    """What a trial leaves out: the places of its rows, and the same for the words' counts."""

    places: list[int]
    counted: LeftOut


def _trials(index: Index, solution: Solution, tokens: Sequence[Sequence[str]]) -> Iterator[Trial]:
    alone = solution.each_scored()
    for i, row in enumerate(index.rows):
        if not row.is_sentence:
            out = Out([i], LeftOut(row.entry))
            ranked = _ranked(index, solution.gram[i], tokens[i], alone[i], out)
            answers = frozenset((row.entry, *row.also) if row.entry >= 0 else ())
            name = index.ids[row.entry] if row.entry >= 0 else None
            yield Trial(row.text, _kind(row), name, ranked, answers)
    for entry, name in enumerate(index.ids):
        places = np.flatnonzero(index.row_entries == entry).tolist()
        for i, scores in zip(places, solution.scored_without(entry, places), strict=True):
            row = index.rows[i]
            if not row.is_sentence and not row.is_asked:
                out = Out(places, LeftOut(entry, is_whole=True))
                ranked = _ranked(index, solution.gram[i], tokens[i], scores, out)
                yield Trial(row.text, "orphan", name, ranked, frozenset())


def _kind(row: Row) -> TrialKind:
    if row.is_asked:
        return "asked"
    return "phrasing" if row.entry >= 0 else "background"


def _ranked(index: Index, likeness: Floats, tokens: Sequence[str], scores: Floats, out: Out) -> Ranked:
    likeness = likeness.copy()
    likeness[out.places] = 0.0
    return index.ranked(tokens, likeness, scores, out.counted)
