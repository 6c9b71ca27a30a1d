"""What was learned once and serves several: the bots of the clinics in one process, and the next start.

Whatever is shared here was delivered with the program. What a clinic has written goes to no other.
"""

import os
import shutil
import sys
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryFile
from typing import NamedTuple

from chatbot.content import Knowledge
from chatbot.depot import Depot
from chatbot.engine import Engine, guard_kept_at, kept_at
from chatbot.errors import ChatbotError
from chatbot.presence import Presence
from chatbot.preview import memory
from chatbot.safety import Guard
from chatbot.worker import Worker

DELIVERED = "folder-*.json"  # what was parsed of the delivered knowledge; of no other folder all is kept


class Shared(NamedTuple):
    """What the bots of several clinics in one process have in common: nothing that a clinic has written.

    `folder` is where what was learned from the starter knowledge is kept.
    """

    starter: Knowledge
    guard: Guard
    worker: Worker
    folder: Path
    presence: Presence


def lent(shared: Shared, known: Knowledge, ground: Knowledge, folder: Path, depot: Depot) -> Guard | None:
    """Have in `folder` what was learned from a knowledge, built beside or taken from what others share.

    Returns the guard, where that is the shared one.
    """
    kept = kept_at(known, folder)
    # But for a clinic's facts, by which no file is named: so one serves all who add nothing else.
    is_starter = replace(known, profile=shared.starter.profile, expired=frozenset()) == shared.starter
    if is_starter and not (shared.folder / kept.name).exists():
        shared.worker.run(build, shared.starter, shared.starter, shared.folder)
    lend(shared.folder, folder, DELIVERED, kept.name, guard_kept_at(shared.starter, folder).name)
    depot.have([kept], lambda: shared.worker.run(build, known, ground, folder))
    # The guard is learned of these two alone, so a clinic with topics of its own may have the shared one.
    is_own = (ground.guide, ground.harmless) == (shared.starter.guide, shared.starter.harmless)
    return shared.guard if is_own else None


def lend(source: Path, folder: Path, *patterns: str) -> None:
    """Put what `source` keeps by such names into `folder` too, as the same files if it can be."""
    folder.mkdir(parents=True, exist_ok=True)
    for path in (p for pattern in patterns for p in source.glob(pattern)):
        with suppress(FileExistsError):
            _link(path, folder / path.name)


def _link(path: Path, other: Path) -> None:
    try:
        os.link(path, other)
    except FileExistsError:
        raise
    except OSError:  # a file system that knows no links
        part = other.with_name(f"{other.name}.{os.getpid()}.part")
        shutil.copyfile(path, part)
        os.replace(part, other)


def build_beside(worker: Worker, knowledge: Knowledge, ground: Knowledge, folder: Path) -> None:
    """Build in the child process, whose memory a server that starts would otherwise hold for good.

    Nothing is done where this process has the libraries in memory already, and where the child could leave
    nothing or ends early: whoever opens the engine builds it.
    """
    if "sklearn" in sys.modules:
        return
    with suppress(OSError, ChatbotError):
        folder.mkdir(parents=True, exist_ok=True)
        with TemporaryFile(dir=folder):
            worker.run(build, knowledge, ground, folder)


def build(knowledge: Knowledge, ground: Knowledge, folder: Path) -> None:
    """Build the engine of a knowledge and keep it in `folder`: what the child process does."""
    Engine.open(knowledge, folder, ground, memory)
