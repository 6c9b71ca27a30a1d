"""What happens to a server while visitors ask and staff save: nobody's request is lost on the way."""

import http.client
import json
import random
import threading
import time
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager
from pathlib import Path

import pytest
from faulty import PATIENCE_S, Running, call, command, prepare, running, times
from postgres import Postgres
from serving import wait_until

from chatbot import Settings, Store

QUESTION = json.dumps({"message": "how long does it last"})
HEADERS = {"Content-Type": "application/json"}


@pytest.fixture
def server(small_server: Running) -> Running:
    return small_server


@contextmanager
def visitors(port: int, number: int, *, kept_open: bool = True) -> Iterator[Counter[str]]:
    """So many who ask again and again; what they got, counted: "200", or the name of a failure."""
    got, is_over = Counter[str](), threading.Event()

    def ask(visitor: int) -> None:
        chance = random.Random(visitor)  # noqa: S311 - to be repeated, not to be secret
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=PATIENCE_S)
        with closing(connection):
            while not is_over.is_set():
                try:
                    connection.request("POST", "/api/v1/chat", QUESTION, HEADERS)
                    response = connection.getresponse()
                    reply = json.loads(response.read())
                    got[reply.get("kind", str(response.status))] += 1
                except ConnectionRefusedError:
                    return  # the door is closed: whoever stands in front asks elsewhere
                except (OSError, http.client.HTTPException) as error:
                    got[type(error).__name__] += 1
                if not kept_open:
                    connection.close()
                time.sleep(chance.uniform(0, 0.01))

    with ThreadPoolExecutor(number) as threads:
        asked = [threads.submit(ask, visitor) for visitor in range(number)]
        try:
            yield got
        finally:
            is_over.set()
    for each in asked:
        each.result()


@pytest.mark.parametrize("kept_open", [True, False])
def test_a_server_that_is_told_to_end_fails_no_request(
    prepared: Settings, tmp_path: Path, *, kept_open: bool
) -> None:
    for _ in range(times(2)):
        with running(prepared, tmp_path / "said") as server:
            with visitors(server.port, 2, kept_open=kept_open) as got:
                wait_for(got, 20)
                server.process.terminate()
                server.process.join(PATIENCE_S)
            assert server.process.exitcode == 0
            assert set(got) == {"answer"}


def wait_for(got: Counter[str], answers: int) -> None:
    wait_until(lambda: got["answer"] > answers)


# --- staff --------------------------------------------------------------------------------------------


def test_of_fifty_who_save_at_once_each_is_served(server: Running, prepared: Settings) -> None:
    server.browser.sign_in(server.port)
    saves = 4

    def save(writer: int) -> list[int]:
        fields = [{"question": f"where do i park {writer} {n}", "topic": "cost"} for n in range(saves)]
        return [server.browser.send(server.port, "/staff/tests", **f)[0] for f in fields]

    with ThreadPoolExecutor(50) as threads:
        got = list(threads.map(save, range(50)))
    assert got == [[303] * saves] * 50
    store = Store.open(prepared.database_url)
    assert len(store.probes.all()) == 50 * saves
    store.close()


def test_a_backup_amid_twenty_writes_a_second_restores_to_one_moment(
    server: Running, prepared: Settings, tmp_path: Path
) -> None:
    server.browser.sign_in(server.port)
    saved, is_over = [0], threading.Event()

    def write() -> None:
        while not is_over.wait(0.05):
            number = saved[0]
            facts, publish = "/staff/facts", "/staff/changes/profile/clinic"
            assert server.browser.send(server.port, facts, name=f"Clinic {number}")[0] == 303
            assert server.browser.send(server.port, publish, seen=number)[0] == 303
            saved[0] += 1

    with ThreadPoolExecutor(1) as threads:
        writing = threads.submit(write)
        wait_until(lambda: saved[0] > 10 or writing.done())
        before = saved[0]
        done = command(prepared, "backup", str(tmp_path / "desk.zip"))
        after = saved[0]
        is_over.set()
        writing.result()
    assert done.returncode == 0, done.stderr
    assert after > before
    other = Settings(data_dir=tmp_path / "other")
    restored = command(other, "restore", str(tmp_path / "desk.zip"))
    assert restored.returncode == 0, restored.stderr
    store = Store.open(other.database_url)
    store.check()
    names = [(edit.body or {})["facts"]["name"] for edit in store.edits.history(limit=10_000)]
    store.close()
    assert before <= len(names) <= after + 1
    assert names == [f"Clinic {number}" for number in reversed(range(len(names)))]


# --- several processes --------------------------------------------------------------------------------


def test_a_second_server_is_refused_in_one_line_and_commands_are_not(
    server: Running, prepared: Settings
) -> None:
    refused = command(prepared, "serve", "--port", "0")
    assert refused.returncode == 2
    (told,) = refused.stderr.splitlines()
    file = prepared.data_dir / "chatbot.db"
    assert told.startswith(f"chatbot: the database sqlite:///{file} is in use by another server")
    assert "CHATBOT_DATABASE_URL to postgresql+psycopg://" in told
    assert command(prepared, "off").returncode == 0
    wait_until(lambda: call(server.port, "POST", "/api/v1/chat", {"message": "hello"})[0] == 503)
    server.kill()
    with running(prepared, prepared.data_dir / "said") as another:
        assert call(another.port, "GET", "/healthz")[0] == 200


@pytest.fixture
def shared(postgres_url: str, tmp_path: Path) -> Settings:
    return prepare(tmp_path / "data", postgres_url)


def test_the_off_switch_takes_effect_in_every_process(shared: Settings, tmp_path: Path) -> None:
    with (
        running(shared, tmp_path / "one") as one,
        running(shared, tmp_path / "two") as two,
        visitors(one.port, 1),  # who keep asking whether it is off
        visitors(two.port, 1),
    ):
        switched = command(shared, "off")
        assert switched.returncode == 0, switched.stderr
        time.sleep(2)
        for server in (one, two):
            status, problem = call(server.port, "POST", "/api/v1/chat", {"message": "what is the price"})
            assert status == 503
            assert "988" in str(problem["actions"])
            assert call(server.port, "POST", "/api/v1/suggest", {"text": "price"})[0] == 503
        assert command(shared, "on").returncode == 0
        time.sleep(2)
        for server in (one, two):
            assert call(server.port, "POST", "/api/v1/suggest", {"text": "price"})[0] == 200


def test_a_database_that_is_gone_fails_no_visitor_and_is_used_again_once_it_is_back(
    shared: Settings, postgres: Postgres, tmp_path: Path
) -> None:
    with running(shared, tmp_path / "said") as server:
        server.browser.sign_in(server.port)
        with visitors(server.port, 4) as got:
            wait_for(got, 100)
            postgres.stop()
            try:
                gone = got["answer"]
                wait_for(got, gone + 200)
                status, problem = call(server.port, "GET", "/readyz")
                assert (status, problem["detail"][:8]) == (503, "The data")
                status, page = server.browser.send(server.port, "/staff/topics")
                assert status == 503
                assert "postgresql" not in page
            finally:
                postgres.start()
            back = time.monotonic()
            while call(server.port, "GET", "/readyz")[0] != 200:
                assert time.monotonic() < back + PATIENCE_S
            print(f"ready again after {time.monotonic() - back:.2f} s")
            fields = {"question": "where do i park", "topic": "cost"}
            assert server.browser.send(server.port, "/staff/tests", **fields)[0] == 303
            wait_for(got, gone + 400)
        assert set(got) == {"answer"}
