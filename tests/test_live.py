"""The live bot: edits are answered without a restart, and one that cannot be built leaves the old bot."""

import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path

import pytest
from small import KNOWLEDGE

from chatbot import Bot, Settings, Store
from chatbot.content import PACKAGED, read_text
from chatbot.editing import body_of, profile_change
from chatbot.live import PAUSE_S, Live
from chatbot.model import Entry
from chatbot.records import Change
from chatbot.topicfile import parse
from chatbot.worker import Worker

PARKING = Entry("parking", "Where can I park?", "Behind the house.", ("is there a parking lot",))
PATIENCE_S = 240


@pytest.fixture(scope="module")
def small_bot() -> Bot:
    lines = parse(read_text(PACKAGED / "bot.md"))
    return Bot(replace(KNOWLEDGE, lines=lines), "a key that is long enough")


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(data_dir=tmp_path)


@pytest.fixture(scope="module")
def worker() -> Iterator[Worker]:
    """One child for all tests: it takes long to start."""
    worker = Worker()
    yield worker
    worker.close()


@pytest.fixture
def live(settings: Settings, small_bot: Bot, worker: Worker) -> Iterator[Live]:
    store = Store.open(settings.database_url)
    yield Live(settings, store, small_bot, worker=worker)
    store.close()


def edits_of(live: Live) -> Callable[..., int]:
    return live._store.edits.save  # noqa: SLF001 - the store that it was made with


def change(entry: Entry = PARKING, based_on: int = 0, **more: object) -> Change:
    return Change("topic", entry.id, {**body_of(entry), **more}, based_on)


def test_a_new_topic_is_answered_without_a_restart(live: Live) -> None:
    assert live.bot.reply(PARKING.question).topic is None
    revision = edits_of(live)([change()], by="Ann")
    assert live.wait_for(revision, PATIENCE_S)
    assert live.bot.reply(PARKING.question).text == "Behind the house."


def test_an_archived_topic_is_answered_no_more_and_an_old_conversation_goes_on(live: Live) -> None:
    dogs = next(t for t in KNOWLEDGE.topics if t.id == "dogs")
    before = live.bot.reply(dogs.question)
    assert before.topic == "dogs"
    revision = edits_of(live)([change(dogs, archived=True)], by="Ann")
    assert live.wait_for(revision, PATIENCE_S)
    assert live.bot.reply(dogs.question).topic != "dogs"
    assert live.bot.reply("tell me more", before.context).kind


def test_whoever_holds_the_old_bot_is_answered_by_it_to_the_end(live: Live) -> None:
    held = live.bot
    assert live.wait_for(edits_of(live)([change()], by="Ann"), PATIENCE_S)
    assert live.bot is not held
    assert held.reply(PARKING.question).topic is None
    reply = held.reply("How much does it cost?")
    assert live.bot.read_id(reply.id) == reply.topic


def test_facts_are_taken_over_without_learning_anew_and_tell_their_day(live: Live) -> None:
    engine = live.bot.engine
    topic = replace(PARKING, id="phone", question="What is your number?", answer="Call {clinic.phone}.")
    first = edits_of(live)([change(replace(topic, kind="clinic"))], by="Ann")
    assert live.wait_for(first, PATIENCE_S)
    assert live.bot.answer_of("phone") is None
    learned = live.bot.engine.index
    facts = profile_change({"phone": "312 555 0100", "name": "River Clinic"}, "2026-11-01")
    assert live.wait_for(edits_of(live)([facts], by="Ann"), PATIENCE_S)
    assert live.bot.engine.index is learned is not engine.index
    answer = live.bot.answer_of("phone")
    assert answer is not None
    assert answer.text == "Call (312) 555-0100."
    assert [(s.title, s.updated) for s in answer.sources] == [("River Clinic", "2026-11-01")]


def test_a_topic_whose_last_day_is_over_sends_visitors_to_the_clinic(live: Live) -> None:
    yesterday = (date.today() - timedelta(1)).isoformat()
    assert live.wait_for(edits_of(live)([change(until=yesterday)], by="Ann"), PATIENCE_S)
    reply = live.bot.reply(PARKING.question)
    assert (reply.kind, reply.topic) == ("no_answer", None)
    newest = live._store.edits.newest("topic", "parking")  # noqa: SLF001
    assert newest is not None
    again = change(based_on=newest.id, until=date.today().isoformat())
    assert live.wait_for(edits_of(live)([again], by="Ann"), PATIENCE_S)
    assert live.bot.reply(PARKING.question).topic == "parking"


def test_an_edit_that_cannot_be_built_leaves_the_old_bot_and_is_told_once(
    live: Live, caplog: pytest.LogCaptureFixture
) -> None:
    held = live.bot
    broken = change(related=["no-such-topic"])
    revision = edits_of(live)([broken], by="Ann")
    assert not live.wait_for(revision, PATIENCE_S)
    assert not live.check()
    assert live.bot is held
    assert "Revision 1 could not be taken over: 'parking' names 'no-such-topic'" in live.problem
    assert [r.getMessage() for r in caplog.records] == ["rebuild-failed"]
    edits = live._store.edits  # noqa: SLF001
    assert live.wait_for(edits.save(edits.undoing(revision), by="Ann"), PATIENCE_S)
    assert live.problem == ""


def test_another_process_takes_an_edit_over_within_a_second_and_a_build(
    live: Live, settings: Settings
) -> None:
    live.start()
    other = Store.open(settings.database_url)
    other.edits.save([change()], by="Ann")
    until = time.monotonic() + PATIENCE_S
    while live.revision == 0 and time.monotonic() < until:
        time.sleep(PAUSE_S / 10)
    live.stop()
    assert live.bot.reply(PARKING.question).topic == "parking"
    other.close()


def test_a_store_that_is_gone_leaves_the_bot_as_it_is(
    live: Live, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    live._store.close()  # noqa: SLF001
    file = settings.database_file
    assert file
    file.unlink()
    file.mkdir()
    assert not live.check()
    assert live.bot.reply("How much does it cost?").kind == "answer"


@pytest.mark.usefixtures("bot")  # whose engine is kept in the folder
def test_a_start_and_a_command_take_the_edits_along(data_dir: Path, tmp_path: Path) -> None:
    settings = Settings(data_dir=data_dir, database_url=f"sqlite:///{tmp_path}/chatbot.db")
    store = Store.open(settings.database_url)
    store.edits.save([profile_change({"parking": "Behind the house."}, None)], by="Ann")
    live = Live.open(settings, store)
    store.close()
    assert (live.revision, live.bot.profile.facts) == (1, {"parking": "Behind the house."})
    assert Bot.open(settings).profile.facts == {"parking": "Behind the house."}


def test_what_is_done_ahead_waits_until_nobody_waits_for_anything() -> None:
    worker, done = Worker(), list[str]()

    def call(name: str, *, is_aside: bool = False) -> None:
        (worker.run_aside if is_aside else worker.run)(time.sleep, 0.3)
        done.append(name)

    with ThreadPoolExecutor(5) as threads:
        threads.submit(call, "at work")
        time.sleep(0.1)
        ahead = [threads.submit(call, "ahead", is_aside=True) for _ in range(2)]
        waited_for = [threads.submit(call, "look") for _ in range(2)]
        for called in (*ahead, *waited_for):
            called.result()
    assert done == ["at work", "look", "look", "ahead", "ahead"]
    with pytest.raises(Exception, match=r"the work went wrong \(TypeError\)"):
        worker.run_aside(abs, "x")
    worker.close()


def test_a_worker_that_dies_is_one_clear_error_and_the_next_call_has_another() -> None:
    worker = Worker()
    with pytest.raises(Exception, match="the process that builds has ended"):
        worker.run(exit, 3)
    assert worker.run(abs, -3) == 3
    with pytest.raises(Exception, match=r"the work went wrong \(TypeError\)"):
        worker.run(abs, "x")
    worker.close()
