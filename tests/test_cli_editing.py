"""Editing and keeping from the command line: the same store, the same checks, one clear line when wrong."""

import json
from collections.abc import Callable
from datetime import date, timedelta
from pathlib import Path

import pytest
from cli_support import run
from click.testing import Result

from chatbot import Store
from chatbot.records import Noted

PARKING = """\
## Where can I leave my sailing boat? {#boat-mooring}
? is there a mooring for boats

At the jetty behind the house.
"""
Call = Callable[..., Result]


@pytest.fixture
def url(tmp_path: Path) -> str:
    return f"sqlite:///{tmp_path}/chatbot.db"


@pytest.fixture
def call(data_dir: Path, url: str) -> Call:
    """Runs a command with the folder that holds the built index, and a database of the test's own."""
    return lambda *words, **more: run(data_dir, *words, CHATBOT_DATABASE_URL=url, **more)


@pytest.mark.usefixtures("bot")
def test_a_topic_is_looked_at_added_tested_archived_and_brought_back(call: Call, tmp_path: Path) -> None:
    (tmp_path / "boats.md").write_text(PARKING)
    asked = call("topics", "add", "--from", str(tmp_path / "boats.md"), "--dry-run")
    assert asked.exit_code == 0
    assert "Nothing was changed." in asked.stderr
    assert call("topics", "history").stdout == "\n"
    added = call("topics", "add", "--from", "-", "--why", "asked often", stdin=PARKING)
    assert "Published boat-mooring as revision 1." in added.stderr
    assert "At the jetty" in call("ask", "is there a mooring for boats").stdout
    twice = call("topics", "add", "--from", "-", stdin=PARKING)
    assert (twice.exit_code, "is there already" in twice.stderr) == (2, True)

    made = call("test", "--add", "is there a mooring for boats", "--must-get", "boat-mooring")
    assert (made.exit_code, made.stderr) == (0, "1 of 1 tests hold.\n")
    refused = call("topics", "archive", "boat-mooring")
    assert refused.exit_code == 2
    assert "'is there a mooring for boats' must get 'boat-mooring', but would get" in refused.stderr
    assert call("test", "--remove", "1").stderr == "0 of 0 tests hold.\n"
    assert call("topics", "archive", "boat-mooring").exit_code == 0
    assert call("topics", "show", "boat-mooring").exit_code == 2
    assert call("topics", "undo", "2").stderr == "Revision 2 is taken back by revision 3.\n"
    assert "At the jetty" in call("topics", "show", "boat-mooring").stdout
    rows = json.loads(call("topics", "history", "boat-mooring", "--json").stdout)
    assert [(r["revision"], r["undoes"], r["why"]) for r in rows] == [
        (3, 2, "undo of revision 2"),
        (2, None, ""),
        (1, None, "asked often"),
    ]


@pytest.mark.parametrize(
    ("words", "stdin", "fact"),
    [
        (("topics", "add"), "", "nobody is there to use an editor"),
        (("topics", "add", "--from", "-"), "", "holds no topic"),
        (("topics", "add", "--from", "-"), "## No id\n\nx", "standard input:1: expected '## Question {#id}'"),
        (("topics", "edit", "program-lenght", "--from", "-"), "x", "did you mean program-length?"),
        (("topics", "edit", "program-length", "--from", "-"), PARKING, "its id cannot be changed"),
        (("topics", "undo", "7"), "", "there is no revision 7"),
        (("test", "--remove", "7"), "", "there is no test 7"),
        (("test", "--add", " "), "", "has 0 characters"),
        (("restore", "nowhere.db"), "", "nowhere.db: no such file"),
    ],
)
def test_a_call_that_cannot_be_followed_is_one_line(
    call: Call, words: tuple[str, ...], stdin: str, fact: str
) -> None:
    result = call(*words, stdin=stdin)
    assert result.exit_code == 2
    assert fact in result.stderr
    assert result.stderr.count("\n") == 1


@pytest.mark.usefixtures("bot")
def test_the_inbox_is_listed_grouped_and_purged(call: Call, url: str) -> None:
    today = date.today()
    store = Store.open(url)
    messages = [("do you have parking", 0), ("where do i park my car", 0), ("old", 40)]
    store.inbox.add([Noted(t, "no_answer", today - timedelta(age)) for t, age in messages])
    store.close()
    assert call("inbox", "list", "--limit", "2").stdout.startswith(
        f"{today - timedelta(40)}\told\tno answer\n"
    )
    groups = json.loads(call("inbox", "show", "--json").stdout)
    assert [(g["count"], sorted(g["messages"])) for g in groups] == [
        (2, ["do you have parking", "where do i park my car"]),
        (1, ["old"]),
    ]
    assert call("purge").stderr == "Forgot 1 messages and 0 comments older than 30 days.\n"
    assert "2 messages." in call("inbox", "list").stderr
    assert call("inbox", "purge", "--days", "0").exit_code == 0


@pytest.mark.usefixtures("bot")
def test_what_is_not_for_us_is_dismissed_and_what_can_wait_is_snoozed(call: Call, url: str) -> None:
    store = Store.open(url)
    messages = ("who won the game last night", "Who won the game last night?", "can i vape on the patio")
    store.inbox.add([Noted(t, "no_answer", date.today()) for t in messages])
    store.close()
    assert "Nothing was changed." in call("inbox", "dismiss", messages[0], "--dry-run").stderr
    assert "2 groups" in call("inbox", "show").stderr
    done = call("inbox", "dismiss", messages[0])
    assert (done.exit_code, "2 messages are put away." in done.stderr) == (0, True)
    assert "1 message is put aside until" in call("inbox", "snooze", messages[2], "--days", "7").stderr
    assert "0 groups" in call("inbox", "show").stderr
    missed = call("inbox", "snooze", messages[2])
    assert (missed.exit_code, missed.stderr.count("\n")) == (2, 1)
    assert "no message that waits reads 'can i vape on the patio'" in missed.stderr


def test_a_backup_is_restored_and_what_was_there_is_kept(call: Call, tmp_path: Path, url: str) -> None:
    assert call("migrate").stderr.startswith("The database is of version ")
    call("off")
    assert call("backup", str(tmp_path / "b.db")).exit_code == 0
    call("on")
    restored = call("restore", str(tmp_path / "b.db"))
    assert restored.exit_code == 0
    store = Store.open(url)
    assert store.is_off()
    store.close()
    kept = Path(restored.stderr.split(" is in ")[1].splitlines()[0].removesuffix("."))
    assert kept.is_file()
    again = call("backup", str(tmp_path / "b.db"))
    assert (again.exit_code, "exists: choose another name" in again.stderr) == (2, True)
