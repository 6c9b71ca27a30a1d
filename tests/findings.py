"""What the check of the knowledge finds, as tests ask for it."""

from datetime import date

from chatbot.health import Finding, Report

TODAY = date(2026, 11, 24)


def found(report: Report, kind: str) -> list[Finding]:
    return [f for f in report.findings if f.kind == kind]


def the_one(report: Report, kind: str) -> Finding:
    (finding,) = found(report, kind)
    return finding
