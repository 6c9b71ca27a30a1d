"""What the pages of reports share: their style, and tables that fit on any screen."""

from collections.abc import Mapping, Sequence
from html import escape
from pathlib import Path
from string import Template


def filled(template: Path, parts: Mapping[str, str]) -> str:
    """A page from its template, the shared style put in."""
    style = Path(__file__).with_name("report.css").read_text("utf-8")
    return Template(template.read_text("utf-8")).substitute(parts, style=style)


def scrolling(caption: str, columns: Sequence[str], rows: str) -> str:
    """A table that scrolls by itself on a narrow screen, by keyboard, too."""
    head = "".join(f'<th scope="col">{escape(c)}</th>' for c in columns)
    return (
        f'<div class="scroll" role="region" tabindex="0" aria-label="{escape(caption)}"><table>'
        f"<thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table></div>"
    )
