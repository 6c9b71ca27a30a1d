"""The list of topics: search as you type, and filters for what needs a hand."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache

from flask import render_template, request

from chatbot import Entry, Knowledge, advice, editing
from web.parts import parts
from web.staff import tally
from web.staff.door import desk, is_partial
from web.staff.words import long_day

UNUSED_DAYS = 90
REVIEW_DAYS = 365
_START = 110  # characters of the answer that the list shows

FILTERS = (
    ("all", "All topics", "there is no topic yet."),
    ("live", "Live", "no topic is live."),
    ("draft", "With a draft", "nobody is writing at the moment."),
    ("facts", "Needs the clinic’s facts", "all facts that topics need are filled in."),
    ("review", "Due for review or running out", "everything was reviewed within the year."),
    (
        "unused",
        f"Not asked for {UNUSED_DAYS} days",
        "everything was asked for lately, or counting has only begun.",
    ),
    ("unhelpful", "Often marked unhelpful", "no answer is marked unhelpful more often than helpful."),
    ("archived", "Archived", "nothing is archived."),
)


@dataclass(frozen=True, slots=True)
class Row:
    """A topic as the list shows it. `badges` are words with the tone they are shown in."""

    id: str
    question: str
    group: str
    start: str
    badges: tuple[tuple[str, str], ...]
    states: frozenset[str]


@desk.get("/topics")
def topics() -> str:
    """List the topics that fit."""
    query, show = request.args.get("q", "").strip()[:200], request.args.get("show", "all")
    nothing = next((told for key, _, told in FILTERS if key == show), FILTERS[0][2])
    rows = [r for r in _rows() if (show in r.states) and _fits(r, query)]
    template = "staff/topics_list.html" if is_partial() else "staff/topics.html"
    filters = [(key, label) for key, label, _ in FILTERS]
    return render_template(template, rows=rows, q=query, show=show, filters=filters, nothing=nothing)


def _fits(row: Row, query: str) -> bool:
    entry = parts().bot.engine.knowledge.entries.get(row.id)
    text = f"{advice.plain(row.question)} {_searched(entry) if entry else ''}"
    return all(word in text for word in advice.plain(query).split())


@lru_cache(maxsize=4096)
def _searched(entry: Entry) -> str:
    """The words by which a topic is found."""
    return advice.plain(" ".join((entry.id, entry.question, entry.group, *entry.phrasings, entry.answer)))


def _rows() -> Iterable[Row]:
    store, knowledge = parts().store, parts().bot.engine.knowledge
    drafts = store.drafts.all()
    marks = _Marks(
        knowledge,
        date.today(),
        drafted={d.key: d.by for d in drafts if d.kind == "topic" and not d.body.get("archived")},
        unused=tally.unused_since(store, datetime.now(UTC).date() - timedelta(UNUSED_DAYS)),
        unhelpful=tally.often_unhelpful(store),
    )
    for entry in knowledge.topics:
        yield marks.row(entry)
    for draft in drafts:
        if draft.kind == "topic" and draft.key not in knowledge.entries and not draft.body.get("archived"):
            question = str(draft.body.get("question") or "A new topic without a question")
            badges = (("new", ""), (f"draft of {draft.by}", "alert"))
            states = frozenset({"all", "draft"})
            yield Row(draft.key, question, str(draft.body.get("group") or ""), "", badges, states)
    for topic_id, body in editing.archived(store.edits.layer()[1]):
        states = frozenset({"archived"})
        start = _start(str(body["answer"]))
        yield Row(
            topic_id, str(body["question"]), str(body["group"] or ""), start, (("archived", "wrong"),), states
        )


@dataclass(frozen=True, slots=True)
class _Marks:
    """What sets topics apart, looked up once for all of them."""

    knowledge: Knowledge
    today: date
    drafted: dict[str, str]
    unused: Callable[[str], bool]
    unhelpful: frozenset[str]

    def row(self, entry: Entry) -> Row:
        badges: list[tuple[str, str]] = []
        states = {"all"}
        missing = self.knowledge.missing_facts(entry)
        expired = entry.id in self.knowledge.expired
        if missing:
            badges.append((f"needs {', '.join(missing)}", "alert"))
            states.add("facts")
        if not missing and not expired:
            states.add("live")
        if due := self._due(entry):
            badges.append((due, "wrong" if expired else "alert"))
            states.add("review")
        if entry.id in self.drafted:
            badges.append((f"draft of {self.drafted[entry.id]}", "alert"))
            states.add("draft")
        if entry.id in self.unhelpful:
            badges.append(("often unhelpful", "alert"))
            states.add("unhelpful")
        if "live" in states and self.unused(entry.id):
            states.add("unused")
        return Row(
            entry.id, entry.question, entry.group, _start(entry.answer), tuple(badges), frozenset(states)
        )

    def _due(self, entry: Entry) -> str:
        if entry.until and entry.until < self.today.isoformat():
            return f"ran out {long_day(entry.until)}"
        if entry.until and entry.until <= (self.today + timedelta(editing.NOTICE_DAYS)).isoformat():
            return f"runs out {long_day(entry.until)}"
        oldest = (self.today - timedelta(REVIEW_DAYS)).isoformat()
        return "" if entry.reviewed and entry.reviewed >= oldest else "review due"


@lru_cache(maxsize=4096)
def _start(answer: str) -> str:
    text = " ".join(advice.as_text(answer).split())
    return text if len(text) <= _START else text[:_START].rsplit(" ", 1)[0] + " …"
