"""What would change: the bot before an edit and after it, asked the same questions.

Three kinds: staff's own tests, every wording of every topic (itself left out, or each would find itself), and
the last messages of the inbox. A message whose reply differs is *better* where it now gets what it should, or
an answer at last; *worse* where it no longer does; else *different*.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property, lru_cache
from pathlib import Path
from typing import Literal, NamedTuple

from chatbot import forks
from chatbot.content import Knowledge
from chatbot.dialogue import respond
from chatbot.editing import is_staffs
from chatbot.engine import Engine, guard_kept_at, kept_at, open_guard
from chatbot.fitting import Memory, build_with_trials
from chatbot.judgement import Dial
from chatbot.model import Entry, ReplyKind, Thread
from chatbot.records import Noted, Probe
from chatbot.rehearsal import Rehearsed
from chatbot.safety import Alarm, Guard

Sort = Literal["test", "wording", "message"]
Mark = Literal["better", "worse", "different"]
MAX_MESSAGES = 1000
MAX_GONE = 1000
MAX_OPEN = 3  # engines
MAX_HEARD = 5 * MAX_MESSAGES  # messages of which a guard knows what it has heard in them
_ORDER = {"worse": 0, "better": 1, "different": 2}


class Outcome(NamedTuple):
    """What a message gets: `text` is shown beside the other, "" where only the topic was looked for."""

    kind: ReplyKind
    topic: str | None = None
    text: str = ""


class Wanted(NamedTuple):
    """What a message should get: a topic, or None for no answer at all."""

    topic: str | None


@dataclass(frozen=True, slots=True)
class Difference:
    """A message whose reply differs. `expected` is the topic that it should get, where that is known.

    `near` are the entries that came near, before or after, where that was looked at.
    """

    message: str
    sort: Sort
    before: Outcome
    after: Outcome
    mark: Mark
    expected: str | None = None
    count: int = 1
    near: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Broken:
    """A test of staff's own that does not hold; `is_new`: it held before the edit."""

    question: str
    expected: str | None
    got: Outcome
    is_new: bool


class Own(NamedTuple):
    """A wording of the edited topic: what it gets then, and what it would get, were it alone left out."""

    message: str
    outcome: Outcome
    left_out: Outcome


@dataclass(frozen=True, slots=True)
class Preview:
    """What an edit would change: `asked` messages in all, the differences (the worse first), the tests.

    `own` are the wordings of the topic that is edited, where it is one.
    """

    asked: int
    differences: tuple[Difference, ...]
    broken: tuple[Broken, ...]
    own: tuple[Own, ...] = ()

    def count(self, mark: Mark) -> int:
        """How many differences are of a mark."""
        return sum(d.mark == mark for d in self.differences)

    @property
    def newly_broken(self) -> tuple[Broken, ...]:
        """The tests that this edit would break."""
        return tuple(b for b in self.broken if b.is_new)


class Questions(NamedTuple):
    """What is asked beside the wordings: staff's own tests, and the inbox, the last message first.

    `dial` is how bold the bot is that is asked.
    """

    tests: Sequence[Probe] = ()
    messages: Sequence[Noted] = ()
    dial: Dial = "balanced"


def look_ahead(
    before: Knowledge, after: Knowledge, ground: Knowledge, folder: Path, questions: Questions
) -> Preview:
    """Build both engines (kept in `folder`, for the one that is published) and ask them."""
    old, new = (_side(k, ground, folder, questions.dial) for k in (before, after))
    counts = Counter(m.text for m in questions.messages[:MAX_MESSAGES])
    differences = [*_wordings(old, new), *_messages(old, new, counts)]
    held, broken = _tested(old, new, questions.tests)
    differences += held
    differences.sort(key=lambda d: (_ORDER[d.mark], d.sort, -d.count, d.message))
    wordings = len({text for side in (old, new) for text, _ in side.rehearsed})
    asked = wordings + len(counts) + len(questions.tests)
    return Preview(asked, tuple(differences), tuple(broken), tuple(_own(old, new)))


def ask_ahead(after: Knowledge, ground: Knowledge, folder: Path, dial: Dial, message: str) -> Outcome:
    """What a visitor would get who begins with this message."""
    return _side(after, ground, folder, dial).asked(message)


def get_ready(now: Knowledge, ground: Knowledge, folder: Path, questions: Questions) -> None:
    """Do ahead what every look at an edit of `now` needs: solve it, and ask it."""
    side = _side(now, ground, folder, questions.dial)
    if not memory.serves(now):
        build_with_trials(now, memory)
    for text in {m.text for m in questions.messages[:MAX_MESSAGES]}:
        side.asked(text)  # not in forks: what the guard hears here, no look has to hear again


@dataclass(frozen=True)
class _Side:
    """An engine with what it was asked so far."""

    engine: Engine
    told: dict[str, Outcome]

    def asked(self, message: str) -> Outcome:
        """What a visitor gets who begins with this message."""
        if message not in self.told:
            self.told[message] = self._tell(message)
        return self.told[message]

    def ask_all(self, messages: Iterable[str]) -> None:
        """Ask what was not asked yet, on all cores."""
        new = [m for m in messages if m not in self.told]
        self.told.update(zip(new, forks.each(self._tell, new), strict=True))

    @cached_property
    def rehearsed(self) -> Mapping[tuple[str, str], tuple[Rehearsed, Outcome]]:
        """Each wording, by its text and its entry's id, with what it gets, itself left out."""
        return {(r.text, r.entry): (r, _outcome(self.engine, r)) for r in self.engine.rehearsal}

    def finds(self, wording: str) -> str | None:
        """The id of the entry whose wording this is word for word, if it is one's."""
        index = self.engine.index
        number = index.wordings.entry(index.lexicon.tokens(wording))
        return None if number is None else index.ids[number]

    def _tell(self, message: str) -> Outcome:
        reply = respond(self.engine, Thread(), message).reply
        return Outcome(reply.kind, reply.topic, reply.text)

    def spare(self, old: "_Side") -> None:
        """Look up no topics to ask next, which are not compared, where the old side has: those will do."""
        known = self.engine.knowledge.published_ids
        for entry_id, after in old.engine.follow_ups.items():
            self.engine.follow_ups.setdefault(entry_id, tuple(i for i in after if i in known))


@dataclass(frozen=True)
class _Attentive(Guard):
    """A guard that hears in a message what it heard there before: no edit of staff's changes that."""

    def alarm(self, message: str) -> Alarm | None:
        """Whether a message speaks of danger, of what kind and whose."""
        return self._alarm(message)

    def boundary(self, message: str) -> Entry | None:
        """The line for a question that must not be answered here, if the message asks one."""
        return self._boundary(message)

    @cached_property
    def _alarm(self) -> Callable[[str], Alarm | None]:
        return lru_cache(MAX_HEARD)(super().alarm)

    @cached_property
    def _boundary(self) -> Callable[[str], Entry | None]:
        return lru_cache(MAX_HEARD)(super().boundary)


_sides: dict[Path, _Side] = {}
_guards: dict[Path, _Attentive] = {}  # one: of the ground that the last look stood on
memory = Memory()  # of the child process, for what it builds next


def _side(knowledge: Knowledge, ground: Knowledge, folder: Path, dial: Dial) -> _Side:
    """The engine of a knowledge; the last few stay open, for the next look, which begins with one of them."""
    path = kept_at(knowledge, folder)
    side = _sides.pop(path, None)
    if side is None or side.engine.knowledge != knowledge:
        side = _Side(Engine.open(knowledge, folder, ground, memory, _guard(ground, folder)), {})
    if side.engine.judge.dial != dial:
        side = _Side(replace(side.engine, judge=side.engine.judge.turned(dial)), {})
    _sides[path] = side
    while len(_sides) > MAX_OPEN:
        _sides.pop(next(iter(_sides)))
    return side


def _guard(ground: Knowledge, folder: Path) -> Guard:
    path = guard_kept_at(ground, folder)
    if path not in _guards:
        guard = open_guard(ground, folder)
        _guards.clear()
        _guards[path] = _Attentive(guard.guide, guard.crisis, guard.boundaries)
    return _guards[path]


# --- the wordings of the topics ---------------------------------------------------------------------------


def _wordings(old: _Side, new: _Side) -> Iterator[Difference]:
    """The wordings whose outcome differs. One that is gone is asked as a visitor would."""
    for (text, entry), (rehearsed, outcome) in new.rehearsed.items():
        if (text, entry) in old.rehearsed and _is_topic(new.engine, entry):
            was, before = old.rehearsed[text, entry]
            for one in _difference(text, "wording", (before, outcome), Wanted(entry)):
                yield replace(one, near=frozenset((*was.near, *rehearsed.near)))
    gone = _gone(old, new)
    old.ask_all(gone)
    new.ask_all(gone)
    for text in gone:
        yield from _difference(text, "wording", (old.asked(text), new.asked(text)), None)


def _gone(old: _Side, new: _Side) -> list[str]:
    """The wordings of topics that these no longer have; of very many those that were rehearsed.

    Of a large knowledge only a sample is rehearsed: what is not in it may still be there, and is then found.
    """
    gone = [
        (text, topic.id)
        for topic in old.engine.knowledge.topics
        for text in dict.fromkeys((topic.question, *topic.phrasings))
        if not ((text, topic.id) in new.rehearsed and (text, topic.id) in old.rehearsed)
        and new.finds(text) != topic.id
    ]
    if len(gone) > MAX_GONE:
        gone = [wording for wording in gone if wording in old.rehearsed]
    return list(dict.fromkeys(text for text, _ in gone))


def _own(old: _Side, new: _Side) -> Iterator[Own]:
    """The wordings of the one topic that differs, as a visitor types them, and as if they were not there."""
    known = old.engine.knowledge.entries
    edited = [t for t in new.engine.knowledge.topics if is_staffs(t) and t != known.get(t.id)]
    if len(edited) != 1:
        return
    (topic,) = edited
    for text in dict.fromkeys((topic.question, *topic.phrasings)):
        _, left_out = new.rehearsed.get((text, topic.id), (None, Outcome("no_answer")))
        yield Own(text, new.asked(text), left_out)


def _is_topic(engine: Engine, entry_id: str) -> bool:
    return engine.knowledge.entries[entry_id].kind not in ("line", "passage")


def _outcome(engine: Engine, rehearsed: Rehearsed) -> Outcome:
    """What a rehearsed wording gets: as `chatbot.dialogue` decides, as far as that rests on the ranking."""
    known = engine.knowledge
    if not rehearsed.near:  # nothing came near at all
        return Outcome("no_answer")
    best = known.entries[rehearsed.near[0]]
    offered = [i for i in rehearsed.near if i in known.published_ids and _is_topic(engine, i)]
    decided = engine.judge.verdict(rehearsed.confidence, rehearsed.known, len(offered))
    if decided == "answer" and best.kind == "line":
        return Outcome("small_talk")
    if decided == "answer" and best.id in known.published_ids:
        return Outcome("answer", best.id)
    return Outcome("clarify" if decided == "clarify" else "no_answer")


# --- messages as visitors send them -------------------------------------------------------------------------


def _messages(old: _Side, new: _Side, counts: Mapping[str, int]) -> Iterator[Difference]:
    old.ask_all(counts)
    new.spare(old)
    new.ask_all(counts)
    for text, count in counts.items():
        yield from _difference(text, "message", (old.asked(text), new.asked(text)), None, count)


def _tested(old: _Side, new: _Side, tests: Sequence[Probe]) -> tuple[list[Difference], list[Broken]]:
    held: list[Difference] = []
    broken: list[Broken] = []
    for test in tests:
        before, after = old.asked(test.question), new.asked(test.question)
        held += _difference(test.question, "test", (before, after), Wanted(test.topic))
        if not _holds(after, test.topic):
            broken.append(Broken(test.question, test.topic, after, _holds(before, test.topic)))
    return held, broken


def _holds(outcome: Outcome, expected: str | None) -> bool:
    if expected is None:
        return outcome.kind != "answer"
    return outcome.kind in ("answer", "crisis") and outcome.topic == expected


# --- better, worse or different -----------------------------------------------------------------------------


def _difference(
    message: str, sort: Sort, pair: tuple[Outcome, Outcome], wanted: Wanted | None, count: int = 1
) -> Iterator[Difference]:
    before, after = pair
    if before != after:
        expected = wanted.topic if wanted else None
        yield Difference(message, sort, before, after, _mark(before, after, wanted), expected, count)


def _mark(before: Outcome, after: Outcome, wanted: Wanted | None) -> Mark:
    if (before.kind, before.topic) == (after.kind, after.topic):
        return "different"
    worth, now = _worth(before, wanted), _worth(after, wanted)
    return "better" if now > worth else "worse" if now < worth else "different"


def _worth(outcome: Outcome, wanted: Wanted | None) -> int:
    """How good an outcome is: the right answer, a choice, none (but whom to ask), then a wrong answer."""
    if wanted is None:  # any answer to what was refused is taken for progress; staff see which
        return {"answer": 2, "clarify": 1}.get(outcome.kind, 0)
    if _holds(outcome, wanted.topic):
        return 3
    return {"clarify": 2, "answer": 0}.get(outcome.kind, 1)
