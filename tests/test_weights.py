"""A table of weights says what the whole matrix would, in less memory."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from scipy.sparse import csr_matrix

from chatbot.vectors import Vector
from chatbot.weights import BlockWeights, Sparse, Table, weights_from

SHAPES = st.tuples(st.integers(1, 12), st.integers(1, 30), st.integers(1, 6), st.integers(0, 999))


def made(shape: tuple[int, int, int, int]) -> tuple["csr_matrix", np.ndarray, Table]:
    rows, features, entries, seed = shape
    chance = np.random.default_rng(seed)
    values = chance.random((rows, features)) * (chance.random((rows, features)) < 0.15)
    vectors = csr_matrix(values.astype(np.float32))
    duals = chance.normal(size=(rows, entries + 1)).astype(np.float32)
    return vectors, duals, Table.of(vectors, duals, 0.4)


@given(SHAPES)
def test_a_table_scores_as_the_whole_matrix_of_weights(shape: tuple[int, int, int, int]) -> None:
    vectors, duals, table = made(shape)
    whole = 0.4 * vectors.T.toarray() @ duals
    texts = csr_matrix(np.eye(shape[1], dtype=np.float32))
    assert np.allclose(table.scores_of(texts), whole, atol=2e-3)
    for feature in range(shape[1]):
        one = Vector(np.array([feature], np.int32), np.ones(1, np.float32))
        assert np.allclose(table.scores(one), whole[feature], atol=2e-3)
    none = Vector(np.zeros(0, np.int32), np.zeros(0, np.float32))
    assert not table.scores(none).any()


@given(st.lists(st.floats(-60_000, 60_000, width=32), min_size=1, max_size=40))
def test_a_table_holds_weights_as_halves_and_reads_them_as_what_halves_are(numbers: list[float]) -> None:
    duals = np.array([numbers], np.float32)
    table = Table.of(csr_matrix(np.ones((1, 1), np.float32)), duals, 1.0)
    rounded = np.where(np.abs(duals) < 6.2e-5, 0, duals).astype(np.float16)
    np.testing.assert_array_equal(table.lines[0], rounded[0])
    read = table.scores(Vector(np.zeros(1, np.int32), np.ones(1, np.float32)))
    np.testing.assert_array_equal(read, rounded[0].astype(np.float32))


@given(SHAPES)
def test_a_table_holds_no_line_for_what_stands_in_one_row_or_none(shape: tuple[int, int, int, int]) -> None:
    vectors, _, table = made(shape)
    held = np.bincount(vectors.indices, minlength=shape[1])
    assert len(table.lines) <= (held > 1).sum() + len(set(vectors.tocsc()[:, held == 1].indices)) + 1
    assert table.bytes_of(np.flatnonzero(held == 0).astype(np.int32)) <= table.lines[0].nbytes


@given(SHAPES, st.integers(1, 8))
def test_of_each_feature_the_largest_weights_are_kept_and_that_of_none_of_them(
    shape: tuple[int, int, int, int], most: int
) -> None:
    _, features, entries, seed = shape
    whole = np.random.default_rng(seed).normal(size=(features, entries + 1)).astype(np.float32)
    columns = np.arange(entries, dtype=np.int32)
    every = BlockWeights(
        np.arange(features, dtype=np.int32), columns, csr_matrix(whole[:, :-1]), whole[:, -1]
    )
    some = Sparse.of([every], whole.shape).bounded(most)
    for feature, expected in enumerate(whole):
        found = some.scores(Vector(np.array([feature], np.int32), np.ones(1, np.float32)))
        largest = np.argsort(-np.abs(expected[:-1]))[: max(most - 1, 0)]
        kept = np.array(expected) if entries < most else np.zeros_like(expected)
        kept[[*largest, entries]] = expected[[*largest, entries]]
        np.testing.assert_array_equal(found, kept)


@given(SHAPES)
def test_a_table_is_made_again_from_its_arrays(shape: tuple[int, int, int, int]) -> None:
    _, _, table = made(shape)
    again = weights_from(table.arrays())
    assert isinstance(again, Table)
    assert all(np.array_equal(a, again.arrays()[name]) for name, a in table.arrays().items())
