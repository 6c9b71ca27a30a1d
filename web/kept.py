"""Versions of the widget that pages may have pinned: they outlive a change of its words, and an upgrade."""

import contextlib
import hashlib
import re
from dataclasses import dataclass
from pathlib import Path

from chatbot import write_whole

_DIGEST = re.compile(r"[0-9a-f]{16}")


@dataclass(frozen=True, slots=True)
class Kept:
    """A folder with a file for each version, about 30 kB long."""

    folder: Path

    def keep(self, digest: str, body: bytes) -> None:
        """Keep a version. Where the folder cannot be written, its pages get the widget of the day."""
        path = self._path(digest)
        if path.exists():
            return
        with contextlib.suppress(OSError):
            self.folder.mkdir(parents=True, exist_ok=True)
            write_whole(path, body)

    def find(self, digest: str) -> bytes | None:
        """Give a version as it was, or None: never one that was changed since."""
        if not _DIGEST.fullmatch(digest):
            return None
        try:
            body = self._path(digest).read_bytes()
        except OSError:
            return None
        return body if hashlib.sha256(body).hexdigest().startswith(digest) else None

    def _path(self, digest: str) -> Path:
        return self.folder / f"widget.{digest}.js"
