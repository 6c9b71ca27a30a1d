"""What identifies a visitor is found nowhere: 300 messages to a real server, then its files are searched."""

import json
import random
import re
import urllib.request
from pathlib import Path

import pytest
from test_redaction import GENERATED

from chatbot import Store
from web import log

MESSAGES = 300
MOST_LEFT = 3  # one in a hundred
STRANGE = "who won the {} chess cup of greenland? {}"


def post(url: str, path: str, body: object) -> dict[str, str]:
    data = json.dumps(body).encode()
    request = urllib.request.Request(f"{url}/api/v1/{path}", data, {"Content-Type": "application/json"})  # noqa: S310 - our own server
    with urllib.request.urlopen(request, timeout=20) as response:  # noqa: S310
        given: dict[str, str] = json.loads(response.read() or b"{}")
    return given


def test_what_identifies_is_in_no_database_log_or_metric(
    server_url: str, store: Store, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    log.configure("debug")
    chance = random.Random(2026)  # noqa: S311 - the same messages in every run
    planted = []
    for number in range(MESSAGES):
        frame, plant = GENERATED[number % len(GENERATED)]
        secret = plant(chance)
        planted.append(secret)
        message = STRANGE.format(number, frame.format(secret))
        reply = post(server_url, "chat", {"message": message})
        if number % 3 == 0:
            comment = {"id": reply["id"], "helpful": False, "comment": frame.format(secret)}
            post(server_url, "feedback", comment)
    with urllib.request.urlopen(f"{server_url}/metrics", timeout=20) as response:  # noqa: S310 - our own server
        written = response.read().decode() + capsys.readouterr().err
    assert store.inbox.count() >= MESSAGES * 2 / 3  # otherwise nothing was there to be found
    written += b"".join(p.read_bytes() for p in tmp_path.rglob("*") if p.is_file()).decode("latin-1")
    assert "chess cup of greenland" in written
    left = [s for s in planted if any(part in written for part in re.findall(r"[\w'-]{4,}", s))]
    assert len(left) <= MOST_LEFT, left
