"""Messages as plain words: contractions, disguises, misspellings."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chatbot.plain import Reader

READER = Reader(
    shorthand={"im": ("i", "am"), "wanna": ("want", "to"), "cant": ("can", "not")},
    keys=frozenset(["suicide", "kill", "myself", "overdose", "die", "breathing", "pills"]),
    known=frozenset(re.findall(r"\w+", "i want to my time with bill hill the is it go on pulls did")),
)


def read(message: str) -> str:
    return READER.read(message).text.removeprefix(". ").removesuffix(" . ")


@pytest.mark.parametrize(
    ("message", "words"),
    [
        ("I'm here", "i am here"),
        ("I’m here", "i am here"),
        ("im here", "i am here"),
        ("I can't go", "i can not go"),
        ("won't", "will not"),
        ("she'll go", "she will go"),
        ("my brother's car", "my brother car"),
        ("it's on", "it is on"),
        ("One. Two! three", "one . two . three"),
        ("i want 2 die", "i want to die"),
        ("200mg", "200 mg"),
        ("i want to diiie", "i want to die"),
        ("im dead 😂", "i am dead lol"),
    ],
)
def test_what_was_typed_is_spelled_out(message: str, words: str) -> None:
    assert read(message) == words


@pytest.mark.parametrize(
    "disguise",
    [
        "suicide",
        "SUICIDE",
        "su1c1de",
        "$uicide",
        "su*cide",
        "s*****e",
        "s u i c i d e",
        "s.u.i.c.i.d.e",
        "s-u-i-c-i-d-e",
        "sui cide",
        "suiiicide",
        "sucide",
        "suicde",
        "sui\u200bcide",
        "ѕuісіdе",  # Cyrillic letters
        "𝘀𝘂𝗶𝗰𝗶𝗱𝗲",
        "suïcide",
        "ｓｕｉｃｉｄｅ",
    ],
)
def test_a_key_word_is_known_behind_a_disguise(disguise: str) -> None:
    assert read(f"it is {disguise}") == "it is suicide"


@pytest.mark.parametrize("message", ["iwanttodie", "i w a n t t o d i e", "i want 2 d i e", "i wanna d.i.e"])
def test_words_run_together_or_typed_by_letters_are_cut_into_words(message: str) -> None:
    assert read(message) == "i want to die"


@pytest.mark.parametrize("word", ["bill", "hill", "time", "pulls", "kilowatt", "dye", "did"])
def test_an_ordinary_word_is_not_taken_for_a_key_word(word: str) -> None:
    assert read(f"the {word} is on") == f"the {word} is on"


@given(st.text(max_size=300))
def test_any_text_becomes_sentences_of_single_spaced_words(text: str) -> None:
    read_text = READER.read(text).text
    assert read_text.startswith(". ")
    assert "  " not in read_text
    assert read_text.endswith(" ")
