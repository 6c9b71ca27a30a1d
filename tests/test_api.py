"""The API: what it answers, what it refuses and in which words, and who may call it."""

import json
from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from chatbot import Bot, Settings, Store, StoreError, redact
from web import create_app

REPLY_FIELDS = {
    "id",
    "kind",
    "text",
    "html",
    "topic",
    "confidence",
    "sources",
    "suggestions",
    "actions",
    "notice",
    "context",
}


def post(client: FlaskClient, path: str, body: object, **headers: str) -> TestResponse:
    return client.post(
        f"/api/v1/{path}", json=body, headers={k.replace("_", "-"): v for k, v in headers.items()}
    )


def ask(client: FlaskClient, message: object, **fields: object) -> TestResponse:
    return post(client, "chat", {"message": message, **fields})


def problem(response: TestResponse, status: int) -> dict[str, Any]:
    """The problem in `response`, after checking that it is one."""
    assert response.status_code == status, response.text
    assert response.content_type == "application/problem+json"
    found: dict[str, Any] = json.loads(response.data)
    assert found["status"] == status
    assert found["type"]
    assert found["title"]
    assert found["detail"]
    return found


# --- chat ---------------------------------------------------------------------------------------------


def test_a_reply_has_exactly_the_fields_of_the_contract(client: FlaskClient) -> None:
    response = ask(client, "How long does an IOP last?")
    assert response.status_code == 200
    assert response.content_type == "application/json"
    assert response.get_json().keys() == REPLY_FIELDS


def test_a_topics_own_question_is_answered_with_that_topic(client: FlaskClient, bot: Bot) -> None:
    topic = bot.topics[0]
    reply = ask(client, topic.question).get_json()
    assert (reply["kind"], reply["topic"]) == ("answer", topic.id)
    assert reply["text"]
    assert reply["html"].startswith("<")


def test_the_context_carries_the_conversation_without_a_cookie(client: FlaskClient) -> None:
    first = ask(client, "How long does an IOP last?")
    second = ask(client, "and how many hours?", context=first.get_json()["context"])
    assert second.status_code == 200
    assert "Set-Cookie" not in first.headers
    assert "Set-Cookie" not in second.headers


@pytest.mark.parametrize(
    "context", [None, "", "made up", 5, ["a"], {"a": 1}, True, "x" * 5000, "\ud800", "a.b.c"]
)
def test_a_context_that_is_not_ours_counts_as_a_first_message(client: FlaskClient, context: object) -> None:
    body = json.dumps({"message": "How long does an IOP last?", "context": context})
    response = client.post("/api/v1/chat", data=body, content_type="application/json")
    assert response.status_code == 200
    assert response.get_json()["kind"] == "answer"


def test_a_message_is_trimmed_before_it_is_measured(client: FlaskClient) -> None:
    assert ask(client, " \n" * 400 + "How long does an IOP last?").status_code == 200
    assert ask(client, "x" * 1000).status_code == 200
    assert problem(ask(client, "x" * 1001), 422)["field"] == "message"


def test_a_message_that_is_too_long_gets_words_for_the_visitor(client: FlaskClient, bot: Bot) -> None:
    found = problem(ask(client, "x" * 1001), 422)
    assert found["text"] == bot.line("too-long").text
    assert "1,001" in found["detail"]


def test_unknown_fields_are_ignored(client: FlaskClient) -> None:
    assert ask(client, "hello", locale="en", trace=[1, {"a": None}]).status_code == 200


def test_a_crisis_comes_with_the_help_lines(client: FlaskClient) -> None:
    reply = ask(client, "I want to kill myself").get_json()
    assert reply["kind"] == "crisis"
    assert "tel:988" in [action["href"] for action in reply["actions"]]


# --- what is refused ----------------------------------------------------------------------------------

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


# --- feedback, topics, suggest ------------------------------------------------------------------------


def test_feedback_on_a_reply_is_kept(client: FlaskClient, store: Store) -> None:
    reply = ask(client, "How long does an IOP last?").get_json()
    response = post(client, "feedback", {"id": reply["id"], "helpful": False, "comment": "  too short  "})
    assert (response.status_code, response.data) == (204, b"")
    (row,) = store.feedback()
    assert (row["reply_id"], row["topic"], row["helpful"]) == (reply["id"], reply["topic"], False)
    assert row["comment"] == "too short"


def test_what_identifies_a_person_is_taken_out_of_a_comment(client: FlaskClient, store: Store) -> None:
    comment = "My name is Jane Miller, call me at (312) 555-0134 or jane.miller@example.com"
    reply = ask(client, "hello").get_json()
    post(client, "feedback", {"id": reply["id"], "helpful": False, "comment": comment})
    assert store.feedback()[0]["comment"] == redact(comment).text[:500]


@pytest.mark.parametrize("comment", [None, "", "  \n "])
def test_feedback_needs_no_comment(client: FlaskClient, store: Store, comment: str | None) -> None:
    reply = ask(client, "hello").get_json()
    assert (
        post(client, "feedback", {"id": reply["id"], "helpful": True, "comment": comment}).status_code == 204
    )
    assert store.feedback()[0]["comment"] is None


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"id": "made up"}, "id"),
        ({"id": "WyJhIiwiYiJd.AAAA"}, "id"),
        ({"id": ""}, "id"),
        ({"id": 5}, "id"),
        ({"id": None}, "id"),
        ({"helpful": None}, "helpful"),
        ({"helpful": "true"}, "helpful"),
        ({"helpful": 1}, "helpful"),
        ({"comment": 5}, "comment"),
        ({"comment": "x" * 501}, "comment"),
    ],
)
def test_feedback_that_is_wrong_names_its_field(
    client: FlaskClient, store: Store, change: dict[str, object], field: str
) -> None:
    good = {"id": ask(client, "hello").get_json()["id"], "helpful": True}
    assert problem(post(client, "feedback", good | change), 422)["field"] == field
    assert store.feedback() == []


def test_a_comment_with_characters_that_no_database_takes_is_kept_readable(
    client: FlaskClient, store: Store
) -> None:
    reply = ask(client, "hello").get_json()
    body = json.dumps({"id": reply["id"], "helpful": True, "comment": "a\ud800b\x00c"})
    assert client.post("/api/v1/feedback", data=body, content_type="application/json").status_code == 204
    assert store.feedback()[0]["comment"] == "a\ufffdb\ufffdc"


def test_the_topics_are_the_published_ones_in_their_order(client: FlaskClient, bot: Bot) -> None:
    response = client.get("/api/v1/topics")
    assert response.get_json() == [{"id": topic.id, "question": topic.question} for topic in bot.topics]


def test_suggestions_are_at_most_five_published_topics(client: FlaskClient, bot: Bot) -> None:
    published = {topic.id for topic in bot.topics}
    found = post(client, "suggest", {"text": "does insurance"}).get_json()
    assert 1 <= len(found) <= 5
    assert {topic["id"] for topic in found} <= published


@pytest.mark.parametrize("text", [None, 5, "", "   ", "x" * 1001])
def test_a_text_to_suggest_for_that_is_wrong_is_named(client: FlaskClient, text: object) -> None:
    assert problem(post(client, "suggest", {"text": text}), 422)["field"] == "text"


# --- switched off, not ready --------------------------------------------------------------------------


def test_switched_off_the_help_lines_stay_in_the_answer(client: FlaskClient, bot: Bot, store: Store) -> None:
    store.switch(off=True)
    response = ask(client, "hello")
    found = problem(response, 503)
    assert int(response.headers["Retry-After"]) > 0
    assert found["text"] == bot.line("off").text
    assert [action["href"] for action in found["actions"]] == [action.href for action in bot.help_lines]
    problem(post(client, "suggest", {"text": "how"}), 503)
    store.switch(off=False)
    assert ask(client, "hello").status_code == 200


@pytest.fixture
def gone(client: FlaskClient, store: Store, monkeypatch: pytest.MonkeyPatch) -> FlaskClient:
    """A client of a bot whose database has gone away."""

    def fail(*_: object, **__: object) -> None:
        raise StoreError("gone")

    for name in ("is_off", "save_feedback"):
        monkeypatch.setattr(store, name, fail)
    monkeypatch.setattr(store, "is_reachable", lambda: False)
    return client


def test_without_its_database_the_bot_still_answers_and_says_that_it_is_not_ready(gone: FlaskClient) -> None:
    assert ask(gone, "How long does an IOP last?").get_json()["kind"] == "answer"
    ready = gone.get("/readyz")
    assert "CHATBOT_DATABASE_URL" in problem(ready, 503)["detail"]
    assert ready.headers["Retry-After"]
    assert gone.get("/healthz").status_code == 200


def test_feedback_that_cannot_be_kept_is_a_503(gone: FlaskClient) -> None:
    reply = ask(gone, "hello").get_json()
    response = post(gone, "feedback", {"id": reply["id"], "helpful": True})
    problem(response, 503)
    assert response.headers["Retry-After"]


def test_ready_is_said_when_the_bot_can_answer(client: FlaskClient, store: Store) -> None:
    assert client.get("/readyz").get_json() == {"status": "ready"}
    store.switch(off=True)
    assert client.get("/readyz").status_code == 200


# --- how often ----------------------------------------------------------------------------------------


@pytest.fixture
def limited(client_with: Callable[..., FlaskClient]) -> FlaskClient:
    return client_with(rate_limit="2 per hour")


def test_too_many_messages_get_a_429_with_help(limited: FlaskClient) -> None:
    assert [ask(limited, "hello").status_code for _ in range(2)] == [200, 200]
    response = ask(limited, "hello")
    found = problem(response, 429)
    assert 0 < int(response.headers["Retry-After"]) <= 3600
    assert found["actions"]


def test_bodies_that_are_refused_count_too(limited: FlaskClient) -> None:
    statuses = [ask(limited, None).status_code for _ in range(3)]
    assert statuses == [422, 422, 429]


def test_the_form_and_the_api_share_a_limit(limited: FlaskClient) -> None:
    limited.post("/chat", data={"message": "hello"})
    limited.post("/faq", data={"question": "hello"})
    problem(ask(limited, "hello"), 429)


@pytest.mark.parametrize("path", ["feedback", "suggest"])
def test_feedback_and_suggestions_have_a_limit_each(limited: FlaskClient, path: str) -> None:
    assert [post(limited, path, {}).status_code for _ in range(3)] == [422, 422, 429]
    assert ask(limited, "hello").status_code == 200


def test_reading_topics_is_not_limited(limited: FlaskClient) -> None:
    assert {limited.get("/api/v1/topics").status_code for _ in range(5)} == {200}


# --- who may call -------------------------------------------------------------------------------------

SITE = "https://www.clinic.example"


@pytest.fixture
def embedded(client_with: Callable[..., FlaskClient]) -> FlaskClient:
    return client_with(allowed_origins=(SITE,))


def test_an_allowed_origin_is_named_in_the_answer(embedded: FlaskClient) -> None:
    response = post(embedded, "chat", {"message": "hello"}, Origin=SITE)
    assert response.status_code == 200
    assert response.headers["Access-Control-Allow-Origin"] == SITE
    assert "Origin" in response.headers["Vary"]
    assert "Access-Control-Allow-Credentials" not in response.headers


def test_an_allowed_origin_can_read_errors_too(embedded: FlaskClient) -> None:
    response = post(embedded, "chat", {}, Origin=SITE)
    problem(response, 422)
    assert response.headers["Access-Control-Allow-Origin"] == SITE


def test_the_own_origin_needs_no_setting(client: FlaskClient) -> None:
    response = post(client, "chat", {"message": "hello"}, Origin="http://localhost")
    assert response.status_code == 200
    assert "Access-Control-Allow-Origin" not in response.headers
    assert response.headers["Vary"] == "Origin"


def test_behind_a_proxy_that_ends_tls_the_browser_says_what_is_the_own_origin(client: FlaskClient) -> None:
    headers = {"Origin": "https://chat.clinic.example", "Sec_Fetch_Site": "same-origin"}
    assert post(client, "chat", {"message": "hello"}, **headers).status_code == 200


@pytest.mark.parametrize(
    "origin",
    [
        "https://evil.example",
        "null",
        "http://www.clinic.example",
        "https://www.clinic.example.evil.example",
        "https://evil.example/https://www.clinic.example",
        "https://www.clinic.example:444",
        "https://clinic.example",
        "https://localhost",
        "http://localhost:81",
        "*",
        "",
    ],
)
@pytest.mark.parametrize("method", ["POST", "OPTIONS"])
def test_a_foreign_origin_is_refused_with_the_cure_and_no_cors_header(
    embedded: FlaskClient, origin: str, method: str
) -> None:
    headers = {"Origin": origin, "Access-Control-Request-Method": "POST"}
    response = embedded.open("/api/v1/chat", method=method, json={"message": "hello"}, headers=headers)
    assert "CHATBOT_ALLOWED_ORIGINS" in problem(response, 403)["detail"]
    assert not [name for name, _ in response.headers if name.startswith("Access-Control")]
    assert "Origin" in response.headers["Vary"]


def test_a_preflight_of_an_allowed_origin_is_answered_without_a_body(embedded: FlaskClient) -> None:
    headers = {
        "Origin": SITE,
        "Access-Control-Request-Method": "POST",
        "Access-Control-Request-Headers": "content-type",
    }
    response = embedded.options("/api/v1/chat", headers=headers)
    assert (response.status_code, response.data) == (204, b"")
    assert response.headers["Access-Control-Allow-Origin"] == SITE
    assert "POST" in response.headers["Access-Control-Allow-Methods"]
    assert response.headers["Access-Control-Allow-Headers"].lower() == "content-type"
    assert int(response.headers["Access-Control-Max-Age"]) > 0


def test_programs_without_an_origin_may_call(embedded: FlaskClient) -> None:
    assert ask(embedded, "hello").status_code == 200


# --- headers and counters -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    "path", ["/api/v1/topics", "/api/v1/nothing", "/healthz", "/metrics", "/faq", "/nothing"]
)
def test_every_response_has_the_security_headers(client: FlaskClient, path: str) -> None:
    headers = client.get(path).headers
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Referrer-Policy"] == "no-referrer"
    assert "camera=()" in headers["Permissions-Policy"]
    assert "default-src 'none'" in headers["Content-Security-Policy"]
    assert "frame-ancestors 'none'" in headers["Content-Security-Policy"]
    assert "unsafe" not in headers["Content-Security-Policy"]


@pytest.mark.parametrize("path", ["chat", "feedback", "topics", "suggest", "openapi.json"])
def test_no_cache_keeps_what_the_api_says(client: FlaskClient, path: str) -> None:
    assert client.get(f"/api/v1/{path}").headers["Cache-Control"] == "no-store"


def test_a_replys_kind_is_counted(client: FlaskClient) -> None:
    ask(client, "How long does an IOP last?")
    ask(client, "I want to kill myself")
    response = client.get("/metrics")
    assert response.content_type == "text/plain; version=0.0.4; charset=utf-8"
    assert 'chatbot_replies_total{kind="answer"} 1' in response.text
    assert 'chatbot_replies_total{kind="crisis"} 1' in response.text
    assert 'chatbot_requests_total{route="/api/v1/chat",status="200"} 2' in response.text
    assert "chatbot_request_duration_seconds_count 2" in response.text
    assert 'chatbot_request_duration_seconds_bucket{le="+Inf"} 2' in response.text
    assert "chatbot_requests_in_flight 1" in response.text


def test_counters_carry_no_text_no_id_and_no_origin(limited: FlaskClient) -> None:
    canary = "canary7391"
    for _ in range(3):
        reply = post(limited, "chat", {"message": canary}, Origin="http://localhost", User_Agent=canary)
    post(limited, "feedback", {"id": canary, "helpful": True})
    limited.get(f"/{canary}?{canary}={canary}")
    limited.open("/faq", method=canary.upper())
    text = limited.get("/metrics").text
    assert reply.status_code == 429
    assert "chatbot_rate_limited_total 1" in text
    assert canary not in text.lower()
    assert "127.0.0.1" not in text
    assert "localhost" not in text


def test_making_an_app_reads_nothing_that_was_given(
    settings: Settings, bot: Bot, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CHATBOT_PORT", "not a number")
    assert isinstance(create_app(settings, bot, store), Flask)
