"""Work in forks of this process: on many things, shared out among the cores, or aside, to leave nothing.

A fork has all that was learned in its memory already and pays nothing to begin; only results are sent back.
Where there is one core, or no fork, the work is done here. A process with threads is not forked: a thread
may hold a lock that nobody in the fork would ever let go. Nor is a daemon of `multiprocessing`, which may not
have children.
"""

import multiprocessing
import os
import pickle
import sys
import threading
from collections.abc import Callable, Sequence
from contextlib import suppress
from itertools import pairwise
from multiprocessing.process import BaseProcess
from typing import Any, BinaryIO, TypeVar

MOST = 4  # processes
FEWEST = 50  # pieces of work for each: fewer are done before a fork has begun
Thing = TypeVar("Thing")
Result = TypeVar("Result")


def aside(function: Callable[[], Result]) -> Result:
    """What `function` makes, in a fork where there can be one: what it imports does not stay in memory.

    Raises what the function raises.
    """
    if not _may_fork():
        return function()
    made = _received(*_started(lambda _: function(), (None,)))
    return made[0] if made else function()


def each(
    function: Callable[[Thing], Result], things: Sequence[Thing], *, pieces: int | None = None
) -> list[Result]:
    """What `function` makes of each thing, in order. Results must be such as can be pickled.

    `pieces` says how many small pieces of work the things are together, where one is not one.
    Raises what the function raises; of what it does in a fork, nothing but its result remains.
    """
    worth = (len(things) if pieces is None else pieces) // FEWEST
    parts = _parts(things, min(_cores(), MOST, len(things), worth))
    if len(parts) < 2:
        return [function(t) for t in things]
    forks = [_started(function, part) for part in parts[1:]]
    made = [function(t) for t in parts[0]]
    for fork, part in zip(forks, parts[1:], strict=True):
        done = _received(*fork)
        made += done + [function(t) for t in part[len(done) :]]  # what a fork has not done is done here
    return made


def _cores() -> int:
    """How many processes can work at once."""
    return len(os.sched_getaffinity(0)) if _may_fork() else 1


def _may_fork() -> bool:
    # Elsewhere libraries of the system (macOS has one for linear algebra) do not outlive a fork.
    is_able = sys.platform == "linux" and not multiprocessing.current_process().daemon
    return is_able and threading.active_count() == 1


def _parts(things: Sequence[Thing], count: int) -> list[Sequence[Thing]]:
    """The things cut into so many neighbouring parts of about one size."""
    ends = [len(things) * i // max(count, 1) for i in range(max(count, 1) + 1)]
    return [things[a:b] for a, b in pairwise(ends)]


def _started(function: Callable[[Thing], Result], part: Sequence[Thing]) -> tuple[BaseProcess, BinaryIO]:
    """A fork that is at work, and the memory that it puts its results into."""
    results = os.fdopen(os.memfd_create("results"), "w+b")
    fork = multiprocessing.get_context("fork").Process(
        target=_work, args=(function, part, results), daemon=True
    )
    fork.start()
    return fork, results


def _work(function: Callable[[Thing], Result], part: Sequence[Thing], out: BinaryIO) -> None:
    with suppress(Exception):  # it is tried once more where it was asked for, and raised there
        for thing in part:  # each by itself: all results at once would be there twice
            pickle.dump(function(thing), out, pickle.HIGHEST_PROTOCOL)
            out.flush()


def _received(fork: BaseProcess, results: BinaryIO) -> list[Any]:
    """What a fork has made: not of all things, where it ended before it had."""
    fork.join()
    made = []
    with results, suppress(EOFError, pickle.UnpicklingError):
        results.seek(0)
        while True:
            made.append(pickle.load(results))  # noqa: S301 - our own fork's
    return made
