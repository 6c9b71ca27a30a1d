"""The small model over plain words: what it tells apart, and what is one and the same to it."""

import pytest

from chatbot.learned import Learned

HARMLESS = [
    "how much is it",
    "where is the clinic",
    "do you take my insurance",
    "is there parking",
    "can i work",
]
GRAVE = [
    "i want to die",
    "i will kill myself",
    "she wants to die",
    "he will kill himself",
    "i will die tonight",
]
TEXTS = [*((t, "none") for t in HARMLESS), *((t, "grave/self") for t in GRAVE)]


@pytest.fixture(scope="module")
def model() -> Learned:
    return Learned.fit(TEXTS, ("grave/self",), {})


def test_what_was_labelled_is_told_from_what_was_not(model: Learned) -> None:
    assert all(model.log_odds(t) > 0 for t in GRAVE)
    assert all(model.log_odds(t) < 0 for t in HARMLESS)


@pytest.mark.parametrize("text", [*HARMLESS, *GRAVE, "i will i will i will die die", "zebra", ""])
def test_the_log_odds_are_those_of_the_classifier(model: Learned, text: str) -> None:
    assert model.log_odds(text) == pytest.approx(model.classifier.log_odds(text.split(" ")), abs=1e-3)


def test_numbers_are_all_alike_and_so_are_words_of_one_class() -> None:
    model = Learned.fit(TEXTS, ("grave/self",), {"perish": "die"})
    assert model.log_odds("i want to perish") == model.log_odds("i want to die")
    assert model.log_odds("room 7") == model.log_odds("room 12")


@pytest.mark.parametrize("text", ["", "zebra", "i will i will i will die die", "die " * 3000])
def test_of_any_text_the_log_odds_are_bounded(model: Learned, text: str) -> None:
    assert abs(model.log_odds(text)) < 21


def test_the_strongest_stretch_of_a_long_text_decides(model: Learned) -> None:
    long = " ".join([*HARMLESS * 6, GRAVE[0], *HARMLESS * 6])
    assert model.log_odds(long) > model.log_odds(" ".join(HARMLESS * 12))


def test_what_was_learned_can_be_kept(model: Learned) -> None:
    again = Learned.from_arrays(model.arrays(), model.labels, model.alike)
    for text in (*HARMLESS, *GRAVE):
        assert again.log_odds(text) == pytest.approx(model.log_odds(text), abs=1e-3)
