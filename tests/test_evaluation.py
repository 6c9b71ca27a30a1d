"""Evaluation: reading questions, asking them, counting what comes of it; and the project's own questions."""

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import get_args

import pytest

from chatbot import Bot, Knowledge, KnowledgeError
from chatbot.evaluation import evaluate, read_questions
from chatbot.evaluation_kinds import FIGURES, FROM_BEST, Evaluation, Outcome, Result
from chatbot.model import Asked, Match

QUESTIONS = Path(__file__).parent / "data/questions.jsonl"
KNOWLEDGE = Knowledge.load()
# A little below (above, for ceilings) what was measured; they are raised when the bot gets better.
FLOORS = {"right": 0.60, "right-or-offered": 0.70, "precision": 0.82, "off-topic-refused": 0.91}
CEILINGS = {"wrong": 0.10, "calibration-error": 0.06}

Write = Callable[[str, str], Path]


@pytest.fixture
def write(tmp_path: Path) -> Write:
    def write(name: str, text: str) -> Path:
        path = tmp_path / name
        path.write_text(text, "utf-8")
        return path

    return write


# --- reading ------------------------------------------------------------------------------------------

ASKED = (
    Asked("how long, please?", ("program-length",)),
    Asked("price", ("cost", "insurance")),
    Asked("pizza", ()),
)


@pytest.mark.parametrize(
    ("name", "text"),
    [
        (
            "a.jsonl",
            '{"question": "how long, please?", "topics": ["program-length"]}\n\n'
            '{"question": "price", "topics": ["cost", "insurance"]}\n{"question": "pizza", "topics": []}\n',
        ),
        (
            "a.txt",
            '{"question": " how long, please? ", "topic": "program-length"}\n'
            '{"question": "price", "topics": "cost insurance"}\n{"question": "pizza", "topic": null}',
        ),
        (
            "a.csv",
            'question,topics\n"how long, please?",program-length\nprice,"cost, insurance"\n,\npizza,\n',
        ),
        (
            "a.csv",
            "\ufeffNote;Question;Topic\r\n1;how long, please?;program-length\r\n"
            "2;price;cost insurance\r\n;pizza;none\r\n",
        ),
        ("a.tsv", "question\ttopics\nhow long, please?\tprogram-length\nprice\tcost|insurance\npizza\t-\n"),
    ],
)
def test_questions_are_read_from_json_lines_and_from_tables(write: Write, name: str, text: str) -> None:
    assert read_questions(write(name, text), KNOWLEDGE) == ASKED


@pytest.mark.parametrize(
    ("name", "text", "line", "fact"),
    [
        ("a.jsonl", '{"question": "a", "topics": []}\n{"question": "b"', 2, 'expected {"question"'),
        ("a.jsonl", '{"question": "a"}', 1, 'expected {"question"'),
        ("a.jsonl", '{"question": 7, "topics": []}', 1, 'expected {"question"'),
        ("a.jsonl", '{"question": "a", "topics": [7]}', 1, 'expected {"question"'),
        ("a.jsonl", '{"question": " ", "topics": []}', 1, "has no question"),
        ("a.jsonl", '{"question": "a", "topics": ["costs"]}', 1, "did you mean cost?"),
        ("a.jsonl", '{"question": "a", "topics": ["xyzzy"]}', 1, "'chatbot topics list' shows all"),
        ("a.csv", "question,topics\nprice,cost\nprice,costs\n", 3, "did you mean cost?"),
        ("a.csv", "what,where\nprice,cost\n", 1, "with the columns question and topics"),
        ("a.csv", 'question,topics\n"price" or,cost\n', 2, "is not a row"),
        ("a.txt", "price\n", 1, "expected JSON lines, or CSV"),
        ("a.jsonl", "", None, "expected JSON lines, or CSV"),
        ("a.csv", "question,topics\n", None, "holds no question"),
    ],
)
def test_a_file_that_is_not_understood_is_named_with_the_line_and_the_cure(
    write: Write, name: str, text: str, line: int | None, fact: str
) -> None:
    with pytest.raises(KnowledgeError) as caught:
        read_questions(write(name, text), KNOWLEDGE)
    assert caught.value.fact.startswith(fact) or fact in caught.value.fact
    assert line is None or caught.value.line == line


# --- counting -----------------------------------------------------------------------------------------


def result(**changes: object) -> Result:
    usual = Result(
        "price?", ("cost",), "answerable", "answer", "cost", (), 0.9, (Match("cost", 0.5, 0.9, "a price"),)
    )
    return replace(usual, **changes)  # type: ignore[arg-type]


RIGHT = result()
WRONG = result(topic="insurance", confidence=0.6, ranked=(Match("insurance", 0.4, 0.6),))
OFFERED = result(kind="clarify", topic=None, offered=("insurance", "cost"), confidence=0.4)
MISLED = result(kind="clarify", topic=None, offered=("insurance",), confidence=0.4)
REFUSED = result(kind="no_answer", topic=None, confidence=0.1)
IN_CRISIS = result(kind="crisis", topic=None, confidence=None, ranked=())
STRANGE = result(topics=(), scope="off-topic", kind="no_answer", topic=None, confidence=0.1)
ANSWERED_STRANGE = replace(STRANGE, kind="answer", topic="cost", confidence=0.7)
WAITING = result(topics=("childcare",), scope="unpublished", kind="no_answer", topic=None, confidence=0.8)


def test_the_outcome_of_a_question_is_told_by_the_reply_and_what_it_offers() -> None:
    outcomes = [r.outcome for r in (RIGHT, WRONG, OFFERED, MISLED, REFUSED, IN_CRISIS)]
    assert outcomes == ["right", "wrong", "offered", "misled", "refused", "refused"]
    assert [r.outcome for r in (STRANGE, ANSWERED_STRANGE, WAITING)] == ["refused", "wrong", "refused"]
    assert set(FROM_BEST) == set(get_args(Outcome))


def test_a_miss_is_whatever_was_not_the_best_that_could_come_of_it() -> None:
    every = Evaluation((RIGHT, STRANGE, WAITING, REFUSED, OFFERED, MISLED, WRONG, ANSWERED_STRANGE), 0.55)
    assert every.misses == (WRONG, ANSWERED_STRANGE, MISLED, REFUSED, OFFERED)


def test_the_figures_are_shares_of_what_they_speak_of() -> None:
    found = (RIGHT, RIGHT, WRONG, OFFERED, REFUSED, STRANGE, STRANGE, ANSWERED_STRANGE, WAITING)
    figures = Evaluation(found, 0.55).figures
    assert figures.keys() == FIGURES.keys()
    assert (figures["right"], figures["right-or-offered"]) == (2 / 5, 3 / 5)
    assert (figures["wrong"], figures["refused"]) == (1 / 5, 1 / 5)
    assert figures["precision"] == 2 / 4
    assert figures["off-topic-refused"] == 2 / 3


def test_what_there_is_nothing_of_is_not_measured() -> None:
    figures = Evaluation((STRANGE,), 0.55).figures
    assert {name for name, value in figures.items() if value is None} == {
        "right", "right-or-offered", "wrong", "refused", "precision",
    }  # fmt: skip
    assert set(Evaluation((), 0.55).figures.values()) == {None}


def test_the_calibration_error_compares_the_confidence_with_what_was_right_in_each_tenth() -> None:
    # 0.9 was said twice and right once; 0.1 was said once and never right: (2 · 0.4 + 1 · 0.1) / 3.
    confused = result(ranked=WRONG.ranked)
    assert Evaluation((RIGHT, confused, STRANGE, IN_CRISIS), 0.55).calibration_error == pytest.approx(0.3)
    certain = result(confidence=1.0)
    assert Evaluation((certain,), 0.55).calibration_error == 0.0
    assert [(b.low, b.high, b.size) for b in Evaluation((certain, STRANGE), 0.55).bins] == [
        (0.1, 0.2, 1),
        (0.9, 1.0, 1),
    ]


def test_another_threshold_is_told_by_what_it_would_answer_and_how_much_of_it_wrong() -> None:
    every = Evaluation((RIGHT, WRONG, REFUSED, STRANGE, ANSWERED_STRANGE), 0.55)
    assert every.setting(0.55) == (0.55, 2 / 3, 2 / 3, 1 / 2)
    assert every.setting(0.8) == (0.8, 1 / 3, 0.0, 1.0)
    assert every.setting(0.0) == (0.0, 1.0, 3 / 5, 0.0)


# --- asking -------------------------------------------------------------------------------------------


def test_each_question_is_asked_by_itself_and_told_with_what_was_nearest(bot: Bot) -> None:
    length = KNOWLEDGE.entries["program-length"]
    questions = (
        Asked(length.question, ("program-length",)),
        Asked("what is the capital of peru", ()),
        Asked("do you have a nursery for my toddler", ("childcare",)),
        Asked("i took all the pills and want to die", ()),
    )
    report = evaluate(bot, questions)
    exact, strange, waiting, danger = report.results
    assert (exact.outcome, exact.topic, exact.ranked[0].entry) == (
        "right",
        "program-length",
        "program-length",
    )
    assert exact.ranked[0].terms
    assert (strange.scope, strange.outcome, strange.is_miss) == ("off-topic", "refused", False)
    assert waiting.scope == "unpublished"
    assert (danger.kind, danger.confidence) == ("crisis", None)
    assert report.needed == bot.engine.judge.answer_at


def test_the_same_questions_give_the_same_report(bot: Bot) -> None:
    questions = read_questions(QUESTIONS, KNOWLEDGE)[::20]
    assert evaluate(bot, questions).as_json() == evaluate(bot, questions).as_json()


def test_the_projects_own_questions_keep_their_floors(bot: Bot) -> None:
    report = evaluate(bot, read_questions(QUESTIONS, bot.engine.knowledge))
    assert report.breaches(FLOORS, CEILINGS) == (), json.dumps(report.figures)
