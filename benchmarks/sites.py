"""Measure many clinics in one process: a cold site's first answer, and what the process holds.

    python benchmarks/sites.py [SITES]

Every second site has a topic of its own; the others say what the starter knowledge says.
"""

import os
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from werkzeug.test import Client

from chatbot import Change, Settings, Sites, Store, settings_of
from web import create_app
from web.sites import SiteApp

QUESTION = "how long does the program last"
EVERY = 2
_PATIENCE_S = 120


def memory_mb() -> float:
    """The resident memory of this process."""
    pages = int(Path("/proc/self/statm").read_text("ascii").split()[1])
    return pages * resource.getpagesize() / 1e6


def ask(client: Client, name: str) -> tuple[int, float]:
    """The status that a site answers with, and after how many seconds."""
    began = time.perf_counter()
    response = client.post(f"/s/{name}/api/v1/chat", json={"message": QUESTION}, buffered=True)
    return response.status_code, time.perf_counter() - began


def prepare(settings: Settings, store: Store, count: int) -> list[str]:
    """Add sites, some with a topic of their own."""
    sites = Sites(settings, store)
    for i in range(count):
        site = sites.add(f"clinic-{i:03d}")
        if i % EVERY == 0:
            body = {"question": f"Where is clinic {i}?", "answer": f"In street {i}.", "phrasings": []}
            own = Store.open(settings_of(settings, site).database_url)
            own.edits.save([Change("topic", f"where-{i}", body)], by="benchmark")
            own.close()
    return list(sites.all())


def first_asked(client: Client, names: list[str]) -> None:
    """Ask each until it answers: an index with an edit is built the first time, and kept."""
    for name in names:
        until = time.monotonic() + _PATIENCE_S
        while ask(client, name)[0] != 200 and time.monotonic() < until:
            time.sleep(0.1)


def main() -> None:
    """Print the figures."""
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 200
    with tempfile.TemporaryDirectory(prefix="sites") as made:
        settings = Settings(data_dir=Path(made), rate_limit="off", log_level="error")
        # The main index is built by another process, as it is where a server has run before.
        command = [sys.executable, "-m", "chatbot", "ask", QUESTION]
        subprocess.run(command, env={**os.environ, "CHATBOT_DATA_DIR": made}, check=True, capture_output=True)
        store = Store.open(settings.database_url, is_server=True)
        names = prepare(settings, store, count)
        app = SiteApp(create_app(settings, store=store))
        client = Client(app)
        print(f"the main clinic alone: {memory_mb():.0f} MB")
        began = time.perf_counter()
        first_asked(client, names)
        print(f"{count} sites asked for the first time: {time.perf_counter() - began:.0f} s")
        answers = [ask(client, name) for name in names]  # each was closed since, for want of room
        seconds = sorted(s for _, s in answers)
        print(f"a cold site's first answer: median {statistics.median(seconds) * 1000:.0f} ms,", end=" ")
        print(f"slowest {seconds[-1] * 1000:.0f} ms; {sum(s != 200 for s, _ in answers)} not answered")
        print(f"{count} sites, as many open as may be: {memory_mb():.0f} MB")
        print(f"a warm one: {min(ask(client, names[-1])[1] for _ in range(20)) * 1000:.1f} ms")
        app.close()
        store.close()


if __name__ == "__main__":
    main()
