"""The index: how like a message is to each entry."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.sparse import csr_matrix
from sklearn.feature_extraction.text import TfidfVectorizer
from small import KNOWLEDGE, TOPICS

from chatbot.content import Knowledge
from chatbot.engine import Engine
from chatbot.fitting import build_with_trials, entries_and_rows
from chatbot.index import Index, Postings
from chatbot.model import Entry
from chatbot.ridge import Solution
from chatbot.thesaurus import Thesaurus
from chatbot.vectors import Vector, Vectorizer, word_features


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


def test_the_scores_are_the_likeness_to_the_rows_times_what_each_row_speaks_for() -> None:
    knowledge = KNOWLEDGE
    entries, rows = entries_and_rows(knowledge)
    index = build_with_trials(knowledge)[0]
    matrix = np.stack([index.likeness(index.lexicon.read(r.text)) for r in rows])
    solution = Solution.of(matrix, rows, len(entries))
    for message in ("what does a dog cost", "sundays", "who won the price"):
        tokens = index.lexicon.read(message)
        expected = index.likeness(tokens) @ solution.scoring
        np.testing.assert_allclose(index.scores(tokens), expected, atol=2e-3)


def test_equal_scores_keep_the_order_of_the_entries(index: Index) -> None:
    assert index.rank("zzz").order.tolist() == [0, 1, 2]


def test_a_message_without_words_scores_nothing(index: Index) -> None:
    assert not index.rank("?!").scores.any()


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


@given(
    st.lists(
        st.lists(st.sampled_from(["therapy", "cost", "hour", "open", "dog", "group"]), max_size=6), max_size=4
    )
)
def test_cosines_from_postings_equal_those_of_the_whole_matrix(messages: list[list[str]]) -> None:
    rows = [["therapy", "cost"], ["open", "hour", "hour"], ["dog"], ["group", "therapy"]]
    vectorizer, matrix = Vectorizer.fit_rows(rows, "words")
    postings = Postings.of(matrix)
    model = TfidfVectorizer(analyzer=word_features, sublinear_tf=True).fit(rows)
    for message in messages:
        expected = (model.transform([message]) @ model.transform(rows).T).toarray()[0]
        np.testing.assert_allclose(postings.cosines(vectorizer.transform(message)), expected, atol=1e-6)


def test_a_row_without_features_is_like_nothing() -> None:
    empty = Vector(np.zeros(0, np.int32), np.zeros(0, np.float32))
    postings = Postings.of(csr_matrix(np.array([[0, 0], [1, 0]], np.float32)))
    assert postings.cosines(empty).tolist() == [0.0, 0.0]
    assert postings.cosines(Vector(np.array([0], np.int32), np.array([1], np.float32))).tolist() == [0.0, 1.0]


def test_an_engine_of_one_topic_and_no_background_works() -> None:
    engine = Engine.build(Knowledge(topics=TOPICS[:1]))
    assert engine.index.rank("price").order.tolist() == [0]
