"""What the command line prints of other people's text steers no terminal: colors, titles, the clipboard."""

import shutil
from datetime import date
from pathlib import Path

import pytest
from cli_support import run

from chatbot import Bot, Change, Noted, Settings, Store

# A screen wiped, a title and a clipboard set, keys typed, text overwritten and turned around, 8-bit forms.
ESCAPES = (
    "\x1b[2J\x1b[1;1Hwiped", "\x1b]0;title\x07", "\x1b]52;c;cm0gLXJm\x1b\\", "\x1b[6n\x1bZ", "a\rb\x08\x08c",
    "\x1b]8;;https://evil.example\x1b\\link\x1b]8;;\x1b\\", "\x9b31mred\x9c\x90q", "\x1bP$q\x1b\\\x1bc",
    "\u202elaer\u202c \u2066x\u2069", "\x00\x7f\x05\x0e\x0f", "\u200b\u200f\ufeff",
)  # fmt: skip
FORBIDDEN = set(map(chr, (*range(0x09), 0x0B, 0x0C, 0x0D, *range(0x0E, 0x20), *range(0x7F, 0xA0)))) | set(
    "\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069\u200e\u200f"
)
TEXT = " ".join(ESCAPES)
COMMANDS = (
    ("ask", TEXT),
    ("ask", f"how long does it last {TEXT}"),
    ("why", f"how long does it last {TEXT}"),
    ("why", TEXT),
    ("topics", "list"),
    ("topics", "show", "cost"),
    ("topics", "show", TEXT),
    ("topics", "archive", TEXT),
    ("inbox",),
    ("inbox", "--json"),
    ("test",),
    ("check",),
    ("settings",),
    ("staff", "list"),
    ("staff", "disable", TEXT),
    ("import", f"/nowhere/{TEXT.replace(chr(0), '')}.csv"),
    ("export", f"/nowhere/{TEXT.replace(chr(0), '')}.csv"),
    ("restore", f"/nowhere/{TEXT.replace(chr(0), '')}"),
    ("evaluate", f"/nowhere/{TEXT.replace(chr(0), '')}"),
    ("doctor", TEXT),
    (TEXT,),
)  # fmt: skip


@pytest.fixture
def folder(tmp_path: Path, bot: Bot, data_dir: Path) -> Path:
    """A data folder whose knowledge, inbox, tests and history hold nothing but escapes."""
    assert bot.topics
    shutil.copytree(data_dir / "index", tmp_path / "index")
    store = Store.open(Settings(data_dir=tmp_path).database_url)
    kept = TEXT.replace("\r", " ").replace("\0", " ")  # as every way in has it
    cost = {"question": f"What is the price? {kept}", "answer": f"It is {kept}.", "phrasings": [kept]}
    store.edits.save([Change("topic", "cost", {**cost, "owner": kept})], by=TEXT, why=TEXT)
    store.inbox.add([Noted(text, "no_answer", date.today()) for text in ESCAPES])
    store.probes.set(f"what is {TEXT}", "cost", by=TEXT)
    store.audit.note(TEXT, TEXT, TEXT, {})
    store.close()
    return tmp_path


def test_no_command_prints_what_steers_a_terminal(folder: Path) -> None:
    for words in COMMANDS:
        result = run(folder, *words)
        assert result.exit_code in (0, 1, 2), words
        assert result.stdout + result.stderr, words
        assert not set(result.stdout + result.stderr) & FORBIDDEN, words


def test_a_talk_prints_nothing_of_what_steers_a_terminal(folder: Path) -> None:
    typed = (*(text.replace("\r", " ") for text in ESCAPES), "what is the price")
    lines = "".join(f"{text}\n/why\n" for text in typed)
    result = run(folder, "chat", stdin=lines)
    assert "It is" in result.stdout, result.stderr
    assert not set(result.stdout + result.stderr) & FORBIDDEN
