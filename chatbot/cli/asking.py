"""Commands that ask the bot: chat, ask, why."""

import sys
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

import click

from chatbot.cli.program import main, open_bot, print_json, screen
from chatbot.cli.terminal import explanation_text, reply_text, visible
from chatbot.model import MAX_MESSAGE

if TYPE_CHECKING:
    from chatbot.bot import Bot


@main.command()
@click.option(
    "--save", type=click.Path(path_type=Path), metavar="FILE", help="Write the transcript to a new file."
)
@click.pass_context
def chat(context: click.Context, save: Path | None) -> None:
    """Talk with the bot.

    A number picks a suggestion, Tab completes a question. /why shows how the last answer was found,
    /new begins again, /quit leaves. Nothing that is typed is kept unless --save is given; a transcript
    leaves out phone numbers and the like.

    \b
    Example:
      chatbot chat --save talk.txt
    """
    from chatbot.cli.talk import converse, opened_transcript

    try:
        with opened_transcript(save) as transcript:
            converse(open_bot(), transcript)
            if sys.stdin.isatty():
                click.echo("Goodbye.", err=True)
    except KeyboardInterrupt:
        click.echo("\nGoodbye.", err=True)
        context.exit(130)


@main.command()
@click.argument("question", nargs=-1, required=True)
@click.option("--json", "as_json", is_flag=True, help="Print the reply as an object, one a line.")
def ask(question: tuple[str, ...], *, as_json: bool) -> None:
    """Ask a question.

    With "-" for the QUESTION, standard input is read, one question a line.

    \b
    Examples:
      chatbot ask "How long does it last?"
      chatbot ask --json - < questions.txt
    """
    if question != ("-",):
        message = _checked(" ".join(question), "the question")
        _answer(open_bot(), message, as_json=as_json)
        return
    if sys.stdin.isatty():
        click.echo("One question a line; Ctrl-D ends.", err=True)
    bot = None
    for message in _lines_of_stdin():
        bot = bot or open_bot()
        if not as_json:
            click.echo(visible(f"> {message}\n"))
        _answer(bot, message, as_json=as_json)
        if not as_json:
            click.echo()
    if bot is None:
        raise click.UsageError("Standard input holds no question: write one a line.")


@main.command()
@click.argument("question", nargs=-1, required=True)
@click.option("--json", "as_json", is_flag=True, help="Print the ranked entries as a list of objects.")
def why(question: tuple[str, ...], *, as_json: bool) -> None:
    """Say why a question is answered so.

    Names the entries that it comes near to, how near, and by which words.

    \b
    Example:
      chatbot why "can i keep my job"
    """
    message = _checked(" ".join(question), "the question")
    explanation = open_bot().explain(message)
    if as_json:
        print_json([asdict(match) for match in explanation.matches], indent=2)
    else:
        click.echo(explanation_text(screen(), explanation))


def _answer(bot: "Bot", message: str, *, as_json: bool) -> None:
    reply = bot.reply(message)
    if as_json:
        print_json(asdict(reply))
    else:
        click.echo(reply_text(screen(), reply))


def _lines_of_stdin() -> Iterator[str]:
    """The questions on standard input, blank lines left out. Raises UsageError naming a line at fault."""
    longest = 4 * MAX_MESSAGE + 100  # bytes: whatever is longer is not read to its end
    stream = sys.stdin.buffer
    number = 0
    while line := stream.readline(longest):
        number += 1
        where = f"line {number} of standard input"
        if len(line) == longest:
            raise click.UsageError(f"{where} is too long: ask in at most {MAX_MESSAGE:,} characters.")
        try:
            text = line.decode("utf-8").strip()
        except UnicodeDecodeError as error:
            raise click.UsageError(
                f"{where} is not UTF-8 at byte {error.start}: save it as UTF-8."
            ) from error
        if text:
            yield _checked(text, where)


def _checked(text: str, what: str) -> str:
    message = text.strip()
    if not message:
        raise click.UsageError(f"{what} is empty: ask in 1 to {MAX_MESSAGE:,} characters.")
    if len(message) > MAX_MESSAGE:
        raise click.UsageError(f"{what} has {len(message):,} characters: ask in at most {MAX_MESSAGE:,}.")
    return message
