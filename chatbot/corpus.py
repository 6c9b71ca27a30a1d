"""The texts that an index is made of, as tokens and as vectors.

How rare a term is comes from the ordinary questions that a knowledge is delivered with, which no edit
changes: so an edit adds and takes rows, and leaves the vectors of all others as they are.
"""

from collections.abc import Sequence
from sys import intern
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from chatbot.content import Knowledge
from chatbot.features import DIGESTS, Analyzer, counted
from chatbot.thesaurus import Thesaurus
from chatbot.vectors import Vectorizer

if TYPE_CHECKING:
    from scipy.sparse import csr_matrix

    Vectors = tuple[csr_matrix, csr_matrix]  # of words and of characters, a row a text


_READ = 20_000  # texts that are read at a time: what is counted of each would fill the memory of a million


class RowVectorizer:
    """Makes unit TF-IDF vectors of tokenised texts, with the IDF that other texts, the ordinary ones, have.

    A term that those lack is as rare as can be. What was read once is kept.
    """

    def __init__(self, ordinary: Sequence[Sequence[str]], analyzer: Analyzer) -> None:
        """Learn the IDF from tokenised texts."""
        self._model, self._rows = Vectorizer.fit_rows(ordinary, analyzer)
        self._ordinary = len(self._model)
        self._places = {tuple(t): i for i, t in enumerate(ordinary)}

    def rows(self, texts: Sequence[tuple[str, ...]]) -> "tuple[Vectorizer, csr_matrix]":
        """A vectorizer that knows the terms of the ordinary texts and of these, and these as unit vectors."""
        new = [t for t in dict.fromkeys(texts) if t not in self._places]
        self._keep(new, [self._read(new[i : i + _READ]) for i in range(0, len(new), _READ)])
        rows = self._rows[[self._places[t] for t in texts]]
        is_used = np.bincount(rows.indices, minlength=len(self._model)) > 0
        is_used[: self._ordinary] = True
        model = self._model
        kept = model.digests[is_used], model.idf[is_used], model.unseen_idf
        return Vectorizer.of(model.analyzer, *kept), rows[:, is_used]

    def _read(self, texts: Sequence[tuple[str, ...]]) -> "csr_matrix":
        """The texts as unit vectors; the features that were not known are from now on."""
        from scipy.sparse import csr_matrix

        model, known = self._model, len(self._model)
        counts = [counted(DIGESTS[model.analyzer](t)) for t in texts]
        digests, times = (np.concatenate([c[i] for c in counts]) for i in (0, 1))
        features = model.find(digests)
        is_new = features < 0
        new = np.unique(digests[is_new])
        features[is_new] = known + new.searchsorted(digests[is_new])
        idf = np.append(model.idf, np.full(len(new), model.unseen_idf, np.float32))
        self._model = Vectorizer.of(model.analyzer, np.append(model.digests, new), idf, model.unseen_idf)
        ends = np.cumsum([0, *(len(c[0]) for c in counts)])
        row = np.repeat(np.arange(len(texts)), np.diff(ends))
        weights = idf[features] * (1 + np.log(times, dtype=np.float32))
        weights /= np.sqrt(np.bincount(row, weights * weights, len(texts)))[row]
        rows = csr_matrix((weights.astype(np.float32), features, ends), (len(texts), len(idf)))
        rows.sort_indices()
        return rows

    def _keep(self, texts: Sequence[tuple[str, ...]], parts: "Sequence[csr_matrix]") -> None:
        from scipy.sparse import vstack

        if not texts:
            return
        self._places |= {t: self._rows.shape[0] + i for i, t in enumerate(texts)}
        parts = [self._rows, *parts]
        for part in parts:
            part.resize(part.shape[0], len(self._model))
        self._rows = vstack(parts, "csr")


class Corpus:
    """Texts read with one thesaurus and weighed by one set of ordinary questions; once, and then kept."""

    def __init__(self, thesaurus: Thesaurus, ordinary: Sequence[str]) -> None:
        """Learn from the `ordinary` questions how rare each term is."""
        self._thesaurus, self._ordinary = thesaurus, ordinary
        self._rewritten: dict[str, tuple[str, ...]] = {}
        self._tokens: dict[str, tuple[str, ...]] = {}
        told = self.tokens(ordinary)
        self._models = RowVectorizer(told, "framed"), RowVectorizer(told, "chars")

    def fits(self, knowledge: Knowledge) -> bool:
        """Whether this is how the knowledge's texts are to be read and weighed."""
        return self._thesaurus == knowledge.thesaurus and self._ordinary == knowledge.harmless

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


def likeness(some: "Vectors", others: "Vectors", word_share: float) -> NDArray[np.float32]:
    """How like each text is to each of the others, shape (texts, others)."""
    word, char = ((a @ b.T).toarray() for a, b in zip(some, others, strict=True))
    return np.asarray(word_share * word + (1 - word_share) * char, np.float32)
