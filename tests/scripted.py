"""Written conversations: read from tests/conversations, held with a running server, printed as transcripts.

    python tests/scripted.py                  every conversation as a transcript
    python tests/scripted.py crisis           those whose file or title holds the word

A file holds conversations, each under a `# title`. A line `> …` is what a visitor types (`> ` alone: an empty
message of one space); the lines below it say what the reply must be, and nothing else is looked at:

    answer cost            the kind, then for an answer its topic; `or` between several that will do
    says: free of charge   the text holds these words           never: …   it does not
    begins: Sorry          the text begins with them
    offers: How long …?    a suggestion                          offers nothing
    calls: 988             something to touch whose address or label holds it; `first calls:` it is the first
    notice: phone number   the notice that something personal was spotted       no notice

Lines that begin with `//` are remarks for the reader.
"""

import json
import re
import sys
import tempfile
import urllib.request
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from serving import serving

from chatbot import Bot, Settings, Store
from chatbot.bot import load_knowledge
from chatbot.engine import Engine
from chatbot.model import Profile
from web import create_app

FOLDER = Path(__file__).parent / "conversations"
CLINIC = Profile(
    {
        "name": "Lakeside Clinic",
        "phone": "312-555-0100",
        "contact_form": "https://www.example.org/contact",
        "schedule": "mornings from 9 to 12 and evenings from 6 to 9",
        "price": "300 dollars for one day",
    }
)
Answer = dict[str, Any]


@dataclass(frozen=True)
class Exchange:
    """What a visitor types, and what the reply must be, line by line."""

    message: str
    wanted: tuple[str, ...]
    line: int


@dataclass(frozen=True)
class Conversation:
    """A conversation as it is written."""

    file: str
    title: str
    exchanges: tuple[Exchange, ...]

    def __str__(self) -> str:
        return f"{self.file}: {self.title}"


def conversations(folder: Path = FOLDER) -> list[Conversation]:
    """All of them, file by file."""
    return [c for path in sorted(folder.glob("*.md")) for c in parse(path.name, path.read_text("utf-8"))]


def parse(file: str, text: str) -> Iterator[Conversation]:
    """Read the conversations of one file. Raises ValueError with the line at fault."""
    title, exchanges = "", list[Exchange]()
    for number, line in enumerate(text.splitlines(), 1):
        row = line.rstrip()
        if not row or row.startswith("//"):
            continue
        if row.startswith("# "):
            if title:
                yield Conversation(file, title, tuple(exchanges))
            title, exchanges = row.removeprefix("# "), []
        elif row.startswith(">") and title:
            exchanges.append(Exchange(row[2:] or " ", (), number))
        elif exchanges:
            last = exchanges[-1]
            exchanges[-1] = replace(last, wanted=(*last.wanted, row.strip()))
        else:
            raise ValueError(f"{file}:{number}: expected '# title' or '> message', not {row!r}")
    if title:
        yield Conversation(file, title, tuple(exchanges))


# --- what a reply must be -------------------------------------------------------------------------------


def _has_kind(reply: Answer, wanted: str) -> bool:
    given = (reply["kind"], f"{reply['kind']} {reply['topic']}")
    return any(option in given for option in re.split(r" or ", wanted))


def _calls(actions: Sequence[Answer], wanted: str) -> bool:
    return any(wanted in action["href"] or wanted in action["label"] for action in actions)


_CHECKS: dict[str, Callable[[Answer, str], bool]] = {
    "says: ": lambda r, w: w.casefold() in r["text"].casefold(),
    "never: ": lambda r, w: w.casefold() not in r["text"].casefold(),
    "begins: ": lambda r, w: r["text"].startswith(w),
    "offers: ": lambda r, w: any(w in (s["label"], s["message"]) for s in r["suggestions"]),
    "offers nothing": lambda r, _: not r["suggestions"],
    "calls: ": lambda r, w: _calls(r["actions"], w),
    "first calls: ": lambda r, w: _calls(r["actions"][:1], w),
    "notice: ": lambda r, w: w in (r["notice"] or ""),
    "no notice": lambda r, _: r["notice"] is None,
}


def is_met(reply: Answer, wanted: str) -> bool:
    """Whether a reply is what one line of a conversation wants."""
    for start, check in _CHECKS.items():
        if wanted.startswith(start):
            return check(reply, wanted.removeprefix(start))
    return _has_kind(reply, wanted)


# --- holding them ---------------------------------------------------------------------------------------


def open_bot(folder: Path) -> Bot:
    """The bot of a clinic whose profile says the most important things."""
    settings = Settings(data_dir=folder)
    knowledge = replace(load_knowledge(settings), profile=CLINIC)
    return Bot(Engine.open(knowledge, folder / "index"))


@contextmanager
def answering(bot: Bot, folder: Path) -> Iterator[str]:
    """The real server around a bot; gives its address."""
    settings = Settings(
        data_dir=folder,
        database_url=f"sqlite:///{folder}/talk.db",
        rate_limit="off",
        port=0,
        log_level="error",
    )
    store = Store.open(settings.database_url)
    with closing(store), serving(create_app(settings, bot, store), settings) as url:
        yield url


def ask(url: str, message: str, context: str = "") -> Answer:
    """One message to the API of a server."""
    body = json.dumps({"message": message, "context": context}).encode()
    request = urllib.request.Request(f"{url}/api/v1/chat", body, {"Content-Type": "application/json"})  # noqa: S310 - our own server
    with urllib.request.urlopen(request, timeout=20) as response:  # noqa: S310
        reply: Answer = json.load(response)
    return reply


def hold(url: str, conversation: Conversation) -> Iterator[tuple[Exchange, Answer]]:
    """Hold a conversation; gives each exchange with its reply."""
    context = ""
    for exchange in conversation.exchanges:
        reply = ask(url, exchange.message, context)
        context = reply["context"]
        yield exchange, reply


def faults(url: str, conversation: Conversation) -> list[str]:
    """What went otherwise than written, each with its place."""
    return [
        f"{conversation.file}:{exchange.line} > {exchange.message}\n    wanted {wanted!r}, got"
        f" {reply['kind']} {reply['topic']} {reply['text'][:160]!r}"
        f" offers {[s['label'] for s in reply['suggestions']]} calls {[a['label'] for a in reply['actions']]}"
        for exchange, reply in hold(url, conversation)
        for wanted in exchange.wanted
        if not is_met(reply, wanted)
    ]


def transcript(url: str, conversation: Conversation) -> str:
    """A conversation as one reads it."""
    lines = [f"## {conversation.title} ({conversation.file})", ""]
    for exchange, reply in hold(url, conversation):
        kind = f"{reply['kind']} {reply['topic'] or ''}".strip()
        lines += [f"Visitor: {exchange.message}", f"Desk [{kind}]: {reply['text']}"]
        lines += [f"  ({reply['notice']})"] if reply["notice"] else []
        for name, found in (("offers", reply["suggestions"]), ("to touch", reply["actions"])):
            lines += [f"  {name}: {' | '.join(f['label'] for f in found)}"] if found else []
        lines.append("")
    return "\n".join(lines)


def main(word: str) -> None:
    """Print the transcripts of the conversations whose file or title holds a word."""
    held = [c for c in conversations() if word.casefold() in str(c).casefold()]
    with tempfile.TemporaryDirectory() as made, answering(open_bot(Path(made)), Path(made)) as url:
        for conversation in held:
            print(transcript(url, conversation))


if __name__ == "__main__":
    main(sys.argv[1] if len(sys.argv) > 1 else "")
