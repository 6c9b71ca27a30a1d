"""Rehearsal: how the bot would answer each wording that it knows, were that wording alone left out.

Comes for free when an index is built (see `chatbot.fitting`), and is kept with it, so that two indexes can be
compared wording by wording.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from numpy.typing import NDArray

from chatbot.index import MAX_RIVALS
from chatbot.judgement import Judge
from chatbot.vectors import Arrays

if TYPE_CHECKING:
    from chatbot.fitting import Trial

_SEPARATOR = "\x1e"


class Rehearsed(NamedTuple):
    """One wording (of `entry`), the entries that came nearest, best first, and what the judgement said."""

    text: str
    entry: str
    near: tuple[str, ...]
    confidence: float
    known: float


@dataclass(frozen=True)
class Rehearsal:
    """Every wording with its outcome, as arrays. `near` has shape (wordings, MAX_RIVALS), -1 for none."""

    ids: tuple[str, ...]
    texts: NDArray[np.uint8]
    entries: NDArray[np.int32]
    near: NDArray[np.int32]
    judged: NDArray[np.float32]

    @classmethod
    def of(cls, ids: Sequence[str], judge: Judge, trials: "Sequence[Trial]") -> "Rehearsal":
        """Have the trials of phrasings judged; those of sentences and strangers are left aside."""
        kept = [t for t in trials if t.kind == "phrasing" and t.entry]
        near = np.full((len(kept), MAX_RIVALS), -1, np.int32)
        for row, trial in zip(near, kept, strict=True):
            row[: len(trial.near)] = trial.near
        place = {name: i for i, name in enumerate(ids)}
        return cls(
            tuple(ids),
            np.frombuffer(_SEPARATOR.join(t.text for t in kept).encode(), np.uint8),
            np.array([place[str(t.entry)] for t in kept], np.int32),
            near,
            judge.judged_each(kept).astype(np.float32),
        )

    def __iter__(self) -> Iterator[Rehearsed]:
        """The wordings, in the order of the index."""
        texts = bytes(self.texts).decode().split(_SEPARATOR) if self.texts.size else []
        judged = self.judged.reshape(-1, 2)
        for text, entry, near, (sure, known) in zip(
            texts, self.entries, self.near.reshape(-1, MAX_RIVALS), judged, strict=True
        ):
            names = tuple(self.ids[i] for i in near if i >= 0)
            yield Rehearsed(text, self.ids[entry], names, float(sure), float(known))

    def arrays(self) -> dict[str, NDArray[np.generic]]:
        """What `from_arrays` needs, beside the ids, to make it again."""
        return {"texts": self.texts, "entries": self.entries, "near": self.near, "judged": self.judged}

    @classmethod
    def from_arrays(cls, ids: Sequence[str], arrays: Arrays) -> "Rehearsal":
        """The reverse of `arrays`."""
        return cls(
            tuple(ids),
            arrays["texts"].astype(np.uint8, copy=False),
            arrays["entries"].astype(np.int32, copy=False),
            arrays["near"].astype(np.int32, copy=False),
            arrays["judged"].astype(np.float32, copy=False),
        )
