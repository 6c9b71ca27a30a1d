"""Every format that is written can be read again, and gives back what it can hold."""

import time
from collections.abc import Mapping

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from topics_strategy import kept, topics

from chatbot import Bot, formats
from chatbot.content import Knowledge
from chatbot.formats.cells import defused, join, restored, split
from chatbot.model import Entry, Format
from web.staff import exchange

ALL = frozenset(formats.FIELDS)
ASKED = frozenset({"id", "question", "phrasings", "answer"})
HOLDS: Mapping[str, frozenset[str]] = {
    "qnabot": ASKED | {"group"}, "qnabot-xlsx": ASKED | {"group"}, "rasa": ASKED, "dialogflow": ASKED,
}  # fmt: skip
NOTHING = Knowledge(topics=())


def back(entries: list[Entry], format: Format) -> formats.Reading:  # noqa: A002
    return formats.read(formats.dump(entries, format), f"topics{formats.ENDINGS[format]}")


def test_every_format_but_a_page_can_be_written_and_the_desk_has_a_name_for_it() -> None:
    assert set(formats.WRITABLE) == set(formats.FORMATS) - {"faqpage"}
    assert set(exchange.NAMES) == set(formats.WRITABLE)


def test_an_ending_means_the_plainest_format_that_has_it() -> None:
    told = [formats.format_of(ending) for ending in (".csv", ".TSV", ".xlsx", ".json", ".yaml", ".pdf", "")]
    assert told == ["csv", "tsv", "xlsx", "json", "rasa", None, None]


@pytest.mark.parametrize("format", formats.WRITABLE)
@settings(max_examples=25)
@given(entries=topics())
def test_what_was_written_is_read_as_it_was(format: Format, entries: list[Entry]) -> None:  # noqa: A002
    assume(formats.plan(back(entries, "jsonl").rows, NOTHING).entries == tuple(entries))
    assume(
        format != "rasa"
        or not any("](" in t or "]{" in t for e in entries for t in (e.question, *e.phrasings))
    )
    read = back(entries, format)
    assert read.format == format
    planned = formats.plan(read.rows, NOTHING)
    assert planned.refused == ()
    fields = HOLDS.get(format, ALL)
    written = sorted((kept(entry, fields) for entry in entries), key=str)
    assert sorted((kept(entry, fields) for entry in planned.entries), key=str) == written


@pytest.mark.parametrize("format", formats.WRITABLE)
def test_the_starter_knowledge_comes_back_unchanged(bot: Bot, format: Format) -> None:  # noqa: A002
    known = bot.engine.knowledge
    planned = formats.plan(back(list(known.topics), format).rows, known)
    assert (planned.new, planned.changed, planned.refused) == ((), (), ())
    assert len(planned.same) == len(known.topics)


@pytest.mark.parametrize("format", formats.WRITABLE)
def test_the_same_topics_make_the_same_bytes(bot: Bot, format: Format) -> None:  # noqa: A002
    entries = bot.engine.knowledge.topics[:5]
    before = formats.dump(entries, format)
    time.sleep(2.1 if before.startswith(b"PK") else 0)  # a zip archive counts time in steps of two seconds
    assert formats.dump(entries, format) == before


@given(st.text())
def test_a_cell_that_was_made_harmless_comes_back(text: str) -> None:
    assert restored(defused(text)) == text
    assert not defused(text).startswith(("=", "+", "-", "@", "\t", "\r", "＝"))


@given(st.lists(st.text("ab |'=-,").map(str.strip).filter(bool)))
def test_several_texts_in_one_cell_come_back(parts: list[str]) -> None:
    assert split(join(parts)) == tuple(parts)
