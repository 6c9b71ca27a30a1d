"""Measure building and asking by the number of phrasings, beside four others, each on one core by itself.

    python benchmarks/scale.py [1000 10000 100000] [--postgres URL]

The topics are those of benchmarks/preview.py: five phrasings each, of made-up words; a question is a
phrasing with a word left out and a slip of the keyboard in the longest other. PostgreSQL (an empty database
of its own) is asked as its full-text search is quick: for at most 200 rows with each of the question's three
rarest words, put in order by the words that they share. "touched" is what a question reads of the
weights, against what this machine copies in memory in that time: how near it is to what memory allows.
The chatbot answers from an index that one process kept and another loads: "load" ends with the first answer,
"peak" is the memory of the second. The others' is that of building and asking.
"""

import argparse
import json
import multiprocessing
import os
import random
import resource
import statistics
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from preview import WORDINGS, made_up
from timing import spread

from chatbot import Knowledge
from chatbot.engine import load_arrays, save_arrays
from chatbot.fitting import build_with_trials
from chatbot.index import Index
from chatbot.judgement import Judge
from chatbot.text import normalise, words
from chatbot.thesaurus import Thesaurus
from chatbot.vectors import sub_arrays

ASKED = 500
PEERS = ("scikit-learn TF-IDF, nearest", "bm25s", "SQLite FTS5")
POSTGRES = "PostgreSQL, rarest three words"
INDEX, ASKED_FILE = "index.bin", "asked.json"
if TYPE_CHECKING:
    from retrievers import Phrasings, Retriever

COPIED = 1 << 28  # bytes, more than any cache holds

Figures = dict[str, float]


def build(count: int, folder: str) -> Figures:
    """Build the chatbot's index at one size and keep it, with what it will be asked, in a folder."""
    os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})
    knowledge = made_up(-(-count // WORDINGS), random.Random(6))  # noqa: S311 - made-up words
    build_with_trials(Knowledge(topics=knowledge.topics[:20]))  # loads scikit-learn
    began = time.perf_counter()
    index, trials = build_with_trials(knowledge)
    judge = Judge.learn(trials)
    built = time.perf_counter() - began
    arrays = {f"index.{k}": a for k, a in index.arrays().items()}
    save_arrays(Path(folder, INDEX), arrays | {f"judge.{k}": a for k, a in judge.arrays().items()})
    Path(folder, ASKED_FILE).write_text(json.dumps(list(questions(knowledge))))
    return {
        "build_s": built,
        "build_peak_mb": peak_mb(),
        "index_mb": sum(a.nbytes for a in arrays.values()) / 1e6,
    }


def answer(folder: str) -> Figures:
    """Load what was kept and ask it, in a process that does nothing else."""
    os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})
    asked = json.loads(Path(folder, ASKED_FILE).read_text())
    began = time.perf_counter()
    arrays = load_arrays(Path(folder, INDEX)) or {}
    index = Index.from_arrays(sub_arrays(arrays, "index"), Thesaurus())
    judge = Judge.from_arrays(sub_arrays(arrays, "judge"))
    index.rank(asked[0][0])
    loaded = time.perf_counter() - began
    times, right, touched = [], 0, []
    for question, label in asked:
        began = time.perf_counter()
        ranked = index.rank(question)
        judge.confidence(ranked.evidence)
        times.append(time.perf_counter() - began)
        right += index.ids[ranked.order[0]] == label
        touched.append(bytes_read(index, question))
    held = peak_mb()
    median = statistics.median(times)
    return {
        **spread("question", times),
        "first_of_all_percent": 100 * right / len(times),
        "load_s": loaded,
        "peak_mb": held,
        "touched_kb": statistics.mean(touched) / 1e3,
        "of_bandwidth_percent": 100 * statistics.mean(touched) / (bandwidth() * median),
    }


def bytes_read(index: Index, question: str) -> int:
    """What a question reads of the weights."""
    tokens, read = index.lexicon.read(question), 0
    for vectorizer, weights in zip(index.vectorizers, index.weights, strict=True):
        read += weights.bytes_of(vectorizer.transform(tokens, lengthen=True).features)
    return read


def bandwidth() -> float:
    """Bytes a second that one core reads here, by copying what no cache holds."""
    source = np.ones(COPIED, np.uint8)
    target = np.empty_like(source)
    took = []
    for _ in range(3):
        began = time.perf_counter()
        np.copyto(target, source)
        took.append(time.perf_counter() - began)
    return COPIED / min(took)


def measure_peer(name: str, count: int, url: str = "") -> Figures:
    """Another retriever's figures at the same size, told and asked the same."""
    os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})
    knowledge = made_up(-(-count // WORDINGS), random.Random(6))  # noqa: S311 - made-up words
    phrasings = [(w, t.id) for t in knowledge.topics for w in (t.question, *t.phrasings)]
    began = time.perf_counter()
    with made(name, phrasings, url) as retriever:
        built = time.perf_counter() - began
        times, right = [], 0
        for question, label in questions(knowledge):
            began = time.perf_counter()
            found, _ = retriever.find(question)
            times.append(time.perf_counter() - began)
            right += found[:1] == [label]
    return {
        "build_s": built,
        **spread("question", times),
        "first_of_all_percent": 100 * right / len(times),
        "peak_mb": peak_mb(),
    }


@contextmanager
def made(name: str, phrasings: "Phrasings", url: str) -> "Iterator[Retriever]":
    """A retriever that was told the phrasings."""
    from retrievers import RETRIEVERS  # brings libraries that the chatbot's own memory must not hold

    if name != POSTGRES:
        yield RETRIEVERS[name](phrasings)
        return
    with Postgres(phrasings, url) as retriever:
        yield retriever


class Postgres:
    """PostgreSQL's full-text index, asked for candidates that share one of the rarest words."""

    needed: float | None = None

    def __init__(self, phrasings: "Phrasings", url: str) -> None:
        """Fill a table; the words' frequencies are counted here."""
        import psycopg

        self.labels = [label for _, label in phrasings]
        self.texts = [set(words(normalise(text))) for text, _ in phrasings]
        self.seen = Counter(w for text in self.texts for w in text)
        self.connection = psycopg.connect(url.replace("+psycopg", ""), autocommit=True)
        run = self.connection.execute
        run("CREATE TEMP TABLE phrasings (number int, said tsvector)")
        with self.connection.cursor() as cursor, cursor.copy("COPY phrasings FROM STDIN") as copy:
            for number, text in enumerate(self.texts):
                copy.write_row((number, " ".join(f"'{w}'" for w in text)))
        run("CREATE INDEX ON phrasings USING gin (said)")
        run("ANALYZE phrasings")

    def __enter__(self) -> "Postgres":
        """Be closed at the end."""
        return self

    def __exit__(self, *_: object) -> None:
        """Close the connection."""
        self.connection.close()

    def find(self, question: str) -> tuple[list[str], float]:
        """By the share of rare words."""
        from retrievers import in_order

        said = {w for w in words(normalise(question)) if w in self.seen}
        rarest = sorted(said, key=self.seen.__getitem__)[:3]
        if not rarest:
            return [], 0.0
        one = "(SELECT number FROM phrasings WHERE said @@ %s::tsquery LIMIT 200)"
        query = " UNION ".join([one] * len(rarest))
        rows = self.connection.execute(query, [f"'{w}'" for w in rarest]).fetchall()
        weigh: Callable[[int], float] = lambda n: sum(1 / self.seen[w] for w in said & self.texts[n])  # noqa: E731
        scored = sorted(((weigh(number), -number) for (number,) in rows), reverse=True)
        return in_order((self.labels[-minus], score) for score, minus in scored)


def questions(knowledge: Knowledge) -> Iterator[tuple[str, str]]:
    """Phrasings with a word left out and two letters of another exchanged, and whose they are."""
    draw = random.Random(2)  # noqa: S311
    for topic in draw.choices(knowledge.topics, k=ASKED):
        said = draw.choice((topic.question, *topic.phrasings)).split()
        said.pop(draw.randrange(len(said)))
        longest = max(range(len(said)), key=lambda i: len(said[i]))
        word, place = said[longest], draw.randrange(len(said[longest]) - 1)
        said[longest] = word[:place] + word[place + 1] + word[place] + word[place + 2 :]
        yield " ".join(said), topic.id


def peak_mb() -> float:
    """The most memory that this process has held."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def print_table(size: int, found: Mapping[str, Figures]) -> None:
    """One size: a row a retriever."""
    print(f"\n{size:,} phrasings")
    columns = list(next(iter(found.values())))
    print("".ljust(32) + "".join(c.replace("_", " ").rjust(22) for c in columns))
    for name, figures in found.items():
        cells = (f"{figures[c]:22,.3f}" if c in figures else "".rjust(22) for c in columns)
        print(name.ljust(32) + "".join(cells), flush=True)


def main() -> None:
    """Measure each size and print a table."""
    parser = argparse.ArgumentParser(description="Speed by the number of phrasings.")
    parser.add_argument("sizes", type=int, nargs="*", default=[1000, 10_000, 100_000])
    parser.add_argument("--postgres", default="", help="The address of an empty database.")
    given = parser.parse_args()
    everything: dict[int, dict[str, Figures]] = {}
    with multiprocessing.get_context("spawn").Pool(1, maxtasksperchild=1) as pool:
        for size in given.sizes:
            with tempfile.TemporaryDirectory() as folder:
                found = {"chatbot": pool.apply(build, (size, folder)) | pool.apply(answer, (folder,))}
            for name in (*PEERS, *([POSTGRES] if given.postgres else [])):
                found[name] = pool.apply(measure_peer, (name, size, given.postgres))
            everything[size] = found
            print_table(size, found)
    print(json.dumps(everything))


if __name__ == "__main__":
    main()
