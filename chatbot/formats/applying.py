"""A plan as changes: every topic of it, to be published in one save, which one undo takes back."""

from collections.abc import Mapping
from typing import Protocol

from chatbot.editing import body_of
from chatbot.formats.records import ImportPlan
from chatbot.records import Change, Edit


class Edits(Protocol):
    """What is asked of the store: the newest edits."""

    def layer(self) -> tuple[int, tuple[Edit, ...]]:
        """The revision, and the newest edit of each thing."""


def versions(edits: Edits) -> dict[str, int]:
    """The version of each topic that was edited: take them before the knowledge that is planned for."""
    return {edit.key: edit.id for edit in edits.layer()[1] if edit.kind == "topic"}


def changes(plan: ImportPlan, based_on: Mapping[str, int]) -> tuple[Change, ...]:
    """The new and the changed topics as changes, all on top of `based_on`, the `versions` of the plan.

    Raises FormatError, naming the row, where one is refused.
    """
    plan.check()
    return tuple(Change("topic", e.id, body_of(e), based_on.get(e.id, 0)) for e in plan.entries)
