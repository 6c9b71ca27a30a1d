"""What a check of the knowledge can find: the kinds of findings, and the records that hold them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from pathlib import PurePath
from typing import Literal, NamedTuple

Level = Literal["error", "warning"]


class Kind(NamedTuple):
    """A kind of finding: how bad it is, what it is called, and what to do about it."""

    level: Level
    title: str
    cure: str


KINDS: Mapping[str, Kind] = {
    "same-wording": Kind(
        "error",
        "The same wording stands under two topics",
        "Keep the wording where it belongs and delete it in the other place.",
    ),
    "lost-phrasing": Kind(
        "error",
        "A wording does not find its own topic",
        "Word it differently, or move it to the topic that it finds.",
    ),
    "near-duplicate": Kind(
        "error",
        "Two topics ask and say nearly the same",
        "Make one topic of the two, or say in each what sets it apart.",
    ),
    "numbers-disagree": Kind(
        "error",
        "Two answers give different numbers for the same thing",
        "Find out which number is right, and write the same one in both answers.",
    ),
    "too-long": Kind(
        "error", "An answer is too long", "Cut it to 90 words: one question, one answer, the rest elsewhere."
    ),
    "hard-to-read": Kind(
        "error",
        "An answer is hard to read",
        "Use shorter sentences and everyday words, up to grade 8. What the article says does not count.",
    ),
    "hard-line": Kind(
        "error",
        "One of the bot's own lines is hard to read",
        "Use shorter sentences and everyday words, up to grade 6: people read it when they are not well.",
    ),
    "not-the-article": Kind(
        "error",
        "An answer is said to be the article's, but is not in its words",
        "Quote whole sentences of the article, with at most one sentence of your own; or change the kind.",
    ),
    "no-source": Kind("error", "An answer has no source", "Add a line 'source: Title <https://address>'."),
    "bad-source": Kind(
        "error",
        "A source is not well formed",
        "Write 'source: Title <https://address>', with the title in words and an https address.",
    ),
    "unknown-field": Kind(
        "error",
        "An answer has a gap for a fact that the clinic's profile does not know",
        "Correct the name between the braces: knowledge/clinic.example.toml lists all of them.",
    ),
    "placeholder": Kind(
        "error",
        "The kind of a topic and its use of the clinic's facts do not fit",
        "Use {clinic.…} in topics of kind clinic and mixed, and only there.",
    ),
    "law-notice": Kind(
        "error",
        "An answer on law or money lacks its notice",
        "Add the words: This is information, not legal advice.",
    ),
    "review-due": Kind(
        "error",
        "A topic is due for review",
        "Read the answer, check its facts against its sources, then write today's date after 'reviewed:'.",
    ),
    "help-line": Kind(
        "error",
        "A help line is missing or due for review",
        "Call or look up the line, then write today's date as its review date.",
    ),
    "few-phrasings": Kind(
        "error",
        "A topic has fewer than 3 phrasings",
        "Add lines '? …' with the question as different people would type it; 8 are better than 3.",
    ),
    "confused-phrasing": Kind(
        "warning",
        "People who ask nearly this get another topic's answer",
        "Add two or three wordings like it to the topic that should answer, or move the wording.",
    ),
    "promise": Kind(
        "warning", "An answer promises something", "Say what may happen, and that nobody can promise it."
    ),
    "stigma": Kind("warning", "An answer uses a word that can hurt", "Use the better words named below."),
}


@dataclass(frozen=True, slots=True)
class Finding:
    """Something to mend: `kind` is one of KINDS, `line` is 0 where no line is to blame."""

    level: Level
    kind: str
    entry: str
    text: str
    path: str = ""
    line: int = 0

    @property
    def place(self) -> str:
        """The file and line, short: topics/care.md:12."""
        return place(self.path, self.line)


@dataclass(frozen=True, slots=True)
class Confusion:
    """A wording of `entry` that finds `winner` first when it is left out of the index.

    `is_answered` says whether the bot would then give the winner's answer, being `confidence` (0 to 1) sure.
    """

    entry: str
    wording: str
    winner: str
    confidence: float
    is_answered: bool
    path: str = ""
    line: int = 0


@dataclass(frozen=True, slots=True)
class TopicHealth:
    """A topic with its number of wordings, and of those that find it first when they are left out.

    `missing` are the profile fields it waits for; without them it is not published (`is_published` is
    false) or lacks a paragraph.
    """

    id: str
    question: str
    group: str
    wordings: int
    found: int
    is_published: bool
    missing: tuple[str, ...]


@dataclass(frozen=True)
class Outcome:
    """All that a check found. `topics` are in file order, `findings` with the errors first."""

    checked_on: str
    findings: tuple[Finding, ...]
    topics: tuple[TopicHealth, ...]
    confusions: tuple[Confusion, ...] = ()

    @property
    def errors(self) -> int:
        """The number of errors."""
        return sum(f.level == "error" for f in self.findings)

    @property
    def warnings(self) -> int:
        """The number of warnings."""
        return len(self.findings) - self.errors

    @property
    def is_healthy(self) -> bool:
        """Whether there is no error."""
        return not self.errors

    @property
    def has_warnings(self) -> bool:
        """Whether there is a warning."""
        return bool(self.warnings)

    @property
    def waiting(self) -> tuple[TopicHealth, ...]:
        """The topics that wait for facts of the clinic."""
        return tuple(t for t in self.topics if t.missing)

    @property
    def verdict(self) -> str:
        """The result in one line."""
        found = f"{counted(self.errors, 'error')}, {counted(self.warnings, 'warning')}"
        return f"{'Healthy' if self.is_healthy else 'Not healthy'}: {found}."

    @property
    def found_first(self) -> tuple[int, int]:
        """How many wordings find their own topic first when they are left out, and of how many."""
        return sum(t.found for t in self.topics), sum(t.wordings for t in self.topics)

    def kinds(self) -> tuple[tuple[str, tuple[Finding, ...]], ...]:
        """The findings by kind, in the order of KINDS, which has the errors first."""
        grouped = groupby(sorted(self.findings, key=_order), key=lambda f: f.kind)
        return tuple((kind, tuple(found)) for kind, found in grouped)


def place(path: str, line: int) -> str:
    """A file by its last two names, with the line where there is one."""
    short = "/".join(PurePath(path).parts[-2:])
    return f"{short}:{line}" if short and line else short


def counted(number: int, word: str) -> str:
    """The number with its word: "1 error", "2,000 errors"."""
    return f"{number:,} {word}" if number == 1 else f"{number:,} {word}s"


def pairs(confusions: Sequence[Confusion]) -> list[tuple[str, str, tuple[Confusion, ...]]]:
    """The confusions by topic asked for and entry found; the pairs that hurt most come first."""

    def key(c: Confusion) -> tuple[str, str]:
        return c.entry, c.winner

    grouped = [(*k, tuple(found)) for k, found in groupby(sorted(confusions, key=key), key=key)]
    return sorted(grouped, key=lambda p: (-sum(c.is_answered for c in p[2]), -len(p[2]), p[0], p[1]))


def _order(finding: Finding) -> tuple[int, str, int]:
    return list(KINDS).index(finding.kind), finding.path, finding.line
