"""The command line as tests use it: within this process, as a process, and at a terminal."""

import fcntl
import os
import pty
import select
import struct
import subprocess
import sys
import termios
import time
from collections.abc import Mapping
from pathlib import Path

from click.testing import CliRunner, Result

from chatbot.cli import main

PATIENCE_S = 120.0
_AT_THE_TERMINAL = """
import fcntl, os, sys, termios
fcntl.ioctl(0, termios.TIOCSCTTY, 0)
os.execv(sys.argv[1], sys.argv[1:])
"""


def environment(data_dir: Path, **more: str) -> dict[str, str]:
    """This environment with the given data folder and nothing else set for the chatbot."""
    ours = ("CHATBOT_", "NO_COLOR", "COLUMNS", "LINES")
    return {
        **{k: v for k, v in os.environ.items() if not k.startswith(ours)},
        "CHATBOT_DATA_DIR": str(data_dir),
        **more,
    }


def run(data_dir: Path, *words: str, stdin: str | bytes | None = None, **env: str) -> Result:
    """Run a command within this process."""
    variables: dict[str, str | None] = {k: None for k in os.environ if k.startswith("CHATBOT_")}
    return CliRunner(env={**variables, **environment(data_dir, **env)}).invoke(main, words, input=stdin)


def start(
    data_dir: Path, *words: str, stdin: bytes = b"", **env: str
) -> "subprocess.CompletedProcess[bytes]":
    """Run a command as a process of its own."""
    command = [sys.executable, "-m", "chatbot", *words]
    return subprocess.run(
        command,
        input=stdin,
        capture_output=True,
        env=environment(data_dir, **env),
        timeout=PATIENCE_S,
        check=False,
    )


class Terminal:
    """A command at a terminal of its own, with somebody who reads along and types."""

    def __init__(
        self, data_dir: Path, *words: str, columns: int = 80, env: Mapping[str, str] | None = None
    ) -> None:
        """Start the command on a terminal that is `columns` wide."""
        self.seen = ""
        self._master, slave = pty.openpty()
        fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", 40, columns, 0, 0))
        self._process = subprocess.Popen(
            [sys.executable, "-c", _AT_THE_TERMINAL, sys.executable, "-m", "chatbot", *words],
            stdin=slave,
            stdout=slave,
            stderr=slave,
            start_new_session=True,
            env=environment(data_dir, **{"TERM": "xterm", **(env or {})}),
        )
        os.close(slave)

    def type(self, keys: str) -> None:
        """Press keys; "\\r" is Enter."""
        os.write(self._master, keys.encode())

    def read_until(self, text: str) -> str:
        """What appears up to and with `text`, since the last reading."""
        until = time.monotonic() + PATIENCE_S
        while text not in self.seen:
            more = self._read_before(until)
            assert more, f"{text!r} never came, but {self.seen!r}"
            self.seen += more
        shown, _, self.seen = self.seen.partition(text)
        return shown + text

    def interrupt(self) -> tuple[int, str]:
        """Press Ctrl-C, again after a while if nothing happens, as a person does; then as `leave`.

        Python's readline does not see a signal that comes just before it waits for the next key:
        `readline_until_enter_or_signal` in CPython's Modules/readline.c checks only after a wait is cut off.
        """
        until = time.monotonic() + PATIENCE_S
        shown = ""
        while not shown and time.monotonic() < until:
            self.type("\x03")
            shown = self._read_before(time.monotonic() + 5.0)
        self.seen += shown
        return self.leave()

    def leave(self) -> tuple[int, str]:
        """The exit status, and what appeared last, once the command has ended."""
        until = time.monotonic() + PATIENCE_S
        last = self.seen
        while more := self._read_before(until):
            last += more
        assert time.monotonic() < until, f"it did not end, but showed {last!r}"
        return self._process.wait(PATIENCE_S), last

    def close(self) -> None:
        """End the command, if it still runs."""
        self._process.kill()
        self._process.wait(PATIENCE_S)
        os.close(self._master)

    def _read_before(self, until: float) -> str:
        """What appears next; "" where nothing more comes, or not in time."""
        ready, _, _ = select.select([self._master], [], [], max(0.0, until - time.monotonic()))
        try:
            return os.read(self._master, 65536).decode(errors="replace") if ready else ""
        except OSError:  # the other end is gone
            return ""
