"""Texts as an index reads them: rarity from the ordinary ones, vectors that no later text changes."""

from collections.abc import Sequence

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from numpy.typing import NDArray
from sklearn.feature_extraction.text import CountVectorizer, TfidfVectorizer

from chatbot.corpus import RowVectorizer
from chatbot.features import FEATURES, Analyzer, term_digests

ANALYZERS: tuple[Analyzer, ...] = ("framed", "chars")
TEXT = st.lists(st.sampled_from(["cost", "costs", "hours", "группа", "a", "_pay"]), max_size=5).map(tuple)
TEXTS = st.lists(TEXT, min_size=1, max_size=6)
DOCUMENTS = st.lists(st.lists(TEXT, max_size=3), max_size=4)


def by_digest(made: RowVectorizer, texts: Sequence[tuple[str, ...]]) -> list[dict[int, float]]:
    """The texts' vectors: the weight of each feature, by its digest."""
    vectorizer, rows = made.rows(texts)
    digests = vectorizer.digests
    return [
        dict(zip(digests[row.indices].tolist(), row.data.tolist(), strict=True))
        for row in (rows[i] for i in range(len(texts)))
    ]


@given(TEXTS, TEXTS, st.sampled_from(ANALYZERS))
def test_a_text_has_the_vector_that_scikit_learn_gives_it_with_the_idf_of_the_ordinary_ones(
    ordinary: list[tuple[str, ...]], texts: list[tuple[str, ...]], kind: Analyzer
) -> None:
    assume(any(FEATURES[kind](t) for t in ordinary))
    model = TfidfVectorizer(analyzer=FEATURES[kind], sublinear_tf=True).fit(ordinary)
    terms = sorted({*model.vocabulary_, *(f for t in texts for f in FEATURES[kind](t))})
    rare = np.log(1 + len(ordinary)) + 1
    theirs = TfidfVectorizer(analyzer=FEATURES[kind], sublinear_tf=True, vocabulary=terms)
    theirs.idf_ = np.array(
        [model.idf_[model.vocabulary_[t]] if t in model.vocabulary_ else rare for t in terms]
    )
    expected: NDArray[np.float64] = theirs.transform(texts).toarray()
    digests = term_digests(terms, kind).tolist()
    for found, row in zip(by_digest(RowVectorizer(ordinary, kind), texts), expected, strict=True):
        np.testing.assert_allclose([found.get(d, 0.0) for d in digests], row, atol=1e-6)
        assert len(found) == np.count_nonzero(row)


@given(TEXTS, DOCUMENTS, TEXTS, st.sampled_from(ANALYZERS))
def test_what_is_frequent_among_entries_is_as_common_as_what_any_question_may_hold(
    ordinary: list[tuple[str, ...]],
    documents: list[list[tuple[str, ...]]],
    texts: list[tuple[str, ...]],
    kind: Analyzer,
) -> None:
    terms = sorted(
        {f for t in (*ordinary, *texts, *(w for d in documents for w in d)) for f in FEATURES[kind](t)}
    )
    assume(terms)
    stands = CountVectorizer(analyzer=lambda terms: terms, vocabulary=terms, binary=True)
    in_questions = stands.transform([FEATURES[kind](t) for t in ordinary]).sum(axis=0).A1
    in_entries = (
        stands.transform([[f for w in d for f in FEATURES[kind](w)] for d in documents] or [[]])
        .sum(axis=0)
        .A1
    )
    weight = len(ordinary) / (len(documents) + 100)
    total = len(ordinary) + weight * len(documents)
    theirs = TfidfVectorizer(analyzer=FEATURES[kind], sublinear_tf=True, vocabulary=terms)
    theirs.idf_ = np.log((1 + total) / (1 + in_questions + weight * in_entries)) + 1
    expected: NDArray[np.float64] = theirs.transform(texts).toarray()
    digests = term_digests(terms, kind).tolist()
    for found, row in zip(by_digest(RowVectorizer(ordinary, kind, documents), texts), expected, strict=True):
        np.testing.assert_allclose([found.get(d, 0.0) for d in digests], row, atol=1e-6)


@given(TEXTS, DOCUMENTS, TEXTS, TEXTS, st.sampled_from(ANALYZERS))
def test_what_was_read_before_changes_no_vector(
    ordinary: list[tuple[str, ...]],
    documents: list[list[tuple[str, ...]]],
    some: list[tuple[str, ...]],
    others: list[tuple[str, ...]],
    kind: Analyzer,
) -> None:
    assume(any(FEATURES[kind](t) for t in ordinary))
    made = RowVectorizer(ordinary, kind, documents)
    made.rows(some)
    assert by_digest(made, others) == by_digest(RowVectorizer(ordinary, kind, documents), others)


@given(TEXTS, DOCUMENTS, TEXTS, st.sampled_from(ANALYZERS))
def test_how_many_texts_are_read_at_a_time_changes_no_vector(
    ordinary: list[tuple[str, ...]],
    documents: list[list[tuple[str, ...]]],
    texts: list[tuple[str, ...]],
    kind: Analyzer,
) -> None:
    assume(any(FEATURES[kind](t) for t in ordinary))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("chatbot.corpus._READ", 1)
        one_by_one = by_digest(RowVectorizer(ordinary, kind, documents), texts)
    assert by_digest(RowVectorizer(ordinary, kind, documents), texts) == one_by_one
