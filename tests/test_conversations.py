"""The written conversations, held with one running server through its API; see scripted.py for their form."""

import random
from collections.abc import Iterator

import pytest
from scripted import answering, ask, conversations, faults, is_met, open_bot, parse, transcript

ALL = conversations()
MAX_CONTEXT = 1024
TURNS = 200


@pytest.fixture(scope="module")
def url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of one server for all conversations."""
    folder = tmp_path_factory.mktemp("conversations")
    with answering(open_bot(folder), folder) as url:
        yield url


def test_there_are_sixty_conversations_of_three_to_eight_turns() -> None:
    assert len(ALL) >= 60
    assert [str(c) for c in ALL if not 3 <= len(c.exchanges) <= 8] == []
    assert [e.line for c in ALL for e in c.exchanges if not e.wanted] == []
    assert len({c.title for c in ALL}) == len(ALL)


@pytest.mark.parametrize("file", sorted({c.file for c in ALL}))
def test_the_conversations_go_as_they_are_written(url: str, file: str) -> None:
    wrong = [fault for c in ALL if c.file == file for fault in faults(url, c)]
    assert wrong == [], "\n" + "\n".join(wrong)


def test_a_transcript_shows_both_sides(url: str) -> None:
    told = transcript(url, ALL[0])
    assert ALL[0].title in told
    assert all(f"Visitor: {e.message}" in told for e in ALL[0].exchanges)
    assert told.count("Desk [") == len(ALL[0].exchanges)


def test_a_line_that_is_not_met_is_a_fault() -> None:
    reply: dict[str, object] = {"kind": "answer", "topic": "cost", "text": "Ask.", "notice": None}
    reply |= {"suggestions": [], "actions": []}
    assert is_met(reply, "answer cost or clarify")
    assert is_met(reply, "no notice")
    for wanted in (
        "answer insurance",
        "crisis",
        "says: free",
        "never: ask",
        "offers: x",
        "calls: 988",
        "notice: x",
    ):
        assert not is_met(reply, wanted)


def test_a_file_that_cannot_be_read_names_its_line() -> None:
    with pytest.raises(ValueError, match=r"a\.md:2"):
        list(parse("a.md", "\nhello"))


def test_two_hundred_random_turns_never_fail_repeat_themselves_or_grow(url: str) -> None:
    chance = random.Random(200)  # noqa: S311 - the same turns in every run
    typed = [e.message for c in ALL for e in c.exchanges]
    odd = ["?", "no", "yes", "2", "kms", "hi", "a" * 1000, "why", "more", "none of these", "ok", "é" * 300]
    context, said = "", list[str]()
    for _ in range(TURNS):
        message = chance.choice([*odd, chance.choice(typed), *([typed[0]] if said else [])])
        for _ in range(chance.choice((1, 1, 1, 4))):  # some people send the same thing again and again
            reply = ask(url, message, context)
            context = reply["context"]
            assert 0 < len(context) <= MAX_CONTEXT
            said.append(reply["text"])
    assert all(len(set(said[i : i + 3])) > 1 for i in range(len(said) - 2))
    assert len(said) >= TURNS
