"""The database in one file, and back: a SQLite file whatever the database, private to its owner.

Reading takes one state of the database while others write; restoring is one transaction, all or nothing.
Left out is what holds for the moment: who is signed in (after a restore everybody signs in again), which
processes answer, and what they learn anew.
"""

import os
import shutil
import sqlite3
import tempfile
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import sqlalchemy as sa

from chatbot.errors import DamageError, StoreError
from chatbot.store.database import Database
from chatbot.store.edits import Edits
from chatbot.store.tables import learned, meta, replicas, sessions, tables

_OF_THE_MOMENT = (sessions, learned, replicas)
_KEPT = [t for t in tables.sorted_tables if t not in _OF_THE_MOMENT]
_BATCH = 1000


def back_up(database: Database, path: Path, *, is_checked: bool = True) -> int:
    """Write the database into a new file; returns its number of rows.

    Raises StoreError, and DamageError where an edit is not as it was saved unless that is not `is_checked`.
    """
    if path.exists():
        raise StoreError(f"{path} exists: choose another name, or move it away first")
    with tempfile.TemporaryDirectory(dir=_folder_of(path), prefix=".backup") as made:
        part = Path(made) / "backup.db"
        target = Database.open(f"sqlite:///{part}")
        try:
            with database.snapshot() as source:
                count = target.write(lambda connection: _copy(source, connection))
            if is_checked:
                database.check()
                Edits(target).check()
        finally:
            target.close()
        with closing(sqlite3.connect(part)) as connection:  # one file, with no log beside it
            connection.execute("PRAGMA journal_mode=DELETE")
        part.chmod(0o600)
        _flush(part)
        try:
            os.link(part, path)  # unlike a rename this never takes the place of another file
        except FileExistsError as error:
            raise StoreError(f"{path} exists: choose another name, or move it away first") from error
    return count


def restore(
    database: Database, path: Path, keep: Callable[[], object], also: Callable[[], object] = lambda: None
) -> int:
    """Put a backup in place of all that is there; returns its number of rows.

    `keep` is called first, once the backup is known to be sound, to keep what is there; `also` last, with all
    in place but not yet committed. Raises StoreError, with nothing changed, where the file is none of ours,
    damaged, or of a newer version.
    """
    _check(path)
    with tempfile.TemporaryDirectory(prefix="restore") as made:
        copied = Path(made) / "backup.db"  # an older one is brought up to date, and stays as it is
        shutil.copyfile(path, copied)
        source = _open_sound(copied, path)
        try:
            keep()
            with source.read() as reading:
                return database.write(lambda connection: _replace(reading, connection, also))
        finally:
            source.close()


def _check(path: Path) -> None:
    if not path.is_file():
        raise StoreError(f"{path}: no such file")
    try:
        with closing(sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True)) as connection:
            (fact,) = connection.execute("PRAGMA integrity_check(1)").fetchone()
            names = {name for (name,) in connection.execute("SELECT name FROM sqlite_master")}
    except sqlite3.Error as error:
        raise StoreError(f"{path} is no backup of this program: {error}") from error
    if fact != "ok":
        raise StoreError(f"{path} is damaged ({fact.splitlines()[-1]}): take another backup")
    if not {"alembic_version", "edits"} <= names:
        raise StoreError(f"{path} is no backup of this program: it lacks the tables of one")


def _open_sound(copied: Path, path: Path) -> Database:
    """The copy of a backup, opened; what is wrong with it is said of the backup at `path`."""
    source = None
    try:
        source = Database.open(f"sqlite:///{copied}")
        Edits(source).check()
    except DamageError as error:
        if source:
            source.close()
        raise StoreError(f"{path} is damaged ({error.fact}): take another backup") from error
    return source


def _copy(source: sa.Connection, target: sa.Connection) -> int:
    """All rows of all tables into tables that are as good as new."""
    count = 0
    for table in _KEPT:
        target.execute(table.delete())
        for rows in source.execute(table.select()).mappings().partitions(_BATCH):
            target.execute(table.insert(), [dict(row) for row in rows])
            count += len(rows)
    return count


def _replace(source: sa.Connection, target: sa.Connection, also: Callable[[], object]) -> int:
    counted = sa.select(meta.c.value).where(meta.c.name == "revision")
    before = target.execute(counted).scalar() or 0
    for table in reversed(tables.sorted_tables):
        target.execute(table.delete())
    count = _copy(source, target)
    # A server tells by this number alone that it is out of date: it must not come back to where it stood.
    after = max(before, target.execute(counted).scalar() or 0) + 1
    target.execute(meta.update().where(meta.c.name == "revision").values(value=after))
    if target.dialect.name == "postgresql":
        _set_counters(target)
    also()
    return count


def _set_counters(connection: sa.Connection) -> None:
    """Have PostgreSQL number new rows behind those that were put in with their numbers."""
    for table in _KEPT:
        if [c.name for c in table.primary_key] == ["id"]:
            last = sa.select(sa.func.coalesce(sa.func.max(table.c.id), 0) + 1).scalar_subquery()
            sequence = sa.func.pg_get_serial_sequence(table.name, "id")
            connection.execute(sa.select(sa.func.setval(sequence, last, sa.false())))


def _folder_of(path: Path) -> Path:
    folder = path.absolute().parent
    if not folder.is_dir():
        raise StoreError(f"{folder}: no such folder; make it first")
    return folder


def _flush(path: Path) -> None:
    with path.open("rb") as file:
        os.fsync(file.fileno())
