import io
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chatbot import Action, Reply, Source, Suggestion
from chatbot.cli.terminal import Screen, action_line, article_text, in_words, reply_text, rows_text, visible
from chatbot.model import Article, Dropped, Entry

PLAIN = Screen()
NARROW = Screen(width=40)
COLORED = Screen(width=40, has_colors=True)
REPLY = Reply(
    kind="answer",
    text="Three hours a day.\n\n- three days a week for most people in a program like this\n- more",
    html="",
    topic="hours-per-week",
    confidence=0.9,
    sources=(Source("The guide", "https://example.org/a/very/long/address/that/no/line/of/forty/holds"),),
    suggestions=(Suggestion("And how many weeks is it, all in all, for most people?", "weeks"),),
    actions=(Action("tel", "Call 988", "tel:988"),),
    notice="A phone number was not kept.",
)


def test_a_reply_has_its_text_notice_actions_sources_and_suggestions_in_this_order() -> None:
    text = reply_text(PLAIN, REPLY)
    parts = ("Three hours", "was not kept", "Call 988", "Source: The guide", "answer, certain", "- And how")
    places = [text.index(part) for part in parts]
    assert places == sorted(places)


def test_suggestions_are_numbered_where_a_number_picks_one() -> None:
    assert "  1. And how many weeks" in reply_text(PLAIN, REPLY, numbered=True)


def test_a_reply_with_nothing_around_it_is_its_text_and_kind() -> None:
    assert reply_text(PLAIN, Reply("small_talk", "Hello.", "")) == "Hello.\n\n  small talk"


def test_no_line_but_an_address_is_wider_than_the_screen_and_points_hang() -> None:
    lines = reply_text(NARROW, REPLY, numbered=True).splitlines()
    assert max(len(line) for line in lines if "://" not in line) <= 40
    assert any(line.strip().endswith("/of/forty/holds") for line in lines)
    assert "  program like this" in lines
    assert "     all, for most people?" in lines


def test_where_a_program_reads_no_line_is_wrapped() -> None:
    assert REPLY.text in reply_text(PLAIN, REPLY)


def test_colors_change_nothing_but_the_colors() -> None:
    colored = reply_text(COLORED, REPLY, numbered=True)
    assert "\x1b[2m" in colored
    assert re.sub(r"\x1b\[\d+m", "", colored) == reply_text(NARROW, REPLY, numbered=True)


def test_a_file_is_no_screen() -> None:
    assert Screen.of(io.StringIO()) == Screen(None, has_colors=False)


@pytest.mark.parametrize(
    ("action", "line"),
    [
        (Action("tel", "Call 988", "tel:988"), "Call 988"),
        (Action("sms", "Text HOME to 741741", "sms:741741?body=HOME"), "Text HOME to 741741"),
        (Action("tel", "Call Lakeside", "tel:+13125550100"), "Call Lakeside: 312-555-0100"),
        (Action("tel", "Call Lakeside", "tel:3125550100"), "Call Lakeside: 312-555-0100"),
        (Action("tel", "Call Lakeside", "tel:+442079460018"), "Call Lakeside: +442079460018"),
        (Action("tel", "Call house 9", "tel:911"), "Call house 9: 911"),
        (Action("link", "Write to us", "https://example.org/c"), "Write to us: https://example.org/c"),
    ],
)
def test_an_action_says_what_is_needed_to_use_it(action: Action, line: str) -> None:
    assert action_line(action) == line


@pytest.mark.parametrize(
    ("confidence", "words"),
    [
        (1.0, "certain"),
        (0.9, "certain"),
        (0.899, "likely"),
        (0.7, "likely"),
        (0.5, "unsure"),
        (0.0, "unlikely"),
    ],
)
def test_a_confidence_in_words(confidence: float, words: str) -> None:
    assert in_words(confidence) == words


def test_a_confidence_is_not_rounded_into_the_next_word() -> None:
    reply = Reply("answer", "Yes.", "", topic="a", confidence=0.899)
    assert "likely (0.89), from a" in reply_text(PLAIN, reply)


@pytest.mark.parametrize("screen", [PLAIN, NARROW])
@given(st.text())
def test_nothing_that_steers_a_terminal_is_shown(screen: Screen, text: str) -> None:
    shown = screen.wrapped(f"{text}\x1b[31m\x9b\x07\u202e\r")
    assert not set(shown) & set("\x1b\x9b\x07\u202e\r\x00\x08")


@given(st.text())
def test_what_steers_nothing_is_left_as_it_is(text: str) -> None:
    assert visible(visible(text)) == visible(text)
    assert visible("né ü 漢字 🙂\tx\n") == "né ü 漢字 🙂\tx\n"


ROWS = (
    ("program-length", "How long does it last?", "published"),
    ("phone", "What is the number?", "needs phone"),
)


def test_rows_are_separated_by_tabs_where_a_program_reads() -> None:
    assert rows_text(PLAIN, [("a\x1b", "b", ""), *ROWS]).splitlines() == [
        "a\tb\t",
        "program-length\tHow long does it last?\tpublished",
        "phone\tWhat is the number?\tneeds phone",
    ]


def test_rows_are_columns_on_a_wide_screen() -> None:
    assert rows_text(Screen(width=60), ROWS).splitlines() == [
        "program-length  How long does it last?  published",
        "phone           What is the number?  needs phone",
    ]


def test_rows_stand_below_their_key_on_a_narrow_screen() -> None:
    assert rows_text(Screen(width=30), ROWS).splitlines() == [
        "program-length",
        "  How long does it last?",
        "  published",
        "phone",
        "  What is the number?",
        "  needs phone",
    ]


def test_no_rows_are_no_text() -> None:
    assert rows_text(NARROW, []) == ""


def test_an_article_shows_its_passages_and_what_was_left_out_and_why() -> None:
    article = Article("Swim school", (), (Dropped("Read more", "a teaser"),))
    text = article_text(PLAIN, article, [Entry("article/prices", "Prices", "Ten dollars.", kind="passage")])
    assert text.split("\n\n") == [
        "Swim school (passages: 1, left out: 1)",
        "  article/prices: Prices (2 words)\n    Ten dollars.",
        "  left out: a teaser\n    Read more",
    ]
