"""Who may call the API and how often, what its headers say, and what is counted."""

from collections.abc import Callable

import pytest
from calls import ask, post, problem
from flask import Flask
from flask.testing import FlaskClient

from chatbot import Bot, Settings, Store
from web import create_app

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
