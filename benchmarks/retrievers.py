"""The product's own retriever and four others, each told the same phrasings, asked the same questions."""

import sqlite3
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Protocol

import bm25s
import numpy as np
from numpy.typing import NDArray
from rapidfuzz import fuzz, process, utils
from sklearn.feature_extraction.text import TfidfVectorizer

from chatbot import Entry, Knowledge
from chatbot.fitting import build_with_trials
from chatbot.judgement import Judge
from chatbot.text import normalise, words

Phrasings = Sequence[tuple[str, str]]  # (text, label)
Found = tuple[list[str], float]  # up to three labels, the best first, and how sure the first is


class Retriever(Protocol):
    """Finds the labels of a question; `needed` is the score from which on it would answer, if it knows."""

    needed: float | None

    def find(self, question: str) -> Found:
        """The best labels, and the score of the first."""


class Product:
    """The chatbot's index and judgement, as they are; the phrasings are its topics."""

    def __init__(self, phrasings: Phrasings) -> None:
        """Build the index, with the background questions and synonyms that the chatbot ships."""
        by_label: dict[str, list[str]] = {}
        for text, label in phrasings:
            by_label.setdefault(label, []).append(text)
        shipped = Knowledge.load()
        topics = tuple(Entry(label, first, "", tuple(more)) for label, (first, *more) in by_label.items())
        knowledge = Knowledge(
            topics=topics,
            background=shipped.background,
            thesaurus=shipped.thesaurus,
            ordinary=shipped.ordinary,
        )
        self.index, trials = build_with_trials(knowledge)
        self.judge = Judge.learn(trials)
        self.needed: float | None = self.judge.answer_at

    def find(self, question: str) -> Found:
        """As the chatbot ranks and judges it."""
        ranked = self.index.rank(question)
        return [self.index.ids[i] for i in ranked.order[:3]], self.judge.confidence(ranked.evidence)


class NearestNeighbour:
    """scikit-learn's TfidfVectorizer with its defaults; the nearest phrasing wins."""

    needed: float | None = None

    def __init__(self, phrasings: Phrasings) -> None:
        """Fit the vectors."""
        self.labels = [label for _, label in phrasings]
        self.model = TfidfVectorizer()
        self.rows = self.model.fit_transform([text for text, _ in phrasings])

    def find(self, question: str) -> Found:
        """By cosine."""
        return best(self.labels, (self.model.transform([question]) @ self.rows.T).toarray()[0])


class Bm25s:
    """The library bm25s with its defaults (Lù, 2024)."""

    needed: float | None = None

    def __init__(self, phrasings: Phrasings) -> None:
        """Index the phrasings."""
        self.labels = [label for _, label in phrasings]
        self.model = bm25s.BM25()
        self.model.index([words(normalise(text)) for text, _ in phrasings], show_progress=False)

    def find(self, question: str) -> Found:
        """By BM25 score."""
        said = [word for word in words(normalise(question)) if word in self.model.vocab_dict]
        return best(self.labels, self.model.get_scores(said)) if said else ([], 0.0)


class Fts5:
    """SQLite's full-text search with the Porter stemmer, in memory, any of the words."""

    needed: float | None = None

    def __init__(self, phrasings: Phrasings) -> None:
        """Fill the table."""
        self.labels = [label for _, label in phrasings]
        self.database = sqlite3.connect(":memory:")
        self.database.execute("CREATE VIRTUAL TABLE phrasings USING fts5(text, tokenize = 'porter')")
        self.database.executemany("INSERT INTO phrasings VALUES (?)", [(text,) for text, _ in phrasings])

    def find(self, question: str) -> Found:
        """By its built-in BM25."""
        wanted = " OR ".join(f'"{word}"' for word in words(normalise(question)))
        query = "SELECT rowid, -rank FROM phrasings WHERE phrasings MATCH ? ORDER BY rank LIMIT 50"
        rows = self.database.execute(query, (wanted,)).fetchall() if wanted else []
        return in_order((self.labels[number - 1], score) for number, score in rows)


class TokenSetRatio:
    """RapidFuzz's token_set_ratio over all phrasings."""

    needed: float | None = None

    def __init__(self, phrasings: Phrasings) -> None:
        """Prepare the texts."""
        self.labels = [label for _, label in phrasings]
        self.texts = [utils.default_process(text) for text, _ in phrasings]

    def find(self, question: str) -> Found:
        """By ratio."""
        asked = [utils.default_process(question)]
        return best(self.labels, process.cdist(asked, self.texts, scorer=fuzz.token_set_ratio)[0])


RETRIEVERS: Mapping[str, Callable[[Phrasings], Retriever]] = {
    "chatbot": Product,
    "scikit-learn TF-IDF, nearest": NearestNeighbour,
    "bm25s": Bm25s,
    "SQLite FTS5": Fts5,
    "rapidfuzz token_set_ratio": TokenSetRatio,
}


def best(labels: Sequence[str], scores: NDArray[np.floating]) -> Found:
    """The three best labels, each by its best phrasing; ties by the phrasings' order."""
    order = np.argsort(-scores, kind="stable")[:50]
    return in_order((labels[i], float(scores[i])) for i in order)


def in_order(found: Iterable[tuple[str, float]]) -> Found:
    """Three different labels of a ranking, and the first one's score."""
    ranked: dict[str, float] = {}
    for label, score in found:
        ranked.setdefault(label, score)
    return list(ranked)[:3], next(iter(ranked.values()), 0.0)
