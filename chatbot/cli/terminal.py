"""How things look in a terminal: width, colors, and a reply, an explanation or an article as text."""

import math
import os
import re
import shutil
import textwrap
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, TextIO

from chatbot.model import Action, Article, Entry, Reply, Source

if TYPE_CHECKING:
    from chatbot.why import Explanation

Style = Literal["dim", "bold", "accent"]

WIDEST = 80  # longer lines are hard to read, however wide the window is
NARROWEST = 20
MAX_RANKED = 5  # of an explanation; what comes after has nothing to do with the question
_CODES: dict[Style, str] = {"dim": "2", "bold": "1", "accent": "36"}
# Saved pages come from anywhere: what steers a terminal, or turns the reading direction, is not shown.
_STEERING = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u200e\u200f\u202a-\u202e\u2066-\u2069]")
_POINT = re.compile(r"\s*(?:[-*]|\d+\.)? *")
_US_NUMBER = re.compile(r"(?:\+?1)?(\d{3})(\d{3})(\d{4})")
_KINDS = {"no_answer": "no answer", "small_talk": "small talk", "clarify": "a choice"}
_CONFIDENCE = ((0.9, "certain"), (0.7, "likely"), (0.5, "unsure"), (0.0, "unlikely"))


@dataclass(frozen=True, slots=True)
class Screen:
    """What a stream can show. `width` is None where it is no terminal: nothing is wrapped then."""

    width: int | None = None
    has_colors: bool = False

    @classmethod
    def of(cls, stream: TextIO) -> "Screen":
        """The screen behind a stream, as it is now (windows change their size)."""
        if not stream.isatty():
            return cls()
        columns = shutil.get_terminal_size().columns
        is_plain = os.environ.get("TERM") == "dumb" or bool(os.environ.get("NO_COLOR"))
        return cls(max(NARROWEST, min(columns, WIDEST)), has_colors=not is_plain)

    def styled(self, text: str, style: Style) -> str:
        """The text in a style, line by line, so that a pager can cut it anywhere."""
        if not self.has_colors:
            return text
        return "\n".join(f"\x1b[{_CODES[style]}m{line}\x1b[0m" if line else "" for line in text.split("\n"))

    def wrapped(self, text: str, indent: str = "") -> str:
        """The text fit for a terminal: steering characters out, lines no longer than the width.

        The points of a list hang; a web address that is too long is left whole.
        """
        return "\n".join(self._line(line, indent) for line in visible(text).split("\n"))

    def _line(self, line: str, indent: str) -> str:
        if self.width is None or not line.strip():
            return (indent + line).rstrip()
        point = _POINT.match(line)
        hang = " " * len(point[0]) if point else ""
        return textwrap.fill(
            line,
            max(self.width, len(indent + hang) + 10),
            initial_indent=indent,
            subsequent_indent=indent + hang,
            break_long_words=False,
            break_on_hyphens=False,
        )


def visible(text: str) -> str:
    """The text without the characters that steer a terminal."""
    return _STEERING.sub("", text)


def in_words(confidence: float) -> str:
    """How sure a confidence from 0 to 1 is, in one word."""
    return next(word for least, word in _CONFIDENCE if confidence >= least)


def reply_text(screen: Screen, reply: Reply, *, numbered: bool = False) -> str:
    """A reply in full; with `numbered`, the suggestions can be picked by their number."""
    blocks = (
        screen.wrapped(reply.text),
        screen.wrapped(reply.notice or ""),
        screen.styled(_lines(screen, (action_line(a) for a in reply.actions)), "bold"),
        screen.styled(_lines(screen, (*map(_source_line, reply.sources), _verdict(reply))), "dim"),
        suggestions_text(screen, [s.label for s in reply.suggestions], numbered=numbered),
    )
    return "\n\n".join(block for block in blocks if block)


def suggestions_text(screen: Screen, labels: Sequence[str], *, numbered: bool = False) -> str:
    """Questions to ask next, one a line."""
    marks = [f"{i}. " if numbered else "- " for i in range(1, len(labels) + 1)]
    lines = (screen.wrapped(mark + label, "  ") for mark, label in zip(marks, labels, strict=True))
    return "\n".join(
        line.replace(mark, screen.styled(mark, "accent"), 1) for mark, line in zip(marks, lines, strict=True)
    )


def action_line(action: Action) -> str:
    """A help line or contact with what is needed to use it from here: the number, or the address."""
    if action.type == "link":
        return f"{action.label}: {action.href.removeprefix('mailto:')}"
    number = action.href.partition(":")[2].partition("?")[0]
    digits = re.sub(r"\D", "", action.label)
    if len(digits) >= 3 and number.endswith(digits):
        return action.label
    parts = _US_NUMBER.fullmatch(number)
    return f"{action.label}: {'-'.join(parts.groups()) if parts else number}"


def explanation_text(screen: Screen, explanation: "Explanation") -> str:
    """Why the bot answered so: the reasons, then the ranking where there was one."""
    reasons = "\n".join(screen.wrapped(line) for line in explanation.lines())
    if explanation.reply.kind in ("crisis", "boundary") or not explanation.matches:
        return reasons
    ranked = []
    for place, match in enumerate(explanation.matches[:MAX_RANKED], 1):
        shared = ", ".join(match.terms) or "no whole word"
        near = f"{place}. {match.entry}: score {match.score:.2f}, by “{match.wording}”, sharing {shared}"
        ranked.append(screen.wrapped(near, "  "))
    return f"{reasons}\n\n" + screen.styled("\n".join(ranked), "dim")


def article_text(screen: Screen, article: Article, passages: Sequence[Entry]) -> str:
    """An article as the bot will use it: its passages, then what was left out and why."""
    head = f"{article.title} (passages: {len(passages)}, left out: {len(article.dropped)})"
    blocks = [screen.styled(screen.wrapped(head), "bold")]
    for passage in passages:
        size = len(passage.answer.split())
        about = screen.wrapped(f"{passage.id}: {passage.question} ({size} words)", "  ")
        blocks.append(f"{screen.styled(about, 'accent')}\n{screen.wrapped(passage.answer, '    ')}")
    for part in article.dropped:
        about = screen.wrapped(f"left out: {part.reason}", "  ")
        blocks.append(
            f"{screen.styled(about, 'accent')}\n{screen.styled(screen.wrapped(part.text, '    '), 'dim')}"
        )
    return "\n\n".join(blocks)


def rows_text(screen: Screen, rows: Iterable[tuple[str, str, str]]) -> str:
    """Rows of (key, value, remark): columns on a terminal, separated by tabs where a program reads."""
    kept = [(visible(key), visible(value), visible(remark)) for key, value, remark in rows]
    if screen.width is None:
        return "\n".join("\t".join(row) for row in kept)
    column = max((len(key) for key, _, _ in kept), default=0) + 2
    return "\n".join(_row(screen, screen.width, column, row) for row in kept)


def _row(screen: Screen, width: int, column: int, row: tuple[str, str, str]) -> str:
    key, value, remark = row
    fits = column + 30 <= width
    indent = " " * (column if fits else 2)
    text = screen.wrapped(value, indent)
    text = key.ljust(column) + text[column:] if fits else f"{key}\n{text}"
    if not remark:
        return text
    gap = "  " if len(text.rpartition("\n")[2]) + len(remark) + 2 <= width else f"\n{indent}"
    return text + gap + screen.styled(remark, "dim")


def _lines(screen: Screen, lines: Iterable[str]) -> str:
    return "\n".join(screen.wrapped(line, "  ") for line in lines)


def _source_line(source: Source) -> str:
    checked = f" (checked {source.updated})" if source.updated else ""
    return f"Source: {source.title}{checked}" + (f"\n{source.url}" if source.url else "")


def _verdict(reply: Reply) -> str:
    kind = _KINDS.get(reply.kind, reply.kind)
    if reply.kind not in ("answer", "clarify", "no_answer"):
        return kind
    shown = math.floor(reply.confidence * 100) / 100  # 0.899 is not "certain", so it must not read as 0.90
    said = f"{kind}, {in_words(reply.confidence)} ({shown:.2f})"
    return f"{said}, from {reply.topic}" if reply.topic else said


def counted(number: int, one: str, many: str) -> str:
    """A number with its word."""
    return f"{number:,} {one if number == 1 else many}"
