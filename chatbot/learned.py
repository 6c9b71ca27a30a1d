"""A small model over plain words: is a text of a sort, and if so, which label fits it best?"""

import math
from array import array
from collections import Counter
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache

import numpy as np
from numpy.typing import NDArray

from chatbot.features import Digests, char_digests, word_digests
from chatbot.vectors import Arrays, TextClassifier, Vectorizer, sub_arrays, tokens_of

# For each feature: its squared IDF, and its IDF times its weight.
_Table = tuple["array[float]", "array[float]"]
_CACHED_WORDS = 8192
_MOST = 20.7  # log-odds: a probability of one in a thousand millions
# What stands in one text alone tells nothing of the next: without it the fit is half the work.
_MIN_TEXTS, _C = 2, 30.0
_TF = (0.0, *(1 + math.log(n) for n in range(1, 32)))  # sublinear term frequency by count
_WINDOW, _STEP = 28, 20  # a long run of words is read in overlapping windows, lest what matters be diluted


@dataclass(frozen=True)
class Learned:
    """A linear model that tells labelled texts from all others, and a centroid for each label.

    `alike` gives words that are one and the same to the model their common name.
    """

    classifier: TextClassifier
    vectorizer: Vectorizer
    centroids: NDArray[np.float16]  # shape (labels, features)
    labels: tuple[str, ...]
    alike: Mapping[str, str]

    @classmethod
    def fit(
        cls, texts: Sequence[tuple[str, str]], labels: tuple[str, ...], alike: Mapping[str, str]
    ) -> "Learned":
        """Learn from plain texts with their labels; a label outside `labels` marks a text of another sort."""
        read = [(_reduce(text, alike), label) for text, label in texts]
        labelled = [(tokens_of(text), label) for text, label in read if label in labels]
        vectorizer = Vectorizer.fit([tokens for tokens, _ in labelled], "words")
        centroids = np.zeros((len(labels), len(vectorizer)), np.float32)
        for tokens, label in labelled:
            vector = vectorizer.transform(tokens)
            centroids[labels.index(label), vector.features] += vector.weights
        lengths = np.maximum(np.linalg.norm(centroids, axis=1, keepdims=True), 1e-9)
        is_labelled = [label in labels for _, label in read]
        classifier = TextClassifier.fit([t for t, _ in read], is_labelled, c=_C, min_texts=_MIN_TEXTS)
        return cls(classifier, vectorizer, (centroids / lengths).astype(np.float16), labels, alike)

    def log_odds(self, text: str) -> float:
        """The log-odds that the text is of the sort: those of its strongest stretch."""
        return max(map(self._score, _windows(_reduce(text, self.alike))))

    @cached_property
    def _tables(self) -> tuple[_Table, ...]:
        pairs = zip(self.classifier.vectorizers, self.classifier.weights, strict=True)
        return tuple((_plain(v.idf**2), _plain(v.idf * w)) for v, w in pairs)

    @cached_property
    def _chars(self) -> Callable[[str], list[int]]:
        @lru_cache(maxsize=_CACHED_WORDS)
        def numbers(word: str) -> list[int]:
            return _known(self.classifier.vectorizers[1], char_digests((word,)))

        return numbers

    def _score(self, text: str) -> float:
        """What the classifier says, as log-odds: the same sum over plain numbers, twice as fast."""
        tokens, total = text.split(" "), self.classifier.bias
        word_features = _known(self.classifier.vectorizers[0], word_digests(tokens))
        features = (word_features, [i for t in tokens for i in self._chars(t)])
        for numbers, (squared_idf, weighted_idf) in zip(features, self._tables, strict=True):
            counts = Counter(numbers)
            squares = sum(map(squared_idf.__getitem__, counts))
            score = sum(map(weighted_idf.__getitem__, counts))
            if len(counts) < len(numbers):
                for i, count in counts.items():
                    if count > 1:  # a second time counts for less than the first
                        tf = _TF[count] if count < len(_TF) else 1 + math.log(count)
                        squares += (tf * tf - 1) * squared_idf[i]
                        score += (tf - 1) * weighted_idf[i]
            total += score / math.sqrt(squares) if squares else 0.0
        return max(min(total, _MOST), -_MOST)

    def label(self, text: str, among: Collection[str]) -> str:
        """The label, out of `among`, whose texts this one is most like."""
        vector = self.vectorizer.transform(tokens_of(_reduce(text, self.alike)))
        likeness = self.centroids[:, vector.features].astype(np.float32) @ vector.weights
        allowed = [i for i, label in enumerate(self.labels) if label in among]
        return self.labels[max(allowed, key=lambda i: float(likeness[i]))]

    def arrays(self) -> dict[str, NDArray[np.generic]]:
        """What `from_arrays` needs to make it again."""
        parts = {"classifier": self.classifier.arrays(), "vectorizer": self.vectorizer.arrays()}
        kept = {f"{name}.{key}": array for name, arrays in parts.items() for key, array in arrays.items()}
        return {**kept, "centroids": self.centroids}

    @classmethod
    def from_arrays(cls, arrays: Arrays, labels: tuple[str, ...], alike: Mapping[str, str]) -> "Learned":
        """The reverse of `arrays`."""
        return cls(
            TextClassifier.from_arrays(sub_arrays(arrays, "classifier")),
            Vectorizer.from_arrays("words", sub_arrays(arrays, "vectorizer")),
            arrays["centroids"].astype(np.float16, copy=False),
            labels,
            alike,
        )


def _plain(numbers: NDArray[np.float32]) -> "array[float]":
    """The same as an array of Python's own, of which one number is read in half the time."""
    made = array("f")
    made.frombytes(numbers.astype(np.float32).tobytes())
    return made


def _known(vectorizer: Vectorizer, digests: Digests) -> list[int]:
    """The numbers of the features that the vectorizer knows."""
    return [i for i in vectorizer.find(digests).tolist() if i >= 0]


def _reduce(text: str, alike: Mapping[str, str]) -> str:
    """The text as the model reads it: numbers, and words of one class, are all alike."""
    return " ".join(["99" if w.isdigit() else alike.get(w, w) for w in text.split(" ") if w != "."])


def _windows(text: str) -> Iterator[str]:
    words = text.split(" ")
    if len(words) <= _WINDOW + _STEP:
        yield text
        return
    for start in range(0, len(words) - _STEP // 2, _STEP):
        yield " ".join(words[start : start + _WINDOW])
