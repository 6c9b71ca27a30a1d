"""Commands that see to the people of the staff desk: staff add, list, reset-password, disable, enable."""

import getpass
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

import click

from chatbot.cli.program import chosen_site, main, print_json, screen, settings_here
from chatbot.cli.terminal import rows_text

if TYPE_CHECKING:
    from chatbot.accounts import Accounts

_BY = "command line"


@main.group()
def staff() -> None:
    """See to who may sign in to the staff desk.

    \b
    Example:
      chatbot staff add
    """


@staff.command("add")
@click.argument("name", required=False)
@click.option(
    "--role", type=click.Choice(["editor", "admin"]), help="The first account is an admin, others an editor."
)
@click.option("--generate", is_flag=True, help="Make a safe password and print it.")
def add_person(name: str | None, role: str | None, *, generate: bool) -> None:
    """Make an account.

    Asks for what is not given. The password is typed (or read from standard input) or generated, and
    never part of the command.

    \b
    Examples:
      chatbot staff add
      chatbot staff add maria --generate
    """
    with _accounts() as accounts:
        name = name or click.prompt("Name to sign in with", err=True)
        role = role or ("editor" if accounts.people() else "admin")
        password = _password(generate=generate)
        added = accounts.add(name, role, password, by=_BY)
    desk = f"/s/{chosen_site()}/staff" if chosen_site() else "/staff"
    click.echo(f"{added.name} may sign in at {desk} as {_with_article(added.role)}.", err=True)
    if generate:
        click.echo(password)


@staff.command("list")
@click.option("--json", "as_json", is_flag=True, help="Print a list of objects.")
def list_people(*, as_json: bool) -> None:
    """List the accounts.

    \b
    Example:
      chatbot staff list
    """
    with _accounts() as accounts:
        people = accounts.people()
    if as_json:
        objects = [
            {
                "name": p.name,
                "role": p.role,
                "active": p.is_active,
                "code": p.has_code,
                "created": p.created.isoformat(),
            }
            for p in people
        ]
        print_json(objects, indent=2)
        return
    if not people:
        click.echo("Nobody has an account yet: chatbot staff add", err=True)
    rows = [(p.name, p.role if p.is_active else "disabled", f"since {p.created:%Y-%m-%d}") for p in people]
    click.echo(rows_text(screen(), rows), nl=bool(rows))


@staff.command("reset-password")
@click.argument("name")
@click.option("--generate", is_flag=True, help="Make a safe password and print it.")
def reset_password(name: str, *, generate: bool) -> None:
    """Give somebody a new password.

    Their sign-ins end, and they are not asked for a code until they set that up again.

    \b
    Example:
      chatbot staff reset-password maria --generate
    """
    with _accounts() as accounts:
        accounts.find(name)
        password = _password(generate=generate)
        accounts.reset_password(name, password, by=_BY)
    click.echo(f"{name} has a new password.", err=True)
    if generate:
        click.echo(password)


@staff.command("disable")
@click.argument("name")
def disable(name: str) -> None:
    """Let somebody in no more, from this moment.

    What they wrote stays. 'chatbot staff enable' lets them in again.

    \b
    Example:
      chatbot staff disable maria
    """
    with _accounts() as accounts:
        accounts.set_active(name, active=False, by=_BY)
    click.echo(f"{name} is signed out and cannot sign in.", err=True)


@staff.command("enable")
@click.argument("name")
def enable(name: str) -> None:
    """Let somebody in again who was disabled.

    \b
    Example:
      chatbot staff enable maria
    """
    with _accounts() as accounts:
        accounts.set_active(name, active=True, by=_BY)
    click.echo(f"{name} may sign in again.", err=True)


@contextmanager
def _accounts() -> Iterator["Accounts"]:
    from chatbot.accounts import Accounts
    from chatbot.bot import secret_key
    from chatbot.store import Store

    settings = settings_here()
    store = Store.open(settings.database_url)
    try:
        yield Accounts(store, lambda: secret_key(settings))
    finally:
        store.close()


def _password(*, generate: bool) -> str:
    from chatbot.passwords import generate as new_password

    if generate:
        return new_password()
    if not sys.stdin.isatty():
        return sys.stdin.readline().rstrip("\r\n")
    click.echo("15 to 128 characters; several words that do not belong together do well.", err=True)
    first = getpass.getpass("Password: ")
    if first != getpass.getpass("The same again: "):
        raise click.UsageError("The two passwords differ: nothing was changed.")
    return first


def _with_article(role: str) -> str:
    return f"an {role}"
