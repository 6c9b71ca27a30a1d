"""The chat in a terminal. What is typed stays in memory, unless a transcript is asked for."""

import os
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from io import TextIOWrapper
from pathlib import Path
from typing import TYPE_CHECKING, TextIO

from chatbot.cli.terminal import Screen, explanation_text, reply_text, rows_text, suggestions_text, visible
from chatbot.errors import ChatbotError
from chatbot.model import MAX_MESSAGE, Reply, Suggestion
from chatbot.safety import redact

if TYPE_CHECKING:
    from chatbot.bot import Bot

MAX_LISTED = 8
PROMPT = "> "
_COMMANDS = {
    "/why": "why the bot answered the last message as it did",
    "/new": "begin a new conversation",
    "/help": "this list",
    "/quit": "leave (so does Ctrl-D)",
}
_LEAVING = ("/quit", "/exit", "/q", "quit", "exit")
_HINT = "Type a question, or the number of one above. Tab completes, /help tells more, Ctrl-D leaves."
# Begins no question: a list that holds it has no common start. It is not shown.
_NO_COMMON_START = "…"


class Chat:
    """One conversation after another, between a person at a terminal and the bot."""

    def __init__(self, bot: "Bot", transcript: TextIO | None = None) -> None:
        """Talk to `bot`; what is said is also written to `transcript`, identifying details taken out."""
        self._bot = bot
        self._transcript = transcript
        self._context = ""
        self._last: tuple[str, str] | None = None
        self.suggestions: tuple[Suggestion, ...] = ()

    def greet(self) -> None:
        """Say hello, offer a few questions and tell how to go on."""
        self.suggestions = self._bot.greeting.suggestions
        greeting = _screen().wrapped(self._bot.greeting.text)
        _talk(f"\n{greeting}\n\n{self._offered()}\n\n{_dim(_HINT)}\n")

    def hear(self, line: str) -> bool:
        """Take one line. False when the person wants to leave."""
        said = line.strip()
        if said.casefold() in _LEAVING:
            return False
        if said.startswith("/"):
            self._obey(said.casefold())
        elif said:
            self._ask(self._picked(said))
        return True

    def _ask(self, message: str) -> None:
        if len(message) > MAX_MESSAGE:
            self._show(self._bot.line("too-long"))
            return
        self._last = (message, self._context)
        reply = self._bot.reply(message, self._context)
        self._context, self.suggestions = reply.context, reply.suggestions
        self._show(reply)
        self._write(message, reply)

    def _picked(self, said: str) -> str:
        """What a number stands for; anything else as it is."""
        number = said.rstrip(".)")
        if not (number.isdecimal() and len(number) < 3 and 1 <= int(number) <= len(self.suggestions)):
            return said
        message = self.suggestions[int(number) - 1].message
        _talk(_dim(f"{PROMPT}{message}"))
        return message

    def _obey(self, command: str) -> None:
        if command == "/why":
            self._explain()
        elif command == "/new":
            self._context, self._last = "", None
            self.suggestions = self._bot.greeting.suggestions
            _talk(f"\nA new conversation.\n\n{self._offered()}\n")
        elif command == "/help":
            commands = rows_text(_screen(), [(name, what, "") for name, what in _COMMANDS.items()])
            _talk(f"\n{commands}\n\n{_screen().wrapped(_HINT)}\n")
        else:
            _talk(_screen().wrapped(f"{command} is no command: try {', '.join(_COMMANDS)}"))

    def _explain(self) -> None:
        if self._last is None:
            _talk(_screen().wrapped("Nothing to explain yet: ask something first."))
            return
        print(f"\n{explanation_text(_screen(), self._bot.explain(*self._last))}\n", flush=True)

    def _offered(self) -> str:
        return suggestions_text(_screen(), [s.label for s in self.suggestions], numbered=True)

    def _show(self, reply: Reply) -> None:
        print(f"\n{reply_text(_screen(), reply, numbered=True)}\n", flush=True)

    def _write(self, message: str, reply: Reply) -> None:
        if self._transcript is not None:
            # The bot tells people that it keeps no phone number and the like: so this does not either.
            said = redact(message).text
            self._transcript.write(f"You: {said}\n\nBot: {reply_text(Screen(), reply)}\n\n")
            self._transcript.flush()


def converse(bot: "Bot", transcript: TextIO | None = None) -> None:
    """Talk until the person leaves: at a terminal with a prompt, else with the lines of standard input."""
    if isinstance(sys.stdin, TextIOWrapper):  # what is no text is a message that is not understood
        sys.stdin.reconfigure(errors="replace")
    talk = Chat(bot, transcript)
    if not sys.stdin.isatty():
        for line in filter(str.strip, sys.stdin):
            print(PROMPT + visible(line.strip()), flush=True)
            if not talk.hear(line):
                return
        return
    talk.greet()
    _set_up_readline(talk, bot)
    while talk.hear(_typed()):
        pass


def _typed() -> str:
    """The next line from the terminal; the wish to leave at its end."""
    screen = _screen()
    prompt = screen.styled(PROMPT, "accent")
    if not sys.stdout.isatty():
        _talk(PROMPT, end="")
        return sys.stdin.readline() or _LEAVING[0]
    try:
        # readline must be told which characters of the prompt take no room.
        return input(prompt.replace("\x1b[36m", "\001\x1b[36m\002").replace("\x1b[0m", "\001\x1b[0m\002"))
    except EOFError:
        _talk()
        return _LEAVING[0]


@contextmanager
def opened_transcript(path: Path | None) -> Iterator[TextIO | None]:
    """A new private file for what is said, gone again if nothing was. Raises ChatbotError if it exists."""
    if path is None:
        yield None
        return
    try:
        number = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError as error:
        raise ChatbotError(f"{path} exists already: name another file for the transcript") from error
    except OSError as error:
        raise ChatbotError(f"{path} cannot be written: {error.strerror}; name another file") from error
    try:
        with open(number, "w", encoding="utf-8", errors="replace") as file:
            yield file
    finally:
        if path.exists() and not path.stat().st_size:
            path.unlink()


# --- completion ---------------------------------------------------------------------------------------


def completions(typed: str, suggestions: Sequence[Suggestion], bot: "Bot") -> list[str]:
    """What Tab offers: commands, questions that begin as typed, or else those that come near.

    readline puts the start that all share in place of what was typed: it is what was typed, or nothing.
    """
    start = typed.casefold()
    if start.startswith("/"):
        return [c for c in _COMMANDS if c.startswith(start)]
    if not start.strip():
        return _listed([s.message for s in suggestions])
    begun = [t.question for t in bot.topics if t.question.casefold().startswith(start)]
    return begun or _listed([t.question for t in bot.suggest(typed[:MAX_MESSAGE])])


def _listed(questions: list[str]) -> list[str]:
    return [*questions, _NO_COMMON_START] if len(questions) > 1 else questions


def _set_up_readline(talk: Chat, bot: "Bot") -> None:
    try:
        import readline
    except ImportError:  # Windows has none: the chat works without it
        return
    found: list[str] = []

    def complete(typed: str, state: int) -> str | None:
        if state == 0:
            found[:] = completions(typed, talk.suggestions, bot)
        return found[state] if state < len(found) else None

    readline.set_completer_delims("")
    readline.set_completer(complete)
    readline.set_completion_display_matches_hook(_lister(readline.get_line_buffer))
    for line in ("tab: complete", "set show-all-if-ambiguous on", "set completion-ignore-case on"):
        readline.parse_and_bind(line)


def _lister(typed_so_far: Callable[[], str]) -> Callable[[str, Sequence[str], int], None]:
    def list_matches(_typed: str, matches: Sequence[str], _longest: int) -> None:
        shown = [m for m in matches if m != _NO_COMMON_START]
        more = [f"and {len(shown) - MAX_LISTED} more"] if len(shown) > MAX_LISTED else []
        listed = suggestions_text(_screen(), [*shown[:MAX_LISTED], *more])
        _talk(f"\n{listed}\n{_screen().styled(PROMPT, 'accent')}{typed_so_far()}", end="")

    return list_matches


def _screen() -> Screen:
    return Screen.of(sys.stdout)


def _dim(text: str) -> str:
    screen = _screen()
    return screen.styled(screen.wrapped(text), "dim")


def _talk(text: str = "", end: str = "\n") -> None:
    print(text, end=end, file=sys.stderr, flush=True)
