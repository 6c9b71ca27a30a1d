"""A plan carried out: every topic of it in one save, which one undo takes back."""

from collections.abc import Mapping, Sequence
from typing import Protocol

from chatbot.editing import body_of
from chatbot.formats.records import ImportPlan
from chatbot.model import Change, Edit, Entry


class Edits(Protocol):
    """What is asked of the store: the newest edits, and to keep changes, all or none."""

    def layer(self) -> tuple[int, tuple[Edit, ...]]:
        """The revision, and the newest edit of each thing."""

    def save(self, changes: Sequence[Change], *, by: str, why: str = "") -> int:
        """Keep changes as one save; returns its revision."""


def versions(edits: Edits) -> dict[str, int]:
    """The version of each topic that was edited: take them when the knowledge is read that is planned for."""
    return {edit.key: edit.id for edit in edits.layer()[1] if edit.kind == "topic"}


def apply(
    plan: ImportPlan, edits: Edits, *, by: str, why: str = "", based_on: Mapping[str, int] | None = None
) -> int:
    """Save the new and the changed topics as one edit; returns its revision, by which it can be undone.

    `based_on` are the `versions` that the plan was made for, those of now where none are given. Raises
    FormatError, naming the row, where one is refused, and ConflictError where somebody was faster; then
    nothing is changed.
    """
    plan.check()
    known = versions(edits) if based_on is None else based_on
    return edits.save([_change(entry, known) for entry in plan.entries], by=by, why=why)


def _change(entry: Entry, known: Mapping[str, int]) -> Change:
    return Change("topic", entry.id, body_of(entry), known.get(entry.id, 0))
