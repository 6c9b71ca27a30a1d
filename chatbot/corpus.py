"""The texts that an index is made of, as tokens and as vectors.

How rare a term is comes from the ordinary questions and the entries that a knowledge is delivered with, which
no edit changes: so an edit adds and takes rows, and leaves the vectors of all others as they are.
"""

from collections.abc import Sequence
from sys import intern
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from chatbot import forks
from chatbot.content import Knowledge
from chatbot.features import PAIR_REACH, Analyzer, Digests, digest, paired, run_digests_each
from chatbot.text import stem
from chatbot.thesaurus import Thesaurus
from chatbot.vectors import Vectorizer

if TYPE_CHECKING:
    from scipy.sparse import csr_matrix

    Vectors = tuple[csr_matrix, csr_matrix]  # of words and of characters, a row a text


Ints = NDArray[np.int32]
Places = NDArray[np.intp]
_READ = 20_000  # texts that are read at a time: what is counted of each would fill the memory of a million
# With so many entries their wordings weigh half as much as the ordinary questions: what is frequent among few
# is so by chance.
_FEW_ENTRIES = 100


class _Counts(NamedTuple):
    """The features of some texts, ascending; which stand in each text, end to end, and how often.

    `places` are places in `digests`. A text begins at its place in `starts`; last is where the last one ends.
    """

    digests: Digests
    places: Ints
    times: NDArray[np.uint16]
    starts: NDArray[np.intp]

    @classmethod
    def of(cls, texts: Sequence[Sequence[str]], analyzer: Analyzer) -> "_Counts":
        """As `DIGESTS` and `counted` have it of each text, in less than half of the time of so many calls."""
        said = _Said.of(texts)
        digests, counts = said.runs() if analyzer == "chars" else said.framed()
        counts.sort_indices()
        times, starts = counts.data.astype(np.uint16), counts.indptr.astype(np.intp)
        return cls(digests, counts.indices.astype(np.int32, copy=False), times, starts)


class _Said(NamedTuple):
    """The words of some texts end to end: the text and the word (by its place in `words`) of each.

    `concepts` are digests of what the words name, `named_by` the text of each.
    """

    texts: int
    words: Sequence[str]
    text: Ints
    word: Ints
    concepts: Digests
    named_by: Ints

    @classmethod
    def of(cls, texts: Sequence[Sequence[str]]) -> "_Said":
        places: dict[str, int] = {}
        word = [places.setdefault(token, len(places)) for tokens in texts for token in tokens]
        text = np.repeat(np.arange(len(texts), dtype=np.int32), [len(tokens) for tokens in texts])
        words, flat = list(places), np.array(word, np.int32)
        is_concept = np.array([w.startswith("_") for w in words], bool)[flat]
        found = np.array([digest(w) if w.startswith("_") else 0 for w in words], np.uint64)
        named = found[flat[is_concept]], text[is_concept]
        return cls(len(texts), words, text[~is_concept], flat[~is_concept], *named)

    def runs(self) -> "tuple[Digests, csr_matrix]":
        """The digests of all runs of characters, ascending, and how often each stands in each text."""
        from scipy.sparse import csr_matrix

        found, word = run_digests_each(self.words)
        digests, run = np.unique(found, return_inverse=True)
        size = len(self.words), len(digests)
        of_words = csr_matrix((np.ones(len(run), np.int32), (word, run)), size)
        said = np.ones(len(self.word), np.int32), (self.text, self.word)
        return digests, csr_matrix(said, (self.texts, len(self.words))) @ of_words

    def framed(self) -> "tuple[Digests, csr_matrix]":
        """The same of stems, their pairs, those with the text's edges, and concepts."""
        from scipy.sparse import csr_matrix

        stems = np.array([digest(stem(w)) for w in self.words], np.uint64)[self.word]
        sizes = np.bincount(self.text, minlength=self.texts)
        ends = np.cumsum(sizes + 2) - 1  # of each text, its edges counted as words
        begins = ends - sizes - 1
        framed = np.empty(len(stems) + 2 * self.texts, np.uint64)
        text = np.repeat(np.arange(self.texts, dtype=np.int32), sizes + 2)
        is_edge = np.zeros(len(framed), bool)
        is_edge[begins] = is_edge[ends] = True
        framed[begins], framed[ends], framed[~is_edge] = digest("^"), digest("$"), stems
        found, of = [stems, self.concepts], [self.text, self.named_by]
        for apart in range(1, PAIR_REACH + 1):
            first, second = slice(None, -apart), slice(apart, None)
            # The two edges as a pair would tell nothing but shortness.
            is_pair = (text[first] == text[second]) & ~(is_edge[first] & is_edge[second])
            found.append(paired(framed[first][is_pair], framed[second][is_pair]))
            of.append(text[first][is_pair])
        digests, place = np.unique(np.concatenate(found), return_inverse=True)
        ones = np.ones(len(place), np.int32)
        return digests, csr_matrix((ones, (np.concatenate(of), place)), (self.texts, len(digests)))


class RowVectorizer:
    """Makes unit TF-IDF vectors of tokenised texts, with the IDF that other texts have.

    These are ordinary questions, and documents: each the wordings of one entry, as what is frequent among
    entries tells them apart as little as what any question may hold. All k documents together count as much
    as k / (k + 100) of the ordinary questions. A term that all of them lack is as rare as can be. What was
    read once is kept.
    """

    def __init__(
        self,
        ordinary: Sequence[tuple[str, ...]],
        analyzer: Analyzer,
        documents: Sequence[Sequence[tuple[str, ...]]] = (),
    ) -> None:
        """Learn the IDF from tokenised texts."""
        from scipy.sparse import csr_matrix

        texts = list(dict.fromkeys([*ordinary, *(w for wordings in documents for w in wordings)]))
        self._places = {t: i for i, t in enumerate(texts)}
        counts = _in_parts(texts, analyzer)
        self._model = _learned(counts, self._found(ordinary), [*map(self._found, documents)], analyzer)
        self._delivered = len(self._model)
        self._rows = csr_matrix((0, self._delivered), dtype=np.float32)
        self._keep(texts, counts)

    def rows(self, texts: Sequence[tuple[str, ...]]) -> "tuple[Vectorizer, csr_matrix]":
        """A vectorizer that knows the terms of these texts and of those learned from, and their vectors."""
        new = [t for t in dict.fromkeys(texts) if t not in self._places]
        if new:
            self._keep(new, _in_parts(new, self._model.analyzer))
        rows = self._rows[self._found(texts)]
        is_used = np.bincount(rows.indices, minlength=len(self._model)) > 0
        is_used[: self._delivered] = True
        model = self._model
        kept = model.digests[is_used], model.idf[is_used], model.unseen_idf
        return Vectorizer.of(model.analyzer, *kept), rows[:, is_used]

    def _found(self, texts: Sequence[tuple[str, ...]]) -> Places:
        return np.array([self._places[t] for t in texts], np.intp)

    def _keep(self, texts: Sequence[tuple[str, ...]], counts: "Sequence[_Counts]") -> None:
        """Keep the texts' vectors, and the features that were not known."""
        from scipy.sparse import vstack

        self._places |= {t: self._rows.shape[0] + i for i, t in enumerate(texts)}
        parts = [self._rows, *map(self._weighed, counts)]
        for part in parts:
            part.resize(part.shape[0], len(self._model))
        self._rows = vstack(parts, "csr")

    def _weighed(self, counts: _Counts) -> "csr_matrix":
        """Unit vectors of texts; the features that were not known are from now on."""
        from scipy.sparse import csr_matrix

        model, known = self._model, len(self._model)
        numbers = model.find(counts.digests)
        is_new = numbers < 0
        if is_new.any():
            new = counts.digests[is_new]
            numbers[is_new] = np.arange(known, known + len(new))
            idf = np.append(model.idf, np.full(len(new), model.unseen_idf, np.float32))
            digests = np.append(model.digests, new)
            model = self._model = Vectorizer.of(model.analyzer, digests, idf, model.unseen_idf)
        features = numbers[counts.places]
        size = len(counts.starts) - 1
        row = np.repeat(np.arange(size), np.diff(counts.starts))
        weights = model.idf[features] * (1 + np.log(counts.times, dtype=np.float32))
        weights /= np.sqrt(np.bincount(row, weights * weights, size)).astype(np.float32)[row]
        rows = csr_matrix((weights, features, counts.starts), (size, len(model)))
        rows.sort_indices()
        return rows


def _in_parts(texts: Sequence[Sequence[str]], analyzer: Analyzer) -> list[_Counts]:
    def counts(start: int) -> _Counts:
        return _Counts.of(texts[start : start + _READ], analyzer)

    return forks.each(counts, range(0, len(texts), _READ), pieces=len(texts))


def _learned(
    counts: Sequence[_Counts], ordinary: Places, documents: Sequence[Places], analyzer: Analyzer
) -> Vectorizer:
    """What knows the terms, with the smoothed IDF as scikit-learn's TfidfVectorizer has it.

    `ordinary` and each of the `documents` are places of the texts that were counted.
    """
    digests, stands = _joined(counts)
    in_questions = stands.T @ np.bincount(ordinary, minlength=stands.shape[0])
    none = np.zeros(0, np.intp)
    members = _members(np.concatenate([none, *documents]), [*map(len, documents)], stands.shape[0])
    by_document = members @ stands
    in_documents = np.bincount(by_document.indices, minlength=len(digests))
    weight = len(ordinary) / (len(documents) + _FEW_ENTRIES)  # of a document, where a question has one
    total = 1 + len(ordinary) + weight * len(documents)
    idf = np.log(total / (1 + in_questions + weight * in_documents)) + 1
    return Vectorizer.of(analyzer, digests, idf.astype(np.float32), float(np.log(total) + 1))


def _joined(counts: Sequence[_Counts]) -> "tuple[Digests, csr_matrix]":
    """All features, ascending, and which stand in each text, shape (texts, features)."""
    digests = np.unique(np.concatenate([np.zeros(0, np.uint64), *(c.digests for c in counts)]))
    found = [np.searchsorted(digests, c.digests).astype(np.int32)[c.places] for c in counts]
    none = np.zeros(0, np.int32)
    sizes = np.concatenate([none, *(np.diff(c.starts) for c in counts)])
    return digests, _members(np.concatenate([none, *found]), sizes, len(digests))


def _members(found: NDArray[np.integer], sizes: ArrayLike, count: int) -> "csr_matrix":
    """Which of so many belong to each of some groups, given end to end: shape (groups, count)."""
    from scipy.sparse import csr_matrix

    starts = np.concatenate([[0], np.cumsum(sizes)]).astype(np.intp)
    return csr_matrix((np.ones(len(found), bool), found, starts), (len(starts) - 1, count))


class Corpus:
    """Texts read with one thesaurus and weighed as one delivered knowledge has it; once, and then kept."""

    def __init__(self, knowledge: Knowledge) -> None:
        """Learn how rare each term is."""
        self._ground = _ground(knowledge)
        self._thesaurus, ordinary, documents = self._ground
        self._rewritten: dict[str, tuple[str, ...]] = {}
        self._tokens: dict[str, tuple[str, ...]] = {}
        told = self.tokens(ordinary), [*map(self.tokens, documents)]
        self._models = RowVectorizer(told[0], "framed", told[1]), RowVectorizer(told[0], "chars", told[1])

    def fits(self, knowledge: Knowledge) -> bool:
        """Whether this is how the knowledge's texts are to be read and weighed."""
        return self._ground == _ground(knowledge)

    def rewritten(self, texts: Sequence[str]) -> list[tuple[str, ...]]:
        """The words of each text, spelling and chat forms made plain."""
        for text in texts:
            if text not in self._rewritten:
                self._rewritten[text] = tuple(map(intern, self._thesaurus.rewrite(text)))
        return [self._rewritten[t] for t in texts]

    def tokens(self, texts: Sequence[str]) -> list[tuple[str, ...]]:
        """The same with the concepts they name: of a knowledge's own words none is misspelt."""
        for text, words in zip(texts, self.rewritten(texts), strict=True):
            if text not in self._tokens:
                named = self._thesaurus.named(words)
                self._tokens[text] = (*words, *named) if named else words
        return [self._tokens[t] for t in texts]

    def vectors(self, texts: Sequence[str]) -> "tuple[tuple[Vectorizer, Vectorizer], Vectors]":
        """The vectorizers that know all terms of the texts, and the texts' unit vectors."""
        told = self.tokens(texts)
        (word, word_rows), (char, char_rows) = (m.rows(told) for m in self._models)
        return (word, char), (word_rows, char_rows)


def _ground(knowledge: Knowledge) -> tuple[Thesaurus, tuple[str, ...], tuple[tuple[str, ...], ...]]:
    return knowledge.thesaurus, knowledge.harmless, knowledge.documents


def likeness(some: "Vectors", others: "Vectors", word_share: float) -> NDArray[np.float32]:
    """How like each text is to each of the others, shape (texts, others)."""
    word, char = ((a @ b.T).toarray() for a, b in zip(some, others, strict=True))
    return np.asarray(word_share * word + (1 - word_share) * char, np.float32)
