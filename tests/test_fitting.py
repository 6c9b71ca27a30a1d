"""Fitting an index, and the trials it is judged by."""

import numpy as np
import pytest
from small import KNOWLEDGE, TOPICS

from chatbot.content import Knowledge
from chatbot.fitting import Solution, build_with_trials, rows_of
from chatbot.lexicon import Row
from chatbot.model import Asked, Entry

SAID = ("We open at eight.", "Pets are welcome here.")
PASSAGE = Entry("article/a", "Opening", " ".join(SAID), kind="passage", group="A", sentences=SAID)


def _random_solution() -> tuple[Solution, list[Row], np.ndarray]:
    rng = np.random.default_rng(7)
    vectors = rng.random((9, 5), dtype=np.float32)
    gram = vectors @ vectors.T
    rows = [Row(str(i), entry) for i, entry in enumerate((0, 0, 0, 1, 1, 2, 2, -1, -1))]
    return Solution.of(gram, rows, 3), rows, gram


@pytest.mark.parametrize("out", [[0], [4], [7], [0, 1, 2], [3, 4], [7, 8]])
def test_scores_with_rows_left_out_equal_those_of_a_fit_without_them(out: list[int]) -> None:
    solution, rows, gram = _random_solution()
    kept = [i for i in range(len(rows)) if i not in out]
    refit = Solution.of(gram[np.ix_(kept, kept)], [rows[i] for i in kept], 3)
    expected = gram[np.ix_(out, kept)] @ refit.duals
    np.testing.assert_allclose(solution.left_out(out), expected, atol=2e-5)


def test_each_row_left_out_alone_scores_as_when_it_is_left_out_by_name() -> None:
    solution, rows, _ = _random_solution()
    alone = np.concatenate([solution.left_out([i]) for i in range(len(rows))])
    np.testing.assert_allclose(solution.each_left_out(), alone, atol=2e-5)


def test_the_duals_solve_the_ridge_system() -> None:
    solution, rows, gram = _random_solution()
    ridge = np.diag([1.0 if r.entry < 0 else 0.5 for r in rows])
    np.testing.assert_allclose((gram + ridge) @ solution.duals, solution.targets, atol=1e-5)


def test_a_sentence_that_a_topic_quotes_is_the_topics_alone() -> None:
    quoting = Entry("pets", "Are pets allowed?", "Pets are welcome here.")
    knowledge = Knowledge(topics=(quoting,), passages=(PASSAGE,))
    rows = rows_of(knowledge, [quoting, PASSAGE])
    assert [r.entry for r in rows if r.text == "Pets are welcome here."] == [0]
    assert Row("We open at eight.", 1, is_sentence=True) in rows


def test_a_passage_that_is_quoted_whole_cannot_be_found() -> None:
    quoting = Entry("all", "All?", "We open at eight. Pets are welcome here.")
    rows = rows_of(Knowledge(topics=(quoting,), passages=(PASSAGE,)), [quoting, PASSAGE])
    assert {r.entry for r in rows} == {0}


def test_words_that_only_the_profile_knows_are_not_searched() -> None:
    topic = Entry("where", "Where?", "Come and see us.\n\nWe are at {clinic.address}.", kind="mixed")
    assert [r.text for r in rows_of(Knowledge(topics=(topic,)), [topic])] == ["Where?", "Come and see us."]


def test_there_is_a_trial_of_each_kind() -> None:
    knowledge = Knowledge(
        topics=TOPICS, background=KNOWLEDGE.background, asked=(Asked("prices?", ("cost",)), Asked("rain?"))
    )
    trials = build_with_trials(knowledge)[1]
    kinds = [t.kind for t in trials]
    wordings = sum(1 + len(t.phrasings) for t in TOPICS)
    assert [kinds.count(k) for k in ("phrasing", "orphan", "background", "asked")] == [
        wordings,
        wordings,
        3,
        2,
    ]
    assert [t.is_known for t in trials if t.kind == "asked"] == [True, False]


def test_an_orphan_never_finds_its_own_topic() -> None:
    index, trials = build_with_trials(KNOWLEDGE)
    for trial in trials:
        if trial.kind == "orphan":
            assert index.ids[trial.ranked.order[0]] != trial.entry
            assert not trial.is_right
