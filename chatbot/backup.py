"""The whole desk in one file, and back: the database, the clinic's own files, and the secret key.

A backup is a zip. `manifest.json` says what made it and names each file with its size and digest;
`chatbot.db` is the database as SQLite, whatever it came from; below `data/` stands what the data folder holds
of the clinic's own: its profile, and the articles and topics that were imported. A bare SQLite file, as older
versions wrote, is restored too, and leaves the files as they are.

The key is in it because without it nobody's second step opens (see `chatbot.sealing`). Whoever holds a backup
can sign what the desk signs: it is readable by its owner alone. A key that is set as CHATBOT_SECRET_KEY
belongs to the machine, and is not in it.
"""

import hashlib
import json
import os
import re
import tempfile
import zipfile
import zlib
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import IO, Any, NamedTuple

from chatbot.accounts import Accounts
from chatbot.bot import KEY_FILE, PROFILE_FILE, secret_key
from chatbot.errors import StoreError
from chatbot.settings import Settings
from chatbot.store import Store

FORMAT = "clinic-faq-chatbot backup"
VERSION = 1
KNOWLEDGE = "knowledge"  # in the data folder: what was imported
KEPT = "backups"  # there, too: what stood before each restore
MAX_BYTES = 4_000_000_000  # unpacked
_MANIFEST, _DATABASE, _DATA = "manifest.json", "chatbot.db", "data/"
_MAX_MANIFEST = 5_000_000
_CHUNK = 1 << 20
# Nothing else of an archive is ever written, so that none of its names leads out of the data folder.
_FIXED = "|".join(map(re.escape, (PROFILE_FILE, KEY_FILE)))
_OURS = re.compile(rf"{_DATA}(?:{_FIXED}|{KNOWLEDGE}(?:/[^/\\\0.][^/\\\0]*)+)")


class Done(NamedTuple):
    """What a backup holds: `rows` of the database, `files` of the data folder by name."""

    rows: int
    files: tuple[str, ...]


def name_for(before: str = "desk") -> str:
    """A name for a new backup."""
    return f"{before}-{datetime.now(UTC):%Y%m%dT%H%M%S}.zip"


def back_up(settings: Settings, store: Store, path: Path, *, is_checked: bool = True) -> Done:
    """Write everything into a new file, while others may save. Raises StoreError.

    A backup is only taken of what is sound, unless that is not `is_checked`.
    """
    if path.exists():
        raise StoreError(f"{path} exists: choose another name, or move it away first")
    folder = path.absolute().parent
    if not folder.is_dir():
        raise StoreError(f"{folder}: no such folder; make it first")
    with _told_as(path, "written"), tempfile.TemporaryDirectory(dir=folder, prefix=".backup") as made:
        database, part = Path(made) / _DATABASE, Path(made) / "part"
        rows = store.back_up(database, is_checked=is_checked)
        given = {_DATABASE: database, **_own_files(settings)}
        with open(os.open(part, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
            _pack(given, file)
            file.flush()
            os.fsync(file.fileno())
        try:
            os.link(part, path)  # unlike a rename this never takes the place of another file
        except FileExistsError as error:
            raise StoreError(f"{path} exists: choose another name, or move it away first") from error
    return Done(rows, _shown(given))


def restore(settings: Settings, store: Store, path: Path, keep_at: Path) -> Done:
    """Put a backup in place of all that is there, which is backed up to `keep_at` first.

    Raises StoreError, with nothing changed, where the file is none of ours, damaged, or of a newer version. A
    server that runs takes the edits over by itself, and the files with a restart.
    """
    if not path.is_file():
        raise StoreError(f"{path}: no such file")
    data = settings.data_dir.absolute()
    data.mkdir(parents=True, exist_ok=True)
    keep_at.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    with _told_as(path, "restored"), tempfile.TemporaryDirectory(dir=data, prefix=".restore") as made:
        new, old = Path(made) / "new", Path(made) / "old"
        new.mkdir()
        old.mkdir()

        def keep() -> Done:
            # A damaged SQLite file is not written to again: see `restore_over_damage`.
            return back_up(settings, store, keep_at, is_checked=store.database.is_sqlite)

        if zipfile.is_zipfile(path):
            names = _unpack(path, new)
            with _swapping(new / "data", data, old) as swap:
                rows = store.restore(new / _DATABASE, keep, swap)
        else:
            names, rows = (), store.restore(path, keep)
    Accounts(store, lambda: secret_key(settings)).seal_all()  # as an older version left them
    return Done(rows, _shown(names))


def restore_over_damage(settings: Settings, path: Path, folder: Path) -> Done:
    """Put a backup in place of a SQLite database that is damaged, whose file is moved into `folder`.

    Raises StoreError, with nothing changed, as `restore` does, and while a server uses the file.
    """
    file = settings.database_file
    if file is None:
        raise StoreError("only a SQLite file can be put aside: make a new database and restore into that")
    with Store.put_aside(file, folder):
        store = Store.open(settings.database_url)
        try:
            return restore(settings, store, path, folder / "files.zip")
        finally:
            store.close()


def _shown(names: Iterable[str]) -> tuple[str, ...]:
    return tuple(sorted(name.removeprefix(_DATA) for name in names if name != _DATABASE))


def _own_files(settings: Settings) -> dict[str, Path]:
    """The clinic's own files, by their name in the archive."""
    data = settings.data_dir
    found = [data / PROFILE_FILE, *sorted((data / KNOWLEDGE).rglob("*"))]
    if settings.secret_key is None:
        found.append(data / KEY_FILE)
    kept = (p for p in found if p.is_file() and not p.is_symlink() and not p.name.startswith("."))
    return {_DATA + p.relative_to(data).as_posix(): p for p in kept}


def _pack(given: Mapping[str, Path], file: IO[bytes]) -> None:
    manifest: dict[str, Any] = {
        "format": FORMAT,
        "version": VERSION,
        "program": version("clinic-faq-chatbot"),
        "made": datetime.now(UTC).isoformat(timespec="seconds"),
        "files": {},
    }
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, path in given.items():
            with path.open("rb") as source, archive.open(name, "w", force_zip64=True) as target:
                size, digest = _copy(source, target)
            manifest["files"][name] = {"bytes": size, "sha256": digest}
        archive.writestr(_MANIFEST, json.dumps(manifest, indent=1))


def _unpack(path: Path, folder: Path) -> tuple[str, ...]:
    """Unpack what the manifest names, each file checked; returns the names. Raises StoreError."""
    with zipfile.ZipFile(path) as archive:
        files = _listed(archive, path)
        for name, fact in files.items():
            target = folder / name
            target.parent.mkdir(parents=True, exist_ok=True)
            with archive.open(name) as source, target.open("wb") as kept:
                size, digest = _copy(source, kept)
            if (size, digest) != (fact["bytes"], fact["sha256"]):
                raise StoreError(f"{path} is damaged ({name} is not as it was): take another backup")
            target.chmod(0o600 if name == _DATA + KEY_FILE else 0o644)
    return tuple(files)


def _listed(archive: zipfile.ZipFile, path: Path) -> dict[str, dict[str, Any]]:
    """The files that the manifest names. Raises StoreError where it is no backup that can be read."""
    sizes = {info.filename: info.file_size for info in archive.infolist()}
    foreign = StoreError(f"{path} is no backup of this program: it lacks the manifest of one")
    if not 0 < sizes.get(_MANIFEST, 0) <= _MAX_MANIFEST:
        raise foreign
    try:
        manifest = json.loads(archive.read(_MANIFEST))
        is_ours, made_by = manifest["format"] == FORMAT, int(manifest["version"])
    except (ValueError, TypeError, KeyError) as error:
        raise foreign from error
    if not is_ours:
        raise foreign
    if made_by > VERSION:
        raise StoreError(
            f"{path} was made by a newer version of this program (format {made_by}, known up to {VERSION}):"
            " install that version, or restore an older backup"
        )
    files = dict(manifest.get("files") or {})
    if _DATABASE not in files or not all(name in sizes for name in files):
        raise StoreError(f"{path} is damaged (a file is missing): take another backup")
    for name in files:
        if name != _DATABASE and not _OURS.fullmatch(name):
            raise StoreError(f"{path} is no backup of this program: it holds {name[:80]!r}")
    if sum(sizes[name] for name in files) > MAX_BYTES:
        raise StoreError(f"{path} would unpack to over {MAX_BYTES / 1e9:.0f} GB: it is no backup of ours")
    return files


@contextmanager
def _swapping(new: Path, data: Path, old: Path) -> Iterator[Any]:
    """A function that puts the files of `new` into the data folder; taken back if what follows it fails."""
    moved: list[tuple[Path, Path]] = []

    def move(source: Path, target: Path) -> None:
        if source.exists():
            os.replace(source, target)
            moved.append((source, target))

    def swap() -> None:
        names = [PROFILE_FILE, KNOWLEDGE]
        names += [KEY_FILE] if (new / KEY_FILE).exists() else []  # a desk is never left without its key
        for name in names:
            move(data / name, old / name)
            move(new / name, data / name)

    try:
        yield swap
    except BaseException:
        for source, target in reversed(moved):
            os.replace(target, source)
        raise


def _copy(source: IO[bytes], target: IO[bytes]) -> tuple[int, str]:
    size, digest = 0, hashlib.sha256()
    while block := source.read(_CHUNK):
        size += len(block)
        digest.update(block)
        target.write(block)
    return size, digest.hexdigest()


@contextmanager
def _told_as(path: Path, done: str) -> Iterator[None]:
    """Turn what archives and disks raise into one line of ours."""
    try:
        yield
    except zipfile.BadZipFile as error:
        raise StoreError(f"{path} is damaged ({error}): take another backup") from error
    except (OSError, zlib.error, EOFError, NotImplementedError, RuntimeError) as error:
        raise StoreError(f"{path} could not be {done}: {error}") from error
