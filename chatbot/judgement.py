"""Judgement: is the best entry the answer, one of a few to choose from, or none?

`confidence` is the probability that the best entry is right. It is the product of two logistic regressions:
that the message is about something the knowledge knows, and, if so, that the best entry is the right one.
Both are learned when the index is built, from trials whose outcome is known (see `chatbot.fitting`); no test
question is ever seen.
"""

import math
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from chatbot.fitting import Trial
from chatbot.index import Ranked
from chatbot.vectors import Arrays, fit_logistic

Floats64 = NDArray[np.float64]
Verdict = Literal["answer", "clarify", "no_answer"]

ANSWER_AT = 0.55  # a wrong answer is worse than none
CLARIFY_AT = 0.85  # of the probability that the message is known at all
RIVAL_AT = 0.4  # of the best score: below, an entry is no rival
ASKED_WEIGHT = 0.5  # of the messages kept for calibration, against the left-out phrasings and background
EXACT = 0.99  # confidence in a wording that staff have written down
KNOWN_SHARE = 0.65  # how often visitors ask about what is known: a prior, on the careful side


@dataclass(frozen=True)
class Judge:
    """What was learned: for each of the two questions, weights of the evidence, the bias last."""

    is_known: Floats64
    is_best: Floats64

    @classmethod
    def learn(cls, trials: Sequence[Trial]) -> "Judge":
        """Fit to trials (imports scikit-learn)."""
        alone = [t for t in trials if t.kind != "orphan"]
        known = [t for t in alone if t.is_known]
        return cls(
            _fit([_known_evidence(t.ranked) for t in alone], [t.is_known for t in alone], _weigh(alone)),
            _fit([_best_evidence(t.ranked) for t in known], [t.is_right for t in known], _weigh(known)),
        )

    def known(self, ranked: Ranked) -> float:
        """The probability, 0 to 1, that some entry answers the message."""
        if ranked.evidence.is_exact:
            return EXACT
        return _logistic(self.is_known, _known_evidence(ranked))

    def confidence(self, ranked: Ranked) -> float:
        """The probability, 0 to 1, that the best entry answers the message."""
        if ranked.evidence.is_exact:
            return EXACT
        return self.known(ranked) * _logistic(self.is_best, _best_evidence(ranked))

    def arrays(self) -> dict[str, NDArray[np.generic]]:
        """What `from_arrays` needs to make it again."""
        return {"known": self.is_known, "best": self.is_best}

    @classmethod
    def from_arrays(cls, arrays: Arrays) -> "Judge":
        """The reverse of `arrays`."""
        return cls(arrays["known"].astype(np.float64), arrays["best"].astype(np.float64))


def _known_evidence(ranked: Ranked) -> list[float]:
    e = ranked.evidence
    return [e.stranger, e.known, math.log(e.known + 0.05), e.score, _log(e.score), math.log1p(e.length)]


def _best_evidence(ranked: Ranked) -> list[float]:
    e = ranked.evidence
    nearer = e.likeness - e.rival
    return [e.score, e.margin, _log(e.score), e.likeness, nearer, e.matched, math.log1p(e.length)]


def _log(score: float) -> float:
    return math.log(max(score, 0.01))


def _fit(evidence: list[list[float]], outcome: list[bool], weights: Floats64) -> Floats64:
    coefficients, bias = fit_logistic(np.array(evidence), np.array(outcome), weights)
    return np.append(coefficients, bias)


def _weigh(trials: Sequence[Trial]) -> Floats64:
    """Each trial's weight: asked and left-out ones share as ASKED_WEIGHT says, known ones as KNOWN_SHARE."""
    groups = [(t.kind == "asked", t.is_known) for t in trials]
    has_asked = any(asked for asked, _ in groups)
    has_both = len({known for _, known in groups}) == 2
    origin = {True: ASKED_WEIGHT, False: 1 - ASKED_WEIGHT} if has_asked else {False: 1.0}
    outcome = {True: KNOWN_SHARE, False: 1 - KNOWN_SHARE} if has_both else {True: 1.0, False: 1.0}
    counts = Counter(groups)
    return np.array([origin[g[0]] * outcome[g[1]] / counts[g] for g in groups]) * len(trials)


def _logistic(weights: Floats64, evidence: list[float]) -> float:
    return 1 / (1 + math.exp(-max(min(float(weights[:-1] @ evidence + weights[-1]), 60.0), -60.0)))


def verdict(confidence: float, known: float, options: int) -> Verdict:
    """What to do with the best entry, given how many entries could be offered (itself counted)."""
    if confidence >= ANSWER_AT:
        return "answer"
    if known >= CLARIFY_AT and options > 1:
        return "clarify"
    return "no_answer"


def rivals(ranked: Ranked, limit: int) -> tuple[int, ...]:
    """The numbers of the entries that come close to the best one, it first, at most `limit`."""
    floor = RIVAL_AT * ranked.scores[ranked.order[0]]
    return tuple(int(i) for i in ranked.order[:limit] if ranked.scores[i] >= floor)
