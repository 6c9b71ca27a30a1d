"""What a topic's texts may hold before visitors see them: letters that show as they read, in bounds."""

import re
import unicodedata
from collections.abc import Iterable
from datetime import date, timedelta
from typing import cast

from chatbot import topicfile
from chatbot.content import facts_used
from chatbot.formats.records import MAX_ANSWER, MAX_WORDING, MAX_WORDINGS
from chatbot.model import EntryKind, Source
from chatbot.profile import FIELDS as FACTS

_BROKEN_TWICE = re.compile(r"â€[™œ\x9d“”˜¦]|Ã[\xa0-\xbf©¨¡³±]|Â[\xa0°·]|ï»¿")
_DIRECTIONS = frozenset("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
_INVISIBLE = re.compile("[\u00ad\u200b\u2060\ufeff]")
_SUSPECT = re.compile(
    "[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x84\x86-\x9f\ud800-\udfff\ue000-\uf8ff\ufdd0-\ufdef\ufff9-\uffff"
    "\u202a-\u202e\u2066-\u2069\U000f0000-\U0010ffff]|[\u0300-\u036f\u0483-\u0489\u1ab0-\u1aff\u1dc0-\u1dff"
    "\u20d0-\u20ff\ufe20-\ufe2f]{5,}"
)
_LINE_END = re.compile("\r\n?|[\x85\u2028\u2029]")
_TOP_HEADING = re.compile(r"^#{1,2}(?= )", re.MULTILINE)
_EMPTY_LINES = re.compile(r"\n{4,}")

_SERIAL_DATE = re.compile(r"[3-5]\d{4}")  # a day as Excel counts them, from 1982 to 2064
_FIRST_DAY = date(1899, 12, 30)
_LAW = {"yes": True, "true": True, "1": True, "x": True, "no": False, "false": False, "0": False, "": False}


class RefusalError(Exception):
    """Why a row cannot be taken."""


def fault_in(text: str, what: str) -> str:
    """Why the text cannot be shown as it stands, naming the sign and its place; "" where it can."""
    if match := _BROKEN_TWICE.search(text):
        return (
            f"the {what} holds {match[0]!r} at character {match.start() + 1}, letters that were saved in the "
            "wrong encoding once: export the file again as UTF-8"
        )
    if match := _SUSPECT.search(text):
        return f"the {what} holds {_called(match[0])} at character {match.start() + 1}: delete it"
    return ""


def _called(found: str) -> str:
    """What a reader cannot see, in words."""
    sign = found[0]
    code = f"U+{ord(sign):04X}"
    if len(found) > 1:
        return f"{len(found)} marks on one letter ({code} and others)"
    if sign == "\ufffd":
        return f"{code}, which stands for a letter that another program could not read,"
    if sign in _DIRECTIONS:
        return f"{code}, which turns the direction of the text,"
    kind = {"Cc": "a control character", "Cs": "half a character", "Co": "a sign of one font alone"}
    return f"{code}, {kind.get(unicodedata.category(sign), 'which is no character')},"


def tidied(text: str) -> str:
    """The text on one line, without what cannot be seen."""
    return " ".join(_INVISIBLE.sub("", text).split())


def tidied_answer(text: str) -> str:
    """The answer with plain line ends, and its headings below those that a topic file is cut at."""
    text = _INVISIBLE.sub("", _LINE_END.sub("\n", text)).strip()
    return _EMPTY_LINES.sub("\n\n", _TOP_HEADING.sub("###", text))


def single(text: str | None, what: str, longest: int) -> str | None:
    """A text of one line; None where there is none."""
    if text is None or not text.strip():
        return None
    if fault := fault_in(text, what):
        raise RefusalError(fault)
    line = tidied(text)
    if len(line) > longest:
        raise RefusalError(
            f"the {what} has {len(line):,} characters, at most {longest:,} are taken: shorten it"
        )
    return line or None


def answer(text: str) -> str:
    """The answer as it will be kept; every fact of the clinic that it names must be one."""
    if fault := fault_in(text, "answer"):
        raise RefusalError(fault)
    answer = tidied_answer(text)
    if len(answer) > MAX_ANSWER:
        raise RefusalError(
            f"the answer has {len(answer):,} characters, at most {MAX_ANSWER:,} are taken: shorten it"
        )
    if unknown := sorted(facts_used(answer) - FACTS.keys()):
        raise RefusalError(f"the answer uses {{clinic.{unknown[0]}}}: known are {', '.join(FACTS)}")
    return answer


def phrasings(given: Iterable[str], question: str) -> tuple[str, ...]:
    """The wordings, each once, and none that is the question letter by letter."""
    lines = (single(text, "phrasing", MAX_WORDING) for text in given)
    kept = tuple(dict.fromkeys(line for line in lines if line and line != question))
    if len(kept) > MAX_WORDINGS:
        raise RefusalError(
            f"there are {len(kept):,} phrasings, at most {MAX_WORDINGS} are taken: keep the best"
        )
    return kept


def kind(given: str | None, answer: str) -> EntryKind:
    """The kind; where none is told, the clinic's own if the answer uses its facts."""
    if not given:
        return "clinic" if facts_used(answer) else "general"
    if given not in topicfile.KINDS or given == "line":
        kinds = ", ".join(kind for kind in topicfile.KINDS if kind != "line")
        raise RefusalError(f"the kind is {given[:40]!r}: expected one of {kinds}, or nothing")
    return cast(EntryKind, given)


def source(given: Source) -> Source:
    """The source with its title on one line."""
    title = single(given.title, "source", MAX_WORDING)
    if title is None:
        raise RefusalError("a source has no title: write it as 'Title <https://…>'")
    if given.url and (fault := fault_in(given.url, "source")):
        raise RefusalError(fault)
    return Source(title, given.url or None)  # a topic file holds no more


def day(given: str, what: str) -> str | None:
    """The day as an ISO date; None where none is told. Excel may have made a number of it."""
    given = given.strip()
    if _SERIAL_DATE.fullmatch(given):
        return (_FIRST_DAY + timedelta(days=int(given))).isoformat()
    try:
        return date.fromisoformat(given).isoformat() if given else None
    except ValueError:
        raise RefusalError(f"{what} is {given[:40]!r}: expected a date such as 2026-11-23") from None


def law(given: str) -> bool:
    """Whether the answer speaks of law or money."""
    answer = _LAW.get(given.strip().casefold())
    if answer is None:
        raise RefusalError(f"law is {given[:40]!r}: expected yes or no")
    return answer
