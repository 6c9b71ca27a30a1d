"""The check of the knowledge: red for each kind of fault, planted one by one."""

import re
import shutil
from collections.abc import Callable
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path
from typing import NamedTuple

import pytest
from findings import TODAY, found, the_one

from chatbot import Bot, Knowledge
from chatbot.content import PACKAGED
from chatbot.health import KINDS, Report, examine
from chatbot.health_rules import HELP_LINE_DAYS, REVIEW_DAYS
from chatbot.model import Entry

Plant = Callable[[str, str, str], Report]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A copy of the shipped knowledge."""
    return shutil.copytree(PACKAGED, tmp_path / "knowledge")


@pytest.fixture
def plant(folder: Path, bot: Bot) -> Plant:
    """Replaces a text that stands once in a file of the copy, and checks the copy by its rules.

    No wording is tried: that needs a new index, and has tests of its own.
    """

    def plant(file: str, old: str, new: str) -> Report:
        text = (folder / file).read_text("utf-8")
        assert text.count(old) == 1
        (folder / file).write_text(text.replace(old, new), "utf-8")
        return examine(replace(bot.engine, knowledge=Knowledge.load(folder)), TODAY, trials=())

    return plant


class Fault(NamedTuple):
    """A text of a file that is replaced by a fault, the kind and the entry it is found at, and its words."""

    kind: str
    file: str
    old: str
    new: str
    entry: str
    words: str


HARD = (
    "Individualized multidisciplinary rehabilitation necessitates comprehensive interdisciplinary "
    "communication regarding psychopharmacological considerations."
)
COST, BASICS, CLINIC, ONLINE = (
    f"topics/{name}.md" for name in ("cost-and-insurance", "basics", "the-clinic", "online")
)
PRICE = "The price of an IOP varies, so ask this clinic what it charges."
PRICE_SOURCE = "source: Ranges on programs’ own pages, gathered November 2026\n"
ONLINE_ANSWER = "Programs differ, so ask this clinic if you can attend online."
REVIEWED = "related: virtual-iop, confidentiality-in-groups\nreviewed: 2026-11-23\n"
NEW_TOPIC = """\
# Cost and insurance

## What does an IOP cost? {#price}
? what is the price of it
? tell me the fee
kind: mixed
source: Ranges on programs’ own pages, gathered November 2026
reviewed: 2026-11-23

The price of an IOP varies, so please ask this clinic what it charges. Commercial listings show roughly 250
to 650 US dollars a day without insurance. What you pay depends on your health plan and on how many days you
come.

**This clinic's price:** {clinic.price}
"""

FAULTS = {
    "a wording of one topic stands under another, too": Fault(
        "same-wording",
        "topics/therapy.md",
        "{#cbt-and-dbt}\n",
        "{#cbt-and-dbt}\n? HOW  long does an IOP last\n",
        "cbt-and-dbt",
        r"“HOW  long does an IOP last” also stands under program-length \(topics/program\.md:\d+\)",
    ),
    "a topic stands there twice in other words": Fault(
        "near-duplicate",
        COST,
        "# Cost and insurance\n",
        NEW_TOPIC,
        "price",
        r"nearly the same as cost \(topics/cost-and-insurance\.md:\d+\)",
    ),
    "an answer gives another number for the same thing": Fault(
        "numbers-disagree",
        BASICS,
        "at least 9 hours a week for adults",
        "at least 12 hours a week for adults",
        "drawbacks",
        r"“at least 12 hours a week”, but \S+ \(topics/\S+\) says “at least 9",
    ),
    "an answer has more than 90 words": Fault(
        "too-long", COST, PRICE, "We are glad to help. " * 16, "cost", r"has 1\d\d words; at most 90"
    ),
    "an answer is written for scholars": Fault(
        "hard-to-read", COST, PRICE, HARD, "cost", r"at grade 1\d\.\d\. Its hardest sentence: “Individualized"
    ),
    "a line of the bot is written for scholars": Fault(
        "hard-line", "bot.md", "You are welcome.", HARD, "thanks", r"at grade \d\d\.\d; at most 6"
    ),
    "an answer of the article has a second sentence of its own": Fault(
        "not-the-article",
        "topics/program.md",
        "First you get a plan made for you,",
        "We are nice here. First you get a plan made for you,",
        "what-to-expect",
        "Not in the article: “We are nice here.” and “First you",
    ),
    "an answer of the article quotes nothing of it": Fault(
        "not-the-article",
        ONLINE,
        "kind: general\nsource: SAMHSA Advisory",
        "kind: article\nsource: SAMHSA Advisory",
        "virtual-iop",
        "No sentence of the answer stands in the article",
    ),
    "an answer has no source": Fault(
        "no-source", COST, PRICE_SOURCE, "", "cost", "A topic of kind mixed needs a source"
    ),
    "a source has an address that is not https": Fault(
        "bad-source",
        COST,
        PRICE_SOURCE,
        "source: Some page <http://www.example.org/>\n",
        "cost",
        "“Some page” has the address http://www.example.org/, which is not an https address",
    ),
    "a source has an address that leads nowhere": Fault(
        "bad-source", COST, PRICE_SOURCE, "source: Some page <https://nowhere/>\n", "cost", "https://nowhere/"
    ),
    "a source has its address where its title should be": Fault(
        "bad-source",
        COST,
        PRICE_SOURCE,
        "source: https://www.example.org/\n",
        "cost",
        "has an address, or nothing, where its title should be",
    ),
    "an answer names a fact that no profile has": Fault(
        "unknown-field", COST, "{clinic.price}", "{clinic.prise}", "cost", r"^\{clinic\.prise\} is none of"
    ),
    "a placeholder is not closed": Fault(
        "unknown-field", COST, "{clinic.price}", "{clinic.price", "cost", r"^\{clinic\.price is none of"
    ),
    "a placeholder is not one of the clinic": Fault(
        "unknown-field", COST, "{clinic.price}", "{price}", "cost", r"^\{price\} is none of"
    ),
    "a line of the bot names a fact that no profile has": Fault(
        "unknown-field",
        "bot.md",
        "Please ask {clinic.name} at {clinic.phone}.",
        "Please ask {clinic.owner}.",
        "no-answer-clinic",
        r"^\{clinic\.owner\} is none of",
    ),
    "a general answer uses a fact of the clinic": Fault(
        "placeholder",
        ONLINE,
        ONLINE_ANSWER,
        "Call {clinic.phone}.",
        "virtual-iop",
        "kind general, which holds for every clinic, but uses",
    ),
    "an answer of the clinic uses none of its facts": Fault(
        "placeholder", CLINIC, "{clinic.childcare}", "None.", "childcare", "has no place for a fact"
    ),
    "an answer on law lacks its notice": Fault(
        "law-notice",
        "topics/privacy-and-work.md",
        "Ask this clinic who fills them in. This is information, not legal advice.",
        "Ask this clinic who fills them in.",
        "medical-leave",
        "lacks the words “information, not legal advice”",
    ),
    "a topic has never been reviewed": Fault(
        "review-due", ONLINE, REVIEWED, "", "virtual-technology", "has never been reviewed"
    ),
    "a topic was reviewed too long ago": Fault(
        "review-due",
        ONLINE,
        REVIEWED,
        "reviewed: 2025-11-23\n",
        "virtual-technology",
        "was reviewed on 2025-11-23, more than 365 days ago",
    ),
    "a topic was reviewed tomorrow": Fault(
        "review-due", ONLINE, REVIEWED, "reviewed: 2026-11-25\n", "virtual-technology", "still to come"
    ),
    "a topic has two phrasings": Fault(
        "few-phrasings", COST, "# Cost and insurance\n", NEW_TOPIC, "price", "has 2 phrasings beside"
    ),
    "an answer promises": Fault(
        "promise",
        COST,
        PRICE,
        "We guarantee it. " + PRICE,
        "cost",
        "says “guarantee”. Better: say what often",
    ),
    "an answer promises that the plan will pay": Fault(
        "promise", COST, PRICE, "It will be   covered 100%.", "cost", "says “100%”|says “will be covered”"
    ),
    "an answer uses a word that hurts": Fault(
        "stigma",
        COST,
        PRICE,
        "Addicts pay less. " + PRICE,
        "cost",
        "says “addicts”. Better: people with an addiction",
    ),
}
TRIED_BY_THEMSELVES = {"help-line", "lost-phrasing", "confused-phrasing"}


@pytest.mark.parametrize("fault", FAULTS.values(), ids=FAULTS)
def test_the_check_finds_that(fault: Fault, plant: Plant) -> None:
    report = plant(fault.file, fault.old, fault.new)
    finding = found(report, fault.kind)[0]
    assert finding.entry == fault.entry
    assert re.search(fault.words, finding.text)
    assert re.fullmatch(rf"{re.escape(fault.file)}:[1-9]\d*", finding.place.replace("knowledge/", ""))
    assert report.is_healthy == (KINDS[fault.kind].level == "warning")
    assert not report.is_healthy or report.has_warnings


def test_every_kind_of_finding_is_planted_by_a_test() -> None:
    assert {f.kind for f in FAULTS.values()} | TRIED_BY_THEMSELVES == set(KINDS)


def test_only_hints_are_warnings() -> None:
    warnings = {name for name, kind in KINDS.items() if kind.level == "warning"}
    assert warnings == {"confused-phrasing", "promise", "stigma"}


ASKED = ("how heavy is the red box", "weight of the red box", "red box in pounds")
OTHERS = ("who painted the old door", "name of the painter", "door artist")
SAID = "The red box weighs as much as a cat, and a cat weighs as much as a red box."


@pytest.mark.parametrize(
    ("question", "phrasings", "answer", "is_double"),
    [
        ("Who painted that?", OTHERS, "Nobody knows, for the old painter never signed a single one.", False),
        ("Who painted that?", OTHERS, SAID, True),
        ("Who painted that?", ASKED, "Nobody knows, for the old painter never signed a single one.", True),
        ("So how heavy is it?", OTHERS, "The red box weighs as much as three cats, which is a lot.", True),
        (
            "So how heavy is it?",
            OTHERS,
            "Nobody knows, for the old painter never signed a single one.",
            False,
        ),
    ],
    ids=["nothing", "the answers", "the wordings", "question and answer", "the question alone"],
)
def test_two_topics_are_one_where_what_they_ask_or_say_is_alike(
    bot: Bot, question: str, phrasings: tuple[str, ...], answer: str, *, is_double: bool
) -> None:
    topics = (
        Entry("box", "How heavy is it?", SAID, ASKED),
        Entry("door", question, answer, phrasings),
    )
    known = replace(bot.engine.knowledge, topics=topics)
    report = examine(replace(bot.engine, knowledge=known), TODAY, trials=())
    assert bool(found(report, "near-duplicate")) == is_double


@pytest.mark.parametrize(
    ("phrasings", "answer"),
    [(ASKED, "Nobody knows, for the old painter never signed a single one."), (OTHERS, SAID)],
    ids=["the wordings", "the answers"],
)
def test_a_topic_that_stands_there_twice_is_found_among_many(
    bot: Bot, phrasings: tuple[str, ...], answer: str
) -> None:
    twins = (Entry("box", "How heavy is it?", SAID, ASKED), Entry("door", "Tell me", answer, phrasings))
    topics = (twins[0], *bot.engine.knowledge.topics, twins[1])
    known = replace(bot.engine.knowledge, topics=topics)
    report = examine(replace(bot.engine, knowledge=known), TODAY, trials=())
    assert the_one(report, "near-duplicate").entry == "box"


def test_a_help_line_that_nobody_has_checked_for_half_a_year_is_found(bot: Bot) -> None:
    known = bot.engine.knowledge
    line = known.guide.help_lines[0]
    due = date.fromisoformat(line.reviewed) + timedelta(days=HELP_LINE_DAYS)
    alone = replace(known, guide=replace(known.guide, help_lines=(line,)))
    engine = replace(bot.engine, knowledge=alone)
    assert found(examine(engine, due, trials=()), "help-line") == []
    late = examine(engine, due + timedelta(days=1), trials=())
    assert not late.is_healthy
    assert the_one(late, "help-line").text == (
        f"The help line “{line.name}” was reviewed on {line.reviewed}, more than 180 days ago."
    )


def test_a_knowledge_without_help_lines_is_not_healthy(bot: Bot) -> None:
    known = bot.engine.knowledge
    bare = replace(known, guide=replace(known.guide, help_lines=()))
    report = examine(replace(bot.engine, knowledge=bare), TODAY, trials=())
    assert not report.is_healthy
    assert the_one(report, "help-line").text == "There is no help line at all."


def test_a_review_is_due_after_a_year_and_not_before(bot: Bot) -> None:
    reviewed = date.fromisoformat(bot.engine.knowledge.topics[0].reviewed or "")
    due = reviewed + timedelta(days=REVIEW_DAYS)
    assert found(examine(bot.engine, due, trials=()), "review-due") == []
    late = examine(bot.engine, due + timedelta(days=1), trials=())
    assert len(found(late, "review-due")) == len(bot.engine.knowledge.topics)


def test_the_words_of_the_article_are_let_pass(bot: Bot) -> None:
    """Hard sentences and words that the clinic would not choose are quoted as they stand."""
    quoting = bot.engine.knowledge.entries["what-is-iop"]
    assert "substance abuse" in quoting.answer
    told = replace(quoting, answer="Substance abuse is not our word.", id="ours")
    known = replace(bot.engine.knowledge, topics=(quoting, told))
    report = examine(replace(bot.engine, knowledge=known), TODAY, trials=())
    assert [f.entry for f in found(report, "stigma")] == ["ours"]
    assert found(report, "hard-to-read") == []
