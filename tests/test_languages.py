"""Which language a message is in, told by its small words and its letters."""

from dataclasses import replace

import pytest

from chatbot import Bot, Entry
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
    ("message", "tag"),
    [
        ("combien ça coûte", "fr"),
        ("bonjour, avez-vous un programme", "fr"),
        ("wie viel kostet das", "de"),
        ("quanto custa isso", "pt"),
        ("ile to kosztuje", "pl"),
        ("magkano po ito", "tl"),
        ("mwen bezwen èd", "ht"),
        ("bao nhiêu tiền", "vi"),
        ("сколько это стоит", "other"),
        ("多少钱", "other"),
        ("كم التكلفة", "other"),
    ],
)
def test_other_languages_are_told_from_english(message: str, tag: str) -> None:
    assert language(message) == tag


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


def test_who_writes_in_a_language_gets_its_line_where_there_is_one(bot: Bot) -> None:
    known = bot.engine.knowledge
    french = Entry("other-language-fr", "In French", "Je réponds en anglais.", kind="line")
    others = [line for line in known.lines if not line.id.startswith("other-language-")]
    with_french = bot.with_engine(replace(bot.engine, knowledge=replace(known, lines=(*others, french))))
    assert with_french.reply("combien ça coûte").text == french.answer
    assert with_french.reply("wie viel kostet das").text == bot.line("other-language").text
