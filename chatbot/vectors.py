"""TF-IDF and linear models over a text: fitted by scikit-learn (its only home), read with numpy alone.

A fitted model is a handful of arrays and a vocabulary, so that it can be kept in a file and answering
a question never imports scikit-learn.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Literal

import numpy as np
from numpy.typing import NDArray

from chatbot.text import normalise, stem, words

if TYPE_CHECKING:
    from scipy.sparse import csr_matrix

Analyzer = Literal["words", "framed", "chars"]
Arrays = Mapping[str, NDArray[np.generic]]
_SEPARATOR = "\0"  # the one character that no text holds; a sentence that is a list holds line ends
PAIR_REACH = 3


def word_features(tokens: Sequence[str]) -> list[str]:
    """Stems, pairs of stems at most two words apart, and concepts (tokens that begin with `_`)."""
    stems, concepts = _stems_and_concepts(tokens)
    return stems + _pairs(stems) + concepts


def framed_features(tokens: Sequence[str]) -> list[str]:
    """`word_features` with the text's two edges as words in the pairs: a question's frame tells its sense."""
    stems, concepts = _stems_and_concepts(tokens)
    framed = (p for p in _pairs(["^", *stems, "$"]) if p != "^ $")  # which tells nothing but shortness
    return [*stems, *framed, *concepts]


def _stems_and_concepts(tokens: Sequence[str]) -> tuple[list[str], list[str]]:
    return [stem(t) for t in tokens if not t.startswith("_")], [t for t in tokens if t.startswith("_")]


def _pairs(stems: Sequence[str]) -> list[str]:
    return [f"{a} {b}" for i, a in enumerate(stems) for b in stems[i + 1 : i + 1 + PAIR_REACH]]


def char_features(tokens: Sequence[str]) -> list[str]:
    """Runs of 2 to 4 characters inside each word, the word's two edges counted as characters."""
    return [run for t in tokens if not t.startswith("_") for run in _runs(t)]


@lru_cache(maxsize=8192)
def _runs(word: str) -> tuple[str, ...]:
    padded = f" {word} "
    return tuple(padded[i : i + n] for n in (2, 3, 4) for i in range(len(padded) - n + 1))


FEATURES: Mapping[Analyzer, Callable[[Sequence[str]], list[str]]] = {
    "words": word_features,
    "framed": framed_features,
    "chars": char_features,
}


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


def vector_of(
    features: NDArray[np.int32], times: NDArray[np.integer], idf: NDArray[np.float32], unknown: float
) -> Vector:
    """The unit vector of features that stand so many times each in a text.

    `unknown` is the squared length of those that the vocabulary lacks, in the unit of `idf`.
    """
    weights = (1 + np.log(times.astype(np.float32))) * idf[features]
    squared = float(weights @ weights) + unknown
    if not squared:
        return Vector(features, weights.astype(np.float32))
    return Vector(features, (weights / np.sqrt(squared)).astype(np.float32), unknown / squared)


@dataclass(frozen=True)
class Vectorizer:
    """TF-IDF with sublinear term frequency and smoothed IDF, as scikit-learn's TfidfVectorizer defines it."""

    analyzer: Analyzer
    vocabulary: Mapping[str, int]
    idf: NDArray[np.float32]
    unseen_idf: float

    @classmethod
    def fit(cls, texts: Sequence[Sequence[str]], analyzer: Analyzer) -> "Vectorizer":
        """Learn vocabulary and IDF from tokenised `texts` (at least one with a token in it)."""
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
        unseen = float(np.log(1 + len(texts)) + 1)  # the smoothed IDF of a document frequency of 0
        vocabulary = {term: int(i) for term, i in model.vocabulary_.items()}
        return cls(analyzer, vocabulary, model.idf_.astype(np.float32), unseen), rows

    def transform(self, tokens: Sequence[str], *, lengthen: bool = False) -> Vector:
        """The text's unit vector; with `lengthen` features never seen in training count in its length."""
        counts = Counter(FEATURES[self.analyzer](tokens))
        find = self.vocabulary.get
        known = sorted((i, n) for t, n in counts.items() if (i := find(t)) is not None)
        features, times = np.array(known, np.int32).reshape(-1, 2).T
        unknown = (len(counts) - len(known)) * self.unseen_idf**2 if lengthen else 0.0
        return vector_of(features, times, self.idf, unknown)

    def arrays(self) -> dict[str, NDArray[np.generic]]:
        """What `from_arrays` needs to make it again."""
        terms = sorted(self.vocabulary, key=self.vocabulary.__getitem__)
        return {"terms": packed(terms), "idf": self.idf, "unseen": np.array([self.unseen_idf])}

    @classmethod
    def from_arrays(cls, analyzer: Analyzer, arrays: Arrays) -> "Vectorizer":
        """The reverse of `arrays`."""
        vocabulary = {term: number for number, term in enumerate(unpacked(arrays["terms"]))}
        return cls(analyzer, vocabulary, arrays["idf"].astype(np.float32), float(arrays["unseen"][0]))


def unit_rows(
    texts: Sequence[Sequence[str]],
    analyzer: Analyzer,
    vocabulary: Mapping[str, int],
    idf: NDArray[np.float32],
) -> "csr_matrix":
    """The unit vectors of tokenised texts by a vocabulary and its IDF given, shape (texts, features)."""
    from sklearn.feature_extraction.text import TfidfVectorizer

    model = TfidfVectorizer(
        analyzer=FEATURES[analyzer], sublinear_tf=True, dtype=np.float32, vocabulary=vocabulary
    )
    model.idf_ = idf
    return model.transform(texts)


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
        cut = len(word.vocabulary)
        coefficients = model.coef_[0].astype(np.float32)
        weights = (coefficients[:cut], coefficients[cut:])
        return cls((word, char), weights, float(model.intercept_[0]))

    def probability(self, text: str) -> float:
        """How likely the text is of the kind, 0 to 1."""
        score, tokens = self.bias, tokens_of(text)
        for vectorizer, weights in zip(self.vectorizers, self.weights, strict=True):
            vector = vectorizer.transform(tokens)
            score += float(weights[vector.features] @ vector.weights)
        return float(1 / (1 + np.exp(-score)))

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
        weights = tuple(parts[a]["weights"].astype(np.float32) for a in ("words", "chars"))
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


def fit_logistic(
    features: NDArray[np.float64], labels: NDArray[np.bool_], weights: NDArray[np.float64]
) -> tuple[NDArray[np.float64], float]:
    """Weighted logistic regression on dense features, shape (rows, columns): (coefficients, bias).

    Columns are standardised for the fit; what is returned applies to the features as given. Where all
    labels are the same there is nothing to learn but how often: the rule of succession (Laplace, 1774).
    """
    if labels.all() or not labels.any():
        odds = (labels.sum() + 1) / ((~labels).sum() + 1)
        return np.zeros(features.shape[1]), float(np.log(odds))
    from sklearn.linear_model import LogisticRegression

    mean, spread = features.mean(axis=0), features.std(axis=0)
    spread[spread == 0] = 1.0
    model = LogisticRegression(C=1.0, max_iter=1000)
    model.fit((features - mean) / spread, labels, sample_weight=weights)
    coefficients = model.coef_[0] / spread
    return coefficients, float(model.intercept_[0] - coefficients @ mean)
