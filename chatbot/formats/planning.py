"""Rows against what is known: which topics they would add or change, and which rows cannot be taken."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from chatbot import topicfile
from chatbot.content import Knowledge
from chatbot.errors import KnowledgeError
from chatbot.formats import checking
from chatbot.formats.checking import RefusalError
from chatbot.formats.records import (
    FIELDS,
    MAX_NAME,
    MAX_QUESTION,
    ImportPlan,
    Planned,
    Progress,
    Refused,
    Row,
    no_progress,
)
from chatbot.model import Entry
from chatbot.text import fold, normalise, words

_STEP = 200  # rows between two words of progress
_ID = re.compile(r"[a-z0-9]+(?:-[a-z0-9]+)*")
_NOT_IN_ID = re.compile(r"[^a-z0-9]+")
_LONGEST_ID = 60
_ID_WORDS = 6
_SMALL_WORDS = frozenset(
    {"a", "an", "and", "any", "are", "as", "at", "be", "by", "can", "could", "do", "does", "for", "has"}
    | {"have", "how", "i", "if", "in", "is", "it", "me", "my", "of", "on", "or", "our", "should", "that"}
    | {"the", "there", "this", "to", "us", "we", "what", "when", "where", "which", "who", "why", "will"}
    | {"with", "would", "you", "your"}
)


@dataclass(slots=True)
class _Known:
    """What is known before and below a row: topics, whose question is whose, and which ids are taken."""

    topics: Mapping[str, Entry]
    others: Mapping[str, Entry]  # passages and lines, which no import changes
    questions: dict[str, str]
    wordings: Mapping[str, str]
    rows: dict[str, str] = field(default_factory=dict)  # id -> where it is told
    asked: dict[str, str] = field(default_factory=dict)  # question -> where it is asked
    counts: dict[str, int] = field(default_factory=dict)

    def free(self, stem: str) -> str:
        """The first of `stem`, `stem-2`, `stem-3` … that is no id yet."""
        while True:
            self.counts[stem] = self.counts.get(stem, 0) + 1
            name = stem if self.counts[stem] == 1 else f"{stem}-{self.counts[stem]}"
            if not (name in self.topics or name in self.others or name in self.rows):
                return name


def plan(rows: Sequence[Row], knowledge: Knowledge, progress: Progress = no_progress) -> ImportPlan:
    """What importing these rows would do to the topics of `knowledge`; changes nothing.

    A row with the id of a topic, or else with its question in whatever capitals, spaces and punctuation,
    replaces what the row tells of it; any other row is a new topic, with an id from its question where it
    has none. `progress` is told how many of the rows are done.
    """
    known = _known(knowledge)
    planned: list[Planned] = []
    refused: list[Refused] = []
    for number, row in enumerate(rows):
        if number % _STEP == 0:
            progress(number, len(rows))
        try:
            planned.append(_planned(row, known))
        except RefusalError as reason:
            refused.append(Refused(row.where, str(reason)))
    # Only now: a row may name a topic that a later row brings.
    kept, dangling = _with_references(planned, knowledge)
    progress(len(rows), len(rows))
    order = {row.where: i for i, row in enumerate(rows)}
    return ImportPlan(
        new=tuple(p for p in kept if p.before is None),
        changed=tuple(p for p in kept if p.before is not None and p.fields),
        same=tuple(p for p in kept if p.before is not None and not p.fields),
        refused=tuple(sorted((*refused, *dangling), key=lambda r: order[r.where])),
    )


def _known(knowledge: Knowledge) -> _Known:
    topics = {topic.id: topic for topic in knowledge.topics}
    return _Known(
        topics,
        {e.id: e for e in (*knowledge.passages, *knowledge.lines)},
        {_asked(topic.question): topic.id for topic in knowledge.topics},
        {_asked(p): topic.id for topic in knowledge.topics for p in topic.phrasings},
    )


def _asked(question: str) -> str:
    """The question as far as it makes a difference: its words."""
    return " ".join(words(fold(question).casefold())) or question  # "stage III" is not "stage II"


def _planned(row: Row, known: _Known) -> Planned:
    """What becomes of a row. Raises RefusalError."""
    if row.fault:
        raise RefusalError(row.fault)
    question = checking.single(row.question, "question", MAX_QUESTION)
    before = _before(row, question or "", known)
    if question is None:
        raise RefusalError("has no question: write it, or map the column that holds it")
    topic_id = before.id if before else _new_id(row, question, known)
    entry = _entry(row, topic_id, question, before)
    _refuse_twin(entry, known)
    known.rows[topic_id] = known.asked[_asked(question)] = row.where
    changed = tuple(f for f in FIELDS if before and getattr(before, f) != getattr(entry, f))
    return Planned(row.where, entry, before, changed)


def _before(row: Row, question: str, known: _Known) -> Entry | None:
    """The topic that the row is about, where there is one."""
    if row.id:
        return known.topics.get(_id(row.id))
    return known.topics.get(known.questions.get(_asked(question), ""))


def _id(given: str) -> str:
    """An id of another program as ours: small letters and digits with hyphens, and never digits alone."""
    slug = _NOT_IN_ID.sub("-", normalise(given)).strip("-")
    return f"topic-{slug}" if slug.isdigit() else slug


def _new_id(row: Row, question: str, known: _Known) -> str:
    if row.id:
        given = row.id if _ID.fullmatch(row.id) and not row.id.isdigit() else _id(row.id)
        if not given or len(given) > MAX_NAME:
            raise RefusalError(f"the id {row.id[:40]!r} cannot be one: use letters, digits and hyphens")
        if given in known.others:
            raise RefusalError(f"the id {given!r} belongs to one of the bot's own lines: choose another")
        return given
    said = words(normalise(question))
    telling = [w for w in said if w not in _SMALL_WORDS][:_ID_WORDS] or said[:_ID_WORDS]
    slug = _NOT_IN_ID.sub("-", "-".join(telling))[:_LONGEST_ID].strip("-")
    stem = slug if slug and not slug.isdigit() else f"topic-{slug}".strip("-")
    return known.free(stem)


def _entry(row: Row, topic_id: str, question: str, before: Entry | None) -> Entry:
    """The topic afterwards: what the row tells, and the rest as it was. Raises RefusalError."""
    ground = before or Entry(topic_id, question, "")
    answer = checking.answer(row.answer) if row.answer is not None else ground.answer
    if not answer:
        raise RefusalError("has no answer: write it, or map the column that holds it")
    phrasings = ground.phrasings if row.phrasings is None else checking.phrasings(row.phrasings, question)
    group = checking.single(row.group, "group", MAX_NAME) or "" if row.group is not None else ground.group
    entry = replace(
        ground,
        question=question,
        answer=answer,
        phrasings=phrasings,
        kind=checking.kind(row.kind, answer) if row.kind or not before else ground.kind,
        sources=ground.sources if row.sources is None else tuple(map(checking.source, row.sources)),
        related=ground.related if row.related is None else tuple(map(_id, row.related)),
        reviewed=ground.reviewed if row.reviewed is None else checking.day(row.reviewed, "reviewed"),
        law=ground.law if row.law is None else checking.law(row.law),
        group=group,
        owner=ground.owner if row.owner is None else checking.single(row.owner, "owner", MAX_NAME) or "",
        until=ground.until if row.until is None else checking.day(row.until, "until"),
    )
    _refuse_what_no_file_holds(entry)
    return entry


def _refuse_what_no_file_holds(entry: Entry) -> None:
    """A topic must come back from a topic file as it went in: files are the ground of every edit."""
    try:
        read = topicfile.parse(topicfile.dump((entry,)))
    except KnowledgeError as error:
        raise RefusalError(error.fact) from None
    if read != (entry,):
        odd = next((f for f in FIELDS if not read or getattr(read[0], f) != getattr(entry, f)), "text")
        raise RefusalError(
            f"the {odd} cannot be kept in a topic file: leave out signs such as '##', '<' and '{{#'"
        )


def _refuse_twin(entry: Entry, known: _Known) -> None:
    """Two topics with one question contradict each other, sooner or later."""
    asked = _asked(entry.question)
    if (first := known.rows.get(entry.id)) is not None:
        raise RefusalError(f"tells the same topic as {first}, {entry.id!r}: keep one of them")
    if (first := known.asked.get(asked)) is not None:
        raise RefusalError(f"asks the same as {first}: keep one of them, or word it differently")
    before = known.topics.get(entry.id)
    if before is not None and _asked(before.question) == asked:
        return
    other = known.questions.get(asked) or known.wordings.get(asked, entry.id)
    if other != entry.id:
        raise RefusalError(
            f"asks what the topic {other!r} answers: give the row the id {other!r} to change that answer, "
            "or word the question differently"
        )


def _with_references(planned: Sequence[Planned], knowledge: Knowledge) -> tuple[list[Planned], list[Refused]]:
    """The planned topics whose related topics and sources exist afterwards, and the others as refused."""
    there = knowledge.entries.keys() | {p.entry.id for p in planned}
    kept, refused = list[Planned](), list[Refused]()
    for each in planned:
        named = (
            *each.entry.related,
            *(s.url for s in each.entry.sources if s.url and s.url.startswith("article/")),
        )
        missing = next((reference for reference in named if reference not in there), None)
        if missing is None:
            kept.append(each)
        else:
            refused.append(
                Refused(each.where, f"names {missing!r}, which is no topic or passage: correct it")
            )
    return kept, refused
