"""What arrives over a socket from somebody who does not keep to the rules, or keeps to them very slowly."""

import contextlib
import http.client
import io
import json
import socket
import time
from collections.abc import Callable, Iterator

import pytest
from flask import Flask

from chatbot import Settings
from web import log, server
from web.server import ARRIVAL_S, Server

Start = Callable[[Flask, Settings], Server]
MESSAGE = b'{"message": "How long does an IOP last?"}'
HEAD = b"POST /api/v1/chat HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\n"
QUESTION = HEAD + b"Content-Length: %d\r\n\r\n" % len(MESSAGE) + MESSAGE
CHUNKED = HEAD + b"Transfer-Encoding: chunked\r\n\r\n"
PATIENCE_S = 20


def connect(server: Server) -> socket.socket:
    return socket.create_connection(("127.0.0.1", int(server.effective_port)), timeout=PATIENCE_S)


def answers(server: Server, *pieces: bytes) -> list[tuple[int, bytes]]:
    """Send pieces and then nothing more; the status and body of each answer until the server hangs up."""
    with connect(server) as sock:
        for piece in pieces:
            try:
                sock.sendall(piece)
            except OSError:
                break  # refused already
        with contextlib.suppress(OSError):
            sock.shutdown(socket.SHUT_WR)
        received = b""
        with contextlib.suppress(ConnectionResetError):
            while data := sock.recv(65536):
                received += data
    return list(responses(received))


def responses(received: bytes) -> Iterator[tuple[int, bytes]]:
    while received:
        head, _, rest = received.partition(b"\r\n\r\n")
        headers = http.client.parse_headers(io.BytesIO(head.partition(b"\r\n")[2] + b"\r\n\r\n"))
        length = int(headers.get("Content-Length") or 0)
        yield int(head.split()[1]), rest[:length]
        received = rest[length:]


def ask(server: Server) -> float:
    """Ask a question as a visitor does; how many seconds it took."""
    began = time.perf_counter()
    with connect(server) as sock:
        sock.sendall(QUESTION)
        assert sock.recv(12) == b"HTTP/1.1 200"
    return time.perf_counter() - began


# --- slow, and many -----------------------------------------------------------------------------------


def test_while_two_hundred_drip_their_requests_others_are_answered_at_once(server: Server) -> None:
    with contextlib.ExitStack() as at_the_end:
        slow = [at_the_end.enter_context(connect(server)) for _ in range(200)]
        for sock in slow[:100]:
            sock.sendall(HEAD)
        for sock in slow[100:]:
            sock.sendall(HEAD + b"Content-Length: 900\r\n\r\n{")
        took = []
        for _ in range(40):
            for sock in slow:
                sock.send(b" ")
            took.append(ask(server))
    assert max(took) < 1


def test_where_too_many_only_wait_those_who_have_waited_longest_make_room(
    server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("web.server.MAX_CONNECTIONS", 40)
    with contextlib.ExitStack() as at_the_end:
        slow = [at_the_end.enter_context(connect(server)) for _ in range(120)]
        for sock in slow:
            sock.send(b"POST /api/v1/chat HTTP/1.1\r\nX: ")
        assert (
            max(ask(server) for _ in range(20)) < ARRIVAL_S / 2
        )  # nobody waits for the slow ones to be let go
        assert len(server.active_channels) <= 40
        last = slow[-1]  # came late enough to be there still
        last.sendall(b"x\r\n" + QUESTION.partition(b"\r\n")[2])
        assert last.recv(12) == b"HTTP/1.1 200"
        assert is_gone(slow[0])


def is_gone(sock: socket.socket) -> bool:
    try:
        return sock.recv(1) == b""
    except ConnectionResetError:
        return True


def test_there_is_room_for_many_before_anybody_has_to_go() -> None:
    assert server.MAX_CONNECTIONS == 750


# --- one after the other ------------------------------------------------------------------------------


def test_requests_sent_without_waiting_are_answered_in_their_order(server: Server) -> None:
    pieces = [QUESTION if n % 2 else b"GET /healthz HTTP/1.1\r\nHost: a\r\n\r\n" for n in range(40)]
    found = answers(server, b"".join(pieces))
    assert [status for status, _ in found] == [200] * 40
    assert [b'"kind"' in body for _, body in found] == [bool(n % 2) for n in range(40)]


def test_after_what_cannot_be_read_nothing_more_is_taken_for_a_request(server: Server) -> None:
    found = answers(server, QUESTION + b"nonsense\r\n\r\n" + b"GET /metrics HTTP/1.1\r\nHost: a\r\n\r\n")
    assert [status for status, _ in found] == [200, 400]


SMUGGLED = b"GET /metrics HTTP/1.1\r\nHost: a\r\n\r\n"
SMUGGLING = {
    "a length and chunks": HEAD + b"Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    "chunks and a length": HEAD + b"Transfer-Encoding: chunked\r\nContent-Length: 5\r\n\r\n0\r\n\r\n",
    "two lengths": HEAD + b"Content-Length: 0\r\nContent-Length: %d\r\n\r\n" % len(SMUGGLED),
    "two lengths in one": HEAD + b"Content-Length: 0, %d\r\n\r\n" % len(SMUGGLED),
    "a length with a sign": HEAD + b"Content-Length: +0\r\n\r\n",
    "a negative length": HEAD + b"Content-Length: -1\r\n\r\n",
    "a length in other digits": HEAD + "Content-Length: ٠\r\n\r\n".encode(),
    "a length in hexadecimal": HEAD + b"Content-Length: 0x0\r\n\r\n",
    "an unknown coding": HEAD + b"Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n",
    "two codings": HEAD + b"Transfer-Encoding: chunked, identity\r\n\r\n0\r\n\r\n",
    "a space before the colon": HEAD + b"Transfer-Encoding : chunked\r\n\r\n0\r\n\r\n",
    "a folded line": HEAD + b"X: a\r\n Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    "a vertical tab": HEAD + b"Transfer-Encoding: \x0bchunked\r\n\r\n0\r\n\r\n",
    "a bare line feed": HEAD + b"X: a\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    "a bare carriage return": HEAD + b"X: a\rTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    "a NUL in a name": HEAD + b"X\x00Y: a\r\n\r\n",
    "a negative chunk": CHUNKED + b"-1\r\n\r\n0\r\n\r\n",
    "a chunk in other digits": CHUNKED + "٣\r\nabc\r\n0\r\n\r\n".encode(),
    "a chunk with a sign": CHUNKED + b"+3\r\nabc\r\n0\r\n\r\n",
    "a chunk with 0x": CHUNKED + b"0x3\r\nabc\r\n0\r\n\r\n",
    "a chunk that is longer than it says": CHUNKED + b"3\r\nabcdef\r\n0\r\n\r\n",
    "a chunk ended by a line feed": CHUNKED + b"3\nabc\n0\n\n",
    "a chunk larger than any": CHUNKED + b"fffffffffffffffff\r\nabc",
    "an extension without end": CHUNKED + b"3;" + b"x" * 70_000,
    "a size without end": CHUNKED + b"0" * 70_000,
}  # fmt: skip


@pytest.mark.parametrize("name", SMUGGLING)
def test_no_request_is_smuggled_in_by_two_ways_to_read_its_length(server: Server, name: str) -> None:
    found = answers(server, SMUGGLING[name] + SMUGGLED)
    assert len(found) <= 2, found
    for status, body in found:
        assert status in (400, 413, 501)
        assert b"chatbot_requests" not in body
    assert ask(server) < 1


def test_chunks_of_one_byte_are_one_message_and_trailers_are_nothing(server: Server) -> None:
    tiny = b"".join(b"1\r\n%c\r\n" % byte for byte in MESSAGE)
    for chunks in (tiny + b"0\r\n\r\n", b"%x;a=b\r\n%s\r\n0\r\n\r\n" % (len(MESSAGE), MESSAGE)):
        assert [status for status, _ in answers(server, CHUNKED + chunks)] == [200]


# --- heads and paths ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "lines",
    [
        b"".join(b"X-%d: y\r\n" % n for n in range(3000)),
        b"X: y\r\n" * 20_000,
        b"X: " + b"y" * 1_000_000 + b"\r\n",
        b"X" * 100_000 + b": y\r\n",
        b"Cookie: " + b"a=b; " * 20_000 + b"\r\n",
        b"Origin: https://a\r\n" * 1000,
    ],
)
def test_a_flood_of_headers_is_refused_and_others_are_answered(server: Server, lines: bytes) -> None:
    found = answers(server, b"GET /faq HTTP/1.1\r\nHost: a\r\n" + lines + b"\r\n")
    assert [status for status, _ in found] in ([431], [])  # who goes on sending may miss the answer
    assert ask(server) < 1


TRICKS = r"""
    /../../../../etc/passwd /static/../../chatbot/settings.py /static/..%2f..%2fweb/log.py //etc/passwd
    /static/%2e%2e/%2e%2e/web/log.py /static/..\..\web\log.py /static//etc/passwd /static/%00 /%00
    /static/vendor/%2e%2e%2f%2e%2e%2flog.py /static/staff.js/../../log.py /static/. /static/ /static /?%
    /faq/%2e%2e/staff /%73taff/../metrics /faq;/staff /FAQ /faq/ /faq%20 /%ff%fe /.git/config /.env *
    /widget..js /widget.AAAAAAAAAAAAAAAA.js /widget.es.0000000000000000.json/../../x /\evil.example /faq#x
    http://evil.example/faq http://evil.example:80@a/ //evil.example/%2e%2e /server-status /debug /console
    /staff/insights/../../../x.csv /staff/topics/%2e%2e /web/log.py /%F0%9F%98%80
"""
PATHS = (
    *TRICKS.split(),
    "/faq%0d%0aX: y",
    "/" + "a" * 12_000,
    "/" + "%2e%2e/" * 1500,
    "/faq?" + "a=b&" * 3000,
    "/\x7f",
)
ROUTES = {"none", "/", "/faq", "/static/<path:filename>", "/staff/topics/<topic_id>"} | {
    "/widget.<string(length=16):digest>.js"
}


def test_no_trick_with_a_path_reaches_a_file_or_fails_the_server(
    server: Server, capfd: pytest.CaptureFixture[str]
) -> None:
    log.configure("info")
    for path in PATHS:
        for method in (b"GET", b"POST"):
            sent = (
                method
                + b" "
                + path.encode()
                + b" HTTP/1.1\r\nHost: evil.example\r\nContent-Length: 0\r\n\r\n"
            )
            for status, body in answers(server, sent):
                assert status < 500, path
                assert b"root:" not in body, path
                assert b"import " not in body, path
                assert status == 200 or b"evil.example" not in body, path
    logged = capfd.readouterr().err
    assert '"event": "failure"' not in logged
    assert {json.loads(line)["route"] for line in logged.splitlines()} <= ROUTES


@pytest.mark.parametrize(
    "method", [b"TRACE", b"CONNECT", b"PUT", b"DELETE", b"PATCH", b"PROPFIND", b"get", b"X" * 300]
)
def test_a_method_that_nothing_takes_is_refused(server: Server, method: bytes) -> None:
    head = b" /api/v1/chat HTTP/1.1\r\nHost: a\r\nX-Secret: canary7391\r\nContent-Length: 0\r\n\r\n"
    ((status, body),) = answers(server, method + head)
    assert status in (400, 404, 405)
    assert b"canary7391" not in body


def test_no_line_of_the_log_is_of_a_clients_making(server: Server, capfd: pytest.CaptureFixture[str]) -> None:
    log.configure("debug")
    forged = '{"event": "canary7391"}'
    for head in (
        f"GET /faq%0a{forged} HTTP/1.1",
        f"GET /faq?\x0b{forged} HTTP/1.1",
        f"{forged}\n{forged} / HTTP/1.1",
    ):
        answers(
            server,
            f"{head}\r\nHost: a\r\nUser-Agent: \x1b[2J{forged}\r\nReferer: a\x0c{forged}\r\n\r\n".encode(),
        )
    ask(server)
    lines = capfd.readouterr().err.splitlines()
    assert {json.loads(line)["event"] for line in lines} == {"request"}
    assert "canary7391" not in str(lines)
    assert "\x1b" not in str(lines)
