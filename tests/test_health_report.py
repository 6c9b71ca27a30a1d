"""The report of a check, as text, as JSON and as a page."""

import json
import re
from dataclasses import replace

import pytest
from outline import Outline

from chatbot.health import KINDS, Confusion, Finding, Report, TopicHealth


def report_of(*findings: Finding, **changes: object) -> Report:
    topics = (
        TopicHealth("cats", "Cats?", "Pets & <b>more</b>", 4, 1, is_published=True, missing=()),
        TopicHealth(
            "dogs", "Dogs?", "Pets & <b>more</b>", 2, 2, is_published=False, missing=("name", "phone")
        ),
    )
    confusions = (
        Confusion("cats", "<i>a</i> cat", "dogs", 0.9, is_answered=True, path="k/topics/pets.md", line=4),
        Confusion("cats", "a dog", "dogs", 0.2, is_answered=False, path="k/topics/pets.md", line=5),
        Confusion("cats", "hello", "greeting", 0.2, is_answered=False, path="k/topics/pets.md", line=6),
    )
    return replace(Report("2026-11-24", findings, topics, confusions), **changes)  # type: ignore[arg-type]


LONG_ANSWER = Finding(
    "error", "too-long", "cats", "It has <b>99</b> words.", "/srv/knowledge/topics/pets.md", 3
)
PROMISE = Finding("warning", "promise", "dogs", "It says “cures”.", "/srv/knowledge/topics/pets.md", 9)


def test_errors_make_a_report_unhealthy_and_warnings_do_not() -> None:
    assert report_of().is_healthy
    assert not report_of().has_warnings
    assert report_of(PROMISE).is_healthy
    assert report_of(PROMISE).has_warnings
    assert not report_of(LONG_ANSWER).is_healthy
    assert report_of(LONG_ANSWER, PROMISE).verdict == "Not healthy: 1 error, 1 warning."


def test_the_text_says_what_where_and_what_to_do() -> None:
    assert (
        report_of(PROMISE, LONG_ANSWER).text()
        == """\
Knowledge checked on 2026-11-24. Not healthy: 1 error, 1 warning.
2 topics, 1 of them published.

ERROR: An answer is too long (1)
  What to do: Cut it to 90 words: one question, one answer, the rest elsewhere.
  - topics/pets.md:3 cats
    It has <b>99</b> words.

WARNING: An answer promises something (1)
  What to do: Say what may happen, and that nobody can promise it.
  - topics/pets.md:9 dogs
    It says “cures”.

WAITING for facts of the clinic (fill them in the clinic's profile)
  - dogs is not published: name, phone

FOR INFORMATION: when a wording is left out, 3 of 6 wordings (50%) still find their own topic
first. The others find these; how many of them would get that topic's answer stands in brackets.
  - cats -> dogs: 2 (1), such as “<i>a</i> cat”
  - cats -> greeting: 1 (0), such as “hello”"""
    )


def test_the_text_shows_every_error_but_only_some_of_many_warnings() -> None:
    errors = [replace(LONG_ANSWER, line=n) for n in range(1, 31)]
    warnings = [replace(PROMISE, line=n) for n in range(1, 31)]
    text = report_of(*errors, *warnings).text()
    assert text.count("It has <b>99</b> words.") == 30
    assert text.count("It says “cures”.") == 20
    assert "… and 10 more: all are in the JSON and the HTML report." in text


def test_the_json_holds_everything() -> None:
    told = json.loads(report_of(LONG_ANSWER, PROMISE).as_json())
    assert (told["checked_on"], told["healthy"], told["errors"], told["warnings"]) == (
        "2026-11-24",
        False,
        1,
        1,
    )
    assert told["findings"][0] == {
        "level": "error",
        "kind": "too-long",
        "entry": "cats",
        "text": "It has <b>99</b> words.",
        "path": "/srv/knowledge/topics/pets.md",
        "line": 3,
    }
    assert told["found_first"] == {"wordings": 6, "found": 3}
    assert [c["wording"] for c in told["confusions"]] == ["<i>a</i> cat", "a dog", "hello"]
    assert told["topics"][1]["missing"] == ["name", "phone"]


@pytest.mark.parametrize(
    "report", [report_of(LONG_ANSWER, PROMISE), report_of(), Report("2026-11-24", (), ())]
)
def test_the_page_is_whole_and_needs_no_script_and_no_network(report: Report) -> None:
    html = report.html()
    tags = Outline(html)
    assert {t for t, _ in tags.elements}.isdisjoint({"script", "link", "img", "iframe", "object", "b", "i-"})
    assert not [
        a
        for _, attributes in tags.elements
        for a in attributes
        if a in ("src", "href", "srcset") or a[:2] == "on"
    ]
    assert not re.search(r"url\(|@import|https?:", html)
    assert not re.search(r"\$\w", html)


def test_the_page_shows_findings_escaped_with_place_and_cure() -> None:
    html = report_of(LONG_ANSWER).html()
    assert "It has &lt;b&gt;99&lt;/b&gt; words." in html
    assert "topics/pets.md:3" in html
    assert KINDS["too-long"].cure in html
    assert "&lt;i&gt;a&lt;/i&gt; cat" in html
    assert "Pets &amp; &lt;b&gt;more&lt;/b&gt;" in html


def test_the_picture_has_a_name_and_marks_that_need_no_color() -> None:
    html = report_of().html()
    svg = html[html.index('<svg class="matrix"') : html.index("</svg>", html.index('<svg class="matrix"'))]
    assert 'role="img" aria-labelledby="picture-title"' in svg
    assert "3 wordings found another topic. The table below tells the same." in svg
    assert re.findall(r"<title>(.*?)</title>", svg) == [
        "cats: found by 1 of 4",
        "cats, taken for dogs: 2 wordings, 1 answered",
        "cats, taken for the bot&#x27;s small talk: 1 wording, 0 answered",
        "dogs: found by 2 of 2",
    ]
    assert re.findall(r'<circle class="(\w+)"', svg) == ["full", "open"]


def test_the_table_behind_the_picture_lists_every_wording() -> None:
    html = report_of().html()
    table = html[html.index("The same as a table") :]
    assert table.count("<li>") == len(report_of().confusions)
    assert table.count('<th scope="row">') == len(report_of().topics)
    assert "a dog → dogs" in table
    assert "topics/pets.md:5" in table


def test_colors_follow_the_readers_choice_of_light_or_dark() -> None:
    html = report_of().html()
    used = set(re.findall(r"var\((--[\w-]+)\)", html))
    light, dark = (
        set(re.findall(r"(--[\w-]+):", block)) for block in re.findall(r":root \{(.*?)\}", html, re.DOTALL)
    )
    assert "prefers-color-scheme: dark" in html
    assert used - {"--edge"} == light == dark
