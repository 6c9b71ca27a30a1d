"""The table of ASVS requirements: complete for level 1, and every test that it names exists."""

import ast
import re
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
PAGE = (ROOT / "docs" / "asvs.md").read_text("utf-8")
# The requirements of level 1 in ASVS 5.0.0 (10.4.1 to 10.4.5 in one row).
LEVEL_1 = """
    1.2.1 1.2.2 1.2.3 1.2.4 1.2.5 1.3.1 1.3.2 1.5.1 2.1.1 2.2.1 2.2.2 2.3.1 3.2.1 3.2.2 3.3.1 3.4.1
    3.4.2 3.5.1 3.5.2 3.5.3 4.1.1 4.4.1 5.2.1 5.2.2 5.3.1 5.3.2 6.1.1 6.2.1 6.2.2 6.2.3 6.2.4 6.2.5
    6.2.6 6.2.7 6.2.8 6.3.1 6.3.2 6.4.1 6.4.2 7.2.1 7.2.2 7.2.3 7.2.4 7.4.1 7.4.2 8.1.1 8.2.1 8.2.2
    8.3.1 9.1.1 9.1.2 9.1.3 9.2.1 10.4.1 10.4.5 11.3.1 11.3.2 11.4.1 12.1.1 12.2.1 12.2.2 13.4.1
    14.2.1 14.3.1 15.1.1 15.2.1 15.3.1
"""
NAMED = sorted(set(re.findall(r"`(tests/[\w/]+\.py(?:::\w+)?)`", PAGE)))


@cache
def names_in(file: str) -> set[str]:
    tree = ast.parse((ROOT / file).read_text("utf-8"))
    return {node.name for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)}


@pytest.mark.parametrize("named", NAMED)
def test_a_test_that_is_named_exists(named: str) -> None:
    file, _, test = named.partition("::")
    found = names_in(file)
    assert test in found if test else any(name.startswith("test_") for name in found)


def test_every_requirement_of_level_1_has_its_row() -> None:
    first = PAGE.partition("## Level 2")[0]
    rows = re.findall(r"^\| ([\d., to]+) \| .+ \| .+ \|$", first, re.MULTILINE)
    listed = {number for row in rows for number in re.findall(r"\d+\.\d+\.\d+", row)}
    assert listed == set(LEVEL_1.split())
