"""TF-IDF and linear models over a text: fitted by scikit-learn (its only home), read with numpy alone.

A fitted model is a handful of arrays, so that it can be kept in a file, is there as soon as that is open, and
answering a question never imports scikit-learn.
"""

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from chatbot.features import DIGESTS, FEATURES, Analyzer, Digests, counted, term_digests
from chatbot.text import normalise, words

if TYPE_CHECKING:
    from scipy.sparse import csr_matrix

Arrays = Mapping[str, NDArray[np.generic]]
_SEPARATOR = "\0"  # the one character that no text holds; a sentence that is a list holds line ends


def tokens_of(text: str) -> list[str]:
    """The tokens of a plain text: its normalised words."""
    return words(normalise(text))


@dataclass(frozen=True, slots=True)
class Vector:
    """A sparse text vector: feature numbers (int32) with their weights (float32).

    `unknown` is the squared length, in the same unit, of the features that the vocabulary lacks.
    """

    features: NDArray[np.int32]
    weights: NDArray[np.float32]
    unknown: float = 0.0


@dataclass(frozen=True)
class Vectorizer:
    """TF-IDF with sublinear term frequency and smoothed IDF, as scikit-learn's TfidfVectorizer defines it.

    A feature is known by its digest: `keys` are sorted, `numbers` are their features' numbers, to which the
    places of `idf` refer.
    """

    analyzer: Analyzer
    keys: Digests
    numbers: NDArray[np.int32]
    idf: NDArray[np.float32]
    unseen_idf: float

    @classmethod
    def of(
        cls, analyzer: Analyzer, digests: Digests, idf: NDArray[np.float32], unseen_idf: float
    ) -> "Vectorizer":
        """Of the digests and the IDF of each term, in the order of their numbers."""
        order = np.argsort(digests)
        return cls(analyzer, digests[order], order.astype(np.int32), idf, unseen_idf)

    @classmethod
    def fit(cls, texts: Sequence[Sequence[str]], analyzer: Analyzer) -> "Vectorizer":
        """Learn features and IDF from tokenised `texts` (at least one with a token in it)."""
        return cls.fit_rows(texts, analyzer)[0]

    @classmethod
    def fit_rows(
        cls, texts: Sequence[Sequence[str]], analyzer: Analyzer, *, min_texts: int = 1
    ) -> "tuple[Vectorizer, csr_matrix]":
        """`fit`, and the texts' unit vectors as a sparse matrix of shape (texts, features).

        Features in fewer than `min_texts` texts are left out.
        """
        from sklearn.feature_extraction.text import TfidfVectorizer

        model = TfidfVectorizer(
            analyzer=FEATURES[analyzer], sublinear_tf=True, dtype=np.float32, min_df=min_texts
        )
        rows = model.fit_transform(texts)
        digests = term_digests(sorted(model.vocabulary_, key=model.vocabulary_.__getitem__), analyzer)
        unseen = float(np.log(1 + len(texts)) + 1)  # the smoothed IDF of a document frequency of 0
        return cls.of(analyzer, digests, model.idf_.astype(np.float32), unseen), rows

    def __len__(self) -> int:
        """How many features there are."""
        return len(self.keys)

    @property
    def digests(self) -> Digests:
        """The digest of each feature, in the order of their numbers."""
        in_order = np.empty_like(self.keys)
        in_order[self.numbers] = self.keys
        return in_order

    def find(self, digests: Digests) -> NDArray[np.int32]:
        """The number of each feature, -1 for those that are not known."""
        if not len(self.keys):
            return np.full(len(digests), -1, np.int32)
        places = self.keys.searchsorted(digests)
        found = self.numbers.take(places, mode="clip")
        found[self.keys.take(places, mode="clip") != digests] = -1
        return found

    def transform(self, tokens: Sequence[str], *, lengthen: bool = False) -> Vector:
        """The text's unit vector; with `lengthen` features never seen in training count in its length."""
        digests, times = counted(DIGESTS[self.analyzer](tokens))
        found = self.find(digests)
        places = np.flatnonzero(found >= 0)
        features = found[places]
        weights = self.idf[features]
        if len(times) and times.max() > 1:
            weights *= 1 + np.log(times[places], dtype=np.float32)
        unknown = (len(digests) - len(features)) * self.unseen_idf**2 if lengthen else 0.0
        squared = float(weights @ weights) + unknown
        if not squared:
            return Vector(features, weights)
        weights *= np.float32(1 / math.sqrt(squared))
        return Vector(features, weights, unknown / squared)

    def arrays(self) -> dict[str, NDArray[np.generic]]:
        """What `from_arrays` needs to make it again."""
        unseen = np.array([self.unseen_idf])
        return {"keys": self.keys, "numbers": self.numbers, "idf": self.idf, "unseen": unseen}

    @classmethod
    def from_arrays(cls, analyzer: Analyzer, arrays: Arrays) -> "Vectorizer":
        """The reverse of `arrays`."""
        return cls(
            analyzer,
            arrays["keys"].astype(np.uint64, copy=False),
            arrays["numbers"].astype(np.int32, copy=False),
            arrays["idf"].astype(np.float32, copy=False),
            float(arrays["unseen"][0]),
        )


@dataclass(frozen=True)
class TextClassifier:
    """Logistic regression over word and character features: is a text of a kind, or not?"""

    vectorizers: tuple[Vectorizer, Vectorizer]
    weights: tuple[NDArray[np.float32], NDArray[np.float32]]
    bias: float

    @classmethod
    def fit(
        cls, texts: Sequence[str], labels: Sequence[bool], *, c: float = 10.0, min_texts: int = 1
    ) -> "TextClassifier":
        """Learn from `texts` with their labels (both kinds needed); `c` is the inverse regularisation.

        Features in fewer than `min_texts` texts are left out.
        """
        from scipy.sparse import hstack
        from sklearn.linear_model import LogisticRegression

        tokenised = [tokens_of(t) for t in texts]
        word, word_rows = Vectorizer.fit_rows(tokenised, "words", min_texts=min_texts)
        char, char_rows = Vectorizer.fit_rows(tokenised, "chars", min_texts=min_texts)
        matrix = hstack([word_rows, char_rows]).tocsr()
        model = LogisticRegression(
            C=c, class_weight="balanced", solver="liblinear", intercept_scaling=10, max_iter=1000
        ).fit(matrix, list(labels))
        cut = len(word)
        coefficients = model.coef_[0].astype(np.float32)
        weights = (coefficients[:cut], coefficients[cut:])
        return cls((word, char), weights, float(model.intercept_[0]))

    def log_odds(self, tokens: Sequence[str]) -> float:
        """How much speaks for the text being of the kind, rather than not."""
        score = self.bias
        for vectorizer, weights in zip(self.vectorizers, self.weights, strict=True):
            vector = vectorizer.transform(tokens)
            score += float(weights[vector.features] @ vector.weights)
        return score

    def arrays(self) -> dict[str, NDArray[np.generic]]:
        """What `from_arrays` needs to make it again."""
        kept: dict[str, NDArray[np.generic]] = {"bias": np.array([self.bias])}
        for vectorizer, weights in zip(self.vectorizers, self.weights, strict=True):
            kept |= {f"{vectorizer.analyzer}.{k}": a for k, a in vectorizer.arrays().items()}
            kept[f"{vectorizer.analyzer}.weights"] = weights
        return kept

    @classmethod
    def from_arrays(cls, arrays: Arrays) -> "TextClassifier":
        """The reverse of `arrays`."""
        parts = {a: sub_arrays(arrays, a) for a in ("words", "chars")}
        vectorizers = (
            Vectorizer.from_arrays("words", parts["words"]),
            Vectorizer.from_arrays("chars", parts["chars"]),
        )
        weights = tuple(parts[a]["weights"].astype(np.float32, copy=False) for a in ("words", "chars"))
        return cls(vectorizers, (weights[0], weights[1]), float(arrays["bias"][0]))


def packed(texts: Iterable[str]) -> NDArray[np.uint8]:
    """Texts as one array of bytes; `unpacked` is the reverse."""
    return np.frombuffer(_SEPARATOR.join(texts).encode(), np.uint8)


def unpacked(array: NDArray[np.generic]) -> tuple[str, ...]:
    """The texts of a packed array."""
    return tuple(bytes(array).decode().split(_SEPARATOR)) if array.size else ()


def sub_arrays(arrays: Arrays, name: str) -> dict[str, NDArray[np.generic]]:
    """The arrays named `name.…`, without that prefix."""
    return {k.removeprefix(f"{name}."): a for k, a in arrays.items() if k.startswith(f"{name}.")}


def squeezed(rows: "csr_matrix") -> "tuple[NDArray[np.int32], csr_matrix]":
    """The numbers of the features that stand in some rows, ascending, and the rows with these alone."""
    from scipy.sparse import csr_matrix

    is_held = np.zeros(rows.shape[1], bool)
    is_held[rows.indices] = True
    held = np.flatnonzero(is_held).astype(np.int32)
    places = np.empty(rows.shape[1], np.int32)
    places[held] = np.arange(len(held), dtype=np.int32)
    return held, csr_matrix((rows.data, places[rows.indices], rows.indptr), (rows.shape[0], len(held)))


def fit_logistic(
    features: NDArray[np.float64],
    labels: NDArray[np.bool_],
    weights: NDArray[np.float64],
    signs: Sequence[int] = (),
) -> tuple[NDArray[np.float64], float]:
    """Weighted logistic regression on dense features, shape (rows, columns): (coefficients, bias).

    Columns are standardised for the fit; what is returned applies to the features as given. A column whose
    coefficient would contradict its sign (1, -1; 0 and beyond the last: either) is left out, and the rest
    is fitted anew. Where all labels are the same there is nothing to learn but how often: the rule of
    succession (Laplace, 1774).
    """
    if labels.all() or not labels.any():
        odds = (labels.sum() + 1) / ((~labels).sum() + 1)
        return np.zeros(features.shape[1]), float(np.log(odds))
    from sklearn.linear_model import LogisticRegression

    mean, spread = features.mean(axis=0), features.std(axis=0)
    spread[spread == 0] = 1.0
    standard = (features - mean) / spread
    wanted = np.zeros(features.shape[1])
    wanted[: len(signs)] = signs
    kept = np.ones(features.shape[1], bool)
    while True:
        model = LogisticRegression(C=1.0, max_iter=1000)
        model.fit(standard * kept, labels, sample_weight=weights)
        found = model.coef_[0]
        contradicts = kept & (found * wanted < 0)
        if not contradicts.any():
            break
        kept &= ~contradicts
    coefficients = found * kept / spread
    return coefficients, float(model.intercept_[0] - coefficients @ mean)
