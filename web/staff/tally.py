"""What was counted, put together for the pages of the desk: numbers only."""

from collections import Counter
from collections.abc import Callable, Iterable
from datetime import date, timedelta

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
        kinds = Tally(c for c in counts if start <= c.day <= last).kinds
        questions = sum(kinds[k] for k in ("answer", "clarify", "no_answer"))
        share = round(100 * kinds["no_answer"] / questions) if questions >= FEW else None
        rows.append((f"to {last.day} {last:%b}", share))
    return tuple(rows)
