"""kill -9, again and again: what was acknowledged is there, and nothing is there by half."""

import http.client
import os
import random
import signal
import sqlite3
import threading
import time
from collections.abc import Callable
from contextlib import closing, suppress
from pathlib import Path

import numpy as np
import pytest
from faulty import Browser, Running, call, forks, prepare, running, times

from chatbot import Settings, Store
from chatbot.engine import load_arrays, save_arrays

ROUNDS = times(20)
TOPICS_EVERY = 4  # rounds: a topic has the index built anew, which takes a second of a core
GONE = (OSError, http.client.HTTPException)


def revision(settings: Settings) -> int:
    with closing(sqlite3.connect(settings.data_dir / "chatbot.db", timeout=20)) as connection:
        return int(connection.execute("SELECT value FROM meta WHERE name = 'revision'").fetchone()[0])


def publish(server: Running, browser: Browser, settings: Settings, path: str) -> bool:
    """Publish a draft, whoever else does so meanwhile; whether that was acknowledged."""
    while True:
        status, told = browser.send(server.port, path, seen=revision(settings))
        if status != 409:
            return status == 303 and told.endswith("done=published")


def edit_facts(server: Running, browser: Browser, settings: Settings, acked: list[str]) -> None:
    """Publish one name of the clinic after another."""
    for number in range(10_000):
        name = f"Clinic {server.port} {number}"
        assert browser.send(server.port, "/staff/facts", name=name)[0] == 303
        if publish(server, browser, settings, "/staff/changes/profile/clinic"):
            acked.append(name)


def edit_topic(server: Running, browser: Browser, settings: Settings, acked: list[str]) -> None:
    """Publish a topic, for which the index is built anew."""
    form = {"question": "How much does an IOP cost?", "phrasings": "what is the price", "sources": ""}
    for number in range(10_000):
        answer = f"It costs {number} dollars at {server.port}."
        status, _ = browser.send(server.port, "/staff/topics/cost", **form, answer=answer, act="check")
        assert status == 303
        if publish(server, browser, settings, "/staff/changes/topic/cost"):
            acked.append(answer)


def rate(server: Running, _browser: Browser, _settings: Settings, acked: list[str]) -> None:
    """Ask and rate, as a visitor does."""
    for number in range(10_000):
        _, reply = call(server.port, "POST", "/api/v1/chat", {"message": "how long does it last"})
        comment = f"no {server.port} {number}"
        sent = {"id": reply["id"], "helpful": False, "comment": comment}
        if call(server.port, "POST", "/api/v1/feedback", sent)[0] == 204:
            acked.append(comment)


Work = Callable[[Running, Browser, Settings, list[str]], None]


def work_until_killed(
    server: Running, browser: Browser, settings: Settings, works: list[Work], seconds: float
) -> list[str]:
    """Let all of them work, kill the server in the midst, and give what they were told is kept."""
    acked: list[str] = []

    def until_it_is_gone(work: Work) -> None:
        with suppress(*GONE):
            work(server, browser, settings, acked)

    threads = [threading.Thread(target=until_it_is_gone, args=(work,)) for work in works]
    for thread in threads:
        thread.start()
    until = time.monotonic() + 60
    while not acked and time.monotonic() < until:
        time.sleep(0.005)
    time.sleep(seconds)
    server.kill()
    for thread in threads:
        thread.join()
    return acked


def kept(settings: Settings) -> str:
    """All that is in the database, after a look whether it is sound."""
    store = Store.open(settings.database_url)
    try:
        store.check()
        assert store.edits.revision() == max([e.revision for e in store.edits.history(limit=1)], default=0)
        for kind, key in (("topic", "cost"), ("profile", "clinic")):
            store.drafts.drop("ada", kind, key)  # published, it may be, and not known to be so
        found = [store.edits.history(limit=1_000_000), store.feedback()]
        return repr(found)
    finally:
        store.close()


def test_of_many_kills_while_staff_publish_and_visitors_rate_nothing_acknowledged_is_lost(
    tmp_path: Path,
) -> None:
    settings, browser = prepare(tmp_path / "data"), Browser()
    chance, acked = random.Random(8), list[str]()  # noqa: S311 - to be repeated, not to be secret
    for number in range(ROUNDS):
        with running(settings, tmp_path / "said") as server:
            if not browser.cookie:
                browser.sign_in(server.port)
            serves_what_is_kept(server, browser, settings)
            works: list[Work] = [edit_facts, rate]
            works += [edit_topic] if number % TOPICS_EVERY == 0 else []
            acked += work_until_killed(server, browser, settings, works, chance.uniform(0, 0.3))
        found = kept(settings)
        lost = [said for said in acked if repr(said)[1:-1] not in found]
        assert lost == []
    assert len(acked) > ROUNDS
    for path in (tmp_path / "data" / "index").glob("*.bin"):
        assert load_arrays(path) is not None


def serves_what_is_kept(server: Running, browser: Browser, settings: Settings) -> None:
    """Whether the server answers with the last edits, of all of them or of one that has replaced it."""
    store = Store.open(settings.database_url)
    newest = {edit.key: edit.body or {} for edit in store.edits.layer()[1]}
    store.close()
    if "clinic" in newest:
        assert f"{newest['clinic']['facts']['name']} · Staff desk" in browser.send(server.port, "/staff")[1]
    if "cost" in newest:
        assert newest["cost"]["answer"] in browser.send(server.port, "/faq")[1]


# --- a file that is being written ---------------------------------------------------------------------

STEPS = ("write", "flush", "fsync", "replace")


def write_and_die(path: Path, step: str, fill: int) -> None:
    """Write a file of arrays and be killed at one step of it."""

    def die(*_: object) -> None:
        os.kill(os.getpid(), signal.SIGKILL)

    import tempfile

    if step in ("fsync", "replace"):
        setattr(os, step, die)
    else:
        make = tempfile.NamedTemporaryFile

        def made(*args: object, **more: object) -> object:
            file = make(*args, **more)  # type: ignore[call-overload]
            write = file.write

            def halfway(data: bytes) -> None:
                write(data[: len(data) // 2])
                os.fsync(file.fileno())
                die()

            if step == "write":
                file.write = halfway
            file.flush = die if step == "flush" else file.flush
            return file

        tempfile.NamedTemporaryFile = made  # type: ignore[assignment]
    save_arrays(path, {"index.x": np.full(100_000, fill, np.int64)})


@pytest.mark.parametrize("step", [*STEPS, "none"])
def test_an_index_whose_writer_is_killed_at_any_step_is_the_old_or_the_new_one(
    tmp_path: Path, step: str
) -> None:
    path = tmp_path / "engine-1.bin"
    save_arrays(path, {"index.x": np.full(100_000, 1, np.int64)})
    process = forks.Process(target=write_and_die, args=(path, step, 2))
    process.start()
    process.join()
    assert process.exitcode == (0 if step == "none" else -signal.SIGKILL)
    found = load_arrays(path)
    assert found is not None
    assert set(found["index.x"].tolist()) == {2 if step == "none" else 1}
