"""What staff do, and what visitors leave behind, as records: frozen, without behaviour."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Literal, NamedTuple

EditKind = Literal["topic", "line", "background", "profile", "article"]
NotedReason = Literal["no_answer", "unsure", "unhelpful", "none_of_these", "again", "looking_for"]
DecisionState = Literal["dismissed", "snoozed", "done"]


@dataclass(frozen=True, slots=True)
class Change:
    """What somebody wants of a thing: `body` is the whole of it afterwards, None to have the files speak.

    `based_on` is the version (see `Edit.id`) that the change was written against, 0 where there was none.
    """

    kind: EditKind
    key: str
    body: Mapping[str, Any] | None
    based_on: int = 0


@dataclass(frozen=True, slots=True)
class Edit:
    """A change that was saved. `id` is the thing's version until the next; one save has one `revision`."""

    id: int
    revision: int
    kind: EditKind
    key: str
    body: Mapping[str, Any] | None
    at: datetime
    by: str
    why: str = ""
    undoes: int | None = None


@dataclass(frozen=True, slots=True)
class Draft:
    """What somebody is writing of a thing whose version was `based_on` when they began."""

    by: str
    kind: EditKind
    key: str
    based_on: int
    body: Mapping[str, Any]
    at: datetime


@dataclass(frozen=True, slots=True)
class Probe:
    """A test of staff's own: when `question` is asked, `topic` must be the answer; None: none may be.

    Called a test wherever people read of it; here not, because pytest collects what is named so.
    """

    id: int
    question: str
    topic: str | None
    by: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Noted:
    """A redacted message that wants a better answer.

    `topic` is what was answered, `rejected` what was offered and not taken; `is_again` marks another try
    after a refusal. There is a day, and nothing that tells who wrote.
    """

    text: str
    reason: NotedReason
    day: date
    topic: str | None = None
    confidence: float = 0.0
    rejected: tuple[str, ...] = ()
    is_again: bool = False


class Rating(NamedTuple):
    """A visitor's verdict on a reply; `comment` is redacted."""

    reply_id: str
    topic: str | None
    helpful: bool
    comment: str | None
    day: date


@dataclass(frozen=True, slots=True)
class Decision:
    """What staff decided about messages like `wording`: out of sight until a day, None for good."""

    wording: str
    state: DecisionState
    until: date | None
    by: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Count:
    """How often something happened on a day; `hour` is -1 where only the day is counted."""

    day: date
    hour: int
    name: str
    count: int


@dataclass(frozen=True, slots=True)
class Act:
    """Something that was done on the desk."""

    by: str
    action: str
    subject: str
    detail: Mapping[str, Any]
    at: datetime
