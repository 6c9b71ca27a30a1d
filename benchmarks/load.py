"""The server under a day's mix of visitors and staff, beside a bare Flask echo under the same server.

    python benchmarks/load.py [SECONDS]     60 by default; 3600 for a soak

Of a hundred requests 92 ask, 5 have topics suggested, 2 rate an answer, 1 is a save of staff's. Both servers
are asked in turns over as many connections, the servers on one core and the client on another where there are
two. Before that a topic is published three times on an index of ten thousand wordings, while visitors
ask fifty times a second: how long they wait while it is built, and while it is not.
"""

import argparse
import json
import os
import random
import re
import selectors
import socket
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlencode, urlsplit

from preview import made_up
from server_figures import ECHO, Client, memory, running
from timing import CHATBOT, ROOT, Figures, spread

from chatbot import Accounts, Bot, Change, Settings, Store
from chatbot.topicfile import dump

CONNECTIONS = 8
TURN_S = 5.0
ECHO_S = 2.0
PASSWORD = "blue kettle sunday march"  # noqa: S105 - of a database that is thrown away
MADE_UP = 500  # topics beside those that are delivered: with them the index has ten thousand wordings
RATE_PER_S = 50
PUBLISHED = 3
SERVE = [*CHATBOT, "serve", "--port", "0"]


@dataclass
class Found:
    """What a client has seen."""

    times: list[float] = field(default_factory=list)
    errors: int = 0
    seconds: float = 0.0
    processor_s: float = 0.0

    @property
    def per_second(self) -> float:
        """Answers a second."""
        return len(self.times) / self.seconds

    def take(self, address: str, process: int, asks: "list[Next]", seconds: float) -> None:
        """Ask a server for a while, and add what was seen and what it took."""
        began = processor_s(process)
        drive(address, asks, seconds, self)
        self.processor_s += processor_s(process) - began
        self.seconds += seconds

    def figures(self, name: str) -> Figures:
        """Rate, waits, and the server's processor time."""
        return {
            f"{name}s_per_second": self.per_second,
            **spread(name, self.times),
            f"{name}_processor_ms": 1000 * self.processor_s / len(self.times),
        }


Next = Callable[[bytes], bytes]  # the next request, given the body of the last answer


class Connection:
    """One visitor's connection; sends a request and notes how long its answer took."""

    def __init__(self, address: str, ask: Next) -> None:
        """Connect."""
        parts = urlsplit(address)
        self._place, self._ask = (parts.hostname, parts.port), ask
        self.socket = socket.create_connection(self._place)
        self._got, self._sent_at = b"", 0.0

    def send(self, body: bytes = b"") -> None:
        """Send the next request."""
        self._got, self._sent_at = b"", time.perf_counter()
        self.socket.sendall(self._ask(body))

    def renew(self) -> None:
        """Connect anew where the last answer was the connection's last."""
        if b"\r\nConnection: close\r\n" in self._got:
            self.socket.close()
            self.socket = socket.create_connection(self._place)

    def receive(self, found: Found) -> bytes | None:
        """Read on; the body once the answer is whole."""
        more = self.socket.recv(65536)
        if not more:
            raise ConnectionResetError
        self._got += more
        head, _, body = self._got.partition(b"\r\n\r\n")
        length = re.search(rb"\r\nContent-Length: (\d+)", head, re.IGNORECASE)
        if len(body) < (int(length[1]) if length else 0) or not head:
            return None
        found.times.append(time.perf_counter() - self._sent_at)
        found.errors += not 200 <= int(head[9:12]) < 400
        return body


def drive(address: str, asks: list[Next], seconds: float, found: Found) -> None:
    """Have each of `asks` send its next request as soon as the last one is answered."""
    until = time.monotonic() + seconds
    with selectors.DefaultSelector() as selector:
        for ask in asks:
            connection = Connection(address, ask)
            selector.register(connection.socket, selectors.EVENT_READ, connection)
            connection.send()
        while selector.get_map():
            for key, _ in selector.select():
                connection, body = key.data, key.data.receive(found)
                if body is None:
                    continue
                selector.unregister(connection.socket)
                if time.monotonic() >= until:
                    connection.socket.close()
                    continue
                connection.renew()
                selector.register(connection.socket, selectors.EVENT_READ, connection)
                connection.send(body)


# --- what is sent -------------------------------------------------------------------------------------


def request(path: str, body: bytes, kind: str = "application/json", more: str = "") -> bytes:
    """A POST as it goes over the wire."""
    head = f"POST {path} HTTP/1.1\r\nHost: localhost\r\nContent-Type: {kind}\r\n{more}"
    return f"{head}Content-Length: {len(body)}\r\n\r\n".encode() + body


def questions() -> list[str]:
    """What visitors ask."""
    lines = (ROOT / "tests/data/questions.jsonl").read_text("utf-8").splitlines()
    return [json.loads(line)["question"] for line in lines]


def mix(asked: list[str], staff: "Staff", seed: int) -> Next:
    """One visitor after the other, and now and then somebody of the staff."""
    chance, last = random.Random(seed), [""]  # noqa: S311 - not for secrets

    def ask(body: bytes) -> bytes:
        if b'"confidence"' in body:
            last[0] = json.loads(body)["id"]
        share, message = chance.random(), chance.choice(asked)
        if share < 0.05:
            return request("/api/v1/suggest", json.dumps({"text": message[:20]}).encode())
        if share < 0.07 and last[0]:
            return request("/api/v1/feedback", json.dumps({"id": last[0], "helpful": share < 0.06}).encode())
        if share < 0.08:
            return staff.save(f"Clinic {chance.randrange(1000)}")
        return request("/api/v1/chat", json.dumps({"message": message}).encode())

    return ask


def chats(asked: list[str], seed: int) -> Next:
    """Questions alone."""
    chance = random.Random(seed)  # noqa: S311
    return lambda _: request("/api/v1/chat", json.dumps({"message": chance.choice(asked)}).encode())


class Staff:
    """Somebody who is signed in at the desk."""

    def __init__(self, address: str) -> None:
        """Sign in."""
        self._address, self._cookie, self._csrf = address, "", ""
        self.post("/staff/sign-in", name="ada", password=PASSWORD)
        (self._csrf,) = set(re.findall('name="csrf" value="([^"]+)"', self.post("/staff/account", "GET")))

    def save(self, name: str) -> bytes:
        """A save of the clinic's facts, as a draft."""
        return self._form("/staff/facts", {"name": name})

    def post(self, path: str, method: str = "POST", **fields: str) -> str:
        """Send a form and give the answer, head and all."""
        parts = urlsplit(self._address)
        sent = self._form(path, fields).replace(b"POST", method.encode(), 1)
        with socket.create_connection((parts.hostname, parts.port)) as connection:
            connection.sendall(sent.replace(b"\r\n", b"\r\nConnection: close\r\n", 1))
            got = b"".join(iter(lambda: connection.recv(65536), b"")).decode()
        if cookie := re.search(r"Set-Cookie: (\w+=[^;]+)", got):
            self._cookie = cookie[1]
        return got

    def _form(self, path: str, fields: dict[str, str]) -> bytes:
        more = f"Origin: http://localhost\r\nCookie: {self._cookie}\r\n"
        body = urlencode({"csrf": self._csrf, **fields}).encode()
        return request(path, body, "application/x-www-form-urlencoded", more)


# --- what is measured ---------------------------------------------------------------------------------


def prepare(folder: Path) -> None:
    """A data folder with its index, and an account for Ada."""
    settings = Settings(data_dir=folder)
    store = Store.open(settings.database_url)
    Accounts(store, lambda: "").add("ada", "admin", PASSWORD, by="benchmark")
    store.close()
    Bot.open(settings)


def processor_s(number: int) -> float:
    """The processor time that a process has taken."""
    ticks = Path(f"/proc/{number}/stat").read_text("ascii").rpartition(")")[2].split()
    return (int(ticks[11]) + int(ticks[12])) / 100


def under_load(folder: Path, seconds: float, asked: list[str]) -> Figures:
    """The mix and the echo in turns; requests a second, waits, errors, processor time, memory."""
    with running(SERVE, folder) as (address, number), running([sys.executable, "-c", ECHO], folder) as echo:
        share_the_cores(number, echo[1])
        staff = Staff(address)
        asks = [mix(asked, staff, seed) for seed in range(CONNECTIONS)]
        drive(address, asks, TURN_S, Found())  # warms up
        before = memory(number)["Pss"]
        mixed, echoed = Found(), Found()
        echoes = [chats(asked, seed) for seed in range(CONNECTIONS)]
        while mixed.seconds < seconds:
            mixed.take(address, number, asks, min(TURN_S, seconds - mixed.seconds))
            echoed.take(*echo, echoes, ECHO_S)
        after = memory(number)["Pss"]
    return {
        "requests": len(mixed.times),
        "errors": mixed.errors,
        **mixed.figures("request"),
        **echoed.figures("echo"),
        "ratio_of_requests_to_echoes": mixed.per_second / echoed.per_second,
        "memory_at_start_mb": before,
        "memory_at_end_mb": after,
    }


def share_the_cores(*servers: int) -> None:
    """Give the servers a core and this client another, where there are two."""
    cores = sorted(os.sched_getaffinity(0))
    for number in servers:
        for thread in Path(f"/proc/{number}/task").iterdir():
            os.sched_setaffinity(int(thread.name), {cores[0]})
    os.sched_setaffinity(0, {cores[-1]})


def while_rebuilding(folder: Path, asked: list[str]) -> Figures:
    """How long visitors wait while an index of ten thousand wordings is built, and while it is not."""
    topics = made_up(MADE_UP, random.Random(6)).topics  # noqa: S311
    (folder / "knowledge/topics").mkdir(parents=True)
    (folder / "knowledge/topics/made-up.md").write_text(dump(topics), "utf-8")
    prepare(folder)
    quiet, busy, builds = Found(), Found(), list[float]()
    with running(SERVE, folder) as (address, number):
        paced(address, asked, Found(), RATE_PER_S * 5)  # warms up
        for turn in range(PUBLISHED):
            paced(address, asked, quiet, RATE_PER_S * 10)
            began, revision = time.monotonic(), publish(folder, turn)
            while told_of(address, "index_revision") < revision:
                if told_of(address, "rebuild_failures_total"):
                    raise RuntimeError("the index could not be built")
                paced(address, asked, busy, 5)
            builds.append(time.monotonic() - began)
        wordings, mapped = told_of(address, "index_wordings"), memory(number)["Pss"]
    without, during = spread("quiet", quiet.times), spread("rebuilding", busy.times)
    return {
        "asked_while_rebuilding": len(busy.times),
        "errors_while_rebuilding": busy.errors + quiet.errors,
        "wordings": wordings,
        "rebuild_s": sum(builds) / len(builds),
        **without,
        **during,
        "p99_rebuilding_to_quiet": during["rebuilding_p99_ms"] / without["quiet_p99_ms"],
        "memory_with_so_many_mb": mapped,
    }


def paced(address: str, asked: list[str], found: Found, count: int) -> None:
    """Ask so often a second, whatever the answers take."""
    connection = Connection(address, chats(asked, len(found.times)))
    for _number in range(count):
        due = time.monotonic() + 1 / RATE_PER_S
        connection.send()
        while connection.receive(found) is None:
            pass
        time.sleep(max(0.0, due - time.monotonic()))
    connection.socket.close()


def publish(folder: Path, turn: int) -> int:
    """Publish a topic beside the server, as the command line does; its revision."""
    answer = {"question": f"Is the canteen open on day {turn}?", "answer": "Yes, at noon."}
    store = Store.open(Settings(data_dir=folder).database_url)
    try:
        return store.edits.save([Change("topic", f"canteen-{turn}", answer)], by="benchmark")
    finally:
        store.close()


def told_of(address: str, name: str) -> int:
    """What the server's metrics say of the index."""
    found = re.search(rf"chatbot_{name} (\d+)", Client(address).get("/metrics").decode())
    return int(found[1]) if found else 0


def lines_of(figures: Figures) -> Iterator[str]:
    """The figures as lines."""
    width = max(map(len, figures))
    for name, value in figures.items():
        yield f"{name.replace('_', ' '):{width}}  {value:12,.{0 if float(value).is_integer() else 2}f}"


def main() -> None:
    """Measure, and print what was found."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("seconds", nargs="?", type=float, default=60.0)
    seconds = parser.parse_args().seconds
    asked = questions()
    with tempfile.TemporaryDirectory() as made:
        figures = while_rebuilding(Path(made) / "big", asked)
        prepare(Path(made) / "small")
        figures = under_load(Path(made) / "small", seconds, asked) | figures
    print("\n".join(lines_of(figures)))


if __name__ == "__main__":
    main()
