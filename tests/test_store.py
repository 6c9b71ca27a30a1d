"""The database: what is kept, and what is said when it cannot be."""

import re
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path

import pytest
from desk import rate

from chatbot.errors import StoreError
from chatbot.store import Store


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "data" / "chatbot.db"


@pytest.fixture
def kept(path: Path) -> Iterator[Store]:
    store = Store.open(f"sqlite:///{path}")
    yield store
    store.close()


def test_the_folder_and_the_tables_are_made_where_they_are_missing(kept: Store, path: Path) -> None:
    assert path.is_file()
    assert kept.feedback() == []
    assert kept.is_reachable()


def test_a_rating_is_kept_with_its_day(kept: Store) -> None:
    before = datetime.now(UTC).date()
    rate(kept, "r1", "cost", helpful=False, comment="too vague")
    (row,) = kept.feedback()
    assert before <= row.pop("day") <= datetime.now(UTC).date()
    assert row == {"reply_id": "r1", "topic": "cost", "helpful": False, "comment": "too vague"}


def test_the_last_rating_of_a_reply_counts(kept: Store) -> None:
    rate(kept, "r1", "cost", helpful=False, comment="too vague")
    rate(kept, "r1", "cost", helpful=True, comment=None)
    assert [(r["helpful"], r["comment"]) for r in kept.feedback()] == [(True, None)]


def test_ratings_of_different_replies_stand_side_by_side(kept: Store) -> None:
    rate(kept, "r1", "cost", helpful=True, comment=None)
    rate(kept, "r2", None, helpful=True, comment=None)
    assert {r["reply_id"]: r["topic"] for r in kept.feedback()} == {"r1": "cost", "r2": None}


def test_ratings_from_many_threads_are_all_kept_and_each_once(kept: Store) -> None:
    with ThreadPoolExecutor(8) as threads:
        done = [threads.submit(rate, kept, f"r{i % 10}", None, helpful=True, comment=None) for i in range(60)]
    assert [d.exception() for d in done] == [None] * 60
    assert sorted(r["reply_id"] for r in kept.feedback()) == [f"r{i}" for i in range(10)]


def test_the_bot_is_on_until_it_is_switched_off_and_on_again_afterwards(kept: Store) -> None:
    states = [kept.is_off()]
    for off in (True, True, False):
        kept.switch(off=off)
        states.append(kept.is_off())
    assert states == [False, True, True, False]


def test_another_process_sees_what_was_kept(kept: Store, path: Path) -> None:
    kept.switch(off=True)
    rate(kept, "r1", "cost", helpful=True, comment=None)
    other = Store.open(f"sqlite:///{path}")
    assert other.is_off()
    assert [r["reply_id"] for r in other.feedback()] == ["r1"]
    other.close()


@pytest.mark.parametrize("url", ["sqlite:///{folder}", "sqlite:///{file}/chatbot.db", "sqlite:///{file}"])
def test_a_file_that_is_no_database_is_one_clear_error(url: str, tmp_path: Path) -> None:
    file = tmp_path / "notes.txt"
    file.write_text("not a database, but long enough to be taken for the head of one\n" * 40)
    address = url.format(folder=tmp_path, file=file)
    with pytest.raises(StoreError) as raised:
        Store.open(address)
    assert re.match(rf"the database {address} (cannot be opened: |is damaged \()", str(raised.value))
    assert "\n" not in str(raised.value)
    assert file.read_text().startswith("not a database")


@pytest.mark.parametrize(
    "url",
    [
        "postgresql+psycopg://desk:pass-phrase@127.0.0.1:1/chat?connect_timeout=2",
        "postgresql+psycopg://desk@127.0.0.1:1/chat?password=pass-phrase",
        "postgresql+psycopg://desk:pass-phrase@127.0.0.1:port/chat",
        "sqlite:/desk:pass-phrase",
    ],
)
def test_a_database_that_cannot_be_reached_is_one_clear_error_without_the_password(url: str) -> None:
    with pytest.raises(StoreError) as raised:
        Store.open(url)
    assert str(raised.value).startswith("the database ")
    assert "\n" not in str(raised.value)
    assert "pass-phrase" not in str(raised.value)


def test_a_database_that_goes_away_is_unreachable_and_says_so(kept: Store, path: Path) -> None:
    kept.close()
    for file in path.parent.iterdir():
        file.unlink()
    path.parent.rmdir()
    assert not kept.is_reachable()
    with pytest.raises(StoreError, match="the database did not answer: "):
        rate(kept, "r1", None, helpful=True, comment=None)


def test_a_second_server_on_one_file_is_refused_and_a_command_is_not(kept: Store, path: Path) -> None:
    url = f"sqlite:///{path}"
    server = Store.open(url, is_server=True)
    with pytest.raises(
        StoreError, match="in use by another server: SQLite is for one process; stop it, or set"
    ):
        Store.open(url, is_server=True)
    kept.switch(off=True)
    assert server.is_off()
    server.close()
    Store.open(url, is_server=True).close()


def test_a_change_that_fails_takes_no_other_with_it(kept: Store) -> None:
    def fail(_: object) -> None:
        raise ValueError("no")

    with ThreadPoolExecutor(8) as threads:
        failed = [threads.submit(kept.database.write, fail) for _ in range(20)]
        done = [threads.submit(rate, kept, f"r{i}", None, helpful=True, comment=None) for i in range(20)]
    assert {str(f.exception()) for f in failed} == {"no"}
    assert [d.exception() for d in done] == [None] * 20
    assert len(kept.feedback()) == 20
