"""The trial: three replicas under load, each part taken away in turn, and what has to hold all the while."""

import argparse
import re
import secrets
import shutil
import statistics
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from editor import Editor, words
from replicas import Replica
from services import MissingProgramError, Nginx, Postgres, Redis, Service, wait_until
from visitors import Kept, Visitor

from chatbot import Accounts, Store

REPLICAS = 3
VISITORS = 5
LIMIT = 900  # messages an hour from one address; a visitor here sends some 300
AWAY_S = 10.0
LIVE_WITHIN_S = 2.0
QUESTION = "Is there a piano in the waiting room?"
ANSWER = "Yes, and you may play it."
PHRASINGS = "may i play the piano\npiano in the waiting room\nis there a piano\ndo you have a piano"


@dataclass
class Report:
    """What was done, what happened, and whether it is as it has to be."""

    lines: list[tuple[str, str, bool]] = field(default_factory=list)

    def add(self, done: str, happened: str, *, holds: bool) -> None:
        """Add a line, and show it."""
        self.lines.append((done, happened, holds))
        print(f"{'holds' if holds else 'FAILS':5}  {done:44}  {happened}", flush=True)

    @property
    def holds(self) -> bool:
        """Whether every line holds."""
        return all(holds for _, _, holds in self.lines)


@dataclass
class Fleet:
    """All that runs, in one folder."""

    folder: Path
    postgres: Postgres
    redis: Redis
    nginx: Nginx
    replicas: Sequence[Replica]
    password: str
    is_given: bool = False  # whether the first replica has an index

    @classmethod
    def lay_out(cls, folder: Path) -> "Fleet":
        """Plan it; nothing is started."""
        folder.chmod(0o755)  # PostgreSQL's own user must get through
        postgres, redis = Postgres(folder / "postgres"), Redis(folder)
        settings = {
            "CHATBOT_DATABASE_URL": postgres.url,
            "CHATBOT_REDIS_URL": redis.url,
            "CHATBOT_SECRET_KEY": secrets.token_urlsafe(32),
            "CHATBOT_RATE_LIMIT": f"{LIMIT} per hour",
            "CHATBOT_TRUSTED_PROXIES": "1",
        }
        names = [f"replica-{n + 1}" for n in range(REPLICAS)]
        replicas = [Replica(name, folder / name, settings) for name in names]
        nginx = Nginx(folder / "nginx", [r.port for r in replicas])
        return cls(folder, postgres, redis, nginx, replicas, secrets.token_urlsafe(16))

    @contextmanager
    def running(self) -> Iterator[None]:
        """Start everything; end all of it, whatever happens."""
        with ExitStack() as at_the_end:
            self.postgres.make()
            for service in (self.postgres, self.redis):
                service.start()
                at_the_end.callback(service.stop)
            self._hire()
            for replica in self.replicas:
                replica.start()
                at_the_end.callback(replica.stop)
            for replica in self.replicas:
                replica.wait()
            self.nginx.start()
            at_the_end.callback(self.nginx.stop)
            yield

    def store(self) -> Store:
        """The database, to look into."""
        return Store.open(self.postgres.url)

    def editor(self) -> Editor:
        """The admin, signed in."""
        return Editor(self.nginx.port, "ann", self.password)

    def _hire(self) -> None:
        store = self.store()
        Accounts(store, lambda: "").add("ann", "admin", self.password, by="trial")
        store.close()


class Trial:
    """The acts, in turn; each adds its lines to the report."""

    def __init__(self, fleet: Fleet, seconds: float, live_within: float) -> None:
        """Load the fleet for about `seconds`; a topic has to be live on all `live_within` so many."""
        self._fleet, self._seconds, self._live_within = fleet, seconds, live_within
        self._away = min(AWAY_S, seconds / 6)
        self.report, self._kept = Report(), Kept()

    def run(self, began: float) -> None:
        """Do all of it; the fleet runs, and was begun at `began`."""
        self._started(time.monotonic() - began)
        self._limit()
        editor = self._fleet.editor()
        place = editor.draft(QUESTION, ANSWER, PHRASINGS)
        seen = editor.look(place)
        visitors = [Visitor(n, self._fleet.nginx.port, self._kept) for n in range(VISITORS)]
        for visitor in visitors:
            visitor.start()
        until = time.monotonic() + self._seconds
        self._kill(self._fleet.replicas[0])
        self._restart(self._fleet.replicas[1])
        self._publish(editor, place, seen)
        self._take_away("database", self._fleet.postgres, editor)
        self._take_away("Redis", self._fleet.redis, editor)
        time.sleep(max(1.0, until - time.monotonic()))
        for visitor in visitors:
            visitor.leave()
        for visitor in visitors:
            visitor.join()
        self._visitors()
        self._all_there()

    def _started(self, seconds: float) -> None:
        told = [f'"event": "index-{how}", "file": "engine-' for how in ("built", "fetched")]
        built, loaded = (sum(r.told(words) for r in self._fleet.replicas) for words in told)
        self.report.add(
            f"{REPLICAS} replicas started on new machines",
            f"ready after {seconds:.1f} s: {built} built the index, {loaded} loaded it",
            holds=built == (not self._fleet.is_given) and loaded == REPLICAS - 1,
        )

    def _limit(self) -> None:
        """One address asks more than it may, each time another replica."""
        visitor = Visitor(200, self._fleet.nginx.port, greedy := Kept())
        for turn in range(LIMIT + 60):
            visitor.suggest(turn)
        passed = sum(r.status == 200 for r in greedy.requests)
        refused = sum(r.status == 429 for r in greedy.requests)
        self.report.add(
            "one address asked more than it may",
            f"{passed} of {len(greedy.requests)} passed, {refused} were told to wait",
            holds=passed == LIMIT and passed + refused == len(greedy.requests),
        )

    def _kill(self, replica: Replica) -> None:
        time.sleep(1)
        with self._watched(f"{replica.name} killed with -9, started anew") as told:
            replica.kill()
            time.sleep(1)
            replica.start()
            told.append(f"back {replica.wait():.1f} s after its start")

    def _restart(self, replica: Replica) -> None:
        with self._watched(f"{replica.name} restarted with SIGTERM") as told:
            replica.stop()
            replica.start()
            told.append(f"back {replica.wait():.1f} s after its start")

    def _publish(self, editor: Editor, place: str, seen: str) -> None:
        with self._watched("a topic published") as told:
            began = time.monotonic()
            with ThreadPoolExecutor(1) as beside:
                page = beside.submit(editor.publish, place, seen)
                took = {r.name: self._knows_after(r, began) for r in self._fleet.replicas}
                said = page.result()
            told.append("live after " + ", ".join(f"{s:.2f} s" for s in took.values()))
        self.report.add(
            f"… on all replicas within {self._live_within:.0f} s",
            f"the slowest took {max(took.values()):.2f} s",
            holds=max(took.values()) <= self._live_within,
        )
        replies = [r.ask("do you have a piano")["text"] for r in self._fleet.replicas]
        self.report.add("… and it is what they answer", replies[0], holds=set(replies) == {ANSWER})
        wanted = f"Live on {REPLICAS} of {REPLICAS}"
        self.report.add("… and the desk says so", said[:60], holds=wanted in said)

    def _knows_after(self, replica: Replica, began: float) -> float:
        wait_until(lambda: replica.knows(QUESTION), f"{replica.name} to know the new topic")
        return time.monotonic() - began

    def _take_away(self, name: str, service: Service, editor: Editor) -> None:
        with self._watched(f"{type(service).__name__} stopped for {self._away:.0f} s, started again") as told:
            service.stop()
            time.sleep(min(2.0, self._away / 2))
            status, page = editor.get("/staff")
            readiness = {r.get("/readyz") for r in self._fleet.replicas}
            time.sleep(max(0.0, self._away - 2.0))
            service.start()
            back = wait_until(lambda: all(r.is_ready() for r in self._fleet.replicas), "all to recover")
            told.append(f"all recovered {back:.1f} s after its return")
        told_staff = _sentence(page, name)
        self.report.add(f"… and the desk said so ({status})", told_staff, holds=bool(told_staff))
        told_machines = {_sentence(body, name) for _, body in readiness} - {""}
        wanted = 503 if name == "database" else 200
        holds = len(told_machines) == 1 and {status for status, _ in readiness} == {wanted}
        self.report.add(f"… and /readyz said so ({wanted})", "; ".join(told_machines), holds=holds)
        status, _ = editor.get("/staff")
        self.report.add("… and the desk's first page after that", f"{status}", holds=status == 200)

    @contextmanager
    def _watched(self, done: str) -> Iterator[list[str]]:
        """A line about visitors meanwhile, and what is told beside."""
        began, told = time.monotonic(), list[str]()
        yield told
        time.sleep(0.5)
        meanwhile = [r for r in list(self._kept.requests) if r.at >= began]
        failed, slowest = sum(r.is_failed for r in meanwhile), max(r.seconds for r in meanwhile)
        told.append(f"{len(meanwhile)} requests meanwhile, {failed} failed, slowest {slowest:.2f} s")
        self.report.add(done, "; ".join(told), holds=not failed)

    def _visitors(self) -> None:
        times = [r.seconds * 1000 for r in self._kept.requests]
        cuts = statistics.quantiles(times, n=100)
        failed = self._kept.failed
        told = (
            f"{len(times)} requests, {len(failed)} failed; median {cuts[49]:.1f} ms, 99th {cuts[98]:.0f} ms"
        )
        self.report.add("all requests of visitors", f"{told}, slowest {max(times):.0f} ms", holds=not failed)
        for request in failed[:10]:
            what = f"{request.what}: {request.status} {request.error} after {request.seconds:.2f} s"
            self.report.add("… of them", what, holds=False)

    def _all_there(self) -> None:
        """What was acknowledged, in the database."""
        store, kept = self._fleet.store(), self._kept
        wait_until(
            lambda: not any(r.counter('chatbot_queue_length{queue="notes"}') for r in self._fleet.replicas),
            "notes",
        )
        ratings = {row["reply_id"]: row["comment"] for row in store.feedback()}
        noted = {noted.text for noted in store.inbox.latest(1_000_000)}
        edits = [edit for edit in store.edits.history() if edit.body and edit.body["question"] == QUESTION]
        dropped = sum(r.counter("chatbot_notes_dropped_total") for r in self._fleet.replicas)
        store.close()
        for what, wanted, there in (
            ("ratings that were acknowledged", kept.rated, ratings.keys()),
            ("their comments", kept.comments, {*ratings.values()}),
            ("questions that could not be answered", kept.unanswered, noted),
        ):
            lost = len(wanted - there)
            self.report.add(what, f"{len(wanted)}, {lost} lost", holds=bool(wanted) and not lost)
        self.report.add("the edit", f"{len(edits)} in the history", holds=len(edits) == 1)
        self.report.add("notes that were dropped", str(dropped), holds=not dropped)


def _sentence(page: str, name: str) -> str:
    """What a page says of something being away; "" where it says nothing."""
    found = re.search(rf"(?:The )?{name} cannot be reached[^.\"]*", words(page))
    return found[0] if found else ""


def main(words: Sequence[str] | None = None) -> int:
    """Run the trial; returns the exit status."""
    parser = argparse.ArgumentParser("deploy/try", description=__doc__)
    parser.add_argument("--seconds", type=float, default=60.0, help="how long the load lasts (default: 60)")
    parser.add_argument(
        "--index", type=Path, help="a folder with an index, so that none has to be built first"
    )
    parser.add_argument(
        "--live-within",
        type=float,
        default=LIVE_WITHIN_S,
        help="the seconds after which all have to answer with a new topic (default: 2); a machine that does"
        " other things meanwhile takes longer",
    )
    parser.add_argument("--keep", action="store_true", help="keep the folder with logs and data")
    asked = parser.parse_args(words)
    folder = Path(tempfile.mkdtemp(prefix="fleet-"))
    fleet = Fleet.lay_out(folder)
    if asked.index:
        fleet.is_given = True
        shutil.copytree(asked.index, fleet.replicas[0].folder / "data" / "index")
    trial = Trial(fleet, asked.seconds, asked.live_within)
    try:
        began = time.monotonic()
        with fleet.running():
            trial.run(began)
    except MissingProgramError as error:
        print(error, file=sys.stderr)
        return 2
    except TimeoutError as error:
        trial.report.add("the trial", str(error), holds=False)
    finally:
        if asked.keep:
            print(f"kept: {folder}", file=sys.stderr)
        else:
            shutil.rmtree(folder)
    print("everything holds" if trial.report.holds else "something does not hold")
    return 0 if trial.report.holds else 1


if __name__ == "__main__":
    sys.exit(main())
