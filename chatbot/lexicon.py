"""Lexicon: the words of a message as the index reads them, and how much of them the knowledge knows."""

import math
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import groupby
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from chatbot.text import stem
from chatbot.thesaurus import Thesaurus
from chatbot.vectors import Arrays, packed, unpacked

Ints = NDArray[np.int32]

MIN_SPELLED = 4  # letters: shorter words are not corrected
FAR_SPELLED = 8  # letters: from here on two slips are forgiven


class Row(NamedTuple):
    """One wording of one entry. `entry` is its number, or -1 for a question that no entry answers.

    A question that was `asked` may be answered by further entries as well: `also`.
    """

    text: str
    entry: int
    is_sentence: bool = False
    is_asked: bool = False
    also: tuple[int, ...] = ()


class LeftOut(NamedTuple):
    """What is counted as if it were not there: one row of `entry` (-1: background), or the whole entry."""

    entry: int
    is_whole: bool = False


class Shares(NamedTuple):
    """Shares (0 to 1) of a message's words, weighted by their rarity, that are known or matched."""

    known: float
    matched: float


@dataclass(frozen=True)
class Lexicon:
    """Which words the knowledge knows, how rare each is in everyday English, and which entries use it.

    Stem number `n` stands in `counts[i]` rows of entry `owners[i]` for each `i` from `starts[n]` to
    `starts[n + 1]`, and in `everyday[n]` of `total` everyday questions: the background's, and those that are
    asked and not answered. `spellings` are the entries' words. `strangers` are everyday words that no entry
    uses in that form: "programming" is not known because "program" is.
    """

    thesaurus: Thesaurus
    numbers: Mapping[str, int]
    starts: Ints
    owners: Ints
    counts: Ints
    everyday: Ints
    total: int
    spellings: tuple[str, ...]
    strangers: frozenset[str]

    @classmethod
    def of(
        cls, rows: Sequence[Row], thesaurus: Thesaurus, said: Sequence[Sequence[str]] | None = None
    ) -> "Lexicon":
        """Count the words of the rows: `said`, where they have been rewritten by the thesaurus already."""
        uses: defaultdict[str, Counter[int]] = defaultdict(Counter)
        words: dict[bool, set[str]] = {True: set(), False: set()}
        total = 0
        for row, its_words in zip(rows, said or [thesaurus.rewrite(r.text) for r in rows], strict=True):
            total += row.entry < 0
            words[row.entry >= 0].update(its_words)
            for term in {stem(w) for w in its_words}:
                uses[term][max(row.entry, -1)] += 1
        everyday = [counts.pop(-1, 0) for counts in uses.values()]
        ends = np.cumsum([0, *map(len, uses.values())])
        return cls(
            thesaurus,
            {term: number for number, term in enumerate(uses)},
            ends.astype(np.int32),
            np.fromiter((entry for counts in uses.values() for entry in counts), np.int32, int(ends[-1])),
            np.fromiter((n for counts in uses.values() for n in counts.values()), np.int32, int(ends[-1])),
            np.array(everyday, np.int32),
            total,
            tuple(sorted(words[True])),
            frozenset(words[False] - words[True]),
        )

    def arrays(self) -> dict[str, NDArray[np.generic]]:
        """What `from_arrays` needs, beside the thesaurus, to make it again."""
        return {
            "stems": packed(self.numbers),
            "starts": self.starts,
            "owners": self.owners,
            "counts": self.counts,
            "everyday": self.everyday,
            "total": np.array([self.total]),
            "spellings": packed(self.spellings),
            "strangers": packed(sorted(self.strangers)),
        }

    @classmethod
    def from_arrays(cls, arrays: Arrays, thesaurus: Thesaurus) -> "Lexicon":
        """The reverse of `arrays`."""

        def numbers(name: str) -> Ints:
            return arrays[name].astype(np.int32, copy=False)

        return cls(
            thesaurus,
            {term: number for number, term in enumerate(unpacked(arrays["stems"]))},
            numbers("starts"),
            numbers("owners"),
            numbers("counts"),
            numbers("everyday"),
            int(arrays["total"][0]),
            unpacked(arrays["spellings"]),
            frozenset(unpacked(arrays["strangers"])),
        )

    @cached_property
    def _by_letter(self) -> Mapping[str, tuple[str, ...]]:
        """The spellings by first letter: a misspelling is looked for among those only."""
        return {letter: tuple(found) for letter, found in groupby(self.spellings, key=lambda w: w[0])}

    @cached_property
    def _named(self) -> frozenset[str]:
        """The words of the thesaurus's concepts."""
        return frozenset(word for run in self.thesaurus.concepts for word in run)

    @cached_property
    def _uses(self) -> dict[str, Mapping[int, int]]:
        """For each stem that was asked for: in how many rows of which entries it stands."""
        return {}

    def uses(self, term: str) -> Mapping[int, int]:
        """In how many rows of which entries a stem stands."""
        found = self._uses.get(term)
        if found is None:
            number = self.numbers.get(term)
            part = slice(0, 0) if number is None else slice(*self.starts[number : number + 2].tolist())
            found = dict(zip(self.owners[part].tolist(), self.counts[part].tolist(), strict=True))
            if number is not None:
                self._uses[term] = found
        return found

    def read(self, message: str) -> list[str]:
        """The tokens of a message: its words, spelled as the knowledge spells them, and their concepts."""
        said = [self._spelled(w) for w in self.thesaurus.rewrite(message)]
        return said + self.thesaurus.named(said)

    def tokens(self, wording: str) -> list[str]:
        """The tokens of one of the knowledge's own wordings, of whose words none is misspelt."""
        said = self.thesaurus.rewrite(wording)
        return said + self.thesaurus.named(said)

    def _spelled(self, word: str) -> str:
        if len(word) < MIN_SPELLED or not word.isalpha() or self.has(word):
            return word
        from rapidfuzz import process  # most messages have no misspelling
        from rapidfuzz.distance import OSA

        slips = 2 if len(word) >= FAR_SPELLED else 1
        choices = self._by_letter.get(word[0], ())
        found = process.extractOne(word, choices, scorer=OSA.distance, score_cutoff=slips)
        return str(found[0]) if found else word

    def has(self, word: str) -> bool:
        """Whether the word stands in an entry, in everyday English (in any form) or in the thesaurus."""
        return stem(word) in self.numbers or word in self._named

    def rarity(self, term: str, *, fewer: bool = False) -> float:
        """How much it says that a stem is known: the log of its inverse frequency in everyday English."""
        number = self.numbers.get(term)
        return self._rarity(0 if number is None else int(self.everyday[number]) - fewer)

    def _rarity(self, seen: int) -> float:
        found = self._rarities.get(seen)
        if found is None:
            found = self._rarities[seen] = math.log((self.total + 1) / (max(seen, 0) + 0.5))
        return found

    @cached_property
    def _rarities(self) -> dict[int, float]:
        """How much it says that a stem is known, by how often it is seen."""
        return {}

    def shares(self, tokens: Sequence[str], best: int, out: LeftOut | None = None) -> Shares:
        """The shares of a message's words that any entry knows, and that the entry `best` knows."""
        total = known = matched = 0.0
        for word in dict.fromkeys(t for t in tokens if not t.startswith("_")):
            term = stem(word)
            rarity = self.rarity(term, fewer=out is not None and out.entry < 0)
            uses = self.uses(term) if word not in self.strangers else {}
            others = len(uses) - (out is not None and out.entry in uses)
            total += rarity
            known += rarity * (others + self._left(uses, out) > 0)
            own = self._left(uses, out) if out is not None and out.entry == best else uses.get(best, 0)
            matched += rarity * (own > 0)
        return Shares(known / total, matched / total) if total else Shares(0.0, 0.0)

    @staticmethod
    def _left(uses: Mapping[int, int], out: LeftOut | None) -> int:
        """How many rows of the entry that is (partly) left out still use the word."""
        if out is None or out.is_whole:
            return 0
        return max(uses.get(out.entry, 0) - 1, 0)
