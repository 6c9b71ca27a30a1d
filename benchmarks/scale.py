"""Measure building and asking by the number of phrasings, each size in a process of its own, on one core.

    python benchmarks/scale.py [1000 10000 100000]

The topics are those of benchmarks/preview.py: five phrasings each, of made-up words.
"""

import json
import multiprocessing
import os
import random
import resource
import sys
import time

from preview import WORDINGS, made_up
from timing import spread

from chatbot import Knowledge
from chatbot.fitting import build_with_trials
from chatbot.judgement import Judge

ASKED = 1000


def measure(count: int) -> dict[str, float]:
    """The figures of one size; questions are phrasings with a word left out."""
    os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})
    knowledge = made_up(-(-count // WORDINGS), random.Random(6))  # noqa: S311 - made-up words
    topics = knowledge.topics
    build_with_trials(Knowledge(topics=topics[:20]))  # loads scikit-learn
    began = time.perf_counter()
    index, trials = build_with_trials(knowledge)
    judge = Judge.learn(trials)
    built = time.perf_counter() - began
    draw = random.Random(2)  # noqa: S311
    times, right = [], 0
    for topic in draw.choices(topics, k=ASKED):
        words = draw.choice((topic.question, *topic.phrasings)).split()
        words.pop(draw.randrange(len(words)))
        began = time.perf_counter()
        ranked = index.rank(" ".join(words))
        judge.confidence(ranked)
        times.append(time.perf_counter() - began)
        right += index.ids[ranked.order[0]] == topic.id
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    kept = sum(a.nbytes for a in index.arrays().values()) / 1e6
    return {
        "build_s": built,
        **spread("question", times),
        "first_of_all_percent": 100 * right / ASKED,
        "index_mb": kept,
        "build_peak_mb": peak,
    }


def main() -> None:
    """Measure each size and print a table."""
    sizes = [int(a) for a in sys.argv[1:]] or [1000, 10_000, 100_000]
    with multiprocessing.get_context("spawn").Pool(1, maxtasksperchild=1) as pool:
        found = [pool.apply(measure, (size,)) for size in sizes]
    print("phrasings".ljust(24) + "".join(f"{size:>12,}" for size in sizes))
    for name in found[0]:
        print(name.replace("_", " ").ljust(24) + "".join(f"{f[name]:12,.3f}" for f in found))
    print(json.dumps(dict(zip(map(str, sizes), found, strict=True))))


if __name__ == "__main__":
    main()
