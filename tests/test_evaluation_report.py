"""The report of an evaluation, as text, as JSON and as a page."""

import json
import re
from dataclasses import replace

import pytest
from outline import Outline

from chatbot.charts import Bar, Dot, Frame, curve, diagonal, histogram
from chatbot.errors import ChatbotError
from chatbot.evaluation_kinds import FIGURES, Result
from chatbot.evaluation_report import Earlier, Report
from chatbot.model import Match

NEAR = (
    Match("insurance", 0.4, 0.6, "what does <b>insurance</b> pay", ("what", "pay")),
    Match("cost", 0.3, 0.0, "price", ()),
)
RIGHT = Result("a price?", ("cost",), "answerable", "answer", "cost", (), 0.9, (Match("cost", 0.5, 0.9),))
WRONG = Result("what <i>do</i> i pay", ("cost",), "answerable", "answer", "insurance", (), 0.6, NEAR)
OFFERED = replace(WRONG, question="pay", kind="clarify", topic=None, offered=("insurance", "cost"))
STRANGE = Result("pizza", (), "off-topic", "no_answer", None, (), 0.1, NEAR)
DANGER = Result("dark", ("cost",), "answerable", "crisis", None, (), None)
WAITING = replace(STRANGE, question="kids", topics=("childcare",), scope="unpublished")
REPORT = Report((RIGHT, WRONG, OFFERED, STRANGE, DANGER, WAITING), 0.55)


def test_the_text_gives_the_figures_and_each_miss_with_the_reason() -> None:
    assert (
        REPORT.text()
        == """\
6 questions: 4 that topics answer, 1 that nothing answers, 1 that wait for facts of the clinic.

  Right                     25.0%  of the answerable questions, those answered by a right topic
  Right or offered          50.0%  the same, or with a right topic among the choices
  Wrong                     25.0%  of the answerable questions, those given another answer
  Refused                   25.0%  of the answerable, those given no answer and no choice
  Precision                 50.0%  of all answers given, those that are right
  Off-topic refused        100.0%  of those that nothing answers, given nothing
  Calibration error         30.0%  how far, on average, the confidence is from the share right

GIVEN A WRONG ANSWER (1)
  - “what <i>do</i> i pay”
    Right: cost. Given: insurance.
    It was 0.60 sure and needed 0.55. Nearest:
    1. insurance (0.40) by “what does <b>insurance</b> pay”, sharing what, pay
    2. cost (0.30) by “price”, sharing no whole word

GIVEN NO ANSWER, THOUGH A TOPIC HAS IT (1)
  - “dark”
    Right: cost. Given: crisis.

GIVEN THE RIGHT TOPIC TO CHOOSE, NOT AS THE ANSWER (1)
  - “pay”
    Right: cost. Offered: insurance, cost.
    It was 0.60 sure and needed 0.55. Nearest:
    1. insurance (0.40) by “what does <b>insurance</b> pay”, sharing what, pay
    2. cost (0.30) by “price”, sharing no whole word"""
    )


def test_the_text_shows_as_many_misses_of_a_kind_as_it_is_told() -> None:
    report = Report((WRONG,) * 30, 0.55)
    assert report.text().count("Given: insurance.") == 20
    assert "… and 10 more: --all prints them" in report.text()
    assert report.text(shown=30).count("Given: insurance.") == 30


def test_the_json_holds_everything() -> None:
    told = json.loads(REPORT.as_json())
    assert told["questions"] == len(told["results"]) == 6
    assert told["figures"].keys() == FIGURES.keys()
    assert told["misses"] == [WRONG.question, DANGER.question, OFFERED.question]
    assert told["results"][1]["outcome"] == "wrong"
    assert told["results"][1]["ranked"][0] == {
        "entry": "insurance",
        "score": 0.4,
        "confidence": 0.6,
        "wording": "what does <b>insurance</b> pay",
        "terms": ["what", "pay"],
    }


# --- against an earlier one ---------------------------------------------------------------------------


def test_an_earlier_report_is_compared_by_figure_and_by_question() -> None:
    before = Report((replace(RIGHT, question=WRONG.question), replace(WRONG, question=RIGHT.question)), 0.55)
    earlier = Earlier.read(before.as_json(), "earlier.json")
    text = REPORT.text(earlier)
    assert "Right                     25.0%  was 50.0%, -25.0 points, worse" in text
    assert "Wrong                     25.0%  was 50.0%, -25.0 points, better" in text
    assert "Precision                 50.0%  was 50.0%, the same" in text
    assert "WORSE than before (1)\n  - “what <i>do</i> i pay”: was right, is wrong" in text
    assert "BETTER than before (1)\n  - “a price?”: was wrong, is right" in text


def test_compared_with_itself_nothing_has_changed() -> None:
    earlier = Earlier.read(REPORT.as_json(), "earlier.json")
    assert REPORT.changed(earlier) == ([], [])


@pytest.mark.parametrize(
    "text",
    [
        "",
        "[]",
        "{}",
        '{"figures": {}, "results": []}',
        REPORT.as_json().replace('"wrong"', '"awful"', 1),
        REPORT.as_json().replace('"outcome": "right"', '"outcome": "fine"'),
        REPORT.as_json().replace('"right": 0.25', '"right": "many"'),
    ],
)
def test_what_is_no_earlier_report_is_refused_by_name(text: str) -> None:
    with pytest.raises(ChatbotError, match=r"^x\.json is no earlier evaluation: name a file"):
        Earlier.read(text, "x.json")


def test_a_figure_below_its_floor_or_above_its_ceiling_is_named() -> None:
    assert REPORT.breaches({"right": 0.25}, {"wrong": 0.25}) == ()
    assert REPORT.breaches({"right": 0.3}, {"wrong": 0.2}) == (
        "Right is 25.0%; it must be at least 30.0%",
        "Wrong is 25.0%; it must be at most 20.0%",
    )


def test_what_was_not_measured_keeps_no_floor() -> None:
    assert Report((RIGHT,), 0.55).breaches({"off-topic-refused": 0.0}, {}) == (
        "Off-topic refused is not measured; it must be at least 0.0%",
    )


# --- the page -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("report", [REPORT, Report((RIGHT,), 0.55), Report((), 0.55)])
def test_the_page_is_whole_and_needs_no_script_and_no_network(report: Report) -> None:
    html = report.html()
    tags = Outline(html)
    assert {t for t, _ in tags.elements}.isdisjoint({"script", "link", "img", "iframe", "object", "b", "i"})
    loads = ("src", "href", "srcset")
    assert not [a for _, attributes in tags.elements for a in attributes if a in loads or a[:2] == "on"]
    assert not re.search(r"url\(|@import|https?:|\$\w|\bnan\b", html)


def test_the_page_shows_each_miss_escaped_and_why() -> None:
    html = REPORT.html()
    assert "what &lt;i&gt;do&lt;/i&gt; i pay" in html
    assert "1. insurance (0.40) by “what does &lt;b&gt;insurance&lt;/b&gt; pay”, sharing what, pay" in html
    assert all(figure.title in html for figure in FIGURES.values())


def test_each_picture_has_a_name_and_a_table_that_tells_the_same() -> None:
    html = REPORT.html()
    names = re.findall(r'<svg class="chart" role="img" aria-labelledby="(\w+)"', html)
    assert names == ["histogram", "risk", "reliability"]
    assert all(f'<title id="{name}">' in html for name in names)
    assert '<tr><th scope="row">0.9 to 1.0</th><td class="number">1</td>' in html
    assert html.count('<th scope="row">0.') >= 20


def test_a_histogram_tells_each_bar_and_is_as_high_as_its_highest() -> None:
    svg = histogram(Frame("h", "Bars", "x"), [Bar(0.0, 0.1, 2, 4), Bar(0.9, 1.0, 4, 0)], 0.5, ("in", "out"))
    told = re.findall(r"<g><title>(.*?)</title>", svg)
    assert told[:4] == [
        "0.0 to 0.1, in: 2", "0.9 to 1.0, in: 4", "0.0 to 0.1, out: 4", "0.9 to 1.0, out: 0",
    ]  # fmt: skip
    assert told[-1] == "needed for an answer: 0.50"
    heights = [float(h) for h in re.findall(r'<rect class="bar-\w+"[^>]* height="([\d.]+)"', svg)]
    assert heights[0] * 2 == heights[1] == heights[2] > heights[3] == 0


def test_a_curve_marks_where_things_stand_and_a_diagonal_weighs_its_dots() -> None:
    dots = [Dot(0.0, 0.0, 1, "a"), Dot(1.0, 0.2, 1, "b & c")]
    svg = curve(Frame("c", "Curve", "x", "y"), dots, dots[1], highest=0.2)
    assert "<title>b &amp; c</title>" in svg
    assert svg.count('<circle class="open"') == 2
    assert svg.count('<circle class="full"') == 1
    even = diagonal(Frame("d", "Even", "x", "y"), [Dot(0.1, 0.1, 1, "few"), Dot(0.9, 0.9, 100, "many")])
    few, many = (float(r) for r in re.findall(r' r="([\d.]+)"', even))
    assert few < many
