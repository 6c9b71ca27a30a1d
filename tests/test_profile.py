"""The clinic's profile: what a field may hold, what is refused and where, and how facts reach an answer."""

import re
import tomllib
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chatbot.content import PACKAGED, Knowledge
from chatbot.errors import KnowledgeError
from chatbot.markup import to_html, to_text
from chatbot.model import Entry, Profile
from chatbot.profile import FIELDS, MAX_BYTES, MAX_CHARACTERS, parse_profile, read_profile

EXAMPLE = PACKAGED / "clinic.example.toml"
FULL = """\
as_of = 2026-11-23
name = "River Clinic"
phone = "312-555-0100"
emergency_phone = "+1 312 555 0199"
email = "Desk@River.Example.org"
website = "https://www.example.org"
contact_form = "https://www.example.org/contact?from=chat#form"
hours = "Monday to Friday, 8 am to 6 pm"
waiting_time = "About a week."
schedule = ["Mornings: 9 to 12", "Evenings: 6 to 9"]
price = "$300 a day"
payment = ["card", "check"]
insurers = ["Plan A", "Plan B"]
languages = ["English", "español"]
accessibility = "A ramp at the side door."
first_day = "Bring an ID."
absence_policy = "Call by 8 am."
childcare = "None."
parking = "Behind the house."
psychiatrist = "Yes, in the first week."

[address]
street = "1 Main Street, Floor 2"
city = "Chicago"
state = "IL"
postal_code = "60601"
"""
TEXT_FIELDS = sorted(
    set(FIELDS) - {"phone", "emergency_phone", "email", "website", "contact_form", "address"}
)


def fact(name: str, value: str) -> str | None:
    return parse_profile(f"{name} = {value}").facts.get(name)


def error_of(text: str) -> KnowledgeError:
    with pytest.raises(KnowledgeError) as raised:
        parse_profile(text, "clinic.toml")
    return raised.value


def shown(answer: str, kind: str = "mixed", **facts: str) -> str:
    """An answer as a visitor reads it."""
    entry = Entry("topic", "Question?", answer, kind=kind)  # type: ignore[arg-type]
    return Knowledge(topics=(entry,), profile=Profile(facts)).answer(entry)


# --- what is read -------------------------------------------------------------------------------------


def test_every_field_is_read_and_put_into_words() -> None:
    profile = parse_profile(FULL)
    assert set(profile.facts) == set(FIELDS)
    assert profile.as_of == "2026-11-23"
    assert profile.facts["address"] == "1 Main Street, Floor 2, Chicago, IL 60601"
    assert profile.facts["schedule"] == "Mornings: 9 to 12, Evenings: 6 to 9"
    assert profile.facts["languages"] == "English, español"
    assert profile.facts["email"] == "Desk@river.example.org"


def test_no_file_is_an_empty_profile(tmp_path: Path) -> None:
    assert read_profile(tmp_path / "clinic.toml") == Profile()


def test_a_file_is_read_with_and_without_the_mark_that_windows_puts_first(tmp_path: Path) -> None:
    path = tmp_path / "clinic.toml"
    path.write_text(FULL, "utf-8")
    plain = read_profile(path)
    path.write_text(FULL, "utf-8-sig")
    assert read_profile(path) == plain == parse_profile(FULL)


@pytest.mark.parametrize("name", sorted(FIELDS))
def test_a_field_left_empty_is_unknown(name: str) -> None:
    empty = "[address]" if name == "address" else f'{name} = " "'
    assert parse_profile(empty).facts == {}


def test_an_address_of_empty_parts_is_unknown() -> None:
    assert parse_profile('[address]\nstreet = ""\ncity = ""\nstate = ""\npostal_code = ""').facts == {}


@pytest.mark.parametrize("name", TEXT_FIELDS)
def test_a_list_becomes_a_line_without_its_empty_parts(name: str) -> None:
    assert fact(name, '["One", "", "  Two\\n three "]') == "One, Two three"


def test_a_text_over_several_lines_becomes_one() -> None:
    assert parse_profile('hours = """\n  Monday\n  to   Friday\n"""').facts["hours"] == "Monday to Friday"


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ("312-555-0100", "(312) 555-0100"),
        ("3125550100", "(312) 555-0100"),
        ("+1 (312) 555.0100", "(312) 555-0100"),
        ("+44 20 7946 0958", "+44 20 7946 0958"),
    ],
)
@pytest.mark.parametrize("name", ["phone", "emergency_phone"])
def test_a_phone_number_is_written_as_people_read_it(name: str, typed: str, said: str) -> None:
    assert fact(name, f'"{typed}"') == said


def test_characters_that_nobody_sees_are_taken_out() -> None:
    assert fact("name", '"River\\u202e\\u200b Clinic\\u0000"') == "River Clinic"


def test_an_example_that_says_false_is_a_profile() -> None:
    assert parse_profile('example = false\nname = "River Clinic"').facts == {"name": "River Clinic"}


# --- what is refused, and where -----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "line", "words"),
    [
        ('\nfax = "312-555-0100"', 2, "'fax' is not a field: known are name, phone"),
        ('[Address]\nstreet = "1"', 1, "'Address' is not a field"),
        ("name = 5", 1, "name is 5: expected text, or a list of texts"),
        ("\n\nhours = [8, 18]", 3, "expected text, or a list of texts"),
        ("price = true", 1, "expected text"),
        ("childcare = 2026-11-23", 1, "expected text"),
        ('\nphone = "555"', 2, "phone is '555': expected a phone number"),
        ('phone = "312-555-01000"', 1, "expected a phone number that can exist"),
        ('phone = "call us"', 1, "without letters or extension"),
        ('phone = "312-555-0100 ext. 5"', 1, "without letters or extension"),
        ('phone = "1-800-FLOWERS"', 1, "without letters or extension"),
        ('phone = ["312-555-0100", "312-555-0101"]', 1, "expected a phone number"),
        ('name = "a"\nemergency_phone = "911"', 2, "expected a phone number that can exist"),
        ('email = "desk(at)example.org"', 1, "expected an e-mail address"),
        ('email = "desk@"', 1, "expected an e-mail address"),
        ('website = "www.example.org"', 1, "expected a web address such as https://"),
        ('website = "javascript:alert(1)"', 1, "expected a web address"),
        ('website = "https://localhost"', 1, "expected a web address"),
        ('website = "https://example.org/a b"', 1, "expected a web address"),
        ('contact_form = "https://example.org/\\"><script>"', 1, "expected a web address"),
        ('contact_form = "https://[bad"', 1, "expected a web address"),
        ('address = "1 Main Street"', 1, "expected a table with street, city, state, postal_code"),
        ('name = "a"\n[address]\nzip = "60601"', 2, "expected a table with street"),
        ('address.street = "1 Main Street"', 1, "city is required"),
        ('"hours" = 1', 1, "expected text"),
        (f'price = "{"x" * (MAX_CHARACTERS + 1)}"', 1, f"at most {MAX_CHARACTERS} characters, not 601"),
        ('price = "see {clinic.phone}"', 1, "expected no braces"),
        ('as_of = "yesterday"', 1, "as_of is 'yesterday': expected a date such as 2026-11-23"),
        ("as_of = 2026-11-23T10:00:00", 1, "expected a date"),
        ('name = "a"\nphone = ', 2, "not TOML"),
        ('name = "a\n', 1, "not TOML"),
        ('name = "a"\nname = "b"', 2, "not TOML"),
        ('\nexample = true\nname = "a"', 2, "this is the example profile: fill in"),
    ],
)
def test_a_value_that_does_not_fit_is_refused_with_its_line(text: str, line: int, words: str) -> None:
    error = error_of(text)
    assert error.line == line
    assert str(error).startswith(f"clinic.toml:{line}: ")
    assert words in error.fact


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ('postal_code = "90210"', "postal_code is invalid"),
        ('postal_code = "6060"', "postal_code is invalid"),
        ('state = "ZZ"', "state is invalid"),
        ('street = ""', "street is required"),
        ('city = ""', "city is required"),
        ('state = "EXAMPLE IL"', "still the example's words"),
    ],
)
def test_an_address_that_cannot_be_is_refused(changed: str, words: str) -> None:
    part, _, _ = changed.partition(" = ")
    error = error_of(re.sub(rf"^{part} = .*$", changed, FULL, flags=re.MULTILINE))
    assert words in error.fact
    assert error.line == FULL.splitlines().index("[address]") + 1


def test_a_long_value_is_not_repeated_in_full() -> None:
    assert len(error_of(f'name = "{"word " * 1000}"').fact) < 250


def test_a_file_that_is_no_text_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "clinic.toml"
    path.write_bytes(b'name = "\xff"')
    with pytest.raises(KnowledgeError, match="not UTF-8 at byte 8: save it as UTF-8"):
        read_profile(path)


def test_a_file_as_large_as_no_profile_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "clinic.toml"
    path.write_text("#" * (MAX_BYTES + 1))
    with pytest.raises(KnowledgeError, match="larger than 100 kB"):
        read_profile(path)


@given(st.text())
def test_any_text_is_a_profile_or_refused_with_a_line(text: str) -> None:
    try:
        assert set(parse_profile(text).facts) <= set(FIELDS)
    except KnowledgeError as error:
        if error.line is not None and error.line < 1:
            raise AssertionError(error.line) from error


# --- the example --------------------------------------------------------------------------------------


def test_the_example_is_refused_at_its_first_line() -> None:
    with pytest.raises(KnowledgeError, match="this is the example profile") as raised:
        read_profile(EXAMPLE)
    assert raised.value.line == 1


def test_the_example_has_every_field_with_a_comment_above_it() -> None:
    lines = EXAMPLE.read_text("utf-8").splitlines()
    for name in FIELDS:
        place = next(i for i, line in enumerate(lines) if re.match(rf"{name} =|\[{name}\]", line))
        assert lines[place - 1].startswith("# ")
    assert set(tomllib.loads("\n".join(lines))) == {"example", "as_of", *FIELDS}


def test_every_value_of_the_example_says_so_and_is_refused_by_itself() -> None:
    given = tomllib.loads(EXAMPLE.read_text("utf-8"))
    for name in FIELDS:
        parts = given[name].values() if name == "address" else given[name]
        assert all("EXAMPLE" in part for part in ([parts] if isinstance(parts, str) else parts))
    without = EXAMPLE.read_text("utf-8").split("\n", 1)[1]
    for name in FIELDS:
        one = re.search(
            rf"^(?:{name} = (?:\[\n(?:.*\n)*?\]|.*)|\[{name}\]\n(?:.*\n)*)", without, re.MULTILINE
        )
        assert one is not None
        assert "still the example's words" in error_of(one[0]).fact


def test_the_example_is_a_valid_profile_once_its_marks_are_gone() -> None:
    text = EXAMPLE.read_text("utf-8").split("\n", 1)[1]
    assert set(parse_profile(re.sub(r"EXAMPLE:? ?", "", text)).facts) == set(FIELDS)


# --- facts in answers ---------------------------------------------------------------------------------


def test_placeholders_are_filled_in() -> None:
    assert shown("Call {clinic.name} at {clinic.phone}.", name="River", phone="(312) 555-0100") == (
        "Call River at (312) 555-0100."
    )


def test_a_paragraph_whose_fact_is_unknown_is_left_out() -> None:
    answer = "It differs.\n\n**Here:** {clinic.price}\n\nAsk us."
    assert shown(answer) == "It differs.\n\nAsk us."
    assert shown(answer, price="$300") == "It differs.\n\n**Here:** $300\n\nAsk us."


def test_a_topic_of_the_clinic_needs_every_fact_that_is_not_optional() -> None:
    clinic = Entry("where", "Where?", "At {clinic.address}.\n\nPark: {clinic.parking?}", kind="clinic")
    without = Knowledge(topics=(clinic,))
    assert without.missing_facts(clinic) == ("address",)
    assert without.published == ()
    known = replace(without, profile=Profile({"address": "1 Main Street"}))
    assert known.missing_facts(clinic) == ()
    assert known.published == (clinic,)
    assert known.answer(clinic) == "At 1 Main Street."
    full = replace(without, profile=Profile({"address": "1 Main Street", "parking": "behind it"}))
    assert full.answer(clinic) == "At 1 Main Street.\n\nPark: behind it"


def test_a_mixed_topic_is_published_without_any_fact() -> None:
    mixed = Entry("cost", "Cost?", "It differs.\n\nHere: {clinic.price}", kind="mixed")
    assert Knowledge(topics=(mixed,)).missing_facts(mixed) == ()


@pytest.mark.parametrize(
    "hostile",
    [
        "**bold** and _soft_ and `code`",
        "[here](https://evil.example)",
        "![x](https://evil.example/x.png)",
        "<script>alert(1)</script>",
        "<https://evil.example>",
        "a | b | c ~~gone~~",
        "back\\slash \\*",
    ],
)
def test_markdown_in_a_fact_does_not_become_markup(hostile: str) -> None:
    facts = parse_profile(f"parking = '{hostile}'").facts
    told = shown("Parking: {clinic.parking}", **facts)
    assert to_text(told) == f"Parking: {hostile}"
    assert set(re.findall(r"</?(\w+)", to_html(told))) == {"p"}


def test_the_shipped_answers_are_whole_with_a_full_profile() -> None:
    known = replace(Knowledge.load(), profile=parse_profile(FULL))
    assert known.published == known.topics
    said = "\n".join(known.answer(t) for t in known.topics)
    assert "{" not in said
    for name in set(FIELDS) - {"website"}:  # the website is for whoever shows the clinic's contact
        assert to_text(known.profile.facts[name]) in to_text(said), name


def test_a_clinic_that_tells_no_parking_still_says_where_it_is() -> None:
    facts = {n: v for n, v in parse_profile(FULL).facts.items() if n in ("name", "address", "hours", "phone")}
    known = replace(Knowledge.load(), profile=Profile(facts))
    where = known.entries["location-and-hours"]
    assert where in known.published
    assert "Chicago" in known.answer(where)
    assert "Parking" not in known.answer(where)


def test_a_clinic_that_tells_its_hours_alone_says_when_it_is_open() -> None:
    facts = {n: v for n, v in parse_profile(FULL).facts.items() if n in ("name", "hours")}
    known = replace(Knowledge.load(), profile=Profile(facts))
    where = known.entries["location-and-hours"]
    assert where in known.published
    assert facts["hours"] in known.answer(where)
    assert "Address" not in known.answer(where)
