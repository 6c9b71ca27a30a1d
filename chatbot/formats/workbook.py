"""Excel workbooks (.xlsx) to cells and back. The only home of openpyxl.

openpyxl in its read-only mode holds one row at a time; with defusedxml installed it refuses XML entities.
A reader in Rust is four times as fast, but makes the whole rectangle between the outermost cells, which a
file of 4 kB can make larger than any memory.
"""

import io
import re
import warnings
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from datetime import date, datetime
from itertools import chain, repeat
from typing import TYPE_CHECKING, Any
from zipfile import ZipFile

from chatbot.errors import FormatError
from chatbot.formats.archive import open_zip, pack
from chatbot.formats.cells import defused
from chatbot.formats.guard import looks_like_xml, walk
from chatbot.formats.records import MAX_COLUMNS, MAX_ROWS, Note
from chatbot.formats.sheet import Sheet, sheet

if TYPE_CHECKING:
    from openpyxl.worksheet._read_only import ReadOnlyWorksheet

_OLD_OFFICE = b"\xd0\xcf\x11\xe0"
_MAX_PART = 5_000_000  # of the parts that are read whole, which an honest workbook has in kilobytes
_MAY_BE_LARGE = (
    "xl/worksheets/",
    "xl/sharedStrings",
    "xl/media/",
    "xl/drawings/",
    "xl/pivotCache/",
    "xl/calcChain",
)
_LAST_ROW = 5 * MAX_ROWS  # empty rows between count, too
_CHANGED = re.compile(rb"(<dcterms:(?:created|modified)[^>]*>)[^<]*")
_DAY = rb"\g<1>2000-01-01T00:00:00Z"
_WIDEST = 16_384  # Excel's own


def read_workbook(data: bytes, name: str) -> tuple[Sheet, tuple[Note, ...]]:
    """The first sheet with something in it, and notes of what else there is. Raises FormatError."""
    if data.startswith(_OLD_OFFICE):
        raise FormatError(f"{name} is an old Excel file or has a password: save it as .xlsx without one")
    _refuse_what_is_no_table(data, name)
    import openpyxl

    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # about charts and styles that are not read
            workbook = openpyxl.load_workbook(io.BytesIO(data), read_only=True, keep_links=False)
            return _first_filled(workbook.worksheets, name)
    except FormatError:
        raise
    except Exception as error:  # a broken part surfaces as any of a dozen errors
        fact = str(error).splitlines()[0][:100] if str(error) else type(error).__name__
        raise FormatError(f"{name} cannot be read as an Excel workbook ({fact}): save it again") from error


def _refuse_what_is_no_table(data: bytes, name: str) -> None:
    with open_zip(data, name) as archive:
        members = archive.infolist()
        names = [m.filename.casefold() for m in members]
        if "[content_types].xml" not in names or not any(n.startswith("xl/") for n in names):
            raise FormatError(f"{name} is a zip archive, but no Excel workbook: save the table as .xlsx")
        if any("vbaproject" in n or n.startswith("xl/macrosheets/") for n in names):
            raise FormatError(
                f"{name} holds macros, which are not taken: save it as 'Excel Workbook (.xlsx)'"
            )
        for member in members:
            if member.file_size > _MAX_PART and not member.filename.startswith(_MAY_BE_LARGE):
                raise FormatError(
                    f"{name} has {member.file_size / 1_000_000:,.0f} MB in {member.filename!r}: copy the "
                    "table into a new workbook"
                )
            # By what is in it, not by its name: a workbook may call any of its parts a sheet.
            if looks_like_xml(archive, member.filename, name):
                walk(archive, member.filename, name)


def _first_filled(sheets: Sequence["ReadOnlyWorksheet"], name: str) -> tuple[Sheet, tuple[Note, ...]]:
    for i, worksheet in enumerate(sheets):
        worksheet.reset_dimensions()  # what the file states about its own size may be anything
        formulas: set[tuple[int, int]] = set()
        lines = _lines(worksheet, name, formulas)
        for empty, first in enumerate(lines):
            if any(first):
                found = sheet(chain(repeat((), empty), (first,), lines), name)
                others = (s.title for s in (*sheets[:i], *sheets[i + 1 :]))
                notes = (Note(f"sheet {t!r}", "is not read, only the first with cells is") for t in others)
                return replace(found, formulas=frozenset(formulas)), tuple(notes)
    raise FormatError(f"{name} is empty: expected a heading such as question, answer and rows below it")


def _lines(worksheet: Any, name: str, formulas: set[tuple[int, int]]) -> Iterator[tuple[str, ...]]:
    """The rows as texts; where a formula stands, row and place, is added to `formulas`."""
    for number, cells in enumerate(worksheet.iter_rows(), 1):
        if number > _LAST_ROW or len(cells) > _WIDEST:
            raise FormatError(
                f"{name} has cells below row {_LAST_ROW:,} or right of column {_WIDEST:,}; at most "
                f"{MAX_ROWS:,} rows of {MAX_COLUMNS} columns are read: copy the table into a new workbook"
            )
        formulas.update((number, i) for i, cell in enumerate(cells) if cell.data_type == "f")
        yield tuple(_text(cell.value) for cell in cells)


def _text(value: Any) -> str:
    """What a person sees in the cell, but for how numbers and dates are dressed."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    if isinstance(value, datetime) and not (value.hour or value.minute or value.second):
        return value.date().isoformat()
    return value.isoformat() if isinstance(value, date) else str(value)


def write_workbook(lines: Iterable[Sequence[str]]) -> bytes:
    """A workbook of one sheet, every cell of it text."""
    import openpyxl
    from openpyxl.cell import WriteOnlyCell

    workbook = openpyxl.Workbook(write_only=True)
    worksheet = workbook.create_sheet("Topics")
    for line in lines:
        cells = [WriteOnlyCell(worksheet, defused(text)) for text in line]
        for cell in cells:
            cell.data_type = "s"
        worksheet.append(cells)
    written = io.BytesIO()
    workbook.save(written)
    return _undated(written.getvalue())


def _undated(data: bytes) -> bytes:
    """The workbook without the minute of its making: the same topics make the same bytes."""
    with ZipFile(io.BytesIO(data)) as archive:
        return pack({m: _CHANGED.sub(_DAY, archive.read(m)) for m in archive.namelist()})
