"""Whether a message speaks of danger: written patterns and a small linear model; either is enough."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Literal

from chatbot.guide import BOUNDARY, KINDS, LOOK_ALIKES, POISON, Guide
from chatbot.learned import Learned
from chatbot.patterns import PatternSet, Plain
from chatbot.plain import Reader

Who = Literal["self", "other"]
Language = Literal["en", "es"]
LABELS = tuple(f"{kind}/{who}" for kind in KINDS for who in ("self", "other"))
# Evidence is the model's log-odds plus what patterns add; from these sums on it is an alarm, or a quiet one.
# Chosen on half of tests/data/crisis.jsonl: a miss costs a hundred false alarms.
ALARMED, UNEASY = 0.4, -0.2
SURE, SIGN, MENTION, GENERAL = 20.0, 2.0, 1.0, -2.0
_DOUBT = 0.8  # where no pattern finds a sign, the model alone has to be this much surer of an alarm
# A message of several sentences is also read as a whole, up to so many words: a harmless whole takes a share
# of its log-odds, and no more than so much, from a sentence that is not sure by itself, and more from one
# in which no pattern is found.
_LONG, _PULL, _LARGEST_PULL = 60, 0.4, 2.0
_PULL_UNSIGNED, _LARGEST_PULL_UNSIGNED = 0.6, 3.5
# A sentence that runs on is read clause by clause too; a clause says less, and has to be that much surer.
# In English it says nothing of anybody's danger without a word for a person.
_CONJUNCTION = re.compile(r" (?:and|but|because|so|y|pero|porque) ")
_CLAUSE, _CLAUSE_UNSIGNED, _CLAUSE_WORDS, _MOST_CLAUSES = -2.0, -3.0, 3, 6
_BLANK = "idiom"


@dataclass(frozen=True, slots=True)
class Alarm:
    """What a message was taken for.

    A soft alarm (grief, a past calmly told, a doubtful wording) does not replace the reply: a quiet line
    of support goes with it.
    """

    kind: str
    who: Who = "self"
    language: Language = "en"
    is_soft: bool = False


@dataclass(frozen=True, slots=True)
class Finding:
    """What one sentence shows: the kinds that its patterns name, and all the evidence, as log-odds."""

    kinds: tuple[str, ...]
    evidence: float


@dataclass(frozen=True)
class CrisisDetector:
    """Looks for danger in a message. Immutable; without a model the patterns decide alone."""

    guide: Guide
    reader: Reader
    model: Learned | None = None

    @cached_property
    def _signs(self) -> Mapping[str, PatternSet]:
        sections = ("sure", "patterns", "mentions")
        return {
            s: PatternSet(p for k in KINDS for p in self.guide.patterns.get(f"{k}/{s}", ())) for s in sections
        }

    @cached_property
    def _guards(self) -> Mapping[str, PatternSet]:
        names = ("idioms", "grief", "past", "now", "questions", "general")
        return {n: PatternSet(self.guide.patterns.get(f"{LOOK_ALIKES}/{n}", ())) for n in names}

    def trained(self, ordinary: Sequence[str]) -> "CrisisDetector":
        """The same detector with a model, fitted on the guide's sentences and on `ordinary` questions.

        An ordinary question that holds a sign of danger teaches nothing: it might be a real one.
        """
        known = [s for s in self.guide.sentences if s.label in LABELS or s.kind == LOOK_ALIKES]
        texts = [(self.read(s.text).text, s.label) for s in known]
        advice = [s.text for s in self.guide.sentences if s.kind == BOUNDARY and s.mark != POISON]
        harmless = map(self.read, (*ordinary, *advice))
        texts += [(p.text, LOOK_ALIKES) for p in harmless if not self._has_signs(p)]
        return replace(self, model=Learned.fit(texts, LABELS, self.guide.alike))

    def _has_signs(self, plain: Plain) -> bool:
        return any(signs.holds(plain) for signs in self._signs.values())

    def read(self, message: str) -> Plain:
        """The message in plain words, figures of speech blanked."""
        return self._guards["idioms"].blank(self.reader.read(message), _BLANK)

    def alarm(self, message: str) -> Alarm | None:
        """The alarm that a message gives, if it does."""
        plain = self.read(message)
        findings = [self._sentence(s) for s in plain.by_sentence()]
        whole = self._whole(plain, findings)
        is_past = self._guards["past"].holds(plain) and not self._guards["now"].holds(plain)
        if _strongest(findings, whole, doubt=_DOUBT) >= ALARMED and not is_past:
            return self._alarm(plain, findings, is_soft=False)
        if _strongest(findings, whole, doubt=0.0) >= UNEASY or self._guards["grief"].holds(plain):
            return self._alarm(plain, findings, is_soft=True)
        return None

    def _whole(self, plain: Plain, findings: list[Finding]) -> float | None:
        """The log-odds of a message of several sentences, none of them sure; None where they do not count."""
        is_read = len(findings) > 1 and plain.text.count(" ") <= _LONG
        return self._log_odds(plain) if is_read and all(f.evidence < SURE for f in findings) else None

    def _sentence(self, sentence: Plain) -> Finding:
        """What a sentence shows, or the most alarming of its clauses."""
        sentence = self._guards["grief"].blank(sentence, _BLANK)
        found = self._finding(sentence)
        clauses = _CONJUNCTION.split(sentence.text[2:-3])
        if not 1 < len(clauses) <= _MOST_CLAUSES or found.evidence >= SURE:
            return found
        parts = [self._finding(Plain(f". {c} . ")) for c in clauses if _can_tell(c)]
        return max((found, *map(_weaker, parts)), key=lambda f: f.evidence)

    def _finding(self, plain: Plain) -> Finding:
        if kinds := self._signs["sure"].tags(plain):
            return Finding(kinds, SURE)
        evidence = self._log_odds(plain)
        if self._guards["general"].holds(plain) and not self._guards["now"].holds(plain):
            evidence += GENERAL
        if kinds := self._signs["patterns"].tags(plain):
            return Finding(kinds, evidence + SIGN)
        kinds = self._signs["mentions"].tags(plain)
        if kinds and not self._guards["questions"].holds(plain):
            return Finding(kinds, evidence + MENTION)
        return Finding((), evidence)

    def _log_odds(self, plain: Plain) -> float:
        """How much the model takes the text for a crisis; without a model, any sign is enough."""
        if self.model:
            return self.model.log_odds(plain.text)
        return ALARMED - MENTION if self._has_signs(plain) else -SURE

    def _alarm(self, plain: Plain, findings: list[Finding], *, is_soft: bool) -> Alarm:
        named = {k for f in findings for k in f.kinds if f.evidence >= UNEASY}
        if self.model:
            among = [label for label in LABELS if not named or label.split("/")[0] in named]
            kind, who = self.model.label(plain.text, among).split("/")
        else:
            kind, who = next((k for k in KINDS if k in named), "suicide"), _who(plain.text)
        return Alarm(kind, "other" if who == "other" else "self", _language(plain.text), is_soft)


def _weaker(clause: Finding) -> Finding:
    """What a clause shows, as far as it counts for its sentence."""
    if clause.evidence >= SURE:
        return clause
    return Finding(clause.kinds, clause.evidence + (_CLAUSE if clause.kinds else _CLAUSE_UNSIGNED))


def _strongest(findings: list[Finding], whole: float | None, doubt: float) -> float:
    """The evidence of the most alarming sentence, or of the whole; `doubt` is taken off what has no sign."""
    if whole is None:
        return max((f.evidence - doubt * (not f.kinds) for f in findings), default=-SURE)
    pulled = (f.evidence - _pull(whole, has_sign=bool(f.kinds)) - doubt * (not f.kinds) for f in findings)
    return max(whole - doubt * (not any(f.kinds for f in findings)), *pulled)


def _pull(whole: float, *, has_sign: bool) -> float:
    """How much a harmless whole of such log-odds takes from the evidence of one of its sentences."""
    share, most = (_PULL, _LARGEST_PULL) if has_sign else (_PULL_UNSIGNED, _LARGEST_PULL_UNSIGNED)
    return min(share * max(-whole, 0.0), most)


def _can_tell(clause: str) -> bool:
    words = clause.split(" ")
    return len(words) >= _CLAUSE_WORDS and not (_PERSONS.isdisjoint(words) and _SPANISH.isdisjoint(words))


_OTHERS = frozenset(
    re.findall(
        r"\w+",
        """
        he she they himself herself themselves someone him her se son daughter husband wife mom dad
        mother father brother sister friend hijo hija esposo esposa hermano hermana mama papa
        """,
    )
)
_OWN = frozenset(
    re.findall(
        r"\w+",
        """
        i me myself yo estoy quiero voy tengo
        """,
    )
)
_PERSONS = (
    _OTHERS
    | _OWN
    | frozenset(("my", "we", "us", "you", "them", "his", "kid", "kids", "someone", "somebody", "nobody"))
)
_SPANISH = frozenset(
    re.findall(
        r"\w+",
        """
        que no me mi se de la el en un una los las por para con yo tu su es esta estoy soy ya muy mas
        quiero puedo como hijo hija esposo esposa mama papa hermano hermana anos hace todo nada nadie le
        lo
        """,
    )
)
_ENGLISH = frozenset(
    re.findall(
        r"\w+",
        """
        i the my is am and to a of it he she not do are you was have in that this for with
        """,
    )
)


def _who(text: str) -> Who:
    words = set(text.split(" "))
    return "other" if words & _OTHERS and not words & _OWN else "self"


def _language(text: str) -> Language:
    words = text.split(" ")
    return "es" if sum(w in _SPANISH for w in words) > sum(w in _ENGLISH for w in words) else "en"
