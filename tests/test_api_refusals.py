"""What the API refuses, and in which words."""

import json
from collections.abc import Callable

import pytest
from calls import ask, post, problem
from flask.testing import FlaskClient

from chatbot import Bot

HOSTILE = {
    "nothing": (b"", 400),
    "no JSON": (b"message=hello", 400),
    "cut off": (b'{"message": "hel', 400),
    "two values": (b'{"message": "a"} {"message": "b"}', 400),
    "a list": (b"[]", 422),
    "a list with a message": (b'[{"message": "a"}]', 422),
    "a text": (b'"hello"', 422),
    "null": (b"null", 422),
    "a number": (b"1e400", 422),
    "NaN": (b"NaN", 400),
    "Infinity in a field": (b'{"message": "a", "x": -Infinity}', 400),
    "a number of 5,000 digits": (b'{"message": ' + b"9" * 5000 + b"}", 400),
    "5,000 deep": (b"[" * 5000, 400),
    "5,000 deep and closed": (b'{"message":' + b"[" * 5000 + b"]" * 5000 + b"}", 400),
    "8,000 objects deep": (b'{"a":' * 3000, 400),
    "a name twice": (b'{"message": "a", "message": "b"}', 400),
    "a name twice further in": (b'{"message": "a", "x": {"y": 1, "y": 2}}', 400),
    "no message": (b"{}", 422),
    "a message that is null": (b'{"message": null}', 422),
    "a message that is a list": (b'{"message": ["a"]}', 422),
    "a message that is an object": (b'{"message": {"a": "b"}}', 422),
    "a message that is a number": (b'{"message": 5}', 422),
    "a message that is true": (b'{"message": true}', 422),
    "an empty message": (b'{"message": ""}', 422),
    "a blank message": ('{"message": " \\t\\n\u00a0\u2003"}'.encode(), 422),
    "an unescaped line break": (b'{"message": "a\nb"}', 400),
    "a bad escape": (b'{"message": "\\x41"}', 400),
    "half a pair": (b'{"message": "\\ud800"}', 200),
    "the wrong halves": (b'{"message": "how long \\udc00\\ud800"}', 200),
    "half a pair in UTF-8": (b'{"message": "\xed\xa0\x80"}', 400),
    "NUL": (b'{"message": "\\u0000"}', 200),
    "NUL inside": (b'{"message": "how\\u0000long"}', 200),
    "NUL as a byte": (b'{"message": "a\x00b"}', 400),
    "latin-1": ('{"message": "caf\u00e9"}'.encode("latin-1"), 400),
    "UTF-16": ('{"message": "hello"}'.encode("utf-16"), 400),
    "UTF-32": ('{"message": "hello"}'.encode("utf-32"), 400),
    "a byte order mark": (b'\xef\xbb\xbf{"message": "hello"}', 400),
    "an overlong slash": (b'{"message": "\xc0\xaf"}', 400),
    "right to left": ('{"message": "\u202eolleh\u202c"}'.encode(), 200),
    "zero width": ('{"message": "\u200b\u200d\ufeff"}'.encode(), 200),
    "combining marks": (('{"message": "o' + "\u0301" * 900 + '"}').encode(), 200),
    "emoji": (('{"message": "' + "\U0001f9d1\u200d\U0001f52c" * 300 + '"}').encode(), 200),
    "markup": (b'{"message": "<script>alert(1)</script>"}', 200),
    "a template": (b'{"message": "{{7*7}} {clinic.phone} ${x} %s %(x)s"}', 200),
    "SQL": (b'{"message": "\'; DROP TABLE feedback; --"}', 200),
    "a pattern that backtracks": (b'{"message": "' + b"a" * 990 + b'!"}', 200),
    "a prototype": (b'{"message": "a", "__proto__": {"x": 1}, "constructor": null}', 200),
    "16 KiB of spaces": (b'{"message": "a"' + b" " * 16000 + b"}", 200),
    "over 16 KiB": (b'{"message": "a"' + b" " * 17000 + b"}", 413),
    "1 MB": (b'{"message": "' + b"a" * 1_000_000 + b'"}', 413),
}


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_body_never_fails_the_server(client: FlaskClient, name: str) -> None:
    body, status = HOSTILE[name]
    response = client.post("/api/v1/chat", data=body, content_type="application/json")
    if status == 200:
        assert response.status_code == 200, response.text
        # What comes back must itself be JSON that a strict reader takes.
        json.loads(response.data, parse_constant=pytest.fail)
        response.data.decode("utf-8")
    else:
        problem(response, status)


@pytest.mark.parametrize("name", HOSTILE)
@pytest.mark.parametrize("path", ["suggest", "feedback"])
def test_a_hostile_body_fails_no_other_route_either(client: FlaskClient, name: str, path: str) -> None:
    body = HOSTILE[name][0].replace(b'"message"', b'"text"' if path == "suggest" else b'"id"')
    response = client.post(f"/api/v1/{path}", data=body, content_type="application/json")
    assert response.status_code < 500, response.text


@pytest.mark.parametrize(
    "content_type",
    [
        "application/json",
        "application/json; charset=utf-8",
        "application/json;charset=UTF-8",
        'Application/JSON; charset="utf-8"',
    ],
)
def test_json_in_utf_8_is_taken(client: FlaskClient, content_type: str) -> None:
    response = client.post("/api/v1/chat", data=b'{"message": "hello"}', content_type=content_type)
    assert response.status_code == 200


@pytest.mark.parametrize(
    "content_type",
    [
        "",
        "text/plain",
        "text/json",
        "application/x-www-form-urlencoded",
        "multipart/form-data; boundary=x",
        "application/json; charset=latin-1",
        "application/json; charset=utf-8; version=2",
        "application/problem+json",
        "application/json, text/plain",
        "\u00e9",
    ],
)
def test_another_content_type_is_refused(client: FlaskClient, content_type: str) -> None:
    headers = {"Content-Type": content_type} if content_type else {}
    problem(client.post("/api/v1/chat", data=b'{"message": "hello"}', headers=headers), 415)


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/api/v1/chat", 405),
        ("DELETE", "/api/v1/topics", 405),
        ("PUT", "/api/v1/feedback", 405),
        ("GET", "/api/v1/nothing", 404),
        ("POST", "/api/v2/chat", 404),
        ("GET", "/api/", 404),
    ],
)
def test_every_error_under_api_is_a_problem(client: FlaskClient, method: str, path: str, status: int) -> None:
    response = client.open(path, method=method)
    problem(response, status)
    if status == 405:
        assert response.headers["Allow"]


def test_an_error_repeats_nothing_that_was_sent(client: FlaskClient) -> None:
    canary = "canary7391"
    for response in (
        client.get(f"/api/v1/{canary}?q={canary}", headers={"Host": f"{canary}.example"}),
        client.post("/api/v1/chat", data=f'{{"{canary}": {canary}', content_type="application/json"),
        client.post(
            "/api/v1/chat", data=f'{{"{canary}": 1, "{canary}": 2}}', content_type="application/json"
        ),
        client.post("/api/v1/chat", data=b"{}", content_type=f"text/{canary}"),
        post(client, "feedback", {"id": canary, "helpful": True}),
        post(client, "feedback", {"id": "a", "helpful": canary}),
        post(client, "chat", {"message": canary}, Origin=f"https://{canary}.example"),
        client.get(f"/{canary}", headers={"Host": f"{canary}.example"}),
    ):
        assert response.status_code >= 400
        assert canary not in response.text
        assert canary not in str(response.headers)


def test_an_unexpected_error_is_a_500_with_help_and_without_a_trace(
    client_with: Callable[..., FlaskClient], broken_bot: Bot
) -> None:
    response = ask(client_with(broken_bot), "secret words")
    found = problem(response, 500)
    assert found["text"] == broken_bot.line("server-error").text
    assert found["actions"][0]["href"] == "tel:988"
    for leak in ("RuntimeError", "SELECT", "secret words", ".py", "Traceback"):
        assert leak not in response.text
