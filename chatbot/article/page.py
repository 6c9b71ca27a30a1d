"""A saved file's bytes to text, and the blocks that every format is read into: headings and paragraphs."""

import re
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import PurePath
from typing import Literal
from urllib.parse import urlsplit

from chatbot.article.furniture import is_byline, is_cut_off, is_link_line, reason_to_drop
from chatbot.errors import ArticleError

MAX_BYTES = 5_000_000  # a saved page above 5 MB is a copy of a website or an attack, not an article
MAX_TAGS = 60_000  # an article has a few thousand; reading more would take minutes
MAX_TEXT = 400_000  # characters, some 65,000 words; a book would take minutes to read and to cut
Format = Literal["text", "markdown", "html"]

_ENDINGS: dict[str, Format] = {
    ".txt": "text", ".text": "text", ".md": "markdown", ".markdown": "markdown",
    ".html": "html", ".htm": "html", ".xhtml": "html",
}  # fmt: skip
_MAGIC = (
    (b"%PDF", "a PDF file"), (b"PK\x03\x04", "a zip archive or an Office file such as .docx"),
    (b"\xd0\xcf\x11\xe0", "an old Office file such as .doc"), (b"{\\rtf", "a rich text file (RTF)"),
    (b"\x89PNG", "a PNG image"), (b"\xff\xd8\xff", "a JPEG image"), (b"GIF8", "a GIF image"),
    (b"\x1f\x8b", "a gzip archive"), (b"7z\xbc\xaf", "a 7-Zip archive"), (b"Rar!", "a RAR archive"),
)  # fmt: skip
_UTF16 = ((b"\xff\xfe", "utf-16-le"), (b"\xfe\xff", "utf-16-be"))
_UTF8_MARK = b"\xef\xbb\xbf"
_CHARSET = re.compile(rb"charset\s{0,8}=\s{0,8}[\"']?([\w-]{1,40})", re.IGNORECASE)
# What browsers read as Windows-1252 where a page declares it (WHATWG Encoding Standard, "Names and labels").
_CP1252 = frozenset({"windows-1252", "cp1252", "iso-8859-1", "iso8859-1", "latin1", "us-ascii", "ascii"})
_HTML = re.compile(r"<(?:!doctype html|html|head|body|main|article|section|div|p|h[1-6])\b", re.IGNORECASE)
_HTML_FIRST = re.compile(r"\s{0,999}(?:<\?xml[^>]{0,200}>\s{0,99})?<(?:!doctype html|html)\b", re.IGNORECASE)
_MARKDOWN_HEADING = re.compile(r"^#{1,6} +\S", re.MULTILINE)
_LETTER = re.compile(r"[^\W\d_]")
_LONGEST_HEADING = 16  # words; the titles of teasers run longer than an article's own headings
_JOINERS = "\u200c\u200d"  # invisible, but part of how words and emoji are written


@dataclass(frozen=True, slots=True)
class Block:
    """A heading (`level` 1 to 6) or a paragraph (0), on one line.

    `link`: all of it is a link; `point`: it is one of a list; `bold`: all of it is printed bold.
    """

    text: str
    level: int = 0
    link: bool = False
    point: bool = False
    bold: bool = False


@dataclass(frozen=True, slots=True)
class Page:
    """A page as its format tells it; `title` is "" where it has none, `around` is text beside the article."""

    title: str
    blocks: tuple[Block, ...]
    around: tuple[str, ...] = ()
    url: str | None = None
    updated: str | None = None


def decode(data: bytes, name: str) -> tuple[str, Format]:
    """The file's text and its format, told by the content and the ending of `name`; raises ArticleError."""
    called = PurePath(name).name or "the page"
    if len(data) > MAX_BYTES:
        raise ArticleError(
            f"{called} holds {len(data):,} bytes, and at most {MAX_BYTES:,} are read: save the article alone."
        )
    other = next((other for magic, other in _MAGIC if data.startswith(magic)), None)
    if other:
        raise ArticleError(f"{called} is {other}: save the page as HTML or plain text and give that file.")
    text = _text(data, called)
    if (at := text.find("\0")) >= 0:
        raise ArticleError(
            f"{called} is not a text file, character {at + 1} is NUL: save the page as HTML or UTF-8 text."
        )
    if not tidy(text):
        raise ArticleError(f"{called} is empty: save the page again, with its text.")
    kind = _format(text, called)
    if (tags := text.count("<")) > MAX_TAGS and kind == "html":
        raise ArticleError(
            f"{called} has {tags:,} HTML tags, at most {MAX_TAGS:,} are read: save the article alone."
        )
    if kind != "html":
        check_length(len(text), called)
    return text, kind


def check_length(length: int, called: str) -> None:
    """Raise ArticleError where a text has more characters than are read."""
    if length > MAX_TEXT:
        raise ArticleError(
            f"{called} holds {length:,} characters of text, at most {MAX_TEXT:,} are read: save it in parts."
        )


def _text(data: bytes, called: str) -> str:
    for mark, encoding in _UTF16:
        if data.startswith(mark):
            return _decoded(data, len(mark), encoding, called, "UTF-16")
    start = len(_UTF8_MARK) if data.startswith(_UTF8_MARK) else 0
    try:
        return _decoded(data, start, "utf-8", called, "UTF-8")
    except ArticleError:
        if not _declares_cp1252(data[:4096]):
            raise
    return _decoded(data, 0, "cp1252", called, "Windows-1252, which it declares")


def _declares_cp1252(head: bytes) -> bool:
    declared = _CHARSET.search(head)
    return bool(declared and declared[1].decode().lower() in _CP1252 and _HTML.search(head.decode("latin-1")))


def _decoded(data: bytes, start: int, encoding: str, called: str, expected: str) -> str:
    try:
        return data[start:].decode(encoding)
    except UnicodeDecodeError as error:
        at = start + error.start
        line = data.count(b"\n", 0, at) + 1
        raise ArticleError(
            f"{called} cannot be read as {expected}: byte {at + 1} (line {line}) is 0x{data[at]:02X}. "
            "Save the file as UTF-8."
        ) from error


def _format(text: str, called: str) -> Format:
    ending = PurePath(called).suffix.lower()
    is_html = bool(_HTML_FIRST.match(text))
    if ending and ending not in _ENDINGS:
        raise ArticleError(
            f"{called} ends in '{ending}', expected .txt, .md or .html: save the page as one of them."
        )
    expected = _ENDINGS.get(ending, "html" if is_html else "text")
    if expected == "html" and not _HTML.search(text):
        raise ArticleError(f"{called} ends in '{ending}' but holds no HTML tag: rename it to .txt or .md.")
    if expected != "html" and is_html:
        raise ArticleError(f"{called} ends in '{ending}' but holds HTML: rename it to .html.")
    if expected == "text" and len(_MARKDOWN_HEADING.findall(text)) > 1:
        return "markdown"
    return expected


def tidy(text: str) -> str:
    """The text on one line: one space between words, controls and invisible characters left out."""
    line = " ".join(text.split())
    if line.isascii() and line.isprintable():
        return line
    return " ".join("".join(c for c in line if _is_visible(c)).split())


def _is_visible(char: str) -> bool:
    return char in _JOINERS or unicodedata.category(char) not in ("Cc", "Cf", "Cs", "Co", "Cn")


def may_head(block: Block) -> bool:
    """Whether the block could be a heading: a short line that is neither a sentence nor part of a website."""
    line = block.text
    return not (
        block.point
        or len(line) > 120
        or len(line.split()) > _LONGEST_HEADING
        or line.endswith((".", "!", ",", ";", ":"))
        or not _LETTER.search(line)
        or is_cut_off(line)
        or is_link_line(line)
        or is_byline(line)
        or reason_to_drop(line)
    )


def with_bold_headings(blocks: Sequence[Block]) -> Iterator[Block]:
    """Make headings of the bold lines above paragraphs, as many a page has instead of real ones."""
    for block, below in zip(blocks, (*blocks[1:], Block("", level=1)), strict=False):
        is_heading = block.bold and not (block.level or below.level or below.bold or block.link)
        if is_heading and may_head(block):
            yield replace(block, level=4)
        else:
            yield block


def https(address: str) -> str | None:
    """The address if it is an absolute https one (what `Source.url` allows), else None."""
    address = address.strip()
    try:
        parts = urlsplit(address)
    except ValueError:  # a broken IPv6 host
        return None
    if parts.scheme != "https" or not parts.netloc or " " in address or not address.isprintable():
        return None
    return address
