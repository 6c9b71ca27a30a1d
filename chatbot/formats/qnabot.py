"""AWS QnABot: the JSON and the workbook that its content designer imports and exports."""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from chatbot.formats.cells import restored
from chatbot.formats.objects import Placed
from chatbot.formats.records import Note, Row
from chatbot.formats.sheet import Sheet
from chatbot.formats.trees import dump_json, texts
from chatbot.formats.values import verbatim
from chatbot.formats.webpage import as_markdown, has_tags
from chatbot.markup import to_text
from chatbot.model import Entry

_QUESTION = re.compile(r"question\s?(\d{1,4})", re.IGNORECASE)

_NAMES = ("qid", "topic", "t", "answer", "markdown")


def is_qnabot(header: Sequence[str]) -> bool:
    """Whether a table with this heading is one of theirs."""
    return "qid" in {h.strip().casefold() for h in header} and any(map(_QUESTION.fullmatch, header))


def read_pairs(placed: Sequence[Placed]) -> tuple[tuple[Row, ...], tuple[Note, ...]]:
    """A row of each object, and notes of those that are no question and answer."""
    rows, notes = [], []
    for where, given in placed:
        kind = given.get("type", "qna")
        if kind in ("qna", "text", ""):
            rows.append(_pair(where, given))
        else:
            notes.append(
                Note(where, f"is of type {kind!r} and is left out: only questions with answers are read")
            )
    return tuple(rows), tuple(notes)


def _pair(where: str, given: Mapping[str, Any]) -> Row:
    alternative = given.get("alt")
    marked = texts(alternative.get("markdown")) if isinstance(alternative, dict) else ()
    answer = _answer("".join(marked[:1]), "".join(texts(given.get("a"))[:1]))
    told = {"id": given.get("qid"), "group": given.get("t")}
    return _row(where, [q.strip() for q in texts(given.get("q"))], answer, told)


def _answer(marked: str, plain: str) -> str:
    """The answer in Markdown; one that is not marked up is shown with the signs that are in it."""
    return marked.strip() or (as_markdown(plain) if has_tags(plain) else verbatim(plain))


def _row(where: str, asked: Sequence[str], answer: str, told: Mapping[str, Any]) -> Row:
    one = {key: next((t.strip() for t in texts(value) if t.strip()), None) for key, value in told.items()}
    wordings = tuple(filter(None, asked[1:]))
    return Row(where, one["id"], asked[0] if asked else "", wordings, answer, one["group"])


def read_sheet(table: Sheet) -> tuple[tuple[Row, ...], tuple[Note, ...]]:
    """A row of each line of the workbook. Its numbered questions may have gaps, which are noted."""
    named = ((i, _QUESTION.fullmatch(h.strip())) for i, h in enumerate(table.header))
    numbered = sorted((int(match[1]), i) for i, match in named if match)
    rows, notes = [], []
    for number, cells in table.rows:
        where = f"row {number}"
        asked = [_cell(cells, i).strip() for _, i in numbered]
        filled = list(filter(None, asked))
        if not all(asked[: len(filled)]):
            notes.append(Note(where, "has a gap between its questions; those after it are read, too"))
        said = {
            name: _cell(cells, table.column(name)) for name in ("qid", "topic", "t", "answer", "markdown")
        }
        told = {"id": said["qid"], "group": (said["topic"], said["t"])}
        rows.append(_row(where, filled, _answer(said["markdown"], said["answer"]), told))
    return tuple(rows), tuple(notes)


def _cell(cells: Sequence[str], place: int | None) -> str:
    return restored(cells[place]) if place is not None and place < len(cells) else ""


def write_json(entries: Iterable[Entry]) -> bytes:
    """Entries as QnABot's JSON, the answer in words and in Markdown."""
    pairs = [
        {
            "qid": entry.id,
            "type": "qna",
            "q": [entry.question, *entry.phrasings],
            "a": to_text(entry.answer),
            "t": entry.group,
            "alt": {"markdown": entry.answer},
        }
        for entry in entries
    ]
    return dump_json({"qna": pairs}, indent=1) + b"\n"


def sheet_lines(entries: Sequence[Entry]) -> Iterator[tuple[str, ...]]:
    """Entries as lines of QnABot's workbook."""
    most = max((1 + len(entry.phrasings) for entry in entries), default=1)
    yield ("qid", *(f"question{i}" for i in range(1, most + 1)), "answer", "markdown", "topic")
    for entry in entries:
        asked = (entry.question, *entry.phrasings)
        gaps = ("",) * (most - len(asked))
        yield (entry.id, *asked, *gaps, to_text(entry.answer), entry.answer, entry.group)
