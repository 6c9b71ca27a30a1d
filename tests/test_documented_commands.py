"""Every command and snippet on a page: it exists as written, and what can run does, in the page's order."""

import re
import shlex
import shutil
import tomllib
from dataclasses import fields
from pathlib import Path

import click
import pytest
from cli_support import run
from flask import Flask

from chatbot import Bot, Settings
from chatbot.cli import main

ROOT = Path(__file__).resolve().parent.parent
TEXTS = {
    page.name: page.read_text("utf-8") for page in (ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md")))
}
VERSION = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]["version"]
OURS = re.compile(r"^(?:\S+/bin/)?chatbot$")
# What a page shows and a test can do in a folder of its own: it reads no file that is not there, and ends.
RUNS = {"ask", "backup", "export", "import", "inbox", "settings", "staff", "test", "topics", "why"}
WIDGET = (ROOT / "web/static/widget.js").read_text("utf-8")


def blocks(text: str, language: str) -> list[str]:
    return re.findall(rf"```{language}\n(.*?)```", text, re.DOTALL)


def shell(text: str) -> list[list[str]]:
    """The words of each line that a page has somebody type, without comments."""
    lines = "\n".join(blocks(text, "sh")).splitlines()
    return [words for line in lines if (words := shlex.split(line, comments=True))]


def commands(text: str) -> list[list[str]]:
    """The words behind `chatbot` of each command on a page, in a block or within a sentence."""
    inline = re.findall(r"`((?:\S+/bin/)?chatbot [^`\n]+)`", re.sub(r"```.*?```", "", text, flags=re.DOTALL))
    every = [*shell(text), *(shlex.split(code.replace("…", "a b")) for code in inline)]
    return [words[1:] for words in every if OURS.match(words[0])]


def fault(words: list[str]) -> str:
    """What the command line would say of a command, but that a file or a name is not there."""
    command: click.Command = main
    rest = list(words)
    while isinstance(command, click.Group) and rest:
        option = next((p for p in command.params if rest[0] in p.opts), None)
        if isinstance(option, click.Option):
            rest = rest[1 if option.is_flag else 2 :]
            continue
        if (named := command.get_command(click.Context(command), rest[0])) is None:
            return f"no command {rest[0]!r} in {words}"
        command, rest = named, rest[1:]
    try:
        command.make_context(command.name, rest)
    except click.MissingParameter:
        return ""
    except click.UsageError as error:
        said = error.format_message()
        return "" if "does not exist" in said else f"{words}: {said}"
    except click.exceptions.Exit:
        return ""
    return ""


@pytest.mark.parametrize("name", TEXTS)
def test_every_command_is_taken_by_the_command_line(name: str) -> None:
    assert [said for words in commands(TEXTS[name]) if (said := fault(words))] == []


def test_a_command_that_does_not_exist_would_be_noticed() -> None:
    assert fault(["topics", "lust"])
    assert fault(["--sight", "north", "topics", "list"])
    assert fault(["ask", "--loud", "hello"])
    assert fault(["export", "--format", "papyrus", "x"])
    assert not fault(["import", "--dry-run", "no-such-file.xlsx"])


@pytest.mark.parametrize("name", [name for name, text in TEXTS.items() if shell(text)])
def test_every_other_line_of_a_shell_is_one_that_is_known(name: str) -> None:
    settings = {f"CHATBOT_{field.name.upper()}" for field in fields(Settings)}
    wheel = f"clinic_faq_chatbot-{VERSION}-py3-none-any.whl"
    for words in shell(TEXTS[name]):
        match words:
            case ["make", target]:
                assert f"\n{target}: " in (ROOT / "Makefile").read_text("utf-8")
            case ["export", given]:
                assert given.partition("=")[0] in settings
            case ["python3", "-m", "venv", _]:
                pass
            case [pip, "install", package] if pip.endswith("/bin/pip"):
                assert package in (wheel, "clinic-faq-chatbot[postgres]")
            case _:
                assert OURS.match(words[0]), words


@pytest.mark.parametrize("name", [n for n, t in TEXTS.items() if any(c[0] in RUNS for c in commands(t))])
def test_what_a_page_has_somebody_type_runs(
    name: str, tmp_path: Path, bot: Bot, data_dir: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert bot.topics
    shutil.copytree(data_dir / "index", tmp_path / "data/index")  # what a first command learns
    monkeypatch.chdir(tmp_path)
    for words in shell(TEXTS[name]):
        if OURS.match(words[0]) and words[1] in RUNS:
            done = run(tmp_path / "data", *words[1:])
            assert done.exit_code == 0, f"{words}: {done.output}"
            assert done.output or words[1] == "test", words


def test_every_address_of_the_server_that_a_page_shows_exists(app: Flask) -> None:
    routes = app.url_map.bind("bot.your-clinic.example")
    shown = re.findall(r"https://bot\.your-clinic\.example(/[\w./-]*)", "\n".join(TEXTS.values()))
    assert len(set(shown)) > 3
    for path in set(shown):
        routes.match(path)


def test_every_setting_style_and_event_of_the_widget_that_its_page_names_exists() -> None:
    page = TEXTS["widget.md"]
    options = re.search(r"const OPTIONS = \[(.*?)\]", WIDGET, re.DOTALL)
    assert options
    names = re.findall(r"'(\w+)'", options[1])
    known = {re.sub("[A-Z]", lambda letter: f"-{letter[0].lower()}", name) for name in names}
    named = set(re.findall(r"\bdata-([a-z-]+)=", page))
    assert {name for name in named if not name.startswith("text-")} <= known
    assert {name for name in named if name.startswith("text-")} == {"text-send"}
    assert known - named == {"persist", "src"}  # an older word for history; where the script itself is
    for variable in set(re.findall(r"--faq-chat-[a-z]+", page)):
        assert f"var({variable}" in WIDGET
    for event in set(re.findall(r"faq-chat:([a-z]+)", page)):
        assert f"'{event}'" in WIDGET
