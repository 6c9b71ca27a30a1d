"""What identifies a person is taken out of a text."""

import random
import re
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chatbot.content import Knowledge
from chatbot.redaction import is_card, redact

PLANTED = {
    "a phone number": ["312-555-0142", "(312) 555 0142", "+1 312.555.0142", "3125550142", "1-312-555-0142"],
    "an e-mail address": ["jo.smith+x@mail.example.org", "JO@EXAMPLE.COM"],
    "a Social Security number": ["078-05-1120", "078 05 1120"],
    "a card number": ["4111 1111 1111 1111", "4111111111111111", "5500-0000-0000-0004"],
    "a date of birth": [
        "03/14/1984",
        "1984-03-14",
        "March 14, 1984",
        "14th of".replace(" of", " mar 1984"),
        "3.14.84",
    ],
    "an address": ["1420 West Oak Street", "12 elm ave apt 4", "77 Sunset Dr", "Chicago, IL 60601"],
}
GIVEN = {
    "a name": [
        "my name is Maria Lopez",
        "my name's bob",
        "hi this is Dana Reed calling",
        "i am called Ahmed",
    ],
    "an insurance or record number": [
        "member id XQJ123456789",
        "my policy number is 88-12345",
        "mrn 0045512",
    ],
    "a date of birth": ["dob 3/14/84", "i was born on March 14, 1984"],
}
ORDINARY = [
    "how much does it cost for 12 weeks",
    "is it 3 days a week or 5 days a week",
    "call or text 988",
    "the number 1-800-662-4357 does not answer",
    "i am 16 can i come",
    "my name is not important, do you take insurance",
    "is iop 9 to 19 hours a week",
    "is it 250 to 650 dollars a day",
    "do you have a program in chicago",
    "this is hard for me",
    "is this private",
    "my son is 24 and on the way to court",
    "does my insurance cover 90 days",
    "do i need a member card",
    "can i start on march 3",
    "text HOME to 741741",
]
FRAMES = ["{}", "please call me at {} today", "here it is: {}, thanks", "do you take aetna? {}. can i work?"]


@pytest.mark.parametrize(("kind", "planted"), [(k, p) for k, many in PLANTED.items() for p in many])
@pytest.mark.parametrize("frame", FRAMES)
def test_a_planted_identifier_is_gone_and_named(kind: str, planted: str, frame: str) -> None:
    redacted = redact(frame.format(planted))
    assert planted not in redacted.text
    assert kind in redacted.found


@pytest.mark.parametrize(("kind", "message"), [(k, m) for k, many in GIVEN.items() for m in many])
def test_what_is_given_as_ones_own_is_gone_and_named(kind: str, message: str) -> None:
    redacted = redact(f"hello, {message}, how long does it last?")
    assert kind in redacted.found
    assert redacted.text.endswith("how long does it last?")
    for secret in (
        "Maria",
        "Lopez",
        "bob",
        "Dana",
        "Reed",
        "Ahmed",
        "XQJ",
        "12345",
        "0045512",
        "1984",
        "3/14",
    ):
        assert secret not in redacted.text


@pytest.mark.parametrize("message", ORDINARY)
def test_an_ordinary_question_is_left_as_it_is(message: str) -> None:
    assert redact(message) == (redacted := redact(message))
    assert redacted.text == message
    assert redacted.found == ()


@given(
    st.from_regex(r"[2-9][0-9]{2}[-. ]?[2-9][0-9]{2}[-. ]?[0-9]{4}", fullmatch=True), st.sampled_from(FRAMES)
)
def test_any_phone_number_is_gone(number: str, frame: str) -> None:
    if not number.replace("-", "").replace(".", "").replace(" ", "").startswith("800"):
        assert number not in redact(frame.format(number)).text


@given(
    st.from_regex(r"[a-z][a-z0-9]{1,12}@[a-z]{2,10}\.(com|org|net)", fullmatch=True), st.sampled_from(FRAMES)
)
def test_any_e_mail_address_is_gone(address: str, frame: str) -> None:
    assert address not in redact(frame.format(address)).text


@given(st.text(max_size=1000))
def test_any_text_can_be_redacted_and_a_second_time_finds_nothing_new(text: str) -> None:
    once = redact(text)
    assert set(redact(once.text).found) <= set(once.found)


def test_each_kind_is_named_once() -> None:
    assert redact("312-555-0142 or 312-555-0143").found == ("a phone number",)


# --- many generated messages, and many ordinary ones ---------------------------------------------------

FIRST = ["Maria", "John", "Aisha", "Oluwaseun", "Jean-Luc", "D'Angelo", "Xochitl", "Siobhan", "Priya"]
LAST = ["Smith", "Garcia", "O'Connor", "Nguyen", "Johnson-Lee", "Kowalski", "Washington", "Okafor"]
STREETS = ["Main St", "Oak Avenue", "5th Ave", "Martin Luther King Drive", "Elm Grove Rd", "W Lake Street"]
MONTHS = ["January", "March", "April", "June", "August", "October", "December"]


def number(chance: random.Random, shape: str) -> str:
    """Each `#` of the shape becomes a digit, each `&` one from 2 to 9."""
    figures = {"#": "0123456789", "&": "23456789"}
    return "".join(chance.choice(figures.get(c, c)) for c in shape)


def card(chance: random.Random) -> str:
    body = number(chance, "4##############")
    return next(n for d in range(10) if is_card(n := f"{body}{d}"))


def birth(chance: random.Random) -> str:
    year, month, day = chance.randint(1940, 2009), chance.choice(MONTHS), chance.randint(1, 28)
    forms = [
        f"{day % 12 + 1}/{day}/{year}",
        f"{month} {day}, {year}",
        f"{day} {month} {year}",
        f"{year}-04-{day:02d}",
    ]
    return chance.choice(forms)


GENERATED: list[tuple[str, Callable[[random.Random], str]]] = [
    ("my name is {}. how much is it", lambda c: f"{c.choice(FIRST)} {c.choice(LAST)}"),
    ("this is {} calling about my daughter", lambda c: f"{c.choice(FIRST)} {c.choice(LAST)}"),
    ("hello, i'm called {} and i have medicaid", lambda c: c.choice(FIRST)),
    (
        "call me at {} please",
        lambda c: number(c, c.choice(["&##-&##-####", "(&##) &##-####", "&##.&##.####"])),
    ),
    ("{} is my cell, what are your hours", lambda c: number(c, c.choice(["&##&######", "1-&##-&##-####"]))),
    (
        "send it to {} thanks",
        lambda c: f"{c.choice(LAST).replace(chr(39), '').lower()}{number(c, '##')}@example.com",
    ),
    ("I live at {}, is there a bus", lambda c: f"{number(c, '&##')} {c.choice(STREETS)}"),
    ("my date of birth is {}", birth),
    ("born {}, is there a group for my age", birth),
    ("my ssn is {}", lambda c: number(c, c.choice(["&##-##-####", "&########", "&## ## ####"]))),
    ("can I pay with {}", card),
    ("my member id is {}", lambda c: number(c, c.choice(["XYZ#########", "W##########", "##########"]))),
    ("policy number {} with aetna", lambda c: number(c, "&##-######")),
    ("MRN {}", lambda c: number(c, "########")),
]


def test_of_300_generated_messages_at_least_99_percent_lose_what_identifies() -> None:
    chance = random.Random(300)  # noqa: S311 - the same messages in every run
    kept = []
    for i in range(300):
        frame, plant = GENERATED[i % len(GENERATED)]
        planted = plant(chance)
        left = redact(frame.format(planted)).text
        if any(part in left for part in re.findall(r"[\w'-]{4,}", planted)):
            kept.append((frame.format(planted), left))
    assert len(kept) <= 3, kept


def test_hardly_any_ordinary_question_loses_a_word() -> None:
    known = Knowledge.load()
    asked = [*known.background, *(w for t in known.topics for w in (t.question, *t.phrasings))]
    changed = [(text, redact(text).text) for text in asked if redact(text).found]
    assert len(changed) / len(asked) < 0.01, changed


@pytest.mark.parametrize("line", Knowledge.load().guide.help_lines, ids=lambda line: line.href)
def test_the_numbers_of_help_lines_stay(line: object) -> None:
    text = f"should I use {getattr(line, 'label', '')} or {getattr(line, 'href', '')}"
    assert redact(text).text == text


def test_luhns_check_tells_a_card_from_another_long_number() -> None:
    assert is_card("4111 1111 1111 1111")
    assert not is_card("4111 1111 1111 1112")
    assert not is_card("79927398713")  # passes the check, and is too short
