"""Words: folding, terms, stems and sentences."""

import re
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chatbot.text import fold, normalise, sentences, stem, words

ENDINGS = ("ationally", "iveness", "ingly", "ements", "izers")

LETTERS = st.characters(categories=["L", "N"])


@pytest.mark.parametrize(
    ("typed", "folded"),
    [
        ("  what\tis\n\nit  ", "what is it"),
        ("don’t “worry” — please", 'don\'t "worry" - please'),
        ("my cafe\u0301 caf\u00e9", "my cafe cafe"),
        ("ｆｕｌｌ ｗｉｄｔｈ", "full width"),
        ("z\u200be\u200dro\ufeff width", "zero width"),
        ("\x00nul\x07 and \x1besc", "nul and esc"),
        ("lone \ud800 surrogate", "lone surrogate"),
        ("Keep My CASE", "Keep My CASE"),
        ("", ""),
        ("\u200b\ufeff\x00", ""),
    ],
)
def test_folding_leaves_one_plain_form(typed: str, folded: str) -> None:
    assert fold(typed) == folded


@pytest.mark.parametrize("mark", ["'", "’", "‘", "`", "´", "ʼ", "′", "＇"])
def test_every_key_that_people_press_for_an_apostrophe_is_one(mark: str) -> None:
    assert words(normalise(f"i can{mark}t")) == ["i", "cant"]


@given(st.text())
def test_folding_twice_changes_nothing_more(text: str) -> None:
    assert fold(fold(text)) == fold(text)


@given(st.text())
def test_normalising_twice_changes_nothing_more(text: str) -> None:
    assert normalise(normalise(text)) == normalise(text)


@given(st.text("ab`'\"-~^. \t\n\x00"), st.sampled_from("é’\u200b"))
def test_one_foreign_character_does_not_change_how_the_rest_is_read(text: str, foreign: str) -> None:
    alone = fold(foreign)
    assert fold(f"{text} {foreign}") == f"{fold(text)} {alone}".strip()


@given(st.text())
def test_a_normalised_text_has_no_controls_no_marks_and_single_spaces(text: str) -> None:
    assert re.fullmatch(r"(\S+( \S+)*)?", normalise(text))
    assert all(c.isprintable() for c in normalise(text))


def test_stretched_letters_are_cut_to_two() -> None:
    assert normalise("heeeeelp meee") == normalise("heelp mee") == "heelp mee"


def test_letters_lose_their_case_in_every_alphabet() -> None:
    assert normalise("STRASSE Straße ΣΟΦΌΣ") == "strasse strasse σοφοσ"


def test_look_alike_letters_inside_a_latin_word_become_latin() -> None:
    assert normalise("suісіdе") == "suicide"  # і, с and е are Cyrillic


def test_a_word_of_another_alphabet_stays_in_it() -> None:
    assert normalise("помощь Βοήθεια") == "помощь βοηθεια"


def test_words_join_what_an_apostrophe_parts_and_drop_the_punctuation() -> None:
    assert words('what\'s a 12-step (or "group") _thing_?') == [
        "whats",
        "a",
        "12",
        "step",
        "or",
        "group",
        "thing",
    ]


@given(st.text())
def test_words_hold_letters_and_digits_only(text: str) -> None:
    assert all(w and all(c.isalnum() for c in w) for w in words(normalise(text)))


@pytest.mark.parametrize(
    ("word", "other"),
    [("sessions", "session"), ("programs", "program"), ("attending", "attend"), ("costs", "cost")],
)
def test_forms_of_a_word_share_a_stem(word: str, other: str) -> None:
    assert stem(word) == stem(other)


@given(st.text(LETTERS, min_size=40))
def test_what_is_too_long_to_be_a_word_is_its_own_stem(word: str) -> None:
    assert stem(word) == word


def test_words_that_are_met_in_several_threads_at_once_have_the_stems_of_one() -> None:
    words = ["".join(parts) for parts in product("bcdt", "aeio", "bcdt", "aeio", ENDINGS)]
    alone = [stem(word) for word in words]
    stem.cache_clear()
    often = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    try:
        with ThreadPoolExecutor(8) as threads:
            shares = threads.map(lambda n: {w: stem(w) for w in words[n::8]}, range(8))
            together = {word: its for share in shares for word, its in share.items()}
    finally:
        sys.setswitchinterval(often)
        stem.cache_clear()
    assert [together[word] for word in words] == alone


def test_a_sentence_ends_at_its_mark_and_not_at_an_abbreviation() -> None:
    text = "Dr. Lee leads the group at 5 p.m. on weekdays. Is it for you, e.g. after work? Ask us!"
    assert sentences(text) == (
        "Dr. Lee leads the group at 5 p.m. on weekdays.",
        "Is it for you, e.g. after work?",
        "Ask us!",
    )


@given(st.text())
def test_sentences_lose_nothing_but_space(text: str) -> None:
    assert "".join("".join(sentences(text)).split()) == "".join(text.split())


def test_nltk_is_not_loaded_before_a_paragraph_is_cut() -> None:
    code = "import sys, chatbot.text as t; t.words(t.normalise('Is it?')); sys.exit('nltk' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
