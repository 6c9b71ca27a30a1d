"""The server as it runs: starting, answering, the memory it holds, the widget it sends."""

import gzip
import http.client
import importlib
import json
import os
import re
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TextIO
from urllib.parse import urlsplit

from timing import CHATBOT, PATIENCE_S, ROOT, Figures, each, environment, spread

ROUNDS = 3
# What the least of all services costs here: the same server, framework and client, and no chatbot.
ECHO = """
from flask import Flask, jsonify, request
from chatbot import Settings
from web.server import serve
app = Flask("echo")
app.post("/api/v1/chat")(lambda: jsonify(request.get_json()))
serve(Settings(port=0), app)
"""


class Client:
    """One connection that is kept open."""

    def __init__(self, address: str) -> None:
        """Connect to a server's address."""
        parts = urlsplit(address)
        self.connection = http.client.HTTPConnection(parts.hostname or "", parts.port, timeout=PATIENCE_S)

    def ask(self, message: str) -> None:
        """Send a message and read the whole reply."""
        body = json.dumps({"message": message})
        self.connection.request("POST", "/api/v1/chat", body, {"Content-Type": "application/json"})
        response = self.connection.getresponse()
        response.read()
        if response.status != 200:
            raise RuntimeError(f"{response.status} for {message!r}")

    def get(self, path: str) -> bytes:
        """Fetch a page, uncompressed."""
        self.connection.request("GET", path)
        return self.connection.getresponse().read()


@contextmanager
def running(command: Sequence[str], data_dir: Path) -> Iterator[tuple[str, int]]:
    """A server's address and process number, while it runs; its log goes to a file, as it would."""
    with tempfile.TemporaryFile("w+", encoding="utf-8") as log:
        process = subprocess.Popen(command, env=environment(data_dir), cwd=ROOT, stderr=log)
        try:
            yield address_of(process, log), process.pid
        finally:
            process.terminate()
            process.wait(PATIENCE_S)


def address_of(process: "subprocess.Popen[bytes]", log: TextIO) -> str:
    """The address that a server says it serves on."""
    while process.poll() is None:
        log.seek(0)
        if found := re.search(r"Serving on (http://\S+)\n", log.read()):
            return found[1]
        time.sleep(0.002)
    raise RuntimeError("the server ended before it served")


def starting(data_dir: Path, kept: Path) -> Figures:
    """From the call to the first answer: on a new machine, and with the index kept from before."""

    def start_and_ask(folder: Path) -> float:
        began = time.perf_counter()
        with running([*CHATBOT, "serve", "--port", "0"], folder) as (address, _):
            Client(address).ask("how long does an iop last")
            return time.perf_counter() - began

    return {
        "start_to_first_answer_new_s": start_and_ask(data_dir / "new"),
        "start_to_first_answer_s": start_and_ask(kept),
    }


def serving(data_dir: Path, messages: Sequence[str], client_cores: set[int]) -> Figures:
    """Replies over HTTP beside bare echoes over HTTP; the server's memory; the widget's bytes."""
    chatbot, echo = [*CHATBOT, "serve", "--port", "0"], [sys.executable, "-c", ECHO]
    with running(chatbot, data_dir) as (address, number), running(echo, data_dir) as (echo_address, _):
        os.sched_setaffinity(0, client_cores)
        replies = Client(address)
        replies.ask(messages[0])
        fresh = memory(number)["Pss"]
        figures = in_turns(replies, Client(echo_address), messages)
        return {
            **figures,
            "memory_after_first_reply_mb": fresh,
            "memory_mb": memory(number)["Pss"],
            "memory_resident_mb": memory(number)["Rss"],
            **widget(replies.get("/widget.js")),
        }


def in_turns(replies: Client, echoes: Client, messages: Sequence[str]) -> Figures:
    """Both servers over the same messages, turn by turn, so that whatever else runs here slows both."""
    times: dict[Client, list[float]] = {replies: [], echoes: []}
    for turn in range(1 + ROUNDS):  # the first warms them up
        for client in (replies, echoes):
            took = each(client.ask, messages)
            times[client] += took if turn else []
    figures = {**spread("http_reply", times[replies]), **spread("http_echo", times[echoes])}
    ratio = figures["http_reply_median_ms"] / figures["http_echo_median_ms"]
    return {**figures, "http_reply_to_echo": ratio}


def memory(number: int) -> dict[str, float]:
    """A process's memory in million bytes; Pss counts what is shared with other processes in part."""
    lines = Path(f"/proc/{number}/smaps_rollup").read_text("ascii")
    return {
        name: int(kb) * 1024 / 1e6 for name, kb in re.findall(r"^(Rss|Pss):\s+(\d+) kB", lines, re.MULTILINE)
    }


def widget(sent: bytes) -> Figures:
    """The widget's bytes as written, as sent, and as compressed on the way."""
    sizes = {
        "widget_source_bytes": (ROOT / "web/static/widget.js").stat().st_size,
        "widget_bytes": len(sent),
        "widget_gzip_bytes": len(gzip.compress(sent, 9, mtime=0)),
    }
    try:
        brotli = importlib.import_module("brotli")
    except ImportError:
        return dict(sizes)
    return {**sizes, "widget_brotli_bytes": len(brotli.compress(sent))}
