"""What a crisis sounds like and what is said to it: the files of knowledge/crisis, parsed."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import NamedTuple, get_args

from chatbot.errors import KnowledgeError
from chatbot.fingerprint import digest
from chatbot.model import Action, ActionType, Entry
from chatbot.patterns import Pattern, PatternError, Vocabulary, make_pattern
from chatbot.topicfile import parse

FOLDER = "crisis"
LOOK_ALIKES, WORDS, BOUNDARY = "look-alikes", "words", "boundary"
POISON = "poison"  # the one boundary that is near an emergency
KINDS = ("overdose", "withdrawal", "medical", "violence", "suicide", "self-harm", "psychosis", "abuse")
_SECTION = re.compile(r"\[([a-z][a-z -]*)\]")
_CLASS = re.compile(r"<([a-z-]+)>")
_DATE = re.compile(r"\d{4}-\d\d-\d\d")
_HREF = re.compile(r"(?:tel:\+?[\d-]+|sms:\+?\d+(?:\?&?body=\w+)?|https://\S+)")


@dataclass(frozen=True, slots=True)
class HelpLine:
    """A help line as visitors see it, with where its number was found and when it was last checked.

    `kinds` names the crises it is meant for, none meaning that it is always in view; `labels` are its
    labels in other languages, by tag.
    """

    name: str
    action: ActionType
    label: str
    href: str
    region: str
    source: str
    reviewed: str
    kinds: tuple[str, ...] = ()
    labels: Mapping[str, str] = field(default_factory=dict)

    def as_action(self, language: str = "en") -> Action:
        """The line as something to touch."""
        return Action(self.action, self.labels.get(language, self.label), self.href)


class Sentence(NamedTuple):
    """A written example out of the file `kind`; `mark` is "self" or "other", or the boundary's name."""

    text: str
    kind: str
    mark: str

    @property
    def label(self) -> str:
        """What a model learns to tell by it: "kind/mark"."""
        return f"{self.kind}/{self.mark}"


@dataclass(frozen=True)
class Guide:
    """The crisis knowledge. Empty is valid: the guard then falls back on what it knows by itself.

    `patterns` holds pattern lists by "file/section", `shorthand`, `keys` and `known` are for `plain.Reader`;
    `alike` gives words that are one and the same to the model their common name.
    """

    help_lines: tuple[HelpLine, ...] = ()
    lines: tuple[Entry, ...] = ()
    sentences: tuple[Sentence, ...] = ()
    patterns: Mapping[str, tuple[Pattern, ...]] = field(default_factory=dict)
    shorthand: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    keys: tuple[str, ...] = ()
    known: tuple[str, ...] = ()
    alike: Mapping[str, str] = field(default_factory=dict)

    @cached_property
    def told(self) -> str:
        """A digest of all that it says, the same in every process."""
        # Written out of plain tuples: the records' own reprs take longer than all else of a start.
        sentences = list(map(tuple, self.sentences))
        patterns = {k: [(p.text, p.tag, p.source) for p in v] for k, v in self.patterns.items()}
        words = self.shorthand, self.keys, self.known, self.alike
        return digest(repr((self.help_lines, self.lines, sentences, patterns, words)).encode())


class _Row(NamedTuple):
    """A line of a text file under its section."""

    path: str
    number: int
    section: str
    text: str


def parse_guide(files: Mapping[str, str]) -> Guide:
    """Read the crisis knowledge from its files, by name. Raises KnowledgeError with the line at fault."""
    rows = {
        name.removesuffix(".txt"): list(_rows(name, text)) for name, text in files.items() if _is(name, "txt")
    }
    words = rows.pop(WORDS, [])
    classes = _classes([r for r in words if r.section == "classes"])
    shorthand = dict(_shorthand(r) for r in words if r.section == "shorthand")
    return Guide(
        help_lines=tuple(h for n, t in sorted(files.items()) if _is(n, "toml") for h in _help_lines(n, t)),
        lines=tuple(e for n, t in sorted(files.items()) if _is(n, "md") for e in parse_lines(n, t)),
        sentences=tuple(_sentence(name, r) for name, rs in rows.items() for r in rs if _is_sentence(r)),
        patterns=_patterns(rows, Vocabulary(classes, shorthand)),
        shorthand=shorthand,
        alike={w: name for name in _listed(words, "alike") for w in classes.get(name, ())},
        keys=tuple(_listed(words, "keys")),
        known=tuple(_listed(words, "known")),
    )


def _listed(rows: list[_Row], section: str) -> list[str]:
    return [w for r in rows if r.section == section for w in r.text.split()]


def _is(name: str, ending: str) -> bool:
    return name.lower().endswith("." + ending)


def _rows(name: str, text: str) -> Iterator[_Row]:
    section = ""
    path = f"{FOLDER}/{name}"
    for number, line in enumerate(text.removeprefix("\ufeff").splitlines(), 1):
        stripped = line.strip()
        if not stripped or stripped.startswith("#"):
            continue
        if stripped.startswith("[") and (match := _SECTION.fullmatch(stripped)):
            section = match[1]
            continue
        if not section:
            raise KnowledgeError(
                path, number, f"{stripped!r} stands above the first [section]: move it below one"
            )
        yield _Row(path, number, section, stripped)


def _is_sentence(row: _Row) -> bool:
    return row.section.startswith("sentences")


def _sentence(name: str, row: _Row) -> Sentence:
    marks = row.section.split()[1:]
    if name == BOUNDARY:
        return Sentence(row.text, name, marks[0] if marks else "")
    return Sentence(row.text, name, "other" if "other" in marks else "self")


def _shorthand(row: _Row) -> tuple[str, tuple[str, ...]]:
    short, equals, meaning = row.text.partition(" = ")
    if not equals or not meaning.strip():
        raise KnowledgeError(row.path, row.number, f"expected 'short = what it stands for', not {row.text!r}")
    return short.strip(), tuple(meaning.split())


def _classes(rows: list[_Row]) -> dict[str, tuple[str, ...]]:
    classes: dict[str, tuple[str, ...]] = {}
    for row in rows:
        name, colon, listed = row.text.partition(": ")
        if not colon:
            raise KnowledgeError(row.path, row.number, f"expected 'class: word, word', not {row.text!r}")
        members: list[str] = []
        for word in (w.strip() for w in listed.split(",")):
            other = _CLASS.fullmatch(word)
            if other and other[1] not in classes:
                raise KnowledgeError(row.path, row.number, f"<{other[1]}> is not a class above this line")
            members += classes[other[1]] if other else [word]
        classes[name] = tuple(dict.fromkeys(members))
    return classes


def _patterns(rows: Mapping[str, list[_Row]], vocabulary: Vocabulary) -> dict[str, tuple[Pattern, ...]]:
    found: dict[str, list[Pattern]] = {}
    for name, some in rows.items():
        for row in some:
            if _is_sentence(row):
                continue
            try:
                pattern = make_pattern(row.text, row.section if name == BOUNDARY else name, vocabulary)
            except PatternError as error:
                raise KnowledgeError(row.path, row.number, f"pattern {row.text!r}: {error}") from error
            found.setdefault(f"{name}/{row.section}", []).append(pattern)
    return {section: tuple(patterns) for section, patterns in found.items()}


# --- the words of the replies and the help lines -------------------------------------------------------


def parse_lines(name: str, text: str) -> tuple[Entry, ...]:
    """Read a file of fixed lines: topics without sources, each reviewed, and a title above each group."""
    path = f"{FOLDER}/{name}"
    rows = text.removeprefix("\ufeff").splitlines()
    # The title of a later group stands below the last words before it, and is none of them.
    first = next((i for i, row in enumerate(rows) if row.strip()), 0)
    kept = ["" if i > first and row.startswith("# ") else row for i, row in enumerate(rows)]
    lines = parse("\n".join(kept), path)
    for line in lines:
        _date(line.reviewed or "", path, line.line)
    return tuple(replace(line, kind="line", sources=()) for line in lines)


def _date(value: str, path: str, line: int | None) -> str:
    if not _DATE.fullmatch(value):
        raise KnowledgeError(path, line, f"reviewed is {value!r}: expected a date such as 2026-11-23")
    return value


def _help_lines(name: str, text: str) -> Iterator[HelpLine]:
    import tomllib  # what was read is kept

    path = f"{FOLDER}/{name}"
    try:
        tables = tomllib.loads(text).get("line", [])
    except tomllib.TOMLDecodeError as error:
        at = re.search(r"at line (\d+)", str(error))
        raise KnowledgeError(path, int(at[1]) if at else None, f"not TOML: {error}") from error
    numbers = [i for i, row in enumerate(text.splitlines(), 1) if row.strip() == "[[line]]"]
    for number, table in zip(numbers, tables, strict=True):
        yield _help_line(table, path, number)


def _help_line(table: Mapping[str, object], path: str, number: int) -> HelpLine:
    required = ("name", "action", "label", "href", "region", "source", "reviewed")
    values = {key: str(table.get(key, "")) for key in required}
    labels = {k.removeprefix("label_"): str(v) for k, v in table.items() if k.startswith("label_")}
    if missing := [key for key in required if not values[key]]:
        raise KnowledgeError(path, number, f"a help line lacks {', '.join(missing)}: add it")
    if values["action"] not in get_args(ActionType):
        raise KnowledgeError(path, number, f"action is {values['action']!r}: expected tel, sms or link")
    if not _HREF.fullmatch(values["href"]):
        raise KnowledgeError(path, number, f"href is {values['href']!r}: expected tel:…, sms:… or https://…")
    _date(values["reviewed"], path, number)
    kinds = table.get("kinds", [])
    if not isinstance(kinds, list) or not set(kinds) <= set(KINDS):
        raise KnowledgeError(path, number, f"kinds is {kinds!r}: expected a list out of {', '.join(KINDS)}")
    return HelpLine(**values, kinds=tuple(map(str, kinds)), labels=labels)  # type: ignore[arg-type]
