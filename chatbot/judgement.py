"""Judgement: is the best entry the answer, one of a few to choose from, or none?

`confidence` is the probability that the best entry is right. It is the product of two logistic regressions:
that the message is about something the knowledge knows, and, if so, that the best entry is the right one.
Both are learned when the index is built, from trials whose outcome is known (see `chatbot.fitting`), and so
are the thresholds for answering and for offering a choice; no test question is ever seen.
"""

import math
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from operator import mul
from typing import TYPE_CHECKING, Literal, NamedTuple, get_args

import numpy as np
from numpy.typing import NDArray

from chatbot.index import Evidence
from chatbot.vectors import Arrays, fit_logistic

if TYPE_CHECKING:
    from chatbot.fitting import Trial, TrialKind  # judging needs nothing of how an index is learned

Floats64 = NDArray[np.float64]
Flags = NDArray[np.bool_]
Verdict = Literal["answer", "clarify", "no_answer"]
Dial = Literal["careful", "balanced", "bold"]

DIALS: tuple[Dial, ...] = get_args(Dial)
DIAL_OPTION = "dial"  # the option of the desk that says how bold the bot is
# What a wrong answer costs, where a right one gains 1: a wrong answer is worse than none.
_PRICES: Mapping[Dial, float] = {"careful": 4.0, "balanced": 1.5, "bold": 0.6}
# How often a message that nothing answers may get an answer all the same, whatever else that would gain.
_STRANGERS_ANSWERED: Mapping[Dial, float] = {"careful": 0.01, "balanced": 0.025, "bold": 0.06}
_OVERSTATED = 4.0  # how many times too often pseudo-strangers are answered, against real ones
OFFER_HOLDS = 0.8  # how often the right entry is to be among those that are offered
STRANGERS_OFFERED = 0.01  # how often a choice may be offered to a message that nothing answers
EXACT = 0.99  # confidence in a wording that staff have written down
KNOWN_SHARE = 0.65  # how often visitors ask about what is known: a prior, on the careful side
# What the kinds of trial weigh. Where it is not known what else visitors ask, phrasings whose topic was
# left out stand in for the questions that come near and are not answered.
_WEIGHTS: "Mapping[bool, Mapping[TrialKind, float]]" = {
    True: {"phrasing": 1.0, "asked": 2.0, "background": 0.6, "orphan": 0.0},
    False: {"phrasing": 1.0, "asked": 2.0, "background": 1.0, "orphan": 1.0},
}


def dial_of(value: object) -> Dial:
    """The dial's position that an option names; the middle where it names none."""
    return next((d for d in DIALS if d == value), "balanced")


class Stance(NamedTuple):
    """From which probabilities on to answer and to offer a choice, and what that came to on the trials.

    `right` and `wrong` are the shares (0 to 1) of the messages that the knowledge knows which were answered
    so; `strangers` that of the others which were answered at all.
    """

    answer_at: float
    clarify_at: float
    right: float = 0.0
    wrong: float = 0.0
    strangers: float = 0.0


_UNLEARNED = Stance(0.6, 0.85)


@dataclass(frozen=True)
class Judge:
    """What was learned: for each of the two questions, weights of the evidence, the bias last.

    `stances` are the choices that the dial offers, `dial` the one in force.
    """

    is_known: Floats64
    is_best: Floats64
    stances: Mapping[Dial, Stance] = field(default_factory=dict)
    dial: Dial = "balanced"

    @classmethod
    def learn(cls, trials: "Sequence[Trial]") -> "Judge":
        """Fit to trials (imports scikit-learn)."""
        has_asked = any(t.kind == "asked" and not t.is_known for t in trials)
        counted = [t.made_up or t for t in trials if _WEIGHTS[has_asked][t.kind]]
        weights = _weigh(counted, _WEIGHTS[has_asked])
        is_known = np.array([t.is_known for t in counted], bool)
        evidence = np.array([_known_evidence(t.evidence) for t in counted])
        about_best = np.array([_best_evidence(t.evidence) for t in counted])
        is_right = np.array([t.is_right for t in counted], bool)
        among = about_best[is_known], is_right[is_known], weights[is_known]
        if has_asked:
            judge = cls(_fit(evidence, is_known, weights), _fit(*among))
        else:
            evidence[:, _LEAN_KNOWN:] = 0.0
            judge = cls(_fit(evidence, is_known, weights, _KNOWN_SIGNS), _fit_leanly(*among))
        outcomes = _Outcomes.of(judge._judged(evidence, about_best), counted, weights)
        stances = {
            dial: outcomes.stance(price, _STRANGERS_ANSWERED[dial])
            if has_asked
            else outcomes.at(_worthwhile(price / _OVERSTATED))
            for dial, price in _PRICES.items()
        }
        return replace(judge, stances=stances)

    @property
    def stance(self) -> Stance:
        """The stance that is in force."""
        return self.stances.get(self.dial, _UNLEARNED)

    @property
    def answer_at(self) -> float:
        """The confidence from which on the best entry is given as the answer."""
        return self.stance.answer_at

    def turned(self, dial: Dial) -> "Judge":
        """The same judge with its dial turned."""
        return replace(self, dial=dial)

    def verdict(self, confidence: float, known: float, options: int) -> Verdict:
        """What to do with the best entry, given how many entries could be offered (itself counted)."""
        if confidence >= self.stance.answer_at:
            return "answer"
        if known >= self.stance.clarify_at and options > 1:
            return "clarify"
        return "no_answer"

    def known(self, evidence: Evidence) -> float:
        """The probability, 0 to 1, that some entry answers the message."""
        if evidence.is_exact:
            return EXACT
        return _logistic(self._weights[0], _known_evidence(evidence))

    def confidence(self, evidence: Evidence) -> float:
        """The probability, 0 to 1, that the best entry answers the message."""
        return self.judged(evidence)[0]

    def judged(self, evidence: Evidence) -> tuple[float, float]:
        """`confidence` and `known`."""
        if evidence.is_exact:
            return EXACT, EXACT
        known = self.known(evidence)
        return known * _logistic(self._weights[1], _best_evidence(evidence)), known

    def judged_each(self, trials: "Sequence[Trial]") -> Floats64:
        """`judged` of trials, shape (trials, 2)."""
        known = np.array([_known_evidence(t.evidence) for t in trials]).reshape(-1, len(self.is_known) - 1)
        best = np.array([_best_evidence(t.evidence) for t in trials]).reshape(-1, len(self.is_best) - 1)
        return self._judged(known, best)

    def _judged(self, about_known: Floats64, about_best: Floats64) -> Floats64:
        known, best = (
            1 / (1 + np.exp(-np.clip(evidence @ weights[:-1] + weights[-1], -_FARTHEST, _FARTHEST)))
            for evidence, weights in ((about_known, self.is_known), (about_best, self.is_best))
        )
        return np.column_stack([known * best, known])

    @cached_property
    def _weights(self) -> tuple[list[float], list[float]]:
        """Of so few numbers a sum is made sooner than an array."""
        return self.is_known.tolist(), self.is_best.tolist()

    def arrays(self) -> dict[str, NDArray[np.generic]]:
        """What `from_arrays` needs to make it again."""
        stances = np.array([self.stances.get(d, _UNLEARNED) for d in DIALS])
        return {"known": self.is_known, "best": self.is_best, "stances": stances}

    @classmethod
    def from_arrays(cls, arrays: Arrays) -> "Judge":
        """The reverse of `arrays`."""
        stances = {d: Stance(*row) for d, row in zip(DIALS, arrays["stances"].tolist(), strict=True)}
        return cls(arrays["known"].astype(np.float64), arrays["best"].astype(np.float64), stances)


class _Outcomes(NamedTuple):
    """All trials at a glance, each field of shape (trials,)."""

    confidence: Floats64
    known: Floats64
    is_known: Flags
    is_right: Flags
    is_offered: Flags  # there are rivals to choose from
    holds: Flags  # and one of them is right
    weights: Floats64

    @classmethod
    def of(cls, judged: Floats64, trials: "Sequence[Trial]", weights: Floats64) -> "_Outcomes":
        return cls(
            confidence=judged[:, 0],
            known=judged[:, 1],
            is_known=np.array([t.is_known for t in trials], bool),
            is_right=np.array([t.is_right for t in trials], bool),
            is_offered=np.array([len(t.near) > 1 for t in trials], bool),
            holds=np.array([not t.answers.isdisjoint(t.near) for t in trials], bool),
            weights=weights,
        )

    def stance(self, price: float, strangers: float) -> Stance:
        """The stance that gains the most where a right answer gains 1 and a wrong one costs `price`.

        Of messages that nothing answers at most the share `strangers` is answered.
        """
        gain = self.weights * np.where(self.is_right, 1.0, -price)
        fair = [
            at for at in _LADDER if self._share(self.confidence >= at, ~self.is_known) <= strangers
        ] or _LADDER[-1:]
        return self.at(max(fair, key=lambda at: float(gain[self.confidence >= at].sum())))

    def at(self, answer_at: float) -> Stance:
        """The stance that answers from a confidence on."""
        answered = self.confidence >= answer_at
        return Stance(
            answer_at,
            self._clarify_at(~answered & self.is_offered),
            self._share(answered & self.is_right, self.is_known),
            self._share(answered & ~self.is_right, self.is_known),
            self._share(answered, ~self.is_known),
        )

    def _clarify_at(self, left: Flags) -> float:
        """From where on, among the trials that are left, the right entry is offered, and rarely in vain."""
        for at in _LADDER:
            offered = left & (self.known >= at)
            in_vain = self._share(offered, ~self.is_known)
            if (
                offered.any()
                and in_vain <= STRANGERS_OFFERED
                and self._share(self.holds, offered) >= OFFER_HOLDS
            ):
                return at
        return _LADDER[-1]

    def _share(self, part: Flags, whole: Flags) -> float:
        total = float(self.weights[whole].sum())
        return float(self.weights[part & whole].sum()) / total if total else 0.0


_LADDER = tuple(i / 100 for i in range(20, 96))  # the thresholds that are tried

_FARTHEST = 60.0  # in log odds: beyond, a power of e would overflow

# Of the two lists below only so many are used where it is not known what else visitors ask: pseudo-strangers
# use other words than the base, and so overstate what the words of a message tell of real ones.
_LEAN_KNOWN, _LEAN_BEST = 4, 3
# And there the lead counts a quarter, between what is learned with it and without: it tells a right answer
# from a wrong one, and takes from what the score alone tells of strangers.
_LEAD, _LEAD_COUNTS = 2, 0.25  # its place in the list of what tells of the best entry
# And there no higher score and no larger lead may make the judgement less sure, no stranger's score more so:
# with hardly a phrasing to learn from, chance would have it so.
_KNOWN_SIGNS, _BEST_SIGNS = (1, 1, 1, -1), (1, 1, 1)


def _known_evidence(e: Evidence) -> list[float]:
    words = [e.known, math.log(e.known + 0.05), e.matched, e.known_terms, e.matched_terms]
    return [e.score, _log(e.score), e.margin, e.stranger, e.mass, *words, math.log1p(e.length)]


def _best_evidence(e: Evidence) -> list[float]:
    words = [e.matched, e.known_terms, e.matched_terms, math.log1p(e.length)]
    return [e.score, _log(e.score), e.margin, e.mass, *words]


def _log(score: float) -> float:
    return math.log(max(score, 0.01))


def _worthwhile(price: float) -> float:
    """The probability from which on answering gains more than it costs.

    Where it is that of a right answer, no trial is needed to find it, and none can mislead: from the
    trials of a few topics the best threshold comes out by chance.
    """
    return price / (1 + price)


def _fit(
    evidence: Floats64, outcome: NDArray[np.bool_], weights: Floats64, signs: Sequence[int] = ()
) -> Floats64:
    coefficients, bias = fit_logistic(evidence, outcome, weights, signs)
    return np.append(coefficients, bias)


def _fit_leanly(about_best: Floats64, is_right: Flags, weights: Floats64) -> Floats64:
    """What tells of the best entry, where the lead counts less than by itself."""
    with_lead, without = np.zeros_like(about_best), np.zeros_like(about_best)
    with_lead[:, :_LEAN_BEST] = without[:, :_LEAN_BEST] = about_best[:, :_LEAN_BEST]
    without[:, _LEAD] = 0.0
    whole, least = (_fit(some, is_right, weights, _BEST_SIGNS) for some in (with_lead, without))
    return _LEAD_COUNTS * whole + (1 - _LEAD_COUNTS) * least


def _weigh(trials: "Sequence[Trial]", by_kind: "Mapping[TrialKind, float]") -> Floats64:
    """Each trial's weight: the kinds share as `by_kind` says, known and unknown ones as KNOWN_SHARE."""
    groups = [(t.kind, t.is_known) for t in trials]
    counts = Counter(groups)
    total = {known: sum(by_kind[k] for k, was in counts if was is known) for known in (True, False)}
    outcome = {True: KNOWN_SHARE, False: 1 - KNOWN_SHARE}
    return np.array([outcome[g[1]] * by_kind[g[0]] / total[g[1]] / counts[g] for g in groups]) * len(trials)


def _logistic(weights: Sequence[float], evidence: Sequence[float]) -> float:
    total = sum(map(mul, weights, evidence)) + weights[-1]
    return 1 / (1 + math.exp(-max(min(total, _FARTHEST), -_FARTHEST)))
