"""Commands for several clinics in one installation: site add, list, allow, export, remove."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

import click

from chatbot.cli.program import chosen_site, main, print_json
from chatbot.cli.terminal import visible
from chatbot.settings import Settings

if TYPE_CHECKING:
    from chatbot.sites import Sites

_NEXT = """\
Next: chatbot --site {0} staff add
The line for its pages: <script async src="https://HOST/widget.js" data-site="{0}"></script>"""


@main.group()
def site() -> None:
    """Serve several clinics.

    Each has its own topics, facts, web origins, staff and inbox over the same starter knowledge. Every other
    command is for one of them with --site before its name.

    \b
    Example:
      chatbot site add north-shore --origin https://north-shore.example
      chatbot --site north-shore staff add
    """
    if chosen_site() is not None:
        raise click.UsageError("--site does not go with 'chatbot site': name the site behind its command.")


@site.command("add")
@click.argument("name")
@click.option(
    "--origin", "origins", multiple=True, help="A web origin that may embed its widget; repeatable."
)
def add_site(name: str, origins: tuple[str, ...]) -> None:
    """Add a clinic.

    A running server answers for it within a second. Its name stands in addresses.

    \b
    Example:
      chatbot site add north-shore --origin https://north-shore.example
    """
    with _sites() as sites:
        added = sites.add(name, origins)
    click.echo(f"The site {added.name} is there.\n{_NEXT.format(added.name)}", err=True)


@site.command("list")
@click.option("--json", "as_json", is_flag=True, help="Print a list of objects.")
def list_sites(*, as_json: bool) -> None:
    """List the clinics.

    \b
    Example:
      chatbot site list
    """
    with _sites() as sites:
        known = sites.all().values()
    if as_json:
        print_json([asdict(s) for s in known], indent=2)
        return
    for known_site in known:
        click.echo(f"{known_site.name}  {', '.join(known_site.origins) or '(same origin only)'}")
    click.echo(f"{len(known)} sites.", err=True)


@site.command("allow")
@click.argument("name")
@click.argument("origins", nargs=-1)
def allow_origins(name: str, origins: tuple[str, ...]) -> None:
    """Say which web origins may embed a clinic's widget.

    They take the place of those before; without any, only its own address may.

    \b
    Example:
      chatbot site allow north-shore https://north-shore.example https://www.north-shore.example
    """
    with _sites() as sites:
        changed = sites.allow(name, origins)
    click.echo(f"{name} may be embedded by {', '.join(changed.origins) or 'its own address only'}.", err=True)


@site.command("export")
@click.argument("name")
@click.argument("file", type=click.Path(path_type=Path))
def export_site(name: str, file: Path) -> None:
    """Write a clinic's whole desk into a new file.

    The same as 'chatbot --site NAME backup FILE'; 'chatbot --site OTHER restore FILE' reads it. Keep the file
    safe: it holds the key and password hashes.

    \b
    Example:
      chatbot site export north-shore north-shore.zip
    """
    with _sites() as sites:
        done = sites.export(name, file)
    click.echo(visible(f"{done.rows} rows and {len(done.files)} files are in {file}."), err=True)


@site.command("remove")
@click.argument("name")
@click.option("--yes", is_flag=True, help="Do not ask.")
def remove_site(name: str, *, yes: bool) -> None:
    """Remove a clinic with all that it holds.

    A backup of it is taken first. A running server stops answering for it within a second.

    \b
    Example:
      chatbot site remove north-shore --yes
    """
    with _sites() as sites:
        sites.get(name)
        if not yes:
            click.confirm(visible(f"Remove {name} and all that it holds?"), abort=True, err=True)
        kept = sites.remove(name)
    click.echo(visible(f"The site {name} is gone. What it held is in {kept}."), err=True)


@contextmanager
def _sites() -> "Iterator[Sites]":
    from chatbot.sites import sites_of

    with sites_of(Settings.from_env()) as sites:
        yield sites
