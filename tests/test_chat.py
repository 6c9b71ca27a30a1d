import os
import stat
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from cli_support import Terminal, run, start

from chatbot import Bot, Suggestion
from chatbot.cli.talk import completions

ASKED = "can i keep my job while im in iop"
PICKED = "Can I take medical leave for treatment?"


@pytest.fixture
def terminal(bot: Bot, data_dir: Path) -> Iterator[Callable[..., Terminal]]:
    """Opens terminals with the chat in them."""
    opened: list[Terminal] = []

    def open_terminal(*words: str, **more: object) -> Terminal:
        opened.append(Terminal(data_dir, "chat", *words, **more))  # type: ignore[arg-type]
        return opened[-1]

    yield open_terminal
    for one in opened:
        one.close()


# --- lines from a pipe --------------------------------------------------------------------------------


def test_each_line_of_a_pipe_is_answered(bot: Bot, data_dir: Path) -> None:
    result = run(data_dir, "chat", stdin=f"{ASKED}\n\nwhat is the capital of France\n")
    assert result.exit_code == 0
    first, second = result.stdout.split("> what is the capital of France")
    assert first.startswith(f"> {ASKED}\n")
    assert "Source: Intensive Outpatient Program" in first
    assert "no answer" in second
    assert result.stdout.count("> ") == 2


def test_a_pipe_is_not_greeted(bot: Bot, data_dir: Path) -> None:
    assert run(data_dir, "chat", stdin="").output == ""


def test_a_number_picks_a_suggestion(bot: Bot, data_dir: Path) -> None:
    suggestions = bot.reply(ASKED).suggestions
    result = run(data_dir, "chat", stdin=f"{ASKED}\n2.\n")
    assert f"> {suggestions[1].message}" in result.stderr
    assert bot.reply(suggestions[1].message).text.split("\n")[0] in result.stdout


def test_a_number_that_is_not_offered_is_a_message(bot: Bot, data_dir: Path) -> None:
    result = run(data_dir, "chat", stdin=f"{ASKED}\n9\n0\n²\n0001\n")
    assert result.exit_code == 0
    assert "> 0001" in result.stdout
    assert result.stderr == ""


def test_why_explains_the_last_message_with_entries_and_scores(bot: Bot, data_dir: Path) -> None:
    topic = bot.reply(ASKED).topic
    told = run(data_dir, "chat", stdin=f"{ASKED}\n/why\n").stdout.split("\n\n", 1)[1]
    assert f"Nearest is {topic}" in told
    assert f"1. {topic}: score 0." in told


def test_why_before_any_message_says_so(bot: Bot, data_dir: Path) -> None:
    result = run(data_dir, "chat", stdin="/why\n")
    assert "ask something first" in result.stderr
    assert result.exit_code == 0


def test_a_crisis_is_explained_without_a_ranking(bot: Bot, data_dir: Path) -> None:
    told = run(data_dir, "chat", stdin="i want to kill myself\n/why\n").stdout
    assert "before any search" in told
    assert "score" not in told


def test_new_forgets_what_was_said(bot: Bot, data_dir: Path) -> None:
    result = run(data_dir, "chat", stdin=f"{ASKED}\n/new\n/why\n1\n")
    assert "A new conversation." in result.stderr
    assert "ask something first" in result.stderr
    assert f"> {bot.greeting.suggestions[0].message}" in result.stderr


def test_the_conversation_goes_on_from_the_last_reply(bot: Bot, data_dir: Path) -> None:
    first = bot.reply("i want to kill myself")
    after = bot.reply(ASKED, first.context)
    told = run(data_dir, "chat", stdin=f"i want to kill myself\n{ASKED}\n").stdout
    assert after.actions
    assert all(a.label in told.split(f"> {ASKED}")[1] for a in after.actions)


def test_help_names_every_command(bot: Bot, data_dir: Path) -> None:
    told = run(data_dir, "chat", stdin="/help\n").stderr
    assert all(command in told for command in ("/why", "/new", "/help", "/quit"))


def test_an_unknown_command_names_those_there_are(bot: Bot, data_dir: Path) -> None:
    result = run(data_dir, "chat", stdin="/wyh\n")
    assert "/wyh is no command: try /why, /new, /help, /quit" in result.stderr


@pytest.mark.parametrize("word", ["/quit", "/QUIT", "/exit", "quit", "exit"])
def test_what_comes_after_quit_is_not_read(bot: Bot, data_dir: Path, word: str) -> None:
    result = run(data_dir, "chat", stdin=f"{word}\n{ASKED}\n")
    assert result.exit_code == 0
    assert ASKED not in result.stdout


def test_a_message_that_is_too_long_is_told_so_and_the_chat_goes_on(bot: Bot, data_dir: Path) -> None:
    told = run(data_dir, "chat", stdin="x " * 501 + f"\n{ASKED}\n").stdout
    assert bot.line("too-long").text in told
    assert "Source: " in told


def test_bytes_that_are_no_text_are_a_message_like_any_other(bot: Bot, data_dir: Path) -> None:
    done = start(data_dir, "chat", stdin=b"\xff\xfe \x1b[31m hours?\n", PYTHONIOENCODING="utf-8:strict")
    assert done.returncode == 0
    assert b"\x1b" not in done.stdout
    assert b"Traceback" not in done.stderr


# --- the transcript -----------------------------------------------------------------------------------


def test_a_transcript_holds_what_both_said_for_its_owner_alone(
    bot: Bot, data_dir: Path, tmp_path: Path
) -> None:
    path = tmp_path / "talk.txt"
    run(data_dir, "chat", "--save", str(path), stdin=f"{ASKED}\n1\n")
    told = path.read_text("utf-8")
    assert told.startswith(f"You: {ASKED}\n\nBot: ")
    assert told.count("You: ") == 2
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_a_transcript_leaves_out_what_the_bot_says_it_does_not_keep(
    bot: Bot, data_dir: Path, tmp_path: Path
) -> None:
    path = tmp_path / "talk.txt"
    run(data_dir, "chat", "--save", str(path), stdin="call me at 312-555-0142 what does it cost\n")
    told = path.read_text("utf-8")
    assert "what does it cost" in told
    assert "555-0142" not in told


def test_a_transcript_never_overwrites_a_file(data_dir: Path, tmp_path: Path) -> None:
    path = tmp_path / "talk.txt"
    path.write_text("mine")
    result = run(data_dir, "chat", "--save", str(path), stdin=f"{ASKED}\n")
    assert result.exit_code == 2
    assert result.stderr == f"chatbot: {path} exists already: name another file for the transcript\n"
    assert path.read_text() == "mine"


def test_a_transcript_that_cannot_be_written_is_told_before_the_talk(data_dir: Path, tmp_path: Path) -> None:
    result = run(data_dir, "chat", "--save", str(tmp_path / "none" / "talk.txt"), stdin=f"{ASKED}\n")
    assert result.exit_code == 2
    assert "cannot be written" in result.stderr
    assert not result.stdout


def test_where_nothing_was_said_no_transcript_stays(bot: Bot, data_dir: Path, tmp_path: Path) -> None:
    path = tmp_path / "talk.txt"
    assert run(data_dir, "chat", "--save", str(path), stdin="/help\n").exit_code == 0
    assert not path.exists()


# --- completion ---------------------------------------------------------------------------------------


def test_completion_offers_the_commands_that_begin_so(bot: Bot) -> None:
    assert completions("/", (), bot) == ["/why", "/new", "/help", "/quit"]
    assert completions("/W", (), bot) == ["/why"]


def test_completion_offers_the_questions_that_begin_as_typed(bot: Bot) -> None:
    offered = completions("what is", (), bot)
    assert offered
    assert all(question.startswith("What is") for question in offered)


def test_completion_offers_near_questions_where_none_begins_so(bot: Bot) -> None:
    near = [t.question for t in bot.suggest("medical leave")]
    assert near
    assert completions("medical leave", (), bot)[: len(near)] == near


def test_completion_of_nothing_offers_the_suggestions(bot: Bot) -> None:
    assert completions(" ", (Suggestion("Short", "The question?"),), bot) == ["The question?"]


def test_completion_never_takes_away_what_was_typed(bot: Bot) -> None:
    for typed in ("", "/", "what", *(topic.phrasings[0] for topic in bot.topics if topic.phrasings)):
        offered = [o.casefold() for o in completions(typed, bot.greeting.suggestions, bot)]
        shares_no_start = len({o[:1] for o in offered}) > 1
        assert len(offered) < 2 or shares_no_start or all(o.startswith(typed.casefold()) for o in offered)


def test_completion_offers_nothing_for_what_nothing_comes_near(bot: Bot) -> None:
    assert completions("zzzqqq", (), bot) == completions(" ", (), bot) == []


# --- at a terminal ------------------------------------------------------------------------------------


def test_a_person_is_greeted_asks_picks_and_leaves(terminal: Callable[..., Terminal]) -> None:
    chat = terminal()
    greeting = chat.read_until("/help tells more")
    assert "not a person or a clinician" in " ".join(greeting.split())
    assert "1. " in greeting
    chat.read_until("> ")
    chat.type("what is an iop\r")
    assert "\x1b[2m" in chat.read_until("from ")
    chat.type("/quit\r")
    status, last = chat.leave()
    assert status == 0
    assert last.rstrip().endswith("Goodbye.")


def test_tab_completes_a_question_and_keeps_what_was_typed_where_it_cannot(
    terminal: Callable[..., Terminal],
) -> None:
    chat = terminal(env={"TERM": "dumb"})
    chat.read_until("leaves.")
    chat.read_until("> ")
    chat.type("/wh\t")
    chat.read_until("/why")
    chat.type("\x15can i take medical l\t")
    chat.read_until(PICKED)
    chat.type("\x15family job\t")
    chat.read_until("family job")
    listed = chat.read_until("> family job")
    assert "  - " in listed
    assert "…" not in listed


def test_ctrl_d_leaves_politely(terminal: Callable[..., Terminal]) -> None:
    chat = terminal()
    chat.read_until("> ")
    chat.type("\x04")
    status, last = chat.leave()
    assert status == 0
    assert "Goodbye." in last


def test_ctrl_c_leaves_politely(terminal: Callable[..., Terminal]) -> None:
    chat = terminal()
    chat.read_until("leaves.")
    chat.read_until("> ")
    chat.type("half a quest")
    chat.read_until("quest")
    status, last = chat.interrupt()
    assert status == 130
    assert "Goodbye." in last
    assert "Traceback" not in last


@pytest.mark.parametrize("env", [{"TERM": "dumb"}, {"NO_COLOR": "1"}])
def test_colors_are_left_out_where_they_are_not_wanted(
    terminal: Callable[..., Terminal], env: dict[str, str]
) -> None:
    chat = terminal(env=env)
    shown = chat.read_until("leaves.")
    chat.read_until("> ")
    chat.type("what is an iop\r")
    shown += chat.read_until("from ")
    assert "\x1b[2m" not in shown
    assert "\x1b[36m" not in shown


def test_a_narrow_terminal_gets_no_line_that_is_too_long(terminal: Callable[..., Terminal]) -> None:
    chat = terminal(columns=40, env={"TERM": "dumb"})
    shown = chat.read_until("leaves.")
    chat.read_until("> ")
    chat.type("what is an iop\r")
    shown += chat.read_until("from")
    chat.type("/help\r")
    shown += chat.read_until("leaves.")
    lines = [line for line in shown.splitlines() if "://" not in line]
    assert max(map(len, lines)) <= 40


def test_what_is_typed_is_not_written_anywhere(
    bot: Bot, data_dir: Path, tmp_path: Path, terminal: Callable[..., Terminal]
) -> None:
    chat = terminal(env={"HOME": str(tmp_path)})
    chat.read_until("leaves.")
    chat.read_until("> ")
    chat.type("my secret is xylophone\r")
    chat.read_until("\n\r")
    chat.read_until("> ")
    chat.type("\x1b[A")  # the history is there, in memory
    chat.read_until("xylophone")
    chat.type("\x15/quit\r")
    chat.leave()
    assert list(tmp_path.iterdir()) == []
    kept = [Path(folder) / name for folder, _, names in os.walk(data_dir) for name in names]
    assert kept
    assert not any(b"xylophone" in path.read_bytes() for path in kept)
