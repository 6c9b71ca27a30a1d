"""A database that takes connections and never says a word: a frozen host, or a firewall that swallows all."""

import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
import sqlalchemy as sa
from faulty import PATIENCE_S, Running, call, prepare, running
from relay import Relay, relay_to
from serving import wait_until
from test_live import PARKING, change

from chatbot import Settings, Sites, Store
from chatbot.errors import AwayError

SITE, COLD_SITE = "north-shore", "south"
QUESTION = {"message": "how long does it last"}
SECONDS = 5.0  # of silence while visitors ask


@pytest.fixture
def relay(postgres_url: str) -> Iterator[Relay]:
    """What stands between a server and its database."""
    with relay_to("127.0.0.1", int(sa.make_url(postgres_url).port or 0)) as relay:
        yield relay


@pytest.fixture
def relayed_url(postgres_url: str, relay: Relay) -> str:
    return sa.make_url(postgres_url).set(port=relay.port).render_as_string(hide_password=False)


@pytest.fixture
def far(relayed_url: str) -> Iterator[Store]:
    """A store on the other side of the relay."""
    store = Store.open(relayed_url)
    yield store
    store.close()


@pytest.fixture
def near(postgres_url: str) -> Iterator[Store]:
    """The same database, as a server beside it has it."""
    store = Store.open(postgres_url)
    yield store
    store.close()


def seconds_away(store: Store) -> float:
    """How long it takes to hear that the database is away."""
    began = time.monotonic()
    with pytest.raises(AwayError):
        store.edits.revision()
    return time.monotonic() - began


@pytest.mark.parametrize("silence", [Relay.swallow, Relay.hold])
def test_nobody_waits_for_ever_few_wait_at_all_and_it_is_used_again_once_it_answers(
    far: Store, relay: Relay, silence: Callable[[Relay], None]
) -> None:
    assert far.edits.revision() == 0
    silence(relay)
    with ThreadPoolExecutor(20) as threads:
        first = list(threads.map(lambda _: seconds_away(far), range(20)))
    assert max(first) < 10
    later = [seconds_away(far) for _ in range(50)]
    assert sum(later) < 5  # one of them tries whether it is back
    relay.let_through()
    wait_until(far.is_reachable)


def test_what_is_cut_off_in_the_middle_is_away_and_nothing_of_it_is_kept(
    far: Store, near: Store, relay: Relay
) -> None:
    def write(connection: sa.Connection) -> None:
        connection.execute(
            sa.text("INSERT INTO options (name, value, at, by) VALUES ('half', '1', now(), 'Ann')")
        )
        relay.swallow()
        connection.execute(sa.text("SELECT 1"))

    began = time.monotonic()
    with pytest.raises(AwayError):
        far.database.write(write)
    assert time.monotonic() - began < 20
    relay.let_through()
    wait_until(far.is_reachable)
    assert near.options.get("half") is None


def test_a_long_wait_for_somebody_else_is_no_silence(
    far: Store, near: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("chatbot.store.driver.SILENT_S", 0.3)
    with ThreadPoolExecutor(1) as threads:
        with near.database.read() as connection:
            connection.execute(sa.text("LOCK TABLE options"))
            waiting = threads.submit(lambda: far.options.set("held", 1, by="Ann"))
            time.sleep(2)
            assert not waiting.done()
        waiting.result(PATIENCE_S)
    assert near.options.get("held") == 1


@pytest.fixture
def settings(relayed_url: str, near: Store, tmp_path: Path) -> Settings:
    settings = prepare(tmp_path / "data", relayed_url)
    for name in (SITE, COLD_SITE):
        Sites(settings, near).add(name)
    return settings


@pytest.fixture
def server(settings: Settings, tmp_path: Path) -> Iterator[Running]:
    """A server with a clinic beside the main one, which is open; Ada is signed in."""
    with running(settings, tmp_path / "said") as server:
        server.browser.sign_in(server.port)
        wait_until(lambda: ask(server, QUESTION, f"/s/{SITE}")[0] == 200)
        yield server


def ask(server: Running, message: dict[str, str], root: str = "") -> tuple[int, dict[str, str]]:
    return call(server.port, "POST", f"{root}/api/v1/chat", message)


def seconds_of(server: Running, visitor: int, until: float) -> list[float]:
    """How long a visitor waits for each reply, who goes on asking; each is a 200."""
    took: list[float] = []
    while time.monotonic() < until:
        said = {"message": f"can i keep a zebra {visitor} {len(took)}"} if len(took) % 3 else QUESTION
        began = time.monotonic()
        status, _ = ask(server, said, f"/s/{SITE}" if visitor % 2 else "")
        took.append(time.monotonic() - began)
        assert status == 200
        time.sleep(0.05)
    return took


def desk_page(server: Running) -> float:
    """How long somebody waits for a page of the desk, which says that the database is away."""
    began = time.monotonic()
    status, page = server.browser.send(server.port, "/staff/topics")
    assert (status, "The database cannot be reached" in page) == (503, True)
    return time.monotonic() - began


def test_visitors_are_answered_from_memory_and_the_desk_says_that_the_database_is_away(
    server: Running, relay: Relay, near: Store
) -> None:
    relay.swallow()
    until = time.monotonic() + SECONDS
    with ThreadPoolExecutor(5) as threads:
        asking = [threads.submit(seconds_of, server, visitor, until) for visitor in range(4)]
        pages = [desk_page(server) for _ in range(4)]
        waits = sorted(seconds for visitor in asking for seconds in visitor.result())
    print(f"{len(waits)} replies, the slowest after {waits[-1]:.2f} s; pages after {pages}")
    assert waits[len(waits) * 9 // 10] < 1
    assert waits[-1] < 5
    assert max(pages) < 10
    assert sum(pages[1:]) < 5
    status, problem = call(server.port, "GET", "/readyz")
    assert (status, problem["detail"][:8]) == (503, "The data")

    began = time.monotonic()
    status, problem = ask(server, QUESTION, f"/s/{COLD_SITE}")  # what it says is in the database alone
    assert (status, "988" in str(problem["actions"])) == (503, True)
    assert time.monotonic() - began < 5

    _, reply = ask(server, QUESTION)
    rating = {"id": reply["id"], "helpful": True}
    assert call(server.port, "POST", "/api/v1/feedback", rating)[0] == 204
    near.edits.save([change()], by="Ann")
    relay.let_through()
    wait_until(lambda: call(server.port, "GET", "/readyz")[0] == 200)
    wait_until(lambda: [row["helpful"] for row in near.feedback()] == [True])
    wait_until(lambda: any("zebra" in noted.text for noted in near.inbox.latest(100)))
    wait_until(lambda: ask(server, {"message": PARKING.question})[1]["topic"] == PARKING.id)
    assert server.browser.send(server.port, "/staff/topics")[0] == 200


def test_a_server_ends_when_it_is_told_to_though_its_database_says_nothing(
    server: Running, relay: Relay
) -> None:
    relay.swallow()
    ask(server, {"message": "can i keep a zebra"}, f"/s/{SITE}")
    began = time.monotonic()
    server.process.terminate()
    server.process.join(PATIENCE_S)
    took = time.monotonic() - began
    print(f"ended after {took:.1f} s")
    assert (server.process.exitcode, took < 20) == (0, True)  # when the unit would have it killed
    assert '"notes-lost"' in server.said.read_text()
