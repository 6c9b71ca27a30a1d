"""The report of an evaluation as one HTML page that needs nothing else."""

from collections.abc import Iterator, Sequence
from html import escape
from itertools import groupby
from pathlib import Path

from chatbot.charts import Bar, Dot, Frame, curve, diagonal, histogram
from chatbot.evaluation_kinds import (
    FIGURES,
    OUTCOMES,
    Bin,
    Evaluation,
    Outcome,
    Result,
    Setting,
    shown,
    why,
)
from chatbot.report_page import filled, scrolling

_TEMPLATE = Path(__file__).with_name("evaluation_page.html")
_OPEN_ROWS = 30  # longer lists of misses are folded up
_STEPS = 20  # thresholds that are tried
_LEVELS: dict[Outcome, str] = {"wrong": "error", "misled": "error", "refused": "warning"}


def page(evaluation: Evaluation) -> str:
    """The whole page."""
    settings = [evaluation.setting(step / _STEPS) for step in range(_STEPS + 1)]
    parts = {
        "verdict": escape(_verdict(evaluation)),
        "lead": escape(_lead(evaluation)),
        "tiles": "".join(_tiles(evaluation)),
        "histogram": _histogram(evaluation),
        "risk": _risk(evaluation, settings),
        "reliability": _reliability(evaluation),
        "bins": _bin_table(evaluation),
        "settings": _setting_table(settings),
        "misses": "".join(_miss_cards(evaluation)) or '<div class="card calm"><h3>Nothing.</h3></div>',
    }
    return filled(_TEMPLATE, parts)


def _verdict(evaluation: Evaluation) -> str:
    right = f"{shown(evaluation.figures['right'])} answered right"
    return f"{right}, {shown(evaluation.figures['wrong'])} wrong"


def _lead(evaluation: Evaluation) -> str:
    known, strange, waiting = (len(evaluation.of(s)) for s in ("answerable", "off-topic", "unpublished"))
    told = f"{known:,} questions that topics answer, {strange:,} that nothing answers"
    return f"{told}, {waiting:,} that wait for facts of the clinic." if waiting else f"{told}."


def _tiles(evaluation: Evaluation) -> Iterator[str]:
    for name, value in evaluation.figures.items():
        figure = FIGURES[name]
        yield f'<div title="{escape(figure.about)}"><dt>{figure.title}</dt><dd>{shown(value)}</dd></div>'


# --- the pictures -------------------------------------------------------------------------------------


def _histogram(evaluation: Evaluation) -> str:
    bars = [Bar(b.low, b.high, b.answerable, b.off_topic) for b in evaluation.bins]
    known, strange = sum(b.up for b in bars), sum(b.down for b in bars)
    title = f"Confidence in {known:,} questions with an answer, above, and {strange:,} without, below"
    frame = Frame("histogram", title, "confidence")
    return histogram(frame, bars, evaluation.needed, ("with an answer", "without"))


def _risk(evaluation: Evaluation, settings: Sequence[Setting]) -> str:
    here = evaluation.setting(evaluation.needed)
    dots = [_setting_dot(s) for s in settings]
    title = f"At the threshold in force {here.coverage:.0%} are answered, and {here.risk:.0%} of it is wrong"
    highest = max(0.1, *(d.y for d in dots), here.risk)
    return curve(Frame("risk", title, "answered", "of it wrong"), dots, _setting_dot(here), highest)


def _setting_dot(setting: Setting) -> Dot:
    told = f"from {setting.needed:.2f}: {setting.coverage:.0%} answered, {setting.risk:.1%} of it wrong"
    return Dot(setting.coverage, setting.risk, 1, told)


def _reliability(evaluation: Evaluation) -> str:
    dots = [Dot(b.confidence, b.share_right, b.size, _bin_told(b)) for b in evaluation.bins]
    apart = shown(evaluation.calibration_error)
    title = f"Confidence against the share that was right; on average {apart} apart"
    return diagonal(Frame("reliability", title, "confidence", "right"), dots)


def _bin_told(tenth: Bin) -> str:
    return f"said {tenth.confidence:.0%}, was {tenth.share_right:.0%}: {tenth.size:,} questions"


# --- the same as tables -------------------------------------------------------------------------------


def _bin_table(evaluation: Evaluation) -> str:
    rows = (
        f'<tr><th scope="row">{b.low:.1f} to {b.high:.1f}</th><td class="number">{b.answerable:,}</td>'
        f'<td class="number">{b.off_topic:,}</td><td class="number">{b.confidence:.1%}</td>'
        f'<td class="number">{b.share_right:.1%}</td></tr>'
        for b in evaluation.bins
    )
    columns = ("Confidence", "With an answer", "Without", "Mean confidence", "Best entry right")
    return scrolling("The numbers by confidence", columns, "".join(rows))


def _setting_table(settings: Sequence[Setting]) -> str:
    rows = (
        f'<tr><th scope="row">{s.needed:.2f}</th><td class="number">{s.coverage:.1%}</td>'
        f'<td class="number">{s.risk:.1%}</td><td class="number">{s.refused:.1%}</td></tr>'
        for s in settings
    )
    columns = ("Needed", "Answered, of those with an answer", "Wrong, of the answers", "Off-topic refused")
    return scrolling("What another threshold would bring", columns, "".join(rows))


# --- the misses ---------------------------------------------------------------------------------------


def _miss_cards(evaluation: Evaluation) -> Iterator[str]:
    for outcome, found in groupby(evaluation.misses, key=lambda r: r.outcome):
        results = list(found)
        table = _miss_table(OUTCOMES[outcome], results, evaluation.needed)
        if len(results) > _OPEN_ROWS:
            table = f"<details><summary>Show all {len(results):,}</summary>{table}</details>"
        level = _LEVELS.get(outcome, "calm")
        head = f"<h3>{OUTCOMES[outcome]} ({len(results):,})</h3>"
        yield f'<article class="card {level}">{head}{table}</article>\n'


def _miss_table(caption: str, results: Sequence[Result], needed: float) -> str:
    rows = (
        f'<tr><th scope="row" class="wide">{escape(r.question)}</th>'
        f'<td class="wide">{"<br>".join(map(escape, why(r, needed)))}</td></tr>'
        for r in results
    )
    return scrolling(caption, ("Question", "What came of it, and why"), "".join(rows))
