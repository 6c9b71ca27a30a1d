"""What would change: shown before it happens, and refused where it breaks what staff demand."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest
from small import KNOWLEDGE

from chatbot.content import PACKAGED, read_text
from chatbot.dialogue import respond
from chatbot.editing import body_of
from chatbot.engine import Engine
from chatbot.errors import BrokenTestsError, ConflictError
from chatbot.judgement import DIAL_OPTION
from chatbot.model import Entry, Thread
from chatbot.preview import Difference, Preview, Questions, look_ahead
from chatbot.publishing import Publisher
from chatbot.records import Change, Noted
from chatbot.settings import Settings
from chatbot.store import Store
from chatbot.topicfile import parse
from chatbot.turns import Turn

GROUND = replace(KNOWLEDGE, lines=parse(read_text(PACKAGED / "bot.md")))
PARKING = Entry("parking", "Where can I park?", "Behind the house.", ("is there a parking lot",))
COST, HOURS, DOGS = GROUND.topics
THINGS = tuple(
    Entry(thing, f"Where are the {thing}?", f"The {thing} are here.", (f"any {thing} left",))
    for thing in ("boats", "birds", "bells", "beans", "hats", "horns", "hens", "hills")
)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where engines are kept for all tests, so that the first one is built once."""
    return tmp_path_factory.mktemp("engines")


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    store = Store.open(f"sqlite:///{tmp_path}/chatbot.db")
    yield store
    store.close()


@pytest.fixture
def publisher(store: Store, folder: Path) -> Publisher:
    return Publisher(Settings(data_dir=folder), store, GROUND)


def change(entry: Entry, based_on: int = 0, **more: object) -> Change:
    return Change("topic", entry.id, {**body_of(entry), **more}, based_on)


def of(preview: Preview, message: str) -> Difference:
    (found,) = (d for d in preview.differences if d.message == message)
    return found


def hear(store: Store, *texts: str) -> None:
    store.inbox.add([Noted(t, "no_answer", date(2026, 11, 27)) for t in texts])


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What is asked of bots that rehearse no more than a sample of their wordings."""
    for name, size in (("blocks.MOST_ROWS", 20), ("blocks.BLOCK_ROWS", 16), ("solving.MOST_TRIALS", 40)):
        monkeypatch.setattr(f"chatbot.{name}", size)
    asked: list[str] = []

    def noted(engine: Engine, thread: Thread, message: str) -> Turn:
        asked.append(message)
        return respond(engine, thread, message)

    monkeypatch.setattr("chatbot.preview.respond", noted)
    return asked


def test_of_a_large_knowledge_the_wordings_that_are_gone_are_asked_and_no_others(
    tmp_path: Path, asked: list[str]
) -> None:
    before = replace(GROUND, topics=(*GROUND.topics, *THINGS, PARKING))
    after = replace(GROUND, topics=(*GROUND.topics, *THINGS, replace(PARKING, phrasings=())))
    preview = look_ahead(before, after, GROUND, tmp_path, Questions())
    gone = of(preview, PARKING.phrasings[0]).before
    assert (gone.kind, gone.topic) == ("answer", "parking")
    assert set(asked) == set(PARKING.phrasings)


def test_of_very_many_wordings_that_are_gone_a_sample_is_asked(
    tmp_path: Path, asked: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("chatbot.preview.MAX_GONE", 10)
    before = replace(GROUND, topics=(*GROUND.topics, *THINGS))
    preview = look_ahead(before, GROUND, GROUND, tmp_path, Questions())
    assert 0 < len(set(asked)) <= 10
    assert {d.before.topic for d in preview.differences if d.sort == "wording"} & {t.id for t in THINGS}


def test_no_change_changes_nothing(publisher: Publisher, store: Store) -> None:
    hear(store, "where is the parking lot")
    preview = publisher.preview(())
    assert (preview.differences, preview.broken) == ((), ())
    assert preview.asked > len(GROUND.topics)


def test_a_message_of_the_inbox_that_gets_an_answer_at_last_is_better(
    publisher: Publisher, store: Store
) -> None:
    hear(store, "is there a parking lot", "is there a parking lot", "who are you")
    found = of(publisher.preview([change(PARKING)]), "is there a parking lot")
    assert (found.mark, found.sort, found.count) == ("better", "message", 2)
    assert (found.before.kind, found.after.text) == ("no_answer", "Behind the house.")


def test_each_wording_of_the_edited_topic_is_told_as_typed_and_as_if_left_out(
    publisher: Publisher,
) -> None:
    cry = "i want to kill myself"
    asked = replace(PARKING, phrasings=("is there a parking lot", "is there any parking lot", cry))
    own = {o.message: o for o in publisher.preview([change(asked)]).own}
    assert list(own) == [asked.question, *asked.phrasings]
    assert own[asked.question].outcome[:2] == ("answer", "parking")
    assert own["is there any parking lot"].left_out[:2] == ("answer", "parking")
    assert own[asked.question].left_out.kind == "no_answer"
    assert own[cry].outcome.kind == "crisis"
    assert publisher.preview(()).own == ()


def test_a_message_is_tried_on_a_change_that_is_not_saved(publisher: Publisher, store: Store) -> None:
    assert publisher.ask([change(PARKING)], "is there a parking lot").topic == "parking"
    assert publisher.ask((), "is there a parking lot").kind == "no_answer"
    assert store.edits.revision() == 0


def test_an_edit_that_steals_another_topics_question_is_worse(folder: Path, store: Store) -> None:
    asked = replace(COST, phrasings=(*COST.phrasings, "how much does it cost a day"))
    ground = replace(GROUND, topics=(asked, HOURS, DOGS))
    thief = replace(PARKING, phrasings=(COST.question, "how much does it cost to park"))
    preview = Publisher(Settings(data_dir=folder), store, ground).preview([change(thief)])
    stolen = of(preview, COST.question)
    assert (stolen.mark, stolen.sort, stolen.expected) == ("worse", "wording", "cost")
    assert stolen.after.topic != "cost"
    assert preview.differences[0].mark == "worse"
    assert preview.count("worse") >= 1


def test_another_wording_of_an_answer_is_different(publisher: Publisher, store: Store) -> None:
    hear(store, DOGS.question)
    found = of(publisher.preview([change(replace(DOGS, answer="No. Cats only."))]), DOGS.question)
    assert (found.mark, found.before.text, found.after.text) == (
        "different",
        "Yes. Small dogs are welcome.",
        "No. Cats only.",
    )


def test_what_an_archived_topic_leaves_behind_is_shown(publisher: Publisher) -> None:
    found = of(publisher.preview([change(DOGS, archived=True)]), DOGS.question)
    assert (found.before.topic, found.mark) == ("dogs", "worse")


def test_the_bot_that_is_looked_at_is_as_bold_as_the_one_that_answers(
    publisher: Publisher, store: Store
) -> None:
    hear(store, "a dog")
    gone = change(DOGS, archived=True)
    store.options.set(DIAL_OPTION, "bold", by="kim")
    assert of(publisher.preview([gone]), "a dog").before.topic == "dogs"
    store.options.set(DIAL_OPTION, "careful", by="kim")
    assert "a dog" not in [d.message for d in publisher.preview([gone]).differences]


def test_a_test_that_would_break_refuses_the_publish_and_names_the_sentence(
    publisher: Publisher, store: Store
) -> None:
    store.probes.set("may i bring a dog", "dogs", by="Ann")
    archived = [change(DOGS, archived=True)]
    assert [b.question for b in publisher.preview(archived).newly_broken] == ["may i bring a dog"]
    with pytest.raises(BrokenTestsError, match="'may i bring a dog' must get 'dogs', but would get"):
        publisher.publish(archived, by="Ann")
    assert store.edits.revision() == 0


def test_a_test_that_did_not_hold_before_stops_nobody(publisher: Publisher, store: Store) -> None:
    store.probes.set("where can i leave my boat", "parking", by="Ann")
    store.probes.set("who won", None, by="Ann")
    assert [b.is_new for b in publisher.check().broken] == [False]
    assert publisher.publish([change(PARKING)], by="Ann", why="asked often") == 1
    assert "parking" in publisher.knowledge().published_ids


def test_an_undo_is_checked_like_any_edit(publisher: Publisher, store: Store) -> None:
    revision = publisher.publish([change(PARKING)], by="Ann")
    store.probes.set(PARKING.question, "parking", by="Ann")
    with pytest.raises(BrokenTestsError):
        publisher.undo(revision, by="Ben")
    (test,) = store.probes.all()
    assert store.probes.remove(test.id)
    assert publisher.undo(revision, by="Ben") == 2
    assert publisher.knowledge().topics == GROUND.topics


def test_who_was_slower_is_told_before_anything_is_built(publisher: Publisher, store: Store) -> None:
    store.edits.save([change(PARKING)], by="Ann")
    for look in (publisher.preview, lambda changes: publisher.publish(changes, by="Ben")):
        with pytest.raises(ConflictError) as raised:
            look([change(replace(PARKING, answer="In front."))])
        assert raised.value.theirs is not None
        assert raised.value.theirs.by == "Ann"


def test_what_was_looked_at_is_ready_to_be_loaded(publisher: Publisher, folder: Path) -> None:
    publisher.preview([change(PARKING)])
    kept = {p: p.stat().st_mtime_ns for p in (folder / "index").glob("engine-*.bin")}
    publisher.publish([change(PARKING)], by="Ann")
    assert {p: p.stat().st_mtime_ns for p in (folder / "index").glob("engine-*.bin")} == kept
