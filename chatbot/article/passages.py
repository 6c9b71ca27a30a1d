"""An article's sections to passages: pieces of 30 to 120 words, cut between sentences."""

import re
from collections import Counter
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import pairwise

from chatbot.model import Article, Entry, Section, Source
from chatbot.text import fold, sentences

SHORTEST, LONGEST = 30, 120  # words
_WORDS = re.compile(r"[^\W_]+")

Cost = tuple[int, int, int]  # pieces of a wrong length, cuts inside a paragraph, sum of the squared lengths


@dataclass(frozen=True, slots=True)
class _Sentence:
    text: str
    words: int
    opens: bool  # a paragraph


def passages(article: Article, taken: Collection[str] = ()) -> tuple[Entry, ...]:
    """Cut the article into entries of kind "passage", one or more for each section that has text.

    The ids are `article/<heading-slug>`, with "/2", "/3" … for a section's further pieces. A heading that
    comes twice, or whose id is in `taken` (the ids of other articles' passages), has "-2", "-3" … in its id.
    Paragraphs stay apart in an answer by a blank line.
    """
    slugs = _Slugs({entry_id.split("/")[1] for entry_id in taken if entry_id.startswith("article/")})
    found: list[Entry] = []
    for section in article.sections:
        pieces = list(_pieces(section))
        if pieces:
            slug = slugs.free(slugify(section.heading) or slugify(article.title) or "text")
            found += (_entry(article, section, slug, n, text) for n, text in enumerate(pieces, 1))
    return tuple(found)


def slugify(heading: str) -> str:
    """The heading in lower case without accents, anything but letters and digits made a single hyphen."""
    return "-".join(_WORDS.findall(fold(heading).lower()))


@dataclass
class _Slugs:
    """Gives each section a slug of its own."""

    used: set[str]
    times: Counter[str] = field(default_factory=Counter)

    def free(self, slug: str) -> str:
        """The slug, or with the first number behind it that makes it new."""
        name = slug
        while name in self.used:
            self.times[slug] += 1
            name = f"{slug}-{self.times[slug] + 1}"
        self.used.add(name)
        return name


def _entry(article: Article, section: Section, slug: str, n: int, text: str) -> Entry:
    return Entry(
        id=f"article/{slug}" if n == 1 else f"article/{slug}/{n}",
        question=section.heading,
        answer=text,
        kind="passage",
        sources=(Source(section.heading, url=article.url, updated=article.updated),),
        group=article.title,
    )


def _pieces(section: Section) -> Iterator[str]:
    told = [
        _Sentence(text, len(text.split()), opens=i == 0)
        for paragraph in section.paragraphs
        for i, text in enumerate(sentences(paragraph))
    ]
    cuts = _cuts(told)
    for start, end in pairwise(cuts):
        yield _joined(told[start:end])


def _joined(told: Sequence[_Sentence]) -> str:
    first, *rest = told
    return first.text + "".join(("\n\n" if s.opens else " ") + s.text for s in rest)


def _cuts(told: Sequence[_Sentence]) -> list[int]:
    """Where the pieces begin, and the end: the division of least cost, found from the front (Bellman, 1957).

    First as few pieces as can be that are too short or too long; then as few cuts inside paragraphs; then
    paragraphs apart rather than joined, and pieces of about one length.
    """
    best: list[tuple[Cost, int]] = [((0, 0, 0), 0)]
    for end in range(1, len(told) + 1):
        length, options = 0, list[tuple[Cost, int]]()
        for start in reversed(range(end)):
            length += told[start].words
            if length > LONGEST and options:
                break
            before = best[start][0]
            misfit = not SHORTEST <= length <= LONGEST
            inside = not told[start].opens
            options.append(((before[0] + misfit, before[1] + inside, before[2] + length**2), start))
        best.append(min(options))
    cuts = [len(told)]
    while cuts[-1]:
        cuts.append(best[cuts[-1]][1])
    return cuts[::-1]
