"""The program itself: how a call goes wrong in one line, and what every command needs."""

import gc
import json
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from importlib import import_module
from typing import TYPE_CHECKING, Any, NoReturn

import click

from chatbot.cli.terminal import Screen, visible
from chatbot.errors import ChatbotError
from chatbot.settings import Settings

if TYPE_CHECKING:
    from chatbot.bot import Bot
    from chatbot.content import Knowledge

PACKAGE = "clinic-faq-chatbot"
_REST = "chatbot.cli.rest"  # the commands that are not imported at once
_PATIENCE_S = 0.7


class Program(click.Group):
    """The commands together. Whatever goes wrong in one becomes a line on standard error and a status."""

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """The command of that name; all but those that ask are imported where one of them is called."""
        if cmd_name not in self.commands:
            import_module(_REST)
        return super().get_command(ctx, cmd_name)

    def list_commands(self, ctx: click.Context) -> list[str]:
        """The names of all commands."""
        import_module(_REST)
        return super().list_commands(ctx)

    def main(self, *args: Any, **extra: Any) -> NoReturn:
        """Run, and leave the interpreter."""
        for stream in (sys.stdout, sys.stderr):
            if hasattr(stream, "reconfigure"):  # a letter that the terminal lacks is no reason to stop
                stream.reconfigure(errors="replace")
        try:
            status = super().main(*args, **{**extra, "standalone_mode": False})
        except click.UsageError as error:
            _fail(f"{error.format_message()} {_help_hint(error.ctx)}")
        except (click.ClickException, ChatbotError) as error:
            _fail(str(error))
        except OSError as error:
            _fail(f"{error.strerror}: {error.filename}" if error.filename else str(error.strerror or error))
        except click.Abort:
            sys.exit(130)
        except SystemExit:  # click's way out for one reason: nobody reads the output any more
            sys.exit(141)
        sys.exit(status if isinstance(status, int) else 0)


def _help_hint(context: click.Context | None) -> str:
    return f"(See {context.command_path if context else 'chatbot'} --help)"


def _fail(message: str) -> NoReturn:
    click.echo(f"chatbot: {visible(' '.join(message.split()))}", err=True)
    sys.exit(2)


def _version(context: click.Context, _parameter: click.Parameter, wanted: bool) -> None:  # noqa: FBT001 - click's
    if wanted:
        from importlib.metadata import PackageNotFoundError, version

        try:
            click.echo(f"chatbot {version(PACKAGE)}")
        except PackageNotFoundError:
            click.echo("chatbot (not installed: run from its folder)")
        context.exit()


@click.group(
    "chatbot",
    cls=Program,
    invoke_without_command=True,
    context_settings={"help_option_names": ["-h", "--help"]},
)
@click.option(
    "--version", is_flag=True, is_eager=True, expose_value=False, callback=_version, help="Show the version."
)
@click.option("--site", metavar="NAME", help="The clinic that a command is for, where there are several.")
@click.pass_context
def main(context: click.Context, site: str | None) -> None:  # noqa: ARG001 - read by `settings_here`
    """Answer questions about intensive outpatient programs, from reviewed entries with their source.

    \b
    Example:
      chatbot ask "How long does it last?"
    """
    if context.invoked_subcommand is None:
        click.echo(context.get_help())


# --- what the commands share ---------------------------------------------------------------------------


def settings_here() -> Settings:
    """The settings that a command goes by: the installation's, or those of the site that `--site` names."""
    settings = Settings.from_env()
    name = chosen_site()
    if name is None:
        return settings
    from chatbot.sites import settings_of, sites_of

    with sites_of(settings) as sites:
        return settings_of(settings, sites.get(name))


def chosen_site() -> str | None:
    """What `--site` was given."""
    context = click.get_current_context(silent=True)
    return context.find_root().params.get("site") if context else None


def open_bot() -> "Bot":
    """The bot as it is set up here."""
    with patience("Getting ready, some seconds at first"), without_collection():
        from chatbot.bot import Bot

        return Bot.open(settings_here())


def open_knowledge() -> "Knowledge":
    """What the bot knows here, without what was learned from it: loads at once."""
    from chatbot.bot import load_knowledge

    return load_knowledge(settings_here())


@contextmanager
def patience(what: str) -> Iterator[None]:
    """Tell a person at a terminal what takes so long, once it does."""
    timer = threading.Timer(_PATIENCE_S, lambda: click.echo(f"{what} ...", err=True))
    timer.daemon = True
    if sys.stderr.isatty():
        timer.start()
    try:
        yield
    finally:
        timer.cancel()


@contextmanager
def without_collection() -> Iterator[None]:
    """Have Python not look for garbage meanwhile: where all that is made is kept there is none to find."""
    gc.disable()
    try:
        yield
    finally:
        gc.freeze()
        gc.enable()


def screen() -> Screen:
    """What standard output can show."""
    return Screen.of(sys.stdout)


def print_json(value: object, indent: int | None = None) -> None:
    """Print a value for a program: in UTF-8, whatever the terminal speaks."""
    # Half a character pair, as a file's name may hold it, is escaped, as JSON allows.
    click.echo(json.dumps(value, ensure_ascii=False, indent=indent).encode("utf-8", "backslashreplace"))
