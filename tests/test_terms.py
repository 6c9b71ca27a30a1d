"""Terms: which features of a message the entries use, counted as if a row or an entry were not there."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.sparse import csr_matrix

from chatbot.lexicon import LeftOut
from chatbot.terms import Terms
from chatbot.vectors import Vector

ENTRIES, FEATURES = 3, 6
ROWS = st.lists(
    st.tuples(st.integers(-1, ENTRIES - 1), st.sets(st.integers(0, FEATURES - 1))), min_size=1, max_size=12
)


def counted(rows: list[tuple[int, set[int]]]) -> Terms:
    """The terms of rows given as (entry, features)."""
    table = np.array([[f in has for f in range(FEATURES)] for _, has in rows], np.float32)
    return Terms.of(csr_matrix(table), np.array([e for e, _ in rows], np.int32), ENTRIES)


def asked(features: set[int]) -> Vector:
    """A vector in which each feature weighs as much as any."""
    return Vector(np.array(sorted(features), np.int32), np.full(len(features), 0.3, np.float32))


def slow(rows: list[tuple[int, set[int]]], features: set[int], best: int) -> tuple[float, float]:
    """The shares by the rows themselves."""
    known = {f for entry, has in rows if entry >= 0 for f in has}
    own = {f for entry, has in rows if entry == best for f in has}
    return 0.09 * len(features & known), 0.09 * len(features & own)


@settings(deadline=None)
@given(ROWS, st.integers(0, ENTRIES - 1))
def test_the_shares_are_those_of_the_rows(rows: list[tuple[int, set[int]]], best: int) -> None:
    features = {0, 1, 2, 3}
    found = counted(rows).shares(asked(features), best)
    assert found == pytest.approx(slow(rows, features, best), abs=1e-6)


@settings(deadline=None)
@given(ROWS, st.integers(0, ENTRIES - 1))
def test_what_is_left_out_is_as_if_it_were_not_there(rows: list[tuple[int, set[int]]], best: int) -> None:
    terms = counted(rows)
    for place, (entry, features) in enumerate(rows):
        others = rows[:place] + rows[place + 1 :]
        found = terms.shares(asked(features), best, LeftOut(entry))
        assert found == pytest.approx(slow(others, features, best), abs=1e-6)
        if entry >= 0:
            others = [row for row in rows if row[0] != entry]
            found = terms.shares(asked(features), best, LeftOut(entry, is_whole=True))
            assert found == pytest.approx(slow(others, features, best), abs=1e-6)


def test_nothing_is_known_where_there_are_no_entries_rows() -> None:
    terms = counted([(-1, {0, 1})])
    assert terms.shares(asked({0, 1}), 0) == (0, 0)
    assert counted([(0, {0, 1})]).shares(asked(set()), 0) == (0, 0)


def test_it_is_the_same_after_it_was_kept() -> None:
    terms = counted([(0, {0, 1}), (2, {1, 5}), (2, {1})])
    again = Terms.from_arrays(terms.arrays())
    assert again.entries == terms.entries
    assert again.shares(asked({0, 1, 5}), 2, LeftOut(2)) == terms.shares(asked({0, 1, 5}), 2, LeftOut(2))
