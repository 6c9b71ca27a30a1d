"""Messages that are made to be costly, or to be taken for something else than they are to the eye."""

import sys
import time
from collections.abc import Callable
from types import FrameType
from typing import Any

import pytest
from hostile import TEXTS

from attack.patterns import attacks, patterns
from chatbot import Bot

QUESTIONS = (
    "How long does an IOP last?",
    "do you take insurance",
    "is what I say confidential",
    "can i work while i am in the program",
    "i want to kill myself",
    "my friend took too many pills",
    "how much lithium should i take",
    "who won the world cup",
)
LOOK_ALIKE = str.maketrans("aceopxyi", "асеорхуі")


def each(mark: str) -> Callable[[str], str]:
    return lambda text: "".join(f"{sign}{mark}" if sign.isalpha() else sign for sign in text)


def half_foreign(text: str) -> str:
    """The words with look-alike letters in them, as long as one letter stays what it was."""
    return " ".join(w[:1] + w[1:].translate(LOOK_ALIKE) if w.isascii() else w for w in text.split())


def shifted(start: int) -> Callable[[str], str]:
    return lambda text: "".join(chr(start + ord(s) - 97) if "a" <= s <= "z" else s for s in text.lower())


DISGUISES: dict[str, Callable[[str], str]] = {
    "look-alikes": half_foreign,
    "zero width": each("\u200b"),
    "joiners": each("\u2060\ufeff"),
    "soft hyphens": each("\u00ad"),
    "marks": each("\u0301"),
    "a flood of marks": each("\u0301\u0323\u0489"),
    "hidden tags": each("\U000e0041"),
    "full width": lambda text: "".join(chr(ord(s) + 0xFEE0) if "!" <= s <= "~" else s for s in text),
    "bold": shifted(0x1D41A),
    "script": shifted(0x1D4EA),
    "circles": shifted(0x24D0),
    "turned around": lambda text: f"\u202e\u2066{text}\u2069\u202c",
    "a mark in front": lambda text: f"\ufeff{text}",
    "other spaces": lambda text: text.replace(" ", "\u2003\u00a0"),
    "controls": lambda text: text.replace(" ", " \x00\x1b\x07"),
}


@pytest.mark.parametrize("name", DISGUISES)
def test_a_question_in_disguise_gets_the_answer_that_it_gets_in_plain(bot: Bot, name: str) -> None:
    for question in QUESTIONS:
        plain, disguised = bot.reply(question), bot.reply(DISGUISES[name](question))
        assert (disguised.kind, disguised.topic) == (plain.kind, plain.topic), question


COSTLY = {
    **{name: text for name, text in TEXTS.items() if text.strip()},
    "one sign for eighteen": "\ufdfa",
    "words": "how long does an iop last what does it cost is it covered ",
    "no spaces": "howlongdoesaniopcost",
    "letters apart": "k i l l m y s e l f ",
    "letters changed": "k1ll mys3lf 0v3rd0s3 ",
    "many questions": "do i pay? is it far? may i? ",
    "addresses": "jo@example.org http://a.b/c?d=e ",
    "numbers again": "312-555-0142 078-05-1120 4111 1111 1111 1111 ",
    "half an address": "a.b.c.d@",
    "names": "my name is Maria Lopez and ",
    "stops": "a.?! ",
    "apostrophes": "don't can't won't i'm ",
}


def steps(bot: Bot, text: str) -> int:
    """How many functions are called to answer it: what can be counted on a machine that others use too."""
    count = 0

    def called(_frame: FrameType, event: str, _argument: Any) -> None:
        nonlocal count
        count += event in ("call", "c_call")

    bot.reply(text)  # what is looked up once has been
    sys.setprofile(called)
    try:
        bot.reply(text)
    finally:
        sys.setprofile(None)
    return count


@pytest.mark.parametrize("name", COSTLY)
def test_twice_the_message_takes_at_most_twice_the_steps(bot: Bot, name: str) -> None:
    short, middle, long = (steps(bot, (COSTLY[name] * size)[:size]) for size in (250, 500, 1000))
    assert middle < 2.6 * short + 2000
    assert long < 2.6 * middle + 2000
    assert long < 120_000


def test_no_regular_expression_gets_lost_in_its_own_signs() -> None:
    found = patterns()
    assert len(found) > 120
    slow = {}
    for where, pattern in found.items():
        for text in attacks(pattern, 400):
            began = time.thread_time()
            pattern.search(text if isinstance(pattern.pattern, str) else text.encode("latin-1", "replace"))
            took = time.thread_time() - began
            if took > 0.05:
                slow[where] = (took, text[:8])
    assert slow == {}


def test_hundreds_of_costly_messages_leave_no_memory_behind(bot: Bot) -> None:
    def resident() -> float:
        with open("/proc/self/statm", encoding="ascii") as file:
            return int(file.read().split()[1]) * 4096 / 1e6

    texts = [(text * 1000)[:1000] for text in COSTLY.values()]
    for text in texts:
        bot.reply(text)
    before = resident()
    for number in range(6):
        for text in texts:
            bot.reply(f"{number} {text}"[:1000])
    assert resident() - before < 30
