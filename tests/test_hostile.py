"""Whatever stands in a cell, a message or a file's name: it is taken as it is, or refused in plain words."""

import os
import unicodedata
from collections.abc import Sequence
from pathlib import Path

import pytest
from cli_support import run
from hostile import FILE_NAMES, TEXTS, blocks

from chatbot import Bot, formats
from chatbot.content import Knowledge
from chatbot.errors import FormatError
from chatbot.formats import Row
from chatbot.model import Entry

NOTHING = Knowledge(topics=())
ENDINGS = {
    "csv": ".csv", "tsv": ".tsv", "xlsx": ".xlsx", "jsonl": ".jsonl", "markdown": ".md", "qnamaker": ".tsv",
    "dialogflow": ".zip", "rasa": ".yml",
}  # fmt: skip


def rows(text: str) -> list[Row]:
    """A row with the text as each of its fields."""
    return [
        Row("as the question", question=text, answer="Yes."),
        Row("as the answer", question="Is it so?", answer=text),
        Row("as a wording", question="Is it that?", answer="Yes.", phrasings=(text,)),
        Row("as the group", question="Is it this?", answer="Yes.", group=text),
        Row("as the id", question="Is it mine?", answer="Yes.", id=text),
        Row("as a related topic", question="Is it yours?", answer="Yes.", related=(text,)),
    ]


def taken(text: str) -> tuple[Entry, ...]:
    """The topics that rows with the text become; every other row is refused in one printable line."""
    plan = formats.plan(rows(text), NOTHING)
    assert len(plan.new) + len(plan.refused) == len(rows(text))
    for refused in plan.refused:
        assert "\n" not in refused.reason
    return plan.entries


def comes_back(entries: Sequence[Entry], format: str) -> bool:  # noqa: A002
    """Whether a file of these topics holds the same questions and answers."""
    reading = formats.read(formats.dump(entries, format), f"topics{ENDINGS[format]}")
    again = formats.plan(reading.rows, NOTHING)
    said = {(e.id, e.question, e.answer, e.phrasings) for e in entries}
    return again.refused == () and {(e.id, e.question, e.answer, e.phrasings) for e in again.entries} == said


@pytest.mark.parametrize("name", TEXTS)
def test_what_is_taken_of_a_hostile_text_comes_back_from_every_format(name: str) -> None:
    entries = taken(TEXTS[name])
    if not entries:
        return  # refused, wherever it stood
    held = [f for f in ENDINGS if not (f == "rasa" and ("](" in TEXTS[name] or "{" in TEXTS[name]))]
    assert [f for f in held if not comes_back(entries, f)] == []


def test_every_unicode_block_comes_back_from_every_format() -> None:
    entries = [
        Entry(f"block-{number}", f"Block {number}?", planned.answer)
        for number, text in enumerate(blocks())
        for planned in taken(text)
        if planned.question == "Is it so?"
    ]
    assert len(entries) > 100
    assert [f for f in ENDINGS if f != "rasa" and not comes_back(entries, f)] == []


@pytest.mark.parametrize("name", TEXTS)
def test_a_file_with_a_hostile_cell_is_read_or_refused(name: str) -> None:
    data = f"question,answer\nIs it?,{TEXTS[name]}\n".encode("utf-8", "surrogatepass")
    for file in ("a.csv", "a.tsv", "a.json", "a.jsonl", "a.yml", "a.md", "a.html", "a.txt", "a.xlsx"):
        try:
            formats.plan(formats.read(data, file).rows, NOTHING)
        except FormatError as error:
            assert str(error).count("\n") == 0, file  # noqa: PT017 - and that is all


def test_no_hostile_text_makes_a_reply_fail(bot: Bot) -> None:
    for text in (*TEXTS.values(), *blocks()):
        reply = bot.reply(text[:1000])
        assert reply.text
        reply.html.encode()


def test_half_a_character_is_no_reason_to_fail_an_export_badly() -> None:
    for written in formats.WRITABLE:
        with pytest.raises(FormatError):
            formats.dump([Entry("a", "Is it \ud83d?", "Yes.")], written)


def test_a_hostile_file_name_is_told_on_one_printable_line(tmp_path: Path) -> None:
    for number, name in enumerate(FILE_NAMES):
        path = tmp_path / str(number) / f"{name}.csv"
        path.parent.mkdir()
        path.write_bytes(b"")
        result = run(tmp_path / "data", "import", os.fspath(path))
        assert (result.exit_code, result.stderr.count("\n")) == (2, 1), name
        assert not any(unicodedata.category(sign) == "Cc" for sign in result.stderr.rstrip("\n")), name
