"""The project's own Markdown: one file of topics, of several groups where it was exported so."""

import re
from collections.abc import Sequence
from itertools import groupby

from chatbot import topicfile
from chatbot.errors import FormatError, KnowledgeError
from chatbot.formats.records import Row
from chatbot.formats.values import row_of
from chatbot.model import Entry

# A heading of a group stands between two topics, each set apart by an empty line.
_GROUP = re.compile(r"(?:\A|(?<=\n\n))(?=# [^\n]*\n+(?:## |\Z))")
_TOPIC = re.compile(r"^## \S.*\{#[a-z0-9-]+\}[ \t]*\r?$", re.MULTILINE)


def is_topic_file(text: str) -> bool:
    """Whether a Markdown text holds topics rather than an article."""
    return bool(_TOPIC.search(text))


def read_topic_file(text: str, name: str) -> tuple[Row, ...]:
    """The topics of a file. Raises FormatError with the line that breaks the format."""
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    rows: list[Row] = []
    lines = 0
    for part in _GROUP.split(text):
        try:
            rows += (row_of(entry, f"line {lines + entry.line}") for entry in topicfile.parse(part, name))
        except KnowledgeError as error:
            place = f", line {lines + error.line}" if error.line else ""
            raise FormatError(f"{name}{place}: {error.fact}") from error
        lines += part.count("\n")
    return tuple(rows)


def write_topic_file(entries: Sequence[Entry]) -> bytes:
    """Entries as one file, those of a group that stand together below its heading.

    Those without a group come first, since below a heading they would belong to it.
    """
    ordered = sorted(entries, key=lambda entry: bool(entry.group))
    parts = (topicfile.dump(tuple(together)) for _, together in groupby(ordered, key=lambda e: e.group))
    return "\n".join(parts).encode()
