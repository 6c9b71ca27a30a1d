"""How hard a text is to read, by figures worked out by hand."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chatbot.reading import grade, words_of


def by_hand(words: int, sentences: int, syllables: int) -> float:
    return 0.39 * words / sentences + 11.8 * syllables / words - 15.59


@pytest.mark.parametrize(
    ("text", "words", "sentences", "syllables"),
    [
        ("The cat sat on the mat.", 6, 1, 6),
        ("You may ask. We are here.", 6, 2, 6),
        ("Therapy is a kind of treatment.", 6, 1, 9),
        ("An IOP may help.", 4, 1, 6),
        ("WWW and PHP.", 3, 1, 13),
        ("Come for 1,250 hours.", 4, 1, 4),
        ("See https://www.example.org/a.b or 988lifeline.org now.", 5, 1, 5),
        ("Is one-on-one time there?", 4, 1, 6),
    ],
)
def test_the_grade_is_the_formula_of_flesch_and_kincaid(
    text: str, words: int, sentences: int, syllables: int
) -> None:
    assert grade(text) == pytest.approx(by_hand(words, sentences, syllables))


def test_each_point_of_a_list_is_a_sentence_of_its_own() -> None:
    assert grade("Ask them\nWait here\nGo home") == pytest.approx(by_hand(6, 3, 6))


def test_the_two_apostrophes_count_the_same() -> None:
    assert grade("The clinic’s staff can’t wait.") == grade("The clinic's staff can't wait.")


def test_a_text_without_words_has_grade_0() -> None:
    assert grade("") == grade(" …\n- \n") == 0.0


def test_longer_words_and_longer_sentences_are_harder() -> None:
    plain = "You come a few times a week. You sleep at home."
    long_sentence = "You come a few times a week and you sleep at home."
    long_words = "You participate intermittently. You overnight residentially."
    assert grade(plain) < grade(long_sentence) < grade(long_words)


def test_the_marks_of_a_list_are_no_words() -> None:
    assert words_of("- One - two, “three” (four) 5 – 2.1.") == ["One", "two", "three", "four", "5", "2.1"]


@given(st.text())
def test_any_text_has_a_grade(text: str) -> None:
    assert isinstance(grade(text), float)
