"""Asking the bot questions whose answers are known, to see how good it is."""

import csv
import io
import json
import re
from collections.abc import Iterable, Iterator, Sequence
from difflib import get_close_matches
from pathlib import Path
from typing import TYPE_CHECKING, Any

from chatbot.content import Knowledge, read_text
from chatbot.errors import KnowledgeError
from chatbot.evaluation_kinds import Result, Scope
from chatbot.evaluation_report import Report
from chatbot.model import Asked, Reply

if TYPE_CHECKING:
    from chatbot.bot import Bot

SHOWN_RANKS = 5
_LINE_FORM = 'expected {"question": "…", "topics": ["id", …]}, with no id where nothing answers'
_NOTHING = ("none", "-")


def read_questions(path: Path, known: Knowledge) -> tuple[Asked, ...]:
    """The questions of a file, JSON lines or CSV, each with the topics that answer it.

    Raises KnowledgeError naming the line that is not understood, or that names a topic which is not there.
    """
    text = read_text(path).removeprefix("\ufeff")  # as spreadsheets write it
    is_csv = path.suffix.lower() == ".csv" or not text.lstrip().startswith("{")
    numbered = list(_csv_rows(text, path) if is_csv else _json_rows(text, path))
    if not numbered:
        raise KnowledgeError(path, None, "holds no question: write one a line")
    for line, asked in numbered:
        _check(asked, known, path, line)
    return tuple(asked for _, asked in numbered)


def _json_rows(text: str, path: Path) -> Iterator[tuple[int, Asked]]:
    for number, line in enumerate(text.splitlines(), 1):
        if line.strip():
            try:
                yield number, _asked(json.loads(line))
            except (ValueError, KeyError, TypeError) as error:
                raise KnowledgeError(path, number, f"{_LINE_FORM}, not {line[:60]!r}") from error


def _csv_rows(text: str, path: Path) -> Iterator[tuple[int, Asked]]:
    head = text.partition("\n")[0]
    rows = csv.DictReader(io.StringIO(text), delimiter=max(",;\t", key=head.count), strict=True)
    rows.fieldnames = [name.strip().lower() for name in rows.fieldnames or ()]
    if "question" not in rows.fieldnames or not {"topic", "topics"} & set(rows.fieldnames):
        fact = f"expected JSON lines, or CSV with the columns question and topics, not {head[:60]!r}"
        raise KnowledgeError(path, 1, fact)
    try:
        for row in rows:
            if any(row.values()):
                yield rows.line_num, _asked(row)
    except (csv.Error, KeyError, TypeError) as error:
        line = rows.line_num + isinstance(error, csv.Error)  # that one is raised before its line counts
        raise KnowledgeError(path, line, f"is not a row of this table: {error}") from error


def _asked(given: dict[str, Any]) -> Asked:
    question = given["question"]
    topics = given["topics"] if "topics" in given else given["topic"]
    if isinstance(topics, str):
        topics = [t for t in re.split(r"[\s,;|]+", topics) if t and t not in _NOTHING]
    if not isinstance(question, str) or not all(isinstance(t, str) for t in topics or ()):
        raise TypeError("a question and the ids of topics are texts")
    return Asked(question.strip(), tuple(topics or ()))


def _check(asked: Asked, known: Knowledge, path: Path, line: int) -> None:
    if not asked.question:
        raise KnowledgeError(path, line, "has no question: write one, or delete the line")
    for topic in asked.topics:
        if topic not in known.entries:
            near = get_close_matches(topic, known.entries, n=1)
            cure = f"did you mean {near[0]}?" if near else "'chatbot topics list' shows all"
            raise KnowledgeError(path, line, f"names the topic {topic!r}, which is not there: {cure}")


def evaluate(bot: "Bot", questions: Iterable[Asked]) -> Report:
    """Ask every question by itself, and report what came of it."""
    results, needed = [], 0.0
    for asked in questions:
        explained = bot.explain(asked.question)
        reply, ranked = explained.reply, explained.matches[:SHOWN_RANKS]
        needed = explained.needed / 100
        is_judged = reply.kind in ("answer", "clarify", "no_answer") and bool(ranked)
        result = Result(
            question=asked.question,
            topics=asked.topics,
            scope=_scope(asked.topics, bot.engine.knowledge),
            kind=reply.kind,
            topic=reply.topic if reply.kind == "answer" else None,
            offered=_offered(reply, bot) if reply.kind == "clarify" else (),
            confidence=ranked[0].confidence if is_judged else None,
            ranked=ranked,
        )
        results.append(result)
    return Report(tuple(results), needed)


def _scope(topics: Sequence[str], known: Knowledge) -> Scope:
    if not topics:
        return "off-topic"
    return "answerable" if known.published_ids & set(topics) else "unpublished"


def _offered(reply: Reply, bot: "Bot") -> tuple[str, ...]:
    ids = {topic.question: topic.id for topic in bot.topics}
    return tuple(ids[s.message] for s in reply.suggestions if s.message in ids)
