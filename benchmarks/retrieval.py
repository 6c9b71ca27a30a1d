"""Measure retrieval and judgement on sets of labelled questions, beside four other retrievers, in one run.

    python benchmarks/retrieval.py FOLDER ... [--per-label 10 --seeds 5] [--keep NAME]

A FOLDER holds train.jsonl and test.jsonl with lines {"text", "label"}; a label of null is out of scope.
Each retriever runs in a process of its own on one core. Nothing is chosen by looking at test.jsonl: the
threshold of the chatbot is the one that it learns by itself. Figures are per cent; kept as a table, as JSON
and, of the chatbot, as pictures in benchmarks/results.
"""

import argparse
import json
import multiprocessing
import os
import random
import resource
import statistics
import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from html import escape
from pathlib import Path

import numpy as np
from retrievers import RETRIEVERS, Phrasings
from sklearn.metrics import matthews_corrcoef, roc_auc_score

from chatbot.charts import Bar, Dot, Frame, curve, diagonal, histogram

RESULTS = Path(__file__).resolve().parent / "results"
STYLE = Path(__file__).resolve().parent.parent / "chatbot" / "report.css"
NONE = ""  # the label of a question that is out of scope, and of no answer
STEPS = 200  # thresholds that are tried for the best one


@dataclass(frozen=True)
class Answered:
    """A question's label (NONE: out of scope), the labels found for it, and the score of the first."""

    label: str
    found: Sequence[str]
    score: float

    @property
    def first(self) -> str:
        """The label that was found first."""
        return self.found[0] if self.found else NONE


@dataclass(frozen=True)
class Run:
    """All that one retriever did on one set."""

    answers: Sequence[Answered]
    needed: float | None
    build_s: float
    median_us: float
    p99_us: float
    peak_mb: float


def read(path: Path) -> list[tuple[str, str]]:
    """The texts of a file with their labels."""
    rows = map(json.loads, path.read_text("utf-8").splitlines())
    return [(row["text"], NONE if row["label"] is None else str(row["label"])) for row in rows]


def drawn(phrasings: Phrasings, per_label: int, seed: int) -> list[tuple[str, str]]:
    """So many phrasings of each label, by chance."""
    mixed = random.Random(seed).sample(list(phrasings), len(phrasings))  # noqa: S311 a draw, no secret
    counts: dict[str, int] = {}
    kept = []
    for text, label in mixed:
        counts[label] = counts.get(label, 0) + 1
        if counts[label] <= per_label:
            kept.append((text, label))
    return kept


def run(name: str, train: Phrasings, test: Phrasings) -> Run:
    """Build a retriever and ask it everything, one question at a time."""
    began = time.process_time()
    retriever = RETRIEVERS[name](train)
    build_s = time.process_time() - began
    for text, _ in test[:20]:
        retriever.find(text)
    answers, times = [], []
    for text, label in test:
        start = time.perf_counter()
        found, score = retriever.find(text)
        times.append(1e6 * (time.perf_counter() - start))
        answers.append(Answered(label, found, score))
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1000
    p99 = statistics.quantiles(times, n=100, method="inclusive")[98]
    return Run(answers, retriever.needed, build_s, statistics.median(times), p99, peak)


def figures(done: Run) -> dict[str, float]:
    """What came of a run, in per cent."""
    inside = [a for a in done.answers if a.label != NONE]
    outside = [a for a in done.answers if a.label == NONE]
    made = {
        "accuracy": share(a.first == a.label for a in inside),
        "top_3": share(a.label in a.found for a in inside),
    }
    if outside:
        scores = np.array([a.score for a in done.answers])
        made["auroc"] = 100 * float(roc_auc_score([a.label != NONE for a in done.answers], scores))
        for refused in (80, 90):
            at = float(np.quantile([a.score for a in outside], refused / 100))
            right = share(a.first == a.label and a.score > at for a in inside)
            made[f"accuracy_at_{refused}_refused"] = right
        made["best_mcc"] = max(mcc(done.answers, at) for at in np.quantile(scores, np.linspace(0, 1, STEPS)))
    if done.needed is not None:
        made["learned_threshold"] = 100 * done.needed
        made["answered_rightly"] = share(a.first == a.label and a.score >= done.needed for a in inside)
        made["calibration_error"] = calibration_error(done.answers)
        if outside:
            made["refused"] = share(a.score < done.needed for a in outside)
            made["mcc"] = mcc(done.answers, done.needed)
    speed = {"median_us": done.median_us, "p99_us": done.p99_us}
    return made | {"build_s": done.build_s, **speed, "peak_mb": done.peak_mb}


def share(are: Iterable[bool]) -> float:
    """How many of them are true, in per cent."""
    return 100 * statistics.fmean(are)


def mcc(answers: Sequence[Answered], at: float) -> float:
    """Matthews' correlation over all labels and "no answer", as HINT3 measures it (arXiv 2009.13833)."""
    given = [a.first if a.score >= at else NONE for a in answers]
    return 100 * float(matthews_corrcoef([a.label for a in answers], given))


def bins(answers: Sequence[Answered], count: int = 10) -> list[list[Answered]]:
    """The answers by confidence, in equal steps."""
    made: list[list[Answered]] = [[] for _ in range(count)]
    for answer in answers:
        made[min(int(answer.score * count), count - 1)].append(answer)
    return made


def calibration_error(answers: Sequence[Answered]) -> float:
    """The expected calibration error with ten bins (Naeini, Cooper and Hauskrecht, 2015), in per cent."""
    total = 0.0
    for some in filter(None, bins(answers)):
        right = statistics.fmean(a.first == a.label for a in some)
        total += len(some) * abs(right - statistics.fmean(a.score for a in some))
    return 100 * total / len(answers)


def pictures(title: str, done: Run) -> str:
    """Scores in and out of scope, what boldness costs, and what a confidence is worth."""
    needed = done.needed or 0.0
    bars = [
        Bar(i / 10, (i + 1) / 10, sum(a.label != NONE for a in some), sum(a.label == NONE for a in some))
        for i, some in enumerate(bins(done.answers))
    ]
    worth = [
        Dot(
            statistics.fmean(a.score for a in some),
            statistics.fmean(a.first == a.label for a in some),
            len(some),
            f"{len(some)} questions",
        )
        for some in bins(done.answers)
        if some
    ]
    ladder = [risk(done.answers, at / 20) for at in range(20)]
    highest = max(0.05, *(d.y for d in ladder))
    drawn_ = (
        histogram(Frame("scores", "Confidence", "confidence"), bars, needed, ("in scope", "out of scope")),
        curve(
            Frame("risk", "Risk against coverage", "answered", "wrong"),
            ladder,
            risk(done.answers, needed),
            highest,
        ),
        diagonal(Frame("reliability", "Reliability", "confidence", "right"), worth),
    )
    return f"<h2>{escape(title)}</h2><div>{''.join(drawn_)}</div>"


def risk(answers: Sequence[Answered], at: float) -> Dot:
    """How many messages are answered from a confidence on, and how many of those wrongly."""
    given = [a for a in answers if a.score >= at]
    wrong = statistics.fmean(a.first != a.label for a in given) if given else 0.0
    return Dot(len(given) / len(answers), wrong, len(given), f"from {at:.2f} on: {wrong:.1%} wrong")


def measured(name: str, folder: Path, draws: Sequence[tuple[int, int]]) -> tuple[dict[str, float], Run]:
    """The figures of a retriever on a set, the mean over the draws, and the last run."""
    train, test = ([r for r in read(folder / "train.jsonl") if r[1] != NONE], read(folder / "test.jsonl"))
    rows = []
    with multiprocessing.get_context("spawn").Pool(1, maxtasksperchild=1) as pool:
        for per_label, seed in draws:
            told = drawn(train, per_label, seed) if per_label else train
            done = pool.apply(run, (name, told, test))
            rows.append(figures(done))
    return {key: statistics.fmean(row[key] for row in rows) for key in rows[0]}, done


def table(made: Mapping[str, Mapping[str, float]]) -> str:
    """A Markdown table, a row a retriever."""
    columns = list(dict.fromkeys(key for row in made.values() for key in row))
    lines = ["| retriever | " + " | ".join(c.replace("_", " ") for c in columns) + " |"]
    lines.append("|---" * (len(columns) + 1) + "|")
    for name, row in made.items():
        lines.append(
            "| " + " | ".join([name, *(f"{row[c]:.1f}" if c in row else "" for c in columns)]) + " |"
        )
    return "\n".join(lines)


def main() -> None:
    """Measure all retrievers on all sets, print a table a set, and keep it all."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("folders", nargs="+", type=Path, metavar="FOLDER")
    parser.add_argument("--per-label", type=int, default=0, help="draw so many phrasings a label (0: all)")
    parser.add_argument("--seeds", type=int, default=1, help="how many draws; the mean is reported")
    parser.add_argument("--only", default="", help="retrievers whose name begins so")
    parser.add_argument("--keep", default="retrieval", help="name of the files in benchmarks/results")
    given = parser.parse_args()
    for name in ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS"):
        os.environ[name] = "1"
    draws = [(given.per_label, seed) for seed in range(given.seeds if given.per_label else 1)]
    kept: dict[str, object] = {}
    pages = []
    for folder in given.folders:
        made = {}
        for name in (n for n in RETRIEVERS if n.startswith(given.only)):
            made[name], done = measured(name, folder, draws)
            if name == "chatbot":
                pages.append(pictures(folder.name, done))
            kept[f"{folder.name} / {name}"] = made[name] | {"needed": asdict(done)["needed"]}
        print(f"\n## {folder.name}\n\n{table(made)}", flush=True)
    RESULTS.mkdir(exist_ok=True)
    (RESULTS / f"{given.keep}.json").write_text(json.dumps(kept, indent=2) + "\n", "utf-8")
    style = f"<style>{STYLE.read_text('utf-8')}</style>"
    page = ["<!doctype html><meta charset=utf-8><title>Retrieval</title>", style, *pages]
    (RESULTS / f"{given.keep}.html").write_text("".join(page), "utf-8")


if __name__ == "__main__":
    main()
