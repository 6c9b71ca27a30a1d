"""The launcher's color: can it be read, and which one near it can. The only home of coloraide."""

import re

from web.problems import Problem

MIN_CONTRAST = 4.5
_HEX = re.compile(r"#[0-9a-f]{6}")
# Rounding to whole steps of red, green and blue must not fall short again.
_ROOM = 0.05


def parse_hex(text: str) -> str:
    """A color as "#rrggbb". Raises Problem (422) for anything else."""
    text = text.strip().lower()
    if not _HEX.fullmatch(text):
        raise Problem(422, "The color is not written as # and six digits, such as #0a5c63.", field="color")
    return text


def contrast_on_white(color: str) -> float:
    """How far a color stands out against white, 1 to 21 (WCAG 2.2)."""
    from coloraide import Color

    return float(Color(color).contrast("white"))


def nearest_that_passes(color: str) -> str:
    """The color itself, or the lightest one of the same hue that stands out enough."""
    if contrast_on_white(color) >= MIN_CONTRAST:
        return color
    from coloraide import Color

    known = Color(color).convert("oklch")
    low, high = 0.0, float(known["lightness"])
    for _ in range(16):
        middle = (low + high) / 2
        tried = known.clone().set("lightness", middle).convert("srgb").fit()
        low, high = (middle, high) if tried.contrast("white") >= MIN_CONTRAST + _ROOM else (low, middle)
    return str(known.clone().set("lightness", low).convert("srgb").fit().to_string(hex=True))
