"""The check of the knowledge: green for what is shipped, and how it tells wordings apart."""

import re
from dataclasses import replace
from pathlib import Path

import pytest
from findings import TODAY, found, the_one

from chatbot import Bot, Knowledge
from chatbot.engine import Engine
from chatbot.fitting import Trial, build_with_trials
from chatbot.health import Report, examine
from chatbot.model import Profile


@pytest.fixture(scope="module")
def trials(bot: Bot) -> list[Trial]:
    """Every wording of the shipped knowledge, left out and asked."""
    return build_with_trials(bot.engine.knowledge)[1]


@pytest.fixture(scope="module")
def shipped(bot: Bot, trials: list[Trial]) -> Report:
    """The report on the knowledge as it is shipped."""
    return examine(bot.engine, TODAY, trials=trials)


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
    sure = next(t for t in of_topic if engine.judge.confidence(t.evidence) >= engine.judge.answer_at)

    def warnings_if_found(winner: str) -> int:
        trial = sure._replace(near=(engine.index.ids.index(winner),), answers=frozenset({-1}))
        return len(found(examine(engine, TODAY, trials=[trial]), "confused-phrasing"))

    assert warnings_if_found("article/benefits-of-an-iop") == 0
    others = (i for i in engine.index.ids if i.startswith("article/") and "benefits" not in i)
    assert warnings_if_found(next(others)) == 1
    assert warnings_if_found("detox") == 1
