"""TF-IDF and linear models over a text: fitted by scikit-learn (its only home), read with numpy alone.

A fitted model is a handful of arrays and a vocabulary, so that it can be kept in a file and answering
a question never imports scikit-learn.
"""

import hashlib
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from itertools import chain
from typing import TYPE_CHECKING, Any, Literal
from weakref import WeakValueDictionary

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


_FEATURES: Mapping[Analyzer, Callable[[Sequence[str]], list[str]]] = {
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


@dataclass(frozen=True)
class Vectorizer:
    """TF-IDF with sublinear term frequency and smoothed IDF, as scikit-learn's TfidfVectorizer defines it."""

    analyzer: Analyzer
    vocabulary: Mapping[str, int]
    idf: NDArray[np.float32]
    unseen_idf: float
    ordinary: int = 0  # so many terms, the first, are those of the ordinary texts, which no edit changes

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
            analyzer=_FEATURES[analyzer], sublinear_tf=True, dtype=np.float32, min_df=min_texts
        )
        rows = model.fit_transform(texts)
        unseen = float(np.log(1 + len(texts)) + 1)  # the smoothed IDF of a document frequency of 0
        vocabulary = {term: int(i) for term, i in model.vocabulary_.items()}
        return cls(analyzer, vocabulary, model.idf_.astype(np.float32), unseen), rows

    def transform(self, tokens: Sequence[str], *, lengthen: bool = False) -> Vector:
        """The text's unit vector; with `lengthen` features never seen in training count in its length."""
        counts = Counter(_FEATURES[self.analyzer](tokens))
        find = self.vocabulary.get
        known = sorted((i, n) for t, n in counts.items() if (i := find(t)) is not None)
        features, times = np.array(known, np.int32).reshape(-1, 2).T
        weights = (1 + np.log(times.astype(np.float32))) * self.idf[features]
        unknown = (len(counts) - len(known)) * self.unseen_idf**2 if lengthen else 0.0
        squared = float(weights @ weights) + unknown
        if not squared:
            return Vector(features, weights.astype(np.float32))
        return Vector(features, (weights / np.sqrt(squared)).astype(np.float32), unknown / squared)

    def arrays(self) -> dict[str, NDArray[np.generic]]:
        """What `from_arrays` needs to make it again."""
        terms = sorted(self.vocabulary, key=self.vocabulary.__getitem__)
        return {
            "ordinary": packed(terms[: self.ordinary]),
            "terms": packed(terms[self.ordinary :]),
            "idf": self.idf,
            "unseen": np.array([self.unseen_idf]),
        }

    @classmethod
    def from_arrays(cls, analyzer: Analyzer, arrays: Arrays) -> "Vectorizer":
        """The reverse of `arrays`."""
        ordinary, more = _numbered(arrays["ordinary"]), unpacked(arrays["terms"])
        count = len(ordinary)
        vocabulary = Layered(ordinary, {t: i for i, t in enumerate(more, count)})
        return cls(analyzer, vocabulary, arrays["idf"].astype(np.float32), float(arrays["unseen"][0]), count)


class _Numbered(dict[str, int]):
    """Numbers by term; of the same terms there is one in a process."""


_numbered_terms: WeakValueDictionary[bytes, _Numbered] = WeakValueDictionary()


def _numbered(terms: NDArray[np.generic]) -> _Numbered:
    """The numbers of packed terms, in their order: several clinics have most of their terms in common."""
    key = hashlib.sha256(terms.tobytes()).digest()
    numbers = _numbered_terms.get(key)
    if numbers is None:
        numbers = _numbered_terms[key] = _Numbered((t, i) for i, t in enumerate(unpacked(terms)))
    return numbers


@dataclass(frozen=True, slots=True, eq=False)
class Layered(Mapping[str, int]):
    """A vocabulary in two parts: what is shared, and what is its own. No term is in both."""

    shared: Mapping[str, int]
    own: Mapping[str, int]

    def get(self, term: str, default: Any = None) -> Any:
        """The term's number."""
        found = self.shared.get(term)
        return self.own.get(term, default) if found is None else found

    def __getitem__(self, term: str) -> int:
        """The term's number. Raises KeyError."""
        found = self.shared.get(term)
        return self.own[term] if found is None else found

    def __iter__(self) -> Iterator[str]:
        """The terms, in the order of their numbers."""
        return chain(self.shared, self.own)

    def __len__(self) -> int:
        """How many terms there are."""
        return len(self.shared) + len(self.own)


class RowVectorizer:
    """Makes unit TF-IDF vectors of tokenised texts, with the IDF that other texts, the ordinary ones, have.

    A term that those lack is as rare as can be. What was read once is kept.
    """

    def __init__(self, ordinary: Sequence[Sequence[str]], analyzer: Analyzer) -> None:
        """Learn the IDF from tokenised texts."""
        self._fitted, self._rows = Vectorizer.fit_rows(ordinary, analyzer)
        self._terms = dict(self._fitted.vocabulary)
        self._places = {tuple(t): i for i, t in enumerate(ordinary)}

    def rows(self, texts: Sequence[tuple[str, ...]]) -> "tuple[Vectorizer, csr_matrix]":
        """A vectorizer that knows the terms of the ordinary texts and of these, and these as unit vectors."""
        self._read([t for t in dict.fromkeys(texts) if t not in self._places])
        rows = self._rows[[self._places[t] for t in texts]]
        is_used = np.bincount(rows.indices, minlength=len(self._terms)) > 0
        is_used[: len(self._fitted.vocabulary)] = True
        numbers = np.cumsum(is_used, dtype=np.int32) - 1
        vocabulary = {t: int(numbers[i]) for t, i in self._terms.items() if is_used[i]}
        idf = self._idf[is_used]
        ordinary = len(self._fitted.vocabulary)
        return replace(self._fitted, vocabulary=vocabulary, idf=idf, ordinary=ordinary), rows[:, is_used]

    @property
    def _idf(self) -> NDArray[np.float32]:
        strange = len(self._terms) - len(self._fitted.idf)
        return np.append(self._fitted.idf, np.full(strange, self._fitted.unseen_idf, np.float32))

    def _read(self, texts: Sequence[tuple[str, ...]]) -> None:
        from scipy.sparse import vstack
        from sklearn.feature_extraction.text import TfidfVectorizer

        if not texts:
            return
        features = _FEATURES[self._fitted.analyzer]
        for term in (t for text in texts for t in features(text)):
            self._terms.setdefault(term, len(self._terms))
        model = TfidfVectorizer(
            analyzer=features, sublinear_tf=True, dtype=np.float32, vocabulary=self._terms
        )
        model.idf_ = self._idf
        more = model.transform(texts)
        count = self._rows.shape[0]
        self._rows.resize(count, len(self._terms))
        self._places |= {t: count + i for i, t in enumerate(texts)}
        self._rows = vstack([self._rows, more], "csr")


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
