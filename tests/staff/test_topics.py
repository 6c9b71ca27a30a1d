"""Topics as drafts, what publishing one would change, and what becomes of two drafts of one."""

import re

from desk import Desk, ask, publish
from flask import Flask

from chatbot import Store

PARKING = {
    "question": "Do you have parking?",
    "phrasings": "where can i park\nis there a parking lot",
    "answer": "Yes. There is a **free** lot behind the building.",
}


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


def test_who_only_opens_a_topic_leaves_no_draft(ed: Desk, store: Store) -> None:
    typed = {"question": "Is there a gym?", "answer": "", "phrasings": ""}
    assert "As visitors see it" in ed.post("/staff/topics/new-1/advice?look=yes", **typed).text
    assert store.drafts.all() == ()
    assert "Kept as your draft" in ed.post("/staff/topics/new-1/advice", **typed).text


def test_whoever_looked_at_archiving_goes_on_editing_without_it(ed: Desk) -> None:
    ed.post("/staff/topics/cost", act="archive")
    assert "Archive:" in ed.get("/staff/changes/topic/cost").text
    assert "This is your draft" not in ed.get("/staff/topics/cost").text
    assert "draft of ed" not in ed.get("/staff/topics").text
    ed.post("/staff/topics/cost", question="How much is it?", answer="Ten dollars.", act="check")
    page = ed.get("/staff/changes/topic/cost").text
    assert "Archive:" not in page
    assert "Throw it away" in ed.get("/staff/topics/cost").text


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
    assert "“How long does an IOP last?” also stands under" in page
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
    assert "It works: all 3 ways to ask get this answer" in shown
    assert ask(app, "do you have parking")["kind"] != "answer"
    assert publish(ed, "/staff/changes/topic/new-1") == "/staff/topics/parking?done=published"
    assert ask(app, "do you have parking")["topic"] == "parking"
    assert ask(app, "Where can I park?")["topic"] == "parking"
    assert re.search(r"Do you have parking\?</a></strong> <span[^>]*>new<", ed.get("/staff/history").text)
    assert "Undo: Do you have parking?" in ed.get("/staff/changes/undo/1").text
    assert publish(ed, "/staff/changes/undo/1") == "/staff/history?done=undone"
    assert ask(app, "do you have parking")["kind"] != "answer"
    assert "parking" not in [t["id"] for t in app.test_client().get("/api/v1/topics").json or ()]


def test_the_history_says_what_each_change_did(ed: Desk) -> None:
    more = {"question": "How much does an IOP cost?", "phrasings": "what is the price\nprice per day"}
    ed.post("/staff/topics/cost", **more, answer="Ten dollars.", act="check")
    publish(ed, "/staff/changes/topic/cost")
    page = ed.get("/staff/history").text
    assert "answer, 1 way to ask added, 2 ways to ask taken out" in page
    publish(ed, "/staff/changes/undo/1")
    page = ed.get("/staff/history").text
    assert "as delivered" in page
    assert page.count("takes back change 1") == 1


def test_a_way_to_ask_that_does_not_get_the_answer_is_named(ed: Desk) -> None:
    ed.post("/staff/topics/new-1", **{**PARKING, "phrasings": "i want to kill myself"}, act="check")
    page = ed.get("/staff/changes/topic/new-1").text
    assert "1 of its 2 ways to ask gets this answer" in page
    assert "These do not: “i want to kill myself” (help lines)." in page


def test_words_that_are_not_understood_are_tried_and_added_before_anybody_sees_them(
    app: Flask, ed: Desk
) -> None:
    ed.post("/staff/topics/new-1", **PARKING, act="check")
    path, words = "/staff/changes/topic/new-1", "can i put my automobile somewhere"
    assert "“where can i park” gets this answer" in ed.get(path, ask="where can i park").text
    part = ed.client.get(path, query_string={"ask": words}, headers={"HX-Request": "true"}).text
    assert f"“{words}” gets no answer instead." in part
    assert "<h1>" not in part
    assert ed.post("/staff/topics/new-1/ways", way=words).location.startswith(f"{path}?ask=can")
    assert "It works: all 4 ways to ask get this answer" in ed.get(path).text
    assert ask(app, words)["kind"] != "answer"
    publish(ed, path)
    assert ask(app, words)["topic"] == "parking"


def test_a_topic_that_takes_over_words_of_one_that_is_not_live_makes_nothing_worse(
    app: Flask, ed: Desk
) -> None:
    room = {
        "question": "Is there a playroom?",
        "phrasings": "daycare\ndo you have childcare",
        "answer": "Yes.",
    }
    beside = ed.post("/staff/topics/new-1/advice", **{**room, "phrasings": "daycare"}).text
    assert "“daycare” moves here from" in beside
    ed.post("/staff/topics/new-1", **room, act="check")
    page = ed.get("/staff/changes/topic/new-1").text
    assert 'id="v-worse"' not in page
    assert "It works: all 3 ways to ask get this answer" in page
    assert ">Publish</button>" in page
    publish(ed, "/staff/changes/topic/new-1")
    assert ask(app, "daycare")["topic"] == "playroom"


def test_what_a_topic_that_is_not_live_could_not_answer_is_for_staff_to_judge(ed: Desk) -> None:
    room = {
        "question": "May my kids come along?",
        "phrasings": "can i bring my children along\nwho watches my kids\ndo you have childcare",
        "answer": "Yes.",
    }
    ed.post("/staff/topics/new-1", **room, act="check")
    page = ed.get("/staff/changes/topic/new-1").text
    assert 'id="v-worse"' not in page
    different = page.partition('id="v-different"')[2]
    assert "(not live: it waits for the clinic’s facts)" in different


def test_what_people_ask_of_a_topic_that_is_not_live_stands_beside_a_new_one_like_it(ed: Desk) -> None:
    beside = ed.post("/staff/topics/new-1/advice", question="Do you have childcare here?", answer="Yes.").text
    assert 'data-add="do you have childcare"' in beside
    assert "data-add" not in ed.post("/staff/topics/new-2/advice", question="Is there a pool?").text


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
    assert "belongs to:" in worse
    assert "How long does an IOP last?</a>" in worse
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
