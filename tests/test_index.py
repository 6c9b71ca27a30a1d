"""The index: how like a message is to each entry."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray
from small import KNOWLEDGE, TOPICS

from chatbot.content import Knowledge
from chatbot.corpus import Corpus, likeness
from chatbot.engine import Engine
from chatbot.fitting import build_with_trials, entries_and_rows
from chatbot.index import LONGEST_ORDER, Index, best_first
from chatbot.lexicon import Row
from chatbot.model import Entry
from chatbot.ridge import Solution
from chatbot.thesaurus import Thesaurus
from chatbot.weights import INTERCEPT, WORD_SHARE
from chatbot.written import Written


@pytest.fixture(scope="module")
def index() -> Index:
    return build_with_trials(KNOWLEDGE)[0]


@pytest.mark.parametrize("topic", TOPICS)
def test_each_wording_finds_its_own_entry(index: Index, topic: Entry) -> None:
    for wording in (topic.question, *topic.phrasings):
        ranked = index.rank(wording)
        assert index.ids[ranked.order[0]] == topic.id
        assert ranked.evidence.is_exact


def test_a_misspelt_message_finds_its_entry(index: Index) -> None:
    ranked = index.rank("wat is teh prise")
    assert index.ids[ranked.order[0]] == "cost"
    assert not ranked.evidence.is_exact


def test_the_words_of_an_answer_find_it_too(index: Index) -> None:
    assert index.ids[index.rank("small ones welcome?").order[0]] == "dogs"


def test_a_background_question_is_a_stranger(index: Index) -> None:
    assert index.rank("is it going to rain").evidence.stranger > index.rank("pets allowed").evidence.stranger


def vectors_of(index: Index, tokens: list[str]) -> list[NDArray[np.float32]]:
    """Of words and of characters, each as a dense row."""
    made = []
    for vectorizer in index.vectorizers:
        vector, row = vectorizer.transform(tokens, lengthen=True), np.zeros(len(vectorizer), np.float32)
        row[vector.features] = vector.weights
        made.append(row)
    return made


def alike(some: list[NDArray[np.float32]], others: list[NDArray[np.float32]]) -> float:
    """As the index weighs the two likenesses, and what all texts have in common."""
    word, char = (float(a @ b) for a, b in zip(some, others, strict=True))
    return WORD_SHARE * word + (1 - WORD_SHARE) * (char + INTERCEPT**2)


def test_the_scores_are_the_likeness_to_the_rows_times_what_each_row_speaks_for() -> None:
    knowledge = KNOWLEDGE
    entries, rows = entries_and_rows(knowledge)
    index = build_with_trials(knowledge)[0]
    texts = [" ".join(index.lexicon.tokens(r.text)) for r in rows]

    def to_rows(tokens: list[str]) -> NDArray[np.float32]:
        """To each row."""
        said = vectors_of(index, tokens)
        return np.array([alike(said, vectors_of(index, t.split())) for t in texts], np.float32)

    solution = Solution.of(np.stack([to_rows(t.split()) for t in texts]), rows, len(entries))
    for message in ("what does a dog cost", "sundays", "who won the price"):
        tokens = index.lexicon.read(message)
        expected = to_rows(tokens) @ solution.scoring
        np.testing.assert_allclose(index.scores(tokens), expected, atol=2e-3)


@given(st.integers(1, 5000), st.integers(1, 400), st.integers(0, 99))
def test_of_many_entries_the_best_come_first_and_ties_break_by_the_number(
    count: int, values: int, seed: int
) -> None:
    scores = np.random.default_rng(seed).integers(0, values, count).astype(np.float32)
    order = best_first(scores)
    expected = np.argsort(-scores, kind="stable")
    np.testing.assert_array_equal(order, expected[: len(order)])
    assert len(order) == min(count, LONGEST_ORDER)


@pytest.mark.parametrize("message", ["?!", "zzz"])
def test_what_is_not_known_at_all_scores_what_every_message_does(index: Index, message: str) -> None:
    scores = index.rank(message).scores
    np.testing.assert_array_equal(scores, index.always[:-1])
    assert np.abs(scores).max() < 0.1


def test_an_index_read_back_from_its_arrays_ranks_the_same(index: Index) -> None:
    again = Index.from_arrays(index.arrays(), Thesaurus())
    for message in ("the price?", "open sunday", "dog", "", "Ünïcödé"):
        assert again.rank(message).order.tolist() == index.rank(message).order.tolist()
        np.testing.assert_allclose(again.rank(message).scores, index.rank(message).scores)


@given(st.text(max_size=200))
def test_any_text_gets_a_ranking_of_all_entries(text: str) -> None:
    index = _small_index()
    ranked = index.rank(text)
    assert sorted(ranked.order.tolist()) == [0, 1, 2]
    assert np.isfinite(ranked.scores).all()
    assert all(np.isfinite(float(e)) for e in ranked.evidence)


_kept: list[Index] = []


def _small_index() -> Index:
    if not _kept:
        _kept.append(build_with_trials(KNOWLEDGE)[0])
    return _kept[0]


@pytest.mark.parametrize("topic", TOPICS)
def test_the_likeness_to_an_entrys_rows_is_that_of_scikit_learns_vectors(index: Index, topic: Entry) -> None:
    rows = entries_and_rows(KNOWLEDGE)[1]
    number = index.ids.index(topic.id)
    own = [r for r in rows if r.entry == number]
    corpus = Corpus(KNOWLEDGE)
    for message in ("what does a dog cost", "sundays", topic.question):
        _, vectors = corpus.vectors([message, *(r.text for r in own)])
        said, written = ([v[part] for v in vectors] for part in (slice(0, 1), slice(1, None)))
        expected = likeness(tuple(said), tuple(written), WORD_SHARE)[0]
        found = index.likeness(number, index.lexicon.tokens(message))
        assert [(r.text, r.is_sentence) for r, _ in found] == [(r.text, r.is_sentence) for r in own]
        np.testing.assert_allclose([alike for _, alike in found], expected, atol=1e-6)
    nearest = index.nearest_row(number, index.lexicon.tokens(topic.question))
    assert nearest is not None
    assert nearest.text == topic.question


def test_rows_are_given_back_as_they_were_written() -> None:
    rows = [Row("Why?\nSo.", 0), Row("Ünïcödé", 0, is_sentence=True), Row("b", 1), Row("none of them", -1)]
    written = Written.from_arrays(Written.of(rows).arrays())
    assert len(written) == 4
    assert [written.of_entry(n) for n in (0, 1, 2)] == [rows[:2], rows[2:3], []]
    assert Written.of([]).of_entry(0) == []


def test_an_engine_of_one_topic_and_no_background_works() -> None:
    engine = Engine.build(Knowledge(topics=TOPICS[:1]))
    assert engine.index.rank("price").order.tolist() == [0]
