"""How something is timed, and how times are summed up."""

import os
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import partial
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
CHATBOT = (sys.executable, "-m", "chatbot")
PATIENCE_S = 600.0

Figures = dict[str, float]


def seconds(call: Callable[[], object]) -> float:
    """How long one call takes."""
    began = time.perf_counter()
    call()
    return time.perf_counter() - began


def each(call: Callable[[str], object], given: Iterable[str]) -> list[float]:
    """How long a call takes for each of `given`."""
    return [seconds(partial(call, value)) for value in given]


def spread(name: str, times: Sequence[float]) -> Figures:
    """Median and 99th percentile of times, in milliseconds."""
    cuts = statistics.quantiles(times, n=100, method="inclusive")
    return {f"{name}_median_ms": 1000 * statistics.median(times), f"{name}_p99_ms": 1000 * cuts[98]}


def environment(data_dir: Path) -> dict[str, str]:
    """This environment, with nothing set for the chatbot but its data folder.

    Compiled files are kept there, whatever is set here: as an installed program has them.
    """
    kept = {name: value for name, value in os.environ.items() if not name.startswith("CHATBOT_")}
    kept.pop("PYTHONDONTWRITEBYTECODE", None)
    compiled = {"PYTHONPYCACHEPREFIX": str(data_dir / "compiled")}
    return {**kept, **compiled, "CHATBOT_DATA_DIR": str(data_dir), "CHATBOT_RATE_LIMIT": "off"}


def command_seconds(command: Sequence[str], env: Mapping[str, str], times: int = 5) -> float:
    """The median time of a command as a process of its own."""

    def run() -> None:
        subprocess.run(command, env=env, cwd=ROOT, capture_output=True, check=True, timeout=PATIENCE_S)

    return statistics.median(seconds(run) for _ in range(times))
