"""The topic file: Markdown text to entries and back."""

import re
from collections.abc import Mapping, Sequence
from datetime import date
from itertools import pairwise
from typing import NamedTuple, cast, get_args

from chatbot.errors import KnowledgeError
from chatbot.model import Entry, EntryKind, Source

KINDS = tuple(k for k in get_args(EntryKind) if k != "passage")
_HEADING = re.compile(r"## (?P<question>\S.*?) +\{#(?P<id>[a-z0-9]+(?:-[a-z0-9]+)*)\}")
_KEY = re.compile(r"(?P<key>[a-z]+): *(?P<value>.*)")
_KEYS = ("kind", "source", "related", "reviewed", "law", "owner", "until")
_SOURCE = re.compile(r"(?P<title>[^<>]*[^<> ])(?: +<(?P<url>[^<> ]+)>)?")
_ADDRESS = re.compile(r"https?://\S+|article/[a-z0-9-]+(?:/\d+)?")
_DATE = re.compile(r"\d{4}-\d\d-\d\d")
_LINE_END = re.compile(r"\r\n?|\n")
_YES_OR_NO = {"yes": True, "no": False, "": False}


class Value(NamedTuple):
    """What a header line says after its key, and on which line (1-based) it says so."""

    text: str
    line: int


class Header(NamedTuple):
    """The lines between a topic's heading and its answer."""

    phrasings: tuple[str, ...]
    values: Mapping[str, tuple[Value, ...]]


def parse(text: str, path: str = "") -> tuple[Entry, ...]:
    """Read a file of topics. Raises KnowledgeError with the line that breaks the format."""
    lines = _LINE_END.split(text.removeprefix("\ufeff"))
    starts = [i for i, line in enumerate(lines) if line.startswith("## ")]
    group = _group(lines[: starts[0] if starts else len(lines)], path)
    return tuple(_entry(lines[a:b], a + 1, group, path) for a, b in pairwise([*starts, len(lines)]))


def dump(entries: Sequence[Entry]) -> str:
    """Write entries of one group as a file; the reverse of `parse`."""
    head = f"# {entries[0].group}\n\n" if entries and entries[0].group else ""
    return head + "\n".join(_dump_entry(e) for e in entries)


def _group(lines: Sequence[str], path: str) -> str:
    titles = [(i, line) for i, line in enumerate(lines, 1) if line.strip()]
    for number, line in titles:
        if not line.startswith("# ") or number != titles[0][0]:
            raise KnowledgeError(
                path, number, f"expected '# Group title' or '## Question {{#id}}', not {line!r}"
            )
    return titles[0][1].removeprefix("# ").strip() if titles else ""


def _entry(lines: Sequence[str], number: int, group: str, path: str) -> Entry:
    heading = _HEADING.fullmatch(lines[0].rstrip())
    if heading is None:
        raise KnowledgeError(path, number, f"expected '## Question {{#id}}', not {lines[0]!r}")
    length = next((i for i, line in enumerate(lines) if i and not line.strip()), len(lines))
    header = _header(lines[1:length], number + 1, path)
    answer = "\n".join(lines[length:]).strip()
    if not answer:
        raise KnowledgeError(
            path, number, f"topic {heading['id']!r} has no answer: write it below an empty line"
        )
    return Entry(
        id=heading["id"],
        question=heading["question"],
        answer=answer,
        phrasings=header.phrasings,
        kind=_kind(_one(header, "kind", path), path),
        sources=tuple(_source(s, path) for s in header.values.get("source", ())),
        related=tuple(names(_one(header, "related", path).text)),
        reviewed=_date(_one(header, "reviewed", path), "reviewed", path),
        law=_is_law(_one(header, "law", path), path),
        group=group,
        owner=_one(header, "owner", path).text,
        until=_date(_one(header, "until", path), "until", path),
        path=path,
        line=number,
    )


def _header(lines: Sequence[str], number: int, path: str) -> Header:
    phrasings: list[str] = []
    values: dict[str, list[Value]] = {}
    for i, line in enumerate(lines, number):
        if line.startswith("? ") and line[2:].strip():
            phrasings.append(line[2:].strip())
            continue
        match = _KEY.fullmatch(line.rstrip())
        if match is None or match["key"] not in _KEYS:
            cure = f"expected '? phrasing', one of {', '.join(_KEYS)} with a colon, or an empty line"
            raise KnowledgeError(path, i, f"{cure}, not {line!r}")
        values.setdefault(match["key"], []).append(Value(match["value"].strip(), i))
    return Header(tuple(phrasings), {k: tuple(v) for k, v in values.items()})


def _one(header: Header, key: str, path: str) -> Value:
    given = header.values.get(key, ())
    if len(given) > 1:
        raise KnowledgeError(path, given[1].line, f"{key} stands {len(given)} times: keep one")
    return given[0] if given else Value("", 0)


def _kind(value: Value, path: str) -> EntryKind:
    if value.text and value.text not in KINDS:
        fact = f"kind is {value.text!r}: expected one of {', '.join(KINDS)}"
        raise KnowledgeError(path, value.line, fact)
    return cast(EntryKind, value.text or "general")


def _source(value: Value, path: str) -> Source:
    match = _SOURCE.fullmatch(value.text)
    if match is None or (match["url"] and not _ADDRESS.fullmatch(match["url"])):
        fact = f"source is {value.text!r}: expected 'Title <https://…>' or 'Title'"
        raise KnowledgeError(path, value.line, fact)
    return Source(match["title"], match["url"])


def _date(value: Value, key: str, path: str) -> str | None:
    try:
        is_date = not value.text or bool(_DATE.fullmatch(value.text) and date.fromisoformat(value.text))
    except ValueError:
        is_date = False
    if not is_date:
        fact = f"{key} is {value.text!r}: expected a date such as 2026-11-23"
        raise KnowledgeError(path, value.line, fact)
    return value.text or None


def _is_law(value: Value, path: str) -> bool:
    if value.text not in _YES_OR_NO:
        raise KnowledgeError(path, value.line, f"law is {value.text!r}: expected yes or no")
    return _YES_OR_NO[value.text]


def names(value: str) -> list[str]:
    """The parts of a comma-separated line."""
    return [w.strip() for w in value.split(",") if w.strip()]


def _dump_entry(entry: Entry) -> str:
    sources = (f"{s.title} <{s.url}>" if s.url else s.title for s in entry.sources)
    rows = [
        f"## {entry.question} {{#{entry.id}}}",
        *(f"? {p}" for p in entry.phrasings),
        f"kind: {entry.kind}",
        *(f"source: {s}" for s in sources),
        *([f"related: {', '.join(entry.related)}"] if entry.related else ()),
        *([f"reviewed: {entry.reviewed}"] if entry.reviewed else ()),
        *(["law: yes"] if entry.law else ()),
        *([f"owner: {entry.owner}"] if entry.owner else ()),
        *([f"until: {entry.until}"] if entry.until else ()),
    ]
    return "\n".join(rows) + f"\n\n{entry.answer}\n"
