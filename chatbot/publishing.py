"""Publishing: the one way by which a change of staff's becomes what visitors are told.

Where staff have tests of their own, every change is first built and asked them; one that would break a test
is refused, with the sentence. What was built is kept, so that a running server has only to load it.
"""

import threading
from collections.abc import Callable, Sequence
from datetime import date
from typing import Protocol, TypeVar

from chatbot.content import Knowledge
from chatbot.depot import Depot
from chatbot.editing import lay_over
from chatbot.engine import kept_at
from chatbot.errors import BrokenTestsError, ChatbotError, ConflictError
from chatbot.judgement import DIAL_OPTION, dial_of
from chatbot.preview import MAX_MESSAGES, Outcome, Preview, Questions, ask_ahead, get_ready, look_ahead
from chatbot.records import Change, Edit, Noted
from chatbot.settings import Settings
from chatbot.store import Store

Result = TypeVar("Result")


class Run(Protocol):
    """Runs a function that is named at the top of a module, somewhere."""

    def __call__(self, function: Callable[..., Result], *args: object) -> Result:
        """What the function returns."""


def here(function: Callable[..., Result], *args: object) -> Result:
    """Run in this process: for a command, which has nothing else to do meanwhile."""
    return function(*args)


class Publisher:
    """Shows what changes would do, and saves them."""

    def __init__(
        self, settings: Settings, store: Store, ground: Knowledge, run: Run = here, aside: Run | None = None
    ) -> None:
        """Lay edits over `ground`; `run` looks ahead: `Live.worker.run` in a server, `here` in a command.

        `aside` does what nobody waits for: `Live.worker.run_aside`.
        """
        self._folder = settings.data_dir / "index"
        self._store, self._ground, self._run, self._aside = store, ground, run, aside or run
        self._depot, self._is_busy = Depot(store), threading.Lock()

    def knowledge(self) -> Knowledge:
        """What is published now."""
        return lay_over(self._ground, self._store.edits.layer()[1]).on(date.today())

    def preview(self, changes: Sequence[Change]) -> Preview:
        """What the changes would do to tests, wordings and the last messages of the inbox.

        Raises ConflictError where somebody was faster, ChatbotError where a change does not fit.
        """
        before, after = self._sides(changes)
        preview = self._look(before, after, self._store.inbox.latest(MAX_MESSAGES))
        # While they read: all who answer will need it as soon as it is published.
        file = kept_at(after, self._folder)
        threading.Thread(target=self._depot.offer, args=([file],), name="offer", daemon=True).start()
        return preview

    def ask(self, changes: Sequence[Change], message: str) -> Outcome:
        """What a visitor would get for a message, were the changes published. Raises what `preview` does."""
        after, dial = self._sides(changes)[1], self._questions(()).dial
        return self._run(ask_ahead, after, self._ground, self._folder, dial, message)

    def get_ready(self) -> None:
        """Do ahead, beside, what the next `preview` needs, so that somebody who writes need not wait for it.

        Once at a time; what fails here fails again, and is told, when it is needed.
        """
        if self._is_busy.acquire(blocking=False):
            threading.Thread(target=self._get_ready, name="get-ready", daemon=True).start()

    def _get_ready(self) -> None:
        try:
            questions = self._questions(self._store.inbox.latest(MAX_MESSAGES))
            self._aside(get_ready, self.knowledge(), self._ground, self._folder, questions)
        except ChatbotError:
            pass
        finally:
            self._is_busy.release()

    def check(self) -> Preview:
        """How staff's own tests hold now."""
        return self._look(*self._sides(()), ())

    def publish(self, changes: Sequence[Change], *, by: str, why: str = "", undoes: int | None = None) -> int:
        """Save changes, all or none; returns the revision. Raises what `preview` does, and
        BrokenTestsError where one of staff's tests would no longer hold.
        """
        # Without a lock: who is faster with the same thing is noticed by `save`; two changes of different
        # things that are published at once are each asked the tests without the other.
        before, after = self._sides(changes)
        if self._store.probes.all():  # ten thousand topics of an import need not be built to ask nothing
            broken = self._look(before, after, ()).newly_broken
            if broken:
                told = ((b.question, b.expected, b.got.topic or b.got.kind) for b in broken)
                raise BrokenTestsError(tuple(told))
        self._depot.offer([kept_at(after, self._folder)])  # what was built to look ahead
        return self._store.edits.save(changes, by=by, why=why, undoes=undoes)

    def undo(self, revision: int, *, by: str, why: str = "") -> int:
        """Take a save back with a new one, checked like any other change."""
        changes = self._store.edits.undoing(revision)
        return self.publish(changes, by=by, why=why or f"undo of revision {revision}", undoes=revision)

    def _sides(self, changes: Sequence[Change]) -> tuple[Knowledge, Knowledge]:
        """The knowledge before the changes and after them."""
        layer = self._store.edits.layer()[1]
        _refuse_conflicts(changes, layer)
        today = date.today()
        before = lay_over(self._ground, layer).on(today)
        return before, lay_over(self._ground, [*layer, *changes]).on(today)

    def _look(self, before: Knowledge, after: Knowledge, messages: Sequence[Noted]) -> Preview:
        return self._run(look_ahead, before, after, self._ground, self._folder, self._questions(messages))

    def _questions(self, messages: Sequence[Noted]) -> Questions:
        dial = dial_of(self._store.options.get(DIAL_OPTION))
        return Questions(self._store.probes.all(), messages, dial)


def _refuse_conflicts(changes: Sequence[Change], layer: Sequence[Edit]) -> None:
    newest = {(e.kind, e.key): e for e in layer}
    for change in changes:
        theirs = newest.get((change.kind, change.key))
        if (theirs.id if theirs else 0) != change.based_on:
            raise ConflictError(change, theirs)
