"""A table of cells, whatever file it came in: its heading found, its size kept in bounds, its rows read."""

import csv
import io
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from chatbot.errors import FormatError
from chatbot.formats.cells import Layout, defused, field_of, join, layout
from chatbot.formats.records import FIELDS, MAX_CELLS, MAX_COLUMNS, MAX_ROWS, Column, Field, Row
from chatbot.formats.values import row_of, source_text
from chatbot.model import Entry

_DELIMITERS = ",;\t|"
_HEADING_AMONG = 5  # rows; above the heading there may be a title
_SAMPLED = 50
_MOST_DELIMITERS = 50 * MAX_COLUMNS  # in one row: more are counted before cells are made of them


@dataclass(frozen=True, slots=True)
class Sheet:
    """A table: its heading, and the rows below it with the numbers that a spreadsheet shows for them.

    `formulas` are the row numbers and places of the cells that would calculate their text.
    """

    name: str
    header: tuple[str, ...]
    rows: tuple[tuple[int, tuple[str, ...]], ...]
    formulas: frozenset[tuple[int, int]] = frozenset()

    def column(self, name: str) -> int | None:
        """The place of the column that is called so, in any letters."""
        called = [h.strip().casefold() for h in self.header]
        return called.index(name) if name in called else None

    def samples(self) -> list[list[str]]:
        """The first cells of each column."""
        first = self.rows[:_SAMPLED]
        return [[cells[i] for _, cells in first if i < len(cells)] for i in range(len(self.header))]

    def read(self, mapping: Mapping[str, str] | None) -> tuple[tuple[Column, ...], tuple[Row, ...]]:
        """The columns as they were understood, and the rows."""
        found = layout(self.header, self.samples(), mapping, self.name)
        rows: list[Row] = []
        for number, cells in self.rows:
            row = self._row(found, number, cells)
            if rows and row.phrasings and not (row.question or row.answer or row.fault):
                above = rows.pop()  # a line of its own for each wording, below the question
                row = replace(above, phrasings=(*(above.phrasings or ()), *row.phrasings))
            rows.append(row)
        return found.columns, tuple(rows)

    def _row(self, found: Layout, number: int, cells: Sequence[str]) -> Row:
        row = found.row(f"row {number}", cells)
        for i, column in enumerate(found.columns):
            if column.field and (number, i) in self.formulas:
                cure = "copy the cell and paste its value"
                return replace(row, fault=f"{column.name!r} holds a formula, {cells[i][:40]}: {cure}")
        return row


def sheet(lines: Iterable[Sequence[str]], name: str) -> Sheet:
    """The table in these lines of cells. Raises FormatError where it is empty or too large."""
    kept = list(_within_bounds(lines, name))
    if not kept:
        raise FormatError(f"{name} is empty: expected a heading such as question,answer and rows below it")
    first = [cells for _, cells in kept[:_HEADING_AMONG]]
    by_name = (i for i, cells in enumerate(first) if _is_heading(cells))
    below_a_title = (i for i, cells in enumerate(first) if sum(map(bool, cells)) > 1)
    at = next(by_name, next(below_a_title, 0))
    if _is_headless(kept[at][1]):
        width = max(len(cells) for _, cells in kept)
        return Sheet(name, tuple(str(i + 1) for i in range(width)), tuple(kept))
    return Sheet(name, kept[at][1], tuple(kept[at + 1 :]))


def _within_bounds(lines: Iterable[Sequence[str]], name: str) -> Iterator[tuple[int, tuple[str, ...]]]:
    rows = cells_so_far = 0
    for number, line in enumerate(lines, 1):
        width = next((i for i in range(len(line), 0, -1) if line[i - 1].strip()), 0)
        if not width:
            continue
        rows, cells_so_far = rows + 1, cells_so_far + width
        if width > MAX_COLUMNS:
            raise FormatError(
                f"{name} has {width:,} columns in row {number}, at most {MAX_COLUMNS} are read: "
                "keep those with the questions and answers"
            )
        if rows > MAX_ROWS + 1 or cells_so_far > MAX_CELLS:
            most = f"{MAX_ROWS:,} rows" if rows > MAX_ROWS + 1 else f"{MAX_CELLS:,} cells"
            raise FormatError(f"{name} has more than {most} (at row {number}): split it")
        yield number, tuple(line[:width])


def _is_heading(cells: Sequence[str]) -> bool:
    fields = set(map(field_of, cells))
    return {"question", "answer"} <= fields


def _is_headless(cells: Sequence[str]) -> bool:
    """Whether the first row is a question already, as in files of two columns for other bots."""
    return not any(map(field_of, cells)) and any(cell.rstrip().endswith("?") for cell in cells)


def read_text_sheet(text: str, name: str, delimiter: str | None = None) -> Sheet:
    """The table in a CSV or TSV text. Raises FormatError, naming the line, where its quotes do not match."""
    if delimiter is None:
        first = next((line for line in io.StringIO(text) if line.strip()), "")[:10_000]
        delimiter = max(_DELIMITERS, key=lambda d: (first.count(d), -_DELIMITERS.index(d)))
    counted = _Counted(io.StringIO(text, newline=""), delimiter, name)
    reader = csv.reader(counted, delimiter=delimiter, strict=True)
    try:
        return sheet(counted.each(reader), name)
    except csv.Error as error:
        raise FormatError(
            f"{name}, line {reader.line_num}: {error}; look for a quotation mark without its partner"
        ) from error


class _Counted:
    """Lines on their way into a csv.reader, stopped before a row of a million cells is made."""

    def __init__(self, lines: Iterable[str], delimiter: str, name: str) -> None:
        self._lines, self._delimiter, self._name = iter(lines), delimiter, name
        self._count = 0

    def __iter__(self) -> Iterator[str]:
        for line in self._lines:
            self._count += line.count(self._delimiter)
            if self._count > _MOST_DELIMITERS:
                raise FormatError(
                    f"{self._name} has a row of more than {_MOST_DELIMITERS:,} cells, at most {MAX_COLUMNS} "
                    "columns are read: keep those with the questions and answers"
                )
            yield line

    def each(self, rows: Iterable[list[str]]) -> Iterator[list[str]]:
        """The rows; each starts the count anew."""
        for row in rows:
            self._count = 0
            yield row


def write_text_sheet(lines: Iterable[Sequence[str]], delimiter: str) -> bytes:
    """The table as text that spreadsheets open rightly: UTF-8 with its mark, cells that calculate nothing."""
    written = io.StringIO()
    csv.writer(written, delimiter=delimiter).writerows([defused(cell) for cell in line] for line in lines)
    return written.getvalue().encode("utf-8-sig")


def own_lines(entries: Iterable[Entry]) -> Iterator[tuple[str, ...]]:
    """Entries as lines of cells below our own heading."""
    yield FIELDS
    for entry in entries:
        row = row_of(entry)
        cells: dict[Field, str] = {
            "phrasings": join(entry.phrasings),
            "sources": join([source_text(s) for s in entry.sources]),
            "related": join(entry.related),
        }
        yield tuple(cells[f] if f in cells else str(getattr(row, f) or "") for f in FIELDS)
