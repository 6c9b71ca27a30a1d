"""Every regular expression of the program, and texts made of its own signs that it may get lost in."""

import importlib
import pkgutil
import re
from collections.abc import Iterator
from itertools import permutations
from re import _constants as codes
from re import _parser as parser
from typing import Any

import chatbot
import web

_SAMPLES = {codes.CATEGORY_DIGIT: "1", codes.CATEGORY_SPACE: " ", codes.CATEGORY_WORD: "a"}


def patterns() -> dict[str, re.Pattern[Any]]:
    """The patterns that modules hold, by where they stand; also those in their records and lists."""
    found: dict[str, re.Pattern[Any]] = {}
    for package in (chatbot, web):
        for module in pkgutil.walk_packages(package.__path__, f"{package.__name__}."):
            if not module.name.endswith("__main__") and "migrations" not in module.name:
                for name, value in vars(importlib.import_module(module.name)).items():
                    for number, pattern in enumerate(_inside(value)):
                        found.setdefault(f"{module.name}.{name}.{number}", pattern)
    return {where: pattern for pattern, where in {p: w for w, p in found.items()}.items()}


def _inside(value: object, depth: int = 0) -> Iterator[re.Pattern[Any]]:
    if isinstance(value, re.Pattern):
        yield value
    elif depth < 4:
        inner: list[object] = []
        if isinstance(value, dict):
            inner = [*value.keys(), *value.values()]
        elif isinstance(value, list | tuple | set | frozenset):
            inner = list(value)
        elif type(value).__module__.startswith(("chatbot.", "web.")):
            inner = [getattr(value, name, None) for name in getattr(type(value), "__dataclass_fields__", ())]
        for one in inner:
            yield from _inside(one, depth + 1)


def attacks(pattern: re.Pattern[Any], length: int) -> Iterator[str]:
    """Signs of the pattern, and pairs of them, repeated; then a sign that fits nowhere."""
    signs = sorted(_signs(parser.parse(_text(pattern), pattern.flags)) | set("a1 "))[:9]
    for unit in (*signs, *map("".join, permutations(signs, 2))):
        yield (unit * length)[:length] + "\x00"


def _text(pattern: re.Pattern[Any]) -> str:
    return pattern.pattern if isinstance(pattern.pattern, str) else pattern.pattern.decode("latin-1")


def _signs(tree: Any) -> set[str]:
    found = set()
    for code, value in tree:
        if code is codes.LITERAL:
            found.add(chr(value))
        elif code is codes.IN:
            found |= {chr(v) for c, v in value if c is codes.LITERAL}
            found |= {chr(v[0]) for c, v in value if c is codes.RANGE}
            found |= {_SAMPLES.get(v, "!") for c, v in value if c is codes.CATEGORY}
        elif code in (codes.MAX_REPEAT, codes.MIN_REPEAT, codes.POSSESSIVE_REPEAT):
            found |= _signs(value[2])
        elif code is codes.SUBPATTERN:
            found |= _signs(value[3])
        elif code is codes.BRANCH:
            found |= {sign for branch in value[1] for sign in _signs(branch)}
        elif code in (codes.ASSERT, codes.ASSERT_NOT):
            found |= _signs(value[1])
        elif code is codes.ATOMIC_GROUP:
            found |= _signs(value)
    return found
