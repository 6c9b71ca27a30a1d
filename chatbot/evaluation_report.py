"""The report of an evaluation: as text for a person, as JSON for a program, as a page to look at."""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from itertools import groupby
from textwrap import wrap
from typing import Any

from chatbot.errors import ChatbotError
from chatbot.evaluation_kinds import FIGURES, FROM_BEST, OUTCOMES, Evaluation, Outcome, Result, shown, why
from chatbot.evaluation_page import page

WIDTH = 96
SHOWN = 20  # misses of one kind that the text prints; JSON and HTML hold all


@dataclass(frozen=True)
class Earlier:
    """An earlier evaluation, as its JSON tells it: the figures, and the outcome of each question."""

    figures: Mapping[str, float | None]
    outcomes: Mapping[str, Outcome]

    @classmethod
    def read(cls, text: str, name: str) -> "Earlier":
        """Read what `Report.as_json` wrote. Raises ChatbotError naming the file where it did not."""
        try:
            told = json.loads(text)
            figures = {n: told["figures"][n] for n in FIGURES}
            outcomes = {str(r["question"]): r["outcome"] for r in told["results"]}
            is_ours = all(f is None or isinstance(f, int | float) for f in figures.values())
            is_ours = is_ours and set(outcomes.values()) <= set(FROM_BEST)
        except (ValueError, KeyError, TypeError):
            is_ours = False
        if not is_ours:
            fact = "is no earlier evaluation: name a file that 'chatbot evaluate --json' wrote"
            raise ChatbotError(f"{name} {fact}")
        return cls(figures, outcomes)


@dataclass(frozen=True)
class Report(Evaluation):
    """What an evaluation found, with the ways to show it."""

    def text(self, earlier: Earlier | None = None, shown: int = SHOWN) -> str:
        """The report for a terminal; of each kind of miss at most `shown`."""
        return "\n".join(_lines(self, earlier, shown))

    def as_json(self) -> str:
        """The report as JSON text, nothing left out."""
        told = {
            "questions": len(self.results),
            "needed": self.needed,
            "figures": self.figures,
            "bins": [b._asdict() for b in self.bins],
            "misses": [r.question for r in self.misses],
            "results": [_told(r) for r in self.results],
        }
        return json.dumps(told, ensure_ascii=False, indent=2)

    def html(self) -> str:
        """The report as one page that needs nothing else: no script, no font, no network."""
        return page(self)

    def changed(self, earlier: Earlier) -> tuple[list[tuple[Outcome, Result]], list[tuple[Outcome, Result]]]:
        """The questions of both that got better and that got worse, each with its earlier outcome."""
        both = [(earlier.outcomes[r.question], r) for r in self.results if r.question in earlier.outcomes]
        moved = [(_worth(r.outcome) - _worth(before), before, r) for before, r in both]
        return [(b, r) for by, b, r in moved if by > 0], [(b, r) for by, b, r in moved if by < 0]

    def breaches(self, floors: Mapping[str, float], ceilings: Mapping[str, float]) -> tuple[str, ...]:
        """What is below a floor or above a ceiling (0 to 1, by figure), or was not measured, in words."""
        low = [(n, v, "at least") for n, v in floors.items() if (f := self.figures[n]) is None or f < v]
        high = [(n, v, "at most") for n, v in ceilings.items() if (f := self.figures[n]) is None or f > v]
        return tuple(
            f"{FIGURES[name].title} is {shown(self.figures[name])}; it must be {bound} {limit:.1%}"
            for name, limit, bound in (*low, *high)
        )


def _told(result: Result) -> dict[str, Any]:
    return {**asdict(result), "outcome": result.outcome}


def _worth(outcome: Outcome) -> int:
    return -FROM_BEST.index(outcome)


# --- text ---------------------------------------------------------------------------------------------


def _lines(report: Report, earlier: Earlier | None, most: int) -> Iterator[str]:
    counts = {s: len(report.of(s)) for s in ("answerable", "off-topic", "unpublished")}
    waiting = (
        f", {counts['unpublished']:,} that wait for facts of the clinic" if counts["unpublished"] else ""
    )
    yield (
        f"{len(report.results):,} questions: {counts['answerable']:,} that topics answer, "
        f"{counts['off-topic']:,} that nothing answers{waiting}."
    )
    yield ""
    yield from _figure_lines(report, earlier)
    if earlier is not None:
        yield from _change_lines(report, earlier)
    for outcome, found in groupby(report.misses, key=lambda r: r.outcome):
        yield from _miss_lines(OUTCOMES[outcome], list(found), report.needed, most)


def _figure_lines(report: Report, earlier: Earlier | None) -> Iterator[str]:
    for name, value in report.figures.items():
        line = f"  {FIGURES[name].title:18} {shown(value):>12}"
        before = earlier.figures[name] if earlier else None
        if value is not None and before is not None:
            line += f"  was {before:.1%}, {_moved(name, value - before)}"
        yield line if earlier else f"{line}  {FIGURES[name].about}"


def _moved(name: str, by: float) -> str:
    if abs(by) < 0.0005:
        return "the same"
    return f"{by * 100:+.1f} points, {'better' if (by > 0) == FIGURES[name].is_good else 'worse'}"


def _change_lines(report: Report, earlier: Earlier) -> Iterator[str]:
    better, worse = report.changed(earlier)
    for title, moved in (("WORSE", worse), ("BETTER", better)):
        yield ""
        yield f"{title} than before ({len(moved):,})"
        for before, result in moved:
            yield f"  - “{result.question}”: was {before}, is {result.outcome}"


def _miss_lines(title: str, found: Sequence[Result], needed: float, most: int) -> Iterator[str]:
    yield ""
    yield f"{title.upper()} ({len(found):,})"
    for result in found[:most]:
        yield f"  - “{result.question}”"
        for line in why(result, needed):
            yield from wrap(line, WIDTH, initial_indent="    ", subsequent_indent="      ")
    if len(found) > most:
        yield f"  … and {len(found) - most:,} more: --all prints them; the JSON and the HTML report hold all."
