"""The metrics that tell how things stand, and that the runbook knows them."""

import re
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

from flask import Flask
from flask.testing import FlaskClient

from chatbot import Store
from web.parts import parts_of

RUNBOOK = Path(__file__).parent.parent / "docs" / "run-it.md"


def test_the_metrics_tell_how_the_index_and_the_database_stand(
    app: Flask, client: FlaskClient, store: Store
) -> None:
    live = parts_of(app).live
    text = client.get("/metrics").text
    told = {name: float(value) for name, value in re.findall(r"^(chatbot_\S+) (\S+)$", text, re.MULTILINE)}
    assert 0 <= told["chatbot_index_age_seconds"] < 600
    assert told["chatbot_index_topics"] == len(live.bot.topics) > 50
    assert told["chatbot_index_wordings"] == len(live.bot.engine.index.written) > 1000
    for name in ("index_revision", "rebuild_failures_total", "notes_dropped_total", "database_full"):
        assert told[f"chatbot_{name}"] == 0, name
    live.failures, live.damage, store.database.trouble = 2, "edit 3", "no room"
    with held_up(store) as waiting:
        text = client.get("/metrics").text
    for line in (
        "chatbot_rebuild_failures_total 2",
        "chatbot_database_damaged 1",
        "chatbot_database_full 1",
        'chatbot_queue_length{queue="notes"} 0',
        f'chatbot_queue_length{{queue="writes"}} {waiting}',
    ):
        assert line in text.splitlines()
    assert "edit 3" not in text
    assert "no room" not in text


@contextmanager
def held_up(store: Store) -> Iterator[int]:
    """A write that takes its time, and so many behind it."""
    is_begun, is_over = threading.Event(), threading.Event()

    def wait(_: object) -> None:
        is_begun.set()
        is_over.wait(30)

    with ThreadPoolExecutor(4) as threads:
        threads.submit(store.database.write, wait)
        assert is_begun.wait(30)
        behind = [threads.submit(store.switch, off=False) for _ in range(3)]
        until = time.monotonic() + 30
        while store.database.waiting < len(behind) and time.monotonic() < until:
            time.sleep(0.005)
        try:
            yield len(behind)
        finally:
            is_over.set()


def test_each_metric_that_the_runbook_names_is_there(client: FlaskClient) -> None:
    client.post("/api/v1/chat", json={"message": "hello"})
    told = set(re.findall(r"^# TYPE (\S+)", client.get("/metrics").text, re.MULTILINE))
    named = set(re.findall(r"`(chatbot_\w+)`", RUNBOOK.read_text("utf-8")))
    assert len(named) > 8
    assert named <= told
