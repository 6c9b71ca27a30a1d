"""Listening: what a message leaves behind, and what it must not."""

import threading
import time
from collections import Counter
from collections.abc import Callable, Sequence
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
from desk import rate
from flask.testing import FlaskClient
from serving import wait_until

from chatbot import AwayError, Bot, Listener, Noted, Reply, Store, StoreError

STRANGE = "where is the nearest airport"
TODAY = date.today()


@pytest.fixture
def listener(store: Store) -> Listener:
    return Listener(store)


def say(listener: Listener, bot: Bot, message: str, context: str = "") -> Reply:
    answered = bot.answered(message, context)
    listener.heard(bot, message, context, answered)
    return answered.reply


def counts(store: Store) -> Counter[str]:
    found: Counter[str] = Counter()
    for count in store.counts.between(TODAY - timedelta(1), TODAY):
        found[count.name] += count.count
    return found


def test_what_could_not_be_answered_is_kept_redacted_with_its_day(
    listener: Listener, bot: Bot, store: Store
) -> None:
    say(listener, bot, f"{STRANGE}, my name is Ann Miller, call 312-555-0142")
    (noted,) = store.inbox.latest()
    assert "Ann" not in noted.text
    assert "0142" not in noted.text
    assert (noted.reason, noted.is_again, noted.topic) == ("no_answer", False, None)
    assert TODAY - timedelta(1) <= noted.day <= TODAY
    assert counts(store)["kind:no_answer"] == counts(store)["messages"] == 1


def test_another_try_after_a_refusal_is_marked(listener: Listener, bot: Bot, store: Store) -> None:
    first = say(listener, bot, STRANGE)
    say(listener, bot, "the airport closest to you please", first.context)
    assert [n.is_again for n in store.inbox.latest()] == [True, False]


def test_what_is_answered_and_asked_again_in_other_words_within_a_minute_is_kept_once(
    listener: Listener, bot: Bot, store: Store
) -> None:
    first = say(listener, bot, "how many weeks is the program")
    assert first.kind == "answer"
    say(listener, bot, "for how many weeks does the program go on", first.context)
    again = [n for n in store.inbox.latest() if n.reason == "again"]
    assert [(n.text, n.topic) for n in again] == [("how many weeks is the program", first.topic)]
    listener.rated(first.id, first.topic, helpful=False)
    assert [n.reason for n in store.inbox.latest()].count("unhelpful") == 0


@pytest.mark.parametrize(
    ("next_one", "seconds"),
    [
        ("how much does it cost", 60.0),  # something else
        ("How long does an IOP last?", 60.0),  # a suggestion that was picked
        ("for how many weeks does the program go on", -1.0),  # later
        ("how many weeks is the program and i want to kill myself", 60.0),
    ],
)
def test_what_follows_an_answer_otherwise_keeps_nothing_of_it(  # noqa: PLR0913, PLR0917 - fixtures
    next_one: str,
    seconds: float,
    listener: Listener,
    bot: Bot,
    store: Store,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("chatbot.listening.AGAIN_S", seconds)
    first = say(listener, bot, "how many weeks is the program")
    say(listener, bot, next_one, first.context)
    assert [n for n in store.inbox.latest() if n.reason == "again"] == []


def test_what_was_answered_well_is_counted_and_not_kept(listener: Listener, bot: Bot, store: Store) -> None:
    reply = say(listener, bot, "How long does it last?")
    assert store.inbox.count() == 0
    assert counts(store) == {"messages": 1, "kind:answer": 1, f"topic:{reply.topic}": 1}


def test_an_answer_that_did_not_help_brings_its_message_along_once(
    listener: Listener, bot: Bot, store: Store
) -> None:
    reply = say(listener, bot, "how many weeks is the program")
    for helpful in (True, False, False):
        listener.rated(reply.id, reply.topic, helpful=helpful)
    (noted,) = store.inbox.latest()
    assert (noted.text, noted.reason, noted.topic) == (
        "how many weeks is the program",
        "unhelpful",
        reply.topic,
    )
    assert (counts(store)["helpful:yes"], counts(store)["helpful:no"]) == (1, 0)  # the first verdict alone


def test_what_a_visitor_was_looking_for_comes_to_the_inbox_once(client: FlaskClient, store: Store) -> None:
    reply = client.post("/api/v1/chat", json={"message": STRANGE}).json or {}
    for comment in ("a bus from the airport, i am Ann, 312-555-0142", "and again"):
        sent = {"id": reply["id"], "helpful": False, "comment": comment}
        assert client.post("/api/v1/feedback", json=sent).status_code == 204
    said = [n.text for n in store.inbox.latest() if n.reason == "looking_for"]
    assert len(said) == 1
    assert said[0].startswith("a bus from the airport")
    assert "0142" not in said[0]


def test_a_comment_that_speaks_of_danger_is_not_kept(client: FlaskClient, store: Store) -> None:
    reply = client.post("/api/v1/chat", json={"message": STRANGE}).json or {}
    sent = {"id": reply["id"], "helpful": False, "comment": "help, i want to kill myself"}
    assert client.post("/api/v1/feedback", json=sent).status_code == 204
    assert [row["comment"] for row in store.feedback()] == [None]
    assert [n.reason for n in store.inbox.latest()] == ["no_answer"]


def test_none_of_these_keeps_the_question_with_what_was_declined(
    listener: Listener, bot: Bot, store: Store
) -> None:
    halves = (" ".join(w.split()[:3]) for t in bot.topics for w in (t.question, *t.phrasings))
    asked = next(m for m in halves if bot.reply(m).kind == "clarify")
    offer = say(listener, bot, asked)
    assert store.inbox.count() == 0
    say(listener, bot, "None of these", offer.context)
    (noted,) = store.inbox.latest()
    assert (noted.text, noted.reason) == (asked, "none_of_these")
    assert len(noted.rejected) == len(offer.suggestions) - 1


@pytest.mark.parametrize("message", ["i want to kill myself", "my husband beats me", "i took all my pills"])
def test_a_crisis_is_counted_by_kind_and_day_and_nothing_said_in_it_is_kept(
    message: str, listener: Listener, bot: Bot, store: Store
) -> None:
    reply = say(listener, bot, message)
    assert reply.kind == "crisis"
    say(listener, bot, STRANGE, reply.context)
    listener.rated(reply.id, reply.topic, helpful=False)
    assert store.inbox.count() == 0
    found = counts(store)
    assert [n for name, n in found.items() if name.startswith("crisis:")] == [1]
    assert found["kind:crisis"] == 1
    hours = {c.hour for c in store.counts.between(TODAY, TODAY) if c.name.startswith("crisis:")}
    assert hours <= {-1}


def test_what_was_said_in_a_crisis_stands_in_no_file(
    client: FlaskClient, bot: Bot, store: Store, tmp_path: Path
) -> None:
    canary = "zebrafish"
    client.post("/api/v1/chat", json={"message": f"i want to kill myself {canary}"})
    client.post("/api/v1/chat", json={"message": STRANGE})
    assert store.inbox.count() == 1
    store.close()
    assert [p.name for p in tmp_path.iterdir() if canary.encode() in p.read_bytes()] == []


def test_small_talk_and_boundaries_are_counted_only(listener: Listener, bot: Bot, store: Store) -> None:
    kinds = [say(listener, bot, m).kind for m in ("hello", "how much lithium should i take")]
    assert kinds == ["small_talk", "boundary"]
    assert store.inbox.count() == 0


def failing(error: StoreError) -> Callable[..., None]:
    def fail(*_: object) -> None:
        raise error

    return fail


def test_while_the_database_is_away_notes_and_ratings_wait_and_are_kept_once_it_is_back(
    listener: Listener, bot: Bot, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(store, "hear", failing(AwayError("gone")))
    reply = say(listener, bot, "how many weeks is the program")
    assert listener.rated(reply.id, reply.topic, helpful=False)
    say(listener, bot, STRANGE)
    assert (listener.keeper.waiting, listener.keeper.dropped, store.feedback()) == (3, 0, [])
    monkeypatch.undo()
    wait_until(lambda: not listener.keeper.waiting)
    assert (store.inbox.count(), len(store.feedback()), listener.keeper.dropped) == (2, 1, 0)
    assert counts(store)["helpful:no"] == 1


def test_no_more_wait_for_the_database_than_fit_and_who_is_refused_is_told(
    listener: Listener, bot: Bot, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("chatbot.keeping.MAX_WAITING", 2)
    monkeypatch.setattr(store, "hear", failing(AwayError("gone")))
    replies = [say(listener, bot, STRANGE) for _ in range(3)]
    assert (listener.keeper.waiting, listener.keeper.dropped) == (2, 1)
    with pytest.raises(StoreError, match="no more can wait"):
        listener.rated(replies[0].id, None, helpful=False)
    monkeypatch.undo()
    wait_until(lambda: not listener.keeper.waiting)
    assert store.inbox.count() == 2


def test_what_the_database_refuses_is_dropped_and_takes_nothing_else_along(
    listener: Listener, bot: Bot, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = store.hear

    def hear(messages: Sequence[Noted], *more: Any) -> list[bool]:
        if any("unicorn" in m.text for m in messages):
            raise StoreError("no unicorns")
        return real(messages, *more)

    with monkeypatch.context() as away:
        away.setattr(store, "hear", failing(AwayError("gone")))
        for message in (STRANGE, f"{STRANGE} unicorn", STRANGE):
            say(listener, bot, message)
        away.setattr(store, "hear", hear)
        wait_until(lambda: not listener.keeper.waiting)
    assert (store.inbox.count(), listener.keeper.dropped) == (2, 1)


def test_what_is_still_held_at_the_end_is_told(
    listener: Listener,
    bot: Bot,
    store: Store,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    monkeypatch.setattr(store, "hear", failing(AwayError("gone")))
    say(listener, bot, STRANGE)
    listener.keeper.finish(0.1)
    assert [r.getMessage() for r in caplog.records] == ["notes-lost"]


def test_numbers_are_written_together_with_a_message_that_is_kept_or_at_the_end(
    listener: Listener, bot: Bot, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("chatbot.keeping.COUNT_S", 3600.0)
    for _ in range(3):
        assert say(listener, bot, "How long does an IOP last?").kind == "answer"
    assert counts(store) == {}
    say(listener, bot, STRANGE)  # which waits until it is kept
    assert (counts(store)["messages"], counts(store)["kind:answer"], store.inbox.count()) == (4, 3, 1)
    say(listener, bot, "hello")
    listener.keeper.finish()
    assert (counts(store)["messages"], counts(store)["kind:small_talk"]) == (5, 1)


def test_numbers_are_written_within_a_moment_and_outlast_a_database_that_is_away(
    listener: Listener, bot: Bot, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("chatbot.keeping.COUNT_S", 0.05)
    monkeypatch.setattr("chatbot.keeping.RETRY_S", 0.05)
    tried = threading.Event()

    def fail(*_: object) -> None:
        tried.set()
        raise AwayError("gone")

    monkeypatch.setattr(store, "hear", fail)
    say(listener, bot, "hello")
    assert tried.wait(20)
    say(listener, bot, "How long does an IOP last?")
    monkeypatch.undo()
    until = time.monotonic() + 20
    while counts(store)["messages"] < 2 and time.monotonic() < until:
        time.sleep(0.01)
    assert (counts(store)["messages"], listener.keeper.dropped) == (2, 0)


def test_what_visitors_wrote_is_forgotten_after_its_days_and_the_numbers_stay(store: Store) -> None:
    for age in (0, 30, 31):
        day = TODAY - timedelta(age)
        store.hear([Noted(f"{age} days old", "no_answer", day)], {(day, 9, "messages"): 6})
    rate(store, "r1", "cost", helpful=False, comment="too vague")
    assert store.purge(TODAY - timedelta(30)) == (1, 0)
    assert [n.text for n in store.inbox.latest()] == ["30 days old", "0 days old"]
    assert store.purge(TODAY + timedelta(2)) == (2, 1)
    assert [(r["helpful"], r["comment"]) for r in store.feedback()] == [(False, None)]
    counts = store.counts.between(TODAY - timedelta(40), TODAY)
    assert sum(c.count for c in counts if c.name == "messages") == 18


def test_counts_add_up(store: Store) -> None:
    store.counts.add({(TODAY, 9, "messages"): 4, (TODAY, 10, "messages"): 3, (TODAY, -1, "kind:answer"): 7})
    store.counts.add({(TODAY, 10, "messages"): 2})
    counted = {(c.hour, c.name): c.count for c in store.counts.between(TODAY, TODAY)}
    assert counted == {(-1, "kind:answer"): 7, (9, "messages"): 4, (10, "messages"): 5}
