"""The pages of the desk: topics, drafts, publishing, the inbox, tests, facts, settings and the rest."""

import io
import re
import tempfile
import time
from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path

import pytest
from desk import KEY, PASSWORD, Desk, open_desk, small_knowledge
from flask import Flask
from werkzeug.test import TestResponse

from chatbot import Accounts, Bot, Noted, Settings, Store
from web import create_app

PARKING = {
    "question": "Do you have parking?",
    "phrasings": "where can i park\nis there a parking lot",
    "answer": "Yes. There is a **free** lot behind the building.",
}


@pytest.fixture(scope="module")
def small_bot() -> Bot:
    return Bot(small_knowledge(), "a key that is long enough")


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(data_dir=tmp_path, rate_limit="off")


@pytest.fixture
def app(settings: Settings, small_bot: Bot, store: Store) -> Iterator[Flask]:
    app = create_app(settings, small_bot, store)
    accounts = Accounts(store, lambda: KEY)
    accounts.add("ada", "admin", PASSWORD, by="test")
    accounts.add("ed", "editor", PASSWORD, by="test")
    yield app
    app.extensions["chatbot"].live.stop()


@pytest.fixture
def ada(app: Flask) -> Desk:
    return open_desk(app, "ada")


@pytest.fixture
def ed(app: Flask) -> Desk:
    return open_desk(app, "ed")


def publish(desk: Desk, path: str) -> str:
    """Look at what would change, publish it, and give where that leads."""
    page = desk.get(path)
    assert page.status_code == 200, page.text
    (seen,) = re.findall(r'name="seen" value="(\d+)"', page.text)
    done = desk.post(path, seen=seen)
    assert done.status_code == 303, done.text
    return str(done.location)


def ask(app: Flask, message: str) -> dict[str, str]:
    answer = app.test_client().post("/api/v1/chat", json={"message": message}).json
    assert isinstance(answer, dict)
    return answer


# --- topics and drafts ------------------------------------------------------------------------------------


def test_the_list_finds_topics_by_any_word_and_by_what_they_need(ed: Desk) -> None:
    assert "How much does an IOP cost?" in ed.get("/staff/topics").text
    found = ed.get("/staff/topics", q="KIDS bring").text
    assert "Is there childcare" in found
    assert "How much does an IOP cost?" not in found
    assert "No topic has these words" in ed.get("/staff/topics", q="xyzzy").text
    waiting = ed.get("/staff/topics", show="facts").text
    assert "needs childcare" in waiting
    assert "How do I start an IOP?" in ed.get("/staff/topics", show="review").text
    assert "<html" not in ed.client.get("/staff/topics?q=cost", headers={"HX-Request": "true"}).text


def test_an_edit_is_a_draft_until_it_is_published_and_another_persons_is_not_shown(
    app: Flask, ed: Desk, ada: Desk
) -> None:
    before = ask(app, "how much does it cost")["text"]
    ed.post("/staff/topics/cost", question="How much?", answer="Ten dollars.", act="draft")
    assert "Ten dollars." in ed.get("/staff/topics/cost").text
    theirs = ada.get("/staff/topics/cost").text
    assert "Ten dollars." not in theirs
    assert "ed is working on this topic, too" in theirs
    assert ask(app, "how much does it cost")["text"] == before
    ed.post("/staff/topics/cost", act="drop")
    assert "Ten dollars." not in ed.get("/staff/topics/cost").text


def test_a_topic_is_not_published_without_question_and_answer(ed: Desk) -> None:
    page = ed.post("/staff/topics/new-1", question="", answer=" ", act="check")
    assert page.status_code == 422
    assert "Write the question" in page.text
    assert "Write the answer" in page.text


def test_nothing_that_is_typed_becomes_markup(ed: Desk) -> None:
    evil = "<img src=x onerror=alert(1)>\"'</textarea><script>"
    ed.post("/staff/topics/new-1", question=evil, phrasings=evil, answer=evil, sources=evil, act="draft")
    for path in ("/staff/topics/new-1", "/staff/topics", "/staff"):
        page = ed.get(path).text
        assert "<img src=x" not in page
        assert "<script>" not in page


def test_advice_names_doubles_likenesses_contradictions_and_words_with_a_better_one(ed: Desk) -> None:
    page = ed.post(
        "/staff/topics/new-1/advice",
        question="How long does  an IOP last",
        phrasings="weeks?\nWeeks",
        answer="An addict is guaranteed 40 hours a week.",
    ).text
    assert "“Weeks” stands here twice" in page
    assert "The same question stands under" in page
    assert 'href="/staff/topics/program-length"' in page
    assert "a person with an addiction" in page
    assert "guaranteed" in page
    assert "Here it says “40 hours a week”" in page
    assert "8 of 90 words" in page
    assert "Kept as your draft" in page


# --- what would change -----------------------------------------------------------------------------------


def test_a_new_topic_is_shown_before_it_is_live_then_answers_and_is_undone(app: Flask, ed: Desk) -> None:
    assert ask(app, "do you have parking")["kind"] != "answer"
    ed.post("/staff/topics/new-1", **PARKING, act="check")
    shown = ed.get("/staff/changes/topic/new-1").text
    assert "There is a <strong>free</strong> lot" in shown
    assert ask(app, "do you have parking")["kind"] != "answer"
    assert publish(ed, "/staff/changes/topic/new-1") == "/staff/topics/parking?done=published"
    assert ask(app, "do you have parking")["topic"] == "parking"
    assert ask(app, "Where can I park?")["topic"] == "parking"
    assert "Do you have parking?" in ed.get("/staff/history").text
    assert publish(ed, "/staff/changes/undo/1") == "/staff/history?done=undone"
    assert ask(app, "do you have parking")["kind"] != "answer"
    assert "parking" not in [t["id"] for t in app.test_client().get("/api/v1/topics").json or ()]


def test_an_edit_that_steals_another_topics_question_is_shown_as_worse(ed: Desk) -> None:
    thief = {
        "question": "How long does the program last, in weeks or months?",
        "phrasings": "how long does it last\nhow long is the program\nhow many weeks is it\niop duration\n"
        "how many months does treatment take\nlength of the program\nhow long will i be in the program",
        "answer": "It lasts as long as a piece of string.",
    }
    ed.post("/staff/topics/new-1", **thief, act="check")
    page = ed.get("/staff/changes/topic/new-1").text
    assert 'id="v-worse"' in page
    worse = page.split('id="v-worse"')[1].split('id="v-')[0].split("Close calls")[0]
    assert "should get: How long does an IOP last?" in worse
    assert "Publish all the same" in page


def test_a_change_that_breaks_a_test_is_refused_with_its_sentence(app: Flask, ed: Desk) -> None:
    ed.post("/staff/tests", question="how long does it last", topic="program-length")
    ed.post("/staff/topics/program-length", act="archive")
    page = ed.get("/staff/changes/topic/program-length")
    assert "cannot be published" in page.text
    assert "“how long does it last”" in page.text
    assert ">Archive</button>" not in page.text
    assert ed.post("/staff/changes/topic/program-length", seen="0").status_code == 409
    assert ask(app, "how long does it last")["topic"] == "program-length"


def test_two_people_on_one_topic_merge_and_lose_nothing(app: Flask, ed: Desk, ada: Desk) -> None:
    for desk, answer, phrasing in ((ed, "Ten dollars.", "ed asks"), (ada, "Twenty dollars.", "ada asks")):
        fields = {"question": "How much does an IOP cost?", "answer": answer, "phrasings": phrasing}
        desk.post("/staff/topics/cost", **fields, act="check")
    publish(ada, "/staff/changes/topic/cost")
    assert ed.get("/staff/changes/topic/cost").location == "/staff/topics/cost/merge"
    page = ed.get("/staff/topics/cost/merge").text
    assert "Ten dollars." in page
    assert "Twenty dollars." in page
    (version,) = re.findall(r'name="version" value="(\d+)"', page)
    ed.post("/staff/topics/cost/merge", version=version, answer="theirs", phrasings="both")
    form = ed.get("/staff/topics/cost").text
    assert "Twenty dollars." in form
    assert "ada asks\ned asks" in form
    publish(ed, "/staff/changes/topic/cost")
    assert ask(app, "ed asks")["topic"] == "cost"


def test_what_was_seen_is_what_is_published(ed: Desk, ada: Desk) -> None:
    ed.post("/staff/topics/new-1", **PARKING, act="check")
    ada.post("/staff/topics/new-1", question="May I bring a dog?", answer="Yes.", act="check")
    publish(ada, "/staff/changes/topic/new-1")
    late = ed.post("/staff/changes/topic/new-1", seen="0")
    assert late.status_code == 409
    assert "look once more" in late.text


def test_nobody_publishes_anothers_draft(ed: Desk, ada: Desk) -> None:
    ed.post("/staff/topics/new-1", **PARKING, act="check")
    assert ada.get("/staff/changes/topic/new-1").status_code == 404
    assert ada.post("/staff/changes/topic/new-1", seen="0").status_code == 404


# --- the inbox --------------------------------------------------------------------------------------------


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


# --- facts, settings, embed, insights ----------------------------------------------------------------------


def test_facts_are_checked_and_then_stand_in_answers(app: Flask, ada: Desk) -> None:
    wrong = ada.post("/staff/facts", name="Riverbend", phone="12", email="x", state="XX", street="1 A")
    assert wrong.status_code == 422
    assert wrong.text.count('class="wrong"') >= 3
    ada.post("/staff/facts", name="Riverbend", phone="312-555-0142", childcare="There is a play room.")
    publish(ada, "/staff/changes/profile/clinic")
    assert "There is a play room." in ask(app, "do you have childcare")["text"]
    assert 'value="(312) 555-0142"' in ada.get("/staff/facts").text
    assert "Riverbend · Staff desk" in ada.get("/staff").text


def test_a_color_that_cannot_be_read_is_refused_with_the_nearest_that_can(
    app: Flask, ada: Desk, store: Store
) -> None:
    page = ada.post("/staff/settings/color", color="#FFCC00")
    assert page.status_code == 422
    assert "contrast of 1.5 to 1" in page.text
    (better,) = set(re.findall(r"nearest color that passes is (#[0-9a-f]{6})", page.text))
    assert ada.post("/staff/settings/color", color=better).status_code == 303
    assert store.options.get("color") == better
    assert better in app.test_client().get("/widget.js").text
    for wrong in ("red", "#12345", "#1234567", "url(x)", ""):
        assert ada.post("/staff/settings/color", color=wrong).status_code == 422


def test_the_dial_is_shown_with_its_cost_and_turns_the_bot_at_once(
    app: Flask, ada: Desk, store: Store
) -> None:
    page = ada.get("/staff/settings").text
    assert page.count("get one all the same") == 3
    assert re.search(r'value="balanced" checked', page)
    assert ada.post("/staff/settings/dial", dial="careful").status_code == 303
    assert store.options.get("dial") == "careful"
    assert re.search(r'value="careful" checked', ada.get("/staff/settings").text)
    assert ada.post("/staff/settings/dial", dial="reckless").status_code == 422
    assert store.options.get("dial") == "careful"


def test_the_greeting_is_changed_like_any_answer(app: Flask, ada: Desk) -> None:
    ada.post("/staff/settings/greeting", greeting="Hi, I am an automatic assistant.")
    publish(ada, "/staff/changes/line/greeting")
    assert "Hi, I am an automatic assistant." in app.test_client().get("/chat").text
    assert ada.post("/staff/settings/greeting", greeting="").status_code == 422


def test_switching_off_and_on_is_one_click(app: Flask, ada: Desk) -> None:
    ada.post("/staff/settings/switch", act="off")
    assert app.test_client().get("/chat").status_code == 503
    assert "switched off" in ada.get("/staff").text
    ada.post("/staff/settings/switch", act="on")
    assert app.test_client().get("/chat").status_code == 200


@pytest.mark.parametrize(
    ("site", "said"),
    [
        (
            "https://www.clinic.example/page?x=1",
            "<strong>https://www.clinic.example</strong> is not allowed yet",
        ),
        ("www.clinic.example", "CHATBOT_ALLOWED_ORIGINS=https://www.clinic.example"),
        ("http://localhost", "is allowed: the chat works there"),
        ("javascript:alert(1)", "is no web address"),
        ("https://a b", "is no web address"),
    ],
)
def test_the_embed_page_says_whether_a_site_is_allowed(ed: Desk, site: str, said: str) -> None:
    assert said in ed.get("/staff/embed", site=site).text


def test_insights_hide_small_numbers_by_hour_and_download_as_csv(ed: Desk, store: Store) -> None:
    today = date.today()
    store.counts.add(
        {(today, 9, "messages"): 4, (today, 10, "messages"): 5, (today, -1, "kind:answer"): 8}
        | {(today, -1, "kind:no_answer"): 1, (today, -1, "topic:cost"): 8}
    )
    page = ed.get("/staff/insights", span="week").text
    assert "How much does an IOP cost?" in page
    hours = ed.get("/staff/insights/hours.csv", span="week").text
    assert "9:00,\r\n10:00,5" in hours
    drawn = ed.get("/staff/insights/topics.svg", span="week")
    assert drawn.mimetype == "image/svg+xml"
    assert "How much does an IOP cost?: 8" in drawn.text
    assert "script" not in drawn.text
    assert ed.get("/staff/insights/nothing.csv").status_code == 404


def test_the_page_for_compliance_tells_the_running_settings(ed: Desk) -> None:
    page = ed.get("/staff/about").text
    assert "30 days" in page
    assert "one SQLite file" in page


# --- import and export ------------------------------------------------------------------------------------


def upload(desk: Desk, name: str, data: bytes) -> str:
    page = desk.client.post(
        "/staff/exchange",
        data={"csrf": desk.csrf, "file": (io.BytesIO(data), name)},
        headers={"Origin": "http://localhost"},
        content_type="multipart/form-data",
    )
    return page.text


def test_a_file_is_tried_taken_in_whole_and_undone_as_one(app: Flask, ada: Desk, settings: Settings) -> None:
    sheet = b"Frage,Antwort\nDo you have parking?,Yes.\nMay I bring a dog?,Service dogs only.\n"
    page = upload(ada, "faq.csv", sheet)
    assert "Is this the right way to read the columns?" in page
    again = ada.client.post(
        "/staff/exchange",
        data={"csrf": ada.csrf, "column": ["Frage", "Antwort"], "field": ["question", "answer"]},
        headers={"Origin": "http://localhost"},
    ).text
    assert "2 new" in again
    publish(ada, "/staff/changes/import/file")
    assert ask(app, "May I bring a dog?")["text"].startswith("Service dogs only.")
    publish(ada, "/staff/changes/undo/1")
    assert ask(app, "May I bring a dog?")["kind"] != "answer"


def test_one_bad_row_stops_the_import_and_is_named(ada: Desk, store: Store) -> None:
    page = upload(ada, "faq.csv", b"question,answer\nDo you have parking?,Yes.\nNo answer here?,\n")
    assert "Nothing can be imported" in page
    assert "row 3" in page
    assert ada.get("/staff/changes/import/file").status_code == 404
    assert store.edits.revision() == 0


def test_what_is_exported_can_be_imported_and_changes_nothing(ada: Desk) -> None:
    data = ada.get("/staff/exchange/export", format="jsonl")
    assert "attachment" in data.headers["Content-Disposition"]
    assert "holds nothing that is not here already" in upload(ada, "topics.jsonl", data.data)


def test_a_file_that_is_no_file_of_topics_is_one_clear_error(ada: Desk, tmp_path: Path) -> None:
    page = upload(ada, "photo.png", b"\x89PNG\r\n\x1a\n" + b"\0" * 100)
    assert 'role="alert"' in page
    assert "Traceback" not in page


# --- backup -----------------------------------------------------------------------------------------------


def restore(desk: Desk, name: str, data: bytes, password: str = PASSWORD) -> TestResponse:
    return desk.client.post(
        "/staff/backup/restore",
        data={"csrf": desk.csrf, "file": (io.BytesIO(data), name), "password_again": password},
        headers={"Origin": "http://localhost"},
        content_type="multipart/form-data",
    )


def test_an_admin_takes_the_desk_along_and_brings_it_back(app: Flask, ada: Desk, store: Store) -> None:
    assert ada.post("/staff/backup").status_code == 422
    taken = ada.post("/staff/backup", password=PASSWORD)
    assert re.fullmatch(r"attachment; filename=\"desk-\w+\.zip\"", taken.headers["Content-Disposition"])
    store.probes.set("do you have parking", "parking", by="ada")
    assert restore(ada, "desk.zip", taken.data, "wrong").status_code == 422
    assert restore(ada, "desk.zip", taken.data).location == "/staff/sign-in?done=restored-all"
    assert store.probes.all() == ()
    assert [(a.by, a.action) for a in store.audit.latest(1)] == [("ada", "restore")]
    assert ada.get("/staff").location.startswith("/staff/sign-in")
    assert open_desk(app, "ada").get("/staff").status_code == 200


def test_a_file_that_is_no_backup_changes_nothing_and_names_no_path(ada: Desk, store: Store) -> None:
    store.probes.set("do you have parking", "parking", by="ada")
    for data in (b"", b"PK\x03\x04 not really", b"question,answer\n"):
        page = restore(ada, "faq.csv", data)
        assert page.status_code == 422
        assert "faq.csv is no backup of this program" in page.text
        assert tempfile.gettempdir() not in page.text
    assert len(store.probes.all()) == 1
