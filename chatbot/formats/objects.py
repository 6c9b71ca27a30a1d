"""Objects with our own names, or names to be mapped: JSON lines and a JSON list, in and out."""

import io
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from chatbot.errors import FormatError
from chatbot.formats.cells import layout, split
from chatbot.formats.records import FIELDS, MAX_COLUMNS, MAX_ROWS, Column, Field, Row
from chatbot.formats.trees import dump_json, load_json, refuse_many, texts
from chatbot.formats.values import read_source
from chatbot.model import Entry, Source

Placed = tuple[str, dict[str, Any]]  # where it stands, and what it is

_SAMPLED = 50


def read_lines(text: str, name: str) -> list[Placed]:
    """The objects of a file that has one on each line. Raises FormatError with the line."""
    refuse_many(text, name)
    placed: list[Placed] = []
    for number, line in enumerate(io.StringIO(text), 1):
        if line.strip():
            if len(placed) == MAX_ROWS:
                raise FormatError(f"{name} has more than {MAX_ROWS:,} lines (at line {number}): split it")
            where = f"line {number}"
            placed.append((where, _object(load_json(line, name, where), name, where)))
    return placed


def read_list(value: Sequence[Any], name: str) -> list[Placed]:
    """The objects of a JSON list. Raises FormatError with the place of what is none."""
    if len(value) > MAX_ROWS:
        raise FormatError(f"{name} has {len(value):,} values, at most {MAX_ROWS:,} are read: split it")
    return [(f"value {i}", _object(each, name, f"value {i}")) for i, each in enumerate(value, 1)]


def _object(value: Any, name: str, where: str) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise FormatError(f'{name}, {where}: expected an object such as {{"question": "…", "answer": "…"}}')
    return value


def read_objects(
    placed: Sequence[Placed], mapping: Mapping[str, str] | None, name: str
) -> tuple[tuple[Column, ...], tuple[Row, ...]]:
    """The names as they were understood, and a row of each object. Raises FormatError."""
    if not placed:
        raise FormatError(f"{name} is empty: expected objects with a question and an answer")
    header = list(dict.fromkeys(key for _, given in placed[:_SAMPLED] for key in given))
    if len(header) > MAX_COLUMNS:
        raise FormatError(f"{name} has {len(header):,} names, at most {MAX_COLUMNS} are read")
    first = [[" ".join(texts(given.get(h))) for _, given in placed[:_SAMPLED]] for h in header]
    found = layout(header, first, mapping, name)
    return found.columns, tuple(_row(where, given, found.columns) for where, given in placed)


def _row(where: str, given: Mapping[str, Any], columns: Sequence[Column]) -> Row:
    said: dict[Field, Any] = {}
    for column in columns:
        if column.field and column.name in given:
            said.setdefault(column.field, given[column.name])

    def one(field: Field) -> str | None:
        return next(iter(texts(said[field])), "").strip() if field in said else None

    def several(field: Field) -> tuple[str, ...] | None:
        return _list(said[field]) if field in said else None

    asked = texts(said.get("question"))
    return Row(
        where,
        id=one("id"),
        question=one("question"),
        phrasings=(*asked[1:], *(several("phrasings") or ())) or several("phrasings"),
        answer=one("answer"),
        group=one("group"),
        kind=one("kind"),
        sources=_sources(said["sources"]) if "sources" in said else None,
        related=several("related"),
        reviewed=one("reviewed"),
        law=one("law"),
        owner=one("owner"),
        until=one("until"),
    )


def _list(value: Any) -> tuple[str, ...]:
    return split(value) if isinstance(value, str) else tuple(t.strip() for t in texts(value) if t.strip())


def _sources(value: Any) -> tuple[Source, ...]:
    found: list[Source] = []
    for given in value if isinstance(value, list) else [value]:
        if isinstance(given, dict):
            title, *others = (_text(given, key) for key in ("title", "url", "quote", "updated"))
            found.append(Source(title or "", *others))
        else:
            found += map(read_source, _list(given))
    return tuple(found)


def _text(given: Mapping[str, Any], key: str) -> str | None:
    return next(iter(texts(given.get(key))), None)


def write_lines(entries: Iterable[Entry]) -> bytes:
    """Entries as JSON lines: all that a topic holds."""
    return b"".join(dump_json(_written(entry)) + b"\n" for entry in entries)


def write_list(entries: Iterable[Entry]) -> bytes:
    """Entries as a JSON list."""
    return dump_json([_written(entry) for entry in entries], indent=1) + b"\n"


def _written(entry: Entry) -> dict[str, Any]:
    told: dict[str, Any] = {field: getattr(entry, field) for field in FIELDS}
    return {**told, "sources": [dict(_filled(source)) for source in entry.sources]}


def _filled(source: Source) -> Iterator[tuple[str, str]]:
    for key in ("title", "url", "quote", "updated"):
        value = getattr(source, key)
        if value is not None:
            yield key, value
