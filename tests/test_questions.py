"""The questions kept for calibration and evaluation: none is a wording of the knowledge or kept twice."""

import json
from pathlib import Path

from chatbot import Knowledge
from chatbot.text import fold

KNOWLEDGE = Knowledge.load()
LINES = (Path(__file__).parent / "data/questions.jsonl").read_text("utf-8").splitlines()
EVALUATION = [(given["question"], tuple(given["topics"])) for given in map(json.loads, LINES)]
CALIBRATION = [(a.question, a.topics) for a in KNOWLEDGE.asked]
FEWEST_A_TOPIC = 3


def key(text: str) -> str:
    """The words of a text without case and punctuation."""
    kept = "".join(c if c.isalnum() else " " for c in fold(text).casefold().replace("'", ""))
    return " ".join(kept.split())


def wordings() -> set[str]:
    """Every wording that the index is built from."""
    entries = (*KNOWLEDGE.topics, *KNOWLEDGE.lines)
    return {key(w) for e in entries for w in (e.question, *e.phrasings)} | {
        key(q) for q in KNOWLEDGE.background
    }


def test_no_question_is_a_wording_of_the_knowledge() -> None:
    taken = wordings()
    assert [q for q, _ in (*EVALUATION, *CALIBRATION) if key(q) in taken] == []


def test_no_question_is_kept_twice() -> None:
    keys = [key(q) for q, _ in (*EVALUATION, *CALIBRATION) if key(q)]
    assert sorted({k for k in keys if keys.count(k) > 1}) == []


def test_the_topics_named_are_topics() -> None:
    ids = {t.id for t in KNOWLEDGE.topics}
    assert {t for _, topics in (*EVALUATION, *CALIBRATION) for t in topics} <= ids


def test_every_topic_is_asked_for_in_the_calibration_and_in_the_evaluation() -> None:
    for kept in (EVALUATION, CALIBRATION):
        counted = [t for _, topics in kept for t in topics]
        assert [t.id for t in KNOWLEDGE.topics if counted.count(t.id) < FEWEST_A_TOPIC] == []


def test_there_are_enough_questions_and_enough_that_nothing_answers() -> None:
    for kept, least, least_unknown in ((CALIBRATION, 650, 300), (EVALUATION, 400, 150)):
        assert len(kept) >= least
        assert sum(not topics for _, topics in kept) >= least_unknown
