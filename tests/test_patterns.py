"""The pattern language of the crisis files."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chatbot.patterns import PatternError, PatternSet, Plain, Vocabulary, make_pattern

VOCABULARY = Vocabulary({"kin": ("son", "sister in law")}, {"cant": ("can", "not")})


def plain(text: str) -> Plain:
    return Plain(f". {text} . ")


def holds(pattern: str, text: str) -> bool:
    return PatternSet([make_pattern(pattern, "x", VOCABULARY)]).holds(plain(text))


@pytest.mark.parametrize(
    ("pattern", "text"),
    [
        ("want to go", "i want to go home"),
        ("want|need help", "we need help"),
        ("right_now|today", "come right now please"),
        ("my <kin>", "is my sister in law here"),
        ("suicid*", "very suicidal"),
        ("really? bad", "it is bad"),
        ("took ~2 pills", "he took all the pills"),
        ("^ help", "first . help me"),
        ("help $", "please help . thanks"),
        ("cant sleep", "i can not sleep"),
        ("die !of|laughing", "i want to die now"),
    ],
)
def test_a_pattern_is_found(pattern: str, text: str) -> None:
    assert holds(pattern, text)


@pytest.mark.parametrize(
    ("pattern", "text"),
    [
        ("want to go", "i want to be gone"),
        ("want to go", "i want . to go"),
        ("took ~2 pills", "took one of the many pills"),
        ("took ~2 pills", "he took it . pills are bad"),
        ("^ help", "please help"),
        ("help $", "help me"),
        ("die !of|laughing", "i could die of boredom"),
        ("shut ~2 !at_home", "shut the door at home"),
        ("go", "going"),
    ],
)
def test_a_pattern_is_not_found_where_it_does_not_stand(pattern: str, text: str) -> None:
    assert not holds(pattern, text)


@pytest.mark.parametrize("pattern", ["<who> knows", "~ ~3", "!no", "not-a-word", "really?"])
def test_a_pattern_that_makes_no_sense_is_refused(pattern: str) -> None:
    with pytest.raises(PatternError):
        make_pattern(pattern, "x", VOCABULARY)


def test_a_stem_too_short_to_be_looked_up_by_needs_a_word_beside_it() -> None:
    with pytest.raises(PatternError, match="no place names a word"):
        make_pattern("su*", "x", VOCABULARY)
    assert holds("su* now", "sue now")


def test_tags_come_once_and_in_the_order_of_the_file() -> None:
    patterns = [make_pattern(p, tag, VOCABULARY) for p, tag in [("two", "b"), ("one", "a"), ("three", "b")]]
    assert PatternSet(patterns).tags(plain("one two three")) == ("b", "a")


def test_a_blanked_match_is_gone_and_the_rest_stays() -> None:
    patterns = PatternSet([make_pattern("kill time", "x", VOCABULARY)])
    assert patterns.blank(plain("how to kill time here"), "idiom").text == ". how to idiom here . "


@given(st.lists(st.sampled_from(["a", "go", "took", "pills", "the", "."]), max_size=60))
def test_a_pattern_finds_what_its_plain_reading_says(words: list[str]) -> None:
    text = " ".join(words)
    expected = re.search(r"\btook (?:(?:a|go|took|pills|the) ){0,2}pills\b", text) is not None
    assert holds("took ~2 pills", text) == expected
