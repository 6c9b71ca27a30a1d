"""How long the inbox takes to be put together, and to be opened again.

    .venv/bin/python benchmarks/inbox.py [MESSAGES]

The messages are wordings of the packaged topics with a word more or less, and background questions: all
different, which is the worst case.
"""

import random
import sys
import tempfile
import time
from datetime import date, timedelta
from pathlib import Path

from chatbot import Bot, Live, Noted, Settings, Store
from chatbot.grouping import grouped
from web.staff.groups import Groups

FILLERS = ("please", "hi", "for my son", "quick question", "in chicago", "at your clinic", "today", "thanks")


def messages(bot: Bot, count: int) -> list[Noted]:
    """So many different messages."""
    known = bot.engine.knowledge
    texts = [p for t in known.topics for p in (t.question, *t.phrasings)] + list(known.background)
    chance, today = random.Random(0), date.today()  # noqa: S311 - not for secrets
    made: dict[str, Noted] = {}
    while len(made) < count:
        words = chance.choice(texts).lower().split()
        if len(words) > 3 and chance.random() < 0.5:
            del words[chance.randrange(len(words))]
        text = f"{' '.join(words)} {chance.choice(FILLERS)} {chance.randrange(100)}"
        made[text] = Noted(text, "no_answer", today - timedelta(chance.randrange(30)))
    return list(made.values())


def main() -> None:
    """Measure, and print what was found."""
    count = int(sys.argv[1]) if sys.argv[1:] else 5_000
    with tempfile.TemporaryDirectory() as folder:
        settings = Settings(data_dir=Path(folder))
        store = Store.open(settings.database_url)
        live = Live.open(settings, store)
        noted = messages(live.bot, count)
        grouped(live.bot.engine, noted[:10], (), date.today())  # imports
        for size in sorted({count // 10, count}):
            began = time.perf_counter()
            groups = grouped(live.bot.engine, noted[:size], (), date.today())
            seconds = time.perf_counter() - began
            print(f"{size} messages: {len(groups)} groups in {seconds:.2f} s")
        store.inbox.add(noted)
        kept = Groups(store)
        for label in ("first time", "again", "after one message more"):
            if label.startswith("after"):
                store.inbox.add(messages(live.bot, count + 1)[-1:])
            began = time.perf_counter()
            kept.now(live)
            print(f"opened {label}: {1000 * (time.perf_counter() - began):.0f} ms")
        live.stop()
        store.close()


if __name__ == "__main__":
    main()
