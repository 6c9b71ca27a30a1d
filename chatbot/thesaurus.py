"""Words that mean the same here: spelling and chat forms made plain, concepts named beside the word used."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property

from chatbot.errors import KnowledgeError
from chatbot.text import normalise, words

MAX_WORDS = 3


@dataclass(frozen=True)
class Thesaurus:
    """Two tables over runs of one to three words: what replaces a run, and which concepts it names."""

    plain: Mapping[tuple[str, ...], tuple[str, ...]] = field(default_factory=dict)
    concepts: Mapping[tuple[str, ...], tuple[str, ...]] = field(default_factory=dict)

    @classmethod
    def parse(cls, lines: Iterable[str], path: str = "synonyms.txt") -> "Thesaurus":
        """Read `plain = other, forms` and `concept, word, phrase` lines; blank ones and `#` are passed over.

        Raises KnowledgeError with the line that is neither.
        """
        plain: dict[tuple[str, ...], tuple[str, ...]] = {}
        concepts: dict[tuple[str, ...], tuple[str, ...]] = {}
        for number, line in enumerate(lines, 1):
            if not line.strip() or line.lstrip().startswith("#"):
                continue
            left, equals, right = normalise(line.replace(",", ", ")).partition("=")
            name, members = _run(left), [_run(m) for m in (right if equals else left).split(",")]
            if not all(members) or not name or (not equals and len(members) < 2):
                raise KnowledgeError(
                    path, number, f"expected 'word = form, form' or 'word, word', not {line!r}"
                )
            if equals:
                plain |= dict.fromkeys(members, name)
            else:
                for member in members:
                    known = concepts.get(member, ())
                    concepts[member] = (*known, "_" + "_".join(members[0]))
        return cls(plain, concepts)

    def rewrite(self, text: str) -> list[str]:
        """The text's words with spelling and chat forms made plain."""
        said = words(normalise(text))
        return said if self._begin_plain.isdisjoint(said) else _replaced(said, self.plain)

    def named(self, said: Sequence[str]) -> list[str]:
        """The concepts that runs of these words name, each once, as terms no visitor types (`_online`)."""
        begins = [i for i, word in enumerate(said) if word in self._begin_concepts]
        sizes = range(1, MAX_WORDS + 1)
        runs = (tuple(said[i : i + n]) for n in sizes for i in begins if i + n <= len(said))
        return list(dict.fromkeys(c for run in runs for c in self.concepts.get(run, ())))

    # Most words begin no run: to look up every run takes most of the time of reading a message.
    @cached_property
    def _begin_plain(self) -> frozenset[str]:
        return frozenset(run[0] for run in self.plain)

    @cached_property
    def _begin_concepts(self) -> frozenset[str]:
        return frozenset(run[0] for run in self.concepts)


def _run(normalised: str) -> tuple[str, ...]:
    return tuple(words(normalised))


def _replaced(said: Sequence[str], table: Mapping[tuple[str, ...], tuple[str, ...]]) -> list[str]:
    made: list[str] = []
    i = 0
    while i < len(said):
        for n in range(min(MAX_WORDS, len(said) - i), 0, -1):
            plain = table.get(tuple(said[i : i + n]))
            if plain is not None:
                made += plain
                i += n
                break
        else:
            made.append(said[i])
            i += 1
    return made
