"""Plain text and Markdown to a page's blocks."""

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from functools import cache
from itertools import pairwise, takewhile
from typing import TYPE_CHECKING

from chatbot.article.furniture import (
    is_byline,
    is_link_line,
    is_sentence,
    opener,
    reason_to_drop,
    stated_address,
    stated_date,
)
from chatbot.article.page import Block, Page, https, may_head, tidy, with_bold_headings

if TYPE_CHECKING:
    from markdown_it import MarkdownIt
    from markdown_it.token import Token

_WIDEST = 130  # characters; a longer line was not broken to fit a page
_BULLET = re.compile(r"(?:[-*•▪◦‣·–]|\(?\d{1,2}[.)])\s+(?=\S)")
_DASH = re.compile(r"[-*•▪◦‣·–]\s+(?=\S)")
_FRONT_MATTER = re.compile(r"---[ \t]*\n((?:[^\n]{0,999}\n){0,60}?)---[ \t]*(?:\n|$)")
_TAG = re.compile(r"<[^<>]{0,2000}>")
_UNSEEN = ("<!--", "<script", "<style")
_DATES = ("updated", "last_updated", "lastmod", "modified", "date_modified", "date", "published")
_ADDRESSES = ("canonical", "canonical_url", "url", "source", "permalink")


def read_text(text: str) -> Page:
    """Read plain text: blank lines divide paragraphs; a heading is a short line above a paragraph.

    The title is the first line, where that could be a heading.
    """
    blocks = [block for paragraph in _paragraphs(text) for block in paragraph]
    # "Skip to content" and the like; a page that begins with its menu must be edited.
    above = list(takewhile(lambda block: reason_to_drop(block.text), blocks))
    blocks = blocks[len(above) :]
    if not blocks or not may_head(blocks[0]):
        return Page("", tuple(_with_headings(blocks)))
    title, *body = blocks
    stated = (https(address) for b in body[:3] if (address := stated_address(b.text)))
    around = tuple(b.text for b in above)
    return Page(title.text, tuple(_with_headings(body)), around, url=next(filter(None, stated), None))


def _paragraphs(text: str) -> Iterator[list[Block]]:
    lines: list[str] = []
    for raw in [*text.splitlines(), ""]:
        line = tidy(raw)
        if line:
            lines.append(line)
        elif lines:
            yield _unwrapped(lines)
            lines = []


def _unwrapped(lines: Sequence[str]) -> list[Block]:
    """A paragraph's lines with the breaks by hand undone; each point of a list stands for itself."""
    points = [line for line in lines if _BULLET.match(line)]
    if _BULLET.match(lines[0]) and (len(points) > 1 or _DASH.match(lines[0])):
        return [_point(" ".join(group)) for group in _grouped(lines, lambda _, line: not _BULLET.match(line))]
    joins = _belong_together if _is_wrapped(lines) else _goes_on
    return [Block(" ".join(group)) for group in _grouped(lines, joins)]


def _is_wrapped(lines: Sequence[str]) -> bool:
    """Whether the lines were broken at one width: nowhere had the next word still fitted."""
    width = max(map(len, lines))
    return width <= _WIDEST and all(
        len(above) + 1 + len(below.split(" ", 1)[0]) > width for above, below in pairwise(lines)
    )


def _grouped(lines: Sequence[str], joins: Callable[[str, str], bool]) -> list[list[str]]:
    groups = [[lines[0]]]
    for above, below in pairwise(lines):
        if joins(above, below):
            groups[-1].append(below)
        else:
            groups.append([below])
    return groups


def _belong_together(above: str, below: str) -> bool:
    return not (_is_apart(above) or _is_apart(below))


def _goes_on(above: str, below: str) -> bool:
    """Whether a sentence runs on from line to line, in a paragraph that was not broken at one width."""
    return not is_sentence(above) and below[0].islower() and _belong_together(above, below)


def _is_apart(line: str) -> bool:
    return _stands_between(line) or is_link_line(line)


def _point(line: str) -> Block:
    text = _BULLET.sub("", line, count=1)
    return Block(text, point=text != line)


def _with_headings(blocks: Sequence[Block]) -> Iterator[Block]:
    """Mark the headings, from the last line up: what follows a line decides what it is."""
    marked: list[Block] = []
    over_text = False
    contents = _contents(blocks)
    for i, block in reversed(list(enumerate(blocks))):
        short = may_head(block) and i >= contents
        is_heading = (short and over_text) or opener(block.text) is not None
        marked.append(replace(block, level=2) if is_heading else block)
        if not _stands_between(block.text):
            over_text = not short and not is_heading and not is_link_line(block.text)
    return reversed(marked)


def _contents(blocks: Sequence[Block]) -> int:
    """How many of the first lines are a table of contents: lines that come again below."""
    first = list(takewhile(lambda b: may_head(b) or _stands_between(b.text), blocks))
    below = {b.text for b in blocks[len(first) :]}
    return max((i for i, b in enumerate(first, 1) if b.text in below), default=0)


def _stands_between(line: str) -> bool:
    """Whether the line may stand between a heading and its paragraph."""
    return is_byline(line) or reason_to_drop(line) is not None


def read_markdown(text: str) -> Page:
    """Read Markdown (CommonMark with tables), its inline marks taken off; front matter may name the page.

    The title is the front matter's, else the first heading of level 1.
    """
    text = text.replace("\r\n", "\n")
    front = _FRONT_MATTER.match(text)
    facts = dict(_facts(front[1])) if front else {}
    blocks = list(with_bold_headings(list(_markdown_blocks(text[front.end() :] if front else text))))
    title = facts.get("title", "") or next((b.text for b in blocks if b.level == 1), "")
    first = next((i for i, b in enumerate(blocks) if b.level and b.text == title), None)
    around = tuple(b.text for b in blocks[: first or 0])
    return Page(
        title,
        tuple(blocks if first is None else blocks[first + 1 :]),
        around,
        url=next((a for key in _ADDRESSES if key in facts and (a := https(facts[key]))), None),
        updated=next((d for key in _DATES if key in facts and (d := stated_date(facts[key]))), None),
    )


def _facts(front: str) -> Iterator[tuple[str, str]]:
    for line in front.splitlines():
        key, colon, value = line.partition(":")
        if colon and value.strip():
            yield key.strip().lower(), tidy(value).strip("\"'")


def _markdown_blocks(text: str) -> Iterator[Block]:
    level, points, in_row = 0, 0, False
    cells: list[str] = []
    for token in _markdown().parse(text):
        if token.type in ("heading_open", "heading_close"):
            level = int(token.tag[1]) if token.nesting > 0 else 0
        elif token.type in ("list_item_open", "list_item_close"):
            points += token.nesting
        elif token.type in ("tr_open", "tr_close"):
            in_row = token.nesting > 0
            yield from _block(" – ".join(filter(None, cells)))
            cells = []
        elif token.type == "inline" and in_row:
            cells.append(_inline(token)[0])
        elif token.type == "inline":
            words, is_link = _inline(token)
            yield from _block(words, level, link=is_link, point=points > 0, bold=_is_bold(token))
        elif token.type in ("fence", "code_block"):
            yield from _block(token.content)
        elif token.type == "html_block" and not token.content.lstrip().startswith(_UNSEEN):
            yield from _block(_TAG.sub(" ", token.content))


def _block(
    text: str, level: int = 0, *, link: bool = False, point: bool = False, bold: bool = False
) -> Iterator[Block]:
    line = tidy(text)
    if line:
        yield Block(line, level, link, point, bold)


def _is_bold(token: "Token") -> bool:
    children = [c for c in token.children or () if c.type != "text" or c.content.strip()]
    opened = [c.level for c in children if c.type == "strong_open"]
    return opened == [0] and children[0].type == "strong_open" and children[-1].type == "strong_close"


def _inline(token: "Token") -> tuple[str, bool]:
    """The text of a heading or paragraph without marks, and whether all of it links to another page."""
    parts: list[str] = []
    outside = 0
    inside = False
    for child in token.children or ():
        if child.type in ("link_open", "link_close"):
            inside = child.nesting > 0 and not str(child.attrs["href"]).startswith("#")
        elif child.type in ("softbreak", "hardbreak"):
            parts.append(" ")
        elif child.type in ("text", "code_inline"):
            parts.append(child.content)
            outside += 0 if inside else len(child.content.strip(" →»›>"))
    return "".join(parts), bool(parts) and outside == 0


@cache
def _markdown() -> "MarkdownIt":
    from markdown_it import MarkdownIt

    return MarkdownIt("commonmark").enable("table")
