"""What identifies a person, taken out of a text before anything is kept. Linear in the text's length."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property

HELP_NUMBERS = frozenset(re.findall(r"\d+", "988 911 741741 18007997233 18006624357 18004874889 18002221222"))
_DIGIT, _NO_DIGITS = re.compile(r"\d"), re.compile(r"\D")


@dataclass(frozen=True, slots=True)
class Redaction:
    """A text without what identifies a person; `found` names in plain words what was taken out."""

    text: str
    found: tuple[str, ...] = ()


@dataclass(frozen=True)
class Rule:
    """How one kind of identifier is found: `source`'s group "it" goes where `is_it` holds for it.

    Nothing is a `number` without a digit in it.
    """

    name: str
    mark: str
    source: str
    is_it: Callable[[str], bool] = lambda _: True
    is_number: bool = True

    @cached_property
    def pattern(self) -> re.Pattern[str]:
        """Compiled when first needed: most messages have no digit."""
        return re.compile(self.source, re.IGNORECASE | re.VERBOSE)


def redact(text: str) -> Redaction:
    """Take out names, addresses and numbers that tell who wrote; the numbers of help lines stay.

    A name is known by the words before it ("my name is"); a name alone cannot be told from other words.
    """
    found: list[str] = []
    has_digit = _DIGIT.search(text) is not None
    for rule in _RULES:
        if rule.is_number and not has_digit:
            continue
        text, hits = _apply(rule, text)
        found += [rule.name] if hits else []
    return Redaction(text, tuple(dict.fromkeys(found)))


def _apply(rule: Rule, text: str) -> tuple[str, bool]:
    if rule.pattern.search(text) is None:  # as nearly always
        return text, False
    hits = [m.span("it") for m in rule.pattern.finditer(text) if rule.is_it(m["it"])]
    for start, end in reversed(hits):
        text = f"{text[:start]}[{rule.mark}]{text[end:]}"
    return text, bool(hits)


def digits(text: str) -> str:
    """The text's digits alone."""
    return _NO_DIGITS.sub("", text)


def is_card(text: str) -> bool:
    """Whether a run of digits is a payment card's: 13 to 19 that pass Luhn's check (ISO/IEC 7812-1)."""
    number = [int(d) for d in digits(text)]
    doubled = (d * 2 - 9 * (d > 4) for d in number[-2::-2])
    return 13 <= len(number) <= 19 and (sum(number[-1::-2]) + sum(doubled)) % 10 == 0


def is_phone(text: str) -> bool:
    """Whether digits can be a US number that is nobody's help line: ten of them, area code from 200."""
    number = digits(text)
    if number in HELP_NUMBERS or "1" + number in HELP_NUMBERS:
        return False
    ten = number.removeprefix("1") if len(number) == 11 else number
    return len(ten) == 10 and ten[0] in "23456789"


def _is_birth_year(text: str) -> bool:
    """Whether a date's year is one that a visitor can be born in; two digits mean the last century."""
    years = re.findall(r"\d{4}", text)
    return any(1920 <= int(y) <= 2019 for y in years) if years else int(text[-2:]) >= 30


def _can_be_name(text: str) -> bool:
    return text.partition(" ")[0].casefold().strip("'’") not in _NOT_NAMES


# Words after "my name is" or "this is" that begin something else than a name.
_NOT_NAMES = frozenset(
    re.findall(
        r"\w+",
        """
        a about also am an and anonymous anybody are asked asking awful bad be because being but called
        calling changed confidential confused confusing different doing embarrassing fine for from
        frustrating getting given going good great hard having her here his how if important in
        interested is it just kept listed looking misspelled my needed new no nobody none not of ok okay
        on only or our private protected really required ridiculous right safe scared secret shared
        shown so spelled still stored stupid taken that the there this to too true trying unknown urgent
        used very visible was weird what when where who why with worried wrong yes your monday tuesday
        wednesday thursday friday saturday sunday today tomorrow january february march april may june
        july august september october november december christmas thanksgiving aetna cigna humana kaiser
        medicaid medicare tricare
        """,
    )
)
_MONTH = (
    r"(?:jan(?:uary)?|feb(?:ruary)?|mar(?:ch)?|apr(?:il)?|may|june?|july?|aug(?:ust)?|sept?(?:ember)?|"
    r"oct(?:ober)?|nov(?:ember)?|dec(?:ember)?)\.?"
)
_DAY = r"\d{1,2}(?:st|nd|rd|th)?"
_DATE = (
    r"(?:\d{1,2}[/.-]\d{1,2}[/.-](?:\d{4}|\d{2})\b|\d{4}-\d{1,2}-\d{1,2}\b|"
    rf"{_MONTH}\ {_DAY},?\ (?:of\ )?(?:19|20)\d\d\b|{_DAY}\ (?:of\ )?{_MONTH},?\ (?:19|20)\d\d\b)"
)
_STREET = (
    r"(?:street|st|avenue|ave|road|rd|drive|dr|lane|ln|court|ct|boulevard|blvd|way|place|pl|terrace|ter|circle|"
    r"cir|highway|hwy|parkway|pkwy|trail|trl|square|sq|loop|alley|row|pike|route|rt)"
)
# "a 30 minute drive", "2 days in court": words that no street is called by.
_NO_STREET = (
    r"(?:and|in|at|to|an?|the|with|of|or|for|from|on|by|is|per|my|your|hours?|days?|weeks?|minutes?|mins?|hrs?|"
    r"nights?|am|pm|times?|months?|years?|kids?|people|mg|miles?|visits?|sessions?|groups?|more|each|every)"
)
_CAPITALISED = r"(?-i:[A-Z][\w'’-]{1,20})"
_MORE_NAMES = rf"(?:\ (?:(?-i:[A-Z])\.|{_CAPITALISED}|(?:de|la|del|van|von)(?=\ (?-i:[A-Z])))){{0,3}}"
# Typed without capitals, a second name ends where the sentence does.
_PLAIN_NAME = r"[^\W\d_][\w'’-]{1,20}(?:\ [a-z]{3,15}(?=[.,!?;]|$|\ and\ |\ but\ |\ i\ |\ i'm\ ))?"


def _name(before: str, name: str = _CAPITALISED + _MORE_NAMES, after: str = "") -> Rule:
    source = rf"\b(?:{before})\ +(?P<it>{name}){after}"
    return Rule("a name", "name", source, _can_be_name, is_number=False)


# In this order: what a longer rule takes out, a shorter one must not take apart.
_RULES = (
    Rule(
        "an e-mail address",
        "e-mail",
        r"""(?P<it>(?<![\w.+-])[\w.+-]{1,64} (?:\ ?@\ ?|\ ?[\[(]at[\])]\ ?)
        [\w-]{1,63} (?:(?:\ ?\.\ ?|\ ?[\[(]dot[\])]\ ?)[a-z]{2,12}){1,3}\b)""",
        is_number=False,
    ),
    Rule("a Social Security number", "number", r"\b(?P<it>\d{3}-\d{2}-\d{4}|\d{3}\ \d{2}\ \d{4})\b"),
    Rule(
        "a Social Security number",
        "number",
        r"""\b(?:ssn|social\ security|social) (?:\ (?:number|no|num|\#))? \.?
        (?:\ is|:|\ =|\ ends\ in|\ -)? \ *\#? (?P<it>\d[\d\ -]{2,12}\d)""",
    ),
    Rule("a card number", "number", r"(?<![\w.])(?P<it>\d(?:[ -]?\d){12,18})(?!\w)", is_card),
    Rule(
        "a date of birth",
        "date",
        rf"""\b(?:born(?:\ on)?|birth\ ?day|birth\ ?date|date\ of\ birth|d\.?o\.?b\.?|b-?day)\b (?:'s)?
        (?:\ is|\ was|:|\ -|\ =)? (?:\ on)? \ * (?P<it>{_DATE}|{_MONTH}\ {_DAY}\b|\d{{1,2}}/\d{{1,2}}\b)""",
    ),
    Rule("a date of birth", "date", rf"(?<![\w/.-])(?P<it>{_DATE})(?![\w/])", _is_birth_year),
    Rule(
        "an insurance or record number",
        "number",
        r"""\b(?:member|policy|insurance|group|subscriber|medicaid|medicare|plan|aetna|cigna|humana|bcbs|tricare|
        mrn|medical\ record|patient|chart|account|case|claim|record|beneficiary|licen[sc]e|
        driver'?s\ licen[sc]e|passport|id)
        (?:\ (?:id|number|no|num|card|\#|identification)){0,3} \.? (?:\ is|:|\ =|\ -)? \ *\#?
        (?P<it>(?=[a-z]{0,4}-?\d) (?=[\w-]{0,19}\d[\w-]{0,18}\d[\w-]{0,17}\d[\w-]{0,16}\d)
        [a-z0-9]{1,6} (?:[-\ ]?[a-z]{0,3}\d{1,12}){1,4} [a-z]{0,2})\b""",
    ),
    Rule(
        "an insurance or record number",
        "number",
        r"\b(?-i:(?P<it>(?=[A-Z0-9]*\d{4})(?=[0-9]*[A-Z])[A-Z0-9]{9,14}))\b",
    ),
    Rule(
        "a phone number",
        "phone",
        r"(?<![\w.-])(?P<it>(?:\+?1[\ .-]?)?(?:\(\d{3}\)\ ?|\d{3}[\ .-]?)\d{3}[\ .-]?\d{4})(?![\w-])",
        is_phone,
    ),
    Rule(
        "a phone number",
        "phone",
        r"""\b(?:call|text|phone|cell|number|reach|mobile)(?:\ (?:me|us|at|is|on|my|number|back)){0,4}:?
        \ *(?P<it>\d{3}[\ .-]\d{4})\b""",
    ),
    Rule(
        "an address",
        "address",
        rf"""\b(?P<it>\d{{1,5}}\ (?:(?!{_NO_STREET}\b)[a-z0-9.'’-]{{1,15}}\ ){{1,4}}{_STREET}\b\.?
        (?:,?\ (?:apt|apartment|unit|suite|ste|floor|fl|room|rm|\#)\.?\ ?\#?\w{{1,5}})?
        (?:,?\ (?-i:[A-Z][a-z]{{2,15}}(?:\ [A-Z][a-z]{{2,15}})?,?\ (?:[A-Z]{{2}}|[A-Z][a-z]{{3,12}})))?
        (?:,?\ \d{{5}}(?:-\d{{4}})?)?)""",
    ),
    Rule(
        "an address",
        "address",
        r"\b(?P<it>(?-i:[A-Z][a-z]{2,15}(?:\ [A-Z][a-z]{2,15})?,?\ [A-Z]{2})\ \d{5})\b",
    ),
    Rule("an address", "address", r"\b(?P<it>p\.?\ ?o\.?\ box\ \d{1,6})\b"),
    Rule(
        "an address",
        "address",
        rf"""\b(?:live|living|reside|address|located|home|stay|staying)\ (?:is|at|on|in)[ ]
        (?P<it>\d{{1,5}}\ {_CAPITALISED}(?:\ {_CAPITALISED}){{0,2}})""",
    ),
    _name(r"name(?:'s|’s|\ is|:|\ was)", rf"(?:{_CAPITALISED}{_MORE_NAMES}|{_PLAIN_NAME})"),
    _name(r"people\ call\ me|they\ call\ me|everyone\ calls\ me|call\ me|signed,?|sincerely,?"),
    _name(
        r"i\ am\ called|i['’]?m\ called|me\ llamo|mi\ nombre\ es",
        rf"(?:{_CAPITALISED}{_MORE_NAMES}|[^\W\d_]{{2,20}})",
    ),
    _name(
        r"this\ is|it\ is|it['’]?s|(?:hi|hello|hey),?\ i(?:['’]?m|\ am)",
        after=r"(?=[\ ,.]*(?:calling|here|from|speaking|and|,|\.|$))",
    ),
    _name(r"i['’]?m|i\ am", rf"{_CAPITALISED}\ {_CAPITALISED}\b"),
    _name(r"this\ is", r"[^\W\d_]{2,20}(?:\ [^\W\d_]{2,20}){0,2}", after=r"\ +calling\b"),
)
