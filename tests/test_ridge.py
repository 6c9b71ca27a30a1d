"""Kernel ridge regression: what it solves, and what it scores with rows left out."""

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy.sparse import csr_matrix

from chatbot.lexicon import Row
from chatbot.ridge import ALSO, PRESUMED, Solution, gram


def _random_solution() -> tuple[Solution, list[Row], NDArray[np.float32]]:
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
    np.testing.assert_allclose(solution.each_left_out, alone, atol=2e-5)


def test_the_duals_solve_the_ridge_system() -> None:
    solution, rows, gram = _random_solution()
    ridge = np.diag([0.9 if r.entry < 0 else 0.3 for r in rows])
    np.testing.assert_allclose((gram + ridge) @ solution.duals, solution.targets, atol=1e-5)


def test_a_row_speaks_for_its_further_entries_too() -> None:
    rows = [Row("a", 0, is_asked=True, also=(1,)), Row("b", 1)]
    assert Solution.of(np.eye(2, dtype=np.float32), rows, 2).targets.tolist() == [
        [1, pytest.approx(ALSO), 0],
        [0, 1, 0],
    ]


def test_a_score_is_the_likeness_to_an_entrys_profile_and_that_of_the_background_the_ridges_own() -> None:
    solution, rows, matrix = _random_solution()
    left_out = solution.each_left_out
    profiles = np.stack([left_out[[r.entry == e for r in rows], :-1].sum(axis=0) for e in range(3)])
    profiles += PRESUMED * np.eye(3)
    profiles /= np.linalg.norm(profiles, axis=1, keepdims=True)
    ridge = matrix @ solution.duals
    np.testing.assert_allclose((matrix @ solution.scoring)[:, :-1], ridge[:, :-1] @ profiles.T, atol=2e-4)
    np.testing.assert_allclose((matrix @ solution.scoring)[:, -1], ridge[:, -1], atol=2e-4)


def test_an_entry_of_one_row_is_told_from_its_only_neighbour() -> None:
    rows, matrix = [Row("a", 0), Row("b", 1)], np.array([[1, 0.5], [0.5, 1]], np.float32)
    solution = Solution.of(matrix, rows, 2)
    assert (solution.each_left_out[:, :-1].argmax(axis=1) == [1, 0]).all()  # each row speaks for the other's
    assert ((matrix @ solution.scoring)[:, :-1].argmax(axis=1) == [0, 1]).all()


def test_a_row_that_is_left_out_is_left_out_of_its_entrys_profile_as_well() -> None:
    solution, rows, _ = _random_solution()
    left_out, place, entry = solution.each_left_out, 1, 0
    others = [i for i, r in enumerate(rows) if r.entry == entry and i != place]
    profile = left_out[others, :-1].sum(axis=0) + PRESUMED * np.eye(3)[entry]
    profile /= np.linalg.norm(profile)
    expected = left_out[place, :-1] @ profile
    assert solution.each_scored([place])[0, entry] == pytest.approx(expected, abs=1e-5)


def test_an_entry_that_is_not_there_wins_nothing() -> None:
    solution, _, _ = _random_solution()
    places, scores = solution.scored_without([1])
    assert places == [3, 4]
    assert (scores[:, 1] == -1).all()


def test_the_gram_of_common_and_rare_features_is_that_of_all() -> None:
    rng = np.random.default_rng(7)
    dense = (rng.random((80, 30)) * (rng.random((80, 30)) < np.linspace(0.005, 0.5, 30))).astype(np.float32)
    rows = csr_matrix(dense)
    np.testing.assert_allclose(gram([(0.5, rows), (0.5, rows)]), dense @ dense.T, atol=1e-5)


@pytest.mark.parametrize("gone", [[], [0], [2, 7], [3, 4]])
def test_a_system_that_differs_in_few_rows_is_solved_as_if_from_nothing(gone: list[int]) -> None:
    rng = np.random.default_rng(3)
    vectors = rng.random((12, 6), dtype=np.float32)
    numbers = (0, 0, 0, 1, 1, 2, 2, -1, -1, 1, -1, 2)
    rows = [Row(str(i), entry) for i, entry in enumerate(numbers)]
    before = Solution.of(vectors[:9] @ vectors[:9].T, rows[:9], 3)
    kept = [i for i in (11, 8, 1, 0, 2, 3, 10, 4, 5, 6, 7, 9) if i not in gone]  # in another order, too
    places = np.array([i if i < 9 else -1 for i in kept], np.int32)
    whole = vectors[kept] @ vectors[kept].T
    after = [rows[i] for i in kept]
    expected = Solution.of(whole, after, 3)
    found = before.changed(places, np.arange(3, dtype=np.int32), whole[places < 0], after)
    np.testing.assert_allclose(found.duals, expected.duals, atol=1e-4)
    np.testing.assert_allclose(found.each_left_out, expected.each_left_out, atol=1e-4)
    np.testing.assert_allclose(found.left_out([0, 3, 5]), expected.left_out([0, 3, 5]), atol=1e-4)
    np.testing.assert_allclose(found.scoring, expected.scoring, atol=1e-4)


def test_an_entry_that_is_new_or_gone_has_its_column_in_a_changed_system() -> None:
    vectors = np.random.default_rng(5).random((6, 4), dtype=np.float32)
    rows = [Row("a", 0), Row("b", 0), Row("c", 1), Row("d", -1)]
    before = Solution.of(vectors[:4] @ vectors[:4].T, rows, 2)
    after = [Row("e", 0), Row("f", 0), Row("c", 1), Row("d", -1)]  # of a new entry; the first one is gone
    kept = [4, 5, 2, 3]
    whole = vectors[kept] @ vectors[kept].T
    places, columns = np.array([-1, -1, 2, 3], np.int32), np.array([-1, 1], np.int32)
    found, expected = before.changed(places, columns, whole[:2], after), Solution.of(whole, after, 2)
    np.testing.assert_allclose(found.duals, expected.duals, atol=1e-4)
    np.testing.assert_allclose(found.each_left_out, expected.each_left_out, atol=1e-4)
