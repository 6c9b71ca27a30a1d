"""Bytes to text: which encoding a file was saved in. The only home of charset-normalizer."""

import codecs
import re

from chatbot.errors import FormatError

_MARKS = (
    (codecs.BOM_UTF8, "utf-8"), (codecs.BOM_UTF32_LE, "utf-32-le"), (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"), (codecs.BOM_UTF16_BE, "utf-16-be"),
)  # fmt: skip
# What spreadsheets on Windows and on older Macs save as, and UTF-16 that lost its mark.
_LIKELY = ["cp1252", "mac_roman", "utf_16_le", "utf_16_be"]
_SAMPLE = 200_000  # bytes looked at; the whole file must then decode
_NULS = 5  # one sign in five is NUL where two bytes stand for a Latin letter
_SEVERAL_BYTES = re.compile(rb"[\xc2-\xdf][\x80-\xbf]|[\xe0-\xef][\x80-\xbf]{2}|[\xf0-\xf4][\x80-\xbf]{3}")
_FOREIGN_BYTE = re.compile(rb"[\x80-\xff]")


def decode(data: bytes, name: str) -> tuple[str, str]:
    """The text and the encoding it was read as. Raises FormatError, naming the byte, where none fits.

    UTF-8 and whatever carries a mark are taken at their word; anything else is told by its letters.
    """
    for mark, encoding in _MARKS:
        if data.startswith(mark):
            return _decoded(data[len(mark) :], encoding, name, start=len(mark)), encoding
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError:
        encoding = _told_by_its_letters(data) or "utf-8"
        return _readable(_decoded(data, encoding, name), name), encoding
    if text.count("\0") * _NULS > len(text) and (encoding := _told_by_its_letters(data)).startswith("utf-16"):
        return _readable(_decoded(data, encoding, name), name), encoding
    return _readable(text, name), "utf-8"


def _told_by_its_letters(data: bytes) -> str:
    """The likeliest encoding; "" where there is none, or where UTF-8 was damaged on the way."""
    if _is_damaged_utf8(data):
        return ""
    from charset_normalizer import from_bytes

    best = from_bytes(data[: _SAMPLE - _SAMPLE % 2], cp_isolation=_LIKELY).best()
    return "" if best is None else best.encoding.replace("_", "-")


def _is_damaged_utf8(data: bytes) -> bool:
    """Whether most letters beyond ASCII are sound UTF-8: read as anything else, all of them would break."""
    head = data[:_SAMPLE]
    sound = sum(map(len, _SEVERAL_BYTES.findall(head)))
    return sound * 2 > len(_FOREIGN_BYTE.findall(head))


def _decoded(data: bytes, encoding: str, name: str, start: int = 0) -> str:
    try:
        return data.decode(encoding)
    except UnicodeDecodeError as error:
        at = error.start
        line = data.count(b"\n", 0, at) + 1
        raise FormatError(
            f"{name} cannot be read as {encoding.upper()}: byte {start + at + 1} (line {line}) is "
            f"0x{data[at]:02X}; save it as UTF-8 (in Excel: 'CSV UTF-8')"
        ) from error


def _readable(text: str, name: str) -> str:
    if (at := text.find("\0")) >= 0:
        raise FormatError(f"{name} is not a text file: character {at + 1} is NUL; save it as UTF-8 text")
    return text
