"""The API: what it answers, and what it says while it cannot."""

import json
import time

import pytest
from calls import ask, post, problem
from flask.testing import FlaskClient

from chatbot import AwayError, Bot, Store, redact

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
        raise AwayError("gone")

    for name in ("is_off", "hear"):
        monkeypatch.setattr(store, name, fail)
    monkeypatch.setattr(store.edits, "revision", fail)
    return client


def test_without_its_database_the_bot_still_answers_and_says_that_it_is_not_ready(gone: FlaskClient) -> None:
    assert ask(gone, "How long does an IOP last?").get_json()["kind"] == "answer"
    ready = gone.get("/readyz")
    assert "CHATBOT_DATABASE_URL" in problem(ready, 503)["detail"]
    assert ready.headers["Retry-After"]
    assert gone.get("/healthz").status_code == 200


def test_feedback_waits_for_a_database_that_is_away(
    gone: FlaskClient, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    reply = ask(gone, "hello").get_json()
    assert post(gone, "feedback", {"id": reply["id"], "helpful": True}).status_code == 204
    assert 'chatbot_queue_length{queue="notes"} 2\n' in gone.get("/metrics").text
    monkeypatch.undo()
    until = time.monotonic() + 20
    while not store.feedback() and time.monotonic() < until:
        time.sleep(0.01)
    assert [row["reply_id"] for row in store.feedback()] == [reply["id"]]


def test_feedback_that_cannot_be_kept_is_a_503(gone: FlaskClient, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("chatbot.keeping.MAX_WAITING", 1)
    reply = ask(gone, "hello").get_json()
    response = post(gone, "feedback", {"id": reply["id"], "helpful": True})
    problem(response, 503)
    assert response.headers["Retry-After"]


def test_ready_is_said_when_the_bot_can_answer(client: FlaskClient, store: Store) -> None:
    assert client.get("/readyz").get_json() == {"status": "ready"}
    store.switch(off=True)
    assert client.get("/readyz").status_code == 200
