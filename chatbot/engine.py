"""The engine: knowledge with all that was learned from it, kept in files that are read by memory map.

A file is a JSON header and raw arrays, nothing that runs when it is read. It holds a digest of what it was
learned from and of its own bytes: a stale or damaged file is built again, never used. The guard has a file
of its own, because what a crisis sounds like outlives many a change of topics.
"""

import hashlib
import json
import mmap
import os
import struct
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING
from weakref import WeakValueDictionary

import numpy as np
from numpy.typing import NDArray

from chatbot.content import Knowledge
from chatbot.fingerprint import fingerprint
from chatbot.index import Index
from chatbot.judgement import Judge
from chatbot.model import Entry, Reply
from chatbot.rehearsal import Rehearsal
from chatbot.safety import Guard
from chatbot.vectors import Arrays, sub_arrays

if TYPE_CHECKING:
    from chatbot.fitting import Memory

FORMAT = 6
KEPT = 3  # files of engines: the one in use, one that is being tried out, and the last one
_MAGIC = b"FAQIDX01"  # then 32 bytes of SHA-256 over the rest, 8 bytes of header length, header, arrays
_PREFIX = 48
_ALIGN = 64
# Of the files that are in use in this process: several clinics may say the same.
_indexes: WeakValueDictionary[str, Index] = WeakValueDictionary()


@dataclass(frozen=True)
class Engine:
    """What answering needs: immutable, safe to share between threads, replaced whole."""

    knowledge: Knowledge
    index: Index
    judge: Judge
    guard: Guard
    rehearsal: Rehearsal

    # The two below are filled as questions come in. Threads that fill them at once write the same.
    @cached_property
    def follow_ups(self) -> dict[str, tuple[str, ...]]:
        """For each entry that was an answer: the topics to ask next, by id, best first."""
        return {}

    @cached_property
    def answers(self) -> dict[str, tuple[Entry, Reply]]:
        """For each topic that was an answer: its entry, and the reply that gives it."""
        return {}

    @classmethod
    def build(
        cls, knowledge: Knowledge, guard: Guard | None = None, memory: "Memory | None" = None
    ) -> "Engine":
        """Learn everything from the knowledge (imports scikit-learn; some seconds) but a `guard` given.

        `memory` is what an earlier build has left.
        """
        from chatbot.fitting import build_with_trials  # which answering does without

        index, trials = build_with_trials(knowledge, memory)
        judge = Judge.learn(trials)
        rehearsal = Rehearsal.of(index.ids, judge, trials)
        guard = guard or Guard.fit(knowledge.guide, knowledge.harmless)
        return cls(knowledge, index, judge, guard, rehearsal)

    @classmethod
    def open(
        cls,
        knowledge: Knowledge,
        folder: Path,
        ground: Knowledge | None = None,
        memory: "Memory | None" = None,
        guard: Guard | None = None,
    ) -> "Engine":
        """Load the engine of this knowledge from `folder`, or build it and keep it there.

        `ground` is the knowledge without staff's edits: what sounds like a crisis is learned from that alone,
        so that no edit can make it harder to hear; `guard` is that, where it is open already. A folder that
        cannot be written costs the next start some seconds, nothing else.
        """
        guard = guard or open_guard(ground or knowledge, folder)
        path = kept_at(knowledge, folder)
        arrays = load_arrays(path)
        if arrays is not None:
            return cls._from_arrays(knowledge, guard, arrays, path.name)
        engine = cls.build(knowledge, guard, memory)
        _keep(path, engine.arrays())
        return engine

    def arrays(self) -> dict[str, NDArray[np.generic]]:
        """What was learned, as named arrays; not the guard's, which has its own."""
        parts: Mapping[str, Index | Judge | Rehearsal] = {
            "index": self.index,
            "judge": self.judge,
            "rehearsal": self.rehearsal,
        }
        return {f"{name}.{k}": a for name, part in parts.items() for k, a in part.arrays().items()}

    @classmethod
    def _from_arrays(cls, knowledge: Knowledge, guard: Guard, arrays: Arrays, name: str) -> "Engine":
        index = _indexes.get(name) or Index.from_arrays(sub_arrays(arrays, "index"), knowledge.thesaurus)
        _indexes[name] = index
        # Copies of what is small, so that a file whose index is open already need not stay open twice.
        small = {k: np.array(a) for k, a in arrays.items() if not k.startswith("index.")}
        judge = Judge.from_arrays(sub_arrays(small, "judge"))
        rehearsal = Rehearsal.from_arrays(index.ids, sub_arrays(small, "rehearsal"))
        return cls(knowledge, index, judge, guard, rehearsal)


def open_guard(knowledge: Knowledge, folder: Path) -> Guard:
    """Load the guard of this knowledge from `folder`, or fit it and keep it there."""
    path = guard_kept_at(knowledge, folder)
    arrays = load_arrays(path)
    if arrays is not None:
        return Guard.from_arrays(knowledge.guide, arrays)
    guard = Guard.fit(knowledge.guide, knowledge.harmless)
    _keep(path, guard.arrays())
    return guard


def digest(knowledge: Knowledge) -> str:
    """A short name for exactly this knowledge, this code and this version of the file."""
    return fingerprint(FORMAT, knowledge.told)


def kept_at(knowledge: Knowledge, folder: Path) -> Path:
    """The file in `folder` where what was learned from this knowledge is kept."""
    return folder / f"engine-{digest(knowledge)}.bin"


def guard_kept_at(ground: Knowledge, folder: Path) -> Path:
    """The file in `folder` where what a crisis sounds like is kept."""
    return folder / f"guard-{fingerprint(FORMAT, ground.guide.told, ground.harmless)}.bin"


def save_arrays(path: Path, arrays: Arrays) -> None:
    """Write arrays to a file in one step: other processes see the old file or the whole new one."""
    header, offset = [], 0
    for name, array in arrays.items():
        header.append((name, array.dtype.str, list(array.shape), offset))
        offset += array.nbytes + -array.nbytes % _ALIGN
    head = json.dumps(header).encode()
    head += b" " * (-(len(head) + _PREFIX) % _ALIGN)
    parts: list[bytes | memoryview] = [struct.pack("<Q", len(head)) + head]
    for array in arrays.values():
        parts += [
            np.ascontiguousarray(array).reshape(-1).view(np.uint8).data,
            bytes(-array.nbytes % _ALIGN),
        ]
    proof = hashlib.sha256()
    for part in parts:
        proof.update(part)
    with tempfile.NamedTemporaryFile(dir=path.parent, prefix=path.name, suffix=".part", delete=False) as file:
        try:
            file.write(_MAGIC + proof.digest())
            for part in parts:
                file.write(part)
            file.flush()
            os.fsync(file.fileno())
        except OSError:
            Path(file.name).unlink()  # a full disk does not get emptier by what could not be finished
            raise
    os.replace(file.name, path)


def load_arrays(path: Path) -> dict[str, NDArray[np.generic]] | None:
    """Map a file's arrays into memory; None where there is no such file, or not one that is whole."""
    try:
        with path.open("rb") as file:
            mapped = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
    except (OSError, ValueError):
        return None
    data = memoryview(mapped)
    if data[:8] != _MAGIC or hashlib.sha256(data[40:]).digest() != data[8:40]:
        return None
    if hasattr(mmap, "MADV_DONTNEED"):
        mapped.madvise(
            mmap.MADV_DONTNEED
        )  # all of it was read just now, and little of it is needed at a time
    length = struct.unpack("<Q", data[40:_PREFIX])[0]
    header = json.loads(bytes(data[_PREFIX : _PREFIX + length]))
    body = data[_PREFIX + length :]
    return {name: _view(body, kind, shape, start) for name, kind, shape, start in header}


def is_whole(path: Path) -> bool:
    """Whether a file holds arrays, all as they were saved."""
    return load_arrays(path) is not None


def _view(body: memoryview, kind: str, shape: list[int], start: int) -> NDArray[np.generic]:
    count = int(np.prod(shape, dtype=np.int64))
    return np.frombuffer(body, np.dtype(kind), count, start).reshape(shape)


def _keep(path: Path, arrays: Arrays) -> None:
    """Save arrays, where the folder can be written, and forget older ones of their sort."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        save_arrays(path, arrays)
        _forget_older(path)
    except OSError:
        pass


def _forget_older(path: Path) -> None:
    """Remove all but the latest few files of this one's sort, and what a write that ended early left."""
    sort = path.name.partition("-")[0]
    by_age = sorted(path.parent.glob(f"{sort}-*.bin*"), key=lambda p: p.stat().st_mtime, reverse=True)
    for other in by_age[KEPT if sort == "engine" else 1 :]:
        other.unlink(missing_ok=True)
