"""Measure the chatbot on one core, print a table, and keep the figures in benchmarks/results.

Figures, not tests: nothing here passes or fails. The HTTP client gets a core of its own where there is one.
"""

import json
import os
import platform
import sys
import tempfile
from datetime import UTC, datetime
from pathlib import Path

import engine_figures
import import_figures
import server_figures
import widget_figures
from timing import ROOT, Figures

from chatbot import Bot, Settings

RESULTS = ROOT / "benchmarks" / "results"
DATA = ROOT / "tests" / "data"
SMALL_TALK = ("hi", "thanks so much", "are you a real person", "what can you do", "bye")


def messages() -> list[str]:
    """Questions, each sixth message one that speaks of danger or small talk, as a day brings them."""
    mixed = [json.loads(line)["question"] for line in lines(DATA / "questions.jsonl")]
    danger = [json.loads(line)["text"] for line in lines(DATA / "crisis.jsonl")]
    places = range(5, len(mixed) * 6 // 5, 6)
    for number, place in enumerate(places):
        mixed.insert(place, SMALL_TALK[number % 5] if number % 2 else danger[number * 7 % len(danger)])
    return mixed


def lines(path: Path) -> list[str]:
    """The lines of a file."""
    return path.read_text("utf-8").splitlines()


def measure(folder: Path) -> Figures:
    """All figures, by name; the unit is the name's ending."""
    cores = os.sched_getaffinity(0)
    os.sched_setaffinity(0, {min(cores)})  # for the processes that are started from here as well
    asked = messages()
    figures = import_figures.importing()
    figures |= engine_figures.building(folder)
    bot = Bot.open(Settings(data_dir=folder))
    figures |= engine_figures.answering(bot, asked)
    figures |= engine_figures.guarding(bot, asked)
    figures |= engine_figures.asking(folder)
    figures |= server_figures.starting(folder, folder)
    figures |= server_figures.serving(folder, asked, cores - {min(cores)} or cores)
    os.sched_setaffinity(0, cores)  # a browser has more than one, also where it is slowed down
    return figures | widget_figures.comparing(folder)


def table(figures: Figures) -> str:
    """The figures as lines."""
    width = max(map(len, figures))
    return "\n".join(
        f"{name.replace('_', ' '):{width}}  {value:12,.{places(name)}f}" for name, value in figures.items()
    )


def places(name: str) -> int:
    """How many decimals a figure is worth."""
    return 0 if name.endswith("_bytes") else 1 if name.endswith(("_mb", "_per_second")) else 3


def machine() -> dict[str, str | int]:
    """What the figures were measured on."""
    return {
        "python": platform.python_version(),
        "system": platform.platform(),
        "cores": len(os.sched_getaffinity(0)),
    }


def main() -> None:
    """Measure, print and keep."""
    now, here = datetime.now(UTC), machine()
    sys.stderr.write("Measuring on one core; this takes a few minutes.\n")
    with tempfile.TemporaryDirectory() as folder:
        figures = measure(Path(folder))
    RESULTS.mkdir(exist_ok=True)
    path = RESULTS / f"{now:%Y-%m-%dT%H%M%SZ}.json"
    path.write_text(
        json.dumps({"at": now.isoformat(), "machine": here, "figures": figures}, indent=2) + "\n", "utf-8"
    )
    print(table({name: value for name, value in figures.items() if not name.startswith("widget_")}))
    print(widget_figures.side_by_side(figures))
    print(f"Kept in {path.relative_to(ROOT)}")


if __name__ == "__main__":
    main()
