"""Work shared out among cores: the same results in the same order, whatever becomes of a fork."""

import json
import os
import subprocess
import sys
import threading

import pytest

from chatbot import forks

# In a process of its own: the one that runs the tests has threads, and is not forked.
PROGRAM = """
import json, os, sys
from chatbot import forks
forks._cores = lambda: int(sys.argv[1])
here = os.getpid()

def made(number):
    if number == int(sys.argv[2]) and os.getpid() != here:
        os._exit(1)
    if number == int(sys.argv[3]):
        raise ValueError(number)
    return number * number, os.getpid() == here

things, pieces = (int(a) if a else None for a in sys.argv[4:])
print(json.dumps(forks.each(made, range(things), pieces=pieces)))
"""


def run(
    cores: int = 2, dies_at: int = -1, fails_at: int = -1, things: int = 200, pieces: int | None = None
) -> "subprocess.CompletedProcess[str]":
    given = *map(str, (cores, dies_at, fails_at, things)), str(pieces or "")
    return subprocess.run(
        [sys.executable, "-c", PROGRAM, *given], capture_output=True, text=True, timeout=60, check=False
    )


@pytest.mark.parametrize("cores", [1, 2, 3, 9])
def test_what_is_shared_out_comes_back_in_order(cores: int) -> None:
    made = json.loads(run(cores).stdout)
    assert [square for square, _ in made] == [n * n for n in range(200)]
    at_home = sum(was_here for _, was_here in made)
    assert at_home == {1: 200, 2: 100, 3: 66, 9: 50}[cores]


def test_few_things_are_shared_out_where_each_is_much_work() -> None:
    for pieces, at_home in ((None, 4), (99, 4), (100, 2), (1000, 2)):
        made = json.loads(run(things=4, pieces=pieces).stdout)
        assert [square for square, _ in made] == [0, 1, 4, 9]
        assert sum(was_here for _, was_here in made) == at_home


def test_what_a_fork_leaves_undone_is_done_here() -> None:
    made = json.loads(run(dies_at=150).stdout)
    assert made == [[n * n, not 100 <= n < 150] for n in range(200)]


def test_what_the_work_raises_is_raised_wherever_it_was_done() -> None:
    for number in (10, 150):
        ended = run(fails_at=number)
        assert ended.returncode == 1
        assert ended.stderr.rstrip().endswith(f"ValueError: {number}")


def test_a_process_with_threads_is_not_forked() -> None:
    done = threading.Event()
    thread = threading.Thread(target=done.wait)
    thread.start()
    try:
        assert set(forks.each(lambda _: os.getpid(), range(200))) == {os.getpid()}
    finally:
        done.set()
        thread.join()


def test_a_daemon_is_not_forked() -> None:
    program = """
import multiprocessing, os
from chatbot import forks
def work(out): out.send(len(set(forks.each(lambda _: os.getpid(), range(200)))))
context = multiprocessing.get_context("fork")
ours, theirs = context.Pipe()
daemon = context.Process(target=work, args=(theirs,), daemon=True)
daemon.start(); theirs.close()
print(ours.recv())
"""
    ended = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, timeout=60, check=False
    )
    assert ended.stdout == "1\n", ended.stderr


ASIDE = """
import os, sys
from chatbot import forks
here = os.getpid()

def made():
    if "dies" in sys.argv and os.getpid() != here:
        os._exit(1)
    if "fails" in sys.argv:
        raise ValueError("no")
    import wave
    return os.getpid() == here

print(forks.aside(made), "wave" in sys.modules)
"""


@pytest.mark.parametrize(
    ("how", "told"), [("", "False False\n"), ("dies", "True True\n")], ids=["done", "left undone"]
)
def test_what_is_done_aside_leaves_nothing_behind_unless_the_fork_dies(how: str, told: str) -> None:
    command = [sys.executable, "-c", ASIDE, how]
    assert subprocess.run(command, capture_output=True, text=True, timeout=60, check=True).stdout == told


def test_what_goes_wrong_aside_is_told_once() -> None:
    command = [sys.executable, "-c", ASIDE, "fails"]
    ended = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert ended.stderr.count("ValueError: no") == 1


def test_nothing_is_made_of_nothing() -> None:
    assert forks.each(str, ()) == []
