"""The inbox: each thing that can be done about a group of questions."""

import re
import time
from datetime import date, timedelta

import pytest
from desk import Desk, ask, publish
from flask import Flask

from chatbot import Noted, Store


@pytest.fixture
def parking(store: Store) -> str:
    """The inbox with a group about parking; its key."""
    from web.staff.groups import key_of

    today = date.today()
    asked = ["do you have parking"] * 3 + ["do you have free parking"] * 2
    store.inbox.add([Noted(text, "no_answer", today - timedelta(n)) for n, text in enumerate(asked)])
    return key_of("do you have parking")


def test_a_group_becomes_a_topic_and_is_done(app: Flask, ed: Desk, parking: str) -> None:
    assert "5 visitor messages" in ed.get("/staff/inbox").text
    to = ed.post(f"/staff/inbox/{parking}", act="new").location
    assert "do you have free parking" in ed.get(to).text
    topic = to.rsplit("/", 1)[1]
    ed.post(
        to, question="Do you have parking?", answer="Yes.", phrasings="is there free parking", act="check"
    )
    assert publish(ed, f"/staff/changes/topic/{topic}") == "/staff/inbox?done=published"
    assert "Nothing waits for you" in ed.get("/staff/inbox").text


def test_what_visitors_typed_in_vain_stands_beside_the_editor_to_be_added(ed: Desk, parking: str) -> None:
    page = ed.post("/staff/topics/new-1/advice", question="Do you have parking?", answer="Yes.").text
    assert 'data-add="do you have free parking"' in page
    assert 'data-add="do you have parking"' not in page
    assert "data-add" not in ed.get("/staff/topics/cost").text


def test_a_group_is_added_to_a_topic(app: Flask, ed: Desk, parking: str) -> None:
    to = ed.post(f"/staff/inbox/{parking}", act="add", topic="how-to-start").location
    assert to == "/staff/changes/topic/how-to-start"
    publish(ed, to)
    assert ask(app, "do you have free parking")["topic"] == "how-to-start"


def test_a_group_that_is_answered_by_now_says_so_and_can_be_done_with(ed: Desk, parking: str) -> None:
    assert "Whoever asks this now" not in ed.get("/staff/inbox").text
    wordings = "do you have parking\ndo you have free parking"
    ed.post(
        "/staff/topics/new-1", question="Where can I park?", answer="There.", phrasings=wordings, act="check"
    )
    publish(ed, "/staff/changes/topic/new-1")
    page = ed.get("/staff/inbox").text
    assert re.search(
        r'Whoever asks this now gets <a href="/staff/topics/where-park">Where can I park\?</a>', page
    )
    assert ed.post(f"/staff/inbox/{parking}", act="done").location == "/staff/inbox?done=settled"
    assert "Nothing waits for you" in ed.get("/staff/inbox").text


def test_no_topic_is_picked_for_whoever_has_not_picked_one(ed: Desk, parking: str) -> None:
    assert re.search(r'name="topic" required>\s*<option value="">', ed.get("/staff/inbox").text)
    assert ed.post(f"/staff/inbox/{parking}", act="add", topic="").status_code == 422


def test_not_for_us_is_taught_and_stays_dismissed(app: Flask, ed: Desk, store: Store, parking: str) -> None:
    to = ed.post(f"/staff/inbox/{parking}", act="not").location
    assert publish(ed, to) == "/staff/inbox?done=dismissed"
    store.inbox.add([Noted("do you have parking?", "no_answer", date.today())])
    assert "Nothing waits for you" in ed.get("/staff/inbox").text
    assert ask(app, "do you have parking")["kind"] != "answer"


def test_a_group_is_put_aside_and_brought_back(ed: Desk, parking: str) -> None:
    assert ed.post(f"/staff/inbox/{parking}", act="snooze").location == "/staff/inbox?done=snoozed"
    assert "Nothing waits for you" in ed.get("/staff/inbox").text
    ed.post("/staff/inbox/back", wording="do you have parking")
    ed.post("/staff/inbox/back", wording="do you have free parking")
    assert "do you have parking" in ed.get("/staff/inbox").text
    assert ed.post("/staff/inbox/0123456789abcdef", act="new").status_code == 404


def test_what_waits_is_counted_anew_with_each_group_that_is_dealt_with(
    ed: Desk, store: Store, parking: str
) -> None:
    store.inbox.add([Noted("can i vape on the patio", "no_answer", date.today())])
    assert "2 groups of 6 messages." in ed.get("/staff/inbox").text
    form, headers = {"csrf": ed.csrf, "act": "snooze"}, {"Origin": "http://localhost", "HX-Request": "true"}
    part = ed.client.post(f"/staff/inbox/{parking}", data=form, headers=headers).text
    assert re.search(r'id="tally" tabindex="-1" hx-swap-oob="true">1 group of 1 message left', part)
    again = ed.client.post(f"/staff/inbox/{parking}", data=form, headers=headers)
    assert again.status_code == 200
    assert "These messages are dealt with already" in again.text


def test_wordings_that_only_a_mark_sets_apart_are_shown_and_taken_over_once(ed: Desk, store: Store) -> None:
    texts = ("can i vape here", "Can I vape here?", "can i vape here!", "can i vape here please")
    store.inbox.add([Noted(text, "no_answer", date.today()) for text in texts])
    (key,) = re.findall(r'action="/staff/inbox/(\w{16})"', ed.get("/staff/inbox").text)
    page = ed.get("/staff/inbox").text.partition("<form")[2]
    assert sum(page.count(f">{text}<") for text in texts) == 2
    body = ed.get(ed.post(f"/staff/inbox/{key}", act="new").location).text
    assert "stands here twice" not in body
    assert "can i vape here please</textarea>" in body


def test_a_group_that_a_topic_without_its_facts_would_answer_says_what_is_missing(
    ed: Desk, ada: Desk, store: Store, parking: str
) -> None:
    store.inbox.add([Noted("daycare", "no_answer", date.today())])
    page = ed.get("/staff/inbox").text
    assert "says nothing until the clinic’s facts are there: Childcare." in page
    assert page.count("says nothing until") == 1
    assert "An admin can fill them in." in page
    assert '<a href="/staff/facts">Fill them in</a>' in ada.get("/staff/inbox").text


def test_a_large_inbox_opens_with_the_groups_of_before_less_what_was_dealt_with(
    app: Flask, ed: Desk, store: Store, parking: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    store.inbox.add([Noted("can i vape on the patio", "no_answer", date.today())])
    assert "can i vape" in ed.get("/staff/inbox").text
    monkeypatch.setattr("web.staff.groups.SLOW_S", -1.0)
    monkeypatch.setattr("web.staff.groups._LARGE", 0)
    ed.post(f"/staff/inbox/{parking}", act="snooze")
    assert "free parking</h2>" not in ed.get("/staff/inbox").text.partition("Put aside")[0]
    store.inbox.add([Noted("who won the game", "no_answer", date.today())])
    until = time.monotonic() + 30
    while "who won the game" not in ed.get("/staff/inbox").text and time.monotonic() < until:
        time.sleep(0.05)
    page = ed.get("/staff/inbox").text
    assert "who won the game" in page
    assert "can i vape" in page
