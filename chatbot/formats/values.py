"""Values between files and entries: sources as one line, yes and no, entries as the rows that tell them."""

import re

from chatbot.formats.records import Row
from chatbot.markup import escape
from chatbot.model import Entry, Source

_SOURCE = re.compile(r"(?P<title>[^<>]*[^<> ])? *<(?P<url>[^<> ]+)>")
_ONE_LINE_END = re.compile(r"(?<=[^\n])\n(?=[^\n])")


def verbatim(text: str) -> str:
    """Plain words as the Markdown that shows them sign by sign, line by line."""
    return _ONE_LINE_END.sub("\\\\\n", escape(text.strip()))


def read_source(line: str) -> Source:
    """A source as `Title <https://…>`, as an address alone, or as a title alone."""
    match = _SOURCE.fullmatch(line.strip())
    if match:
        return Source(match["title"] or match["url"], match["url"])
    return Source(line.strip(), line.strip() if line.strip().startswith("https://") else None)


def source_text(source: Source) -> str:
    """A source on one line; the reverse of `read_source` for what a topic file can hold."""
    return f"{source.title} <{source.url}>" if source.url else source.title


def row_of(entry: Entry, where: str = "") -> Row:
    """The row that tells all of an entry."""
    return Row(
        where,
        entry.id,
        entry.question,
        entry.phrasings,
        entry.answer,
        entry.group,
        entry.kind,
        entry.sources,
        entry.related,
        entry.reviewed or "",
        "yes" if entry.law else "no",
        entry.owner,
        entry.until or "",
    )
