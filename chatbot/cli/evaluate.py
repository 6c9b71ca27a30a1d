"""The command that measures how good the bot is."""

import math
from collections.abc import Sequence
from pathlib import Path

import click

from chatbot.cli.program import main, open_bot, patience
from chatbot.cli.terminal import visible

_LIMIT = "NAME=PERCENT"


def _limits(_context: click.Context, _parameter: click.Parameter, given: tuple[str, ...]) -> dict[str, float]:
    """Read "right=65" into shares, checking name and number."""
    from chatbot.evaluation_kinds import FIGURES

    read = {}
    for text in given:
        name, _, percent = text.partition("=")
        if name not in FIGURES:
            raise click.BadParameter(f"{text!r}: the figures are {', '.join(FIGURES)}.")
        try:
            read[name] = float(percent.removesuffix("%")) / 100
        except ValueError:
            read[name] = math.nan
        if not 0 <= read[name] <= 1:
            raise click.BadParameter(f"{text!r}: expected a number from 0 to 100 after {name}=.")
    return read


@main.command()
@click.argument("file", type=click.Path(path_type=Path), metavar="FILE")
@click.option(
    "--against",
    type=click.Path(path_type=Path),
    metavar="EARLIER.json",
    help="Compare with an earlier --json.",
)
@click.option("--floor", "floors", multiple=True, metavar=_LIMIT, callback=_limits, help="Exit 1 below this.")
@click.option(
    "--ceiling", "ceilings", multiple=True, metavar=_LIMIT, callback=_limits, help="Exit 1 above this."
)
@click.option("--all", "all_misses", is_flag=True, help="Print every miss, not the first of each kind.")
@click.option("--json", "as_json", is_flag=True, help="Print everything as an object.")
@click.option("--html", type=click.Path(path_type=Path), metavar="FILE", help="Also write it as a page.")
@click.pass_context
def evaluate(  # noqa: PLR0913 - one for each option
    context: click.Context,
    *,
    file: Path,
    against: Path | None,
    floors: dict[str, float],
    ceilings: dict[str, float],
    all_misses: bool,
    as_json: bool,
    html: Path | None,
) -> None:
    """Measure how good the bot is.

    Asks every question of FILE, whose answers are known: JSON lines such as {"question": "how long?",
    "topics": ["program-length"]}, or CSV with the columns question and topics; no topic where nothing
    answers. Prints figures, and each miss with what was nearest and why.

    \b
    Examples:
      chatbot evaluate questions.jsonl
      chatbot evaluate questions.csv --html report.html
      chatbot evaluate questions.jsonl --json > earlier.json
      chatbot evaluate questions.jsonl --against earlier.json --floor right=65 --ceiling wrong=8
    """
    from chatbot import evaluation
    from chatbot.content import read_text
    from chatbot.evaluation_report import SHOWN, Earlier

    earlier = Earlier.read(read_text(against), str(against)) if against else None
    bot = open_bot()
    questions = evaluation.read_questions(file, bot.engine.knowledge)
    with patience(f"Asking {len(questions):,} questions"):
        report = evaluation.evaluate(bot, questions)
    text = report.text(earlier, len(questions) if all_misses else SHOWN)
    click.echo(report.as_json().encode() if as_json else visible(text))
    if html:
        html.write_text(report.html(), "utf-8")
    _hold(context, report.breaches(floors, ceilings))


def _hold(context: click.Context, breaches: Sequence[str]) -> None:
    """End with a status of 1 where a floor or a ceiling was not held."""
    for breach in breaches:
        click.echo(f"chatbot: {breach}", err=True)
    if breaches:
        context.exit(1)
