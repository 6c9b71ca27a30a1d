"""The records that travel between the rooms: frozen, without behaviour."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

ReplyKind = Literal["answer", "clarify", "no_answer", "crisis", "boundary", "small_talk"]
EntryKind = Literal["article", "general", "clinic", "mixed", "passage", "line"]
ActionType = Literal["tel", "sms", "link"]
MAX_MESSAGE = 1000  # characters that are read of what a visitor types, and kept of it
# Of a file of topics. Here, because the command line names them all and reads such files for few commands.
Format = Literal[
    "csv", "tsv", "xlsx", "jsonl", "json", "markdown",
    "qnamaker", "qnabot", "qnabot-xlsx", "rasa", "dialogflow", "faqpage",
]  # fmt: skip


@dataclass(frozen=True, slots=True)
class Source:
    """Where an answer comes from. `url` is https or None; `updated` an ISO date or None."""

    title: str
    url: str | None = None
    quote: str | None = None
    updated: str | None = None


@dataclass(frozen=True, slots=True)
class Entry:
    """Something the bot can say: a topic, an article's passage, or one of its own fixed lines.

    `answer` is Markdown; a topic's may hold `{clinic.…}` placeholders, a passage's is plain sentences.
    `group` is the title under which visitors find it: the topic file's heading, or the article's title.
    `owner` looks after it; `until` is the last day (ISO) on which it is said, None for always.
    `sentences` are a passage's, so that a question need not split it.
    """

    id: str
    question: str
    answer: str
    phrasings: tuple[str, ...] = ()
    kind: EntryKind = "general"
    sources: tuple[Source, ...] = ()
    related: tuple[str, ...] = ()
    reviewed: str | None = None
    law: bool = False
    group: str = ""
    owner: str = ""
    until: str | None = None
    sentences: tuple[str, ...] = ()
    path: str = field(default="", compare=False)
    line: int = field(default=0, compare=False)


@dataclass(frozen=True, slots=True)
class Asked:
    """A message with the topics that would answer it, the best first; none where nothing should."""

    question: str
    topics: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Section:
    """A heading of an article with the paragraphs below it, as they stood; `level` is 1 for the title."""

    heading: str
    paragraphs: tuple[str, ...]
    level: int = 2


@dataclass(frozen=True, slots=True)
class Dropped:
    """A part of a saved page that does not belong to its article, and why it was left out."""

    text: str
    reason: str


@dataclass(frozen=True, slots=True)
class Article:
    """A saved page without what does not belong to it. The first section is the text under the title."""

    title: str
    sections: tuple[Section, ...]
    dropped: tuple[Dropped, ...] = ()
    url: str | None = None
    updated: str | None = None


@dataclass(frozen=True, slots=True)
class Action:
    """A help line or a contact that a visitor can use with one touch."""

    type: ActionType
    label: str
    href: str


@dataclass(frozen=True, slots=True)
class Suggestion:
    """A button: `label` is shown, `message` is what pressing it sends."""

    label: str
    message: str


@dataclass(frozen=True, slots=True)
class Match:
    """An entry as the index ranks it for a message.

    `score` (about 0 to 1) is comparable within one index only; `confidence` (0 to 1) is calibrated.
    `wording` is the phrasing or sentence that came nearest, `terms` the words it shares with the message.
    """

    entry: str
    score: float
    confidence: float = 0.0
    wording: str = ""
    terms: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Reply:
    """What the bot says to one message; the fields are those of the HTTP contract."""

    kind: ReplyKind
    text: str
    html: str
    topic: str | None = None
    confidence: float = 0.0
    sources: tuple[Source, ...] = ()
    suggestions: tuple[Suggestion, ...] = ()
    actions: tuple[Action, ...] = ()
    notice: str | None = None
    id: str = ""
    context: str = ""


@dataclass(frozen=True, slots=True)
class Thread:
    """What the next turn needs to know of the conversation: ids and states, nothing of what was said.

    Of a talk, not of a process; a file that needs both names the other `threading.Thread`.
    `topics` are the last two, `rivals` those that came close to the last answer, `asked` short marks of all
    that were answered lately; `last` is a mark of the bot's own last words, said `times` in a row.
    """

    topics: tuple[str, ...] = ()
    offered: tuple[str, ...] = ()
    awaiting: Literal["", "choice"] = ""
    refusals: int = 0
    crisis: str = ""
    rivals: tuple[str, ...] = ()
    asked: tuple[str, ...] = ()
    last: str = ""
    times: int = 0


@dataclass(frozen=True, slots=True)
class Profile:
    """The clinic's own facts, by field name (see `chatbot.profile.FIELDS`); a field left out is unknown."""

    facts: Mapping[str, str] = field(default_factory=dict)
    as_of: str | None = None
