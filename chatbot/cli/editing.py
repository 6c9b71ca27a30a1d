"""Commands that change what the bot knows: topics add, edit, archive, history, undo; and staff's tests."""

import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict
from typing import IO, TYPE_CHECKING, NamedTuple

import click

from chatbot.cli.knowledge import topics
from chatbot.cli.program import main, patience, print_json, screen, settings_here
from chatbot.cli.terminal import rows_text, visible
from chatbot.model import MAX_MESSAGE
from chatbot.settings import Settings

if TYPE_CHECKING:
    from chatbot.model import Entry
    from chatbot.preview import Preview
    from chatbot.publishing import Publisher
    from chatbot.records import Change
    from chatbot.store import Store

BY = "command line"
_MAX_SHOWN = 20
_TEMPLATE = """\
## What do visitors ask? {#short-name-with-hyphens}
? the same in other words
? and once more, one a line
source: Where the answer comes from <https://www.example.org/>

Write the answer here, in Markdown.
"""
_from = click.option(
    "--from", "source", type=click.File(encoding="utf-8"), help="Read from FILE, - for standard input."
)
_why = click.option("--why", default="", help="A word for the history.")
_dry_run = click.option("--dry-run", is_flag=True, help="Show what would change, and change nothing.")


class Desk(NamedTuple):
    """What a command needs to change something."""

    settings: Settings
    store: "Store"
    publisher: "Publisher"


@contextmanager
def open_desk() -> Iterator[Desk]:
    """The database, and the way to publish."""
    from chatbot.bot import load_ground
    from chatbot.publishing import Publisher
    from chatbot.store import Store

    settings = settings_here()
    store = Store.open(settings.database_url)
    try:
        yield Desk(settings, store, Publisher(settings, store, load_ground(settings)))
    finally:
        store.close()


@topics.command("add")
@_from
@_why
@_dry_run
def add_topics(source: IO[str] | None, why: str, *, dry_run: bool) -> None:
    """Add topics, written as in a topic file.

    Opens your editor where no file is given. A server that runs answers them within two seconds.

    \b
    Examples:
      chatbot topics add
      chatbot topics add --from parking.md --why "asked often"
    """
    from chatbot.editing import body_of
    from chatbot.records import Change

    entries = _written(source, _TEMPLATE)
    with open_desk() as desk:
        known = desk.publisher.knowledge()
        for entry in entries:
            if entry.id in known.entries:
                raise click.UsageError(f"{entry.id!r} is there already: see chatbot topics edit {entry.id}")
        versions = _versions(desk, entries)
        changes = [Change("topic", e.id, body_of(e), versions[e.id]) for e in entries]
        publish(desk, changes, why, dry_run=dry_run)


@topics.command("edit")
@click.argument("topic_id", metavar="ID")
@_from
@_why
@_dry_run
def edit_topic(topic_id: str, source: IO[str] | None, why: str, *, dry_run: bool) -> None:
    """Change a topic, written as in a topic file.

    Opens it in your editor where no file is given.

    \b
    Examples:
      chatbot topics edit parking
      chatbot topics show parking
    """
    from chatbot.editing import body_of
    from chatbot.records import Change
    from chatbot.topicfile import dump

    with open_desk() as desk:
        topic = _topic(desk, topic_id)
        version = _versions(desk, [topic])[topic_id]  # before it is read: who is faster meanwhile is noticed
        entries = _written(source, dump([topic]))
        if [e.id for e in entries] != [topic_id]:
            raise click.UsageError(f"expected one topic with the id {topic_id!r}: its id cannot be changed")
        publish(desk, [Change("topic", topic_id, body_of(entries[0]), version)], why, dry_run=dry_run)


@topics.command("archive")
@click.argument("topic_id", metavar="ID")
@_why
@_dry_run
def archive_topic(topic_id: str, why: str, *, dry_run: bool) -> None:
    """Put a topic away.

    It is answered no more, and stays in the history.

    \b
    Example:
      chatbot topics archive parking --why "the lot is closed"
    """
    from chatbot.editing import body_of
    from chatbot.records import Change

    with open_desk() as desk:
        topic = _topic(desk, topic_id)
        version = _versions(desk, [topic])[topic_id]
        body = body_of(topic, archived=True)
        publish(desk, [Change("topic", topic_id, body, version)], why, dry_run=dry_run)


@topics.command("history")
@click.argument("topic_id", metavar="[ID]", required=False)
@click.option("--json", "as_json", is_flag=True, help="Print a list of objects.")
def show_history(topic_id: str | None, *, as_json: bool) -> None:
    """Show who changed what, when and why, the latest first.

    \b
    Example:
      chatbot topics history parking
    """
    with open_desk() as desk:
        edits = desk.store.edits.history("topic" if topic_id else None, topic_id)
    if as_json:
        print_json([{**asdict(e), "at": e.at.isoformat()} for e in edits], indent=2)
        return
    rows = [
        (str(e.revision), f"{e.kind} {e.key}: {e.why or 'no reason given'}", f"{e.by}, {e.at:%Y-%m-%d %H:%M}")
        for e in edits
    ]
    click.echo(rows_text(screen(), rows))
    click.echo(f"{len(edits)} edits. To take one back: chatbot topics undo REVISION", err=True)


@topics.command("undo")
@click.argument("revision", type=int)
@_why
def undo_revision(revision: int, why: str) -> None:
    """Take one save back, with a new one.

    \b
    Example:
      chatbot topics undo 12
    """
    with open_desk() as desk, patience("Building, and asking your tests"):
        made = desk.publisher.undo(revision, by=BY, why=why)
    click.echo(f"Revision {revision} is taken back by revision {made}.", err=True)


@main.command("test")
@click.option("--add", "question", metavar="QUESTION", help="Add a test, or change it; see --must-get.")
@click.option("--must-get", "topic", metavar="ID", help="What it must get; left out: no answer.")
@click.option("--remove", "number", type=int, metavar="NUMBER", help="Remove a test.")
@click.option("--json", "as_json", is_flag=True, help="Print the tests as a list of objects.")
@click.pass_context
def run_tests(
    context: click.Context, question: str | None, topic: str | None, number: int | None, *, as_json: bool
) -> None:
    """Ask staff's own tests: "when asked … must get …".

    Exit status 1 if one does not hold.

    \b
    Examples:
      chatbot test
      chatbot test --add "where do i park" --must-get parking
    """
    with open_desk() as desk:
        if number is not None and not desk.store.probes.remove(number):
            raise click.UsageError(f"there is no test {number}: see chatbot test")
        if question is not None:
            _add_test(desk, question, topic)
        with patience("Asking your tests"):
            broken = {b.question: b for b in desk.publisher.check().broken}
        tests = desk.store.probes.all()
    rows = [
        (t.id, t.question, t.topic, broken[t.question].got if t.question in broken else None) for t in tests
    ]
    if as_json:
        names = ("id", "question", "must_get")
        print_json([{**dict(zip(names, r, strict=False)), "holds": r[3] is None} for r in rows], indent=2)
    else:
        shown = [(str(i), f"{q} → {t or 'no answer'}", _verdict(got)) for i, q, t, got in rows]
        click.echo(rows_text(screen(), shown) if shown else "", nl=bool(shown))
    click.echo(f"{len(tests) - len(broken)} of {len(tests)} tests hold.", err=True)
    if broken:
        context.exit(1)


def _verdict(got: "tuple[str, str | None, str] | None") -> str:
    return "holds" if got is None else f"gets {got[1] or got[0].replace('_', ' ')}"


def _add_test(desk: Desk, question: str, topic: str | None) -> None:
    asked = " ".join(question.split())
    if not asked or len(asked) > MAX_MESSAGE:
        raise click.UsageError(f"the question has {len(asked)} characters: expected 1 to {MAX_MESSAGE:,}")
    if topic is not None:
        _topic(desk, topic)
    desk.store.probes.set(asked, topic, by=BY)


def _written(source: IO[str] | None, template: str) -> "tuple[Entry, ...]":
    """Entries from a file, or as somebody writes them in their editor."""
    from chatbot.topicfile import parse

    if source is not None:
        name = "standard input" if source.name in ("-", "<stdin>") else str(source.name)
        try:
            text = source.read()
        except UnicodeDecodeError as error:
            raise click.UsageError(f"{name} is not UTF-8 at byte {error.start}: save it as UTF-8.") from error
    elif not sys.stdin.isatty():
        raise click.UsageError("nobody is there to use an editor: name a file with --from.")
    else:
        name, text = "what you wrote", click.edit(template, extension=".md") or ""
        if not text.strip() or text == template:
            raise click.UsageError("nothing was written, and nothing changed.")
    entries = parse(text, name)
    if not entries:
        raise click.UsageError(f"{name} holds no topic: begin one with '## Question {{#id}}'.")
    return entries


def _topic(desk: Desk, topic_id: str) -> "Entry":
    from difflib import get_close_matches

    known = {t.id: t for t in desk.publisher.knowledge().topics}
    if topic_id not in known:
        near = get_close_matches(topic_id, known, n=1)
        raise click.UsageError(
            f"No topic {topic_id!r}: {f'did you mean {near[0]}?' if near else 'see chatbot topics list.'}"
        )
    return known[topic_id]


def _versions(desk: Desk, entries: "Sequence[Entry]") -> dict[str, int]:
    found = {e.id: desk.store.edits.newest("topic", e.id) for e in entries}
    return {topic_id: edit.id if edit else 0 for topic_id, edit in found.items()}


def publish(desk: Desk, changes: "Sequence[Change]", why: str, *, dry_run: bool) -> None:
    """Publish like the desk, or only show what that would change."""
    with patience("Building, and asking what is known"):
        if dry_run:
            preview = desk.publisher.preview(changes)
        else:
            revision = desk.publisher.publish(changes, by=BY, why=why)
    if dry_run:
        _show(preview)
        return
    names = ", ".join(c.key for c in changes)
    told = f"Published {names} as revision {revision}. To take it back: chatbot topics undo {revision}"
    click.echo(visible(told), err=True)


def _show(preview: "Preview") -> None:
    shown = preview.differences[:_MAX_SHOWN]
    rows = [(d.mark, f"{d.message}: {_said(d.before)} → {_said(d.after)}", d.sort) for d in shown]
    click.echo(rows_text(screen(), rows) if rows else "No reply would differ.")
    for broken in preview.newly_broken:
        click.echo(visible(f"A test would break: {broken.question}"), err=True)
    counts = ", ".join(f"{preview.count(m)} {m}" for m in ("better", "worse", "different"))
    click.echo(f"{preview.asked} messages asked: {counts}. Nothing was changed.", err=True)


def _said(outcome: "tuple[str, str | None, str]") -> str:
    return outcome[1] or outcome[0].replace("_", " ")
