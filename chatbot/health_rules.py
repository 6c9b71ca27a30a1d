"""What each answer has to keep to: length, reading grade, words, sources, placeholders, notice, review."""

import re
from collections.abc import Iterable, Iterator, Sequence
from datetime import date
from typing import NamedTuple
from urllib.parse import urlsplit

from chatbot.content import PACKAGED, Knowledge, facts_used, read_text
from chatbot.health_kinds import KINDS, Finding
from chatbot.languages import is_in_english
from chatbot.markup import to_text
from chatbot.model import Article, Entry, Source
from chatbot.profile import FIELDS
from chatbot.reading import grade, words_of
from chatbot.text import fold, normalise, sentences

MAX_WORDS = 90
MAX_GRADE = 8.0
MAX_LINE_GRADE = 6.0  # of the bot's own lines
MIN_PHRASINGS = 3
REVIEW_DAYS = 365
HELP_LINE_DAYS = 180
LEGAL_NOTICE = "information, not legal advice"
QUOTE_WORDS = 4  # fewer words in a row are no quote, but chance
WORDING_FILE = "wording.txt"

_BRACES = re.compile(r"\{[^{}\n]*\}?")
_PLACEHOLDER = re.compile(r"\{clinic\.(?P<name>[^{}?]*)\??\}")
_SECTION = re.compile(r"\[(?P<name>[a-z]+)\]")
_HELP_LINES = "crisis/help-lines.toml"
_NEEDS_SOURCE = ("article", "general", "mixed")


class Wording(NamedTuple):
    """Words that an answer had better not use, and what to say instead. `kind` is a kind of finding."""

    kind: str
    pattern: re.Pattern[str]
    instead: str


def rule_findings(knowledge: Knowledge, today: date) -> Iterator[Finding]:
    """Everything that breaks a rule, entry by entry."""
    wordings = read_wordings(read_text(PACKAGED / WORDING_FILE))
    article = _article_text(knowledge.articles)
    for topic in knowledge.topics:
        yield from _length(topic)
        yield from _reading(topic, article)
        yield from _words(topic, article, wordings)
        yield from _quotes(topic, article)
        yield from _sources(topic)
        yield from _placeholders(topic)
        yield from _notice(topic)
        yield from _review(topic, today)
        yield from _phrasings(topic)
    for line in (*knowledge.lines, *knowledge.guide.lines):
        yield from _unknown_fields(line, "{clinic")
        yield from _line_reading(line)
    yield from _help_lines(knowledge, today)


def finding(kind: str, entry: Entry, text: str, line: int = 0) -> Finding:
    """A finding about an entry, at `line` or else at its heading."""
    return Finding(KINDS[kind].level, kind, entry.id, text, entry.path, line or entry.line)


def read_wordings(text: str) -> tuple[Wording, ...]:
    """Read `words = what to say instead` lines under [promises] and [stigma]."""
    kind, found = "promise", []
    for line in text.splitlines():
        plain = line.strip()
        if section := _SECTION.fullmatch(plain):
            kind = {"promises": "promise"}.get(section["name"], section["name"])
        elif plain and not plain.startswith("#"):
            words, _, instead = plain.partition("=")
            form = re.escape(normalise(words)).replace(r"\*", r"\w*").replace(r"\ ", r"\s*[\s-]\s*")
            found.append(Wording(kind, re.compile(rf"(?<!\w){form}(?!\w)"), instead.strip()))
    return tuple(found)


def without_facts(answer: str) -> str:
    """An answer as plain text with nothing in the place of the clinic's facts."""
    return to_text(_BRACES.sub("", answer))


def told(answer: str) -> list[str]:
    """The sentences of an answer, each point of a list one or more of its own."""
    lines = without_facts(answer).splitlines()
    return [s for line in lines for s in sentences(line.strip().removeprefix("- ")) if words_of(s)]


def is_quote(sentence: str, article: str) -> bool:
    """Whether a sentence stands word for word in the article's folded text."""
    return len(words_of(sentence)) >= QUOTE_WORDS and fold(sentence) in article


def _article_text(articles: Iterable[Article]) -> str:
    return fold(" ".join(p for a in articles for s in a.sections for p in s.paragraphs))


def _length(topic: Entry) -> Iterator[Finding]:
    length = len(words_of(without_facts(topic.answer)))
    if length > MAX_WORDS:
        yield finding("too-long", topic, f"The answer has {length} words; at most {MAX_WORDS} are read.")


def _reading(topic: Entry, article: str) -> Iterator[Finding]:
    """The grade of what the clinic wrote itself: an article's sentences are quoted, hard or not."""
    own = [s for s in told(topic.answer) if topic.kind != "article" or not is_quote(s, article)]
    level = round(grade("\n".join(own)), 1)
    if level > MAX_GRADE:
        hardest = max(own, key=grade)
        yield finding(
            "hard-to-read", topic, f"The answer reads at grade {level}. Its hardest sentence: “{hardest}”"
        )


def _line_reading(line: Entry) -> Iterator[Finding]:
    """The grade of a fixed line; the formula is one for English."""
    level = round(grade(without_facts(line.answer)), 1)
    if level > MAX_LINE_GRADE and is_in_english(line.id):
        yield finding("hard-line", line, f"The line reads at grade {level}; at most {MAX_LINE_GRADE:.0f}.")


def _words(topic: Entry, article: str, wordings: Sequence[Wording]) -> Iterator[Finding]:
    own = normalise("\n".join(s for s in told(topic.answer) if not is_quote(s, article)))
    for wording in wordings:
        if match := wording.pattern.search(own):
            yield finding(wording.kind, topic, f"The answer says “{match[0]}”. Better: {wording.instead}.")


def _quotes(topic: Entry, article: str) -> Iterator[Finding]:
    if topic.kind != "article":
        return
    said = told(topic.answer)
    own = [s for s in said if not is_quote(s, article)]
    if len(own) == len(said):
        yield finding("not-the-article", topic, "No sentence of the answer stands in the article.")
    elif len(own) > 1:
        yield finding("not-the-article", topic, f"Not in the article: “{'” and “'.join(own)}”")


def _sources(topic: Entry) -> Iterator[Finding]:
    if not topic.sources and topic.kind in _NEEDS_SOURCE:
        yield finding("no-source", topic, f"A topic of kind {topic.kind} needs a source; it has none.")
    for source in topic.sources:
        if wrong := source_fault(source):
            yield finding("bad-source", topic, f"The source “{source.title}” {wrong}.")


def source_fault(source: Source) -> str:
    """What is wrong with a source, in words that follow its title; '' where nothing is."""
    if "://" in source.title or source.title.startswith("www.") or not re.search(r"[^\W\d]{2}", source.title):
        return "has an address, or nothing, where its title should be"
    if source.url is None or source.url.startswith("article/"):
        return ""
    parts = urlsplit(source.url)
    is_web = parts.scheme == "https" and re.fullmatch(r"[\w-]+(\.[\w-]+)+", parts.netloc)
    return "" if is_web else f"has the address {source.url}, which is not an https address on the web"


def _placeholders(topic: Entry) -> Iterator[Finding]:
    yield from _unknown_fields(topic, "{")
    uses = bool(facts_used(topic.answer))
    if uses and topic.kind in ("article", "general"):
        text = (
            f"The topic is of kind {topic.kind}, which holds for every clinic, but uses the clinic's facts."
        )
        yield finding("placeholder", topic, text)
    if not uses and topic.kind in ("clinic", "mixed"):
        text = f"The topic is of kind {topic.kind}, but has no place for a fact of the clinic."
        yield finding("placeholder", topic, text)


def _unknown_fields(entry: Entry, start: str) -> Iterator[Finding]:
    for braces in _BRACES.findall(entry.answer):
        match = _PLACEHOLDER.fullmatch(braces)
        if braces.startswith(start) and (match is None or match["name"] not in FIELDS):
            yield finding("unknown-field", entry, f"{braces} is none of the clinic's facts.")


def _notice(topic: Entry) -> Iterator[Finding]:
    if topic.law and LEGAL_NOTICE not in normalise(topic.answer):
        yield finding("law-notice", topic, f"The answer lacks the words “{LEGAL_NOTICE}”.")


def _review(topic: Entry, today: date) -> Iterator[Finding]:
    if fault := review_fault(topic.reviewed, today, REVIEW_DAYS):
        yield finding("review-due", topic, f"The topic {fault}.")


def review_fault(reviewed: str | None, today: date, days: int) -> str:
    """What is wrong with a review date, in words; '' where it is at most `days` ago."""
    if not reviewed:
        return "has never been reviewed"
    try:
        age = (today - date.fromisoformat(reviewed)).days
    except ValueError:
        return f"was reviewed on {reviewed}, which is no date"
    if age < 0:
        return f"was reviewed on {reviewed}, which is still to come"
    return f"was reviewed on {reviewed}, more than {days} days ago" if age > days else ""


def _phrasings(topic: Entry) -> Iterator[Finding]:
    count = len({normalise(p) for p in topic.phrasings})
    if count < MIN_PHRASINGS:
        yield finding("few-phrasings", topic, f"The topic has {count} phrasings beside its question.")


def _help_lines(knowledge: Knowledge, today: date) -> Iterator[Finding]:
    lines = knowledge.guide.help_lines
    if not lines:
        yield Finding(KINDS["help-line"].level, "help-line", "", "There is no help line at all.", _HELP_LINES)
    for line in lines:
        if fault := review_fault(line.reviewed, today, HELP_LINE_DAYS):
            text = f"The help line “{line.name}” {fault}."
            yield Finding(KINDS["help-line"].level, "help-line", "", text, _HELP_LINES)
