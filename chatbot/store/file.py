"""SQLite's file itself: made whole, told from other programs' files, and put aside where it is damaged."""

import errno
import os
import sqlite3
import tempfile
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from chatbot.errors import DamageError, StoreError
from chatbot.store.lock import FileLock

APPLICATION = (
    0x46415143  # "FAQC" in the file's head: ours, where another program's database may have our tables
)
SIDES = ("", "-wal", "-shm")  # a database is these files together
# Words of SQLite's for a file that is not as it was written.
_DAMAGED = ("malformed", "not a database", "could not decode", "file is encrypted", "unsupported file format")


def tells_damage(error: BaseException) -> bool:
    """Whether an error of SQLite's says that the file is damaged."""
    told = str(getattr(error, "orig", None) or error).lower()
    return any(words in told for words in _DAMAGED)


def tells_full(error: BaseException) -> bool:
    """Whether an error of SQLite's says that the disk takes no more, or nothing at all."""
    code = getattr(getattr(error, "orig", None), "sqlite_errorcode", 0) & 0xFF
    return code in (sqlite3.SQLITE_FULL, sqlite3.SQLITE_IOERR, sqlite3.SQLITE_READONLY)


def tells_read_only(error: BaseException) -> bool:
    """Whether an error, of SQLite's or the system's, says that nothing may be written here."""
    if isinstance(error, OSError):
        return error.errno in (errno.EACCES, errno.EPERM, errno.EROFS)
    code = getattr(getattr(error, "orig", None), "sqlite_errorcode", 0) & 0xFF
    return code in (sqlite3.SQLITE_READONLY, sqlite3.SQLITE_CANTOPEN)


def make(path: Path, fill: Callable[[Path], None]) -> None:
    """Make a database that `fill` fills; it is there whole or not at all, also after a crash.

    Where another process was faster, its database stands.
    """
    with tempfile.TemporaryDirectory(dir=path.parent, prefix=".new") as made:
        part = Path(made) / path.name
        fill(part)
        with closing(sqlite3.connect(part)) as connection:  # one file, with no log beside it
            connection.execute("PRAGMA journal_mode=DELETE")
        with part.open("rb") as file:
            os.fsync(file.fileno())
        try:
            os.link(part, path)
        except FileExistsError:
            return
        flush_folder(path.parent)


def flush_folder(folder: Path) -> None:
    """Have a folder keep, through a power cut, which files it names."""
    try:
        number = os.open(folder, os.O_RDONLY)
    except OSError:  # Windows opens no folders
        return
    try:
        os.fsync(number)
    finally:
        os.close(number)


def refuse_foreign(path: Path) -> None:
    """Raise StoreError where a file is empty, or another program's database."""
    if path.is_file() and path.stat().st_size == 0:
        raise DamageError(str(path), "the file is empty, which it never is of itself")
    try:
        with closing(sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True)) as connection:
            (number,) = connection.execute("PRAGMA application_id").fetchone()
    except sqlite3.Error:
        return  # whoever opens it for good will say what is wrong
    if number not in (0, APPLICATION):  # versions before wrote none
        raise StoreError(
            f"the database {path} is another program's (application id {number}): name one of its own"
        )


@contextmanager
def put_aside(path: Path, folder: Path) -> Iterator[None]:
    """Move a damaged database into `folder`, and back again where what follows fails.

    Raises StoreError while a server uses it.
    """
    lock = FileLock(Path(f"{path}.lock"))
    if not lock.take():
        raise StoreError(f"the database {path} is in use by a server: stop it first")
    moved: list[tuple[Path, Path]] = []
    try:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        for side in SIDES:
            source, target = Path(f"{path}{side}"), folder / f"{path.name}{side}"
            if source.exists():
                os.replace(source, target)
                moved.append((source, target))
        yield
    except BaseException:
        for side in SIDES:
            Path(f"{path}{side}").unlink(missing_ok=True)
        for source, target in moved:
            os.replace(target, source)
        raise
    finally:
        lock.release()
