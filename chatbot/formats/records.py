"""What travels through an import: a row, a file's reading, the plan; and how much of each is taken."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Literal, get_args

from chatbot.errors import FormatError
from chatbot.model import MAX_MESSAGE, Entry, Format, Source

Field = Literal[
    "id", "question", "phrasings", "answer", "group", "kind", "sources", "related", "reviewed", "law",
    "owner", "until",
]  # fmt: skip
Progress = Callable[[int, int], None]

FORMATS: tuple[Format, ...] = get_args(Format)
FIELDS: tuple[Field, ...] = get_args(Field)
LISTS: frozenset[Field] = frozenset({"phrasings", "sources", "related"})

# Above these a file is a mistake or an attack: a bot answers from hundreds of topics, and a reading stays
# below 300 MB of memory.
MAX_BYTES = 20_000_000
MAX_UNPACKED = 60_000_000
MAX_ROWS = 20_000
MAX_COLUMNS = 200
MAX_CELLS = 1_000_000
MAX_TOKENS = 1_000_000
MAX_DEPTH = 20
MAX_QUESTION = 300
MAX_WORDING = MAX_MESSAGE
MAX_WORDINGS = 300
MAX_ANSWER = 20_000
MAX_NAME = 200


@dataclass(frozen=True, slots=True)
class Row:
    """A topic as a file tells it, unchecked; None is what the file does not tell.

    `where` names its place as the reader of that file finds it: "row 7", "line 12", "intent faq/price".
    `fault` says why it cannot be taken, where reading it showed that already.
    """

    where: str
    id: str | None = None
    question: str | None = None
    phrasings: tuple[str, ...] | None = None
    answer: str | None = None
    group: str | None = None
    kind: str | None = None
    sources: tuple[Source, ...] | None = None
    related: tuple[str, ...] | None = None
    reviewed: str | None = None
    law: str | None = None
    owner: str | None = None
    until: str | None = None
    fault: str = ""


@dataclass(frozen=True, slots=True)
class Column:
    """A column of a spreadsheet, with its first words and the field that it is read as, if any."""

    name: str
    sample: str = ""
    field: Field | None = None


class ColumnsError(FormatError):
    """No column is read as the question, or the answer. Carries `needed`, that field, and the `columns`."""

    def __init__(self, name: str, needed: Field, columns: tuple[Column, ...]) -> None:
        """Say which is missing in the file `name`."""
        self.needed, self.columns = needed, columns
        shown = ", ".join(repr(c.name[:40]) for c in columns[:12])
        super().__init__(
            f"{name} has no column for the {needed} (it has {shown}): map one, as in {needed}=COLUMN"
        )


@dataclass(frozen=True, slots=True)
class Note:
    """Something in the file that was left out or changed on the way in, and where; it stops nothing."""

    where: str
    text: str


@dataclass(frozen=True, slots=True)
class Reading:
    """A file as it was understood. `columns` is empty for formats that have none to choose."""

    format: Format
    rows: tuple[Row, ...]
    encoding: str = "utf-8"
    columns: tuple[Column, ...] = ()
    notes: tuple[Note, ...] = ()

    @property
    def mapping(self) -> Mapping[str, Field]:
        """Which column was read as which field."""
        return {c.name: c.field for c in self.columns if c.field}


@dataclass(frozen=True, slots=True)
class Planned:
    """What would become of a row: `entry` is the topic afterwards, `before` the one it replaces."""

    where: str
    entry: Entry
    before: Entry | None = None
    fields: tuple[Field, ...] = ()


@dataclass(frozen=True, slots=True)
class Refused:
    """A row that cannot be taken, and the reason in words for whoever wrote it."""

    where: str
    reason: str


@dataclass(frozen=True, slots=True)
class ImportPlan:
    """What an import would do, in the order of the file. One refused row and nothing of it is done."""

    new: tuple[Planned, ...] = ()
    changed: tuple[Planned, ...] = ()
    same: tuple[Planned, ...] = ()
    refused: tuple[Refused, ...] = ()

    @property
    def entries(self) -> tuple[Entry, ...]:
        """The topics to save: the new ones and the changed ones."""
        return tuple(p.entry for p in (*self.new, *self.changed))

    def check(self) -> None:
        """Raise FormatError, naming the first refused row, where the plan cannot be carried out."""
        if self.refused:
            first, more = self.refused[0], len(self.refused) - 1
            rest = f" ({more} more refused)" if more else ""
            raise FormatError(f"{first.where}: {first.reason}{rest}; nothing was imported")


def no_progress(_done: int, _total: int) -> None:
    """What is told of the progress where nobody listens."""
