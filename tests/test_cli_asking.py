import json
import shutil
import subprocess
import sys
from dataclasses import fields
from pathlib import Path

import pytest
from cli_support import PATIENCE_S, environment, run, start

from chatbot import Bot, Reply

ASKED = "can i keep my job while im in iop"
UNKNOWN = "what is the capital of France"


# --- ask and why --------------------------------------------------------------------------------------


def test_an_answer_comes_with_its_source_its_confidence_and_what_to_ask_next(
    bot: Bot, data_dir: Path
) -> None:
    reply = bot.reply(ASKED)
    result = run(data_dir, "ask", ASKED)
    assert result.exit_code == 0
    assert result.stderr == ""
    assert result.stdout.startswith(reply.text)
    assert f"Source: {reply.sources[0].title}" in result.stdout
    assert f"from {reply.topic}" in result.stdout
    assert f"  - {reply.suggestions[0].label}\n" in result.stdout


def test_words_without_quotes_are_one_question(bot: Bot, data_dir: Path) -> None:
    assert run(data_dir, "ask", *ASKED.split()).stdout == run(data_dir, "ask", ASKED).stdout


def test_a_crisis_shows_the_help_lines_with_what_is_needed_to_reach_them(bot: Bot, data_dir: Path) -> None:
    told = run(data_dir, "ask", "i want to kill myself").stdout
    assert "  Call 988\n" in told
    assert "https://988lifeline.org/chat/" in told
    assert "\n  crisis\n" in told


def test_a_question_nobody_can_answer_is_still_done(bot: Bot, data_dir: Path) -> None:
    result = run(data_dir, "ask", UNKNOWN)
    assert result.exit_code == 0
    assert "no answer, " in result.stdout


def test_json_is_the_reply_object_of_the_contract_on_one_line(bot: Bot, data_dir: Path) -> None:
    result = run(data_dir, "ask", "--json", ASKED)
    assert result.stdout.count("\n") == 1
    told, reply = json.loads(result.stdout), bot.reply(ASKED)
    assert set(told) == {f.name for f in fields(Reply)}
    assert told["text"] == reply.text
    assert told["sources"][0].keys() == {"title", "url", "quote", "updated"}
    assert told["suggestions"][0].keys() == {"label", "message"}


def test_json_is_utf_8_where_the_terminal_is_not(bot: Bot, data_dir: Path) -> None:
    done = start(data_dir, "why", "--json", "groups", PYTHONIOENCODING="ascii", PYTHONUTF8="0")
    assert done.returncode == 0
    assert json.loads(done.stdout.decode("utf-8"))


def test_a_letter_that_the_terminal_lacks_is_no_error(bot: Bot, data_dir: Path) -> None:
    for words, stdin in ((["why", "groups"], b""), (["chat"], b"groups\n/why\n")):
        done = start(data_dir, *words, stdin=stdin, PYTHONIOENCODING="iso-8859-1")
        assert done.returncode == 0
        assert b"Nearest is " in done.stdout
        assert b"with the wording ?" in b" ".join(done.stdout.split())


def test_each_line_of_standard_input_gets_an_object_a_line(bot: Bot, data_dir: Path) -> None:
    result = run(data_dir, "ask", "--json", "-", stdin=f"{ASKED}\r\n\n  \n{UNKNOWN}")
    first, second = (json.loads(line) for line in result.stdout.splitlines())
    assert first["text"] == bot.reply(ASKED).text
    assert second["kind"] == "no_answer"


def test_each_line_of_standard_input_heads_its_reply(bot: Bot, data_dir: Path) -> None:
    told = run(data_dir, "ask", "-", stdin=f"{ASKED}\n{UNKNOWN}\n").stdout
    assert told.startswith(f"> {ASKED}\n\n")
    assert f"\n\n> {UNKNOWN}\n\n" in told


@pytest.mark.parametrize(
    ("line", "told"),
    [
        (b"x" * 1001, "line 2 of standard input has 1,001 characters: ask in at most 1,000."),
        (b"x" * 5_000_000, "line 2 of standard input is too long: ask in at most 1,000 characters."),
        (b"caf\xe9", "line 2 of standard input is not UTF-8 at byte 3: save it as UTF-8."),
    ],
    ids=["long", "very long", "latin-1"],
)
def test_a_line_at_fault_is_named_after_those_before_it_are_answered(
    bot: Bot, data_dir: Path, line: bytes, told: str
) -> None:
    result = run(data_dir, "ask", "--json", "-", stdin=b"hi\n" + line + b"\nhi\n")
    assert result.exit_code == 2
    assert result.stdout.count("\n") == 1
    assert result.stderr.startswith(f"chatbot: {told}")


def test_a_question_of_a_thousand_characters_is_answered(bot: Bot, data_dir: Path) -> None:
    assert run(data_dir, "ask", "hours " * 166 + "week").exit_code == 0


def test_a_question_in_bytes_that_are_no_text_is_answered(bot: Bot, data_dir: Path) -> None:
    command = [sys.executable.encode(), b"-m", b"chatbot", b"ask", b"--json", b"hours \xff\xfe"]
    done = subprocess.run(
        command, capture_output=True, env=environment(data_dir), timeout=PATIENCE_S, check=False
    )
    assert done.returncode == 0
    assert json.loads(done.stdout)["kind"]


def test_why_says_in_words_what_came_near(bot: Bot, data_dir: Path) -> None:
    told = run(data_dir, "why", *ASKED.split()).stdout
    assert told.startswith(f"Nearest is {bot.reply(ASKED).topic}: ")
    assert f"1. {bot.reply(ASKED).topic}: score " in told


def test_why_as_json_is_the_ranking(bot: Bot, data_dir: Path) -> None:
    ranked = json.loads(run(data_dir, "why", "--json", ASKED).stdout)
    assert [m["entry"] for m in ranked] == [m.entry for m in bot.explain(ASKED).matches]
    assert ranked[0].keys() == {"entry", "score", "confidence", "wording", "terms"}


def test_asking_imports_no_more_than_it_needs(bot: Bot, data_dir: Path, tmp_path: Path) -> None:
    shutil.copytree(data_dir / "index", tmp_path / "index")  # without a database, whose edits would be read
    libraries = ("flask", "waitress", "sklearn", "scipy", "nltk", "sqlalchemy", "trafilatura", "phonenumbers")
    unneeded = (*libraries, "chatbot.fitting", "chatbot.article", "chatbot.cli.staff", "multiprocessing")
    assert loaded_by(tmp_path, ["ask", ASKED], unneeded) == []


def test_help_and_settings_import_no_more_than_they_need(data_dir: Path) -> None:
    unneeded = ("flask", "sklearn", "nltk", "sqlalchemy", "readline")
    assert loaded_by(data_dir, ["--help"], unneeded) == []
    assert loaded_by(data_dir, ["settings"], unneeded) == []


def loaded_by(data_dir: Path, words: list[str], modules: tuple[str, ...]) -> list[str]:
    code = (
        "import sys; from chatbot.cli import main\n"
        f"try: main({words!r})\n"
        f"except SystemExit: print([m for m in {modules!r} if m in sys.modules], file=sys.stderr)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code],
        capture_output=True,
        env=environment(data_dir),
        timeout=PATIENCE_S,
        check=True,
    )
    return list(json.loads(done.stderr.decode().replace("'", '"')))
