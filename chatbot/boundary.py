"""Which question an information desk must not answer: doses, diagnoses and the like."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

from chatbot.guide import BOUNDARY, LOOK_ALIKES, Guide
from chatbot.learned import Learned
from chatbot.model import Entry
from chatbot.patterns import PatternSet, Plain
from chatbot.plain import Reader

CROSSED = 1.3  # the model's log-odds from which a question is refused although no pattern names it
HARMLESS = "none"  # examples that come near a boundary and may be answered
_PREFIX, _NOT = "boundary-", " not"


@dataclass(frozen=True)
class BoundaryDetector:
    """Tells which boundary a message crosses. Immutable; without a model the patterns decide alone."""

    guide: Guide
    reader: Reader
    model: Learned | None = None

    @cached_property
    def _lines(self) -> Mapping[str, Entry]:
        return {e.id.removeprefix(_PREFIX): e for e in self.guide.lines if e.id.startswith(_PREFIX)}

    @cached_property
    def _boundaries(self) -> PatternSet:
        """Every boundary's patterns, tagged with its name, in the order of the file."""
        return self._tagged(lambda tag: tag in self._lines)

    @cached_property
    def _look_alikes(self) -> PatternSet:
        """The patterns of what only sounds like a boundary, tagged "name not"."""
        return self._tagged(lambda tag: tag.endswith(_NOT))

    def _tagged(self, is_wanted: Callable[[str], bool]) -> PatternSet:
        ours = (some for section, some in self.guide.patterns.items() if section.startswith(f"{BOUNDARY}/"))
        return PatternSet(p for some in ours for p in some if is_wanted(p.tag))

    @property
    def labels(self) -> tuple[str, ...]:
        """What the model tells apart: the boundaries that have examples."""
        return labels(self.guide)

    def trained(self, ordinary: Sequence[str]) -> "BoundaryDetector":
        """The same detector with a model, fitted on the guide's examples and on `ordinary` questions."""
        texts = [(self.reader.read(s.text).text, s.label) for s in self.guide.sentences if s.kind == BOUNDARY]
        harmless = [s.text for s in self.guide.sentences if s.kind == LOOK_ALIKES]
        texts += [
            (p.text, LOOK_ALIKES) for p in map(self.reader.read, [*harmless, *ordinary]) if not self._named(p)
        ]
        return replace(self, model=Learned.fit(texts, self.labels, self.guide.alike)) if self.labels else self

    def line(self, message: str) -> Entry | None:
        """The line that answers the message instead, or None where it may be answered.

        Sentence by sentence: a look-alike in one sentence does not excuse the next.
        """
        for sentence in self.reader.read(message).by_sentence():
            if name := self._crossed(sentence):
                return self._lines[name]
        return None

    def _crossed(self, sentence: Plain) -> str | None:
        if name := self._named(sentence):
            return name
        if self.model is None or self.model.log_odds(sentence.text) < CROSSED:
            return None
        name = self.model.label(sentence.text, self.model.labels).removeprefix(f"{BOUNDARY}/")
        return name if name in self._lines and name + _NOT not in self._look_alikes.tags(sentence) else None

    def _named(self, sentence: Plain) -> str | None:
        """The first boundary whose patterns hit while those of its look-alikes do not."""
        if not (names := self._boundaries.tags(sentence)):
            return None
        barred = self._look_alikes.tags(sentence)
        return next((name for name in names if name + _NOT not in barred), None)


def labels(guide: Guide) -> tuple[str, ...]:
    """The labels of the guide's boundary examples, each once."""
    return tuple(dict.fromkeys(s.label for s in guide.sentences if s.kind == BOUNDARY and s.mark != HARMLESS))
