"""What an evaluation measures: the outcome of each question, and the figures that they add up to."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, NamedTuple

from chatbot.model import Match, ReplyKind

# answerable: a published topic answers it; unpublished: only one that waits for the clinic's facts does.
Scope = Literal["answerable", "unpublished", "off-topic"]
# right: answered by one of the right topics; offered: among the choices; misled: offered others only;
# refused: no answer given (the best that can come of an off-topic question); wrong: another answer given.
Outcome = Literal["right", "offered", "refused", "misled", "wrong"]
FROM_BEST: Sequence[Outcome] = ("right", "offered", "refused", "misled", "wrong")
OUTCOMES: Mapping[Outcome, str] = {
    "wrong": "Given a wrong answer",
    "misled": "Offered wrong choices only",
    "refused": "Given no answer, though a topic has it",
    "offered": "Given the right topic to choose, not as the answer",
    "right": "Right",
}
BINS = 10
RANKED = 3  # entries that are named to say why


@dataclass(frozen=True, slots=True)
class Result:
    """A question, the topics that answer it, and what the bot made of it.

    `topic` is the answer given, None where none was; `offered` the topics to choose from; `confidence` (0 to
    1) that of the best of `ranked`, None where safety or small talk spoke before any search.
    """

    question: str
    topics: tuple[str, ...]
    scope: Scope
    kind: ReplyKind
    topic: str | None
    offered: tuple[str, ...]
    confidence: float | None
    ranked: tuple[Match, ...] = ()

    @property
    def outcome(self) -> Outcome:
        """How good the reply was."""
        if self.topic is not None:
            return "right" if self.topic in self.topics else "wrong"
        if self.kind == "clarify":
            return "offered" if set(self.offered) & set(self.topics) else "misled"
        return "refused"

    @property
    def is_miss(self) -> bool:
        """Whether there is something to mend."""
        return self.outcome != ("right" if self.scope == "answerable" else "refused")

    @property
    def is_best_right(self) -> bool:
        """Whether the entry that ranked first answers the question."""
        return bool(self.ranked) and self.ranked[0].entry in self.topics


class Figure(NamedTuple):
    """What a figure is called, what it counts, and whether more of it is better."""

    title: str
    about: str
    is_good: bool = True


FIGURES: Mapping[str, Figure] = {
    "right": Figure("Right", "of the answerable questions, those answered by a right topic"),
    "right-or-offered": Figure("Right or offered", "the same, or with a right topic among the choices"),
    "wrong": Figure("Wrong", "of the answerable questions, those given another answer", is_good=False),
    "refused": Figure("Refused", "of the answerable, those given no answer and no choice", is_good=False),
    "precision": Figure("Precision", "of all answers given, those that are right"),
    "off-topic-refused": Figure("Off-topic refused", "of those that nothing answers, given nothing"),
    "calibration-error": Figure(
        "Calibration error", "how far, on average, the confidence is from the share right", is_good=False
    ),
}


class Bin(NamedTuple):
    """The judged questions with a confidence from `low` to `high`; `right`: the best entry was."""

    low: float
    high: float
    answerable: int
    off_topic: int
    right: int
    confidence: float

    @property
    def size(self) -> int:
        """How many questions there are."""
        return self.answerable + self.off_topic

    @property
    def share_right(self) -> float:
        """Which share of them is right."""
        return self.right / self.size


class Setting(NamedTuple):
    """What would come of answering from confidence `needed` on: shares from 0 to 1.

    `coverage` is of the answerable questions those answered, `risk` of the answers given the wrong ones,
    `refused` of the off-topic questions those not answered.
    """

    needed: float
    coverage: float
    risk: float
    refused: float


@dataclass(frozen=True)
class Evaluation:
    """All results, in the order of the file; `needed` (0 to 1) is the confidence that an answer takes."""

    results: tuple[Result, ...]
    needed: float

    @property
    def figures(self) -> dict[str, float | None]:
        """Every figure by its name in FIGURES, 0 to 1; None where there is nothing to measure."""
        known, strange = self.of("answerable"), self.of("off-topic")
        given = [r for r in self.results if r.topic is not None]
        return {
            "right": _share(known, lambda r: r.outcome == "right"),
            "right-or-offered": _share(known, lambda r: r.outcome in ("right", "offered")),
            "wrong": _share(known, lambda r: r.outcome == "wrong"),
            "refused": _share(known, lambda r: r.outcome == "refused"),
            "precision": _share(given, lambda r: r.outcome == "right"),
            "off-topic-refused": _share(strange, lambda r: r.outcome == "refused"),
            "calibration-error": self.calibration_error,
        }

    def of(self, scope: Scope) -> tuple[Result, ...]:
        """The results of one scope."""
        return tuple(r for r in self.results if r.scope == scope)

    @property
    def misses(self) -> tuple[Result, ...]:
        """What there is to mend, the worst first."""
        missed = [r for r in self.results if r.is_miss]
        return tuple(sorted(missed, key=lambda r: -FROM_BEST.index(r.outcome)))

    @property
    def bins(self) -> tuple[Bin, ...]:
        """The judged questions by confidence, in tenths; empty ones left out."""
        return tuple(b for b in map(self._bin, range(BINS)) if b.size)

    def _bin(self, number: int) -> Bin:
        inside = [r for r in self._judged if min(int(_sure(r) * BINS), BINS - 1) == number]
        strange = sum(r.scope == "off-topic" for r in inside)
        mean = sum(map(_sure, inside)) / len(inside) if inside else 0.0
        right = sum(r.is_best_right for r in inside)
        return Bin(number / BINS, (number + 1) / BINS, len(inside) - strange, strange, right, mean)

    @property
    def calibration_error(self) -> float | None:
        """The expected calibration error (Naeini, Cooper and Hauskrecht, 2015) over ten bins."""
        total = sum(b.size for b in self.bins)
        off = sum(b.size * abs(b.share_right - b.confidence) for b in self.bins)
        return off / total if total else None

    def setting(self, needed: float) -> Setting:
        """What would come of another threshold, for single questions that are searched for."""
        known, strange = self.of("answerable"), self.of("off-topic")
        given = [r for r in self._judged if _sure(r) >= needed]
        return Setting(
            needed,
            sum(r.scope == "answerable" for r in given) / max(len(known), 1),
            sum(not r.is_best_right for r in given) / max(len(given), 1),
            1 - sum(r.scope == "off-topic" for r in given) / max(len(strange), 1),
        )

    @property
    def _judged(self) -> Iterator[Result]:
        return (r for r in self.results if r.confidence is not None)


def _share(results: Sequence[Result], counts: Callable[[Result], bool]) -> float | None:
    return sum(map(counts, results)) / len(results) if results else None


def _sure(result: Result) -> float:
    return result.confidence or 0.0


# --- in words ----------------------------------------------------------------------------------------


def shown(figure: float | None) -> str:
    """A figure as people read it."""
    return "not measured" if figure is None else f"{figure:.1%}"


def why(result: Result, needed: float) -> Iterator[str]:
    """Why a question was answered as it was, a line each."""
    yield f"Right: {', '.join(result.topics) or 'no answer'}. {_given(result)}"
    if result.confidence is None:
        return
    yield f"It was {result.confidence:.2f} sure and needed {needed:.2f}. Nearest:"
    for place, match in enumerate(result.ranked[:RANKED], 1):
        terms = ", ".join(match.terms) or "no whole word"
        yield f"{place}. {match.entry} ({match.score:.2f}) by “{match.wording}”, sharing {terms}"


def _given(result: Result) -> str:
    if result.topic is not None:
        return f"Given: {result.topic}."
    return f"Offered: {', '.join(result.offered)}." if result.offered else f"Given: {result.kind}."
