"""The check of the knowledge: green for what is shipped, red for each kind of fault, planted one by one."""

import re
import shutil
from collections.abc import Callable
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pytest

from chatbot import Bot, Knowledge
from chatbot.content import PACKAGED
from chatbot.engine import Engine
from chatbot.fitting import Trial, build_with_trials
from chatbot.health import KINDS, Finding, Report, examine
from chatbot.health_rules import HELP_LINE_DAYS, REVIEW_DAYS
from chatbot.model import Entry, Profile

TODAY = date(2026, 11, 24)
Plant = Callable[[str, str, str], Report]


@pytest.fixture(scope="module")
def trials(bot: Bot) -> list[Trial]:
    """Every wording of the shipped knowledge, left out and asked."""
    return build_with_trials(bot.engine.knowledge)[1]


@pytest.fixture(scope="module")
def shipped(bot: Bot, trials: list[Trial]) -> Report:
    """The report on the knowledge as it is shipped."""
    return examine(bot.engine, TODAY, trials=trials)


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


def found(report: Report, kind: str) -> list[Finding]:
    return [f for f in report.findings if f.kind == kind]


def the_one(report: Report, kind: str) -> Finding:
    (finding,) = found(report, kind)
    return finding


# --- what is shipped ----------------------------------------------------------------------------------


def test_the_shipped_knowledge_is_healthy(shipped: Report) -> None:
    assert [f for f in shipped.findings if f.level == "error"] == []
    assert shipped.is_healthy


def test_the_shipped_knowledge_warns_of_nothing_but_wordings_that_are_hard_to_tell_apart(
    shipped: Report,
) -> None:
    assert {f.kind for f in shipped.findings} <= {"confused-phrasing"}


def test_every_wording_of_a_topic_was_left_out_and_asked(shipped: Report, bot: Bot) -> None:
    wordings = {t.id: len(dict.fromkeys((t.question, *t.phrasings))) for t in bot.engine.knowledge.topics}
    assert {t.id: t.wordings for t in shipped.topics} == wordings
    first, total = shipped.found_first
    assert total - first == len(shipped.confusions)


def test_the_report_tells_which_topics_wait_for_which_facts(shipped: Report) -> None:
    waiting = {t.id: (t.is_published, t.missing) for t in shipped.waiting}
    assert waiting["childcare"] == (False, ("childcare",))
    assert waiting["cost"] == (True, ("payment", "price"))
    assert waiting["location-and-hours"] == (False, ("address", "hours", "name", "parking", "phone"))


def test_a_topic_whose_facts_are_known_waits_for_nothing(bot: Bot) -> None:
    profile = Profile({"childcare": "None."})
    known = replace(bot.engine.knowledge, profile=profile)
    report = examine(replace(bot.engine, knowledge=known), TODAY, trials=())
    assert "childcare" not in {t.id for t in report.waiting}


# --- each kind of fault, planted ----------------------------------------------------------------------


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


# --- wordings that find another topic -----------------------------------------------------------------

PETS = """\
# Pets

## May I bring a dog to the garden? {#dogs}
? are dogs allowed in the garden
? puppy at the garden gate
? can my dog come into the garden
? walking a dog in the garden
? hamster wheel

Dogs may come.

## How much is a ticket? {#tickets}
? what does a ticket cost
? price of a ticket
? ticket prices for children
? entrance fee
? may my dog run in the garden

It costs a coin.

## Which hamster is yours? {#hamsters}
? hamster wheel
? hamster cage
? is there a hamster

The brown one.
"""


@pytest.fixture(scope="module")
def pets(tmp_path_factory: pytest.TempPathFactory) -> tuple[Report, Path]:
    """The report on a small knowledge with a wording in the wrong topic and one in two, and its file."""
    path = tmp_path_factory.mktemp("pets") / "topics/pets.md"
    path.parent.mkdir()
    path.write_text(PETS, "utf-8")
    background = "how far is the moon\nwho won the cup\nhow do i boil an egg\nwhat time is it in rome\n"
    (path.parent.parent / "background.txt").write_text(background, "utf-8")
    return examine(Engine.build(Knowledge.load(path.parent.parent)), TODAY), path


def line_of(path: Path, text: str) -> int:
    return path.read_text("utf-8").splitlines().index(text) + 1


def test_a_wording_that_would_get_another_topics_answer_is_a_warning(pets: tuple[Report, Path]) -> None:
    report, path = pets
    finding = next(f for f in found(report, "confused-phrasing") if f.entry == "tickets")
    assert finding.level == "warning"
    assert re.fullmatch(
        r"“may my dog run in the garden” would get the answer of dogs \(\d+% sure\)\.", finding.text
    )
    assert finding.line == line_of(path, "? may my dog run in the garden")


def test_a_wording_that_does_not_even_find_its_own_topic_is_an_error(pets: tuple[Report, Path]) -> None:
    report, path = pets
    finding = the_one(report, "lost-phrasing")
    assert finding.level == "error"
    assert finding.text == "“hamster wheel” finds dogs first."
    assert finding.entry == "hamsters"
    assert path.read_text("utf-8").splitlines()[finding.line - 1] == "? hamster wheel"
    assert finding.line > line_of(path, "## Which hamster is yours? {#hamsters}")


def test_a_confusion_tells_the_wording_the_winner_and_the_line(pets: tuple[Report, Path]) -> None:
    report, path = pets
    confusion = next(c for c in report.confusions if c.wording == "may my dog run in the garden")
    assert (confusion.entry, confusion.winner, confusion.is_answered) == ("tickets", "dogs", True)
    assert (confusion.path, confusion.line) == (str(path), line_of(path, f"? {confusion.wording}"))


def test_a_passage_that_a_topic_cites_is_no_rival_of_it(bot: Bot, trials: list[Trial]) -> None:
    """It says the same, so that a visitor who gets it is not misled."""
    engine = bot.engine
    of_topic = (t for t in trials if t.entry == "benefits" and t.kind == "phrasing")
    sure = next(t for t in of_topic if engine.judge.confidence(t.ranked) >= engine.judge.answer_at)

    def warnings_if_found(winner: str) -> int:
        order = np.roll(sure.ranked.order, 1)
        order[0] = engine.index.ids.index(winner)
        trial = sure._replace(ranked=sure.ranked._replace(order=order), answers=frozenset({-1}))
        return len(found(examine(engine, TODAY, trials=[trial]), "confused-phrasing"))

    assert warnings_if_found("article/benefits-of-an-iop") == 0
    others = (i for i in engine.index.ids if i.startswith("article/") and "benefits" not in i)
    assert warnings_if_found(next(others)) == 1
    assert warnings_if_found("detox") == 1
