"""Words that mean the same here."""

import pytest

from chatbot import KnowledgeError
from chatbot.thesaurus import Thesaurus

LINES = [
    "# spelling",
    "what is = whats, wats",
    "medicine = meds",
    "",
    "online, video, from home",
    "job, boss, work",
]


def test_a_chat_form_is_replaced_by_its_plain_words() -> None:
    assert Thesaurus.parse(LINES).rewrite("Whats about my MEDS?") == ["what", "is", "about", "my", "medicine"]


def test_a_word_keeps_its_place_and_its_concept_stands_beside_it() -> None:
    thesaurus = Thesaurus.parse(LINES)
    assert thesaurus.named(["my", "boss"]) == ["_job"]
    assert thesaurus.named(["can", "i", "do", "it", "from", "home"]) == ["_online"]


def test_a_concept_is_named_once_however_often_it_is_meant() -> None:
    assert Thesaurus.parse(LINES).named(["video", "online", "video"]) == ["_online"]


def test_a_word_may_belong_to_two_concepts() -> None:
    thesaurus = Thesaurus.parse([*LINES, "effort, work"])
    assert thesaurus.named(["work"]) == ["_job", "_effort"]


def test_an_empty_thesaurus_changes_nothing_but_case_and_marks() -> None:
    assert Thesaurus().rewrite("Can't I?") == ["cant", "i"]
    assert Thesaurus().named(["cant", "i"]) == []


@pytest.mark.parametrize("line", ["alone", "= whats", "what is =", "job, , boss", "job, ?!"])
def test_a_line_that_is_no_group_is_named_with_its_number(line: str) -> None:
    with pytest.raises(KnowledgeError, match=r"s\.txt:2: expected 'word = form, form' or 'word, word'"):
        Thesaurus.parse(["# first", line], "s.txt")
