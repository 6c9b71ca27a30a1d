"""How healthy the knowledge is: every rule an answer has to keep, and which topics are taken for another.

`examine` is what `chatbot check` runs. It builds the index once more (some seconds), because only then is it
known how each wording ranks when it is left out (see `chatbot.fitting`).
"""

from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import date
from itertools import combinations
from pathlib import Path
from typing import NamedTuple

from rapidfuzz import fuzz, process
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.neighbors import NearestNeighbors

from chatbot.content import Knowledge, facts_used, paragraphs
from chatbot.engine import Engine
from chatbot.fitting import Trial, build_with_trials
from chatbot.health_kinds import KINDS, Confusion, Finding, Kind, TopicHealth, place
from chatbot.health_report import Report
from chatbot.health_rules import finding, rule_findings
from chatbot.markup import to_text
from chatbot.measures import Measure, contradiction, measures
from chatbot.model import Entry
from chatbot.text import normalise

__all__ = ["KINDS", "Confusion", "Finding", "Kind", "Report", "TopicHealth", "examine"]

TWIN = 90  # of 100: two wordings this alike ask the same
TWIN_SHARE = 0.5  # of the wordings of a topic: with so many twins in another topic, the two are one
DUPLICATE = 80  # of 100: mean of how alike two topics ask and how alike they answer
NEAREST = 5  # topics that each is compared with
SAME_ANSWER = 97  # of 100: the words of one answer are all in the other


def examine(engine: Engine, today: date | None = None, *, trials: Sequence[Trial] | None = None) -> Report:
    """Check an engine's knowledge as of `today` (by default the day it is).

    `trials` are those its index was built with, where they are at hand; without them they are made anew.
    """
    today = today or date.today()
    knowledge = engine.knowledge
    if trials is None:
        trials = build_with_trials(knowledge)[1]
    topics = {t.id: t for t in knowledge.topics}
    left_out = [t for t in trials if t.kind == "phrasing" and t.entry in topics]
    lines = _Lines()
    confusions = tuple(_confusions(engine, left_out, lines))
    findings = [
        *rule_findings(knowledge, today),
        *_same_wordings(knowledge, lines),
        *_lost(engine, confusions),
        *_pairs(knowledge),
        *_confused(engine, confusions),
    ]
    findings.sort(key=lambda f: (f.level != "error", f.path, f.line, f.kind))
    healths = tuple(_topic_health(knowledge, left_out))
    return Report(today.isoformat(), tuple(findings), healths, confusions)


class _Lines:
    """Finds the line of a wording in its file; reads each file once."""

    def __init__(self) -> None:
        self._files: dict[str, list[str]] = {}

    def find(self, entry: Entry, wording: str) -> int:
        """The wording's line, or the entry's heading where it does not stand in the file."""
        if entry.path not in self._files:
            path = Path(entry.path)
            text = path.read_text("utf-8", errors="replace") if path.is_file() else ""
            self._files[entry.path] = text.splitlines()
        rows = self._files[entry.path][entry.line :]
        end = next((i for i, row in enumerate(rows) if row.startswith("## ")), len(rows))
        sought = f"? {wording}"
        return next(
            (entry.line + 1 + i for i, row in enumerate(rows[:end]) if row.rstrip() == sought), entry.line
        )


# --- what is found when a wording is left out ---------------------------------------------------------


def _confusions(engine: Engine, trials: Sequence[Trial], lines: _Lines) -> Iterator[Confusion]:
    """Each wording that finds another entry first when it is left out, in file order."""
    for trial in trials:
        if trial.is_right or trial.entry is None:
            continue
        topic = engine.knowledge.entries[trial.entry]
        winner = engine.index.ids[trial.near[0]]
        confidence = engine.judge.confidence(trial.evidence)
        yield Confusion(
            trial.entry,
            trial.text,
            winner,
            round(confidence, 2),
            is_answered=confidence >= engine.judge.answer_at,
            path=topic.path,
            line=lines.find(topic, trial.text),
        )


def _confused(engine: Engine, confusions: Sequence[Confusion]) -> Iterator[Finding]:
    """The confusions that would hurt. A passage that the topic itself cites does not: it says the same."""
    for c in confusions:
        topic = engine.knowledge.entries[c.entry]
        if c.is_answered and c.winner not in {s.url for s in topic.sources}:
            text = f"“{c.wording}” would get the answer of {c.winner} ({c.confidence:.0%} sure)."
            yield finding("confused-phrasing", topic, text, c.line)


def _lost(engine: Engine, confusions: Sequence[Confusion]) -> Iterator[Finding]:
    """The wordings that do not even find their own topic while they are in the index.

    Only those that fail when left out can: a wording that is put back speaks for its own topic.
    """
    for c in confusions:
        winner = engine.index.ids[engine.index.rank(c.wording).order[0]]
        if winner != c.entry:
            topic = engine.knowledge.entries[c.entry]
            yield finding("lost-phrasing", topic, f"“{c.wording}” finds {winner} first.", c.line)


def _topic_health(knowledge: Knowledge, trials: Sequence[Trial]) -> Iterator[TopicHealth]:
    wordings = Counter(t.entry for t in trials)
    found = Counter(t.entry for t in trials if t.is_right)
    for topic in knowledge.topics:
        missing = facts_used(topic.answer) - knowledge.profile.facts.keys()
        yield TopicHealth(
            id=topic.id,
            question=topic.question,
            group=topic.group,
            wordings=wordings[topic.id],
            found=found[topic.id],
            is_published=not knowledge.missing_facts(topic),
            missing=tuple(sorted(missing)),
        )


# --- pairs --------------------------------------------------------------------------------------------


def _same_wordings(knowledge: Knowledge, lines: _Lines) -> Iterator[Finding]:
    """The wordings, however written, that two topics, or a topic and a line of the bot, share."""
    first: dict[str, Entry] = {}
    for entry in (*knowledge.lines, *knowledge.topics):
        for wording in (entry.question, *entry.phrasings) if entry.kind != "line" else entry.phrasings:
            other = first.setdefault(normalise(wording).strip(" .?!"), entry)
            if other.id != entry.id:
                where = place(other.path, lines.find(other, wording))
                text = f"“{wording}” also stands under {other.id} ({where})."
                yield finding("same-wording", entry, text, lines.find(entry, wording))


class _Told(NamedTuple):
    """A topic as its likeness to others is told: its wordings, its answer, and the numbers in it."""

    wordings: tuple[str, ...]
    answer: str
    numbers: tuple[Measure, ...]

    @classmethod
    def of(cls, topic: Entry) -> "_Told":
        # A paragraph that waits for a fact of the clinic says nothing of its own.
        answer = "\n".join(to_text(p) for p in paragraphs(topic.answer) if not facts_used(p))
        wordings = tuple(normalise(w) for w in (topic.question, *topic.phrasings))
        return cls(wordings, normalise(answer), measures(answer))


def _pairs(knowledge: Knowledge) -> Iterator[Finding]:
    """The pairs of topics that are one topic twice, or that contradict each other."""
    told = [_Told.of(topic) for topic in knowledge.topics]
    near = _near(told)
    with_numbers = [i for i, of in enumerate(told) if of.numbers]
    for i, j in sorted(near.union(combinations(with_numbers, 2))):
        one, other = knowledge.topics[i], knowledge.topics[j]
        where = f"{other.id} ({place(other.path, other.line)})"
        if (i, j) in near and _is_duplicate(told[i], told[j]):
            yield finding("near-duplicate", one, f"It asks and says nearly the same as {where}.")
        if clash := contradiction(told[i].numbers, told[j].numbers):
            text = f"It says “{clash[0].text}”, but {where} says “{clash[1].text}”."
            yield finding("numbers-disagree", one, text)


def _near(told: Sequence[_Told]) -> set[tuple[int, int]]:
    """The pairs of topics, by place, of which one is among the NEAREST to the other by the words they use.

    Only these are laid side by side, wording by wording: all pairs of 1,000 topics would take minutes.
    """
    if len(told) < 2:
        return set()
    texts = [" ".join((*of.wordings, of.answer)) for of in told]
    rows = TfidfVectorizer(analyzer=str.split, sublinear_tf=True).fit_transform(texts)
    nearest = NearestNeighbors(n_neighbors=min(NEAREST, len(told) - 1), metric="cosine").fit(rows)
    found = nearest.kneighbors(return_distance=False)
    return {(min(i, int(j)), max(i, int(j))) for i, row in enumerate(found) for j in row}


def _is_duplicate(one: _Told, other: _Told) -> bool:
    """Whether two topics are so alike in what they ask and what they say that they are one."""
    said = fuzz.token_set_ratio(one.answer, other.answer)
    likeness = process.cdist(one.wordings, other.wordings, scorer=fuzz.token_set_ratio, score_cutoff=TWIN)
    twins = max(float((likeness.max(axis=a) >= TWIN).mean()) for a in (0, 1))
    asked = max(fuzz.token_set_ratio(one.wordings[0], other.wordings[0]), 100 * twins)
    return said >= SAME_ANSWER or twins >= TWIN_SHARE or (asked + said) / 2 >= DUPLICATE
