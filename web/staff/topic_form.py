"""A topic as a form: what stands in the fields, as the body of an edit, and back."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from werkzeug.datastructures import MultiDict

from chatbot import Entry, editing
from web import fields

MAX_QUESTION = 200
MAX_PHRASING = 300
MAX_PHRASINGS = 200
MAX_ANSWER = 8_000
MAX_LINE = 1_000
NEW = "new-"  # how the key of a topic begins that has no id yet
_LINK = re.compile(r"^(?P<title>.*?)\s*<?(?P<url>https?://[^\s<>]+|article/[a-z0-9-]+(?:/\d+)?)>?$")
_SLUG = re.compile(r"[a-z0-9]+")
_SKIPPED = frozenset(
    [
        "a",
        "an",
        "and",
        "are",
        "at",
        "be",
        "can",
        "do",
        "does",
        "for",
        "have",
        "how",
        "i",
        "if",
        "in",
        "is",
        "it",
        "my",
        "of",
        "on",
        "or",
        "the",
        "there",
        "to",
        "we",
        "what",
        "who",
        "will",
        "you",
        "your",
    ]
)


@dataclass(frozen=True, slots=True)
class TopicForm:
    """The fields as texts. `heard` are the visitors' wordings that this answers."""

    question: str = ""
    phrasings: str = ""
    answer: str = ""
    sources: str = ""
    reviewed: str = ""
    until: str = ""
    owner: str = ""
    group: str = ""
    related: tuple[str, ...] = ()
    law: bool = False
    kind: str = "clinic"
    why: str = ""
    heard: tuple[str, ...] = ()
    archived: bool = False

    @classmethod
    def of_request(cls, form: MultiDict[str, str], before: "TopicForm") -> "TopicForm":
        """What was typed; what the form has no field for is as `before`."""
        typed = {
            name: _text(form, name, limit)
            for name, limit in (
                ("question", 2 * MAX_QUESTION),
                ("phrasings", 2 * MAX_PHRASINGS * MAX_PHRASING),
                ("answer", 2 * MAX_ANSWER),
                ("sources", 10 * MAX_LINE),
                ("reviewed", 10),
                ("until", 10),
                ("owner", 100),
                ("group", 100),
                ("why", MAX_LINE),
            )
        }
        related = tuple(dict.fromkeys(r for r in form.getlist("related") if r))
        return replace(before, **typed, related=related, law=form.get("law") == "yes")  # type: ignore[arg-type]

    @classmethod
    def of_body(cls, body: Mapping[str, Any]) -> "TopicForm":
        """The fields that show an edit's body, or a draft's."""
        texts = {
            n: str(body.get(n) or "")
            for n in ("question", "answer", "reviewed", "until", "owner", "group", "why")
        }
        return cls(
            **texts,
            phrasings="\n".join(body.get("phrasings") or ()),
            sources="\n".join(_source_line(s) for s in body.get("sources") or ()),
            related=tuple(body.get("related") or ()),
            law=bool(body.get("law")),
            kind=str(body.get("kind") or "clinic"),
            heard=tuple(body.get("heard") or ()),
            archived=bool(body.get("archived")),
        )

    @classmethod
    def of_entry(cls, entry: Entry) -> "TopicForm":
        """The fields that show an entry."""
        return cls.of_body(editing.body_of(entry))

    def body(self) -> dict[str, Any]:
        """What an edit keeps of it."""
        return {
            "question": self.question,
            "phrasings": _lines(self.phrasings),
            "answer": self.answer,
            "sources": [_source(line) for line in _lines(self.sources)],
            "reviewed": self.reviewed or None,
            "until": self.until or None,
            "owner": self.owner,
            "group": self.group,
            "related": list(self.related),
            "law": self.law,
            "kind": self.kind,
            "archived": self.archived,
        }

    def draft(self) -> dict[str, Any]:
        """What a draft keeps of it: the body, why it is changed, and what it answers."""
        return {**self.body(), "why": self.why, "heard": list(self.heard)}

    def entry(self, topic_id: str) -> Entry:
        """The entry that it makes. Raises ChatbotError where it could not stand in a topic file."""
        return editing.entry_of(topic_id, self.body())

    def faults(self) -> dict[str, str]:
        """What is wrong, by field, in words that say how to mend it."""
        said: dict[str, str] = {}
        if not self.question:
            said["question"] = "Write the question as a visitor would ask it."
        elif len(self.question) > MAX_QUESTION:
            said["question"] = (
                f"The question has {len(self.question)} characters: at most {MAX_QUESTION} fit."
            )
        if not self.answer:
            said["answer"] = "Write the answer. It is shown to visitors word for word."
        elif len(self.answer) > MAX_ANSWER:
            said["answer"] = f"The answer has {len(self.answer):,} characters: at most {MAX_ANSWER:,} fit."
        said |= self._faults_of_lines()
        return said

    def _faults_of_lines(self) -> dict[str, str]:
        said: dict[str, str] = {}
        phrasings = _lines(self.phrasings)
        if len(phrasings) > MAX_PHRASINGS:
            said["phrasings"] = (
                f"There are {len(phrasings)} ways to ask it: at most {MAX_PHRASINGS} are kept."
            )
        elif long := next((p for p in phrasings if len(p) > MAX_PHRASING), ""):
            said["phrasings"] = (
                f"“{long[:60]} …” is longer than {MAX_PHRASING} characters: make it a short question."
            )
        if bare := next((s for s in map(_source, _lines(self.sources)) if not s["title"]), None):
            said["sources"] = f"{bare['url']} has no title: write the title before the address."
        return said


def with_phrasings(form: TopicForm, more: Iterable[str]) -> TopicForm:
    """The form with further ways to ask, each once, and noted as heard from visitors."""
    added = tuple(more)
    lines = dict.fromkeys((*_lines(form.phrasings), *added))
    return replace(form, phrasings="\n".join(lines), heard=tuple(dict.fromkeys((*form.heard, *added))))


def id_for(question: str, taken: Iterable[str]) -> str:
    """A short id for a question, unlike all that are taken."""
    words = _SLUG.findall(question.lower().replace("'", "").replace("’", ""))
    kept = [w for w in words if w not in _SKIPPED] or words or ["topic"]
    slug = "-".join(kept[:5])[:60].strip("-")
    known = set(taken)
    numbers = ("", *(f"-{n}" for n in range(2, 10_000)))
    return next(slug + n for n in numbers if slug + n not in known and not (slug + n).startswith(NEW))


def _text(form: MultiDict[str, str], name: str, limit: int) -> str:
    return fields.writable(form.get(name, "").replace("\r\n", "\n"))[:limit]


def _lines(text: str) -> list[str]:
    return list(editing.lines(text.splitlines()))


def _source(line: str) -> dict[str, str | None]:
    match = _LINK.match(line)
    return (
        {"title": match["title"].rstrip(" :,-–"), "url": match["url"]}
        if match
        else {"title": line, "url": None}
    )


def _source_line(source: Mapping[str, Any]) -> str:
    return f"{source['title']} {source['url']}" if source.get("url") else str(source["title"])
