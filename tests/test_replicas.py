"""Several processes on one PostgreSQL: one builds for all, all hear of a save, and each is seen."""

import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa
from serving import wait_until
from test_live import change

from chatbot import Bot, Settings, Store
from chatbot.depot import Depot
from chatbot.editing import profile_change
from chatbot.engine import is_whole, save_arrays
from chatbot.live import Live
from chatbot.presence import Presence
from chatbot.store.learned import KEPT
from chatbot.vectors import Arrays

PATIENCE_S = 240
BUILDER = """
import sys, time
from chatbot import Store
with Store.open(sys.argv[1]).learned.turn("engine-1.bin") as is_mine:
    print(is_mine, flush=True)
    time.sleep(600)
"""


@pytest.fixture
def stores(postgres_url: str) -> Iterator[tuple[Store, Store]]:
    """One database, as two processes have it."""
    opened = Store.open(postgres_url), Store.open(postgres_url)
    yield opened
    for store in opened:
        store.close()


@pytest.fixture
def arrays(bot: Bot) -> Arrays:
    """More than fits into one part of a file in the database."""
    return bot.engine.arrays()


def test_one_builds_while_the_others_wait_and_then_load(
    stores: tuple[Store, Store], tmp_path: Path, arrays: Arrays
) -> None:
    built: list[Path] = []

    def have(store: Store, folder: Path) -> None:
        file = folder / "engine-1.bin"

        def build() -> None:
            time.sleep(0.5)
            save_arrays(file, arrays)
            built.append(file)

        Depot(store).have([file], build)

    folders = [tmp_path / "one", tmp_path / "other"]
    threads = [threading.Thread(target=have, args=pair) for pair in zip(stores, folders, strict=True)]
    for folder, thread in zip(folders, threads, strict=True):
        folder.mkdir()
        thread.start()
    for thread in threads:
        thread.join(PATIENCE_S)
    assert len(built) == 1
    one, other = (folder / "engine-1.bin" for folder in folders)
    assert one.read_bytes() == other.read_bytes()


def test_whoever_builds_and_ends_in_the_middle_leaves_the_turn_to_the_next(
    stores: tuple[Store, Store], tmp_path: Path, arrays: Arrays
) -> None:
    store, _ = stores
    command = [sys.executable, "-c", BUILDER, store.database.engine.url.render_as_string(hide_password=False)]
    file = tmp_path / "engine-1.bin"
    with subprocess.Popen(command, stdout=subprocess.PIPE) as builder:
        assert builder.stdout
        assert builder.stdout.readline() == b"True\n"
        with store.learned.turn(file.name) as is_mine:
            assert not is_mine
        builder.kill()
    Depot(store).have([file], lambda: save_arrays(file, arrays))
    assert store.learned.has(file.name)


def test_a_file_that_is_not_whole_is_never_used_and_built_anew(
    stores: tuple[Store, Store], tmp_path: Path, arrays: Arrays
) -> None:
    store, _ = stores
    (tmp_path / "there").mkdir()
    damaged = tmp_path / "there" / "engine-1.bin"
    save_arrays(damaged, arrays)
    damaged.write_bytes(damaged.read_bytes()[:-1] + b"\1")
    store.learned.put(damaged.name, damaged)
    file = tmp_path / damaged.name
    Depot(store).have([file], lambda: save_arrays(file, arrays))
    assert is_whole(file)
    assert b"".join(store.learned.get(file.name)) == file.read_bytes()


def test_without_its_database_everybody_builds(stores: tuple[Store, Store], tmp_path: Path) -> None:
    store, _ = stores
    with store.database.engine.begin() as connection:
        connection.execute(sa.text("DROP TABLE learned"))
    built: list[str] = []
    Depot(store).have([tmp_path / "engine-1.bin"], lambda: built.append("here"))
    assert built == ["here"]


def test_the_latest_few_files_of_a_sort_are_kept(stores: tuple[Store, Store], tmp_path: Path) -> None:
    store, _ = stores
    file = tmp_path / "some"
    file.write_bytes(b"x" * 3_000_000)
    for number in range(KEPT + 2):
        store.learned.put(f"engine-{number}.bin", file)
    store.learned.put("guard-0.bin", file)
    there = [store.learned.has(f"engine-{number}.bin") for number in range(KEPT + 2)]
    assert there == [False, False, *[True] * KEPT]
    assert store.learned.has("guard-0.bin")


def test_a_save_in_one_process_is_heard_in_another_at_once(stores: tuple[Store, Store]) -> None:
    one, other = stores
    never = threading.Event()
    other.news.wait(0.01, never)  # listens from now on
    saved = threading.Timer(0.2, lambda: one.edits.save([change()], by="Ann"))
    saved.start()
    began = time.monotonic()
    other.news.wait(PATIENCE_S, never)
    assert time.monotonic() - began < PATIENCE_S / 2
    saved.join()
    other.news.close()


def test_each_process_is_counted_until_it_leaves(stores: tuple[Store, Store]) -> None:
    one, other = stores
    revision = 0
    presences = [Presence(one, lambda: revision), Presence(other, lambda: 0)]
    for presence in presences:
        presence.start()
    wait_until(lambda: one.replicas.spread() == (2, 2))
    revision = one.edits.save([change()], by="Ann")
    presences[0].tell()
    wait_until(lambda: other.replicas.spread() == (1, 2))
    presences[1].stop()
    assert one.replicas.spread() == (1, 1)
    presences[0].stop()
    assert one.replicas.spread() == (0, 0)


def test_one_that_is_killed_and_started_anew_is_counted_once(stores: tuple[Store, Store]) -> None:
    killed, anew = (Presence(store, lambda: 0, "127.0.0.1:8000") for store in stores)
    elsewhere = Presence(stores[0], lambda: 0, "127.0.0.1:8001")
    for presence in (killed, anew, elsewhere):
        presence.start()
    wait_until(lambda: stores[0].replicas.spread() == (2, 2))
    for presence in (killed, anew, elsewhere):
        presence.stop()


def test_one_that_gives_no_sign_of_life_is_gone(stores: tuple[Store, Store]) -> None:
    store, _ = stores
    store.replicas.beat("killed", 0)
    with store.database.engine.begin() as connection:
        connection.execute(sa.text("UPDATE replicas SET seen = seen - interval '20 seconds'"))
    assert store.replicas.spread() == (0, 0)
    store.replicas.beat("alive", 0)
    with store.database.engine.begin() as connection:
        assert connection.execute(sa.text("SELECT name FROM replicas")).scalars().all() == ["alive"]


def test_a_change_is_live_on_all_when_the_desk_says_so(
    stores: tuple[Store, Store], tmp_path: Path, bot: Bot
) -> None:
    lives = [
        Live(Settings(data_dir=tmp_path / str(n), database_url="sqlite://"), store, bot)
        for n, store in enumerate(stores)
    ]
    for live in lives:
        live.start()
    wait_until(lambda: lives[0].spread() == (2, 2))
    facts = profile_change({"name": "River Clinic"}, None)
    revision = stores[0].edits.save([facts], by="Ann")
    lives[0].wait_for(revision)
    lives[0].wait_for_all(PATIENCE_S)
    assert [live.revision for live in lives] == [revision, revision]
    for live in lives:
        live.stop()
    assert lives[0].spread() == (0, 0)


def test_one_process_on_sqlite_sees_nothing_of_others(tmp_path: Path, bot: Bot, store: Store) -> None:
    live = Live(Settings(data_dir=tmp_path), store, bot)
    live.start()
    assert live.spread() is None
    live.stop()
    with store.database.read() as connection:
        for table in ("learned", "replicas"):
            assert connection.execute(sa.text(f"SELECT count(*) FROM {table}")).scalar() == 0  # noqa: S608
