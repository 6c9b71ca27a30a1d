"""Eight editors who save at once: what a save costs them, and that none is lost.

    .venv/bin/python benchmarks/editors.py [SECONDS] [DATABASE URL]

Each edits one topic that all of them edit, tries again where somebody was faster, and a topic of its own.
"""

import sys
import tempfile
import threading
import time

from chatbot.errors import ConflictError
from chatbot.records import Change
from chatbot.store import Store

EDITORS = 8


def edit(store: Store, editor: int, until: float, made: list[float], conflicts: list[int]) -> None:
    """Save until the time is over; how long each save took, and how often somebody was faster."""
    number = 0
    while time.monotonic() < until:
        began = time.perf_counter()
        own = Change("topic", f"{editor}-{number}", {"answer": "x"})
        while True:
            newest = store.edits.newest("topic", "shared")
            count = int(newest.body["count"]) if newest and newest.body else 0
            shared = Change("topic", "shared", {"count": count + 1}, newest.id if newest else 0)
            try:
                store.edits.save([shared, own], by=f"editor {editor}")
                break
            except ConflictError:
                conflicts.append(editor)
        made.append(time.perf_counter() - began)
        number += 1


def main() -> None:
    """Run, and print what was found."""
    seconds = float(sys.argv[1]) if len(sys.argv) > 1 else 30.0
    with tempfile.TemporaryDirectory() as folder:
        store = Store.open(sys.argv[2] if len(sys.argv) > 2 else f"sqlite:///{folder}/chatbot.db")
        until = time.monotonic() + seconds
        made: list[list[float]] = [[] for _ in range(EDITORS)]
        conflicts: list[int] = []
        threads = [
            threading.Thread(target=edit, args=(store, i, until, made[i], conflicts)) for i in range(EDITORS)
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        saves = sum(map(len, made))
        edits = store.edits.history("topic", "shared", limit=10 * saves)
        revisions = [e.revision for e in reversed(edits)]
        newest = store.edits.newest("topic", "shared")
        assert newest is not None  # noqa: S101 - a benchmark that lies is worse than one that stops
        assert newest.body is not None  # noqa: S101
        times = sorted(t for each in made for t in each)
        print(f"saves: {saves}, {saves / seconds:.0f} a second; conflicts told and retried: {len(conflicts)}")
        print(f"lost: {saves - int(newest.body['count'])}")
        print(f"revision strictly increasing: {revisions == list(range(1, saves + 1))}")
        print(f"slowest editor {min(map(len, made))} saves, fastest {max(map(len, made))}")
        print(
            f"save with retries: median {times[len(times) // 2] * 1000:.1f} ms, max {times[-1] * 1000:.0f} ms"
        )
        store.close()


if __name__ == "__main__":
    main()
