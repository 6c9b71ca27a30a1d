"""The XML inside a workbook, walked once before a library makes objects of it: no trick, nothing too large.

What openpyxl keeps while it reads grows with the elements outside of rows, with those of one row, and with
the shared texts; each of these is counted here, while nothing is kept.
"""

from typing import IO, NoReturn
from xml.parsers import expat
from zipfile import ZipFile

from chatbot.errors import FormatError
from chatbot.formats.archive import BROKEN

_CHUNK = 65_536
_HEAD = 1_000
_MOST_OUTSIDE = 200_000  # elements that belong to no row or shared text: widths, styles, links
_MOST_IN_ROW = 100_000  # Excel has 16,384 columns
_MOST_ROWS = 400_000  # rows, or shared texts, of which a sheet of 20,000 rows and 20 columns can have as many
_LONGEST_TEXT = 100_000  # characters; Excel allows 32,767 in a cell
_LONGEST_TOKEN = 1_000_000  # bytes between two angle brackets


class _Walk:
    """Counts what an XML part holds; raises where it is more than an honest one has."""

    def __init__(self, part: str, name: str) -> None:
        self.part, self.name = part, name
        self.inside = self.outside = self.in_row = self.rows = self.text = 0

    def refuse(self, what: str) -> NoReturn:
        """Stop the walk."""
        raise FormatError(f"{self.name} {what} in {self.part!r}: copy the table into a new workbook")

    def open(self, tag: str, attributes: dict[str, str]) -> None:
        """An element begins; its attributes count as elements do."""
        self.text = 0
        weight = 1 + len(attributes)
        if tag.rpartition(":")[2] in ("row", "si"):
            self.inside += 1
            self.rows, self.in_row = self.rows + 1, 0
        self.in_row += weight if self.inside else 0
        self.outside += 0 if self.inside else weight
        if self.outside > _MOST_OUTSIDE or self.in_row > _MOST_IN_ROW or self.rows > _MOST_ROWS:
            self.refuse("has too many rows, cells or settings")

    def close(self, tag: str) -> None:
        """An element ends."""
        self.text = 0
        self.inside -= tag.rpartition(":")[2] in ("row", "si")

    def read(self, text: str) -> None:
        """Characters of one element."""
        self.text += len(text)
        if self.text > _LONGEST_TEXT:
            self.refuse(f"has a text of more than {_LONGEST_TEXT:,} characters")

    def doctype(self, *_: object) -> None:
        """A document type: no workbook has one, and entities are declared in it."""
        self.refuse("declares an XML document type, which no workbook needs,")


def looks_like_xml(archive: ZipFile, part: str, name: str) -> bool:
    """Whether a part may be read as XML: nothing else does, in whatever encoding, begin with its bracket."""
    try:
        with archive.open(part) as stream:
            head = stream.read(_HEAD).lstrip(b"\xef\xbb\xbf\xff\xfe\x00 \t\r\n")
    except BROKEN as error:
        raise FormatError(f"{name} is damaged at {part!r} ({error}): save it again") from error
    return head[:1] in (b"", b"<")


def walk(archive: ZipFile, part: str, name: str) -> None:
    """Read one part of the workbook `name` to its end. Raises FormatError where it is not to be trusted."""
    counting = _Walk(part, name)
    parser = expat.ParserCreate()
    parser.StartDoctypeDeclHandler = counting.doctype
    parser.StartElementHandler = counting.open
    parser.EndElementHandler = counting.close
    parser.CharacterDataHandler = counting.read
    try:
        with archive.open(part) as stream:
            _feed(parser, stream, counting)
        parser.Parse(b"", True)  # noqa: FBT003 - expat's
    except expat.ExpatError:
        return  # whoever reads it next stops at the same place; a drawing is never read, and seldom sound
    except BROKEN as error:
        raise FormatError(f"{name} is damaged at {part!r} ({error}): save it again") from error


def _feed(parser: expat.XMLParserType, stream: IO[bytes], counting: "_Walk") -> None:
    fed = 0
    while chunk := stream.read(_CHUNK):
        fed += len(chunk)
        parser.Parse(chunk, False)  # noqa: FBT003 - expat's
        if fed - parser.CurrentByteIndex > _LONGEST_TOKEN:
            counting.refuse("has an endless tag")
