"""Digests of what something was made from, by which it is known whether what was kept of it still holds."""

import hashlib
import re
from functools import cache
from pathlib import Path

DIGITS = 20  # of a name; as many as make two alike by chance unthinkable


def fingerprint(*made_from: object) -> str:
    """A short name for exactly these values, whose reprs must be the same in every process, and this code.

    The code itself, not its version: whoever changes how something is learned need not remember a number.
    """
    return hashlib.sha256(_code() + repr(made_from).encode()).hexdigest()[:DIGITS]


def digest(data: bytes) -> str:
    """SHA-256, in hexadecimal digits."""
    return hashlib.sha256(data).hexdigest()


@cache
def _code() -> bytes:
    return hashlib.sha256(b"".join(p.read_bytes() for p in _learners())).digest()


def _learners() -> list[Path]:
    """The files whose code decides what is read and learned: the engine's and all that it imports of ours."""
    package = Path(__file__).parent
    found, waiting = set[Path](), [package / "engine.py"]
    while waiting:
        path = waiting.pop()
        if path in found or not path.is_file():
            continue
        found.add(path)
        named = re.findall(r"^\s*from chatbot\.([\w.]+) import", path.read_text("utf-8"), re.MULTILINE)
        for name in named:
            folder = package.joinpath(*name.split("."))
            waiting += [folder.with_suffix(".py"), *folder.glob("*.py")]
    return sorted(found)
