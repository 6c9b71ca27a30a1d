"""How long an import of ten thousand topics takes, and how much memory: each a process of its own."""

import os
import subprocess
import tempfile
import time
from pathlib import Path

from timing import CHATBOT, ROOT, Figures, environment

from chatbot import formats
from chatbot.model import Entry

ROWS = 10_000
ENDINGS = {"csv": ".csv", "xlsx": ".xlsx", "jsonl": ".jsonl", "rasa": ".yml", "dialogflow": ".zip"}


def importing() -> Figures:
    """The seconds and the peak of memory of `chatbot import`, for some formats."""
    entries = [_topic(number) for number in range(ROWS)]
    figures: Figures = {}
    for written, ending in ENDINGS.items():
        with tempfile.TemporaryDirectory() as folder:
            file = Path(folder) / f"topics{ending}"
            file.write_bytes(formats.dump(entries, written))
            seconds, peak = _run(file, Path(folder) / "data")
        figures |= {f"import_{ROWS}_{written}_s": seconds, f"import_{ROWS}_{written}_peak_mb": peak}
    return figures


def _topic(number: int) -> Entry:
    answer = f"Answer {number}. " + "It is as long as answers usually are. " * 6
    wordings = tuple(f"wording {other} of number {number}" for other in range(5))
    return Entry(f"topic-{number}", f"What is number {number} about?", answer.strip(), wordings, group="Many")


def _run(file: Path, data_dir: Path) -> tuple[float, float]:
    """Seconds and megabytes of one import into an empty data folder."""
    began = time.perf_counter()
    child = subprocess.Popen(
        [*CHATBOT, "import", str(file)], env=environment(data_dir), cwd=ROOT, stdout=subprocess.DEVNULL
    )
    _, status, used = os.wait4(child.pid, 0)
    if status:
        raise RuntimeError(f"the import of {file.name} ended with status {status}")
    return time.perf_counter() - began, used.ru_maxrss / 1024
