import json
import os
import signal
import socket
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import click
import pytest
from cli_support import PATIENCE_S, environment, run, start

from chatbot import Bot, Settings, Store
from chatbot.cli import main

ASKED = "can i keep my job while im in iop"


def commands(group: click.Group, path: tuple[str, ...] = ()) -> Iterator[tuple[str, ...]]:
    for name, command in group.commands.items():
        yield (*path, name)
        if isinstance(command, click.Group):
            yield from commands(command, (*path, name))


ALL_COMMANDS = list(commands(main))


# --- the program --------------------------------------------------------------------------------------


@pytest.mark.parametrize("command", ALL_COMMANDS, ids=" ".join)
def test_every_command_has_help_with_an_example(tmp_path: Path, command: tuple[str, ...]) -> None:
    result = run(tmp_path, *command, "--help")
    assert result.exit_code == 0
    assert "Example" in result.stdout
    assert f"  chatbot {' '.join(command)}" in result.stdout.split("Example")[1]


def test_the_commands_are_those_of_the_contract(tmp_path: Path) -> None:
    words = (
        "ask backup chat check doctor evaluate export import inbox migrate off on purge restore serve "
        "settings site staff test topics why"
    )
    assert " ".join(main.list_commands(click.Context(main))) == words
    assert run(tmp_path).stdout == run(tmp_path, "--help").stdout


def test_help_is_read_without_setting_anything_up(tmp_path: Path) -> None:
    assert run(tmp_path / "new", "--help", CHATBOT_PORT="http").exit_code == 0
    assert not (tmp_path / "new").exists()


def test_the_version_is_told(tmp_path: Path) -> None:
    result = run(tmp_path, "--version")
    assert result.exit_code == 0
    assert result.stdout.startswith("chatbot ")


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["aks"], "No such command 'aks'. Did you mean 'ask'? (See chatbot --help)"),
        (["topics", "lst"], "No such command 'lst'. Did you mean 'list'? (See chatbot topics --help)"),
        (["ask", "--jsno", "x"], "--jsno"),
        (["ask"], "QUESTION"),
        (["ask", " \t "], "the question is empty: ask in 1 to 1,000 characters."),
        (["ask", "x" * 1001], "the question has 1,001 characters: ask in at most 1,000."),
        (["ask", "-"], "Standard input holds no question"),
        (["why", ""], "the question is empty"),
        (["topics", "show", "program-lenght"], "did you mean program-length?"),
        (["topics", "show", "zzzz"], "see chatbot topics list"),
        (["import"], "FILE"),
        (["import", "gone.html"], "gone.html: no such file"),
        (["serve", "--port", "http"], "'http'"),
        (["serve", "--port", "65536"], "65536"),
        (["serve", "--host", " "], "--host is empty"),
        (["check", "--json", "--passages"], "do not go together"),
    ],
)
def test_a_wrong_call_is_one_line_that_names_what_is_wrong(
    tmp_path: Path, words: list[str], told: str
) -> None:
    result = run(tmp_path, *words)
    assert result.exit_code == 2
    assert result.stdout == ""
    assert result.stderr.startswith("chatbot: ")
    assert result.stderr.count("\n") == 1
    assert told in result.stderr


def test_an_unknown_setting_stops_every_command_that_reads_one(tmp_path: Path) -> None:
    for words in (["ask", "hi"], ["topics", "list"], ["settings"], ["on"], ["serve"], ["check"], ["chat"]):
        result = run(tmp_path, *words, CHATBOT_PROT="1")
        assert result.exit_code == 2
        assert result.stderr == "chatbot: CHATBOT_PROT is not a setting: did you mean CHATBOT_PORT?\n"


def test_a_knowledge_file_with_a_double_id_is_one_line_that_names_both_places(tmp_path: Path) -> None:
    topics = tmp_path / "knowledge" / "topics"
    topics.mkdir(parents=True)
    (topics / "a.md").write_text("# A\n\n" + "## One? {#one}\nkind: general\n\nYes.\n\n" * 2)
    done = start(tmp_path, "topics", "list")
    assert done.returncode == 2
    assert done.stdout == b""
    assert done.stderr.startswith(b"chatbot: ")
    assert done.stderr.count(b"\n") == 1
    assert b"a.md:8: " in done.stderr
    assert b"'one'" in done.stderr


def test_a_control_character_in_a_file_name_does_not_reach_the_terminal(tmp_path: Path) -> None:
    assert run(tmp_path, "import", "\x1b\x9b\a.txt").stderr == "chatbot: .txt: no such file\n"


def test_a_reader_who_leaves_early_hears_no_complaint(bot: Bot, data_dir: Path) -> None:
    reading, writing = os.pipe()
    os.close(reading)
    try:
        done = subprocess.run(
            [sys.executable, "-m", "chatbot", "ask", "--json", ASKED],
            stdout=writing,
            stderr=subprocess.PIPE,
            env=environment(data_dir),
            timeout=PATIENCE_S,
            check=False,
        )
    finally:
        os.close(writing)
    assert done.stderr == b""
    assert done.returncode == 141


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="this system has no full device")
def test_a_full_disk_is_one_line(tmp_path: Path) -> None:
    with open("/dev/full", "wb") as full:
        done = subprocess.run(
            [sys.executable, "-m", "chatbot", "settings"],
            stdout=full,
            stderr=subprocess.PIPE,
            env=environment(tmp_path),
            timeout=PATIENCE_S,
            check=False,
        )
    assert done.returncode == 2
    assert done.stderr == b"chatbot: No space left on device\n"


def test_an_interruption_is_no_traceback(bot: Bot, data_dir: Path) -> None:
    with subprocess.Popen(
        [sys.executable, "-m", "chatbot", "ask", "-"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env=environment(data_dir),
    ) as process:
        assert process.stdin
        assert process.stdout
        assert process.stderr
        process.stdin.write(b"hi\n")
        process.stdin.flush()
        assert process.stdout.readline() == b"> hi\n"
        process.send_signal(signal.SIGINT)
        assert process.wait(PATIENCE_S) == 130
        assert process.stderr.read().strip() == b""


# --- settings, the switch and the server --------------------------------------------------------------


def test_settings_tell_each_value_and_where_it_came_from(tmp_path: Path) -> None:
    told = run(tmp_path, "settings", CHATBOT_PORT="8123", CHATBOT_SECRET_KEY="s" * 20).stdout
    assert "CHATBOT_PORT\t8123\tenvironment\n" in told
    assert "CHATBOT_HOST\t127.0.0.1\tdefault\n" in told
    assert "s" * 20 not in told


def test_settings_as_json(tmp_path: Path) -> None:
    rows = json.loads(run(tmp_path, "settings", "--json").stdout)
    assert {"name": "CHATBOT_PORT", "value": "8000", "source": "default"} in rows


def test_off_and_on_switch_the_bot(tmp_path: Path) -> None:
    store = Store.open(Settings(data_dir=tmp_path).database_url)
    for word, is_off in (("off", True), ("off", True), ("on", False)):
        result = run(tmp_path, word)
        assert result.exit_code == 0
        assert result.stdout == ""
        assert f"The bot is {word}." in result.stderr
        assert store.is_off() is is_off
    store.close()


def test_a_database_that_cannot_be_opened_is_one_line(tmp_path: Path) -> None:
    (tmp_path / "chatbot.db").mkdir()
    result = run(tmp_path, "off")
    assert result.exit_code == 2
    assert result.stderr.startswith("chatbot: the database ")
    assert result.stderr.count("\n") == 1


def test_serve_answers_until_it_is_told_to_stop(bot: Bot, data_dir: Path, tmp_path: Path) -> None:
    with subprocess.Popen(
        [sys.executable, "-m", "chatbot", "serve", "--port", "0"],
        stderr=subprocess.PIPE,
        env=environment(data_dir, CHATBOT_DATABASE_URL=f"sqlite:///{tmp_path}/chatbot.db"),
        text=True,
    ) as process:
        assert process.stderr
        url = next(line.split()[-1] for line in process.stderr if line.startswith("Serving on "))
        with urllib.request.urlopen(f"{url}/healthz", timeout=PATIENCE_S) as answer:  # noqa: S310 - our own
            assert answer.status == 200
        process.terminate()
        assert process.wait(PATIENCE_S) == 0
        assert "Traceback" not in process.stderr.read()


def test_a_port_in_use_is_one_line(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        done = start(tmp_path, "serve", "--port", str(port))
    assert done.returncode == 2
    assert done.stderr.startswith(f"chatbot: CHATBOT_PORT {port} on 127.0.0.1 is in use".encode())
    assert done.stderr.count(b"\n") == 1
