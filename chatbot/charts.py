"""Pictures for reports, as inline SVG that needs nothing else; colours and fonts come from `report.css`.

Marks differ in shape, not in colour alone, and each tells its number when it is pointed at.
"""

from collections.abc import Iterator, Sequence
from html import escape
from typing import NamedTuple

_WIDTH, _HEIGHT = 420, 250
_LEFT, _RIGHT, _TOP, _BOTTOM = 48, 14, 14, 42
_ACROSS, _DOWN = _WIDTH - _LEFT - _RIGHT, _HEIGHT - _TOP - _BOTTOM
_QUARTERS = (0.0, 0.25, 0.5, 0.75, 1.0)
_LARGEST_DOT, _SMALLEST_DOT = 10.0, 3.0


class Bar(NamedTuple):
    """From `low` to `high`, 0 to 1: `up` is drawn above the line, `down` below it."""

    low: float
    high: float
    up: int
    down: int


class Dot(NamedTuple):
    """A point, both ways 0 to 1; `weight` makes it larger, `told` is what it stands for."""

    x: float
    y: float
    weight: int
    told: str


class Frame(NamedTuple):
    """What a picture is called: `id` and `title` for who cannot see it, `x` and `y` along its sides."""

    id: str
    title: str
    x: str = ""
    y: str = ""


def histogram(frame: Frame, bars: Sequence[Bar], mark: float, sides: tuple[str, str]) -> str:
    """Two histograms back to back, named by `sides`, with a line at `mark`."""
    half = _DOWN / 2
    most = max((max(b.up, b.down) for b in bars), default=0) or 1
    above, below = sides
    parts = [
        *(_bar(b, b.up, -half * b.up / most, above) for b in bars),
        *(_bar(b, b.down, half * b.down / most, below) for b in bars),
        f'<path class="axis" d="M{_LEFT} {_TOP + half}h{_ACROSS}"/>',
        *_across(frame.x),
        *(_label(_LEFT - 6, _TOP + half + side * (half - 8) + 3, f"{most:,}", "end") for side in (-1, 1)),
        _label(_WIDTH - _RIGHT, _TOP + 8, above, "end"),
        _label(_WIDTH - _RIGHT, _TOP + _DOWN - 4, below, "end"),
        _mark(mark),
    ]
    return _framed(frame, parts)


def curve(frame: Frame, dots: Sequence[Dot], here: Dot, highest: float) -> str:
    """A line through `dots`, from 0 to `highest` upward, with a mark where things stand."""
    placed = [d._replace(y=d.y / highest) for d in dots]
    path = " ".join(f"{_x(d.x):.1f} {_y(d.y):.1f}" for d in placed)
    parts = [
        *_across(frame.x),
        *_upward(frame.y, highest),
        f'<polyline class="curve" points="{path}"/>',
        *(_dot(d, _SMALLEST_DOT, "open") for d in placed),
        _dot(here._replace(y=here.y / highest), 2 * _SMALLEST_DOT, "full"),
    ]
    return _framed(frame, parts)


def diagonal(frame: Frame, dots: Sequence[Dot]) -> str:
    """Dots against the line on which both numbers are the same; the more behind a dot, the larger."""
    most = max((d.weight for d in dots), default=0) or 1
    parts = [
        *_across(frame.x),
        *_upward(frame.y, 1.0),
        f'<path class="even" d="M{_LEFT} {_TOP + _DOWN}L{_LEFT + _ACROSS} {_TOP}"/>',
        *(_dot(d, max(_LARGEST_DOT * (d.weight / most) ** 0.5, _SMALLEST_DOT), "full") for d in dots),
    ]
    return _framed(frame, parts)


def _framed(frame: Frame, parts: Sequence[str]) -> str:
    return (
        f'<svg class="chart" role="img" aria-labelledby="{frame.id}" viewBox="0 0 {_WIDTH} {_HEIGHT}">'
        f'<title id="{frame.id}">{escape(frame.title)}</title>{"".join(parts)}</svg>'
    )


def _bar(bar: Bar, count: int, height: float, what: str) -> str:
    """A bar from the middle, upward where `height` is negative."""
    x, width = _x(bar.low) + 1, (bar.high - bar.low) * _ACROSS - 2
    y = _TOP + _DOWN / 2 + min(height, 0.0)
    told = f"{bar.low:.1f} to {bar.high:.1f}, {what}: {count:,}"
    look = "bar-up" if height < 0 else "bar-down"
    shape = f'<rect class="{look}" x="{x:.1f}" y="{y:.1f}" width="{width:.1f}" height="{abs(height):.1f}"/>'
    return f"<g><title>{escape(told)}</title>{shape}</g>"


def _dot(dot: Dot, radius: float, look: str) -> str:
    circle = f'<circle class="{look}" cx="{_x(dot.x):.1f}" cy="{_y(dot.y):.1f}" r="{radius:.1f}"/>'
    return f"<g><title>{escape(dot.told)}</title>{circle}</g>"


def _mark(at: float) -> str:
    path = f'<path class="mark" d="M{_x(at):.1f} {_TOP}v{_DOWN}"/>'
    return f"<g><title>needed for an answer: {at:.2f}</title>{path}</g>"


def _across(title: str) -> Iterator[str]:
    yield f'<path class="axis" d="M{_LEFT} {_TOP + _DOWN}h{_ACROSS}"/>'
    for share in _QUARTERS:
        yield _label(_x(share), _TOP + _DOWN + 15, f"{share:.0%}", "middle")
    yield _label(_LEFT + _ACROSS / 2, _HEIGHT - 8, title, "middle")


def _upward(title: str, highest: float) -> Iterator[str]:
    for share in _QUARTERS:
        yield f'<path class="grid" d="M{_LEFT} {_y(share):.1f}h{_ACROSS}"/>'
        yield _label(_LEFT - 6, _y(share) + 3, f"{share * highest:.0%}", "end")
    turned = f"translate(11 {_TOP + _DOWN / 2}) rotate(-90)"
    yield f'<text transform="{turned}" text-anchor="middle">{escape(title)}</text>'


def _label(x: float, y: float, text: str, anchor: str) -> str:
    return f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}">{escape(text)}</text>'


def _x(share: float) -> float:
    return _LEFT + _ACROSS * share


def _y(share: float) -> float:
    return _TOP + _DOWN * (1 - share)
