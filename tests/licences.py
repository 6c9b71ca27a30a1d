"""Writes docs/licences.md from what the installed libraries say of themselves: make licences."""

import re
from collections import deque
from collections.abc import Iterator
from importlib.metadata import Distribution, distribution
from pathlib import Path

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).resolve().parent.parent
PAGE = ROOT / "docs/licences.md"
PROJECT = "clinic-faq-chatbot"
EXTRAS = ("postgres",)
LONGEST = 80  # characters; a library that has its whole licence in that field names it in its classifiers
HEAD = """\
# Licences

The chatbot itself is under the MIT licence. What is installed with it, as each library says of itself \
(`make licences` writes this page anew); psycopg comes only with PostgreSQL, `clinic-faq-chatbot[postgres]`.

| library | licence | needed by |
|---|---|---|
"""
FOOT = """
Within the wheel stands one script of other people's: htmx, unchanged, under the Zero-Clause BSD licence; \
`web/static/vendor/htmx.txt` has its version and its terms.
"""


def needed() -> dict[str, set[str]]:
    """Every library that comes with the wheel and its extras, with those that need it themselves."""
    found: dict[str, set[str]] = {}
    waiting = deque([(PROJECT, frozenset(EXTRAS))])
    while waiting:
        name, extras = waiting.popleft()
        for requirement in _requirements(name, extras):
            needs = canonicalize_name(requirement.name)
            if needs not in found or requirement.extras:
                waiting.append((needs, frozenset(requirement.extras)))
            found.setdefault(needs, set()).add(name)
    return found


def _requirements(name: str, extras: frozenset[str]) -> Iterator[Requirement]:
    for line in distribution(name).requires or ():
        requirement, marker = Requirement(line), Requirement(line).marker
        if marker is None or any(marker.evaluate({"extra": extra}) for extra in ("", *extras)):
            yield requirement


def licence(library: Distribution) -> str:
    """What a library says of its licence, in short. Raises LookupError where it says nothing."""
    said = library.metadata
    short = str(said.json.get("license_expression") or said.json.get("license") or "").strip()
    if short and len(short) <= LONGEST and short != "UNKNOWN":
        return short
    classified = [c.split(" :: ")[-1] for c in said.get_all("Classifier") or () if c.startswith("License ::")]
    if classified:
        return ", ".join(classified)
    raise LookupError(f"{said['Name']} does not say its licence: look it up and write it here")


def row(name: str, needed_by: set[str]) -> str:
    """The line of one library."""
    users = sorted("the chatbot" if user == PROJECT else user for user in needed_by)
    return f"| {name} | {licence(distribution(name))} | {', '.join(users)} |"


def page() -> str:
    """The whole page."""
    rows = [row(name, users) for name, users in sorted(needed().items())]
    return HEAD + "\n".join(rows) + "\n" + FOOT


def listed() -> dict[str, str]:
    """The lines of the page as it stands, by library."""
    lines = re.findall(r"^(\| ([a-z0-9-]+) \| .* \|)$", PAGE.read_text("utf-8"), re.MULTILINE)
    return {name: line for line, name in lines if name != "library"}


if __name__ == "__main__":
    PAGE.write_text(page(), "utf-8")
