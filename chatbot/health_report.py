"""The report of a check: as text for a person, as JSON for a program, as a page to look at."""

import json
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from textwrap import wrap

from chatbot.health_kinds import KINDS, Finding, Kind, Outcome, TopicHealth, counted, pairs
from chatbot.health_page import page

WIDTH = 96
SHOWN = 20  # warnings of one kind, and confusions, that the text prints; JSON and HTML hold all


@dataclass(frozen=True)
class Report(Outcome):
    """What a check found, with the ways to show it."""

    def text(self) -> str:
        """The report for a terminal: what, where, and what to do."""
        return "\n".join(_lines(self))

    def as_json(self) -> str:
        """The report as JSON text, nothing left out."""
        first, wordings = self.found_first
        told = {
            "checked_on": self.checked_on,
            "healthy": self.is_healthy,
            "errors": self.errors,
            "warnings": self.warnings,
            "findings": [asdict(f) for f in self.findings],
            "found_first": {"wordings": wordings, "found": first},
            "topics": [asdict(t) for t in self.topics],
            "confusions": [asdict(c) for c in self.confusions],
        }
        return json.dumps(told, ensure_ascii=False, indent=2)

    def html(self) -> str:
        """The report as one page that needs nothing else: no script, no font, no network."""
        return page(self)


def _lines(report: Report) -> Iterator[str]:
    published = sum(t.is_published for t in report.topics)
    yield f"Knowledge checked on {report.checked_on}. {report.verdict}"
    yield f"{counted(len(report.topics), 'topic')}, {published:,} of them published."
    for kind, findings in report.kinds():
        yield from _kind_lines(KINDS[kind], findings)
    yield from _waiting_lines(report.waiting)
    yield from _confusion_lines(report)


def _kind_lines(kind: Kind, findings: Sequence[Finding]) -> Iterator[str]:
    shown = findings if kind.level == "error" else findings[:SHOWN]
    yield ""
    yield f"{kind.level.upper()}: {kind.title} ({len(findings):,})"
    yield from _wrapped(f"What to do: {kind.cure}")
    for finding in shown:
        yield f"  - {' '.join(filter(None, (finding.place, finding.entry)))}"
        yield from _wrapped(finding.text, "    ")
    if len(shown) < len(findings):
        yield f"  … and {len(findings) - len(shown):,} more: all are in the JSON and the HTML report."


def _waiting_lines(waiting: Sequence[TopicHealth]) -> Iterator[str]:
    if not waiting:
        return
    yield ""
    yield "WAITING for facts of the clinic (fill them in the clinic's profile)"
    for topic in waiting:
        state = "lacks a paragraph" if topic.is_published else "is not published"
        yield f"  - {topic.id} {state}: {', '.join(topic.missing)}"


def _confusion_lines(report: Report) -> Iterator[str]:
    first, wordings = report.found_first
    if not wordings:
        return
    yield ""
    share = f"{first:,} of {wordings:,} wordings ({first / wordings:.0%})"
    yield from _wrapped(
        f"FOR INFORMATION: when a wording is left out, {share} still find their own topic first. The others "
        "find these; how many of them would get that topic's answer stands in brackets.",
        indent="",
    )
    ranked = pairs(report.confusions)
    for entry, winner, found in ranked[:SHOWN]:
        answered = sum(c.is_answered for c in found)
        yield f"  - {entry} -> {winner}: {len(found)} ({answered}), such as “{found[0].wording}”"
    if len(ranked) > SHOWN:
        yield f"  … and {len(ranked) - SHOWN:,} more pairs: all are in the JSON and the HTML report."


def _wrapped(text: str, indent: str = "  ") -> list[str]:
    return wrap(text, WIDTH, initial_indent=indent, subsequent_indent=indent, break_long_words=False)
