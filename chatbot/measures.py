"""Numbers with their unit, and whether two texts give different numbers for the same thing.

A rule, not a reader: a measure is a number or a range with a unit ("8 to 12 weeks", "at least 9 hours a
week", "$250 a day"), and what it measures is told by the words around it in its part of the sentence. Two
texts disagree where both measure the same thing in the same unit and no two of their ranges meet. It would
rather overlook a contradiction than cry wolf.
"""

import math
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

from chatbot.text import normalise, sentences, stem, words

_WORDED = ["two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve"]
_NUMBER = rf"(?:\$\s?)?(?:\d{{1,3}}(?:,\d{{3}})+|\d+(?:\.\d+)?|\b(?:{'|'.join(_WORDED)})\b)"
_UNITS = {
    "dollar": r"(?:us\s)?dollars?",
    "percent": "percent|%",
    "minute": "minutes?",
    "hour": "hours?",
    "day": "days?",
    "week": "weeks?",
    "month": "months?",
    "year": "years?",
    "person": "people|persons?|members|patients|participants|clients",
    "session": "sessions?|visits?|groups",
    "employee": "employees|workers",
    "mile": "miles?",
}


def _unit_form(group: str) -> str:
    return "|".join(f"(?P<{group}_{name}>{form})" for name, form in _UNITS.items())


_MEASURE = re.compile(
    rf"""
    (?:\b(?P<bound>at\ least|at\ most|no\ more\ than|up\ to|under|below|less\ than|fewer\ than|over|
        more\ than|about|around|roughly)\ )?
    (?<![\w.,$])(?P<low>{_NUMBER})
    (?:[\s-]*(?:{_unit_form("first")})?\s*(?:to|-|or)\s*(?P<high>{_NUMBER}))?
    (?P<more>\ or\ more|\+)?
    (?:[\s-]*(?:{_unit_form("unit")})(?!\w))?
    (?:,?\ (?:a|per|each|every)\ (?P<per>day|week|month|year|session|visit)\b
        |\ (?P<often>daily|weekly|monthly|each)\b)?
    (?P<later>\ or\ (?:more|longer))?
    """,
    re.VERBOSE,
)
_LEAST = frozenset(("at least", "over", "more than"))
_MOST = frozenset(("at most", "no more than", "up to", "under", "below", "less than", "fewer than"))
_OFTEN = {"daily": "day", "weekly": "week", "monthly": "month", "each": "session"}
_DAYS = {"day": 1.0, "week": 7.0, "month": 30.4, "year": 365.0}
_ABOUT = 0.25  # "about 3 hours" speaks of 2.25 to 3.75

# Levels of care and ages are told apart strictly: 20 hours of one are no contradiction to 9 of another.
_LEVELS = {
    "php": r"php|partial hospitali[sz]ation(?: programs?)?|day treatment",
    "iop": r"iops?|intensive outpatient(?: programs?| care| treatment)?",
    "op": r"(?:regular )?outpatient",
    "inpatient": r"inpatient|residential|live-in|hospital",
    "detox": r"detox",
}
_AGES = {"adult": r"adults?", "teen": r"teens?|teenagers?|adolescents?|children|child|kids|minors"}
# Words that tell nothing about what is measured, the words that go with any price or length among them.
_SAID = """
a about after all also an and any are around as ask at be been between but by call can care charge
clinic come common cost could currently day differ do does dollar each every fee few first for from
general get give go had has have here hour how if in is it its just last least less level list long
main many may mean minute month more most much must need no not number of often on one or other our
out own page pay per plan price program programme rough roughly run say service should show size
small so some speak spend start such take than that the their them then there these they this time
to today treatment typical under up us use usual vary was we week well what when where which who
will with without would year you your
"""
_SAID_STEMS = frozenset(stem(w) for w in _SAID.split())
_BREAK = re.compile(r";| and | but | while | whereas ")
_POINTS_BACK = re.compile(r"\b(?:it|they|this|these)\b")


class Measure(NamedTuple):
    """A number or range in a text: `low` to `high` of `unit`, of the thing that the rest tells."""

    text: str
    low: float
    high: float
    unit: str
    levels: frozenset[str]
    ages: frozenset[str]
    about: frozenset[str]

    @property
    def is_limit(self) -> bool:
        """Whether only one end is given ("at least 9")."""
        return self.low == 0 or math.isinf(self.high)


def measures(text: str) -> tuple[Measure, ...]:
    """The numbers of a plain text that have a unit, in order.

    Plain hours and minutes, of which nobody says in what time, are passed over.
    """
    found: list[Measure] = []
    for line in text.splitlines():
        before = _NOTHING
        for sentence in map(normalise, sentences(line)):
            own = _Subject.of(sentence)
            points_back = not own.levels and _POINTS_BACK.search(sentence)
            before = own._replace(levels=before.levels) if points_back else own
            found += _of_sentence(sentence, before.levels)
    return tuple(m for m in found if m.unit not in ("hour", "minute"))


def contradiction(one: Sequence[Measure], other: Sequence[Measure]) -> tuple[Measure, Measure] | None:
    """The first two measures of the same thing that disagree, if no two of their kind agree."""
    for a in one:
        rivals = [b for b in other if is_same_thing(a, b)]
        kin = [m for m in one if rivals and is_same_thing(m, a)]
        if rivals and not any(_agree(x, y) for x in kin for y in rivals):
            return a, rivals[0]
    return None


def is_same_thing(a: Measure, b: Measure) -> bool:
    """Whether two measures speak of the same thing in the same unit."""
    if a.unit != b.unit or a.levels != b.levels or (a.ages and b.ages and a.ages != b.ages):
        return False
    fewer, more = sorted((a.about, b.about), key=len)
    if not fewer:
        return len(more) <= 2
    return 3 * len(fewer & more) >= 2 * len(fewer)


def _agree(a: Measure, b: Measure) -> bool:
    if a.is_limit and b.is_limit and math.isinf(a.high) == math.isinf(b.high):
        return (a.low, a.high) == (b.low, b.high)
    return a.low <= b.high and b.low <= a.high


class _Subject(NamedTuple):
    """What a part of a sentence speaks of."""

    levels: frozenset[str]
    ages: frozenset[str]
    about: frozenset[str]

    @classmethod
    def of(cls, text: str) -> "_Subject":
        levels, text = _taken_out(_LEVELS, text)
        ages, text = _taken_out(_AGES, text)
        told = {stem(w) for w in words(text) if not w[0].isdigit() and len(w) > 1}
        return cls(levels, ages, frozenset(told - _SAID_STEMS))


_NOTHING = _Subject(frozenset(), frozenset(), frozenset())


def _taken_out(names: Mapping[str, str], text: str) -> tuple[frozenset[str], str]:
    """Which of the names the text uses, and the text without them; a longer form goes before its parts."""
    used = set()
    for name, form in names.items():
        text, count = re.subn(rf"\b(?:{form})\b", " ", text)
        used |= {name} if count else set()
    return frozenset(used), text


def _of_sentence(sentence: str, levels: frozenset[str]) -> Iterator[Measure]:
    """The sentence's measures; `levels` is what it speaks of where a part of it does not say."""
    found = [m for m in _MEASURE.finditer(sentence) if _unit(m) or m["bound"] or m["more"]]
    if not found:
        return
    stops = [*(m.start() for m in found[1:]), len(sentence)]
    unit, start = "", 0
    for match, stop in zip(found, stops, strict=True):
        end = _end(sentence, match.end(), stop)
        unit = _unit(match) or unit  # "9 hours a week for adults, at least 6 for teens"
        if unit:
            subject = _Subject.of(f"{sentence[start : match.start()]} {sentence[match.end() : end]}")
            if not subject.levels and not subject.about:  # "up to 12 weeks of leave in 12 months"
                subject = subject._replace(about=_Subject.of(sentence).about)
            subject = subject._replace(levels=subject.levels or levels or frozenset({"iop"}))
            yield from (Measure(match[0].strip(" ,"), *r, *subject) for r in _ranges(match, unit))
        start = end


def _end(sentence: str, start: int, stop: int) -> int:
    """Where, between two measures, the words of the first end and those of the second begin."""
    if stop == len(sentence):
        return stop
    cut = _BREAK.search(sentence, start, stop)
    comma = sentence.rfind(",", start, stop)
    if cut is None and comma >= 0 and any(_Subject.of(sentence[comma:stop])[:2]):
        return comma
    return cut.start() if cut else stop


def _ranges(match: re.Match[str], unit: str) -> Iterator[tuple[float, float, str]]:
    low = _value(match["low"])
    if match["high"] is None:
        yield *_bounds(match, low), unit
        return
    high, first = _value(match["high"]), _named(match, "first")
    if first in _DAYS and unit in _DAYS and first != unit:  # "2 weeks to 12 months"
        yield low, high * _DAYS[unit] / _DAYS[first], first
        low *= _DAYS[first] / _DAYS[unit]
    yield min(low, high), max(low, high), unit


def _bounds(match: re.Match[str], number: float) -> tuple[float, float]:
    bound = match["bound"] or ""
    if bound in _LEAST or match["more"] or match["later"]:
        return number, math.inf
    if bound in _MOST:
        is_open = bound in ("under", "below", "less than", "fewer than")
        return 0.0, math.nextafter(number, 0.0) if is_open else number
    room = _ABOUT * number if bound in ("about", "around", "roughly") else 0.0
    return number - room, number + room


def _unit(match: re.Match[str]) -> str:
    named = _named(match, "unit") or ("dollar" if "$" in match[0] else "")
    per = match["per"] or _OFTEN.get(match["often"] or "", "")
    return f"{named} a {per}" if named and per else named


def _named(match: re.Match[str], group: str) -> str:
    return next((name for name in _UNITS if match[f"{group}_{name}"]), "")


def _value(text: str) -> float:
    plain = text.strip("$ ").replace(",", "")
    return float(_WORDED.index(plain) + 2) if plain in _WORDED else float(plain)
