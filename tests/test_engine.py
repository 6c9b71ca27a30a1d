"""The engine and its file: kept, mapped, never trusted when it is damaged."""

import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from small import KNOWLEDGE

from chatbot.content import Knowledge
from chatbot.engine import KEPT, Engine, digest, load_arrays, save_arrays
from chatbot.fallback import built_in
from chatbot.model import Asked, Profile


@pytest.fixture(scope="module")
def engine() -> Engine:
    return Engine.build(KNOWLEDGE)


def _file(folder: Path) -> Path:
    (path,) = folder.glob("engine-*.bin")
    return path


def test_an_engine_is_built_once_and_read_after_that(tmp_path: Path) -> None:
    first = Engine.open(KNOWLEDGE, tmp_path)
    written = _file(tmp_path).stat().st_mtime_ns
    second = Engine.open(KNOWLEDGE, tmp_path)
    assert _file(tmp_path).stat().st_mtime_ns == written
    message = "opening hours on sunday"
    np.testing.assert_allclose(second.index.rank(message).scores, first.index.rank(message).scores)
    assert second.judge.confidence(second.index.rank(message).evidence) == first.judge.confidence(
        first.index.rank(message).evidence
    )


def test_the_wordings_read_back_are_those_that_were_written(tmp_path: Path) -> None:
    listed = replace(KNOWLEDGE.topics[0], answer="Dogs pay:\n\n- small: 1 dollar\n- large: 2 dollars")
    knowledge = replace(KNOWLEDGE, topics=(listed, *KNOWLEDGE.topics[1:]))
    indexes = [Engine.open(knowledge, tmp_path).index for _ in range(2)]
    rows = [[index.written.of_entry(n) for n in range(-1, len(index.ids))] for index in indexes]
    assert any("\n" in row.text for of_one in rows[0] for row in of_one)
    assert rows[0] == rows[1]


def test_another_knowledge_is_another_file_and_of_the_old_ones_the_oldest_goes(tmp_path: Path) -> None:
    Engine.open(KNOWLEDGE, tmp_path)
    first = _file(tmp_path)
    for number in range(KEPT):
        assert first.exists()
        Engine.open(replace(KNOWLEDGE, background=(f"will it rain {number}",)), tmp_path)
    assert not first.exists()
    assert len(list(tmp_path.glob("engine-*"))) == KEPT


def test_the_clinics_facts_and_what_has_expired_are_not_learned_from(tmp_path: Path) -> None:
    Engine.open(KNOWLEDGE, tmp_path)
    other = replace(KNOWLEDGE, profile=Profile({"phone": "312-555-0100"}), expired=frozenset({"dogs"}))
    assert Engine.open(other, tmp_path).knowledge is other
    assert _file(tmp_path)


def test_what_sounds_like_a_crisis_is_learned_from_the_ground_alone(tmp_path: Path) -> None:
    Engine.open(KNOWLEDGE, tmp_path)
    edited = replace(KNOWLEDGE.topics[0], phrasings=("i want to die laughing",))
    Engine.open(replace(KNOWLEDGE, topics=(edited, *KNOWLEDGE.topics[1:])), tmp_path, KNOWLEDGE)
    assert len(list(tmp_path.glob("guard-*"))) == 1


def test_a_change_of_topics_leaves_the_guard_as_it_is(tmp_path: Path) -> None:
    loaded = replace(Knowledge.load(), passages=(), articles=(), topics=KNOWLEDGE.topics, asked=())
    first = Engine.open(loaded, tmp_path)
    (kept,) = tmp_path.glob("guard-*.bin")
    written = kept.stat().st_mtime_ns
    changed = replace(KNOWLEDGE.topics[0], answer="It costs eleven dollars.")
    second = Engine.open(replace(loaded, topics=(changed, *KNOWLEDGE.topics[1:])), tmp_path)
    assert [p.stat().st_mtime_ns for p in tmp_path.glob("guard-*.bin")] == [written]
    message = "i cannot go on, i want to die"
    assert second.guard.alarm(message) == first.guard.alarm(message) is not None


def test_other_crisis_knowledge_is_another_guard(tmp_path: Path) -> None:
    Engine.open(KNOWLEDGE, tmp_path)
    before = list(tmp_path.glob("guard-*.bin"))
    Engine.open(replace(KNOWLEDGE, guide=built_in()), tmp_path)
    (after,) = tmp_path.glob("guard-*.bin")
    assert after not in before


def test_each_flipped_byte_is_noticed_and_the_engine_built_again(tmp_path: Path, engine: Engine) -> None:
    path = tmp_path / "engine.bin"
    save_arrays(path, engine.arrays())
    whole = path.read_bytes()
    for place in range(0, len(whole), max(len(whole) // 300, 1)):
        damaged = bytearray(whole)
        damaged[place] ^= 0x55
        path.write_bytes(damaged)
        found = load_arrays(path)
        assert found is None or all(np.array_equal(found[k], a) for k, a in engine.arrays().items())


@pytest.mark.parametrize("content", [b"", b"FAQIDX01", b"x" * 100, b"FAQIDX01" + b"\xff" * 50])
def test_a_file_that_is_no_engine_is_not_read(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "engine.bin"
    path.write_bytes(content)
    assert load_arrays(path) is None


def test_a_truncated_file_is_not_read(tmp_path: Path, engine: Engine) -> None:
    path = tmp_path / "engine.bin"
    save_arrays(path, engine.arrays())
    path.write_bytes(path.read_bytes()[:-100])
    assert load_arrays(path) is None


def test_a_folder_that_is_missing_and_cannot_be_made_costs_only_time(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    engine = Engine.open(KNOWLEDGE, tmp_path / "file" / "index")
    assert engine.index.ids == ("cost", "hours", "dogs")


def test_the_digest_changes_with_the_knowledge_and_only_with_it() -> None:
    assert digest(KNOWLEDGE) == digest(replace(KNOWLEDGE))
    changed = replace(KNOWLEDGE.topics[0], answer="It costs eleven dollars.")
    assert digest(replace(KNOWLEDGE, topics=(changed, *KNOWLEDGE.topics[1:]))) != digest(KNOWLEDGE)
    assert digest(replace(KNOWLEDGE, ordinary=("what is it",))) != digest(KNOWLEDGE)
    assert digest(replace(KNOWLEDGE, asked=(Asked("what is it", ("cost",)),))) != digest(KNOWLEDGE)


def test_what_an_index_does_not_learn_from_leaves_its_file_as_it_is() -> None:
    assert digest(replace(KNOWLEDGE, guide=built_in())) == digest(KNOWLEDGE)
    assert digest(replace(KNOWLEDGE, expired=frozenset({"cost"}))) == digest(KNOWLEDGE)
    assert digest(replace(KNOWLEDGE, profile=Profile({"phone": "(202) 555-0147"}))) == digest(KNOWLEDGE)


def test_reading_an_engine_imports_neither_scikit_learn_nor_nltk(tmp_path: Path) -> None:
    script = (
        "import sys; from pathlib import Path; from chatbot import Bot, Settings\n"
        f"bot = Bot.open(Settings(data_dir=Path({str(tmp_path)!r})))\n"
        "print(bot.reply('how long does it last').kind)\n"
        "heavy = {'sklearn', 'nltk', 'scipy', 'trafilatura', 'flask'}\n"
        "print(sorted({m.split('.')[0] for m in sys.modules} & heavy))"
    )
    run = [sys.executable, "-c", script]
    subprocess.run(run, check=True, capture_output=True)
    second = subprocess.run(run, check=True, capture_output=True, text=True).stdout.splitlines()
    assert second[0] == "answer"
    assert second[1] == "[]"
