"""Lexicon: the words of a message as the index reads them, and how much of them the knowledge knows."""

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from rapidfuzz import process
from rapidfuzz.distance import OSA

from chatbot.text import stem
from chatbot.thesaurus import Thesaurus

MIN_SPELLED = 4  # letters: shorter words are not corrected
FAR_SPELLED = 8  # letters: from here on two slips are forgiven


class Row(NamedTuple):
    """One wording of one entry. `entry` is its number, or -1 for a background question."""

    text: str
    entry: int
    is_sentence: bool = False


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

    `uses[stem][entry]` is the number of the entry's rows with the stem; everyday English is the background
    questions, `everyday[stem]` of `total`. `spellings` are the entries' words, by first letter. `strangers`
    are everyday words that no entry uses in that form: "programming" is not known because "program" is.
    `named` are the words of the thesaurus's concepts.
    """

    thesaurus: Thesaurus
    uses: Mapping[str, Mapping[int, int]]
    everyday: Mapping[str, int]
    total: int
    spellings: Mapping[str, tuple[str, ...]]
    strangers: frozenset[str]
    named: frozenset[str]

    @classmethod
    def of(cls, rows: Iterable[Row], thesaurus: Thesaurus) -> "Lexicon":
        """Count the words of the rows."""
        uses: dict[str, dict[int, int]] = {}
        everyday: dict[str, int] = {}
        spellings: dict[str, set[str]] = {}
        foreign: set[str] = set()
        total = 0
        for row in rows:
            said = thesaurus.rewrite(row.text)
            total += row.entry < 0
            for term in {stem(w) for w in said}:
                counts: dict[int, int] | None = uses.setdefault(term, {}) if row.entry >= 0 else None
                if counts is None:
                    everyday[term] = everyday.get(term, 0) + 1
                else:
                    counts[row.entry] = counts.get(row.entry, 0) + 1
            for word in said:
                if row.entry < 0:
                    foreign.add(word)
                else:
                    spellings.setdefault(word[0], set()).add(word)
        by_letter = {letter: tuple(sorted(found)) for letter, found in spellings.items()}
        named = frozenset(word for run in thesaurus.concepts for word in run)
        strangers = foreign.difference(*spellings.values())
        return cls(thesaurus, uses, everyday, total, by_letter, frozenset(strangers), named)

    def read(self, message: str) -> list[str]:
        """The tokens of a message: its words, spelled as the knowledge spells them, and their concepts."""
        said = [self._spelled(w) for w in self.thesaurus.rewrite(message)]
        return said + self.thesaurus.named(said)

    def _spelled(self, word: str) -> str:
        if len(word) < MIN_SPELLED or not word.isalpha() or self.has(word):
            return word
        slips = 2 if len(word) >= FAR_SPELLED else 1
        choices = self.spellings.get(word[0], ())
        found = process.extractOne(word, choices, scorer=OSA.distance, score_cutoff=slips)
        return str(found[0]) if found else word

    def has(self, word: str) -> bool:
        """Whether the word stands in an entry, in everyday English (in any form) or in the thesaurus."""
        term = stem(word)
        return term in self.uses or term in self.everyday or word in self.named

    def rarity(self, term: str, *, fewer: bool = False) -> float:
        """How much it says that a stem is known: the log of its inverse frequency in everyday English."""
        seen = self.everyday.get(term, 0) - fewer
        return math.log((self.total + 1) / (max(seen, 0) + 0.5))

    def shares(self, tokens: Sequence[str], best: int, out: LeftOut | None = None) -> Shares:
        """The shares of a message's words that any entry knows, and that the entry `best` knows."""
        total = known = matched = 0.0
        for word in dict.fromkeys(t for t in tokens if not t.startswith("_")):
            term = stem(word)
            rarity = self.rarity(term, fewer=out is not None and out.entry < 0)
            uses = self.uses.get(term, {}) if word not in self.strangers else {}
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
