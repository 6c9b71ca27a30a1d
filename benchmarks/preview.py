"""What would change, at size: how long a look at one edit takes.

    .venv/bin/python benchmarks/preview.py [TOPICS] [MESSAGES] [WORDINGS]

Topics have five wordings each unless told otherwise, of made-up words; the messages are wordings with a
word exchanged.
"""

import random
import sys
import tempfile
import time
from dataclasses import replace
from datetime import date
from pathlib import Path

from chatbot.content import PACKAGED, Knowledge, read_text
from chatbot.engine import Engine
from chatbot.model import Entry
from chatbot.preview import Questions, get_ready, look_ahead
from chatbot.records import Noted
from chatbot.topicfile import parse
from chatbot.worker import Worker

WORDINGS = 5
LOOKS = 3
READS_S = 2.0  # somebody looks at a page before asking for the next


def made_up(topics: int, chance: random.Random, each: int = WORDINGS) -> Knowledge:
    """A knowledge of so many topics; each has words of its own beside common ones."""
    syllables = [a + b for a in "bdfgklmnprstvz" for b in ("a", "e", "i", "o", "u", "ar", "en", "il")]
    words = sorted({"".join(chance.choices(syllables, k=chance.randint(2, 3))) for _ in range(4 * topics)})
    common = [
        "what",
        "when",
        "where",
        "how",
        "is",
        "the",
        "a",
        "do",
        "you",
        "can",
        "i",
        "my",
        "for",
        "in",
        "to",
    ]
    entries = []
    for number in range(topics):
        own = chance.sample(words, 4)
        said = [" ".join(chance.sample(common, 4) + chance.sample(own, 2)) for _ in range(each)]
        entries.append(Entry(f"topic-{number}", said[0], f"{' '.join(own)}.", tuple(said[1:])))
    background = tuple(" ".join(chance.sample(common, 4) + chance.sample(words, 2)) for _ in range(500))
    known = Knowledge(tuple(entries), lines=parse(read_text(PACKAGED / "bot.md")), background=background)
    # As of files, over which edits are laid.
    return replace(known, ordinary=known.harmless, delivered=known.documents)


def main() -> None:
    """Run, and print what was found."""
    topics = int(sys.argv[1]) if len(sys.argv) > 1 else 1000
    count = int(sys.argv[2]) if len(sys.argv) > 2 else 1000
    chance = random.Random(6)  # noqa: S311 - made-up words
    known = made_up(topics, chance, int(sys.argv[3]) if len(sys.argv) > 3 else WORDINGS)
    wordings = [w for t in known.topics for w in (t.question, *t.phrasings)]
    messages = [
        Noted(f"{w} please", "no_answer", date(2026, 11, 27)) for w in chance.choices(wordings, k=count)
    ]
    with tempfile.TemporaryDirectory() as made:
        folder = Path(made)
        began = time.perf_counter()
        Engine.open(known, folder, known)
        spent = time.perf_counter() - began
        print(f"build of {len(known.topics)} topics, {len(wordings)} wordings: {spent:.1f} s")
        worker = Worker()  # as a server does it
        began = time.perf_counter()
        worker.run(get_ready, known, known, folder, Questions((), messages))
        print(f"getting ready, while somebody writes: {time.perf_counter() - began:.1f} s")
        for number in range(LOOKS):
            edited = replace(known.topics[number], answer="Something else.", phrasings=(wordings[-1],))
            after = replace(known, topics=tuple(edited if t.id == edited.id else t for t in known.topics))
            time.sleep(READS_S)
            began = time.perf_counter()
            seen = worker.run(look_ahead, known, after, known, folder, Questions((), messages))
            spent = time.perf_counter() - began
            print(f"look {number + 1}: {spent:.1f} s, {seen.asked} asked, {len(seen.differences)} differ")
        worker.close()


if __name__ == "__main__":
    main()
