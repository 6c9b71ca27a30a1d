"""What was learned, for all processes that answer from one database: one builds, the others load.

Each has a folder, of its own or one with others, where files are mapped into memory; PostgreSQL holds them
for all. Whoever needs one that is not there builds it while the others wait. PostgreSQL knows whose turn it
is, and gives it to the next when the one that builds ends, however it ends. Where the database is away, or
is a SQLite file, which serves one process, everybody builds what they need.
"""

import logging
import os
import tempfile
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path

from chatbot.engine import is_whole
from chatbot.errors import StoreError
from chatbot.store import Store

PAUSE_S = 0.2
WAIT_S = 300.0  # whoever builds for longer hangs
_logger = logging.getLogger("chatbot")


class Depot:
    """The files of a database that `Engine.open` finds in a folder."""

    def __init__(self, store: Store) -> None:
        """Share through `store`."""
        self._learned = store.learned

    def have(self, files: Sequence[Path], build: Callable[[], object]) -> None:
        """See that files are in their folder: fetched, or made by `build` once it is this process's turn."""
        until = time.monotonic() + WAIT_S
        while not self._are_there(files):
            try:
                if self._take_turn(files, build):
                    return
            except StoreError:
                until = 0.0  # nobody can be waited for
            if time.monotonic() > until:
                _build(files, build)
                return
            time.sleep(PAUSE_S)

    def offer(self, files: Sequence[Path]) -> None:
        """Leave files for the others, as far as they are here and not there. Never raises."""
        if not self._learned.is_shared:
            return
        with suppress(StoreError, OSError):
            for file in files:
                if file.exists():
                    self._learned.put(file.name, file)

    def _take_turn(self, files: Sequence[Path], build: Callable[[], object]) -> bool:
        """Build, if it is this process's turn and nobody was faster; whether that was done."""
        if not self._learned.is_shared:
            _build(files, build)
            return True
        # The last file is the engine: whoever builds that has built the guard before it.
        with self._learned.turn(files[-1].name) as is_mine:
            if not is_mine or self._are_there(files):
                return False
            _build(files, build)
            self.offer(files)
            return True

    def _are_there(self, files: Sequence[Path]) -> bool:
        missing = [file for file in files if not file.exists()]
        try:
            return all(self._learned.is_shared and self._fetch(file) for file in missing)
        except (StoreError, OSError):
            return False

    def _fetch(self, file: Path) -> bool:
        """Copy a file into its folder, under its name once it is whole; whether there was one."""
        if not self._learned.has(file.name):
            return False
        began = time.monotonic()
        file.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.NamedTemporaryFile(
            dir=file.parent, prefix=file.name, suffix=".part", delete=False
        ) as part:
            try:
                for body in self._learned.get(file.name):
                    part.write(body)
                part.flush()
                if is_sound := is_whole(Path(part.name)):
                    os.replace(part.name, file)
            finally:
                Path(part.name).unlink(missing_ok=True)
        if not is_sound:
            self._learned.drop(file.name)
        else:
            _tell("index-fetched", file, began)
        return is_sound


def _build(files: Sequence[Path], build: Callable[[], object]) -> None:
    began = time.monotonic()
    build()
    _tell("index-built", files[-1], began)


def _tell(event: str, file: Path, began: float) -> None:
    took = round(time.monotonic() - began, 2)
    _logger.info(event, extra={"facts": {"file": file.name, "seconds": took}})
