"""How many replies a second one core gives, and two: servers and load together on so many cores.

Run by hand; it takes wrk (Debian's package of that name) and two cores on which nothing else runs. The load
is made on the same cores as the replies, so that both numbers are what so many cores do in all. Turns
alternate, so that whatever else runs here slows both; where other programs take a part of the cores, the
second ratio counts only the time that was had.
"""

import json
import os
import re
import resource
import shutil
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import NamedTuple

from run import messages
from server_figures import Client, running
from timing import CHATBOT

from chatbot import Settings, Store
from chatbot.live import Live

SECONDS = 8
ROUNDS = 3
SCRIPT = """
local bodies = {%s}
local turn = 0
wrk.method = "POST"
wrk.headers["Content-Type"] = "application/json"
request = function()
  turn = turn + 1
  return wrk.format(nil, "/api/v1/chat", nil, bodies[turn %% #bodies + 1])
end
"""


class Turn(NamedTuple):
    """Replies a second, and replies for each second that servers and load had a processor."""

    by_clock: float
    by_processor: float


def load(servers: Sequence[tuple[str, int]], cores: Sequence[int], script: Path) -> Turn:
    """What servers (address and process) do together, each with a load of its own on the core it runs on."""
    before = processor_seconds(servers)
    clients = [
        subprocess.Popen(
            ["taskset", "-c", str(core), "wrk", "-t1", "-c4", f"-d{SECONDS}s", "-s", str(script), address],
            stdout=subprocess.PIPE,
            text=True,
        )
        for (address, _), core in zip(servers, cores, strict=True)
    ]
    told = [client.communicate()[0] for client in clients]
    took = processor_seconds(servers) - before
    for text in told:
        if "Non-2xx" in text or "Socket errors" in text:
            raise RuntimeError(text)
    replies = sum(int(re.findall(r"(\d+) requests in", text)[0]) for text in told)
    return Turn(sum(float(re.findall(r"Requests/sec:\s+([\d.]+)", t)[0]) for t in told), replies / took)


def processor_seconds(servers: Sequence[tuple[str, int]]) -> float:
    """What servers, and all load so far, have had of the processors."""
    ended = resource.getrusage(resource.RUSAGE_CHILDREN)
    ticks = 0
    for _, number in servers:
        fields = Path(f"/proc/{number}/stat").read_text("ascii").rpartition(")")[2].split()
        ticks += int(fields[11]) + int(fields[12])
    return ended.ru_utime + ended.ru_stime + ticks / os.sysconf("SC_CLK_TCK")


def main() -> int:
    """Print the figures."""
    cores = sorted(os.sched_getaffinity(0))[:2]
    if len(cores) < 2 or not shutil.which("wrk"):
        print("This takes two cores and wrk (apt-get install wrk).", file=sys.stderr)
        return 2
    with tempfile.TemporaryDirectory() as made, ExitStack() as at_the_end:
        folder, servers = Path(made), list[tuple[str, int]]()
        script = folder / "load.lua"
        bodies = ", ".join(json.dumps(json.dumps({"message": m})) for m in messages()[:200])
        script.write_text(SCRIPT % bodies, "utf-8")
        first = Settings(data_dir=folder / "0")
        store = Store.open(first.database_url)
        Live.open(first, store)  # learns, so that no server has to
        store.close()
        shutil.copytree(folder / "0" / "index", folder / "1" / "index")
        for number, core in enumerate(cores):
            os.sched_setaffinity(0, {core})
            server = running([*CHATBOT, "serve", "--port", "0"], folder / str(number))
            servers.append(at_the_end.enter_context(server))
            Client(servers[-1][0]).ask("how long does it last")
        os.sched_setaffinity(0, cores)
        turns = [(load(servers[:1], cores[:1], script), load(servers, cores, script)) for _ in range(ROUNDS)]
    for one, two in turns:
        print(f"one core {one.by_clock:5.0f}/s, two {two.by_clock:5.0f}/s: {two.by_clock / one.by_clock:.2f}")
    scaled = statistics.median(2 * two.by_processor / one.by_processor for one, two in turns)
    print(f"ratio by the clock {statistics.median(t.by_clock / o.by_clock for o, t in turns):.2f}")
    print(f"ratio by the time that servers and load had a processor {scaled:.2f}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
