"""Files that mean harm: one clear error for each, and no more memory than a small machine has."""

import json
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from hostile_files import CASES, LARGEST
from hypothesis import given, settings
from hypothesis import strategies as st

from chatbot import formats
from chatbot.content import Knowledge
from chatbot.errors import FormatError
from chatbot.model import Entry

MOST_MB = 300
NOTHING = Knowledge(topics=())
TOPICS = (
    Entry(
        "hours", "When do you open?", "At *eight*.\n\n- or 9", ("opening hours", "are you open"), group="A"
    ),
    Entry("cost", "What is the price?", "=1+1 dollars, “really”.", related=("hours",), reviewed="2026-01-01"),
)


@pytest.fixture(scope="module")
def told() -> Mapping[str, Mapping[str, Any]]:
    """What each file ended in, read one after the other by one process."""
    program = Path(__file__).with_name("hostile_files.py")
    run = subprocess.run([sys.executable, str(program)], capture_output=True, text=True, check=False)
    assert run.returncode == 0, run.stderr[-2000:]
    return {line["name"]: line for line in map(json.loads, run.stdout.splitlines())}


@pytest.mark.parametrize("name", CASES)
def test_a_hostile_file_is_one_clear_error(told: Mapping[str, Mapping[str, Any]], name: str) -> None:
    error = told[name]["error"]
    assert CASES[name].speaks_of in error
    assert "\n" not in error
    assert len(error) < 400


@pytest.mark.parametrize("name", LARGEST)
def test_a_file_as_large_as_may_be_is_read(told: Mapping[str, Mapping[str, Any]], name: str) -> None:
    assert (told[name]["error"] == "") is (LARGEST[name].speaks_of == "")
    assert LARGEST[name].speaks_of in told[name]["error"]


def test_all_of_them_together_stay_within_the_memory_of_a_small_machine(
    told: Mapping[str, Mapping[str, Any]],
) -> None:
    assert told.keys() == CASES.keys() | LARGEST.keys()
    peaks = {name: line["peak_mb"] for name, line in told.items()}
    assert max(peaks.values()) < MOST_MB, peaks


@pytest.mark.parametrize("written", formats.WRITABLE)
@settings(max_examples=40)
@given(data=st.data())
def test_a_file_damaged_on_its_way_is_read_or_refused(written: str, data: st.DataObject) -> None:
    damaged = bytearray(formats.dump(TOPICS, written))
    for _ in range(data.draw(st.integers(1, 4))):
        at = data.draw(st.integers(0, len(damaged) - 1))
        damaged[at : at + data.draw(st.integers(0, 3))] = data.draw(st.binary(max_size=3))
    if data.draw(st.booleans()):
        del damaged[data.draw(st.integers(0, len(damaged))) :]
    read_or_refused(bytes(damaged), f"topics.{data.draw(st.sampled_from(['csv', 'json', 'yml', 'zip', '']))}")


@given(st.binary(max_size=300), st.sampled_from([None, *formats.FORMATS]))
def test_any_bytes_are_read_or_refused(data: bytes, format: str | None) -> None:  # noqa: A002
    read_or_refused(data, "topics", format)


def read_or_refused(data: bytes, name: str, format: str | None = None) -> None:  # noqa: A002
    try:
        reading = formats.read(data, name, format=format)
    except FormatError:
        return
    planned = formats.plan(reading.rows, NOTHING)
    assert len(planned.new) + len(planned.refused) == len(reading.rows)
