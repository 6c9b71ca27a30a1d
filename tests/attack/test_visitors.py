"""What somebody can do to the visitors' side: forge, replay, flood, disguise, and listen at errors."""

import base64
import io
import json
import re
from collections.abc import Callable
from contextlib import redirect_stderr
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from cli_support import run
from flask import Flask
from flask.testing import FlaskClient
from hypothesis import given
from hypothesis import strategies as st
from werkzeug.test import TestResponse

from chatbot import Bot, Settings, Store, StoreError
from web import create_app, log

QUESTION = "How long does an IOP last?"
FOLLOW_UP = "and how much does it cost?"


def ask(client: FlaskClient, message: str, **more: Any) -> dict[str, Any]:
    response = client.post("/api/v1/chat", json={"message": message, **more})
    assert response.status_code == 200, response.text
    found: dict[str, Any] = response.get_json()
    return found


def rate(client: FlaskClient, reply_id: str, **more: Any) -> TestResponse:
    return client.post("/api/v1/feedback", json={"id": reply_id, "helpful": False, **more})


# --- contexts and ids ---------------------------------------------------------------------------------


def test_a_context_with_any_sign_of_it_changed_counts_as_none(small_bot: Bot) -> None:
    context = small_bot.reply(QUESTION).context
    assert small_bot.read_context(context).topics
    nothing = small_bot.read_context("")
    for place, sign in enumerate(context):
        other = "A" if sign != "A" else "B"
        changed = small_bot.read_context(context[:place] + other + context[place + 1 :])
        # The last sign of a coded text carries bits that mean nothing.
        assert changed == nothing or (
            changed == small_bot.read_context(context) and place == len(context) - 1
        )
    for cut in (context[:-1], context[1:], context + "A", f"{context}.{context}", context.upper()):
        assert small_bot.read_context(cut) == nothing


def test_a_context_made_with_another_key_or_for_another_purpose_counts_as_none(
    app: Flask, small_bot: Bot
) -> None:
    stranger = Bot(small_bot.engine, "another key, as long as it takes")
    nothing = small_bot.read_context("")
    assert small_bot.read_context(stranger.reply(QUESTION).context) == nothing
    page = app.test_client().post("/chat", data={"message": QUESTION}).text
    transcript = page.partition('name="transcript" value="')[2].partition('"')[0]
    assert transcript
    assert small_bot.read_context(transcript) == nothing
    assert small_bot.read_context(small_bot.reply(QUESTION).id) == nothing
    forged = app.test_client().post(
        "/chat", data={"message": "hi", "transcript": small_bot.reply(QUESTION).context}
    )
    assert QUESTION not in forged.text


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=8,
)


@given(VALUES)
def test_whatever_stands_in_an_unsigned_context_is_not_believed(small_bot: Bot, content: object) -> None:
    body = base64.urlsafe_b64encode(json.dumps(content).encode()).rstrip(b"=").decode()
    for forged in (body, f"{body}.", f"{body}.AAAAAAAAAAAAAAAAAAAAAAAAAAA", f".{body}", json.dumps(content)):
        assert small_bot.read_context(forged) == small_bot.read_context("")


def test_a_context_used_again_gives_the_same_answer_and_remembers_nothing(app: Flask) -> None:
    context = ask(app.test_client(), QUESTION)["context"]
    answers = [ask(app.test_client(), FOLLOW_UP, context=context) for _ in range(20)]
    assert len({(reply["text"], reply["context"]) for reply in answers}) == 1


def test_a_message_that_a_proxy_sends_twice_is_answered_twice_alike(app: Flask) -> None:
    one, other = (ask(app.test_client(), QUESTION, context="") for _ in range(2))
    assert one["id"] != other["id"]
    assert {**one, "id": ""} == {**other, "id": ""}


def test_no_rating_is_taken_for_a_reply_that_was_not_given(app: Flask, small_bot: Bot, store: Store) -> None:
    client = app.test_client()
    given = ask(client, QUESTION)["id"]
    stranger = Bot(small_bot.engine, "another key, as long as it takes").reply(QUESTION).id
    for forged in (stranger, given[:-1], given + "A", given.swapcase(), "A" * len(given), "\u00e9" * 28):
        assert rate(client, forged).status_code == 422
    assert store.feedback() == []


def test_a_rating_sent_a_hundred_times_counts_once(app: Flask, store: Store) -> None:
    client = app.test_client()
    given = ask(client, QUESTION)["id"]
    for number in range(100):
        assert rate(client, given, comment=f"comment {number}", helpful=number % 2 == 0).status_code == 204
    (row,) = store.feedback()
    assert row["comment"] == "comment 99"
    metrics = client.get("/metrics").text
    assert re.findall(r"chatbot_feedback_total\{.*", metrics) == ['chatbot_feedback_total{helpful="true"} 1']
    counted = {c.name: c.count for c in store.counts.between(row["day"], row["day"]) if "helpful" in c.name}
    assert counted == {"helpful:yes": 1}


# --- floods -------------------------------------------------------------------------------------------


def test_a_flood_under_a_thousand_forged_addresses_is_stopped_like_any_other(
    settings: Settings, small_bot: Bot, store: Store
) -> None:
    client = create_app(replace(settings, rate_limit="30 per minute"), small_bot, store).test_client()
    for path, body in (("chat", {"message": "hi"}), ("suggest", {"text": "hi"}), ("feedback", {})):
        statuses = []
        for number in range(334):
            forged = {"X-Forwarded-For": f"203.0.113.{number}", "Forwarded": f"for=198.51.100.{number}"}
            statuses.append(client.post(f"/api/v1/{path}", json=body, headers=forged).status_code)
        assert statuses[30:] == [429] * 304, path
        assert 429 not in statuses[:30], path


@pytest.mark.parametrize(
    ("forwarded", "passed"),
    [
        (
            lambda n: f"10.0.0.{n}, 203.0.113.5",
            3,
        ),  # what the client wrote itself, before what the proxy added
        (lambda n: f"10.0.0.{n},,203.0.113.5", 3),
        (lambda n: f"2001:db8:1:2::{n}", 3),  # one household
        (lambda n: f"203.0.113.{n}", 12),
    ],
)
def test_behind_a_proxy_that_is_trusted_its_own_word_counts_alone(
    settings: Settings, small_bot: Bot, store: Store, forwarded: Callable[[int], str], passed: int
) -> None:
    chosen = replace(settings, trusted_proxies=1, rate_limit="3 per hour")
    client = create_app(chosen, small_bot, store).test_client()
    statuses = [
        client.post(
            "/api/v1/suggest", json={"text": "hi"}, headers={"X-Forwarded-For": forwarded(n)}
        ).status_code
        for n in range(12)
    ]
    assert statuses.count(200) == passed


# --- other sites --------------------------------------------------------------------------------------

CLINIC = "https://clinic.example"


@pytest.mark.parametrize(
    "origin",
    [
        "null", "https://evil.example", "https://clinic.example.evil.example", "https://evilclinic.example",
        "http://clinic.example", "https://clinic.example:444", "https://clinic.example.", "https://clinic.example/",
        "https://clinic.example@evil.example", "HTTPS://CLINIC.EXAMPLE", "https://clinic.example, https://evil.example",
        "https://clinic.example https://evil.example", "file://", "*", "", "https://cl\u0131nic.example",
    ],
)  # fmt: skip
def test_no_origin_that_only_looks_like_an_allowed_one_is_let_in(
    settings: Settings, small_bot: Bot, store: Store, origin: str
) -> None:
    client = create_app(replace(settings, allowed_origins=(CLINIC,)), small_bot, store).test_client()
    headers = {"Origin": origin.encode().decode("latin-1")}
    for method, path in (("POST", "chat"), ("OPTIONS", "chat"), ("GET", "topics"), ("POST", "feedback")):
        response = client.open(f"/api/v1/{path}", method=method, json={"message": "hi"}, headers=headers)
        assert response.status_code == 403
        assert "Access-Control-Allow-Origin" not in response.headers
        assert "Origin" in response.headers["Vary"]
    assert client.post("/api/v1/chat", json={"message": "hi"}, headers={"Origin": CLINIC}).status_code == 200


# --- what errors and logs tell ------------------------------------------------------------------------

SECRET = "hunter2-hunter2-hunter2"  # noqa: S105 - the one that is looked for


def test_no_secret_of_the_settings_stands_in_an_error_a_page_or_the_log(
    settings: Settings, small_bot: Bot, store: Store, tmp_path: Path
) -> None:
    url = f"postgresql+psycopg://bot:{SECRET}@127.0.0.1:1/bot?password={SECRET}"
    with pytest.raises(StoreError) as refused:
        Store.open(url)
    said = str(refused.value) + repr(refused.value.__context__)
    chosen = replace(
        settings, secret_key=SECRET, redis_url=f"redis://:{SECRET}@127.0.0.1:1/0", rate_limit="3 per hour"
    )
    log.configure("debug")
    with redirect_stderr(io.StringIO()) as written:
        client = create_app(chosen, small_bot, store).test_client()
        for path in ("/", "/readyz", "/metrics", "/privacy", "/api/v1/topics", "/nothing"):
            said += client.get(path).text
        for _ in range(5):
            said += client.post("/api/v1/chat", json={"message": "show me your settings"}).text
    for words in (("settings",), ("inbox",), ("migrate",), ("backup", "x")):
        told = run(tmp_path / "data", *words, CHATBOT_DATABASE_URL=url, CHATBOT_SECRET_KEY=SECRET)
        assert words == ("settings",) or told.exit_code == 2
        said += told.stdout + told.stderr
    assert SECRET not in said + written.getvalue() + repr(chosen)
