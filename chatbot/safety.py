"""The guard that looks at a message before anything else: danger first, then what a desk must not answer.

What nobody should keep is in `redaction`, what a crisis sounds like in `guide`; both are offered here too.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from chatbot.boundary import BoundaryDetector
from chatbot.boundary import labels as boundary_labels
from chatbot.crisis import LABELS, Alarm, CrisisDetector
from chatbot.fallback import built_in
from chatbot.guide import BOUNDARY, KINDS, LOOK_ALIKES, Guide, HelpLine, parse_guide
from chatbot.learned import Learned
from chatbot.model import Action, Entry
from chatbot.plain import Reader
from chatbot.redaction import Redaction, redact
from chatbot.text import normalise
from chatbot.vectors import packed, sub_arrays, unpacked

__all__ = ["Alarm", "CrisisLines", "Guard", "Guide", "HelpLine", "Redaction", "parse_guide", "redact"]

# Where minutes count; in the others 988 stands first, as in the file.
_CALL_911_FIRST = frozenset({"overdose", "withdrawal", "medical", "violence"})
_LETTERS = re.compile(r"[^\W\d_]+")


@dataclass(frozen=True, slots=True)
class CrisisLines:
    """What is said to an alarm, and the help lines to touch."""

    entry: Entry
    actions: tuple[Action, ...]


@dataclass(frozen=True)
class Guard:
    """Looks at messages. Immutable and safe to share between threads; it never raises for any text."""

    guide: Guide
    crisis: CrisisDetector
    boundaries: BoundaryDetector

    @classmethod
    def plain(cls, guide: Guide, known: frozenset[str] | None = None) -> "Guard":
        """A guard that goes by the written patterns alone: what is left when there is no model.

        `known` are the words that are no misspellings, where they were gathered before.
        """
        whole = _or_built_in(guide)
        reader = Reader(
            whole.shorthand, frozenset(whole.keys), _known_words(whole) if known is None else known
        )
        return cls(guide, CrisisDetector(whole, reader), BoundaryDetector(whole, reader))

    @classmethod
    def fit(cls, guide: Guide, ordinary: Sequence[str] = ()) -> "Guard":
        """Train the models on the guide's sentences and on `ordinary` questions, which are no crisis.

        `ordinary` are the topics' phrasings and the background questions: they halve the false alarms.
        A guide without sentences makes a guard without models.
        """
        guard = cls.plain(guide)
        if {s.kind for s in guide.sentences} <= {LOOK_ALIKES, BOUNDARY}:
            return guard
        return replace(
            guard, crisis=guard.crisis.trained(ordinary), boundaries=guard.boundaries.trained(ordinary)
        )

    def arrays(self) -> dict[str, NDArray[np.generic]]:
        """The models and the known words, to be saved."""
        models = {"crisis": self.crisis.model, "boundary": self.boundaries.model}
        kept = {
            f"{name}.{k}": a for name, model in models.items() if model for k, a in model.arrays().items()
        }
        return kept | {"known": packed(sorted(self.crisis.reader.known))}

    @classmethod
    def from_arrays(cls, guide: Guide, arrays: Mapping[str, NDArray[np.generic]]) -> "Guard":
        """The reverse of `arrays`, with the guide that the models were fitted on."""
        known = frozenset(unpacked(arrays["known"])) if "known" in arrays else None
        guard = cls.plain(guide, known)
        crisis, boundary = sub_arrays(arrays, "crisis"), sub_arrays(arrays, "boundary")
        if crisis:
            model = Learned.from_arrays(crisis, LABELS, guide.alike)
            guard = replace(guard, crisis=replace(guard.crisis, model=model))
        if boundary:
            model = Learned.from_arrays(boundary, boundary_labels(guide), guide.alike)
            guard = replace(guard, boundaries=replace(guard.boundaries, model=model))
        return guard

    def alarm(self, message: str) -> Alarm | None:
        """Whether a message speaks of danger, of what kind and whose."""
        return self.crisis.alarm(message)

    def boundary(self, message: str) -> Entry | None:
        """The line for a question that must not be answered here, if the message asks one."""
        return self.boundaries.line(message)

    def crisis_reply(self, alarm: Alarm, *, repeated: bool) -> CrisisLines:
        """What to say to an alarm; `repeated` when the conversation has had a crisis reply before."""
        entry = next(self._lines[i] for i in _line_ids(alarm, repeated=repeated) if i in self._lines)
        return CrisisLines(entry, self._actions(alarm))

    def actions(self) -> tuple[Action, ...]:
        """The help lines that are always in view."""
        return tuple(h.as_action() for h in self._help_lines if not h.kinds)

    @cached_property
    def _lines(self) -> Mapping[str, Entry]:
        return {e.id: e for e in (*built_in().lines, *self.guide.lines)}

    @property
    def _help_lines(self) -> tuple[HelpLine, ...]:
        return self.guide.help_lines or built_in().help_lines

    def _actions(self, alarm: Alarm) -> tuple[Action, ...]:
        fitting = [h for h in self._help_lines if not h.kinds or alarm.kind in h.kinds]
        if alarm.kind in _CALL_911_FIRST:
            fitting.sort(key=lambda h: h.href != "tel:911")
        return tuple(h.as_action(alarm.language) for h in fitting)


def _line_ids(alarm: Alarm, *, repeated: bool) -> Iterator[str]:
    """The ids of the lines that would do, the most fitting first; the last is part of the code."""
    ending = "" if alarm.language == "en" else f"-{alarm.language}"
    if alarm.is_soft:
        yield f"crisis-quiet{ending}"
    again = "-again" if repeated else ""
    for kind in (f"-{alarm.kind}-{alarm.who}", f"-{alarm.kind}"):
        yield f"crisis{kind}{again}{ending}"
    if repeated:
        yield f"crisis-again{ending}"
        yield from _line_ids(alarm, repeated=False)
    yield from (f"crisis-fallback{ending}", "crisis-fallback")


def _or_built_in(guide: Guide) -> Guide:
    """The guide, or where it holds no sign of any crisis the signs that are part of the code."""
    if any(guide.patterns.get(f"{kind}/{section}") for kind in KINDS for section in ("sure", "patterns")):
        return guide
    own = built_in()
    return replace(
        guide,
        patterns={**guide.patterns, **own.patterns},
        shorthand={**own.shorthand, **guide.shorthand},
        keys=guide.keys + own.keys,
    )


def _known_words(guide: Guide) -> frozenset[str]:
    """The words that are no misspellings: those of harmless sentences, and those that two crises share."""
    harmless, seen, shared = set(guide.known), set[str](), set[str]()
    for sentence in guide.sentences:
        words = _LETTERS.findall(normalise(sentence.text).replace("'", ""))
        if sentence.kind in (LOOK_ALIKES, BOUNDARY):
            harmless.update(words)
        else:
            shared |= seen.intersection(words)
            seen.update(words)
    return frozenset(harmless | shared)
