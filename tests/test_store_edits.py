"""Edits: kept in order, never lost, taken back only by a new one; the same on SQLite and on PostgreSQL."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from chatbot.errors import ConflictError, StoreError
from chatbot.records import Change
from chatbot.store import Store
from chatbot.store.edits import Edits

EDITORS, SAVES = 8, 6


@pytest.fixture(params=["sqlite", "postgresql"])
def kept(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Store]:
    is_sqlite = request.param == "sqlite"
    url = f"sqlite:///{tmp_path}/chatbot.db" if is_sqlite else request.getfixturevalue("postgres_url")
    store = Store.open(url)
    yield store
    store.close()


def change(text: str | None, based_on: int = 0, key: str = "parking") -> Change:
    return Change("topic", key, None if text is None else {"answer": text}, based_on)


def version(store: Store, key: str = "parking") -> int:
    newest = store.edits.newest("topic", key)
    return newest.id if newest else 0


def test_an_empty_database_is_at_revision_0_and_has_no_layer(kept: Store) -> None:
    assert (kept.edits.revision(), kept.edits.layer()) == (0, (0, ()))


def test_a_save_tells_who_when_and_why_and_counts_the_revision_up(kept: Store) -> None:
    assert kept.edits.save([change("Behind the house.")], by="Ann", why="asked often") == 1
    (edit,) = kept.edits.history()
    assert (edit.revision, edit.by, edit.why, edit.body) == (
        1,
        "Ann",
        "asked often",
        {"answer": "Behind the house."},
    )
    assert edit.at.tzinfo is not None
    assert kept.edits.revision() == 1


def test_one_save_of_several_things_has_one_revision(kept: Store) -> None:
    revision = kept.edits.save([change("a"), change("b", key="food")], by="Ann")
    assert {(e.key, e.revision) for e in kept.edits.of(revision)} == {("parking", 1), ("food", 1)}


def test_the_layer_is_the_newest_edit_of_each_thing(kept: Store) -> None:
    kept.edits.save([change("old"), change("b", key="food")], by="Ann")
    kept.edits.save([change("new", version(kept))], by="Ben")
    revision, layer = kept.edits.layer()
    assert (revision, {e.key: e.body for e in layer}) == (
        2,
        {"food": {"answer": "b"}, "parking": {"answer": "new"}},
    )


def test_the_second_of_two_who_edit_the_same_thing_gets_both_texts_and_nothing_is_written(
    kept: Store,
) -> None:
    kept.edits.save([change("Ann's")], by="Ann")
    with pytest.raises(ConflictError, match="'parking' is not what your change was based on: Ann") as raised:
        kept.edits.save([change("x", key="food"), change("Ben's")], by="Ben")
    assert raised.value.yours.body == {"answer": "Ben's"}
    assert raised.value.theirs is not None
    assert raised.value.theirs.body == {"answer": "Ann's"}
    assert kept.edits.revision() == 1
    assert kept.edits.newest("topic", "food") is None


def undo(edits: Edits, revision: int) -> int:
    """Take a save back, as a publication does."""
    return edits.save(edits.undoing(revision), by="Cy", undoes=revision)


def test_undoing_is_a_new_edit_with_what_stood_before(kept: Store) -> None:
    kept.edits.save([change("first")], by="Ann")
    second = kept.edits.save([change("second", version(kept)), change("food", key="food")], by="Ben")
    assert undo(kept.edits, second) == 3
    assert {(e.key, str(e.body), e.undoes) for e in kept.edits.of(3)} == {
        ("parking", "{'answer': 'first'}", second),
        ("food", "None", second),
    }
    assert len(kept.edits.history()) == 5


def test_what_was_edited_again_since_cannot_be_undone_unseen(kept: Store) -> None:
    first = kept.edits.save([change("first")], by="Ann")
    kept.edits.save([change("second", version(kept))], by="Ben")
    with pytest.raises(ConflictError):
        undo(kept.edits, first)
    assert kept.edits.revision() == 2


@pytest.mark.parametrize(
    ("do", "fact"),
    [
        (lambda e: e.save([], by="Ann"), "nothing to save"),
        (lambda e: e.save([change("a")], by=" "), "name of who"),
        (lambda e: undo(e, 7), "there is no revision 7"),
    ],
)
def test_a_call_that_makes_no_sense_is_one_clear_error(kept: Store, do: object, fact: str) -> None:
    assert callable(do)
    with pytest.raises(StoreError, match=fact):
        do(kept.edits)


def test_who_listens_hears_of_a_save_once_it_is_kept(kept: Store) -> None:
    heard: list[int] = []
    kept.edits.listeners.append(lambda: heard.append(kept.edits.revision()))
    kept.edits.save([change("a")], by="Ann")
    with pytest.raises(ConflictError):
        kept.edits.save([change("b")], by="Ben")
    assert heard == [1]


def test_of_eight_editors_who_save_at_once_none_loses_an_edit(kept: Store) -> None:
    """Each reads a topic that all of them edit, adds a line of its own, and tries again on a conflict."""

    def edit(editor: int) -> list[int]:
        made = []
        for number in range(SAVES):
            while True:
                newest = kept.edits.newest("topic", "shared")
                said = str(newest.body["answer"]) if newest and newest.body else ""
                mine = change(f"{said}{editor}:{number} ", newest.id if newest else 0, "shared")
                try:
                    made.append(kept.edits.save([mine, change(f"{number}", 0, f"{editor}-{number}")], by="x"))
                    break
                except ConflictError:
                    continue
        return made

    with ThreadPoolExecutor(EDITORS) as threads:
        made = list(threads.map(edit, range(EDITORS)))
    newest = kept.edits.newest("topic", "shared")
    assert newest is not None
    assert newest.body is not None
    lines = str(newest.body["answer"]).split()
    assert sorted(lines) == sorted(f"{e}:{n}" for e in range(EDITORS) for n in range(SAVES))
    assert all(own == sorted(set(own)) for own in made)
    revisions = [e.revision for e in reversed(kept.edits.history("topic", "shared"))]
    assert revisions == list(range(1, EDITORS * SAVES + 1)) == sorted(r for own in made for r in own)
    assert len(kept.edits.layer()[1]) == EDITORS * SAVES + 1
