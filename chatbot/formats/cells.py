"""The cells of a spreadsheet: made harmless and back, lists in one cell, and which column is which field."""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

from chatbot.errors import FormatError
from chatbot.formats.records import FIELDS, LISTS, Column, ColumnsError, Field, Row
from chatbot.formats.values import read_source

# What spreadsheets take for a formula, with the wide forms that some of them fold (OWASP, "CSV Injection").
_LIVE = re.compile(r"(?='*[=+\-@\t\r\n＝＋－＠])")
_DEFUSED = re.compile(r"'(?='*[=+\-@\t\r\n＝＋－＠])")
_LINE_END = re.compile(r"\r\n?|\n")
_BAR = re.compile(r" *\| *")
_NOT_A_LETTER = re.compile(r"[\W_]+")
_NUMBERED = re.compile(r"(?:question|phrasing|alternate|alternative|variation|wording|utterance)s?\d+")
# A column's name, in small letters without anything else, as other programs and other tongues call it.
_CALLED: Mapping[Field, frozenset[str]] = {
    "id": frozenset({"id", "qid", "topicid", "slug", "key", "itemid"}),
    "question": frozenset(
        {"question", "questions", "q", "questiontext", "primaryquestion", "prompt", "title", "name", "faq"}
        | {"frage", "pregunta", "domanda", "pergunta", "vraag"}
    ),
    "phrasings": frozenset(
        {"phrasings", "phrasing", "alternates", "alternate", "alternatequestion", "alternatequestions"}
        | {"alternatives", "variations", "variation", "questionvariations", "utterances", "examples"}
        | {"otherwordings", "otherwaystoask", "otherquestions", "synonyms", "wordings"}
    ),
    "answer": frozenset(
        {"answer", "answers", "a", "answertext", "answeren", "body", "response", "responses", "reply", "text"}
        | {"antwort", "respuesta", "reponse", "réponse", "risposta", "resposta", "antwoord", "content"}
    ),
    "group": frozenset({"group", "topic", "category", "section", "theme", "kategorie", "categoria", "thema"}),
    "kind": frozenset({"kind"}),
    "sources": frozenset({"sources", "source", "sourceurl", "reference", "references", "url", "link"}),
    "related": frozenset({"related", "relatedtopics", "seealso"}),
    "reviewed": frozenset({"reviewed", "reviewedon", "reviewdate", "lastreviewed"}),
    "law": frozenset({"law"}),
    "owner": frozenset({"owner", "responsible", "contact"}),
    "until": frozenset({"until", "validuntil", "expires", "expiry", "expirydate", "validto"}),
}
_FIELD_OF = {name: field for field, names in _CALLED.items() for name in names}


def defused(text: str) -> str:
    """The cell with an apostrophe in front where a spreadsheet might calculate it; `restored` undoes it."""
    return f"'{text}" if _LIVE.match(text) else text


def restored(text: str) -> str:
    """The cell as it was before `defused`."""
    return text[1:] if _DEFUSED.match(text) else text


def join(parts: Sequence[str]) -> str:
    """Several texts of one line each as one cell: with bars between, or one a line where a text has bars."""
    if any("|" in part for part in parts):
        return "\n".join(parts) + "\n" * (len(parts) == 1)
    return " | ".join(parts)


def split(cell: str, *, is_ours: bool = True) -> tuple[str, ...]:
    """The texts in a cell: one a line; between bars where it is one line; in others' tables by semicolons."""
    parts = _LINE_END.split(cell) if "\n" in cell or "\r" in cell else _BAR.split(cell)
    if not is_ours and len(parts) == 1:
        parts = cell.split(";")
    return tuple(part.strip() for part in parts if part.strip())


def field_of(name: str) -> Field | None:
    """The field that a column of this name is likely to hold."""
    plain = _NOT_A_LETTER.sub("", name.casefold())
    if plain == "question1":
        return "question"
    return "phrasings" if _NUMBERED.fullmatch(plain) else _FIELD_OF.get(plain)


def guess(header: Sequence[str], samples: Sequence[Sequence[str]]) -> tuple[Field | None, ...]:
    """What each column holds: by its name; question and answer, where no name tells, by what is in it.

    A single-valued field goes to the first column that has its name.
    """
    fields: list[Field | None] = []
    for name in header:
        field = field_of(name)
        fields.append(None if field in fields and field not in LISTS else field)
    if "question" not in fields:
        _settle(fields, "question", [_share(s, _asks) for s in samples])
    if "answer" not in fields:
        _settle(fields, "answer", [_share(s, lambda cell: len(cell.split()) > 3) for s in samples])
    return tuple(fields)


def _settle(fields: list[Field | None], field: Field, shares: Sequence[float]) -> None:
    # A column of themes may well hold the questions, where no other does.
    free = [(share, -i) for i, share in enumerate(shares) if fields[i] in (None, "group") and share > 0.5]
    if free:
        fields[-max(free)[1]] = field


def _asks(cell: str) -> bool:
    return cell.rstrip().endswith("?")


def _share(cells: Sequence[str], holds: Callable[[str], bool]) -> float:
    filled = [cell for cell in cells if cell.strip()]
    return sum(map(holds, filled)) / len(filled) if filled else 0.0


@dataclass(frozen=True, slots=True)
class Layout:
    """Where the fields stand in a row of cells."""

    columns: tuple[Column, ...]

    def row(self, where: str, cells: Sequence[str]) -> Row:
        """The topic that a row of cells tells."""
        given: dict[Field, list[str]] = {}
        is_ours = {column.name for column in self.columns} >= set(FIELDS)
        for i, column in enumerate(self.columns):
            if column.field:
                given.setdefault(column.field, []).append(restored(cells[i]) if i < len(cells) else "")
        row = row_from(where, given)
        if is_ours or "phrasings" not in given:
            return row
        ways = (way for cell in given["phrasings"] for way in split(cell, is_ours=False))
        return replace(row, phrasings=tuple(ways))


def row_from(where: str, given: Mapping[Field, Sequence[str]]) -> Row:
    """The row with these texts of its fields; a list's may be several, each of them a list in one cell."""

    def one(field: Field) -> str | None:
        return given[field][0].strip() if field in given else None

    def several(field: Field) -> tuple[str, ...] | None:
        return tuple(part for cell in given[field] for part in split(cell)) if field in given else None

    sources = several("sources")
    return Row(
        where,
        id=one("id"),
        question=one("question"),
        phrasings=several("phrasings"),
        answer=one("answer"),
        group=one("group"),
        kind=one("kind"),
        sources=None if sources is None else tuple(map(read_source, sources)),
        related=several("related"),
        reviewed=one("reviewed"),
        law=one("law"),
        owner=one("owner"),
        until=one("until"),
    )


def layout(
    header: Sequence[str], samples: Sequence[Sequence[str]], mapping: Mapping[str, str] | None, name: str
) -> Layout:
    """Which column holds what: as `mapping` (column to field) says, else as guessed.

    A column is named by its heading, or by its number from 1. Raises FormatError where the mapping names
    what is not there, ColumnsError where no column holds the question or the answer.
    """
    first = [next((cell for cell in s if cell.strip()), "") for s in samples]
    fields = guess(header, samples) if mapping is None else _mapped(header, mapping, name)
    columns = tuple(Column(h, s[:200], f) for h, s, f in zip(header, first, fields, strict=True))
    needed: tuple[Field, ...] = ("question", "answer")
    if missing := next((field for field in needed if field not in fields), None):
        raise ColumnsError(name, missing, columns)
    return Layout(columns)


def _mapped(header: Sequence[str], mapping: Mapping[str, str], name: str) -> tuple[Field | None, ...]:
    fields: list[Field | None] = [None] * len(header)
    for column, called in mapping.items():
        field = next((f for f in FIELDS if f == called), None)
        if field is None:
            raise FormatError(f"{called!r} is not a field: expected one of {', '.join(FIELDS)}")
        if field in fields and field not in LISTS:
            raise FormatError(f"two columns are mapped to {field}: choose one")
        fields[_place(header, column, name)] = field
    return tuple(fields)


def _place(header: Sequence[str], column: str, name: str) -> int:
    if column in header:
        return header.index(column)
    loosely = [i for i, h in enumerate(header) if h.strip().casefold() == column.strip().casefold()]
    if loosely:
        return loosely[0]
    if column.isascii() and column.isdigit() and 0 < int(column[:6]) <= len(header):
        return int(column) - 1
    shown = ", ".join(repr(h[:40]) for h in header[:12])
    raise FormatError(f"{name} has no column {column!r}: it has {shown}")
