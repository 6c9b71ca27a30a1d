"""Backup and restore: one file, one state, all or nothing; the same on SQLite and on PostgreSQL."""

import json
import os
import sqlite3
import threading
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from chatbot import backup
from chatbot.errors import StoreError
from chatbot.records import Change
from chatbot.settings import Settings
from chatbot.store import Store


@pytest.fixture(params=["sqlite", "postgresql"])
def kept(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Store]:
    is_sqlite = request.param == "sqlite"
    url = f"sqlite:///{tmp_path}/desk/chatbot.db" if is_sqlite else request.getfixturevalue("postgres_url")
    store = Store.open(url)
    store.edits.save([change("first", 0)], by="Ann")
    store.probes.set("do you have parking", "parking", by="Ann")
    store.switch(off=True)
    yield store
    store.close()


FILES = ("clinic.toml", "knowledge/articles/one.html", "secret.key")


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    """Settings whose data folder holds what a backup takes along."""
    for name in FILES:
        write(tmp_path / "desk", name, "first")
    return Settings(data_dir=tmp_path / "desk")


def write(folder: Path, name: str, text: str) -> None:
    (folder / name).parent.mkdir(parents=True, exist_ok=True)
    (folder / name).write_text(text)


def read(folder: Path) -> dict[str, str]:
    own = [folder / "clinic.toml", folder / "secret.key", *(folder / "knowledge").rglob("*")]
    return {p.relative_to(folder).as_posix(): p.read_text() for p in own if p.is_file()}


def change(text: str, based_on: int, key: str = "parking") -> Change:
    return Change("topic", key, {"answer": text}, based_on)


def test_what_was_backed_up_comes_back_and_what_came_after_is_kept_beside(
    kept: Store, settings: Settings, tmp_path: Path
) -> None:
    file, before = tmp_path / "backup.zip", tmp_path / "kept" / "before.zip"
    assert backup.back_up(settings, kept, file) == (5, FILES)
    assert file.stat().st_mode & 0o777 == 0o600
    edited = kept.edits.history()
    kept.edits.save([change("second", edited[0].id)], by="Ben")
    kept.switch(off=False)
    write(settings.data_dir, "clinic.toml", "later")
    write(settings.data_dir, "knowledge/articles/later.html", "later")
    assert backup.restore(settings, kept, file, before) == (5, FILES)
    assert (kept.edits.history(), kept.is_off()) == (edited, True)
    assert read(settings.data_dir) == dict.fromkeys(FILES, "first")
    assert kept.edits.save([change("third", edited[0].id)], by="Cy") == 4
    assert kept.probes.set("and food", None, by="Cy") == 2
    backup.restore(settings, kept, before, tmp_path / "again.zip")
    later = {"clinic.toml": "later", "knowledge/articles/later.html": "later"}
    assert read(settings.data_dir) == dict.fromkeys(FILES, "first") | later
    assert [str(e.body) for e in kept.edits.history()] == ["{'answer': 'second'}", "{'answer': 'first'}"]


def test_a_backup_of_one_database_can_be_restored_into_the_other(
    kept: Store, tmp_path: Path, postgres_url: str
) -> None:
    kept.back_up(tmp_path / "backup.db")
    for url in (postgres_url, f"sqlite:///{tmp_path}/other.db"):
        other = Store.open(url)
        other.restore(tmp_path / "backup.db", lambda: None)
        assert other.edits.history() == kept.edits.history()
        other.close()


def test_a_restore_never_leaves_the_revision_where_a_server_last_saw_it(kept: Store, tmp_path: Path) -> None:
    kept.back_up(tmp_path / "backup.db")
    kept.restore(tmp_path / "backup.db", lambda: None)
    assert kept.edits.revision() == 2


def test_a_bare_database_of_an_older_version_leaves_the_files_alone(
    kept: Store, settings: Settings, tmp_path: Path
) -> None:
    kept.back_up(tmp_path / "old.db")
    kept.switch(off=False)
    assert backup.restore(settings, kept, tmp_path / "old.db", tmp_path / "before.zip") == (5, ())
    assert kept.is_off()
    assert read(settings.data_dir) == dict.fromkeys(FILES, "first")
    assert (tmp_path / "before.zip").exists()


def test_a_key_of_the_environment_belongs_to_the_machine(
    kept: Store, settings: Settings, tmp_path: Path
) -> None:
    settings = replace(settings, secret_key="a key that is long enough")  # noqa: S106 - known to tests alone
    assert "secret.key" not in backup.back_up(settings, kept, tmp_path / "backup.zip").files


def test_a_backup_under_writes_is_of_one_piece(kept: Store, tmp_path: Path) -> None:
    is_over = threading.Event()

    def write() -> None:
        number = 0
        while not is_over.is_set():
            number += 1
            kept.edits.save([change("x", 0, f"a{number}"), change("x", 0, f"b{number}")], by="Ben")

    writer = threading.Thread(target=write)
    writer.start()
    try:
        for number in range(5):
            kept.back_up(tmp_path / f"{number}.db")
    finally:
        is_over.set()
        writer.join()
    for number in range(5):
        other = Store.open(f"sqlite:///{tmp_path}/{number}.db")
        edits = other.edits.layer()[1]
        assert other.edits.revision() == max(e.revision for e in edits)
        assert len(edits) == 2 * other.edits.revision() - 1
        other.close()


def test_a_file_that_is_there_is_never_written_over(kept: Store, settings: Settings, tmp_path: Path) -> None:
    (tmp_path / "mine").write_text("dear diary")
    for back_up in (kept.back_up, lambda path: backup.back_up(settings, kept, path)):
        with pytest.raises(StoreError, match="mine exists: choose another name"):
            back_up(tmp_path / "mine")
        with pytest.raises(StoreError, match="no such folder"):
            back_up(tmp_path / "nowhere" / "backup.zip")
    assert (tmp_path / "mine").read_text() == "dear diary"


@pytest.fixture
def bad(tmp_path: Path, request: pytest.FixtureRequest) -> Path:
    """A file that must not be restored, of the sort that the test names."""
    path = tmp_path / "bad.db"
    if request.param == "missing":
        return path
    if request.param == "text":
        path.write_text("not a database, but long enough to be taken for the head of one\n" * 40)
    elif request.param == "empty":
        path.write_bytes(b"")
    elif request.param == "foreign":
        with sqlite3.connect(path) as connection:
            connection.execute("CREATE TABLE invoices (id INTEGER)")
        connection.close()
    else:
        Store.open(f"sqlite:///{path}").close()
        with sqlite3.connect(path) as connection:
            connection.execute("UPDATE alembic_version SET version_num = '9999'")
        connection.close()
    return path


@pytest.mark.parametrize(
    ("bad", "fact"),
    [
        ("missing", "no such file"),
        ("text", "no backup of this program"),
        ("empty", "no backup of this program"),
        ("foreign", "no backup of this program"),
        ("newer", "newer version of this program"),
    ],
    indirect=["bad"],
)
def test_what_is_not_ours_or_newer_changes_nothing(
    kept: Store, settings: Settings, bad: Path, fact: str, tmp_path: Path
) -> None:
    with pytest.raises(StoreError, match=fact):
        backup.restore(settings, kept, bad, tmp_path / "before.zip")
    assert kept.is_off()
    assert not (tmp_path / "before.zip").exists()


Files = dict[str, bytes]


def without_manifest(files: Files) -> None:
    del files["manifest.json"]


def newer(files: Files) -> None:
    manifest = json.loads(files["manifest.json"])
    files["manifest.json"] = json.dumps({**manifest, "version": 2}).encode()


def changed(files: Files) -> None:
    files["data/clinic.toml"] = b"evil!"


def short(files: Files) -> None:
    del files["data/clinic.toml"]


def climbing(files: Files) -> None:
    manifest = json.loads(files["manifest.json"])
    for name in ("data/knowledge/../../../evil", "data/other.toml"):
        files[name] = b"first"
        manifest["files"][name] = manifest["files"]["data/clinic.toml"]
    files["manifest.json"] = json.dumps(manifest).encode()


@pytest.mark.parametrize(
    ("spoil", "fact"),
    [
        (without_manifest, "lacks the manifest"),
        (newer, "newer version of this program"),
        (changed, "damaged .data/clinic.toml is not as it was"),
        (short, "damaged .a file is missing"),
        (climbing, "no backup of this program: it holds"),
    ],
)
@pytest.mark.parametrize("kept", ["sqlite"], indirect=True)
def test_an_archive_that_is_spoilt_changes_nothing(
    kept: Store, settings: Settings, spoil: Callable[[Files], None], fact: str, tmp_path: Path
) -> None:
    backup.back_up(settings, kept, tmp_path / "backup.zip")
    kept.switch(off=False)
    write(settings.data_dir, "clinic.toml", "later")
    with zipfile.ZipFile(tmp_path / "backup.zip") as archive:
        files = {name: archive.read(name) for name in archive.namelist()}
    spoil(files)
    with zipfile.ZipFile(tmp_path / "spoilt.zip", "w") as archive:
        for name, data in files.items():
            archive.writestr(name, data)
    with pytest.raises(StoreError, match=fact):
        backup.restore(settings, kept, tmp_path / "spoilt.zip", tmp_path / "before.zip")
    assert not kept.is_off()
    assert read(settings.data_dir)["clinic.toml"] == "later"
    assert not list(tmp_path.rglob("evil"))
    assert not list(settings.data_dir.glob(".restore*"))


@pytest.mark.parametrize("kept", ["sqlite"], indirect=True)
def test_a_restore_that_fails_at_the_last_takes_files_and_rows_back(
    kept: Store, settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    backup.back_up(settings, kept, tmp_path / "backup.zip")
    kept.switch(off=False)
    for name in FILES:
        write(settings.data_dir, name, "later")
    before, move = read(settings.data_dir), os.replace

    def full(source: Path, target: Path) -> None:
        if Path(target) == settings.data_dir / "secret.key" and "new" in Path(source).parts:
            raise OSError(28, "No space left on device")
        move(source, target)

    monkeypatch.setattr("chatbot.backup.os.replace", full)
    with pytest.raises(StoreError, match="No space left"):
        backup.restore(settings, kept, tmp_path / "backup.zip", tmp_path / "before.zip")
    assert not kept.is_off()
    assert read(settings.data_dir) == before
