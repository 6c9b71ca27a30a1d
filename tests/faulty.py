"""The whole server with a small knowledge, to be killed and starved, forked where all is imported."""

import http.client
import json
import multiprocessing
import os
import re
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from unittest.mock import patch
from urllib.parse import urlencode

import pytest
from desk import PASSWORD, small_knowledge

from chatbot import Settings, Store
from chatbot.accounts import Accounts
from chatbot.engine import Engine

ROOT = Path(__file__).parent.parent
PATIENCE_S = 120
forks = multiprocessing.get_context("forkserver")
forks.set_forkserver_preload(["faulty", "web.server", "sklearn.feature_extraction.text", "chatbot.fitting"])


def times(few: int) -> int:
    """How often something is to be tried; FAULTS names another number for who has the time."""
    return int(os.environ.get("FAULTS", few))


def prepare(folder: Path, database_url: str = "") -> Settings:
    """Settings with a data folder that holds an index, and an account for Ada."""
    settings = Settings(
        data_dir=folder, database_url=database_url, rate_limit="off", port=0, log_level="error"
    )
    Engine.open(small_knowledge(), folder / "index")
    store = Store.open(settings.database_url)
    Accounts(store, lambda: "a key that is long enough").add("ada", "admin", PASSWORD, by="test")
    store.close()
    return settings


def serve_small(settings: Settings, said: Path) -> None:
    """What the process does: `chatbot serve`, but for what it knows."""
    from web.server import serve

    sys.stderr = said.open("w", buffering=1)
    with patch("chatbot.live.load_ground", lambda _, **_more: small_knowledge()):
        serve(settings)


@dataclass
class Browser:
    """Somebody at the desk, whose sign-in outlives the server."""

    cookie: str = ""
    csrf: str = ""
    root: str = ""  # what stands before each address

    def send(self, port: int, path: str, **fields: Any) -> tuple[int, str]:
        """POST a form, or GET where there is none; the status, and the page or where it leads."""
        if fields:
            fields = {"csrf": self.csrf, **fields}
        headers = {"Host": "localhost", "Origin": "http://localhost", "Cookie": self.cookie}
        headers |= {"Content-Type": "application/x-www-form-urlencoded"}
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=PATIENCE_S)
        try:
            body = urlencode(fields) if fields else None
            connection.request("POST" if fields else "GET", self.root + path, body, headers)
            response = connection.getresponse()
            text = response.read().decode()
            if set_cookie := response.headers.get("Set-Cookie"):
                self.cookie = set_cookie.partition(";")[0]
            return response.status, response.headers.get("Location") or text
        finally:
            connection.close()

    def sign_in(self, port: int) -> None:
        """Sign Ada in."""
        status, told = self.send(port, "/staff/sign-in", name="ada", password=PASSWORD)
        assert status == 303, told
        (self.csrf,) = set(re.findall(r'name="csrf" value="([^"]+)"', self.send(port, "/staff/account")[1]))


@dataclass
class Running:
    """A server that runs: its port, its process, and what it writes to standard error."""

    port: int
    process: Any
    said: Path
    browser: Browser = field(default_factory=Browser)

    def kill(self) -> None:
        """End it as a power cut would."""
        self.process.kill()
        self.process.join()


def call(port: int, method: str, path: str, body: object = None) -> tuple[int, dict[str, Any]]:
    """Call the API; the status, and what is told."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=PATIENCE_S)
    headers = {"Content-Type": "application/json"}
    try:
        connection.request(method, path, json.dumps(body) if body else None, headers)
        response = connection.getresponse()
        text = response.read()
        return response.status, json.loads(text) if text else {}
    finally:
        connection.close()


def command(settings: Settings, *words: str, **more: Any) -> subprocess.CompletedProcess[str]:
    """A command as somebody types it beside the server; `more` is for subprocess.run."""
    environ = {k: v for k, v in os.environ.items() if not k.startswith("CHATBOT_")}
    own = {"CHATBOT_DATA_DIR": str(settings.data_dir), "CHATBOT_DATABASE_URL": settings.database_url}
    return subprocess.run(
        [sys.executable, "-m", "chatbot", *words],
        env={**environ, **own, "PYTHONPATH": str(ROOT)},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
        **more,
    )


@contextmanager
def running(settings: Settings, said: Path) -> Iterator[Running]:
    """A server, once it says that it serves; killed at the end if it still runs."""
    said.unlink(missing_ok=True)
    process = forks.Process(target=serve_small, args=(settings, said), daemon=True)
    process.start()
    try:
        until = time.monotonic() + PATIENCE_S
        address = None
        while not address and time.monotonic() < until and process.is_alive():
            address = (
                re.search(r"Serving on http://127\.0\.0\.1:(\d+)\n", said.read_text())
                if said.exists()
                else None
            )
            time.sleep(0.005)
        assert address, said.read_text() if said.exists() else "it said nothing"
        yield Running(int(address[1]), process, said)
    finally:
        process.kill()
        process.join()


@pytest.fixture
def prepared(tmp_path: Path) -> Settings:
    """What `small_server` is set up with."""
    return prepare(tmp_path / "data")


@pytest.fixture
def small_server(prepared: Settings, tmp_path: Path) -> Iterator[Running]:
    """The whole server, running, with a small knowledge."""
    with running(prepared, tmp_path / "said") as server:
        yield server
