"""Work on many things, shared out among the cores of the machine.

A fork has all that was learned in its memory already and pays nothing to begin; only results are sent back.
Where there is one core, or no fork, the work is done here. A process with threads is not forked: a thread
may hold a lock that nobody in the fork would ever let go. Nor is a daemon of `multiprocessing`, which may not
have children.
"""

import multiprocessing
import os
import sys
import threading
from collections.abc import Callable, Sequence
from itertools import pairwise
from multiprocessing.connection import Connection
from typing import TypeVar

MOST = 4  # processes
FEWEST = 50  # things for each: fewer are done before a fork has begun
Thing = TypeVar("Thing")
Result = TypeVar("Result")


def each(function: Callable[[Thing], Result], things: Sequence[Thing]) -> list[Result]:
    """What `function` makes of each thing, in order. Results must be such as can be pickled.

    Raises what the function raises; of what it does in a fork, nothing but its result remains.
    """
    parts = _parts(things, min(_cores(), MOST, len(things) // FEWEST))
    if len(parts) < 2:
        return [function(t) for t in things]
    context = multiprocessing.get_context("fork")
    forks = []
    for part in parts[1:]:
        ours, theirs = context.Pipe(duplex=False)
        fork = context.Process(target=_work, args=(function, part, theirs), daemon=True)
        fork.start()
        theirs.close()
        forks.append((fork, part, ours))
    made = [function(t) for t in parts[0]]
    for fork, part, ours in forks:
        made += _received(ours) or [function(t) for t in part]  # what a fork has not done is done here
        ours.close()
        fork.join()
    return made


def _cores() -> int:
    """How many processes can work at once: one, where this one must not be forked."""
    # Elsewhere libraries of the system (macOS has one for linear algebra) do not outlive a fork.
    if sys.platform != "linux" or threading.active_count() > 1 or multiprocessing.current_process().daemon:
        return 1
    return len(os.sched_getaffinity(0))


def _parts(things: Sequence[Thing], count: int) -> list[Sequence[Thing]]:
    """The things cut into so many neighbouring parts of about one size."""
    ends = [len(things) * i // max(count, 1) for i in range(max(count, 1) + 1)]
    return [things[a:b] for a, b in pairwise(ends)]


def _work(function: Callable[[Thing], Result], part: Sequence[Thing], out: Connection) -> None:
    out.send([function(t) for t in part])


def _received(results: Connection) -> list[Result] | None:
    """What a fork has sent; None where it ended before it had."""
    try:
        made: list[Result] = results.recv()
    except EOFError:
        return None
    return made
