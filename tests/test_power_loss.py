"""A power cut at any moment: what was acknowledged is there, whatever the disk did with what was not flushed.

strace writes down each write and flush of a process that saves; from that the test makes the files as a cut
may leave them: all that was flushed, and of the rest any part, torn where a sector ends.
"""

import random
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from faulty import times

from chatbot import Store

CUTS = times(80)
SECTOR = 512
SAVES = 12
SAVE = """
import os, sys
from chatbot import Store
from chatbot.records import Change

for half in (range(6), range(6, 12)):  # the log is moved into the file between them, and at the end
    store = Store.open(sys.argv[1])
    for number in half:
        pair = [Change("topic", f"{side}-{number}", {"answer": "x" * 3000}) for side in "ab"]
        store.edits.save(pair, by="Ann")
        os.write(1, b"kept")
    store.close()
"""
CALLS = "pwrite64,write,ftruncate,fsync,fdatasync,unlink"
LINE = re.compile(
    r'\d+ +(?P<call>\w+)\((?:\d+<(?P<file>[^>]*)>|"(?P<name>[^"]*)")(?:, (?P<rest>.*))?\) += (?P<result>\d+)'
)


@dataclass(frozen=True)
class Event:
    """A call to the system: what was done to which file."""

    call: str
    file: str
    data: bytes = b""
    at: int = 0


@dataclass
class Disk:
    """The files of a folder as they are flushed, and what has been written to them since."""

    flushed: dict[str, bytes]
    unflushed: dict[str, list[Event]] = field(default_factory=dict)
    is_named: dict[str, bool] = field(default_factory=dict)  # whether the folder keeps a new file's name

    def do(self, event: Event, folder: str) -> None:
        """Take a call over."""
        if event.call in ("pwrite64", "ftruncate"):
            self.is_named.setdefault(event.file, event.file in self.flushed)
            self.unflushed.setdefault(event.file, []).append(event)
        elif event.call == "unlink":
            for place in (self.flushed, self.unflushed, self.is_named):
                place.pop(event.file, None)
        elif event.file == folder:
            self.is_named = dict.fromkeys(self.is_named, True)
        else:
            rest = self.unflushed.pop(event.file, [])
            self.flushed[event.file] = applied(self.flushed.get(event.file, b""), rest)

    def after_a_cut(self, chance: random.Random) -> Iterator[tuple[str, bytes]]:
        """The files as they may be found."""
        for name in self.flushed.keys() | self.unflushed.keys():
            if self.is_named.get(name, True) or chance.random() < 0.5:
                rest = [e for e in self.unflushed.get(name, ()) if chance.random() < 0.5]
                torn = [torn_at_a_sector(e, chance) for e in rest]
                yield name, applied(self.flushed.get(name, b""), torn)


def applied(content: bytes, events: list[Event]) -> bytes:
    found = bytearray(content)
    for event in events:
        if event.call == "ftruncate":
            found = found[: event.at].ljust(event.at, b"\0")
        else:
            found.extend(bytes(max(0, event.at - len(found))))
            found[event.at : event.at + len(event.data)] = event.data
    return bytes(found)


def torn_at_a_sector(event: Event, chance: random.Random) -> Event:
    end = SECTOR - event.at % SECTOR + SECTOR * chance.randrange(9)
    return event if event.call == "ftruncate" else Event(event.call, event.file, event.data[:end], event.at)


def events_of(trace: str) -> Iterator[Event]:
    """The calls in what strace has written, those in which it was interrupted put together again."""
    begun: dict[str, str] = {}
    for line in trace.splitlines():
        who = line.partition(" ")[0]
        if line.endswith("<unfinished ...>"):
            begun[who] = line.removesuffix("<unfinished ...>").rstrip()
            continue
        resumed = re.match(r"\d+ +<\.\.\. \w+ resumed>", line)
        if found := LINE.match(begun.pop(who) + line[resumed.end() :] if resumed else line):
            yield event_of(found)


def event_of(found: re.Match[str]) -> Event:
    file = text(found["file"] or found["name"]).decode()
    rest = found["rest"] or ""
    if found["call"] in ("pwrite64", "write"):
        quoted, *_, at = rest.split(", ")
        return Event(found["call"], file, text(quoted.strip('"')), int(at))
    return Event(found["call"], file, at=int(rest) if found["call"] == "ftruncate" else 0)


def test_a_call_that_was_interrupted_is_read_as_one() -> None:
    trace = "7 fdatasync(5<\\x2f\\x64> <unfinished ...>\n8 close(3) = 0\n7 <... fdatasync resumed>) = 0"
    assert list(events_of(trace)) == [Event("fdatasync", "/d")]


def text(escaped: str) -> bytes:
    return bytes.fromhex(escaped.replace("\\x", ""))


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a database of no edits."""
    folder = tmp_path_factory.mktemp("disk").resolve()
    Store.open(f"sqlite:///{folder}/chatbot.db").close()
    return folder


@pytest.fixture(scope="module")
def saving(folder: Path) -> tuple[Disk, list[Event]]:
    """The disk before anything is saved, and all that is then done to it or told."""
    program = shutil.which("strace") or pytest.skip("needs strace: make system-packages")
    before, trace = (folder / "chatbot.db").read_bytes(), folder.parent / "trace"
    command = [program, "-f", "-y", "-xx", "-s", "100000", "-e", f"trace={CALLS}", "-o", str(trace)]
    done = subprocess.run(
        [*command, sys.executable, "-c", SAVE, f"sqlite:///{folder}/chatbot.db"],
        capture_output=True,
        check=True,
    )
    assert done.stdout == b"kept" * SAVES
    events = [e for e in events_of(trace.read_text()) if is_told(e) or is_ours(e, folder)]
    return Disk({f"{folder}/chatbot.db": before}), events


def is_told(event: Event) -> bool:
    return event.call == "write" and event.data == b"kept"


def is_ours(event: Event, folder: Path) -> bool:
    # What is in -shm is made anew from the log.
    return event.file.startswith(str(folder)) and not event.file.endswith((".lock", "-shm"))


def test_whenever_the_power_is_cut_all_that_was_acknowledged_is_there_and_nothing_by_half(
    saving: tuple[Disk, list[Event]], folder: Path, tmp_path: Path
) -> None:
    disk, events = saving
    assert sum(map(is_told, events)) == SAVES
    chance = random.Random(8)  # noqa: S311 - to be repeated, not to be secret
    told = {i for i, event in enumerate(events) if is_told(event)}
    cuts = told | set(chance.sample(range(len(events)), min(CUTS, len(events))))
    kept = 0
    for number, event in enumerate(events):
        kept += number in told
        if number not in told:
            disk.do(event, str(folder))
        if number in cuts:
            found = tmp_path / str(number)
            found.mkdir()
            for name, content in disk.after_a_cut(chance):
                (found / Path(name).name).write_bytes(content)
            assert kept <= edits_in(found) <= kept + 1, number


def edits_in(folder: Path) -> int:
    """How many saves are there, after a look whether they are whole."""
    store = Store.open(f"sqlite:///{folder}/chatbot.db")
    try:
        store.check()
        revision, layer = store.edits.layer()
        assert len(layer) == 2 * revision
        return revision
    finally:
        store.close()
