"""Several servers and clinics on one PostgreSQL: what a clinic saves is live on each server that has it."""

import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path

import pytest
from desk import KEY, PASSWORD
from faulty import PATIENCE_S, Browser, Running, call, prepare, running
from serving import wait_until
from test_live import change

from chatbot import Accounts, Settings, Sites, Store, settings_of
from chatbot.presence import Beside, Presence

NORTH, SOUTH = "north-shore", "south"
PARKING = {
    "question": "Where can I park?",
    "answer": "Behind the house.",
    "phrasings": "parking\nis there a lot",
}


@pytest.fixture
def settings(postgres_url: str, tmp_path: Path) -> Settings:
    """An installation with two clinics beside the main one."""
    settings = replace(prepare(tmp_path / "data", postgres_url), secret_key=KEY)
    store = Store.open(postgres_url)
    for name in (NORTH, SOUTH):
        Sites(settings, store).add(name)
    store.close()
    return settings


@pytest.fixture
def stores(settings: Settings) -> Iterator[tuple[Store, Store, Store]]:
    """The main database, and those of the two."""
    main = Store.open(settings.database_url)
    beside = [
        Store.open(settings_of(settings, site).database_url) for site in Sites(settings, main).all().values()
    ]
    yield main, *beside  # type: ignore[misc]
    for store in (*beside, main):
        store.close()


def test_word_of_a_save_at_one_clinic_comes_to_that_one_by_the_connection_of_the_main_one(
    stores: tuple[Store, Store, Store],
) -> None:
    main, north, south = stores
    is_over, heard = threading.Event(), list[str]()

    def listen() -> None:
        while not is_over.is_set():
            main.news.wait(0.2, is_over)

    def wait(name: str, store: Store) -> None:
        store.news.wait(PATIENCE_S, is_over)
        heard.append(name)

    threads = [
        threading.Thread(target=listen),
        threading.Thread(target=wait, args=("north", north)),
        threading.Thread(target=wait, args=("south", south)),
    ]
    for thread in threads:
        thread.start()
    time.sleep(1)
    began = time.monotonic()
    north.edits.save([change()], by="Ann")
    wait_until(lambda: bool(heard))
    assert time.monotonic() - began < PATIENCE_S / 2
    assert heard == ["north"]
    south.news.wake()  # as one does who is closed
    wait_until(lambda: len(heard) == 2)
    is_over.set()
    for thread in threads:
        thread.join()
    main.news.close()


def test_of_the_servers_only_those_count_as_behind_that_have_the_clinic_open(
    stores: tuple[Store, Store, Store],
) -> None:
    main, north, _ = stores
    revision = 0
    servers = [Presence(main, lambda: 0, place) for place in ("one", "two", "three")]
    for server in servers:
        server.start()
    wait_until(lambda: main.replicas.spread() == (3, 3))
    current, late = Beside(servers[0], north, lambda: revision), Beside(servers[1], north, lambda: 0)
    for beside in (current, late):
        beside.start()
        assert beside.spread() == (3, 3)
    wait_until(lambda: len(held(north)) == 2)
    revision = north.edits.save([change()], by="Ann")
    assert current.spread() == (1, 3)
    current.tell()
    wait_until(lambda: late.spread() == (2, 3))
    late.stop()  # closed for want of room
    assert current.spread() == (3, 3)
    late.renew()
    assert current.spread() == (3, 3)
    for server in servers:
        server.stop()


def test_what_a_server_had_open_before_it_was_killed_counts_no_more(
    stores: tuple[Store, Store, Store],
) -> None:
    main, north, _ = stores
    killed = Presence(main, lambda: 0, "one")
    killed.start()
    beside = Beside(killed, north, lambda: 0)
    beside.start()
    wait_until(lambda: len(held(north)) == 1)
    north.edits.save([change()], by="Ann")
    assert beside.spread() == (0, 1)
    anew = Presence(main, lambda: 0, "one")
    anew.start()
    wait_until(lambda: beside.spread() == (1, 1))
    for server in (killed, anew):
        server.stop()


def held(store: Store) -> list[str]:
    """Which servers have said that they have a clinic open."""
    with store.database.read() as connection:
        return [str(name) for (name,) in connection.exec_driver_sql("SELECT name FROM replicas")]


# --- whole servers ----------------------------------------------------------------------------------------


@pytest.fixture
def servers(settings: Settings, tmp_path: Path) -> Iterator[list[Running]]:
    """Three servers, each with a folder of its own."""
    with ExitStack() as stack:
        own = [replace(settings, data_dir=tmp_path / str(number)) for number in range(3)]
        yield [stack.enter_context(running(one, tmp_path / f"said{n}")) for n, one in enumerate(own)]


def asked(server: Running, site: str) -> str:
    """What a clinic's bot says of parking; "" while it is being opened."""
    status, reply = call(server.port, "POST", f"/s/{site}/api/v1/chat", {"message": "where can i park"})
    return str(reply["text"]) if status == 200 else ""


def test_what_is_published_at_one_clinic_is_live_on_all_servers_and_its_desk_says_so(
    servers: list[Running], stores: tuple[Store, Store, Store]
) -> None:
    one, two, three = servers
    _, north, _ = stores
    Accounts(north, lambda: KEY).add("ada", "admin", PASSWORD, by="test")
    for server in (one, two):  # the third has it not open
        wait_until(lambda at=server: bool(asked(at, NORTH)))  # type: ignore[misc]
        wait_until(lambda at=server: bool(asked(at, SOUTH)))  # type: ignore[misc]
    desk = Browser(root=f"/s/{NORTH}")
    desk.sign_in(one.port)
    assert "Live on 3 of 3 servers." in desk.send(one.port, "/staff")[1]
    assert desk.send(one.port, "/staff/topics/new-1", act="check", sources="", **PARKING)[0] == 303
    assert PARKING["answer"] in desk.send(one.port, "/staff/changes/topic/new-1")[1]  # builds the index
    with ThreadPoolExecutor(1) as threads:
        publishing = threads.submit(desk.send, one.port, "/staff/changes/topic/new-1", seen=0)
        wait_until(lambda: north.edits.revision() == 1)
        saved = time.monotonic()
        wait_until(lambda: PARKING["answer"] in asked(two, NORTH))
        print(f"live on the other server {time.monotonic() - saved:.2f} s after it was saved")
        assert time.monotonic() - saved < 10
        status, to = publishing.result()
    assert (status, to.endswith("done=published")) == (303, True)
    assert "Live on 3 of 3 servers." in desk.send(one.port, to.removeprefix(desk.root))[1]
    wait_until(lambda: bool(asked(three, NORTH)))
    assert PARKING["answer"] in asked(three, NORTH)
    assert PARKING["answer"] not in asked(two, SOUTH)
