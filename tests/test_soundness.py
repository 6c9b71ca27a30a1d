"""Damage: whatever happens to the bytes of a file, nobody is told what was never saved."""

import json
import random
import shutil
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing
from datetime import date
from pathlib import Path

import pytest
import sqlalchemy as sa
from faulty import times
from small import KNOWLEDGE

from chatbot import Bot, Settings, backup
from chatbot.content import Knowledge
from chatbot.editing import body_of
from chatbot.errors import DamageError, StoreError
from chatbot.live import Live
from chatbot.model import Entry
from chatbot.records import Change, Edit
from chatbot.shelf import read_page
from chatbot.store import Store, schema
from chatbot.store.file import APPLICATION

TRIALS = times(120)


def changes(store: Store, text: str) -> list[Change]:
    versions = {e.key: e.id for e in store.edits.layer()[1]}
    entries = [Entry(f"topic-{n}", f"Question {n}?", f"{text} {n}. " * 40) for n in range(20)]
    return [Change("topic", e.id, body_of(e), versions.get(e.id, 0)) for e in entries]


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """A database of forty edits, with nothing beside it."""
    path = tmp_path / "chatbot.db"
    store = Store.open(f"sqlite:///{path}")
    for text in ("It was so", "It is so"):
        store.edits.save(changes(store, text), by="Ann")
    store.close()
    return path


def read(path: Path) -> tuple[int, tuple[Edit, ...]]:
    store = Store.open(f"sqlite:///{path}")
    try:
        return store.edits.layer()
    finally:
        store.close()


def test_of_random_damage_to_the_database_nothing_reaches_an_answer(path: Path, tmp_path: Path) -> None:
    whole, content, noticed, told = read(path), path.read_bytes(), 0, set()
    chance = random.Random(8)  # noqa: S311 - to be repeated, not to be secret
    for number in range(TRIALS):
        damaged, place = bytearray(content), chance.randrange(len(content) - 64)
        damaged[place : place + 64] = chance.randbytes(64)
        file = tmp_path / f"damaged-{number}.db"
        file.write_bytes(damaged)
        try:
            assert read(file)[1] == whole[1]
        except StoreError as error:
            noticed += isinstance(error, DamageError)
            told.add(f"database {'sqlite:///' if 'sqlite' in str(error) else ''}{file}" in str(error))
        file.unlink()
    assert told == {True}  # every time, which file
    assert noticed > TRIALS / 20  # or the damage has missed what it was meant for


COLUMNS = {
    "revision": 1,
    "kind": "line",
    "key": "topic-0",
    "body": json.dumps({"answer": "Take two."}),
    "at": "2020-01-01 00:00:00.000000",
    "by": "Eve",
    "why": "because",
    "undoes": 1,
    "digest": "0" * 64,
}


@pytest.mark.parametrize("column", COLUMNS)
def test_a_changed_column_of_an_edit_is_noticed_by_whoever_reads_it(path: Path, column: str) -> None:
    query = f"UPDATE edits SET {column} = ? WHERE id = 40"  # noqa: S608 - names of ours
    run(path, query, COLUMNS[column])
    store = Store.open(f"sqlite:///{path}")
    calls: list[Callable[[], object]] = [store.edits.layer, store.edits.check, store.edits.history]
    calls.append(lambda: store.back_up(path.with_name("backup.db")))
    for call in calls:
        with pytest.raises(DamageError):
            call()
    store.close()
    assert not path.with_name("backup.db").exists()


@pytest.mark.parametrize(
    "statement",
    [
        "DELETE FROM edits WHERE id = 40",
        "DELETE FROM edits WHERE id = 1",
        "UPDATE edits SET id = 100 WHERE id = 1",  # what was overwritten would be the newest again
        "UPDATE edits SET id = 1000 - id",
        "UPDATE meta SET value = value + 1 WHERE name = 'edits'",
        "DELETE FROM meta WHERE name = 'edits'",
        "UPDATE edits SET body = '{\"answer\": ' WHERE id = 40",
        "UPDATE edits SET at = 'yesterday' WHERE id = 40",
        "UPDATE edits SET body = CAST(x'ff00ff' AS TEXT) WHERE id = 40",
    ],
)
def test_an_edit_that_is_lost_moved_or_spoilt_is_noticed(path: Path, statement: str) -> None:
    run(path, statement)
    with pytest.raises(DamageError, match="stop the server and restore the newest backup"):
        read(path)


def run(path: Path, statement: str, *values: object) -> None:
    with closing(sqlite3.connect(path)) as connection:
        connection.execute(statement, values)
        connection.commit()


# --- what is not ours ---------------------------------------------------------------------------------


def test_the_file_says_whose_it_is_and_is_made_whole_or_not_at_all(tmp_path: Path) -> None:
    path = tmp_path / "chatbot.db"
    store = Store.open(f"sqlite:///{path}")
    with store.database.read() as connection:
        assert connection.exec_driver_sql("PRAGMA application_id").scalar() == APPLICATION
        assert connection.exec_driver_sql("PRAGMA synchronous").scalar() == 2
        assert connection.exec_driver_sql("PRAGMA journal_mode").scalar() == "wal"
    store.close()
    assert [p.name for p in tmp_path.iterdir()] == ["chatbot.db"]


def test_an_empty_file_is_no_new_database(tmp_path: Path) -> None:
    (tmp_path / "chatbot.db").touch()
    with pytest.raises(DamageError, match=r"chatbot\.db is damaged \(the file is empty"):
        Store.open(f"sqlite:///{tmp_path}/chatbot.db")
    assert (tmp_path / "chatbot.db").stat().st_size == 0


def test_another_programs_file_is_refused_whatever_its_tables_are(path: Path) -> None:
    run(path, "PRAGMA application_id = 252006673")
    before = path.read_bytes()
    with pytest.raises(StoreError, match=r"another program's \(application id 252006673\)"):
        Store.open(f"sqlite:///{path}")
    assert path.read_bytes() == before


# --- who goes on, who does not start ------------------------------------------------------------------


@pytest.fixture
def live(path: Path, bot: Bot) -> Iterator[Live]:
    settings = Settings(data_dir=path.parent)
    store = Store.open(settings.database_url)
    yield Live(settings, store, bot, KNOWLEDGE)
    store.close()


def test_a_server_that_finds_damage_says_so_once_and_answers_as_before(
    live: Live, path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    run(path, "UPDATE edits SET body = '{}' WHERE id = 40")
    for _ in range(2):
        live.look_for_damage(date.today())
    assert live.damage == "edit 40 is not as it was saved"
    assert [r.getMessage() for r in caplog.records] == ["database-damaged"]
    assert not live.check()
    assert str(path) not in live.problem + live.damage
    assert live.failures == 1
    assert live.bot.reply("How long does an IOP last?").kind == "answer"


def test_a_start_on_a_damaged_database_is_refused_with_the_cure(path: Path) -> None:
    run(path, "DELETE FROM edits WHERE id = 40")
    settings = Settings(data_dir=path.parent)
    store = Store.open(settings.database_url)
    with pytest.raises(DamageError, match=r"chatbot\.db is damaged .*'chatbot restore FILE'"):
        Live.open(settings, store)
    store.close()


# --- and back -----------------------------------------------------------------------------------------


@pytest.fixture
def kept(path: Path, tmp_path: Path) -> Path:
    """A backup of the database as it is."""
    settings = Settings(data_dir=path.parent)
    store = Store.open(settings.database_url)
    backup.back_up(settings, store, tmp_path / "kept.zip")
    store.close()
    return tmp_path / "kept.zip"


@pytest.mark.parametrize("content", [b"", b"no database at all " * 1000, None])
def test_a_backup_is_restored_over_any_damage_and_the_damaged_file_is_kept(
    path: Path, kept: Path, content: bytes | None
) -> None:
    whole = read(path)
    if content is None:
        run(path, "UPDATE edits SET body = '{}' WHERE id = 40")
    else:
        path.write_bytes(content)
    damaged, aside = path.read_bytes(), path.parent / "aside"
    backup.restore_over_damage(Settings(data_dir=path.parent), kept, aside)
    assert read(path)[1] == whole[1]
    assert (aside / "chatbot.db").read_bytes() == damaged


def test_a_restore_that_fails_leaves_the_damaged_file_where_it_was(path: Path, tmp_path: Path) -> None:
    path.write_bytes(b"no database")
    (tmp_path / "bad.zip").write_bytes(b"nor a backup")
    with pytest.raises(StoreError, match="no backup of this program"):
        backup.restore_over_damage(Settings(data_dir=path.parent), tmp_path / "bad.zip", tmp_path / "aside")
    assert path.read_bytes() == b"no database"


def test_a_damaged_database_is_not_taken_from_under_a_server(path: Path, kept: Path, tmp_path: Path) -> None:
    store = Store.open(f"sqlite:///{path}", is_server=True)
    with pytest.raises(StoreError, match="in use by a server: stop it first"):
        backup.restore_over_damage(Settings(data_dir=path.parent), kept, tmp_path / "aside")
    store.close()


def test_a_backup_that_is_damaged_is_not_restored_and_not_mistaken_for_damage_here(
    path: Path, tmp_path: Path
) -> None:
    shutil.copy(path, tmp_path / "old.db")
    run(tmp_path / "old.db", "UPDATE edits SET body = '{}' WHERE id = 40")
    store = Store.open(f"sqlite:///{path}")
    with pytest.raises(StoreError, match=r"old\.db is damaged \(edit 40") as raised:
        backup.restore(Settings(data_dir=path.parent), store, tmp_path / "old.db", tmp_path / "before.zip")
    assert not isinstance(raised.value, DamageError)
    store.close()


# --- other files --------------------------------------------------------------------------------------


def test_an_article_on_the_shelf_with_one_letter_changed_is_read_anew(tmp_path: Path) -> None:
    page = (Path(__file__).parent / "pages" / "senior-cat.txt").read_bytes()
    whole = read_page(page, "senior-cat.txt", tmp_path)
    (kept,) = tmp_path.glob("article-*.json")
    content = kept.read_bytes()
    for place in range(0, len(content), max(len(content) // 40, 1)):
        kept.write_bytes(content[:place] + bytes([content[place] ^ 1]) + content[place + 1 :])
        assert read_page(page, "senior-cat.txt", tmp_path) == whole
        kept.write_bytes(content)


def test_the_delivered_folder_on_the_shelf_with_one_letter_changed_is_read_anew(tmp_path: Path) -> None:
    whole = Knowledge.load(shelf=tmp_path)
    (kept,) = tmp_path.glob("folder-*.json")
    content = kept.read_bytes()
    for place in range(0, len(content), len(content) // 3):
        kept.write_bytes(content[:place] + bytes([content[place] ^ 1]) + content[place + 1 :])
        assert Knowledge.load(shelf=tmp_path) == whole
        kept.write_bytes(content)


# --- from the version before --------------------------------------------------------------------------


@pytest.mark.parametrize("kind", ["sqlite", "postgresql"])
def test_edits_of_the_version_before_are_sound_from_the_upgrade_on(
    kind: str, path: Path, request: pytest.FixtureRequest
) -> None:
    url = f"sqlite:///{path}" if kind == "sqlite" else str(request.getfixturevalue("postgres_url"))
    store = Store.open(url)
    if kind == "postgresql":
        store.edits.save(changes(store, "It is so"), by="Ann", why="new")
    whole = store.edits.history()
    store.close()
    engine = sa.create_engine(url)
    with engine.begin() as connection:
        for statement in (
            "ALTER TABLE edits DROP COLUMN digest",
            "DELETE FROM meta WHERE name = 'edits'",
            "DROP TABLE learned",
            "DROP TABLE replicas",
            "UPDATE alembic_version SET version_num = '0001'",
        ):
            connection.execute(sa.text(statement))
    engine.dispose()
    store = Store.open(url)
    assert (store.version(), store.edits.history()) == (schema.HEAD, whole)
    store.check()
    topic = changes(store, "It will be so")[:1]
    store.edits.save(topic, by="Ben")
    store.check()
    store.close()
