"""Commands that see to what is kept: inbox, purge, backup, restore, migrate."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from datetime import date, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import click

from chatbot.cli.program import main, patience, print_json, screen, settings_here
from chatbot.cli.terminal import rows_text, visible
from chatbot.errors import DamageError
from chatbot.settings import as_set

if TYPE_CHECKING:
    from chatbot.grouping import Group
    from chatbot.store import Store

MAX_GROUPED = 2000


@main.group()
def inbox() -> None:
    """Look at what visitors asked in vain.

    \b
    Example:
      chatbot inbox show
    """


@inbox.command("list")
@click.option("--limit", type=click.IntRange(1), default=50, show_default=True, help="How many.")
@click.option("--json", "as_json", is_flag=True, help="Print a list of objects.")
def list_messages(limit: int, *, as_json: bool) -> None:
    """List messages that want a better answer, as far as they may be kept.

    \b
    Example:
      chatbot inbox list --limit 10
    """
    with _store() as store:
        messages = store.inbox.latest(limit)
    if as_json:
        print_json([{**asdict(m), "day": m.day.isoformat()} for m in messages], indent=2)
        return
    rows = [(m.day.isoformat(), m.text, m.reason.replace("_", " ")) for m in messages]
    click.echo(rows_text(screen(), rows) if rows else "", nl=bool(rows))
    click.echo(f"{len(messages)} messages. By meaning: chatbot inbox show", err=True)


@inbox.command("show")
@click.option("--json", "as_json", is_flag=True, help="Print a list of objects.")
def show_groups(*, as_json: bool) -> None:
    """Show the messages by meaning, what most visitors want first.

    \b
    Example:
      chatbot inbox show
    """
    from chatbot.bot import Bot
    from chatbot.grouping import grouped

    with _store() as store, patience("Grouping"):
        engine = Bot.open(settings_here()).engine
        messages = store.inbox.latest(MAX_GROUPED)
        groups = grouped(engine, messages, store.inbox.decided(), date.today())
    if as_json:
        print_json([{**asdict(g), "last": g.last.isoformat()} for g in groups], indent=2)
        return
    click.echo(rows_text(screen(), [_group_row(g) for g in groups]) if groups else "", nl=bool(groups))
    click.echo(f"{len(groups)} groups of {len(messages)} messages.", err=True)


def _group_row(group: "Group") -> tuple[str, str, str]:
    near = f"near {group.likely[0]}" if group.likely else ""
    return f"{group.count}x", " | ".join(group.wordings), near


@inbox.command("purge")
@click.option("--days", type=click.IntRange(0), help="In place of CHATBOT_RETENTION_DAYS.")
def purge_inbox(days: int | None) -> None:
    """Forget messages that are older than they may be kept.

    \b
    Example:
      chatbot inbox purge --days 7
    """
    _purge(days)


@main.command()
@click.option("--days", type=click.IntRange(0), help="In place of CHATBOT_RETENTION_DAYS.")
def purge(days: int | None) -> None:
    """Forget what visitors wrote, once it has been kept for its days.

    A server that runs does it by itself, each day. What was counted stays.

    \b
    Example:
      chatbot purge
    """
    _purge(days)


def _purge(days: int | None) -> None:
    with _store() as store:
        kept = as_set(settings_here(), store.options.all()).retention_days if days is None else days
        gone = store.purge(date.today() - timedelta(kept))
    click.echo(
        f"Forgot {gone.messages} messages and {gone.comments} comments older than {kept} days.", err=True
    )


@main.command()
@click.argument("file", type=click.Path(path_type=Path))
def backup(file: Path) -> None:
    """Write the whole desk into a new file.

    The database, the clinic's facts, what was imported, and the secret key if it is kept in the data folder.
    A server may go on answering and saving. Keep the file safe: it holds the key and password hashes.

    \b
    Example:
      chatbot backup desk-2026-11-27.zip
    """
    from chatbot.backup import back_up

    with _store() as store, patience("Backing up"):
        done = back_up(settings_here(), store, file)
    also = f" and {len(done.files)} files of the data folder" if done.files else ""
    click.echo(visible(f"{done.rows} rows{also} are in {file}."), err=True)


@main.command()
@click.argument("file", type=click.Path(path_type=Path))
def restore(file: Path) -> None:
    """Put a backup in place of all that is there.

    What is there now is backed up first. Everybody signs in again; a server that runs takes the database over
    within two seconds, and the files with a restart. A backup of an older version, which is a bare database,
    leaves the files as they are.

    \b
    Example:
      chatbot restore desk-2026-11-27.zip
    """
    from chatbot import backup

    settings = settings_here()
    kept = settings.data_dir / backup.KEPT / backup.name_for("before-restore")
    with patience("Restoring"):
        try:
            with _store() as store:
                done = backup.restore(settings, store, file, kept)
        except DamageError:  # of what is there: the file is put aside as it is
            kept = kept.with_name(kept.stem.replace("before-restore", "damaged"))
            done = backup.restore_over_damage(settings, file, kept)
    also = f" and {len(done.files)} files of the data folder" if done.files else ""
    click.echo(visible(f"{done.rows} rows{also} are restored. What was there before is in {kept}."), err=True)
    if done.files:
        click.echo("A server that runs needs a restart to read the files.", err=True)


@main.command()
def migrate() -> None:
    """Bring the database to this version.

    Every command does so where it must; this one does nothing else.

    \b
    Example:
      chatbot migrate
    """
    from chatbot.accounts import Accounts
    from chatbot.bot import secret_key

    settings = settings_here()
    with _store() as store:
        Accounts(store, lambda: secret_key(settings)).seal_all()
        version = store.version()
    click.echo(f"The database is of version {version}.", err=True)


@contextmanager
def _store() -> "Iterator[Store]":
    from chatbot.store import Store

    store = Store.open(settings_here().database_url)
    try:
        yield store
    finally:
        store.close()
