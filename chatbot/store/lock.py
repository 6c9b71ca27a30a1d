"""What one process holds: given back by the system itself when the process ends, however it ends."""

import hashlib
import os
from pathlib import Path

try:
    import fcntl
except ImportError:  # no such locks on Windows, where one server is the rule
    fcntl = None  # type: ignore[assignment]


class FileLock:
    """A lock on a file of its own beside what it protects."""

    def __init__(self, path: Path) -> None:
        """Use the file at `path`; it is made, and stays."""
        self._path, self._file = path, -1

    def take(self) -> bool:
        """Take the lock; False where another holds it. Raises OSError where the file cannot be made."""
        file = os.open(self._path, os.O_RDWR | os.O_CREAT, 0o600)
        try:
            if fcntl:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(file)
            return False
        self._file = file
        return True

    def release(self) -> None:
        """Give the lock back."""
        if self._file >= 0:
            os.close(self._file)
            self._file = -1


def number_of(words: str) -> int:
    """The number of an advisory lock of PostgreSQL's, which knows none by name."""
    return int.from_bytes(hashlib.sha256(words.encode()).digest()[:8], "big", signed=True)
