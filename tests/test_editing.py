"""Edits laid over the files: what a body may hold, and that it comes back as it was."""

from dataclasses import replace
from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from small import KNOWLEDGE

from chatbot.content import Knowledge
from chatbot.editing import (
    article_change,
    background_change,
    background_key,
    body_of,
    entry_of,
    expiring,
    lay_over,
    profile_change,
)
from chatbot.errors import ChatbotError
from chatbot.model import Entry, Profile, Source
from chatbot.records import Change

FULL = Entry(
    "parking",
    "Where can I park?",
    "Behind the house.\n\n- by day\n- by night",
    ("is there a parking lot", "car park"),
    "mixed",
    (Source("Parking rules", "https://www.example.org/parking"), Source("Our own word")),
    ("hours",),
    "2026-11-23",
    law=True,
    group="Visits",
    owner="Front desk",
    until="2027-01-31",
)
LINE = st.text(st.characters(codec="utf-8", exclude_categories=("C", "Z")), min_size=1, max_size=20)


def change(entry: Entry, **more: object) -> Change:
    return Change("topic", entry.id, {**body_of(entry), **more})


def ids(*changes: Change) -> list[str]:
    return [t.id for t in lay_over(KNOWLEDGE, changes).topics]


def test_a_topic_that_rests_on_the_clinics_facts_leaves_its_wordings_to_one_that_staff_write() -> None:
    place = Entry("place", "Where are you?", "{clinic.address}", ("address", "Is there a parking lot?"))
    ground = replace(KNOWLEDGE, topics=(*KNOWLEDGE.topics, place))
    hours = Entry("sundays", "Sundays?", "No.", ("are you open on sundays",))
    laid = {t.id: t for t in lay_over(ground, [change(FULL), change(hours)]).topics}
    assert laid["place"].phrasings == ("address",)
    assert laid["hours"] == KNOWLEDGE.topics[1]  # says what it says without facts: that is for staff to see
    theirs = lay_over(ground, [change(FULL), change(place)]).topics
    assert place in theirs  # what staff have edited is as they wrote it


def test_an_entry_comes_back_from_a_body_as_it_was() -> None:
    assert entry_of("parking", body_of(FULL)) == FULL


@given(st.lists(LINE, max_size=4), LINE, LINE)
def test_what_is_accepted_is_kept_as_it_is(phrasings: list[str], question: str, answer: str) -> None:
    body = {**body_of(FULL), "phrasings": phrasings, "question": question, "answer": answer}
    try:
        made = entry_of("parking", body)
    except ChatbotError:
        return
    assert (made.question, made.answer, made.phrasings) == (
        question,
        answer,
        tuple(dict.fromkeys(phrasings)),
    )


@pytest.mark.parametrize(
    ("more", "fact"),
    [
        ({"question": " "}, "'parking' has no question"),
        ({"answer": ""}, "'parking' has no answer"),
        ({"answer": "a\n## b {#c}\n\nd"}, "a topic file would read as something else"),
        ({"kind": "poem"}, "'parking': kind is 'poem': expected one of"),
        ({"until": "soon"}, "'parking': until is 'soon': expected a date"),
        ({"reviewed": "2026-02-30"}, "reviewed is '2026-02-30': expected a date"),
        ({"sources": [{"title": "x", "url": "javascript:1"}]}, "'parking': source is"),
        ({"sources": [{"name": "x"}]}, "'parking' cannot be read"),
        ({"phrasings": 7}, "'parking' cannot be read"),
    ],
)
def test_a_body_that_could_not_stand_in_a_file_is_one_clear_error(more: dict[str, object], fact: str) -> None:
    with pytest.raises(ChatbotError, match=fact):
        entry_of("parking", {**body_of(FULL), **more})


@pytest.mark.parametrize("entry_id", ["", "Parking", "a b", "x" * 3 + "}"])
def test_an_id_that_is_no_slug_is_refused(entry_id: str) -> None:
    with pytest.raises(ChatbotError):
        entry_of(entry_id, body_of(FULL))


def test_a_changed_topic_stands_in_its_place_and_a_new_one_behind_its_group() -> None:
    cost = replace(KNOWLEDGE.topics[0], answer="Nothing.")
    laid = lay_over(KNOWLEDGE, [change(cost), change(replace(FULL, group=cost.group))])
    assert laid.topics[0].answer == "Nothing."
    assert [t.id for t in laid.topics] == ["cost", "hours", "dogs", "parking"]


def test_the_last_edit_of_a_topic_counts_and_without_a_body_the_files_speak() -> None:
    hours = KNOWLEDGE.topics[1]
    edits = (change(replace(hours, answer="Never.")), change(replace(hours, answer="Always.")))
    assert lay_over(KNOWLEDGE, edits).entries["hours"].answer == "Always."
    laid = lay_over(KNOWLEDGE, [*edits, Change("topic", "hours", None)])
    assert laid.topics == KNOWLEDGE.topics
    assert ids(change(FULL), Change("topic", "parking", None)) == ["cost", "hours", "dogs"]


def test_an_archived_topic_is_gone_and_others_lead_to_it_no_more() -> None:
    hours = KNOWLEDGE.topics[1]
    laid = lay_over(KNOWLEDGE, [change(FULL), change(hours, archived=True)])
    assert [t.id for t in laid.topics] == ["cost", "dogs", "parking"]
    assert laid.entries["parking"].related == ()


def test_a_related_topic_that_never_was_is_refused() -> None:
    with pytest.raises(ChatbotError, match="'parking' names 'nowhere': no such entry"):
        lay_over(KNOWLEDGE, [change(replace(FULL, related=("nowhere",)))])


def test_a_background_question_is_taught_once_however_it_is_written() -> None:
    first, second = background_change(" Who won  the game "), background_change("who won the game")
    assert first.key == second.key == background_key("Who won the game")
    assert lay_over(KNOWLEDGE, [first, second]).background[-1] == "who won the game"
    assert len(lay_over(KNOWLEDGE, [first, second]).background) == len(KNOWLEDGE.background) + 1
    with pytest.raises(ChatbotError, match="has 0 characters"):
        background_change("  ")


def test_the_clinics_facts_lie_over_those_of_the_file() -> None:
    ground = replace(KNOWLEDGE, profile=Profile({"price": "$1", "hours": "9 to 5"}, "2026-01-01"))
    edit = profile_change({"price": "$2", "hours": "", "phone": "312.555.0100"}, "2026-11-01")
    laid = lay_over(ground, [edit]).profile
    assert laid == Profile({"price": "$2", "phone": "(312) 555-0100"}, "2026-11-01")
    assert lay_over(ground, [profile_change({}, None)]).profile.as_of == "2026-01-01"


@pytest.mark.parametrize(
    ("facts", "as_of", "fact"),
    [
        ({"phone": "12"}, None, "phone is '12': expected a phone number"),
        ({"motto": "x"}, None, "'motto' is not a field"),
        ({}, "yesterday", "as_of is 'yesterday': expected a date"),
    ],
)
def test_a_fact_that_does_not_fit_is_named(facts: dict[str, str], as_of: str | None, fact: str) -> None:
    with pytest.raises(ChatbotError, match=fact):
        profile_change(facts, as_of)


def test_a_topic_is_said_through_its_last_day_and_listed_a_month_ahead() -> None:
    known = lay_over(KNOWLEDGE, [change(FULL)])
    last = date(2027, 1, 31)
    assert "parking" in known.on(last).published_ids
    assert "parking" not in known.on(last + timedelta(1)).published_ids
    assert expiring(known, last - timedelta(32)) == ()
    assert [t.id for t in expiring(known, last - timedelta(31))] == ["parking"]


PAGE = b"# Visiting hours\n\n## When can I visit?\n\nYou can visit on Sundays from two to four.\n"


def test_a_page_is_one_more_article_until_one_of_its_name_takes_its_place() -> None:
    ground = Knowledge(topics=())
    first = article_change(PAGE, "Visiting Hours.md", ground)
    later = article_change(PAGE.replace(b"Sundays", b"Fridays"), "visiting-hours.md", ground)
    laid = lay_over(ground, [first, later])
    assert (first.key, [p.id for p in laid.passages]) == ("visiting-hours", ["article/when-can-i-visit"])
    assert laid.passages[0].answer == "You can visit on Fridays from two to four."
    assert laid.passages[0].sentences == (laid.passages[0].answer,)
    assert [a.title for a in laid.articles] == ["Visiting hours"]
    assert lay_over(ground, [first, replace(first, body=None)]) == ground


def test_a_page_that_the_files_hold_word_for_word_is_refused() -> None:
    known = lay_over(Knowledge(topics=()), [article_change(PAGE, "a.md", Knowledge(topics=()))])
    with pytest.raises(ChatbotError, match=r"b\.md is known already"):
        article_change(PAGE, "b.md", known)
    with pytest.raises(ChatbotError, match="cannot be read"):
        lay_over(Knowledge(topics=()), [Change("article", "a", {"passages": []})])
