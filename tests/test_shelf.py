"""What was read is kept ready: the same to the last field, and never older than its files."""

import json
import shutil
from pathlib import Path

import pytest

from chatbot import folder
from chatbot.content import PACKAGED, Knowledge
from chatbot.guide import Guide


def fields_of(knowledge: Knowledge) -> str:
    """All that is in it: equality passes over where an entry stands, a repr over how a pattern is found."""
    guide = knowledge.guide
    found = {k: [(p.heads, p.others, p.tag) for p in some] for k, some in guide.patterns.items()}
    beginnings = {k: [(sorted(h), [sorted(o) for o in os], t) for h, os, t in v] for k, v in found.items()}
    return repr((knowledge, knowledge.ordinary, guide, beginnings))


def test_what_is_taken_from_the_shelf_is_what_was_read(tmp_path: Path) -> None:
    read = Knowledge.load()
    assert fields_of(Knowledge.load(shelf=tmp_path)) == fields_of(read)
    assert list(tmp_path.glob("folder-*.json"))
    taken = Knowledge.load(shelf=tmp_path)
    assert fields_of(taken) == fields_of(read)
    assert (taken.told, taken.guide.told) == (read.told, read.guide.told)


def test_a_start_that_finds_the_shelf_parses_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    Knowledge.load(shelf=tmp_path)

    def parse(*_: object) -> Guide:
        raise AssertionError("the crisis knowledge was parsed")

    monkeypatch.setattr(folder, "parse_guide", parse)
    assert Knowledge.load(shelf=tmp_path).guide.patterns
    (kept,) = tmp_path.glob("folder-*.json")
    kept.unlink()
    with pytest.raises(AssertionError, match="was parsed"):
        Knowledge.load(shelf=tmp_path)


def test_a_file_that_was_changed_is_read_and_of_older_shelves_the_oldest_goes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    delivered, shelf = tmp_path / "knowledge", tmp_path / "shelf"
    shutil.copytree(PACKAGED, delivered)
    monkeypatch.setattr(folder, "PACKAGED", delivered)
    for number in range(5):
        asked = delivered / "asked.jsonl"
        line = json.dumps({"question": f"is there a garden number {number}", "topics": []})
        asked.write_text(f"{asked.read_text('utf-8').rstrip()}\n{line}\n", "utf-8")
        assert Knowledge.load(shelf=shelf).asked[-1].question.endswith(str(number))
    assert len(list(shelf.glob("folder-*.json"))) == 3


def test_nothing_that_a_clinic_wrote_is_kept_with_what_was_delivered(tmp_path: Path) -> None:
    own = tmp_path / "own"
    (own / "topics").mkdir(parents=True)
    (own / "topics" / "visits.md").write_text(
        "## May I bring a zebra? {#zebra}\n\nZebras may come.\n", "utf-8"
    )
    known = Knowledge.load(extra=own, shelf=tmp_path / "shelf")
    assert "zebra" in known.entries
    assert not any("zebra" in p.read_text("utf-8").lower() for p in (tmp_path / "shelf").iterdir())


def test_crisis_knowledge_that_says_something_else_is_told_apart(tmp_path: Path) -> None:
    guide = Knowledge.load(shelf=tmp_path).guide
    others = (
        Guide(),
        Guide(guide.help_lines[:-1], guide.lines, guide.sentences, guide.patterns, guide.shorthand),
        Guide(guide.help_lines, guide.lines, guide.sentences[1:], guide.patterns, guide.shorthand),
        Guide(guide.help_lines, guide.lines, guide.sentences, {}, guide.shorthand),
    )
    assert len({guide.told, *(g.told for g in others)}) == 1 + len(others)
