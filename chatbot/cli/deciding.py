"""Commands that decide about the inbox: what is not for us, and what can wait."""

from datetime import date, timedelta
from typing import TYPE_CHECKING

import click

from chatbot.cli.editing import BY, Desk, open_desk, publish
from chatbot.cli.keeping import MAX_GROUPED, inbox
from chatbot.cli.program import patience, settings_here
from chatbot.cli.terminal import counted, visible

if TYPE_CHECKING:
    from chatbot.grouping import Group


@inbox.command("dismiss")
@click.argument("wording")
@click.option("--dry-run", is_flag=True, help="Show what would change, and change nothing.")
def dismiss_group(wording: str, *, dry_run: bool) -> None:
    """Put away what is none of the clinic's business, with all messages that mean the same.

    The judgement learns them as background questions, and they do not come up again.

    \b
    Example:
      chatbot inbox dismiss "who won the game last night"
    """
    from chatbot.editing import background_change

    with open_desk() as desk:
        group = _group(desk, wording)
        made = {c.key: c for c in map(background_change, group.ways)}
        newest = desk.store.edits.newest
        changes = [c for c in made.values() if newest("background", c.key) is None]
        if changes or dry_run:
            publish(desk, changes, "not for us", dry_run=dry_run)
        if not dry_run:
            desk.store.inbox.decide(group.messages, "dismissed", by=BY)
            click.echo(f"{counted(group.count, 'message is', 'messages are')} put away.", err=True)


@inbox.command("snooze")
@click.argument("wording")
@click.option("--days", type=click.IntRange(1, 365), default=14, show_default=True, help="For how long.")
def snooze_group(wording: str, days: int) -> None:
    """Put a message aside for a while, with all that mean the same.

    \b
    Example:
      chatbot inbox snooze "can i vape on the patio" --days 7
    """
    until = date.today() + timedelta(days)
    with open_desk() as desk:
        group = _group(desk, wording)
        desk.store.inbox.decide(group.messages, "snoozed", by=BY, until=until)
    click.echo(f"{counted(group.count, 'message is', 'messages are')} put aside until {until}.", err=True)


def _group(desk: Desk, wording: str) -> "Group":
    """The group that waits with this wording in it."""
    from chatbot.bot import Bot
    from chatbot.errors import ChatbotError
    from chatbot.grouping import grouped
    from chatbot.text import one_spelling

    kept = desk.store.inbox
    with patience("Grouping"):
        engine = Bot.open(settings_here()).engine
        groups = grouped(engine, kept.latest(MAX_GROUPED), kept.decided(), date.today())
    asked = one_spelling(wording)
    found = next((g for g in groups if asked in map(one_spelling, g.messages)), None)
    if found is None:
        raise ChatbotError(visible(f"no message that waits reads {wording!r}: see chatbot inbox show"))
    return found
