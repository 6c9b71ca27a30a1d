"""Insights: what was asked, what became of it, and what helped. Numbers only, never a visitor's words."""

import csv
import io
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from textwrap import shorten

from flask import Response, render_template, request, url_for

from web.parts import parts
from web.problems import Problem
from web.staff import charts, tally
from web.staff.door import desk

MOST_CHANGED = 6  # topics; more bars tell less
SPANS = {"week": 7, "month": 30, "year": 365}
_CSP = "default-src 'none'; style-src 'unsafe-inline'"  # of a picture: its style cannot touch a page


@dataclass(frozen=True, slots=True)
class Chart:
    """A table that is also drawn: rows of (label, number); None where a number is too small to be shown."""

    name: str
    title: str
    unit: str
    rows: tuple[tuple[str, int | None], ...]
    is_lying: bool = False
    note: str = ""

    @property
    def is_empty(self) -> bool:
        """Whether there is nothing to draw."""
        return not any(number for _, number in self.rows)


@desk.get("/insights")
def insights() -> str:
    """Show the numbers of a week, a month or a year."""
    span = _span()
    figures, drawn = _figures(span), _charts(span)
    return render_template(
        "staff/insights.html",
        span=span,
        spans=SPANS,
        charts=drawn,
        has_numbers=not all(chart.is_empty for chart in drawn),
        figures=figures,
        picture=lambda chart: url_for("staff.chart", name=chart.name, span=span),
    )


@desk.get("/insights/<name>.svg")
def chart(name: str) -> Response:
    """Draw one of the tables."""
    found = _chart(name)
    labels, values = tuple(label for label, _ in found.rows), tuple(number for _, number in found.rows)
    drawn = charts.bars(labels, values, lying=found.is_lying)
    return Response(drawn, mimetype="image/svg+xml", headers={"Content-Security-Policy": _CSP})


@desk.get("/insights/<name>.csv")
def table(name: str) -> Response:
    """Give one of the tables as a file for a spreadsheet."""
    found = _chart(name)
    file = io.StringIO()
    rows = csv.writer(file)
    rows.writerow([found.title, found.unit])
    rows.writerows([_inert(label), "" if number is None else number] for label, number in found.rows)
    return Response(
        "\ufeff" + file.getvalue(),
        content_type="text/csv; charset=utf-8",
        headers={"Content-Disposition": f'attachment; filename="{found.name}-{_span()}.csv"'},
    )


def _inert(text: str) -> str:
    # A spreadsheet would take such a cell for a formula.
    return f"'{text}" if text[:1] in ("=", "+", "-", "@", "\t", "\r") else text


def _span() -> str:
    span = request.args.get("span", "month")
    return span if span in SPANS else "month"


def _chart(name: str) -> Chart:
    found = next((c for c in _charts(_span()) if c.name == name), None)
    if found is None:
        raise Problem(404, "There is no such table.")
    return found


def _counted(span: str) -> tally.Tally:
    last = date.today()
    return tally.Tally(parts().store.counts.between(last - timedelta(SPANS[span] - 1), last))


def _figures(span: str) -> list[tuple[str, str, str]]:
    """The numbers at the top: label, number, what it means."""
    counted = _counted(span)
    asked = sum(counted.kinds.values())
    questions = sum(counted.kinds[k] for k in ("answer", "clarify", "no_answer"))
    rated = counted.helpful + counted.unhelpful

    def share(part: int, whole: int) -> str:
        return f"{round(100 * part / whole)} %" if whole else "–"

    return [
        ("Messages", f"{asked:,}", "everything that was typed or picked"),
        ("Answered", share(counted.kinds["answer"], questions), "of the questions"),
        ("Asked back", share(counted.kinds["clarify"], questions), "offered a choice of topics"),
        ("Not answered", share(counted.kinds["no_answer"], questions), "told whom to ask"),
        ("Helpful", share(counted.helpful, rated), f"of {rated:,} verdicts"),
    ]


def _charts(span: str) -> tuple[Chart, ...]:
    counted, today = _counted(span), date.today()
    days = [today - timedelta(n) for n in range(SPANS[span] - 1, -1, -1)]
    questions = {t.id: t.question for t in parts().bot.engine.knowledge.topics}
    return (
        Chart(
            "messages",
            "Messages a day" if span != "year" else "Messages a month",
            "messages",
            _over_time(counted, days, span),
        ),
        Chart(
            "outcomes", "What became of them", "messages", _named(counted.kinds, tally.KINDS), is_lying=True
        ),
        Chart("topics", "Most asked topics", "answers", _top(counted.topics, questions), is_lying=True),
        Chart(
            "hours",
            "Busiest hours",
            "messages",
            tuple(
                (f"{hour}:00", counted.hours[hour] if counted.hours[hour] >= tally.FEW else None)
                for hour in range(24)
            ),
            note=f"Hours of the server’s zone. Under {tally.FEW} are not shown: nobody is picked out.",
        ),
        Chart(
            "edits",
            "Not answered, week by week",
            "percent of the questions",
            tally.unanswered_by_week(parts().store, today, max(4, SPANS[span] // 7)),
            note=_fallen(days[0], today),
        ),
        Chart(
            "changes",
            "What your changes did",
            "answers",
            tuple(_changed(tally.around_edits(parts().store, days[0], today)[:MOST_CHANGED], questions)),
            is_lying=True,
            note="Answers in as many days before a topic was changed as since.",
        ),
    )


def _changed(
    topics: Iterable[tally.Around], questions: Mapping[str, str]
) -> Iterator[tuple[str, int | None]]:
    for one in topics:
        asked = shorten(questions.get(one.topic, one.topic), 44, placeholder=" …")
        yield f"Before {one.day.day} {one.day:%b}: {asked}", one.before
        yield f"Since {one.day.day} {one.day:%b}: {asked}", one.since


def _fallen(first: date, today: date) -> str:
    """What the share did since the last change, as far as enough was asked on both sides of it."""
    last = max((e.at.astimezone().date() for e in parts().store.edits.history(limit=1)), default=first)
    before, since = tally.unanswered_around(parts().store, last, today)
    if before is None or since is None:
        return "It should fall after you have worked through the inbox."
    return f"Before the last change, on {last.day} {last:%b}, {before} %; since then {since} %."


def _over_time(counted: tally.Tally, days: Sequence[date], span: str) -> tuple[tuple[str, int | None], ...]:
    if span != "year":
        return tuple((f"{d.day} {d:%b}", counted.days[d]) for d in days)
    months: dict[str, int] = {}
    for day in days:
        months[f"{day:%b %Y}"] = months.get(f"{day:%b %Y}", 0) + counted.days[day]
    return tuple(months.items())


def _named(numbers: Mapping[str, int], names: Mapping[str, str]) -> tuple[tuple[str, int | None], ...]:
    return tuple((said, numbers[name]) for name, said in names.items())


def _top(numbers: Mapping[str, int], questions: Mapping[str, str]) -> tuple[tuple[str, int | None], ...]:
    first = sorted(numbers, key=lambda name: (-numbers[name], name))[:10]
    return tuple((questions.get(name, name), numbers[name]) for name in first)
