"""The check's report as one HTML page that needs nothing else, with a picture of what is taken for what."""

import math
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from html import escape
from itertools import groupby
from pathlib import Path
from typing import NamedTuple

from chatbot.health_kinds import KINDS, Confusion, Finding, Outcome, TopicHealth, counted, pairs, place
from chatbot.report_page import filled, scrolling

_TEMPLATE = Path(__file__).with_name("health_page.html")
_OPEN_ROWS = 12  # longer lists of findings are folded up
_CELL = 13
_GAP = 17  # between groups, high enough for the group's title
_LEFT, _TOP = 184, 140  # room for the labels
# Entries that are no topics share a column each.
_PASSAGE, _SMALL_TALK = "a passage of the article", "the bot's small talk"


def page(outcome: Outcome) -> str:
    """The whole page."""
    first, wordings = outcome.found_first
    told = f"{first:,} of {wordings:,} found their own topic first." if wordings else "None was tried."
    parts = {
        "verdict": escape(outcome.verdict),
        "checked_on": escape(outcome.checked_on),
        "lead": escape(_lead(outcome)),
        "tiles": "".join(_tiles(outcome)),
        "findings": "".join(_finding_cards(outcome)),
        "waiting": _waiting_table(outcome.waiting),
        "share": told,
        "picture": _picture(outcome) if wordings else "",
        "table": _topic_table(outcome) if wordings else "",
    }
    return filled(_TEMPLATE, parts)


def _lead(outcome: Outcome) -> str:
    if not outcome.is_healthy:
        return f"Checked on {outcome.checked_on}. Mend the errors below; warnings can wait, but not for long."
    if outcome.has_warnings:
        return f"Checked on {outcome.checked_on}. Nothing is broken; the warnings below show what would help."
    return f"Checked on {outcome.checked_on}. There is nothing to mend."


def _tiles(outcome: Outcome) -> Iterator[str]:
    first, wordings = outcome.found_first
    published = sum(t.is_published for t in outcome.topics)
    told = {
        "Errors": f"{outcome.errors:,}",
        "Warnings": f"{outcome.warnings:,}",
        "Topics published": f"{published:,} of {len(outcome.topics):,}",
        "Wordings that find their topic": f"{first / wordings:.0%}" if wordings else "not tried",
    }
    return (f"<div><dt>{name}</dt><dd>{value}</dd></div>" for name, value in told.items())


# --- findings and missing facts -----------------------------------------------------------------------


def _finding_cards(outcome: Outcome) -> Iterator[str]:
    if not outcome.findings:
        yield '<div class="card calm"><h3>Nothing.</h3></div>\n'
    for name, findings in outcome.kinds():
        kind = KINDS[name]
        mark = "▲ Error" if kind.level == "error" else "● Warning"
        table = _finding_table(findings, kind.title)
        if len(findings) > _OPEN_ROWS:
            table = f"<details><summary>Show all {len(findings):,}</summary>{table}</details>"
        yield (
            f'<article class="card {kind.level}"><span class="badge">{mark}</span>'
            f"<h3>{escape(kind.title)} ({len(findings):,})</h3>"
            f"<p><strong>What to do:</strong> {escape(kind.cure)}</p>{table}</article>\n"
        )


def _finding_table(findings: Sequence[Finding], caption: str) -> str:
    rows = (
        f'<tr><td class="where">{escape(f.place)}</td><td>{escape(f.entry)}</td>'
        f'<td class="wide">{escape(f.text)}</td></tr>'
        for f in findings
    )
    return scrolling(caption, ("Where", "Topic", "What"), "".join(rows))


def _waiting_table(waiting: Sequence[TopicHealth]) -> str:
    if not waiting:
        return '<div class="card calm"><h3>Nothing: the clinic\'s profile has every fact.</h3></div>'
    rows = (
        f'<tr><th scope="row">{escape(t.id)}</th><td>{escape(t.question)}</td>'
        f"<td>{'lacks a paragraph' if t.is_published else 'is not published'}</td>"
        f"<td>{escape(', '.join(t.missing))}</td></tr>"
        for t in waiting
    )
    table = scrolling("Topics that wait for facts", ("Topic", "Question", "Now", "Needs"), "".join(rows))
    return f'<div class="card calm"><p>Fill these fields in the clinic\'s profile.</p>{table}</div>'


# --- the picture --------------------------------------------------------------------------------------


class _Places(NamedTuple):
    """Where each row, column and group title begins, by id; `height` and `width` are those of the grid."""

    rows: Mapping[str, int]
    columns: Mapping[str, int]
    titles: Mapping[str, int]
    height: int
    width: int


class _Cell(NamedTuple):
    """How many wordings of `entry` found `winner`, and how many of them would have been answered so."""

    entry: str
    winner: str
    wordings: int
    answered: int


def _places(topics: Sequence[TopicHealth]) -> _Places:
    rows: dict[str, int] = {}
    titles: dict[str, int] = {}
    at = 0
    for group, members in groupby(topics, key=lambda t: t.group):
        titles[group] = at
        at += _GAP
        for topic in members:
            rows[topic.id] = at
            at += _CELL
    others = {name: at + _GAP + _CELL * place for place, name in enumerate((_PASSAGE, _SMALL_TALK))}
    return _Places(rows, rows | others, titles, at, at + _GAP + _CELL * len(others))


def _cells(outcome: Outcome, places: _Places) -> list[_Cell]:
    counts: Counter[tuple[str, str]] = Counter()
    answered: Counter[tuple[str, str]] = Counter()
    for confusion in outcome.confusions:
        other = _PASSAGE if confusion.winner.startswith("article/") else _SMALL_TALK
        key = confusion.entry, confusion.winner if confusion.winner in places.rows else other
        counts[key] += 1
        answered[key] += confusion.is_answered
    return [_Cell(*key, count, answered[key]) for key, count in counts.items()]


def _picture(outcome: Outcome) -> str:
    places = _places(outcome.topics)
    cells = _cells(outcome, places)
    rows = (_row(t, places, [c for c in cells if c.entry == t.id]) for t in outcome.topics)
    titles = (
        f'<text class="title" x="0" y="{_TOP + y + _GAP - 5}">{escape(group)}</text>'
        for group, y in places.titles.items()
    )
    box = f"0 0 {_LEFT + places.width + 4} {_TOP + places.height + 4}"
    found = counted(len(outcome.confusions), "wording")
    return (
        f'<svg class="matrix" role="img" aria-labelledby="picture-title" viewBox="{box}">'
        f'<title id="picture-title">Which topics are taken for which: {found} found another '
        "topic. The table below tells the same.</title>"
        f"{''.join(_columns(places))}{''.join(titles)}{''.join(rows)}</svg>"
    )


def _columns(places: _Places) -> Iterator[str]:
    for name, start in places.columns.items():
        x = _LEFT + start + _CELL / 2
        turned = f"translate({x + 3} {_TOP - 4}) rotate(-90)"
        yield f'<path class="grid" d="M{x} {_TOP}v{places.height}"/>'
        yield f'<text transform="{turned}">{escape(name)}</text>'


def _row(topic: TopicHealth, places: _Places, cells: Sequence[_Cell]) -> str:
    y = _TOP + places.rows[topic.id]
    middle = y + _CELL / 2
    circles = (_circle(_LEFT + places.columns[c.winner] + _CELL / 2, middle, c) for c in cells)
    return (
        f'<g class="row"><rect class="band" x="0" y="{y}" width="{_LEFT + places.width}" height="{_CELL}"/>'
        f'<path class="grid" d="M{_LEFT} {middle}h{places.width}"/>'
        f'<text x="{_LEFT - 6}" y="{middle + 3}" text-anchor="end">{escape(topic.id)}</text>'
        f"{_square(_LEFT + places.columns[topic.id] + 1, y + 1, topic)}{''.join(circles)}</g>"
    )


def _square(x: int, y: int, topic: TopicHealth) -> str:
    side = _CELL - 2
    full = side * topic.found / topic.wordings if topic.wordings else 0.0
    return (
        f"<g><title>{escape(topic.id)}: found by {topic.found} of {topic.wordings}</title>"
        f'<rect class="frame" x="{x}" y="{y}" width="{side}" height="{side}"/>'
        f'<rect class="own" x="{x}" y="{y + side - full:.1f}" width="{side}" height="{full:.1f}"/></g>'
    )


def _circle(x: float, y: float, cell: _Cell) -> str:
    radius = min((2.8 if cell.answered else 2.2) + 1.4 * math.sqrt(cell.wordings - 1), _CELL / 2 - 0.5)
    number = f'<text class="count" x="{x}" y="{y + 3}">{cell.wordings}</text>' if cell.wordings > 3 else ""
    wordings = counted(cell.wordings, "wording")
    told = f"{cell.entry}, taken for {cell.winner}: {wordings}, {cell.answered} answered"
    look = "full" if cell.answered else "open"
    circle = f'<circle class="{look}" cx="{x}" cy="{y}" r="{radius:.1f}"/>'
    return f"<g><title>{escape(told)}</title>{circle}{number}</g>"


# --- the same as a table ------------------------------------------------------------------------------


def _topic_table(outcome: Outcome) -> str:
    taken: dict[str, list[tuple[str, tuple[Confusion, ...]]]] = {}
    for entry, winner, found in pairs(outcome.confusions):
        taken.setdefault(entry, []).append((winner, found))
    rows = ""
    for group, members in groupby(outcome.topics, key=lambda t: t.group):
        rows += f'<tr><th class="group" colspan="3" scope="rowgroup">{escape(group)}</th></tr>'
        rows += "".join(_topic_row(t, taken.get(t.id, ())) for t in members)
    columns = ("Topic", "Found when left out", "Taken for")
    table = scrolling("Topics with what they are taken for", columns, rows)
    return f"<details><summary>The same as a table, with every wording</summary>{table}</details>"


def _topic_row(topic: TopicHealth, taken: Sequence[tuple[str, tuple[Confusion, ...]]]) -> str:
    share = topic.found / topic.wordings if topic.wordings else 0.0
    return (
        f'<tr><th scope="row">{escape(topic.id)}<br><span class="soft">{escape(topic.question)}</span></th>'
        f'<td class="number">{topic.found} of {topic.wordings}'
        f'<span class="bar"><i style="width: {share:.0%}"></i></span></td>'
        f'<td class="wide">{_taken_for(taken) if taken else "nothing else"}</td></tr>'
    )


def _taken_for(taken: Sequence[tuple[str, tuple[Confusion, ...]]]) -> str:
    told = []
    for winner, found in taken:
        answered = sum(c.is_answered for c in found)
        wrong = f" <strong>({answered} answered)</strong>" if answered else ""
        told.append(f"{escape(winner)} {len(found)}{wrong}")
    wordings = "".join(_wording(c) for _, found in taken for c in found)
    return f"{', '.join(told)}<details><summary>Read the wordings</summary><ul>{wordings}</ul></details>"


def _wording(confusion: Confusion) -> str:
    answered = ", <strong>answered</strong>" if confusion.is_answered else ""
    return (
        f"<li>{escape(confusion.wording)} → {escape(confusion.winner)}{answered} "
        f'<span class="where">{escape(place(confusion.path, confusion.line))}</span></li>'
    )
