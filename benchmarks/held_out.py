"""What each piece of evidence is worth to a judgement that does not know what else visitors ask.

    python benchmarks/held_out.py FOLDER ... [--seeds 5] [--per-label 14]

From each FOLDER's train.jsonl a quarter of the labels is held out, whose phrasings then are strangers, and a
quarter of the phrasings of the others; the rest is the knowledge. No test file is read: what is chosen by
these figures is chosen blind. Figures are per cent, the mean over the seeds: AUROC of the confidence (in
scope against strangers); and, weighed as if the strangers were 45 in 100 messages, the calibration error and
MCC at the threshold that is learned.
"""

import argparse
import random
import statistics
from collections.abc import Mapping, Sequence
from pathlib import Path
from unittest.mock import patch

import numpy as np
from retrieval import NONE, drawn, read
from sklearn.metrics import matthews_corrcoef, roc_auc_score

from chatbot import Entry, Knowledge
from chatbot.fitting import Trial, build_with_trials
from chatbot.index import Index, Ranked
from chatbot.judgement import Judge

SHARE = 0.25  # that is held out, of the labels and of the phrasings
STRANGERS = 0.45  # of all messages
MOST_STRANGERS = 300
SHIPPED = Knowledge.load()
# What is left idle, by its place in the evidence that something is known, and that the best entry is right.
PARTS: Mapping[str, tuple[Sequence[int], Sequence[int]]] = {
    "nothing: as shipped": ((), ()),
    "all but scores": ((5, 9, 10, 11, 12), (6,)),
    "share of known words": ((5,), ()),
    "share that the best entry knows": ((9, 12), (6,)),
    "score beside the strangers'": ((10,), ()),
    "rows of the best entry": ((11,), ()),
    "score times what it knows": ((12,), ()),
}
IDLE = ((4, 6, 7, 8), (3, 4, 5))  # always, where it is not known what else visitors ask

Asked = list[tuple[str, Ranked]]  # the right label, and what was found
Built = tuple[Index, list[Trial], Asked]


def built(rows: Sequence[tuple[str, str]], seed: int) -> Built:
    """Hold out labels and phrasings by chance, build of the rest, and ask what was held out."""
    chance = random.Random(seed)  # noqa: S311 a draw, no secret
    labels = sorted({label for _, label in rows})
    strange = set(chance.sample(labels, max(3, round(SHARE * len(labels)))))
    by_label: dict[str, list[str]] = {}
    for text, label in chance.sample(list(rows), len(rows)):
        by_label.setdefault(label, []).append(text)
    topics, asked = [], []
    for label in sorted(set(labels) - strange):
        cut = int(SHARE * len(by_label[label]))
        first, *more = by_label[label][cut:]
        topics.append(Entry(label, first, "", tuple(more)))
        asked += [(text, label) for text in by_label[label][:cut]]
    strangers = [text for label in sorted(strange) for text in by_label[label]]
    asked += [(t, NONE) for t in chance.sample(strangers, min(len(strangers), MOST_STRANGERS))]
    knowledge = Knowledge(topics=tuple(topics), background=SHIPPED.background, thesaurus=SHIPPED.thesaurus)
    index, trials = build_with_trials(knowledge)
    return index, trials, [(label, index.rank(text)) for text, label in asked]


def figures(index: Index, trials: Sequence[Trial], asked: Asked) -> tuple[float, float, float]:
    """AUROC, calibration error and MCC of what is learned from the trials."""
    judge = Judge.learn(trials)
    sure = np.array([judge.confidence(r) for _, r in asked])
    best = np.array([index.ids[r.order[0]] for _, r in asked])
    labels = np.array([label for label, _ in asked])
    known = labels != NONE
    weight = np.where(known, (1 - STRANGERS) / known.sum(), STRANGERS / (~known).sum())
    given = np.where(sure >= judge.answer_at, best, NONE)
    off = weight * ((best == labels) - sure)
    steps = np.minimum((sure * 10).astype(int), 9)
    return (
        100 * float(roc_auc_score(known, sure)),
        100 * sum(abs(float(off[steps == step].sum())) for step in range(10)),
        100 * float(matthews_corrcoef(labels, given, sample_weight=weight)),
    )


def without(part: tuple[Sequence[int], Sequence[int]], made: Sequence[Built]) -> list[float]:
    """The figures, the mean over the draws, with a part of the evidence left idle."""
    known, best = ((*always, *more) for always, more in zip(IDLE, part, strict=True))
    with (
        patch.dict("chatbot.judgement._IDLE_KNOWN", {False: known}),
        patch.dict("chatbot.judgement._IDLE_BEST", {False: best}),
    ):
        return [statistics.fmean(column) for column in zip(*(figures(*one) for one in made), strict=True)]


def main() -> None:
    """Print a table for each set."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("folders", nargs="+", type=Path, metavar="FOLDER")
    parser.add_argument("--seeds", type=int, default=5, help="how many draws; the mean is reported")
    parser.add_argument("--per-label", type=int, default=0, help="draw so many phrasings a label (0: all)")
    given = parser.parse_args()
    for folder in given.folders:
        rows = [row for row in read(folder / "train.jsonl") if row[1] != NONE]
        drawn_rows = [
            drawn(rows, given.per_label, s) if given.per_label else rows for s in range(given.seeds)
        ]
        made = [built(some, seed) for seed, some in enumerate(drawn_rows)]
        print(f"\n## {folder.name}\n\n| taken away | AUROC | calibration error | MCC |\n|---|---|---|---|")
        for name, part in PARTS.items():
            print(f"| {name} | " + " | ".join(f"{f:.1f}" for f in without(part, made)) + " |", flush=True)


if __name__ == "__main__":
    main()
