"""The texts that an index is made of, as tokens and as vectors.

How rare a term is comes from the ordinary questions that a knowledge is delivered with, which no edit
changes: so an edit adds and takes rows, and leaves the vectors of all others as they are.
"""

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from chatbot.content import Knowledge
from chatbot.thesaurus import Thesaurus
from chatbot.vectors import RowVectorizer, Vectorizer

if TYPE_CHECKING:
    from scipy.sparse import csr_matrix

    Vectors = tuple[csr_matrix, csr_matrix]  # of words and of characters, a row a text


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
