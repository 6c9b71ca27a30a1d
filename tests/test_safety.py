"""What is said to somebody in danger, and how the guard is kept."""

import re
from itertools import product
from typing import Literal

import numpy as np
import pytest

from chatbot import Bot
from chatbot.content import Knowledge
from chatbot.fallback import built_in
from chatbot.guide import KINDS
from chatbot.languages import is_in_english
from chatbot.markup import to_text
from chatbot.model import Entry
from chatbot.reading import grade, words_of
from chatbot.safety import Alarm, Guard, Guide

FIRST_WORDS = "Call or text 988, or chat at 988lifeline.org"
WHO: tuple[Literal["self", "other"], ...] = ("self", "other")
LANGUAGES: tuple[Literal["en", "es"], ...] = ("en", "es")
ALARMS = [Alarm(k, w, language) for k, w, language in product(KINDS, WHO, LANGUAGES)]
ENGLISH = [a for a in ALARMS if a.language == "en"]


@pytest.fixture(scope="session")
def guard(bot: Bot) -> Guard:
    return bot.engine.guard


def said(guard: Guard, alarm: Alarm, *, repeated: bool = False) -> str:
    return to_text(guard.crisis_reply(alarm, repeated=repeated).entry.answer)


def lines() -> list[Entry]:
    return [*Knowledge.load().guide.lines, *built_in().lines]


# --- the words ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("alarm", ENGLISH)
def test_a_reply_urges_a_person_at_any_hour_and_says_what_it_is(guard: Guard, alarm: Alarm) -> None:
    for text in (said(guard, alarm), said(guard, alarm, repeated=True)):
        assert FIRST_WORDS in text
        assert "911" in text
        assert "automatic desk" in text
        assert re.search(r"\b(?:doctor|counselor)\b", text)
        assert re.search(r"trust|friend|family|relative|near you", text)
        assert re.search(r"keep asking me questions|still here for your questions", text)


@pytest.mark.parametrize("alarm", [a for a in ALARMS if a.kind == "overdose"])
def test_an_overdose_of_any_drug_gets_911_and_poison_control_and_naloxone_for_opioids(
    guard: Guard, alarm: Alarm
) -> None:
    first, again = said(guard, alarm), said(guard, alarm, repeated=True)
    for_opioids = r"(?:[Ii]f opioids may be involved|Si puede haber opioides)[^.]*(?:naloxone|naloxona)"
    assert re.match(r"(?:Call|Llama al) 911", first)
    assert "1-800-222-1222" in first
    assert re.search(for_opioids, first)
    assert "naloxon" not in re.sub(for_opioids, "", first + again)


@pytest.mark.parametrize("alarm", [a for a in ALARMS if a.language == "es"])
def test_a_reply_in_spanish_gives_988_with_2_for_spanish(guard: Guard, alarm: Alarm) -> None:
    for repeated in (False, True):
        text = said(guard, alarm, repeated=repeated)
        assert re.search(r"988 y opr(?:ime|imir) 2", text)
        assert "911" in text
        assert "servicio automático" in text


@pytest.mark.parametrize("alarm", [a for a in ENGLISH if a.kind in ("overdose", "withdrawal", "medical")])
def test_where_minutes_count_911_comes_first(guard: Guard, alarm: Alarm) -> None:
    for repeated in (False, True):
        text = said(guard, alarm, repeated=repeated)
        assert text.index("911") < text.index("988")
        assert guard.crisis_reply(alarm, repeated=repeated).actions[0].href == "tel:911"


@pytest.mark.parametrize("alarm", ENGLISH)
def test_the_second_reply_is_shorter_and_worded_differently(guard: Guard, alarm: Alarm) -> None:
    first, second = said(guard, alarm), said(guard, alarm, repeated=True)
    assert len(words_of(second)) < len(words_of(first))
    assert first.split("\n")[0] != second.split("\n")[0]


@pytest.mark.parametrize("kind", KINDS)
def test_relatives_get_words_of_their_own(guard: Guard, kind: str) -> None:
    assert said(guard, Alarm(kind, "self")) != said(guard, Alarm(kind, "other"))


def test_no_line_probes_judges_names_a_method_or_ends_the_conversation() -> None:
    for line in lines():
        if line.id.startswith("crisis-"):
            text = to_text(line.answer).casefold()
            assert "?" not in text, line.id  # no screening questions
            for word in (
                "commit",
                "attention",
                "selfish",
                "i must stop",
                "calm down",
                "goodbye",
                "just a phase",
            ):
                assert word not in text, (line.id, word)
            for method in ("rope", "blade", "gun", "pills", "bridge", "jump"):
                assert not re.search(rf"\b{method}\b", text), (line.id, method)


def test_every_line_in_english_is_read_with_ease() -> None:
    for line in lines():
        if is_in_english(line.id):
            assert grade(to_text(line.answer)) <= 6, (line.id, grade(to_text(line.answer)))


def test_only_the_numbers_of_the_help_lines_are_given() -> None:
    known = {re.sub(r"\D", "", h.href) for h in Knowledge.load().guide.help_lines} | {"988", "911"}
    for line in lines():
        for number in re.findall(r"\b(?:\d-\d{3}-\d{3}-\d{4}|\d{3}-\d{4}|988|911|\d{6})\b", line.answer):
            assert re.sub(r"\D", "", number) in known, (line.id, number)


def test_a_soft_alarm_gets_a_quiet_line_with_988(guard: Guard) -> None:
    lines = guard.crisis_reply(Alarm("suicide", is_soft=True), repeated=False)
    assert lines.entry.id == "crisis-quiet"
    assert FIRST_WORDS in to_text(lines.entry.answer)
    assert len(words_of(to_text(lines.entry.answer))) <= 40


# --- the help lines -----------------------------------------------------------------------------------


def test_call_text_and_chat_of_988_and_911_are_always_in_view(guard: Guard) -> None:
    assert [a.href for a in guard.actions()] == [
        "tel:988",
        "sms:988",
        "https://988lifeline.org/chat/",
        "tel:911",
    ]


@pytest.mark.parametrize("alarm", ALARMS)
def test_every_reply_has_help_lines_to_touch_and_the_referral_line_never_alone(
    guard: Guard, alarm: Alarm
) -> None:
    hrefs = [a.href for a in guard.crisis_reply(alarm, repeated=False).actions]
    assert {"tel:988", "sms:988", "tel:911"} <= set(hrefs)
    assert hrefs[0] != "tel:1-800-662-4357"


def test_abuse_gets_the_domestic_violence_hotline_and_overdose_poison_control(guard: Guard) -> None:
    hrefs = {k: [a.href for a in guard.crisis_reply(Alarm(k), repeated=False).actions] for k in KINDS}
    assert "tel:1-800-799-7233" in hrefs["abuse"]
    assert "tel:1-800-222-1222" in hrefs["overdose"]
    assert "tel:1-800-799-7233" not in hrefs["suicide"]


def test_labels_are_in_the_language_of_the_alarm(guard: Guard) -> None:
    actions = guard.crisis_reply(Alarm("suicide", "self", "es"), repeated=False).actions
    assert actions[0].label == "Llamar al 988 (oprima 2)"


def test_every_help_line_says_where_and_when_it_was_checked() -> None:
    for line in Knowledge.load().guide.help_lines:
        assert line.region == "US"
        assert line.source.startswith("https://")
        assert line.reviewed >= "2026-11-23"


# --- without knowledge, and kept in a file ------------------------------------------------------------


@pytest.mark.parametrize("alarm", ALARMS)
def test_without_any_knowledge_a_reply_still_gives_988_and_911(alarm: Alarm) -> None:
    lines = Guard.fit(Guide()).crisis_reply(alarm, repeated=True)
    text = to_text(lines.entry.answer)
    assert "988" in text
    assert "911" in text
    assert {a.href for a in lines.actions} >= {"tel:988", "tel:911"}


def test_a_kept_guard_judges_as_it_did_before(guard: Guard) -> None:
    kept = Guard.from_arrays(guard.guide, {k: np.array(a) for k, a in guard.arrays().items()})
    for message in ("I can't go on", "how much is it", "my son overdosed", "should I double my dose", "😭"):
        assert kept.alarm(message) == guard.alarm(message)
        assert kept.boundary(message) == guard.boundary(message)


def test_a_guard_without_models_goes_by_the_patterns(guard: Guard) -> None:
    kept = Guard.from_arrays(guard.guide, {})
    assert kept.arrays().keys() == {"known"}
    assert kept.alarm("I am going to kill myself") is not None
    assert kept.boundary("how much xanax can I take") is not None
    assert kept.alarm("how long is the program") is None
