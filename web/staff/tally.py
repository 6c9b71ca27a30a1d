"""What was counted, put together for the pages of the desk: numbers only."""

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from datetime import date, timedelta
from typing import NamedTuple

from chatbot import Count, Store

FEW = 5  # by hour, a smaller number could point to somebody
KINDS = {
    "answer": "Answered",
    "clarify": "Asked back",
    "no_answer": "Not answered",
    "boundary": "Not for an information desk",
    "small_talk": "Small talk",
    "crisis": "Help lines shown",
}
_RATED = 3  # fewer verdicts say nothing yet
_EARLIEST = date(2020, 1, 1)
_DAY = timedelta(1)


class Tally:
    """Counts of some days, added up: by kind of reply, topic, day and hour."""

    def __init__(self, counts: Iterable[Count]) -> None:
        """Add up `counts`."""
        self.kinds: Counter[str] = Counter()
        self.topics: Counter[str] = Counter()
        self.days: Counter[date] = Counter()
        self.hours: Counter[int] = Counter()
        self.helpful = self.unhelpful = 0
        for count in counts:
            self._add(count)

    def _add(self, count: Count) -> None:
        what, _, name = count.name.partition(":")
        if what == "messages":
            self.days[count.day] += count.count
            self.hours[count.hour] += count.count
        elif what == "kind":
            self.kinds[name] += count.count
        elif what == "topic":
            self.topics[name] += count.count
        elif count.name == "helpful:yes":
            self.helpful += count.count
        elif count.name == "helpful:no":
            self.unhelpful += count.count


def unused_since(store: Store, first: date) -> Callable[[str], bool]:
    """Whether a topic was not answered since `first`; never, where counting began only later."""
    asked = Tally(store.counts.between(first, date.today())).topics
    is_long_enough = bool(store.counts.between(_EARLIEST, first))
    return lambda topic: is_long_enough and not asked[topic]


def often_unhelpful(store: Store) -> frozenset[str]:
    """The topics that visitors marked unhelpful more often than helpful."""
    said = Counter((row["topic"], bool(row["helpful"])) for row in store.feedback() if row["topic"])
    topics = {topic for topic, _ in said}
    return frozenset(t for t in topics if said[t, False] >= _RATED and said[t, False] > said[t, True])


def unanswered_by_week(store: Store, today: date, weeks: int) -> tuple[tuple[str, int | None], ...]:
    """The share of the questions that got no answer, in percent, week by week; None where few were asked."""
    first = today - timedelta(7 * weeks - 1)
    counts = store.counts.between(first, today)
    rows: list[tuple[str, int | None]] = []
    for week in range(weeks):
        start, last = first + timedelta(7 * week), first + timedelta(7 * week + 6)
        share = _unanswered(c for c in counts if start <= c.day <= last)
        rows.append((f"to {last.day} {last:%b}", share))
    return tuple(rows)


class Around(NamedTuple):
    """A topic that was changed on `day`, with its answers in as many days before as since."""

    topic: str
    day: date
    before: int
    since: int


def around_edits(store: Store, first: date, today: date) -> tuple[Around, ...]:
    """What became of the topics that were changed from `first` on, each by its last change, latest first."""
    days: dict[str, date] = {}
    for edit in store.edits.history("topic"):
        if edit.at.astimezone().date() >= first:
            days.setdefault(edit.key, edit.at.astimezone().date())
    counts = store.counts.between(first - (today - first) - _DAY, today)
    return tuple(_around(counts, topic, day, today) for topic, day in days.items())


def _around(counts: Sequence[Count], topic: str, day: date, today: date) -> Around:
    start = day - (today - day) - _DAY
    name = f"topic:{topic}"
    before = sum(c.count for c in counts if c.name == name and start <= c.day < day)
    return Around(topic, day, before, sum(c.count for c in counts if c.name == name and c.day >= day))


def unanswered_around(store: Store, day: date, today: date) -> tuple[int | None, int | None]:
    """The share of the questions that got no answer, in percent: in as many days before `day` as since."""
    start = day - (today - day) - _DAY
    counts = store.counts.between(start, today)
    return _unanswered(c for c in counts if c.day < day), _unanswered(c for c in counts if c.day >= day)


def _unanswered(counts: Iterable[Count]) -> int | None:
    kinds = Tally(counts).kinds
    questions = sum(kinds[k] for k in ("answer", "clarify", "no_answer"))
    return round(100 * kinds["no_answer"] / questions) if questions >= FEW else None
