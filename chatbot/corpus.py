"""The texts that an index is made of, as tokens and as vectors.

How rare a term is comes from the ordinary questions that a knowledge is delivered with, which no edit
changes: so an edit adds and takes rows, and leaves the vectors of all others as they are.
"""

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from chatbot.content import Knowledge
from chatbot.features import FEATURES, Analyzer, term_digests
from chatbot.thesaurus import Thesaurus
from chatbot.vectors import Fitted, Vectorizer, unit_rows

if TYPE_CHECKING:
    from scipy.sparse import csr_matrix

    Vectors = tuple[csr_matrix, csr_matrix]  # of words and of characters, a row a text


class RowVectorizer:
    """Makes unit TF-IDF vectors of tokenised texts, with the IDF that other texts, the ordinary ones, have.

    A term that those lack is as rare as can be. What was read once is kept.
    """

    def __init__(self, ordinary: Sequence[Sequence[str]], analyzer: Analyzer) -> None:
        """Learn the IDF from tokenised texts."""
        self._analyzer, self._fitted = analyzer, Fitted.of(ordinary, analyzer)
        self._rows, self._terms = self._fitted.rows, dict(self._fitted.vocabulary)
        self._digests = term_digests(self._fitted.terms, analyzer)
        self._places = {tuple(t): i for i, t in enumerate(ordinary)}

    def rows(self, texts: Sequence[tuple[str, ...]]) -> "tuple[Vectorizer, csr_matrix]":
        """A vectorizer that knows the terms of the ordinary texts and of these, and these as unit vectors."""
        self._read([t for t in dict.fromkeys(texts) if t not in self._places])
        rows = self._rows[[self._places[t] for t in texts]]
        is_used = np.bincount(rows.indices, minlength=len(self._terms)) > 0
        is_used[: len(self._fitted.vocabulary)] = True
        kept = self._digests[is_used], self._idf[is_used], self._fitted.unseen_idf
        return Vectorizer.of(self._analyzer, *kept), rows[:, is_used]

    @property
    def _idf(self) -> NDArray[np.float32]:
        strange = len(self._terms) - len(self._fitted.idf)
        return np.append(self._fitted.idf, np.full(strange, self._fitted.unseen_idf, np.float32))

    def _read(self, texts: Sequence[tuple[str, ...]]) -> None:
        from scipy.sparse import vstack

        if not texts:
            return
        analyzer = self._analyzer
        found = dict.fromkeys(t for text in texts for t in FEATURES[analyzer](text) if t not in self._terms)
        self._terms |= {term: number for number, term in enumerate(found, len(self._terms))}
        self._digests = np.append(self._digests, term_digests(found, analyzer))
        more = unit_rows(texts, analyzer, self._terms, self._idf)
        count = self._rows.shape[0]
        self._rows.resize(count, len(self._terms))
        self._places |= {t: count + i for i, t in enumerate(texts)}
        self._rows = vstack([self._rows, more], "csr")


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
                self._rewritten[text] = tuple(self._thesaurus.rewrite(text))
        return [self._rewritten[t] for t in texts]

    def tokens(self, texts: Sequence[str]) -> list[tuple[str, ...]]:
        """The same with the concepts they name: of a knowledge's own words none is misspelt."""
        for text, words in zip(texts, self.rewritten(texts), strict=True):
            if text not in self._tokens:
                self._tokens[text] = (*words, *self._thesaurus.named(words))
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
