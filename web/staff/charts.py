"""Charts as SVG: one series of bars each, so that nobody needs to tell colors apart. The only home of pygal.

Each is sent as a picture of its own, because the pages allow no style inside the page.
"""

import re
import sys
from collections.abc import Sequence
from functools import lru_cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pygal.style import Style

_FONT = "system-ui, -apple-system, Segoe UI, Roboto, Noto Sans, Liberation Sans, sans-serif"
_DARK = (
    "@media (prefers-color-scheme: dark) {"
    " .plot .background, .graph > .background, .pygal-chart > .background { fill: #182326 !important; }"
    " text { fill: #e7eff0 !important; }"
    " .bar rect { fill: #7fd2d5 !important; }"
    " .guides line, .guides path, .axis path { stroke: #6c8289 !important; } }"
)
MOST_LABELS = 10
MOST_STEPS = 6
_SCRIPT = re.compile(r"<script.*?</script>", re.DOTALL)


@lru_cache(maxsize=64)
def bars(labels: tuple[str, ...], values: tuple[int | None, ...], *, lying: bool = False) -> str:
    """Draw bars, upright or lying; a value that is None is left out and not taken for zero."""
    import pygal

    _unhook(pygal.PluginImportFixer)
    kind = pygal.HorizontalBar if lying else pygal.Bar
    chart = kind(
        style=_style(),
        css=["file://style.css", "file://graph.css", f"inline:{_DARK}"],
        js=[],
        width=900,
        height=max(120, 44 * len(labels) + 60) if lying else 320,
        show_legend=False,
        show_x_guides=False,
        show_y_guides=not lying,
        max_scale=6,
        include_x_axis=True,
        disable_xml_declaration=False,
        no_data_text="Nothing was asked in this time",
        truncate_label=60,
        margin=12,
        rounded_bars=3,
        spacing=14,
        min_scale=2,
        integer_only=True,
        formatter=lambda value: f"{value:,.0f}" if value is not None else "",
    )
    top = max((n for n in values if n is not None), default=0)
    if top <= MOST_STEPS:  # the library's own scale has parts of a message, such as 0.8
        chart.y_labels = list(range(max(top, 1) + 1))
    chart.x_labels = _numbered(labels, values)[::-1] if lying else _thinned(labels)
    chart.add("", list(reversed(values)) if lying else list(values))
    # The library writes its settings for a script of its own, which nobody loads.
    return _SCRIPT.sub("", str(chart.render(is_unicode=True)))


def _style() -> "Style":
    """Our colors, letters that can be read, and plain lines; dark mode is in _DARK."""
    from pygal.style import Style

    return Style(
        background="#ffffff",
        plot_background="#ffffff",
        foreground="#16282d",
        foreground_strong="#16282d",
        foreground_subtle="#6c8289",
        guide_stroke_color="#d3dfe0",
        major_guide_stroke_color="#d3dfe0",
        guide_stroke_dasharray="0",
        major_guide_stroke_dasharray="0",
        colors=("#0a5c63",),
        opacity="1",
        opacity_hover="1",
        transition="0s",  # else a chart is light until its colors have faded into those of dark mode
        font_family=_FONT,
        label_font_size=15,
        major_label_font_size=15,
        value_font_size=15,
        value_label_font_size=15,
        no_data_font_size=18,
    )


def _unhook(finder: type) -> None:
    """Take out what the library hooks into every import, for plugins of its own, and Python warns of."""
    sys.meta_path[:] = [one for one in sys.meta_path if not isinstance(one, finder)]


def _numbered(labels: Sequence[str], values: Sequence[int | None]) -> list[str]:
    """The labels with their numbers behind them."""
    return [label if n is None else f"{label}: {n:,}" for label, n in zip(labels, values, strict=True)]


def _thinned(labels: Sequence[str]) -> list[str]:
    """The labels with so many left blank that the rest do not run into each other."""
    step = -(-len(labels) // MOST_LABELS)
    return [label if i % step == 0 else "" for i, label in enumerate(labels)]
