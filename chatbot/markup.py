"""Markdown to what is shown: sanitised HTML for the widget and the pages, plain text for a terminal."""

import re
from collections.abc import Sequence
from functools import cache, lru_cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from markdown_it import MarkdownIt
    from markdown_it.token import Token

_TAGS = {"p", "br", "strong", "em", "ul", "ol", "li", "a", "blockquote", "code", "h3", "h4"}
_ADDRESS = re.compile(r"(?:https?://|mailto:|tel:|sms:)", re.IGNORECASE)
_MARKS = re.compile(r"[\\`*_\[\]<>#|~]")
_LIST_MARK = re.compile(r"^([ \t]*\d*)([-+.)=])", re.MULTILINE)
_BLANK_LINES = re.compile(r"\n{3,}")
# Paragraphs of words in which nothing is a mark: they are shown as they stand, and need no parser for it.
_WORD = r"""(?:[^\W_]|[.,;:'"’‘“”?!()%$/–—…-])+"""
_PARAGRAPH = rf"(?![-+=]|\d+[.)]){_WORD}(?: {_WORD})*"
AS_IT_STANDS = re.compile(rf"{_PARAGRAPH}(?:\n\n{_PARAGRAPH})*")


@lru_cache(maxsize=1024)  # of answers: nothing that a visitor types is rendered
def to_html(markdown: str) -> str:
    """Render to HTML with raw HTML off, then sanitise: a few text tags, absolute links of safe schemes."""
    if AS_IT_STANDS.fullmatch(markdown):
        return "\n".join(f"<p>{paragraph}</p>" for paragraph in markdown.split("\n\n"))
    return cleaned(_renderer().render(markdown))


def cleaned(html: str) -> str:
    """HTML with the few tags that an answer may have, and the words of all others."""
    import nh3

    return nh3.clean(
        html,
        tags=_TAGS,
        attributes={"a": {"href"}},
        attribute_filter=lambda _, name, value: value if name == "rel" or _ADDRESS.match(value) else None,
        link_rel="noopener noreferrer",
    ).strip()


@lru_cache(maxsize=1024)
def to_text(markdown: str) -> str:
    """Render to plain text: a blank line between paragraphs, "- " before points, links' addresses kept."""
    if AS_IT_STANDS.fullmatch(markdown):
        return markdown
    lines: list[str] = []
    ordered: list[bool] = []
    mark = ""
    for token in _renderer().parse(markdown):
        if token.type in ("bullet_list_open", "ordered_list_open"):
            ordered.append(token.type.startswith("ordered"))
        elif token.type in ("bullet_list_close", "ordered_list_close"):
            ordered.pop()
            lines += [] if ordered else [""]
        elif token.type == "list_item_open":
            mark = f"{token.info}. " if ordered[-1] else "- "
        elif token.type == "inline":
            lines.append("  " * (len(ordered) - 1) + mark + _inline_text(token.children or ()))
            lines += [] if ordered else [""]
            mark = ""
    return _BLANK_LINES.sub("\n\n", "\n".join(lines)).strip()


def _inline_text(tokens: Sequence["Token"]) -> str:
    parts: list[str] = []
    links: list[tuple[str, int]] = []
    for token in tokens:
        if token.type in ("softbreak", "hardbreak"):
            parts.append(" " if token.type == "softbreak" else "\n")
        elif token.type == "link_open":
            links.append((str(token.attrs["href"]), len(parts)))
        elif token.type == "link_close":
            address, start = links.pop()
            label = "".join(parts[start:])
            parts[start:] = [label if _says(label, address) else f"{label} ({address})"]
        else:
            parts.append(token.content)
    return "".join(parts)


def _says(label: str, address: str) -> bool:
    return address.removeprefix("mailto:").removeprefix("tel:").split("://")[-1].rstrip("/") in label


def escape(text: str) -> str:
    """Plain text as the Markdown that shows it as it stands."""
    text = _MARKS.sub(r"\\\g<0>", text.replace("&", "&amp;"))
    return _LIST_MARK.sub(r"\1\\\2", text)


@cache
def _renderer() -> "MarkdownIt":
    from markdown_it import MarkdownIt

    settings = {"html": False, "linkify": False, "typographer": False}
    return MarkdownIt("js-default", settings).disable(
        ["image", "code", "fence"]
    )  # an indented line is a line
