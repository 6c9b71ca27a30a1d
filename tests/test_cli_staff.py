"""The command line's staff commands: accounts without the desk."""

import json
from pathlib import Path

from cli_support import Terminal, run

WORDS = "blue kettle sunday march"


def test_the_first_account_is_an_admin_and_the_next_an_editor(tmp_path: Path) -> None:
    first = run(tmp_path, "staff", "add", "maria", "--generate")
    assert first.exit_code == 0
    assert len(first.stdout.strip()) == 24
    assert "may sign in at /staff as an admin" in first.stderr
    assert "as an editor" in run(tmp_path, "staff", "add", "juan", stdin=f"{WORDS}\n").stderr
    people = json.loads(run(tmp_path, "staff", "list", "--json").stdout)
    assert [(p["name"], p["role"], p["active"]) for p in people] == [
        ("juan", "editor", True),
        ("maria", "admin", True),
    ]


def test_a_password_is_typed_twice_and_not_shown(tmp_path: Path) -> None:
    terminal = Terminal(tmp_path, "staff", "add")
    try:
        terminal.read_until("Name to sign in with")
        terminal.type("maria\r")
        terminal.read_until("Password: ")
        terminal.type(f"{WORDS}\r")
        terminal.read_until("The same again: ")
        terminal.type(f"{WORDS}\r")
        status, last = terminal.leave()
    finally:
        terminal.close()
    assert status == 0
    assert WORDS not in last


def test_what_cannot_be_done_is_one_line_and_changes_nothing(tmp_path: Path) -> None:
    run(tmp_path, "staff", "add", "maria", "--generate")
    for words, stdin, fact in (
        (("add", "maria", "--generate"), None, "already"),
        (("add", "juan"), "short\n", "has 5 characters"),
        (("disable", "nobody"), None, "known are maria"),
        (("disable", "maria"), None, "only admin"),
    ):
        result = run(tmp_path, "staff", *words, stdin=stdin)
        assert result.exit_code == 2
        assert fact in result.stderr
        assert result.stderr.count("\n") == 1
    assert "maria" in run(tmp_path, "staff", "list").stdout


def test_a_person_is_disabled_enabled_and_given_a_new_password(tmp_path: Path) -> None:
    run(tmp_path, "staff", "add", "maria", "--generate")
    run(tmp_path, "staff", "add", "juan", "--generate")
    assert run(tmp_path, "staff", "disable", "juan").exit_code == 0
    assert "disabled" in run(tmp_path, "staff", "list").stdout
    assert run(tmp_path, "staff", "enable", "juan").exit_code == 0
    assert "disabled" not in run(tmp_path, "staff", "list").stdout
    assert len(run(tmp_path, "staff", "reset-password", "juan", "--generate").stdout.strip()) == 24
