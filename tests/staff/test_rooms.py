"""The other pages of the desk: facts, settings, numbers, import and export, backup."""

import io
import re
import tempfile
from datetime import date, timedelta
from pathlib import Path
from typing import get_args

import pytest
from desk import PASSWORD, Desk, ask, open_desk, publish
from flask import Flask
from werkzeug.test import TestResponse

from chatbot import Noted, Settings, Store
from chatbot.model import ReplyKind
from chatbot.records import Change
from web.staff import charts, tally, trying

# --- facts, settings, embed, insights ----------------------------------------------------------------------


def test_facts_are_checked_and_then_stand_in_answers(app: Flask, ada: Desk) -> None:
    wrong = ada.post("/staff/facts", name="Riverbend", phone="12", email="x", state="XX", street="1 A")
    assert wrong.status_code == 422
    assert wrong.text.count('class="wrong"') >= 3
    ada.post("/staff/facts", name="Riverbend", phone="312-555-0142", childcare="There is a play room.")
    shown = ada.get("/staff/changes/profile/clinic").text
    assert "<dt>Phone</dt><dd>(312) 555-0142 (now nothing)</dd>" in shown
    assert "<dt>E-mail" not in shown
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
        ("www.clinic.example", "An admin can allow it here."),
        ("http://localhost", "is allowed: the chat works there"),
        ("javascript:alert(1)", "is no web address"),
        ("https://a b", "is no web address"),
    ],
)
def test_the_embed_page_says_whether_a_site_is_allowed(ed: Desk, site: str, said: str) -> None:
    assert said in ed.get("/staff/embed", site=site).text


def test_a_site_is_allowed_with_one_click_and_the_chat_works_there_at_once(
    app: Flask, ada: Desk, store: Store
) -> None:
    def answers(origin: str) -> bool:
        call = app.test_client().post("/api/v1/chat", json={"message": "hi"}, headers={"Origin": origin})
        return call.headers.get("Access-Control-Allow-Origin") == origin

    one, other = "https://www.clinic.example", "https://clinic.example"
    assert not answers(one)
    assert ">Allow it</button>" in ada.get("/staff/embed", site=one).text
    page = ada.client.get(ada.post("/staff/embed", site=f"{one}/contact").location).text
    assert "is allowed: the chat works there" in page
    assert answers(one)
    assert one in app.test_client().get("/embed").headers["Content-Security-Policy"]
    assert ada.post("/staff/settings/sites", sites=f"{other}\nno site at all").status_code == 422
    assert answers(one)
    ada.post("/staff/settings/sites", sites=f"{other}/\n")
    assert (answers(other), answers(one)) == (True, False)
    assert other in ada.get("/staff/about").text
    assert store.audit.latest(1)[0].action == "set-sites"


def test_the_desk_keeps_the_inbox_for_fewer_days_than_promised_and_says_so(
    app: Flask, ada: Desk, store: Store, settings: Settings
) -> None:
    store.inbox.add([Noted("do you have a pool", "no_answer", date.today() - timedelta(8))])
    assert ada.post("/staff/settings/retention", days=str(settings.retention_days + 1)).status_code == 422
    assert store.inbox.count() == 1
    ada.post("/staff/settings/retention", days="7")
    assert store.inbox.count() == 0
    assert "may be kept for 7 days" in app.test_client().get("/privacy").text
    assert "7 days" in ask(app, "what do you store about me")["text"]


def test_insights_hide_small_numbers_by_hour_and_download_as_csv(ed: Desk, store: Store) -> None:
    today = date.today()
    assert "Nobody has asked in this time." in ed.get("/staff/insights").text
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


def test_insights_tell_what_the_last_changes_did(ed: Desk, store: Store) -> None:
    today, before = date.today(), date.today() - timedelta(1)
    store.edits.save([Change("topic", "cost", {"question": "How much?", "answer": "Ten dollars."})], by="ed")
    store.counts.add(
        {
            (before, -1, "topic:cost"): 2,
            (today, -1, "topic:cost"): 9,
            (today - timedelta(2), -1, "topic:cost"): 7,
        }
        | {(before, -1, "kind:answer"): 6, (before, -1, "kind:no_answer"): 4}
        | {(today, -1, "kind:answer"): 9, (today, -1, "kind:no_answer"): 1}
    )
    rows = ed.get("/staff/insights/changes.csv", span="week").text.splitlines()
    assert [(row[:6], row.rpartition(",")[2]) for row in rows[1:]] == [("Before", "2"), ("Since ", "9")]
    assert re.search(r"on \d+ \w+, 40 %; since then 10 %\.", ed.get("/staff/insights", span="week").text)


def test_every_kind_of_reply_has_its_words_on_the_desk() -> None:
    assert set(get_args(ReplyKind)) == set(tally.KINDS) == set(trying.KINDS)


@pytest.mark.parametrize("lying", [False, True])
@pytest.mark.parametrize("values", [(0, 0), (1,), (2, 0, 3), (6, None), (700, 3)])
def test_a_chart_counts_in_whole_messages(values: tuple[int | None, ...], lying: bool) -> None:  # noqa: FBT001
    drawn = charts.bars(tuple("abc"[: len(values)]), values, lying=lying)
    steps = re.findall(r"<text[^>]*>([0-9.,]+)</text>", drawn)
    assert len(steps) > 1
    assert not [step for step in steps if "." in step]


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


def test_a_table_whose_columns_tell_nothing_is_read_as_staff_say(ada: Desk) -> None:
    page = upload(ada, "desk.csv", b"Asked,Told,\npool,No.,x\ntour,Call us.,y\n")
    assert "No column of desk.csv is read as the question" in page
    columns, picked = re.findall(r'name="column" value="([^"]*)"', page), ["question", "answer", "group"]
    again = ada.client.post(
        "/staff/exchange",
        data={"csrf": ada.csrf, "column": columns, "field": picked},
        headers={"Origin": "http://localhost"},
    ).text
    assert "2 new" in again


def test_a_page_becomes_passages_that_answer_and_is_undone_like_any_change(
    app: Flask, ada: Desk, ed: Desk
) -> None:
    question = "When can I visit for the first time?"
    assert ask(app, question)["kind"] != "answer"
    file = Path(__file__).parents[1] / "pages/family-visits.txt"
    page = upload(ada, file.name, file.read_bytes())
    assert "Most programs ask families to wait one or two weeks." in page
    assert "Seven Ways to Support a Friend" in page.partition("Left out")[2]
    assert ed.get("/staff/changes/article/family-visits").status_code == 403
    publish(ada, "/staff/changes/article/family-visits")
    reply = ask(app, question)
    assert (reply["kind"], reply["topic"]) == ("answer", "article/when-can-i-visit-for-the-first-time")
    assert "Page: Visiting a Loved One" in ada.get("/staff/history").text
    assert "take the place of what family-visits.txt held" in upload(ada, file.name, file.read_bytes())
    publish(ada, "/staff/changes/undo/1")
    assert ask(app, question)["kind"] != "answer"


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
