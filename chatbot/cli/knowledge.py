"""Commands that look at what the bot knows: topics, check."""

from dataclasses import asdict, replace
from difflib import get_close_matches
from pathlib import Path
from typing import TYPE_CHECKING

import click

from chatbot.cli.program import main, open_bot, open_knowledge, patience, print_json, screen
from chatbot.cli.terminal import article_text, rows_text, visible

if TYPE_CHECKING:
    from chatbot.content import Knowledge
    from chatbot.model import Entry


@main.group()
def topics() -> None:
    """Look at the questions it can answer.

    \b
    Example:
      chatbot topics list
    """


@topics.command("list")
@click.option("--json", "as_json", is_flag=True, help="Print a list of objects.")
def list_topics(*, as_json: bool) -> None:
    """List every topic.

    Prints its id, its question, and "published" or which of the clinic's facts it needs to be.

    \b
    Example:
      chatbot topics list --json
    """
    known = open_knowledge()
    if as_json:
        print_json([_topic_row(known, topic) for topic in known.topics], indent=2)
        return
    shown_on = screen()
    states = [_state(known, topic) for topic in known.topics]
    if shown_on.width:  # a person sees the exceptions better without the rule
        states = [state.removeprefix("published") for state in states]
    rows = zip(known.topics, states, strict=True)
    click.echo(rows_text(shown_on, [(topic.id, topic.question, state) for topic, state in rows]))
    waiting = len(known.topics) - len(known.published)
    click.echo(f"{len(known.published)} topics are published, {waiting} need facts of the clinic.", err=True)


def _topic_row(known: "Knowledge", topic: "Entry") -> dict[str, object]:
    missing = known.missing_facts(topic)
    return {"id": topic.id, "question": topic.question, "group": topic.group, "missing": missing}


@topics.command("show")
@click.argument("topic_id", metavar="ID")
@click.option("--json", "as_json", is_flag=True, help="Print an object.")
def show_topic(topic_id: str, *, as_json: bool) -> None:
    """Show one topic in full.

    ID may also be that of an article's passage, or of a line of the bot's own.

    \b
    Example:
      chatbot topics show program-length
    """
    known = open_knowledge()
    entry = known.entries.get(topic_id)
    if entry is None:
        near = get_close_matches(topic_id, known.entries, n=1)
        raise click.UsageError(
            f"No entry {topic_id!r}: {f'did you mean {near[0]}?' if near else 'see chatbot topics list.'}"
        )
    if as_json:
        seen = replace(entry, answer=_answer(known, entry), sources=known.sources(entry))
        print_json({**asdict(seen), "missing": known.missing_facts(entry)}, indent=2)
    else:
        click.echo(_entry_text(known, entry))


def _entry_text(known: "Knowledge", entry: "Entry") -> str:
    from chatbot.markup import to_text

    shown_on = screen()
    rows = (
        ("id", entry.id, ""),
        ("state", _state(known, entry), ""),
        ("kind", entry.kind, "law or money" if entry.law else ""),
        ("group", entry.group, ""),
        *(
            ("source", f"{s.title} <{s.url}>" if s.url else s.title, s.updated or "")
            for s in known.sources(entry)
        ),
        *(("related", related, "") for related in entry.related),
        ("reviewed", entry.reviewed or "", ""),
        ("file", f"{entry.path}:{entry.line}" if entry.line else entry.path, ""),
        *(("phrasing", phrasing, "") for phrasing in entry.phrasings),
    )
    head = shown_on.styled(shown_on.wrapped(entry.question), "bold")
    answer = shown_on.wrapped(to_text(_answer(known, entry)))
    return f"{head}\n\n{answer}\n\n" + rows_text(shown_on, [row for row in rows if row[1]])


def _answer(known: "Knowledge", entry: "Entry") -> str:
    """The answer as visitors get it; with its gaps where it lacks the clinic's facts."""
    return entry.answer if known.missing_facts(entry) else known.answer(entry)


def _state(known: "Knowledge", entry: "Entry") -> str:
    missing = known.missing_facts(entry)
    if missing:
        return f"needs {', '.join(missing)}"
    return f"expired after {entry.until}" if entry.id in known.expired else "published"


@main.command()
@click.option("--json", "as_json", is_flag=True, help="Print the findings as an object.")
@click.option(
    "--html", type=click.Path(path_type=Path), metavar="FILE", help="Also write the findings as a page."
)
@click.option("--passages", "with_passages", is_flag=True, help="Also print what each article was cut into.")
@click.option("--fail-on-warnings", is_flag=True, help="Exit with status 1 for warnings, too.")
@click.pass_context
def check(
    context: click.Context, *, as_json: bool, html: Path | None, with_passages: bool, fail_on_warnings: bool
) -> None:
    """Check the knowledge's health.

    Tells what is missing, what is double and what cannot be found. Exit status 1 if it is not healthy.

    \b
    Examples:
      chatbot check
      chatbot check --passages
      chatbot check --fail-on-warnings --html report.html
    """
    if as_json and with_passages:
        raise click.UsageError("--json and --passages do not go together: choose one.")
    from chatbot.health import examine

    engine = open_bot().engine
    if with_passages:
        _print_passages(engine.knowledge)
    with patience("Asking every question of the knowledge; this takes a few seconds"):
        report = examine(engine)
    click.echo(report.as_json().encode() if as_json else visible(report.text()))
    if html:
        html.write_text(report.html(), "utf-8")
    if not report.is_healthy or (fail_on_warnings and report.has_warnings):
        context.exit(1)


def _print_passages(known: "Knowledge") -> None:
    for article in known.articles:
        passages = [p for p in known.passages if p.group == article.title]
        click.echo(article_text(screen(), article, passages) + "\n")
