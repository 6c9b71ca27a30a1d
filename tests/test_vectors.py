"""TF-IDF and linear models: what numpy reads is what scikit-learn learned."""

import subprocess
import sys
from functools import partial

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from numpy.typing import NDArray
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline, make_union
from sklearn.preprocessing import StandardScaler

from chatbot.features import (
    DIGESTS,
    FEATURES,
    Analyzer,
    char_features,
    framed_features,
    term_digests,
    word_features,
)
from chatbot.vectors import (
    TextClassifier,
    Vector,
    Vectorizer,
    fit_logistic,
    packed,
    sub_arrays,
    tokens_of,
    unpacked,
)

ANALYZERS: tuple[Analyzer, ...] = ("words", "framed", "chars")
SCRIPTS = "abet group áßİł группа ομάδα 小组治疗 مجموعة समूह 그룹 👩‍⚕️ '’-.\n12"
TEXT = st.one_of(st.text(), st.text(st.sampled_from(SCRIPTS)), st.text("ab c"))
CONCEPTS = st.lists(st.sampled_from(["_pay", "_time"]), max_size=2)
TOKENS = st.builds(lambda text, concepts: tokens_of(text) + concepts, TEXT, CONCEPTS)
TEXTS = st.lists(TOKENS, min_size=1, max_size=8)
QUESTIONS = [
    "how long does it take",
    "how many weeks is it",
    "what is the weather today",
    "who won the game",
    "is it long",
    "will it rain",
    "where is the bus",
    "who is the king",
]
ABOUT_LENGTH = [True, True, False, False, True, False, False, False]


def dense(vector: Vector, size: int) -> NDArray[np.float64]:
    row = np.zeros(size)
    row[vector.features] = vector.weights
    return row


@given(TEXTS, TOKENS, st.sampled_from(ANALYZERS))
def test_a_text_gets_the_vector_that_scikit_learn_gives_it(
    texts: list[list[str]], other: list[str], kind: Analyzer
) -> None:
    assume(any(FEATURES[kind](t) for t in texts))
    model = TfidfVectorizer(analyzer=FEATURES[kind], sublinear_tf=True).fit(texts)
    vectorizer = Vectorizer.fit(texts, kind)
    for text in (*texts, other):
        theirs = model.transform([text]).toarray()[0]
        np.testing.assert_allclose(dense(vectorizer.transform(text), len(theirs)), theirs, rtol=0, atol=1e-6)


@given(TOKENS, st.sampled_from(ANALYZERS))
def test_the_digests_of_a_text_are_those_of_its_features(tokens: list[str], kind: Analyzer) -> None:
    digests = DIGESTS[kind](tokens)
    assert sorted(digests.tolist()) == sorted(term_digests(FEATURES[kind](tokens), kind).tolist())


def test_a_pair_has_another_digest_than_its_reverse_its_words_or_a_neighbour() -> None:
    terms = ["a", "b", "a b", "b a", "a a", "b b", "_a", "^ a", "a $"]
    assert len(set(term_digests(terms, "framed").tolist())) == len(terms)


@given(TEXTS, st.sampled_from(ANALYZERS))
def test_a_vectorizer_comes_back_whole_from_its_arrays(texts: list[list[str]], kind: Analyzer) -> None:
    assume(any(FEATURES[kind](t) for t in texts))
    made = Vectorizer.fit(texts, kind)
    assert made.find(made.digests).tolist() == list(range(len(made)))
    again = Vectorizer.from_arrays(kind, made.arrays())
    np.testing.assert_array_equal(again.keys, made.keys)
    np.testing.assert_array_equal(again.numbers, made.numbers)
    assert again.unseen_idf == made.unseen_idf
    np.testing.assert_array_equal(again.idf, made.idf)


@given(st.text("ab xyz", min_size=1), st.sampled_from(ANALYZERS))
def test_lengthened_by_the_unseen_a_vector_still_has_length_one(text: str, kind: Analyzer) -> None:
    assume(tokens_of(text))
    vector = Vectorizer.fit([["ab", "ba"], ["aa", "b"]], kind).transform(tokens_of(text), lengthen=True)
    assert float(vector.weights @ vector.weights) + vector.unknown == pytest.approx(1, abs=1e-5)


def test_strange_words_shorten_what_is_known_only_when_asked_to() -> None:
    vectorizer = Vectorizer.fit([tokens_of(q) for q in QUESTIONS], "words")
    known = vectorizer.transform(["how", "long"])
    assert vectorizer.transform(["how", "long", "zebra"]).weights == pytest.approx(known.weights)
    assert (vectorizer.transform(["how", "long", "zebra"], lengthen=True).weights < known.weights).all()


def test_the_weight_of_the_unseen_is_that_of_a_word_in_no_text() -> None:
    assert Vectorizer.fit([["a"], ["b"], ["c"]], "words").unseen_idf == pytest.approx(np.log(4 / 1) + 1)


def test_a_text_without_a_known_feature_has_an_empty_vector() -> None:
    vector = Vectorizer.fit([["group"]], "words").transform(["zebra"])
    assert (len(vector.features), len(vector.weights), vector.unknown) == (0, 0, 0)


def test_the_tokens_of_a_text_are_its_normalised_words() -> None:
    assert tokens_of("What’s GROUP therapy?") == ["whats", "group", "therapy"]


def test_word_features_are_stems_near_pairs_and_concepts() -> None:
    assert word_features(["groups", "meeting", "_time"]) == ["group", "meet", "group meet", "_time"]


def test_framed_features_tell_how_a_text_begins_and_ends() -> None:
    framed = framed_features(["groups", "meeting", "_time"])
    assert framed == ["group", "meet", "^ group", "^ meet", "group meet", "group $", "meet $", "_time"]
    assert framed_features(["_time"]) == ["_time"]


@given(st.lists(st.text(st.characters(exclude_characters="\0", codec="utf-8"), min_size=1), max_size=5))
def test_packed_texts_come_back_whole(texts: list[str]) -> None:
    assert unpacked(packed(texts)) == tuple(texts)


def test_character_features_are_runs_inside_words_and_none_inside_concepts() -> None:
    assert char_features(["go", "_time"]) == [" g", "go", "o ", " go", "go ", " go "]


def test_a_classifier_reads_as_scikit_learns_own_pipeline() -> None:
    def features(text: str, kind: Analyzer) -> list[str]:
        return FEATURES[kind](tokens_of(text))

    parts = [
        TfidfVectorizer(analyzer=partial(features, kind=k), sublinear_tf=True, dtype=np.float32)
        for k in ("words", "chars")
    ]
    regression = LogisticRegression(
        C=10, class_weight="balanced", solver="liblinear", intercept_scaling=10, max_iter=1000
    )
    model = make_pipeline(make_union(*parts), regression).fit(QUESTIONS, ABOUT_LENGTH)
    ours = TextClassifier.fit(QUESTIONS, ABOUT_LENGTH)
    asked = [*QUESTIONS, "how long is the game", "zebra", ""]
    np.testing.assert_allclose(
        [ours.log_odds(tokens_of(t)) for t in asked], model.decision_function(asked), rtol=0, atol=1e-4
    )


def test_a_classifier_tells_what_it_was_taught() -> None:
    classifier = TextClassifier.fit(QUESTIONS, ABOUT_LENGTH)
    assert [classifier.log_odds(tokens_of(q)) > 0 for q in QUESTIONS] == ABOUT_LENGTH


def test_a_classifier_comes_back_whole_from_its_arrays() -> None:
    made = TextClassifier.fit(QUESTIONS, ABOUT_LENGTH)
    again = TextClassifier.from_arrays(made.arrays())
    assert [c.log_odds(tokens_of(q)) for c in (again, made) for q in QUESTIONS] == 2 * [
        made.log_odds(tokens_of(q)) for q in QUESTIONS
    ]


def test_arrays_of_a_part_are_found_by_its_name() -> None:
    one, two = np.zeros(1), np.ones(1)
    assert sub_arrays({"index.a": one, "indexes.a": two, "b.index.a": two}, "index") == {"a": one}


def test_a_logistic_fit_holds_for_the_features_as_they_are() -> None:
    rows = np.random.default_rng(7).normal((5, -3, 0), (9, 0.1, 0), (60, 3))  # the last column never changes
    labels = rows[:, 0] + 50 * rows[:, 1] > -145
    weights = np.linspace(0.5, 2, 60)
    model = make_pipeline(StandardScaler(), LogisticRegression(max_iter=1000))
    model.fit(rows, labels, logisticregression__sample_weight=weights)
    coefficients, bias = fit_logistic(rows, labels, weights)
    ours = 1 / (1 + np.exp(-(rows @ coefficients + bias)))
    np.testing.assert_allclose(ours, model.predict_proba(rows)[:, 1], rtol=0, atol=1e-9)


def test_what_contradicts_its_sign_is_left_out_of_a_logistic_fit() -> None:
    rows = np.random.default_rng(7).normal(size=(80, 3))
    labels, weights = rows @ [2, -1, 1] > 0, np.ones(80)
    coefficients, bias = fit_logistic(rows, labels, weights, (1, 1))
    fitted, expected = fit_logistic(rows[:, [0, 2]], labels, weights)
    assert coefficients.tolist() == pytest.approx([fitted[0], 0, fitted[1]])
    assert bias == pytest.approx(expected)
    assert fit_logistic(rows, labels, weights, (1, -1))[0][1] < 0


@pytest.mark.parametrize(("label", "odds"), [(True, 4 / 1), (False, 1 / 4)])
def test_where_all_labels_are_the_same_how_often_is_all_that_is_learned(*, label: bool, odds: float) -> None:
    coefficients, bias = fit_logistic(np.eye(3), np.full(3, label), np.ones(3))
    assert coefficients.tolist() == [0, 0, 0]
    assert bias == pytest.approx(np.log(odds))


def test_a_fitted_model_is_read_without_scikit_learn() -> None:
    code = (
        "import sys, numpy as np, chatbot.vectors as v\n"
        "digests = v.term_digests(['a'], 'words')\n"
        "made = v.Vectorizer.of('words', digests, np.ones(1, np.float32), 2.0)\n"
        "v.Vectorizer.from_arrays('words', made.arrays()).transform(['a', 'b'])\n"
        "sys.exit('sklearn' in sys.modules or 'scipy' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
