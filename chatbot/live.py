"""The bot of a running process: follows the edits in the database, and swaps in one assignment.

Whoever answers takes `live.bot` once per message. A new engine is built in a child process beside the old
one; where that fails the old one goes on, and `problem` says why until a later revision can be built.
"""

import logging
import threading
import time
from collections.abc import Callable
from dataclasses import replace
from datetime import date
from typing import NamedTuple

from chatbot.bot import DEFAULT_RETENTION_DAYS, Bot, load_ground, secret_key
from chatbot.content import Knowledge
from chatbot.depot import Depot
from chatbot.editing import lay_over
from chatbot.engine import Engine, guard_kept_at, kept_at
from chatbot.errors import ChatbotError, DamageError, StoreError
from chatbot.judgement import DIAL_OPTION, Dial, dial_of
from chatbot.lending import Shared, build, build_beside, lent
from chatbot.presence import Beside, Presence
from chatbot.settings import Settings, as_set
from chatbot.store import Spread, Store
from chatbot.worker import Worker

PAUSE_S = 1.0  # a process asks for the revision this often at most
SILENT_S = 5.0  # a database that says nothing for so long is away
RETRY_S = 60.0  # what could not be built is tried again after so long
_logger = logging.getLogger("chatbot")


class Chosen(NamedTuple):
    """What staff choose of what answers: how bold it is, and for how long it says messages are kept."""

    dial: Dial = "balanced"
    days: int = DEFAULT_RETENTION_DAYS


class State(NamedTuple):
    """What answers, of which revision and day it is, and what was chosen on the desk."""

    revision: int
    day: date
    bot: Bot
    chosen: Chosen = Chosen()


def _turned(state: State, to: Chosen) -> State:
    """The same bot set otherwise; nothing has to be built for that."""
    engine = state.bot.engine
    bot = state.bot.with_engine(replace(engine, judge=engine.judge.turned(to.dial))).keeping(to.days)
    return state._replace(bot=bot, chosen=to)


class Live:
    """Holds the current Bot. Safe to share between threads."""

    def __init__(
        self,
        settings: Settings,
        store: Store,
        bot: Bot,
        ground: Knowledge | None = None,
        worker: Worker | None = None,
    ) -> None:
        """Answer with `bot` until the store has edits. `ground` is what they are laid over: the bot's own."""
        self._settings, self._store, self._depot = settings, store, Depot(store)
        self.ground = ground or bot.engine.knowledge
        self.worker, self._owns_worker = worker or Worker(), True
        self.problem, self.damage = "", ""
        self.failures = 0  # rebuilds that did not succeed
        self._swapped_at = time.monotonic()
        self.daily: list[Callable[[date], object]] = []
        self._state = State(0, date.today(), bot)
        self._failed: tuple[int, date, float] | None = None
        self._asked_at, self._is_woken = time.monotonic(), False
        self._lock, self._stopped = threading.Lock(), threading.Event()
        self._thread: threading.Thread | None = None
        at = f"{settings.host}:{settings.port} {settings.data_dir.absolute()}" if settings.port else ""
        self.presence = Presence(store, lambda: self.revision, at)
        self._told: Presence | Beside = self.presence
        self._asking_since, self._is_unanswered = 0.0, False
        self._done_on: date | None = None
        store.edits.listeners.append(self._wake)

    @classmethod
    def open(cls, settings: Settings, store: Store, shared: "Shared | None" = None) -> "Live":
        """The bot as it is set up here, with the edits of `store` laid over the files.

        `shared` is what other bots of this process have ready.
        """
        ground = load_ground(settings, starter=shared.starter if shared else None)
        folder = settings.data_dir / "index"
        revision, layer = store.edits.layer()
        today = date.today()
        known = lay_over(ground, layer).on(today)
        worker = shared.worker if shared else Worker()
        if shared:
            guard = lent(shared, known, ground, folder, Depot(store))
        else:
            guard, files = None, (guard_kept_at(ground, folder), kept_at(known, folder))
            Depot(store).have(files, lambda: build_beside(worker, known, ground, folder))
        engine = Engine.open(known, folder, ground, guard=guard)
        bot = Bot(engine, secret_key(settings), retention_days=settings.retention_days)
        live = cls(settings, store, bot, ground, worker)
        live._owns_worker = shared is None
        if shared:
            live._told = Beside(shared.presence, store, lambda: live.revision)
        # What it was built from: from the revision 0 of a new Live it would be taken over once more.
        live._state = _turned(State(revision, today, bot), live._chosen())
        return live

    @property
    def bot(self) -> Bot:
        """The bot as of now. Never waits: what is due to be looked up is looked up beside."""
        # A server watches by itself; what is only tried out (a test client) looks when it is asked.
        if self._thread is None and time.monotonic() - self._asked_at >= PAUSE_S:
            self._wake()
        return self._state.bot

    @property
    def revision(self) -> int:
        """The revision that `bot` answers from."""
        return self._state.revision

    @property
    def age_s(self) -> float:
        """For how many seconds the present bot has answered."""
        return time.monotonic() - self._swapped_at

    @property
    def is_watching(self) -> bool:
        """Whether edits are looked for unasked: in a server, not where it is only tried out."""
        return self._thread is not None

    @property
    def is_cut_off(self) -> bool:
        """Whether the database gave no answer the last time, or says nothing now, as one that is gone."""
        since = self._asking_since
        is_silent = bool(since) and time.monotonic() - since > SILENT_S
        return is_silent or (self.is_watching and self._is_unanswered)

    def start(self) -> None:
        """Look for edits once a second, asked or not, until `stop`."""
        self._thread = threading.Thread(target=self._watch, name="live-bot", daemon=True)
        self._thread.start()
        self._told.start()

    def stop(self) -> None:
        """Look no more, and end the child process, unless others work with it too."""
        self._stopped.set()
        self._store.edits.listeners.remove(self._wake)
        self._told.stop()
        self._store.news.wake()
        if self._thread:
            self._thread.join()
        if self._owns_worker:
            self.worker.close()

    def let_go(self) -> None:
        """Hold the bot no more, once stopped: its memory is free at once, whatever still knows of this."""
        self.daily.clear()
        del self._state

    def wait_for(self, revision: int, seconds: float = 10.0) -> bool:
        """Wait until a revision answers; False where it does not in time, or could not be built."""
        until = time.monotonic() + seconds
        while self.revision < revision and time.monotonic() < until:
            if self._failed and self._failed[0] >= revision:
                return False
            time.sleep(0.01)
        return self.revision >= revision

    def spread(self) -> Spread | None:
        """How many processes answer from the newest revision; None where there is but this one."""
        if not (self.is_watching and self._store.replicas.are_several):
            return None
        return self._told.spread()

    def wait_for_all(self, seconds: float = 3.0) -> None:
        """Wait until every process answers from the newest revision, if that does not take long."""
        until = time.monotonic() + seconds
        while (spread := self.spread()) and spread.current < spread.total and time.monotonic() < until:
            time.sleep(0.05)

    def check(self) -> bool:
        """Compare the revision now, and rebuild where it moved; whether the bot was swapped. Never raises."""
        with self._lock:
            self._is_woken = False  # a save from here on wakes anew
            self._asked_at = time.monotonic()
            try:
                self._asking_since = time.monotonic()
                revision, today, to = self._store.edits.revision(), date.today(), self._chosen()
            except DamageError as error:
                self._found(error)
                return False
            except ChatbotError:
                self._is_unanswered = True
                return False  # an answer from memory is better than none, and /readyz tells of the database
            finally:
                self._asking_since = 0.0
            self._is_unanswered = False
            if to != self._state.chosen:
                self._state = _turned(self._state, to)
            state = self._state
            if (revision, today) == (state.revision, state.day) or self._has_failed(revision, today):
                return False
            try:
                self._state = self._rebuilt(today)
            except Exception as error:  # whatever it is, the old bot goes on
                self._fail(revision, today, error)
                return False
            self.problem, self._failed, self._swapped_at = "", None, time.monotonic()
            self._told.tell()
            return True

    def _has_failed(self, revision: int, today: date) -> bool:
        """Whether it was tried a moment ago: what failed for want of memory or room may do so no more."""
        failed = self._failed
        return (
            failed is not None and failed[:2] == (revision, today) and time.monotonic() - failed[2] < RETRY_S
        )

    def look_for_damage(self, _: date) -> None:
        """Read everything that was ever saved: what is damaged is told long before it is asked for."""
        try:
            self._store.check()
            self.damage = ""
        except DamageError as error:
            self._found(error)

    def _found(self, error: DamageError) -> None:
        """Tell of damage, once. What answers was read when it was sound, and goes on."""
        if self.damage != error.fact:
            self.damage = error.fact
            _logger.error("database-damaged", extra={"facts": {"reason": str(error)}})

    def _rebuilt(self, today: date) -> State:
        revision, layer = self._store.edits.layer()
        known = lay_over(self.ground, layer).on(today)
        old = self._state.bot
        bot = old.with_engine(self._engine_of(known, old.engine))
        return _turned(State(revision, today, bot), self._state.chosen)

    def _chosen(self) -> Chosen:
        options = self._store.options.all()
        return Chosen(dial_of(options.get(DIAL_OPTION)), as_set(self._settings, options).retention_days)

    def _engine_of(self, known: Knowledge, old: Engine) -> Engine:
        """The engine of a knowledge: what was learned stays where only facts and dates have changed."""
        before = old.knowledge
        # Cheap, although all that is known is compared: what no edit touched is the same object.
        if replace(known, profile=before.profile, expired=before.expired) == before:
            return replace(old, knowledge=known)
        folder = self._settings.data_dir / "index"
        files = [kept_at(known, folder)]
        self._depot.have(files, lambda: self.worker.run(build, known, self.ground, folder))
        return Engine.open(known, folder, self.ground, guard=old.guard)

    def _fail(self, revision: int, today: date, error: Exception) -> None:
        told = str(error) if isinstance(error, ChatbotError) else type(error).__name__
        if isinstance(error, DamageError):
            self._found(error)
            told = f"the database is damaged ({error.fact})"
        elif isinstance(error, StoreError):
            told = "the database did not answer"  # its words may hold a file's name
        self.failures += 1
        self._failed = (revision, today, time.monotonic())
        self.problem = f"Revision {revision} could not be taken over: {told}"
        _logger.error("rebuild-failed", extra={"facts": {"revision": revision, "reason": told}})

    def _wake(self) -> None:
        """Check soon, without anybody waiting for it; once, however many saves wait for a build to end."""
        self._asked_at = time.monotonic()
        if self._is_woken:
            return
        self._is_woken = True
        threading.Thread(target=self.check, name="live-check", daemon=True).start()

    def _watch(self) -> None:
        folder = self._settings.data_dir / "index"
        known = self._state.bot.engine.knowledge
        if not self._store.database.is_one_of_many:  # whose starter knowledge all have anyway
            self._depot.offer((guard_kept_at(self.ground, folder), kept_at(known, folder)))
        while not self._stopped.is_set():
            self._store.news.wait(PAUSE_S, self._stopped)
            self.check()
            self._do_daily(date.today())
        self._store.news.close()

    def _do_daily(self, today: date) -> None:
        """Do what `daily` holds: at the start and each day once, later where it fails."""
        if today == self._done_on:
            return
        try:
            for task in self.daily:
                task(today)
            self._done_on = today
        except ChatbotError:
            return  # the database is away: again in a second
