"""Fitting an index, and the trials it is judged by."""

from dataclasses import replace

import numpy as np
import pytest
from small import KNOWLEDGE, TOPICS

from chatbot import solving
from chatbot.content import Knowledge
from chatbot.features import word_digests
from chatbot.fitting import STRANGER_ROWS, Memory, build_with_trials, entries_and_rows
from chatbot.lexicon import Row
from chatbot.model import Asked, Entry
from chatbot.thesaurus import Thesaurus

SAID = ("We open at eight.", "Pets are welcome here.")
PASSAGE = Entry("article/a", "Opening", " ".join(SAID), kind="passage", group="A", sentences=SAID)


def test_a_sentence_that_a_topic_quotes_is_the_topics_alone() -> None:
    quoting = Entry("pets", "Are pets allowed?", "Pets are welcome here.")
    knowledge = Knowledge(topics=(quoting,), passages=(PASSAGE,))
    rows = entries_and_rows(knowledge)[1]
    assert [r.entry for r in rows if r.text == "Pets are welcome here."] == [0]
    assert Row("We open at eight.", 1, is_sentence=True) in rows


def test_a_passage_that_is_quoted_whole_cannot_be_found() -> None:
    quoting = Entry("all", "All?", "We open at eight. Pets are welcome here.")
    rows = entries_and_rows(Knowledge(topics=(quoting,), passages=(PASSAGE,)))[1]
    assert {r.entry for r in rows} == {0}


def test_words_that_only_the_profile_knows_are_not_searched() -> None:
    topic = Entry("where", "Where?", "Come and see us.\n\nWe are at {clinic.address}.", kind="mixed")
    assert [r.text for r in entries_and_rows(Knowledge(topics=(topic,)))[1]] == ["Where?", "Come and see us."]


def test_there_is_a_trial_of_each_kind() -> None:
    knowledge = Knowledge(
        topics=TOPICS, background=KNOWLEDGE.background, asked=(Asked("prices?", ("cost",)), Asked("rain?"))
    )
    trials = build_with_trials(knowledge)[1]
    kinds = [t.kind for t in trials]
    wordings = sum(1 + len(t.phrasings) for t in TOPICS)
    assert [kinds.count(k) for k in ("phrasing", "background", "asked")] == [wordings, 3, 2]
    assert [t.is_known for t in trials if t.kind == "asked"] == [True, False]


def test_orphans_stand_in_for_the_strangers_that_nobody_knows() -> None:
    trials = build_with_trials(KNOWLEDGE)[1]
    assert sum(t.kind == "orphan" for t in trials) == sum(t.kind == "phrasing" for t in trials)
    knowledge = Knowledge(topics=TOPICS, asked=(Asked("rain?"),))
    assert not any(t.kind == "orphan" for t in build_with_trials(knowledge)[1])


def test_an_orphan_never_finds_its_own_topic() -> None:
    index, trials = build_with_trials(KNOWLEDGE)
    for trial in trials:
        if trial.kind == "orphan":
            assert index.ids[trial.near[0]] != trial.entry
            assert not trial.is_right


def test_what_was_asked_teaches_its_topics_or_that_none_answers() -> None:
    asked = (Asked("prices?", ("cost", "hours")), Asked("rain?"), Asked("lost?", ("gone",)))
    rows = entries_and_rows(Knowledge(topics=TOPICS, asked=asked))[1]
    assert Row("prices?", 0, is_asked=True, also=(1,)) in rows
    assert Row("rain?", -1, is_asked=True) in rows
    assert "lost?" not in [r.text for r in rows]


def test_the_rows_stand_entry_by_entry_and_those_of_none_last() -> None:
    rows = entries_and_rows(Knowledge.load())[1]
    numbers = [r.entry if r.entry >= 0 else len(rows) for r in rows]
    assert numbers == sorted(numbers)


def test_of_many_strangers_the_nearest_are_rows_and_all_are_everyday_english() -> None:
    far = tuple(f"where is house number{i}" for i in range(STRANGER_ROWS))
    near = ("what does a dog cost", "are dogs open on sundays")
    index, trials = build_with_trials(Knowledge(topics=TOPICS, background=(*far, *near)))
    strangers = [r.text for r in index.written.of_entry(-1)]
    assert len(strangers) == STRANGER_ROWS
    assert {*near} < {*strangers}
    assert index.lexicon.total == STRANGER_ROWS + 2
    assert {t.text for t in trials if t.kind == "background"} == {*far, *near}


def test_a_further_answer_is_right_too() -> None:
    knowledge = Knowledge(
        topics=TOPICS, asked=(Asked("what is the price of the opening hours", ("cost", "hours")),)
    )
    trial = next(t for t in build_with_trials(knowledge)[1] if t.kind == "asked")
    assert trial.answers == {0, 1}
    assert trial.is_right


def test_an_edit_gets_the_same_index_from_what_an_earlier_build_has_left(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(solving, "FEW", 0.9)
    before = replace(KNOWLEDGE, ordinary=KNOWLEDGE.harmless, delivered=KNOWLEDGE.documents)
    topics = {t.id: t for t in before.topics}
    first, *others = topics.values()
    changed = replace(first, phrasings=(*first.phrasings[1:], "may i bring zzyzx the parrot"))
    new = Entry("parking", "Where can I park?", "Behind the house.", ("is there a parking lot",))
    for after in (
        replace(before, topics=(changed, *others)),
        replace(before, topics=(new, first, *others)),
        replace(before, topics=tuple(others)),
    ):
        memory = Memory()
        build_with_trials(before, memory)
        with monkeypatch.context() as patched:
            patched.setattr(solving.System, "solved", None)  # nothing is solved from nothing
            index, trials = build_with_trials(after, memory)
        expected, expected_trials = build_with_trials(after)
        assert index.ids == expected.ids
        assert [t.text for t in trials] == [t.text for t in expected_trials]
        np.testing.assert_array_equal(index.vectorizers[0].keys, expected.vectorizers[0].keys)
        for trial, other in zip(trials, expected_trials, strict=True):
            np.testing.assert_allclose(trial.evidence, other.evidence, atol=2e-3)
            assert trial.near[0] == other.near[0]
        for message in ("parking for my parrot", "what does it cost", "zzyzx"):
            found, wanted = index.rank(message), expected.rank(message)
            np.testing.assert_allclose(found.scores, wanted.scores, atol=2e-3)


def test_another_thesaurus_or_what_makes_other_terms_rare_begins_anew() -> None:
    memory = Memory()
    build_with_trials(KNOWLEDGE, memory)
    for other in (
        replace(KNOWLEDGE, ordinary=("is it going to rain",)),
        replace(KNOWLEDGE, delivered=(("is there a parking lot",),)),
        replace(KNOWLEDGE, thesaurus=Thesaurus.parse(["dog = hound"])),
    ):
        assert memory.serves(KNOWLEDGE)
        assert not memory.serves(other)


def test_how_rare_a_term_is_comes_from_what_is_delivered_and_no_edit_changes_it() -> None:
    before = replace(KNOWLEDGE, ordinary=KNOWLEDGE.harmless, delivered=KNOWLEDGE.documents)
    first, *others = before.topics
    changed = replace(first, phrasings=(*first.phrasings, "a dog a dog a zzyzx dog"))
    old, new = (
        build_with_trials(replace(before, topics=t))[0].vectorizers[0]
        for t in (before.topics, (changed, *others))
    )
    np.testing.assert_array_equal(new.idf[new.find(old.digests)], old.idf)
    assert new.idf[new.find(word_digests(["zzyzx"]))] == pytest.approx(new.unseen_idf)


def test_of_few_wordings_one_left_out_is_made_up_for_where_it_is_not_known_what_else_is_asked() -> None:
    many = Entry("dogs", "May I bring a dog?", "Yes.", tuple(f"may my {n} come along" for n in "abcdefgh"))
    knowledge = replace(KNOWLEDGE, topics=(*TOPICS[:2], many))
    trials = [t for t in build_with_trials(knowledge)[1] if t.kind == "phrasing"]
    hours = [t for t in trials if t.entry == "hours"]
    assert len(hours) == 3
    for trial in hours:
        if trial.is_right:
            assert trial.made_up is not None
            assert trial.made_up.evidence.score == pytest.approx(trial.evidence.score * 3 / 2, rel=1e-5)
            assert trial.made_up.is_right
            assert trial.made_up.evidence.stranger == trial.evidence.stranger
    assert any(t.is_right for t in hours)
    assert all(t.made_up is None for t in trials if t.entry == "dogs")
    asked = replace(knowledge, asked=(Asked("who won the cup", ()),))
    assert all(t.made_up is None for t in build_with_trials(asked)[1])
