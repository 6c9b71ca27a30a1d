"""Commands that run the bot for visitors: serve, off, on, settings."""

from dataclasses import replace

import click

from chatbot.cli.program import chosen_site, main, print_json, screen, settings_here
from chatbot.cli.terminal import rows_text


@main.command()
@click.option("--host", help="Where to listen, in place of CHATBOT_HOST.")
@click.option(
    "--port", type=click.IntRange(0, 65535), help="In place of CHATBOT_PORT; 0 takes any free port."
)
def serve(host: str | None, port: int | None) -> None:
    """Serve the widget, the pages and the API.

    Listens until it is interrupted (Ctrl-C), then finishes what it has begun. Brings the database to this
    version first. A SQLite file serves one process: several need CHATBOT_DATABASE_URL=postgresql+psycopg://...

    \b
    Example:
      chatbot serve --port 8080
    """
    if host is not None and not host.strip():
        raise click.UsageError("--host is empty: name an address such as 127.0.0.1.")
    if chosen_site() is not None:
        raise click.UsageError("--site does not go with 'serve': it answers for all sites.")
    from web.server import serve as run

    settings = settings_here()
    settings = replace(
        settings, host=settings.host if host is None else host, port=settings.port if port is None else port
    )
    run(settings)


@main.command()
def off() -> None:
    """Switch the bot off for visitors.

    They keep the help lines and the clinic's phone number. No restart is needed.

    \b
    Example:
      chatbot off
    """
    _switch(off=True)
    click.echo(
        "The bot is off. Visitors see the help lines and your contact. To switch it on: chatbot on", err=True
    )


@main.command()
def on() -> None:
    """Switch the bot on again.

    \b
    Example:
      chatbot on
    """
    _switch(off=False)
    click.echo("The bot is on.", err=True)


def _switch(*, off: bool) -> None:
    from chatbot.store import Store

    store = Store.open(settings_here().database_url)
    try:
        store.switch(off=off)
    finally:
        store.close()


@main.command()
@click.option("--json", "as_json", is_flag=True, help="Print a list of objects.")
def settings(*, as_json: bool) -> None:
    """Show the settings.

    Prints each with its value and where it came from. Secrets are masked.

    \b
    Example:
      chatbot settings
    """
    rows = settings_here().rows()
    if as_json:
        print_json([{"name": n, "value": v, "source": s} for n, v, s in rows], indent=2)
    else:
        click.echo(rows_text(screen(), rows))
