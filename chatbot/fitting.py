"""Fitting an index to a knowledge, and trying it on messages whose answer is known.

What a row's scores would be with itself, or its whole topic, left out follows in closed form (see
`chatbot.ridge`), so that each phrasing is also a test.
"""

from collections import Counter, defaultdict
from collections.abc import Container, Iterator, Mapping, Sequence
from functools import lru_cache
from itertools import chain
from types import MappingProxyType
from typing import TYPE_CHECKING, Literal, NamedTuple

import numpy as np

from chatbot import forks
from chatbot.blocks import Nearest, blocks_of, nearest_entries
from chatbot.content import Knowledge, facts_used, paragraphs
from chatbot.corpus import Corpus
from chatbot.index import Evidence, Index, Ranked, Wordings, rivals
from chatbot.lexicon import LeftOut, Lexicon, Row
from chatbot.markup import to_text
from chatbot.model import Entry
from chatbot.ridge import one_thread
from chatbot.solving import STEP, Part, Solved, Solver, System
from chatbot.terms import Terms
from chatbot.text import sentences
from chatbot.vectors import Vector
from chatbot.weights import INTERCEPT
from chatbot.written import Written

if TYPE_CHECKING:
    from scipy.sparse import csr_matrix

    from chatbot.corpus import Vectors

# So many of the questions that nothing answers are rows, those that come nearest to an entry: the work grows
# with the third power of the rows, and what is far from all entries moves none of them.
STRANGER_ROWS = 1500
# Of an entry with more wordings than that, one left out is hardly missed.
_HEARD = 8

# phrasing: one wording of a topic, itself left out; orphan: the same with its whole topic left out;
# asked: a question of which is known what answers it, or that nothing does, itself left out;
# background: an everyday question, itself left out.
TrialKind = Literal["phrasing", "orphan", "asked", "background"]


class Trial(NamedTuple):
    """A message, what it found, and the numbers of the entries that answer it (none: a stranger).

    `entry` is the id of the entry whose wording it was, `near` are the numbers of those that came nearest,
    the best first. `made_up` is the same trial had its entry spoken with all of its rows.
    """

    text: str
    kind: TrialKind
    entry: str | None
    near: tuple[int, ...]
    evidence: Evidence
    answers: frozenset[int]
    made_up: "Trial | None" = None

    @property
    def is_known(self) -> bool:
        """Whether some entry answers the message."""
        return bool(self.answers)

    @property
    def is_right(self) -> bool:
        """Whether the best entry does."""
        return self.near[0] in self.answers


class Memory:
    """What one build leaves to the next: texts that were read, and a solved system (some 200 MB at most).

    Of a knowledge that differs in few rows from the last one the index is then built in a fraction of the
    time, and is the same. Not to be shared between threads.
    """

    def __init__(self) -> None:
        """Begin with nothing."""
        self._corpus: Corpus | None = None
        self._solver = Solver()

    def serves(self, knowledge: Knowledge) -> bool:
        """Whether there is something that can serve for this knowledge."""
        return self._corpus is not None and self._corpus.fits(knowledge)

    def of(self, knowledge: Knowledge) -> tuple[Corpus, Solver]:
        """What can serve for this knowledge."""
        if self._corpus is None or not self.serves(knowledge):
            self._corpus, self._solver = Corpus(knowledge), Solver()
        return self._corpus, self._solver


def build_with_trials(knowledge: Knowledge, memory: Memory | None = None) -> tuple[Index, list[Trial]]:
    """The index of a knowledge (imports scikit-learn), and the trials that a judgement learns from.

    `memory` is what an earlier build has left.
    """
    with one_thread():
        return _build_with_trials(knowledge, *(memory or Memory()).of(knowledge))


def _build_with_trials(knowledge: Knowledge, corpus: Corpus, solver: Solver) -> tuple[Index, list[Trial]]:
    entries, said = entries_and_rows(knowledge)
    ids = tuple(e.id for e in entries)
    texts = [r.text for r in said]
    read = corpus.tokens(texts)
    lexicon = Lexicon.of(said, knowledge.thesaurus, corpus.rewritten(texts))
    vectorizers, (word_rows, char_rows) = corpus.vectors(texts)
    char_rows = _with_intercept(char_rows)
    kept, nearest = _kept(said, nearest_entries(said, word_rows, len(entries)))
    rows, tokens = [said[i] for i in kept], [read[i] for i in kept]
    vectors = (word_rows[kept], char_rows[kept])
    blocks = blocks_of(rows, vectors[0], vectorizers[0].digests, len(entries), nearest.entries)
    knows_strangers = any(map(_is_known_stranger, said))
    system = System(rows, vectors, ids)
    solved = Solved.of(system, blocks, solver, with_orphans=not knows_strangers)
    found = [(r, t) for r, t in zip(rows, tokens, strict=True) if r.entry >= 0 and not r.is_sentence]
    found.sort(key=lambda pair: pair[0].is_asked)  # an entry's own wordings go before what was asked
    index = Index(
        ids=ids,
        written=Written.of(rows),
        vectorizers=vectorizers,
        weights=solved.weights(),
        lexicon=lexicon,
        terms=Terms.of(vectors[0], np.array([r.entry for r in rows], np.int32), len(ids)),
        wordings=Wordings.of((said, row.entry) for row, said in found),
    )
    far = sorted(set(range(len(said))).difference(kept))
    strange = [said[i] for i in far], [read[i] for i in far], (word_rows[far], char_rows[far])
    tried = _left_out_trials(index, solved, rows, tokens, _Few() if knows_strangers else _Few.of(rows))
    return index, [*tried, *_far_trials(index, *strange)]


def _with_intercept(vectors: "csr_matrix") -> "csr_matrix":
    """The vectors with one more feature, which all texts have."""
    from scipy.sparse import hstack

    return hstack([vectors, np.full((vectors.shape[0], 1), INTERCEPT, np.float32)], "csr")


def entries_and_rows(knowledge: Knowledge) -> tuple[list[Entry], list[Row]]:
    """The entries that can be found, and every wording by which they can, entry by entry.

    Last come the questions that nothing answers. A sentence of the article that a topic quotes is the
    topic's alone: where a topic and a passage say the same thing, the topic wins.
    """
    quoted = {s for t in knowledge.topics for s in _sentences(t.answer)}
    found = [(e, list(_own_sentences(e, quoted))) for e in (*knowledge.topics, *knowledge.passages)]
    found = [(e, told) for e, told in found if told or e.kind != "passage"]
    found += [(e, []) for e in knowledge.lines if e.phrasings]
    numbers = {e.id: i for i, (e, _) in enumerate(found)}
    asked = defaultdict[int, list[Row]](list)
    for row in _asked_rows(knowledge, numbers):
        asked[row.entry].append(row)
    rows: list[Row] = []
    for i, (entry, told) in enumerate(found):
        rows += [Row(text, i) for text in dict.fromkeys((entry.question, *entry.phrasings))]
        rows += [Row(text, i, is_sentence=True) for text in told]
        rows += asked[i]
    return [e for e, _ in found], rows + asked[-1] + [Row(text, -1) for text in knowledge.background]


def _is_known_stranger(row: Row) -> bool:
    return row.is_asked and row.entry < 0


def _kept(rows: Sequence[Row], nearest: Nearest) -> tuple[list[int], Nearest]:
    """The places of all rows of entries, and of the strangers that are most like an entry's rows together."""
    own = len(rows) - len(nearest.entries)
    if len(nearest.entries) <= STRANGER_ROWS:
        return list(range(len(rows))), nearest
    most = np.sort(np.argsort(-nearest.likeness, kind="stable")[:STRANGER_ROWS])
    return [*range(own), *(own + most).tolist()], Nearest(nearest.entries[most], nearest.likeness[most])


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
    return [s for p in paragraphs(entry.answer) if not facts_used(p) for s in _sentences(p)]


@lru_cache(maxsize=100_000)  # all of a knowledge: they are gone through twice, in the same order
def _sentences(markdown: str) -> tuple[str, ...]:
    return sentences(to_text(markdown))


def _left_out_trials(
    index: Index, solved: Solved, rows: Sequence[Row], tokens: Sequence[Sequence[str]], few: "_Few"
) -> list[Trial]:
    """Each row that is tried with itself left out, then those that are tried with their whole entry."""

    def tried(group: tuple[list[Part], bool]) -> list[Trial]:
        some, are_whole = group
        made = []
        places = [i for part in some for i in part.places]
        for i, scores in zip(places, solved.scores(some, index.weights), strict=True):
            row, words = rows[i], _vector(solved.vectors[0], i)
            if not (are_whole and row.is_sentence):
                ranked = index.ranked(tokens[i], words, scores, LeftOut(row.entry, are_whole))
                trial = _trial(index, row, ranked)
                if are_whole:
                    trial = trial._replace(kind="orphan", answers=frozenset())
                elif (more := few.more(row)) > 1 and scores[row.entry] > 0:
                    scores[row.entry] *= more  # `scores` are read no more
                    ranked = index.ranked(tokens[i], words, scores, LeftOut(row.entry))
                    trial = trial._replace(made_up=_trial(index, row, ranked))
                made.append(trial)
        return made

    groups = [(g, False) for g in solved.alone()] + [(g, True) for g in solved.orphans()]
    count = sum(len(part.places) for group, _ in groups for part in group)
    return list(chain.from_iterable(forks.each(tried, groups, pieces=count)))


class _Few(NamedTuple):
    """How many wordings each entry has, of those that have so few that one more or less is heard.

    Where it is known what else visitors ask, there are none: those questions tell how what is asked scores.
    """

    counts: Mapping[int, int] = MappingProxyType({})

    @classmethod
    def of(cls, rows: Sequence[Row]) -> "_Few":
        """Count the wordings."""
        counts = Counter(r.entry for r in rows if r.entry >= 0 and not r.is_sentence)
        return cls({entry: count for entry, count in counts.items() if 1 < count <= _HEARD})

    def more(self, row: Row) -> float:
        """How much louder the row's entry speaks with it than without it."""
        count = 0 if row.is_sentence else self.counts.get(row.entry, 0)
        return count / (count - 1) if count else 1.0


def _far_trials(
    index: Index, rows: Sequence[Row], tokens: Sequence[Sequence[str]], vectors: "Vectors"
) -> list[Trial]:
    """The questions that are no rows: nothing but their words' counts has to be left out."""

    def tried(start: int) -> list[Trial]:
        part = slice(start, start + STEP)
        word, char = (w.scores_of(v[part]) for v, w in zip(vectors, index.weights, strict=True))
        return [
            _trial(index, rows[i], index.ranked(tokens[i], _vector(vectors[0], i), scores, LeftOut(-1)))
            for i, scores in enumerate(word + char, start)
        ]

    starts = range(0, len(rows), STEP)
    return list(chain.from_iterable(forks.each(tried, starts, pieces=len(rows))))


def _vector(rows: "csr_matrix", place: int) -> Vector:
    part = slice(*rows.indptr[place : place + 2].tolist())
    return Vector(rows.indices[part], rows.data[part])


def _trial(index: Index, row: Row, ranked: Ranked) -> Trial:
    answers = frozenset((row.entry, *row.also) if row.entry >= 0 else ())
    entry = index.ids[row.entry] if row.entry >= 0 else None
    return Trial(row.text, _kind(row), entry, rivals(ranked), ranked.evidence, answers)


def _kind(row: Row) -> TrialKind:
    if row.is_asked:
        return "asked"
    return "phrasing" if row.entry >= 0 else "background"
