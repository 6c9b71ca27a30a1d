"""Backup and restore: one file, one state, all or nothing; the same on SQLite and on PostgreSQL."""

import sqlite3
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from chatbot.errors import StoreError
from chatbot.model import Change
from chatbot.store import Store


@pytest.fixture(params=["sqlite", "postgresql"])
def kept(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Store]:
    is_sqlite = request.param == "sqlite"
    url = f"sqlite:///{tmp_path}/chatbot.db" if is_sqlite else request.getfixturevalue("postgres_url")
    store = Store.open(url)
    store.edits.save([change("first", 0)], by="Ann")
    store.probes.set("do you have parking", "parking", by="Ann")
    store.switch(off=True)
    yield store
    store.close()


def change(text: str, based_on: int, key: str = "parking") -> Change:
    return Change("topic", key, {"answer": text}, based_on)


def test_what_was_backed_up_comes_back_and_what_came_after_is_kept_beside(
    kept: Store, tmp_path: Path
) -> None:
    backup, before = tmp_path / "backup.db", tmp_path / "kept" / "before.db"
    assert kept.back_up(backup) == 4
    assert backup.stat().st_mode & 0o777 == 0o600
    edited = kept.edits.history()
    kept.edits.save([change("second", edited[0].id)], by="Ben")
    kept.switch(off=False)
    assert kept.restore(backup, before) == 4
    assert (kept.edits.history(), kept.is_off(), kept.edits.revision()) == (edited, True, 1)
    assert kept.edits.save([change("third", edited[0].id)], by="Cy") == 2
    assert kept.probes.set("and food", None, by="Cy") == 2
    kept.restore(before, tmp_path / "again.db")
    assert [str(e.body) for e in kept.edits.history()] == ["{'answer': 'second'}", "{'answer': 'first'}"]


def test_a_backup_of_one_database_can_be_restored_into_the_other(
    kept: Store, tmp_path: Path, postgres_url: str
) -> None:
    kept.back_up(tmp_path / "backup.db")
    for url in (postgres_url, f"sqlite:///{tmp_path}/other.db"):
        other = Store.open(url)
        other.restore(tmp_path / "backup.db", tmp_path / f"before-{url[:3]}.db")
        assert other.edits.history() == kept.edits.history()
        other.close()


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


def test_a_file_that_is_there_is_never_written_over(kept: Store, tmp_path: Path) -> None:
    (tmp_path / "mine").write_text("dear diary")
    with pytest.raises(StoreError, match="mine exists: choose another name"):
        kept.back_up(tmp_path / "mine")
    with pytest.raises(StoreError, match="no such folder"):
        kept.back_up(tmp_path / "nowhere" / "backup.db")
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
def test_what_is_not_ours_or_newer_changes_nothing(kept: Store, bad: Path, fact: str, tmp_path: Path) -> None:
    with pytest.raises(StoreError, match=fact):
        kept.restore(bad, tmp_path / "before.db")
    assert kept.is_off()
    assert not (tmp_path / "before.db").exists()
