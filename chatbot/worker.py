"""A child process that does the heavy work, so that answers do not wait for it.

(An index built in a thread holds the interpreter: the 99th percentile of answers was measured at 22 to 30 ms
meanwhile, with a child process at 4.) The child lives until it has been idle for a while, so that what it has
imported and read serves the next call, and ends by itself when its parent does, however that ends.
"""

import gc
import os
import pickle
import subprocess
import sys
import threading
import time
import traceback
from collections.abc import Callable
from contextlib import suppress
from typing import Any, BinaryIO, TypeVar

from chatbot.errors import ChatbotError

IDLE_S = 600.0
ASIDE_S = 0.1
NICENESS = 10  # visitors come first; of a machine that has no time to spare, building still gets a tenth
Result = TypeVar("Result")


class Worker:
    """Runs functions, named at the top of a module, in a child process; one at a time."""

    def __init__(self, idle_s: float = IDLE_S) -> None:
        """Start the child with the first call, and end it `idle_s` seconds after the last."""
        self._idle_s = idle_s
        self._lock, self._counting = threading.Lock(), threading.Lock()
        self._waiting = 0  # of those who wait for what they called for
        self._child: subprocess.Popen[bytes] | None = None
        self._timer: threading.Timer | None = None

    def run(self, function: Callable[..., Result], *args: object) -> Result:
        """What the function returns. Raises ChatbotError with the words of what it raises."""
        self._count(1)
        try:
            with self._lock:
                return self._ask(function, args)
        finally:
            self._count(-1)

    def run_aside(self, function: Callable[..., Result], *args: object) -> Result:
        """`run`, once nobody waits for anything: for what is done ahead, at whichever clinic."""
        while True:
            with self._lock:
                if not self._waiting:
                    return self._ask(function, args)
            time.sleep(ASIDE_S)

    def _count(self, more: int) -> None:
        with self._counting:
            self._waiting += more

    def _ask(self, function: Callable[..., Result], args: tuple[object, ...]) -> Result:
        """Have the child do it. Only with the lock."""
        self._let_rest()
        child = self._child
        if child is None or child.poll() is not None:
            child = self._child = _start()
        try:
            assert child.stdin  # noqa: S101 - both are pipes
            assert child.stdout  # noqa: S101
            # Pickled by this program for this program, through a pipe that nobody else holds.
            pickle.dump((function, args), child.stdin)
            child.stdin.flush()
            is_done, outcome = pickle.load(child.stdout)  # noqa: S301
        except (OSError, EOFError, pickle.UnpicklingError) as error:
            self._end()
            raise ChatbotError(f"the process that builds has ended: {error or 'no answer'}") from error
        except BaseException:  # half a conversation is none
            self._end()
            raise
        self._rest()
        if not is_done:
            raise ChatbotError(outcome)
        result: Result = outcome
        return result

    def close(self) -> None:
        """End the child."""
        with self._lock:
            self._let_rest()
            self._end()

    def _rest(self) -> None:
        self._timer = threading.Timer(self._idle_s, self.close)
        self._timer.daemon = True
        self._timer.start()

    def _let_rest(self) -> None:
        if self._timer:
            self._timer.cancel()
            self._timer = None

    def _end(self) -> None:
        child, self._child = self._child, None
        if child is None:
            return
        for pipe in (child.stdin, child.stdout):
            with suppress(OSError):
                if pipe:
                    pipe.close()
        child.kill()
        child.wait()


def _start() -> "subprocess.Popen[bytes]":
    command = [sys.executable, "-m", "chatbot.worker"]
    return subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE)  # noqa: S603


def work(calls: BinaryIO, outcomes: BinaryIO) -> None:
    """Run what is called for until nobody is there to call."""
    gc.disable()  # a hundred thousand records in no circle: looking for circles took a tenth of the time
    while True:
        try:
            function, args = pickle.load(calls)  # noqa: S301
        except EOFError:
            return
        try:
            outcome: tuple[bool, Any] = (True, function(*args))
        except ChatbotError as error:  # its words: one that is made of several arguments cannot be pickled
            outcome = (False, str(error))
        except Exception as error:
            traceback.print_exc()
            outcome = (False, f"the work went wrong ({type(error).__name__}): see the log")
        pickle.dump(outcome, outcomes)
        outcomes.flush()
        del outcome
        gc.collect()  # while nobody waits


if __name__ == "__main__":
    with suppress(OSError, AttributeError):
        os.nice(NICENESS)
    answers = os.fdopen(os.dup(sys.stdout.fileno()), "wb")
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())  # what is printed must not stand between the answers
    with suppress(KeyboardInterrupt, BrokenPipeError):
        work(sys.stdin.buffer, answers)
