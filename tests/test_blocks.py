"""A knowledge too large to be solved at once: how it is cut, and that it answers as if it were not."""

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy.sparse import csr_matrix

from chatbot import blocks
from chatbot.blocks import Block, blocks_of, nearest_entries, signs
from chatbot.content import Knowledge
from chatbot.features import term_digests
from chatbot.fitting import build_with_trials
from chatbot.index import Index
from chatbot.lexicon import Row
from chatbot.model import Entry
from chatbot.thesaurus import Thesaurus
from chatbot.vectors import Vector, Vectorizer
from chatbot.weights import BlockWeights, Sparse, Table, weights_from

THINGS = (
    "boats",
    "birds",
    "bells",
    "beans",
    "hats",
    "horns",
    "hens",
    "hills",
    "lamps",
    "leaves",
    "lions",
    "locks",
)
STRANGERS = ("who won the match", "is it going to rain", "where do lions sleep")


def knowledge() -> Knowledge:
    topics = tuple(
        Entry(
            thing,
            f"where are the {thing}",
            f"The {thing} are here.",
            (f"show me {thing}", f"any {thing} left"),
        )
        for thing in THINGS
    )
    return Knowledge(topics=topics, background=STRANGERS)


@pytest.fixture
def small_blocks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(blocks, "MOST_ROWS", 20)
    monkeypatch.setattr(blocks, "BLOCK_ROWS", 16)
    monkeypatch.setattr(blocks, "GUESTS", 6)


def cut(texts: list[str], per_entry: int, strangers: int) -> tuple[list[Row], list[Block]]:
    entries = (len(texts) - strangers) // per_entry
    rows = [Row(text, i // per_entry if i < entries * per_entry else -1) for i, text in enumerate(texts)]
    vectorizer, vectors = Vectorizer.fit_rows([t.split() for t in texts], "words")
    nearest = nearest_entries(rows, vectors, entries)
    return rows, blocks_of(rows, vectors, vectorizer.digests, entries, nearest.entries)


def test_what_fits_is_one_block_without_guests() -> None:
    _, (block,) = cut(["red boat", "boat", "green hat", "hat", "rain"], 2, 1)
    assert [part.tolist() for part in block] == [[0, 1], [0, 1, 2, 3, 4], []]


@pytest.mark.usefixtures("small_blocks")
def test_every_entry_and_row_stands_in_one_block_and_visits_others() -> None:
    texts = [f"{a} {thing}" for thing in THINGS for a in ("the", "my", "red", "old")] + list(STRANGERS)
    rows, parts = cut(texts, 4, len(STRANGERS))
    assert len(parts) > 2
    assert sorted(n for b in parts for n in b.entries) == list(range(len(THINGS)))
    assert sorted(n for b in parts for n in b.rows) == list(range(len(rows)))
    for block in parts:
        assert {rows[i].entry for i in block.rows if rows[i].entry >= 0} == {*block.entries.tolist()}
        assert sum(rows[i].entry >= 0 for i in block.rows) <= blocks.BLOCK_ROWS
        assert len(block.guests) == blocks.GUESTS
        assert set(block.guests.tolist()).isdisjoint(block.rows.tolist())


@pytest.mark.usefixtures("small_blocks")
def test_a_stranger_goes_to_the_block_of_what_it_is_most_like() -> None:
    texts = [f"{a} {thing}" for thing in THINGS for a in ("the", "my", "red", "old")] + ["blue lions"]
    rows, parts = cut(texts, 4, 1)
    home = next(b for b in parts if THINGS.index("lions") in b.entries)
    assert len(rows) - 1 in home.rows


@pytest.mark.usefixtures("small_blocks")
def test_entries_that_are_alike_stay_together() -> None:
    kinds = [f"{kind}{i}" for kind in ("sail", "wing") for i in range(6)]
    texts = [f"{word} {kind} {kind[:4]} {kind[:4]}s" for kind in kinds for word in ("one", "two")]
    _, parts = cut(texts, 2, 0)
    assert [{kinds[e][:4] for e in b.entries} for b in parts] in ([{"sail"}, {"wing"}], [{"wing"}, {"sail"}])


def test_a_terms_signs_do_not_depend_on_the_other_terms() -> None:
    some, more = (signs(term_digests(t, "words")) for t in (["boat", "hat"], ["bird", "hat", "boat"]))
    np.testing.assert_array_equal(some, more[[2, 1]])
    assert abs(some[0] @ some[1]) < some.shape[1]


@pytest.mark.usefixtures("small_blocks")
def test_cut_into_blocks_it_finds_what_it_found_before(monkeypatch: pytest.MonkeyPatch) -> None:
    index, trials = build_with_trials(knowledge())
    assert isinstance(index.weights[0], Sparse)
    monkeypatch.setattr(blocks, "MOST_ROWS", 1000)
    whole, all_trials = build_with_trials(knowledge())
    assert isinstance(whole.weights[0], Table)
    for topic in knowledge().topics:
        for wording in (*topic.phrasings, f"are there {topic.id}", f"{topic.id}?"):
            assert index.ids[index.rank(wording).order[0]] == topic.id
    assert index.rank("will it rain").evidence.stranger > index.rank("red hats").evidence.stranger
    assert sorted((t.text, t.kind) for t in trials) == sorted((t.text, t.kind) for t in all_trials)
    orphans = [t for t in trials if t.kind == "orphan"]
    assert len(orphans) == 36
    assert not any(t.entry in [index.ids[i] for i in t.near] for t in orphans)


@pytest.mark.usefixtures("small_blocks")
def test_of_very_many_rows_some_are_tried(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("chatbot.solving.MOST_TRIALS", 10)
    trials = build_with_trials(knowledge())[1]
    assert 5 <= sum(t.kind in ("phrasing", "background") for t in trials) <= 10
    assert any(t.kind == "orphan" for t in trials)


@pytest.mark.usefixtures("small_blocks")
def test_an_index_of_blocks_read_back_from_its_arrays_ranks_the_same() -> None:
    index = build_with_trials(knowledge())[0]
    again = Index.from_arrays(index.arrays(), Thesaurus())
    for message in ("old lions", "rain", "", "zzz"):
        np.testing.assert_array_equal(again.rank(message).scores, index.rank(message).scores)


def part(features: NDArray[np.intp], entries: list[int], weights: NDArray[np.float32]) -> BlockWeights:
    """What a block has learned: weights of shape (features, entries + 1)."""
    return BlockWeights.of(features.astype(np.int32), np.array(entries, np.int32), weights)


def test_few_weights_score_as_the_whole_matrix_does() -> None:
    weights = np.random.default_rng(3).uniform(0.5, 1, (30, 5)).astype(np.float32)
    none = weights[:, 4].copy()
    halves = [
        part(np.arange(30), [0, 3], np.column_stack([weights[:, [0, 3]], none / 4])),
        part(np.arange(30), [1, 2], np.column_stack([weights[:, [1, 2]], none * 3 / 4])),
    ]
    sparse = Sparse.of(halves, (30, 5))
    vector = Vector(np.array([2, 7, 29], np.int32), np.array([0.5, 0.2, 0.8], np.float32))
    row = csr_matrix((vector.weights, vector.features, [0, 3]), (1, 30))
    for few in (sparse, weights_from(sparse.arrays())):
        np.testing.assert_allclose(few.scores(vector), vector.weights @ weights[vector.features], atol=1e-5)
        np.testing.assert_allclose(few.scores_of(row)[0], few.scores(vector), atol=1e-6)
    nothing = Vector(np.zeros(0, np.int32), np.zeros(0, np.float32))
    assert sparse.scores(nothing).tolist() == [0.0] * 5


def test_a_block_speaks_for_its_own_features_and_entries_and_what_speaks_for_none_is_added() -> None:
    one = part(np.array([0, 2]), [1], np.array([[1.0, 2.0], [3.0, 0.0]], np.float32))
    other = part(np.array([0, 3]), [0], np.array([[0.0, 4.0], [5.0, 6.0]], np.float32))
    both = Sparse.of([one, other], (5, 3))
    found = both.scores_of(csr_matrix(np.eye(5, dtype=np.float32)))
    assert found.tolist() == [[0, 1, 6], [0, 0, 0], [0, 3, 0], [5, 0, 6], [0, 0, 0]]


def test_small_weights_are_left_out_but_not_those_of_none() -> None:
    kept = part(np.arange(2), [0, 1], np.array([[1.0, -0.02, 0.001], [0.01, 0.4, 1.0]], np.float32))
    np.testing.assert_array_equal(kept.weights.toarray(), np.array([[1.0, -0.02], [0.0, 0.4]], np.float32))
    np.testing.assert_array_equal(kept.none, np.array([0.001, 1.0], np.float32))
