"""The API's description: valid, complete, and true of what the server really answers."""

import json
import re
from collections.abc import Callable
from typing import Any, get_args

import pytest
from flask import Flask
from flask.testing import FlaskClient
from jsonschema import Draft202012Validator, FormatChecker
from openapi_spec_validator import OpenAPIV31SpecValidator
from werkzeug.test import TestResponse

from chatbot import Bot, Store
from chatbot.model import ReplyKind

SITE = {"Origin": "https://evil.example"}


@pytest.fixture
def document(client: FlaskClient) -> dict[str, Any]:
    response = client.get("/api/v1/openapi.json")
    assert response.content_type == "application/json"
    found: dict[str, Any] = json.loads(response.data)
    return found


def check(document: dict[str, Any], response: TestResponse, path: str, method: str = "post") -> None:
    """Fail unless `response` is one that `document` describes for this call."""
    described = document["paths"][path][method]["responses"]
    assert str(response.status_code) in described, f"{method} {path} does not describe {response.status_code}"
    answer = resolve(document, described[str(response.status_code)])
    for name, header in answer.get("headers", {}).items():
        schema = resolve(document, header)["schema"]
        Draft202012Validator(schema).validate(int(response.headers[name]))
    if "content" not in answer:
        assert response.data == b""
        return
    assert response.mimetype in answer["content"]
    schema = {**answer["content"][response.mimetype]["schema"], "components": document["components"]}
    body = response.text if response.mimetype == "text/plain" else response.get_json(force=True)
    Draft202012Validator(schema, format_checker=FormatChecker()).validate(body)


def resolve(document: dict[str, Any], node: dict[str, Any]) -> dict[str, Any]:
    """Follow a reference within `document`."""
    while "$ref" in node:
        target: Any = document
        for part in node["$ref"].removeprefix("#/").split("/"):
            target = target[part]
        node = target
    return node


def test_the_description_is_valid_openapi(document: dict[str, Any]) -> None:
    OpenAPIV31SpecValidator(document).validate()
    assert document["openapi"].startswith("3.1.")


def test_every_route_is_described_and_nothing_else(app: Flask, document: dict[str, Any]) -> None:
    pages = {"/", "/faq", "/chat", "/embed", "/widget.js", "/privacy", "/staff"}
    routes = {
        (re.sub(r"<(?:[^:<>]*:)?([^<>]+)>", r"{\1}", rule.rule), method.lower())
        for rule in app.url_map.iter_rules()
        for method in rule.methods or ()
        if method not in ("HEAD", "OPTIONS")
        and rule.rule not in pages
        and not rule.rule.startswith(("/static/", "/widget", "/staff/"))
    }
    described = {(path, method) for path, methods in document["paths"].items() for method in methods}
    assert described == routes


def test_every_schema_and_response_is_used(document: dict[str, Any]) -> None:
    text = json.dumps(document)
    for section, parts in document["components"].items():
        for name in parts:
            assert f'"#/components/{section}/{name}"' in text, f"{section}/{name} is used nowhere"


def test_the_description_allows_exactly_the_kinds_of_reply(document: dict[str, Any]) -> None:
    kinds = document["components"]["schemas"]["Reply"]["properties"]["kind"]["enum"]
    assert kinds == list(get_args(ReplyKind))


@pytest.mark.parametrize(
    "message",
    [
        "How long does an IOP last?",
        "hello",
        "thanks",
        "I want to kill myself",
        "my dose of lithium is too high, should I stop?",
        "therapy",
        "asdf qwer zxcv",
        "who won the world cup",
        "my number is 312-555-0134",
        "x" * 1000,
        "?",
        "\U0001f4a7",
    ],
)
def test_replies_are_as_described(client: FlaskClient, document: dict[str, Any], message: str) -> None:
    response = client.post("/api/v1/chat", json={"message": message})
    assert response.status_code == 200
    check(document, response, "/api/v1/chat")


def test_the_reply_to_every_topics_question_is_as_described(
    client: FlaskClient, document: dict[str, Any], bot: Bot
) -> None:
    for topic in bot.topics:
        check(document, client.post("/api/v1/chat", json={"message": topic.question}), "/api/v1/chat")


def test_what_can_be_read_is_as_described(client: FlaskClient, document: dict[str, Any]) -> None:
    for path in ("/api/v1/topics", "/api/v1/openapi.json", "/healthz", "/readyz", "/metrics"):
        response = client.get(path)
        assert response.status_code == 200
        check(document, response, path, "get")


def test_feedback_and_suggestions_are_as_described(client: FlaskClient, document: dict[str, Any]) -> None:
    reply = client.post("/api/v1/chat", json={"message": "hello"}).get_json()
    kept = client.post("/api/v1/feedback", json={"id": reply["id"], "helpful": True})
    assert kept.status_code == 204
    check(document, kept, "/api/v1/feedback")
    check(document, client.post("/api/v1/suggest", json={"text": "insurance"}), "/api/v1/suggest")


REFUSED: dict[int, tuple[bytes, dict[str, str]]] = {
    400: (b"{", {}),
    403: (b"{}", SITE),
    413: (b" " * 17_000, {}),
    415: (b"{}", {"Content-Type": "text/plain"}),
    422: (b"{}", {}),
}


@pytest.mark.parametrize("path", ["/api/v1/chat", "/api/v1/suggest", "/api/v1/feedback"])
@pytest.mark.parametrize("status", REFUSED)
def test_refusals_are_as_described(
    client: FlaskClient, document: dict[str, Any], path: str, status: int
) -> None:
    body, headers = REFUSED[status]
    response = client.post(path, data=body, headers={"Content-Type": "application/json"} | headers)
    assert response.status_code == status
    check(document, response, path)


@pytest.mark.parametrize("path", ["/api/v1/topics", "/api/v1/openapi.json"])
def test_a_foreign_origin_reading_is_refused_as_described(
    client: FlaskClient, document: dict[str, Any], path: str
) -> None:
    check(document, client.get(path, headers=SITE), path, "get")


def test_too_many_requests_are_refused_as_described(
    client_with: Callable[..., FlaskClient], document: dict[str, Any]
) -> None:
    limited = client_with(rate_limit="1 per hour")
    for path in ("/api/v1/chat", "/api/v1/suggest", "/api/v1/feedback"):
        limited.post(path, json={})
        response = limited.post(path, json={})
        assert response.status_code == 429
        check(document, response, path)


def test_a_bot_that_is_switched_off_answers_as_described(
    client: FlaskClient, store: Store, document: dict[str, Any]
) -> None:
    store.switch(off=True)
    for path in ("/api/v1/chat", "/api/v1/suggest"):
        response = client.post(path, json={"message": "hello", "text": "hello"})
        assert response.status_code == 503
        check(document, response, path)


def test_a_failure_is_answered_as_described(
    client_with: Callable[..., FlaskClient], broken_bot: Bot, document: dict[str, Any]
) -> None:
    response = client_with(broken_bot).post("/api/v1/chat", json={"message": "hello"})
    assert response.status_code == 500
    check(document, response, "/api/v1/chat")
