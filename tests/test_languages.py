"""Which language a message is in, told by its small words and its letters."""

import pytest

from chatbot.content import Knowledge
from chatbot.languages import language


@pytest.mark.parametrize(
    "message",
    [
        "¿cuánto cuesta?",
        "hola",
        "aceptan medicaid",
        "tienen programas para adolescentes",
        "NECESITO AYUDA",
        "mi hijo toma mucho",
        "que es iop",
    ],
)
def test_spanish_is_told_with_and_without_its_accents(message: str) -> None:
    assert language(message) == "es"


@pytest.mark.parametrize(
    "message",
    [
        "combien ça coûte",
        "bonjour, avez-vous un programme",
        "wie viel kostet das",
        "quanto custa isso",
        "ile to kosztuje",
        "magkano po ito",
        "mwen bezwen èd",
        "bao nhiêu tiền",
        "сколько это стоит",
        "多少钱",
        "كم التكلفة",
    ],
)
def test_other_languages_are_told_from_english(message: str) -> None:
    assert language(message) == "other"


@pytest.mark.parametrize(
    "message", ["", "?!", "no", "ok", "los angeles", "a la carte", "hw mch dos it cst", "123"]
)
def test_what_tells_nothing_is_taken_for_english(message: str) -> None:
    assert language(message) == "en"


def test_questions_in_english_are_not_taken_for_another_language() -> None:
    known = Knowledge.load()
    asked = [*known.background, *(a.question for a in known.asked)]
    asked += [w for t in known.topics for w in (t.question, *t.phrasings)]
    other = [text for text in asked if language(text) != "en"]
    assert len(other) / len(asked) < 0.002, other
