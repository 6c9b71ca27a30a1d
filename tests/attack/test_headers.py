"""The headers of every response: what browsers are told, and what Mozilla's Observatory would say of it."""

import re
import socket
from collections.abc import Iterator

import pytest
from desk import PASSWORD, Desk
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.datastructures import Headers
from werkzeug.test import TestResponse

from attack.observatory import A_PLUS, grade
from web.server import Server

SITE = "https://clinic.example"
TOPIC = "cost"
FILLED = {
    "topic_id": TOPIC, "kind": "topic", "key": TOPIC, "name": "days", "probe_id": "1", "filename": "staff.js",
    "digest": "0123456789abcdef", "language": "es",
}  # fmt: skip
# What is for other sites to load says so; its bytes are public.
SHARED = ("/widget", "/embed")


@pytest.fixture
def staff(app: Flask, ada: Desk) -> FlaskClient:
    """A client that is signed in over HTTPS."""
    client = app.test_client()
    data = {"name": "ada", "password": PASSWORD}
    done = client.post(f"{SITE}/staff/sign-in", data=data, headers={"Origin": SITE})
    assert done.status_code == 303
    return client


def addresses(app: Flask) -> Iterator[str]:
    """Every address that can be read, with something that exists in the place of what varies."""
    for rule in app.url_map.iter_rules():
        if "GET" in (rule.methods or ()):
            yield re.sub(r"<(?:[^:<>]*:)?([^<>]+)>", lambda found: FILLED[found[1]], rule.rule)


def pages(app: Flask, client: FlaskClient) -> Iterator[tuple[str, TestResponse]]:
    for address in (*addresses(app), "/nothing", "/staff/nothing", "/api/v1/nothing"):
        response = client.get(SITE + address)
        yield address, response
        response.close()


def test_every_response_says_what_browsers_may_do_with_it(app: Flask, staff: FlaskClient) -> None:
    asked = 0
    for address, response in pages(app, staff):
        asked += 1
        headers = response.headers
        policy = headers["Content-Security-Policy"]
        assert "default-src 'none'" in policy, address
        assert "unsafe" not in policy, address
        assert "frame-ancestors 'none'" in policy or address == "/embed", address
        assert headers["X-Content-Type-Options"] == "nosniff", address
        assert headers["Strict-Transport-Security"] == "max-age=31536000", address
        assert headers["Referrer-Policy"] in ("no-referrer", "same-origin"), address
        assert "camera=()" in headers["Permissions-Policy"], address
        assert headers["Cross-Origin-Opener-Policy"] == "same-origin", address
        assert headers["Cache-Control"], address
        is_shared = address.startswith(SHARED)
        assert (headers["Cross-Origin-Resource-Policy"] == "cross-origin") is is_shared, address
        assert response.mimetype != "text/html" or "charset=utf-8" in headers["Content-Type"], address
    assert asked > 35


def test_mozillas_observatory_would_give_every_page_an_a_plus(app: Flask, staff: FlaskClient) -> None:
    points = {
        address: grade(response.headers, response.text)
        for address, response in pages(app, staff)
        if response.mimetype == "text/html"
    }
    assert len(points) > 25
    assert min(points.values()) >= 120 > A_PLUS, points
    assert {points[address] for address in ("/", "/faq", "/chat", "/privacy")} == {130}
    assert {points[address] for address in ("/staff", "/staff/inbox", "/staff/topics")} == {135}


def test_signing_in_is_worth_all_points_there_are_but_those_of_a_preloaded_domain(app: Flask) -> None:
    client = app.test_client()
    data = {"name": "ada", "password": PASSWORD}
    entered = client.post(f"{SITE}/staff/sign-in", data=data, headers={"Origin": SITE})
    assert "__Host-staff" in entered.headers["Set-Cookie"]
    page = client.get(f"{SITE}/staff")
    both = Headers([*page.headers, ("Set-Cookie", entered.headers["Set-Cookie"])])
    assert grade(both, page.text) == 140


@pytest.mark.parametrize(
    ("name", "value", "points"),
    [
        ("Content-Security-Policy", "", 55),
        ("Content-Security-Policy", "default-src 'none'; script-src 'self' 'unsafe-inline'", 60),
        ("Content-Security-Policy", "default-src 'self'; frame-ancestors 'none'", 125),
        ("Strict-Transport-Security", "", 80),
        ("Strict-Transport-Security", "max-age=300", 120),
        ("Referrer-Policy", "unsafe-url", 120),
        ("Cross-Origin-Resource-Policy", "cross-origin", 120),
        ("X-Content-Type-Options", "", 125),
        ("Set-Cookie", "a=b; HttpOnly; SameSite=Lax", 60),
    ],
)
def test_the_grader_takes_points_for_what_is_missing(app: Flask, name: str, value: str, points: int) -> None:
    headers = app.test_client().get(f"{SITE}/faq").headers
    assert grade(headers, "") == 130
    headers[name] = value
    assert grade(headers, "") == points


def test_without_https_nothing_is_said_of_it(app: Flask) -> None:
    assert "Strict-Transport-Security" not in app.test_client().get("/faq").headers


def test_what_is_refused_before_the_app_sees_it_has_the_headers_too(server: Server) -> None:
    with socket.create_connection(("127.0.0.1", int(server.effective_port)), timeout=20) as sock:
        sock.sendall(b"GET / HTTP/1.1\r\nHost a\r\n\r\n")
        head = sock.makefile("rb").read().partition(b"\r\n\r\n")[0].decode()
    assert head.startswith("HTTP/1.0 400")
    for name in (
        "Content-Security-Policy: default-src 'none'",
        "X-Content-Type-Options: nosniff",
        "Cache-Control: no-store",
        "Referrer-Policy: no-referrer",
    ):
        assert name in head
