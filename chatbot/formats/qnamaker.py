"""QnA Maker and Azure question answering: the table that they export, one row for each wording.

Columns: Question, Answer, Source, Metadata, SuggestedQuestions, IsContextOnly, Prompts, QnaId and, newer,
SourceDisplayName. Rows of one QnaId are wordings of one pair. A line's end stands as \\n.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from chatbot.errors import FormatError
from chatbot.formats.cells import defused, restored
from chatbot.formats.records import Row
from chatbot.formats.sheet import Sheet, read_text_sheet, sheet
from chatbot.formats.trees import dicts, dump_json, load_json
from chatbot.formats.values import read_source, source_text
from chatbot.formats.webpage import as_markdown
from chatbot.model import Entry, Source

HEADER = (
    "Question", "Answer", "Source", "Metadata", "SuggestedQuestions", "IsContextOnly", "Prompts", "QnaId",
    "SourceDisplayName",
)  # fmt: skip
_OURS = "Clinic FAQ chatbot"  # as the source: the answer is Markdown as it stands
_BACKSLASH_N = "&#92;n"  # what Markdown shows as a backslash and an n, which stand for a line's end here
_LINE_END = re.compile(r"\r\n?|\n")
_QUOTED = re.compile(r'"(?:[^"]|"")*"')
_SINGLE = ("id", "group", "kind", "reviewed", "law", "owner", "until")


def is_qnamaker(header: Sequence[str]) -> bool:
    """Whether a table with this heading is one of theirs."""
    named = {h.strip().casefold() for h in header}
    return {"question", "answer", "metadata"} <= named and bool({"qnaid", "source"} & named)


def read_tsv(text: str, name: str) -> Sheet:
    """The table in a text where, unlike in other TSV, quotation marks are letters and a line is a row.

    A file that a spreadsheet has saved again, with quotes around longer cells, is read as such.
    """
    lines = [line.split("\t") for line in _LINE_END.split(text)]
    filled = [line for line in lines if len(line) > 1]
    if any(len(line) != len(filled[0]) for line in filled) or any(line[0] for line in lines if len(line) < 2):
        return read_text_sheet(text, name, "\t")
    return sheet(([_unquoted(cell) for cell in line] for line in lines), name)


def _unquoted(cell: str) -> str:
    return cell[1:-1].replace('""', '"') if _QUOTED.fullmatch(cell) else cell


def read_pairs(table: Sheet) -> tuple[Row, ...]:
    """The pairs of the table, each with all its wordings."""
    places = {name.casefold(): table.column(name.casefold()) for name in HEADER}
    pairs: dict[object, list[tuple[int, dict[str, str]]]] = {}
    for number, cells in table.rows:
        given = {n: restored(cells[i]) for n, i in places.items() if i is not None and i < len(cells)}
        key = given.get("qnaid", "").strip() or (given.get("answer"), given.get("source"))
        pairs.setdefault(key, []).append((number, given))
    topics = {str(key): _metadata(rows[0][1], table.name).get("id", [""])[0] for key, rows in pairs.items()}
    return tuple(_pair(rows, topics, table.name) for rows in pairs.values())


def _pair(rows: Sequence[tuple[int, dict[str, str]]], topics: Mapping[str, str], name: str) -> Row:
    number, first = rows[0]
    where = f"row {number}"
    if any(given.get("answer") != first.get("answer") for _, given in rows):
        return Row(where, fault=f"rows of QnaId {first.get('qnaid')} have different answers: make them alike")
    told = _metadata(first, name)
    ours = first.get("source") == _OURS
    answer = first.get("answer", "").replace("\\n", "\n").replace(_BACKSLASH_N, "\\n").strip()
    asked = [given.get("question", "").strip() for _, given in rows]
    single = {key: told[key][0] if key in told else None for key in _SINGLE}
    return Row(
        where,
        single["id"],
        asked[0],
        tuple(filter(None, asked[1:])),
        answer if ours else as_markdown(answer),
        single["group"] or next(iter(told.get("topic", told.get("category", ()))), None),
        single["kind"],
        tuple(map(read_source, told.get("source", ()))) if ours else _sources(first),
        (*told.get("related", ()), *filter(None, (topics.get(p) for p in _prompted(first, name, where)))),
        single["reviewed"],
        single["law"],
        single["owner"],
        single["until"],
    )


def _sources(given: Mapping[str, str]) -> tuple[Source, ...] | None:
    """The page that the pair was taken from; a file's name or "Editorial" says nothing to a visitor."""
    address = given.get("source", "").strip()
    if not address.startswith("https://"):
        return None
    return (Source(given.get("sourcedisplayname", "").strip() or address, address),)


def _metadata(given: Mapping[str, str], name: str) -> dict[str, list[str]]:
    """The pair's labels: `topic:cost|site:a`, or as JSON `[{"name": …, "value": …}]`."""
    written = given.get("metadata", "").strip()
    told: dict[str, list[str]] = {}
    if written.startswith(("[", "{")):
        value = load_json(written, name, "Metadata")
        pairs = (
            value.items()
            if isinstance(value, dict)
            else [(d.get("name"), d.get("value")) for d in dicts(value)]
        )
    else:
        pairs = [(key, value) for key, _, value in (part.partition(":") for part in written.split("|"))]
    for key, value in pairs:
        if key and value:
            told.setdefault(str(key).strip().casefold(), []).append(str(value).strip())
    return told


def _prompted(given: Mapping[str, str], name: str, where: str) -> list[str]:
    """The QnaIds of the follow-up prompts, in the order in which they are shown."""
    written = given.get("prompts", "").strip()
    if not written.startswith("["):
        return []
    prompts = dicts(load_json(written, name, f"{where}, Prompts"))
    return [str(p.get("qnaId")) for p in sorted(prompts, key=_order)]


def _order(prompt: Mapping[str, Any]) -> float:
    order = prompt.get("displayOrder")
    return order if isinstance(order, int | float) else 0


def write_tsv(entries: Sequence[Entry]) -> bytes:
    """Entries as the table that Azure imports. Raises FormatError where a cell would break its line."""
    numbers = {entry.id: i for i, entry in enumerate(entries, 1)}
    lines = [HEADER, *(line for entry in entries for line in _lines(entry, numbers))]
    return "".join("\t".join(map(_cell, line)) + "\n" for line in lines).encode("utf-8-sig")


def _lines(entry: Entry, numbers: Mapping[str, int]) -> Iterator[tuple[str, ...]]:
    labels = {
        "id": entry.id, "group": entry.group, "kind": entry.kind, "reviewed": entry.reviewed or "",
        "law": "yes" if entry.law else "", "owner": entry.owner, "until": entry.until or "",
    }  # fmt: skip
    pairs = [*((k, v) for k, v in labels.items() if v), *(("source", source_text(s)) for s in entry.sources)]
    linked = all(related in numbers for related in entry.related)
    pairs += [] if linked else [("related", related) for related in entry.related]
    prompts = [
        {"displayOrder": i, "qnaId": numbers[related], "displayText": related.replace("-", " ")}
        for i, related in enumerate(entry.related if linked else ())
    ]
    metadata = dump_json([{"name": key, "value": value} for key, value in pairs]).decode()
    for question in (entry.question, *entry.phrasings):
        answer = entry.answer.replace("\\n", _BACKSLASH_N).replace("\n", "\\n")
        yield (
            question, answer, _OURS, metadata, "[]", "False", dump_json(prompts).decode(),
            str(numbers[entry.id]), _OURS,
        )  # fmt: skip


def _cell(text: str) -> str:
    if "\t" in text or _LINE_END.search(text):
        raise FormatError(f"{text[:60]!r} has a tab in it, which this format cannot hold: write spaces")
    text = defused(text)
    return '"' + text.replace('"', '""') + '"' if text.startswith('"') else text
