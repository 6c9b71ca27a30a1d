"""The server over real sockets: what it takes, what it refuses, and how it goes."""

import http.client
import json
import os
import re
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from flask import Flask

from chatbot import Bot, ChatbotError, Settings
from web import create_app, log
from web.server import ARRIVAL_S, IDLE_S, MAX_BODY, Server, listen

# A port that is free now may be taken a moment later: the server itself is told to find one.
SERVE = """
from dataclasses import replace
from chatbot import Settings
from web.server import serve

serve(replace(Settings.from_env(), port=0))
"""

# Says when a request has begun, and answers once the file exists that its argument names.
WAIT = """
import pathlib, sys, time
from dataclasses import replace
from chatbot import Settings
from web.server import serve

def app(environ, start_response):
    print("begun", file=sys.stderr, flush=True)
    while not pathlib.Path(sys.argv[1]).exists():
        time.sleep(0.01)
    start_response("200 OK", [("Content-Length", "100000")])
    return [b"x" * 100000]

serve(replace(Settings.from_env(), port=0), app)
"""


@contextmanager
def serving(settings: Settings, code: str, *arguments: str) -> Iterator[tuple[subprocess.Popen[str], int]]:
    """A server in a process of its own, and its port, once it says that it serves."""
    environ = {name: value for name, value in os.environ.items() if not name.startswith("CHATBOT_")}
    environ |= {
        "CHATBOT_DATA_DIR": str(settings.data_dir),
        "CHATBOT_DATABASE_URL": settings.database_url,
        "CHATBOT_LOG_LEVEL": "error",
        "PYTHONPATH": str(Path(__file__).parent.parent),
    }
    command = [sys.executable, "-c", code, *arguments]
    with subprocess.Popen(command, env=environ, stderr=subprocess.PIPE, text=True) as process:
        try:
            said = line(process)
            address = re.fullmatch(r"Serving on http://127\.0\.0\.1:(\d+)\n", said)
            assert address, said + "".join(process.stderr or ())
            yield process, int(address[1])
        finally:
            process.kill()


def line(process: subprocess.Popen[str]) -> str:
    assert process.stderr
    return process.stderr.readline()


def connect(port: int) -> socket.socket:
    return socket.create_connection(("127.0.0.1", port), timeout=20)


def wait_until_refused(port: int) -> None:
    deadline = time.monotonic() + 20
    while time.monotonic() < deadline:
        try:
            connect(port).close()
        except OSError:
            return
        time.sleep(0.01)
    pytest.fail("the server still takes connections")


HEAD = b"POST /api/v1/chat HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\n"
CHUNKED = HEAD + b"Transfer-Encoding: chunked\r\n\r\n"


def send(sock: socket.socket, body: bytes, *, expect: bool = False) -> None:
    """Send a question's head, and its body too unless the server is to ask for that."""
    sock.sendall(
        HEAD
        + b"Content-Length: %d\r\n" % len(body)
        + (b"Expect: 100-continue\r\n" if expect else b"")
        + b"\r\n"
    )
    if expect:
        assert sock.recv(1000).startswith(b"HTTP/1.1 100 ")
    else:
        sock.sendall(body)


def receive(sock: socket.socket) -> tuple[http.client.HTTPResponse, bytes]:
    response = http.client.HTTPResponse(sock)
    response.begin()
    body = response.read()
    response.close()
    return response, body


def problem(sock: socket.socket, status: int) -> dict[str, Any]:
    response, body = receive(sock)
    assert response.status == status, body
    assert response.getheader("Content-Type") == "application/problem+json"
    found: dict[str, Any] = json.loads(body)
    assert found["status"] == status
    assert found["title"]
    assert found["detail"]
    return found


MESSAGE = b'{"message": "How long does an IOP last?"}'


# --- how it goes --------------------------------------------------------------------------------------


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_lets_a_request_finish_and_then_ends_the_process_with_0(
    settings: Settings, tmp_path: Path, number: signal.Signals
) -> None:
    release = tmp_path / "release"
    with serving(settings, WAIT, str(release)) as (process, port), connect(port) as sock:
        sock.sendall(b"GET / HTTP/1.1\r\nHost: a\r\n\r\n")
        assert line(process) == "begun\n"
        process.send_signal(number)
        wait_until_refused(port)
        assert process.poll() is None
        release.touch()
        response, body = receive(sock)
        assert (response.status, len(body)) == (200, 100_000)
        assert process.wait(timeout=20) == 0


@pytest.mark.usefixtures("bot")
def test_a_question_that_is_still_arriving_is_answered_before_the_end(settings: Settings) -> None:
    with serving(settings, SERVE) as (process, port), connect(port) as sock:
        send(sock, MESSAGE, expect=True)
        process.terminate()
        wait_until_refused(port)
        sock.sendall(MESSAGE)
        response, body = receive(sock)
        assert response.status == 200
        assert response.getheader("Connection") == "close"
        assert json.loads(body)["kind"] == "answer"
        assert process.wait(timeout=20) == 0


@pytest.mark.usefixtures("bot")
def test_who_stops_a_server_never_finds_it_closed_already(app: Flask, settings: Settings) -> None:
    class Slow(Server):
        def pull_trigger(self) -> None:
            if self.is_stopping:
                time.sleep(1.5)  # longer than a turn, at whose end it is seen that this is to stop
            super().pull_trigger()

    server = Slow(app, listen(settings))
    running = threading.Thread(target=server.run)
    running.start()
    server.stop()
    running.join(timeout=20)
    assert not running.is_alive()
    server.stop()


def test_an_idle_server_ends_at_once_and_says_nothing_more(settings: Settings) -> None:
    with serving(settings, SERVE) as (process, port):
        with connect(port) as sock:
            send(sock, MESSAGE)
            assert receive(sock)[0].status == 200
            process.terminate()
            assert process.wait(timeout=20) == 0
        assert process.stderr
        assert process.stderr.read() == ""


# --- where it listens ---------------------------------------------------------------------------------


def test_a_port_that_is_taken_is_named_with_the_cure() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        expected = f"CHATBOT_PORT {port} on 127.0.0.1 is in use: stop the other program or set CHATBOT_PORT"
        with pytest.raises(ChatbotError) as error:
            listen(Settings(port=port))
        assert str(error.value) == expected


def test_a_host_that_is_not_of_this_machine_is_named_with_the_cure() -> None:
    with pytest.raises(ChatbotError, match=r"CHATBOT_HOST 192.0.2.1 is no address of this machine"):
        listen(Settings(host="192.0.2.1", port=0))
    with pytest.raises(ChatbotError, match=r"CHATBOT_HOST is 'no.such.host.invalid'"):
        listen(Settings(host="no.such.host.invalid", port=0))


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "0.0.0.0"])  # noqa: S104 - closed at once
def test_the_address_of_the_settings_is_listened_on(host: str) -> None:
    with listen(Settings(host=host, port=0)) as listener:
        connect(listener.getsockname()[1]).close()


# --- what it takes ------------------------------------------------------------------------------------


@pytest.fixture
def sock(server: Server) -> Iterator[socket.socket]:
    with connect(int(server.effective_port)) as sock:
        yield sock


def test_a_question_is_answered_over_a_connection_that_is_kept(sock: socket.socket) -> None:
    for _ in range(3):
        send(sock, MESSAGE)
        response, body = receive(sock)
        assert response.status == 200
        assert json.loads(body)["kind"] == "answer"
        assert response.getheader("Server") is None
        assert response.getheader("Via") is None


def test_a_chunked_question_is_answered(sock: socket.socket) -> None:
    sock.sendall(CHUNKED + b"%x\r\n%s\r\n0\r\n\r\n" % (len(MESSAGE), MESSAGE))
    assert receive(sock)[0].status == 200


def test_a_chunked_body_over_16_kib_is_too_large(sock: socket.socket) -> None:
    sock.sendall(CHUNKED + (b"3e8\r\n" + b" " * 1000 + b"\r\n") * 20 + b"0\r\n\r\n")
    problem(sock, 413)


def test_a_body_of_a_megabyte_is_too_large(sock: socket.socket) -> None:
    send(sock, b'{"message": "' + b"x" * 1_000_000 + b'"}')
    problem(sock, 413)


def test_a_body_beyond_all_measure_is_refused_before_it_is_read(sock: socket.socket) -> None:
    sock.sendall(HEAD + b"Content-Length: %d\r\n\r\n" % MAX_BODY)
    problem(sock, 413)


def test_a_head_beyond_all_measure_is_refused(sock: socket.socket) -> None:
    sock.sendall(b"GET /faq HTTP/1.1\r\nHost: a\r\nX-Long: " + b"canary" * 4000 + b"\r\n\r\n")
    assert "canary" not in str(problem(sock, 431))


@pytest.mark.parametrize(
    "head",
    [
        b"canary\r\n\r\n",
        b"GET /canary canary HTTP/9.9\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost canary\r\n\r\n",
        b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: canary\r\n\r\n",
        b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\nTransfer-Encoding: chunked, canary\r\n\r\n",
    ],
)
def test_a_head_that_cannot_be_read_is_refused_and_not_repeated(sock: socket.socket, head: bytes) -> None:
    sock.sendall(head)
    response, body = receive(sock)
    assert response.status in (400, 501)
    assert response.getheader("Content-Type") == "application/problem+json"
    assert b"canary" not in body


def test_connections_that_do_not_get_on_are_let_go_and_others_are_not(server: Server) -> None:
    port = int(server.effective_port)
    with connect(port) as slow, connect(port) as idle, connect(port) as other:
        send(slow, MESSAGE, expect=True)
        send(idle, MESSAGE)
        assert receive(idle)[0].status == 200
        server.maintenance(time.time() + min(ARRIVAL_S, IDLE_S) - 5)
        send(other, MESSAGE)
        assert receive(other)[0].status == 200
        server.maintenance(time.time() + ARRIVAL_S + 1)
        assert slow.recv(1) == b""
        send(other, MESSAGE)
        assert receive(other)[0].status == 200
        server.maintenance(time.time() + IDLE_S + 1)
        assert idle.recv(1) == b""


def test_a_failure_outside_the_app_is_logged_without_what_was_sent(
    start: Callable[[Any, Settings], Server],
    settings: Settings,
    capfd: pytest.CaptureFixture[str],
    caplog: pytest.LogCaptureFixture,
) -> None:
    def fail(environ: dict[str, object], _: object) -> list[bytes]:
        raise ValueError(f"cannot serve {environ['PATH_INFO']}")

    log.configure("error")
    server = start(fail, settings)
    with connect(int(server.effective_port)) as sock:
        sock.sendall(b"GET /canary7391 HTTP/1.1\r\nHost: a\r\n\r\n")
        assert "canary" not in str(problem(sock, 500))
    said = capfd.readouterr().err
    assert json.loads(said)["type"] == "ValueError"
    assert "canary" not in said + caplog.text


@pytest.mark.parametrize(("proxies", "expected"), [(0, [200, 429]), (1, [200, 200])])
def test_a_proxys_word_on_the_address_counts_only_where_it_is_trusted(
    start: Callable[[Flask, Settings], Server],
    settings: Settings,
    bot: Bot,
    proxies: int,
    expected: list[int],
) -> None:
    chosen = replace(settings, rate_limit="1 per hour", trusted_proxies=proxies)
    server = start(create_app(chosen, bot), chosen)
    found = []
    for address in ("198.51.100.1", "198.51.100.2"):
        connection = http.client.HTTPConnection("127.0.0.1", int(server.effective_port), timeout=20)
        headers = {"Content-Type": "application/json", "X-Forwarded-For": address}
        connection.request("POST", "/api/v1/chat", MESSAGE, headers)
        found.append(connection.getresponse().status)
        connection.close()
    assert found == expected
