"""The parts of a page and the signs that they are no parts of its article, each with a weight."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import chain
from math import exp, inf, log
from statistics import median

from chatbot.article.furniture import (
    Opener,
    is_bracket_cut,
    is_byline,
    is_cut_off,
    is_link_line,
    is_read_on,
    is_sentence,
    opener,
    word_set,
)
from chatbot.article.page import Block
from chatbot.text import normalise, stem, words

ENOUGH = 3  # the weight at which a part does not belong
Signs = dict[str, int]

_CHANCE = 0.01  # of a paragraph of the article itself having so few words in common with the rest
_ENOUGH_TO_TELL = 3  # paragraphs of the article itself, before one can say what is usual in it
_COMMON = word_set("""
    about after all also and any are because been before but can could did does each even every few for
    from get had has have help her here him his how into its just know like made make many may might
    more most much must need not now off often one only other our out over own really same she should
    some such than that the their them then there these they this those through time too two under until
    use used very want was way well were what when where which while who why will with without would you
    your
""")


@dataclass(frozen=True)
class Part:
    """A heading with its first paragraph, or a further paragraph, with the link lines and bylines below it.

    `at` are the blocks' places on the page.
    """

    blocks: tuple[Block, ...]
    at: tuple[int, ...]

    @cached_property
    def heading(self) -> Block | None:
        """Its heading, if it has one."""
        return self.blocks[0] if self.blocks[0].level else None

    @cached_property
    def text(self) -> Block | None:
        """Its paragraph, if it has one."""
        return next((b for b in self.blocks if _is_text(b)), None)

    @cached_property
    def stems(self) -> frozenset[str]:
        """The stems of its words, without the commonest words of English."""
        said = words(normalise(" ".join(b.text for b in (self.heading, self.text) if b)))
        return frozenset(stem(w) for w in said if len(w) > 2 and w not in _COMMON)

    @property
    def is_loose(self) -> bool:
        """Whether it is a line without heading or sentence, such as the address in a page's footer."""
        return self.heading is None and not (self.text and (self.text.point or is_sentence(self.text.text)))


def leads_away(block: Block) -> bool:
    """Whether it is a button or link line rather than a paragraph or one of a list of links."""
    if block.level or block.point:
        return False
    return is_link_line(block.text) or (block.link and not is_sentence(block.text))


def _is_text(block: Block) -> bool:
    return not (block.level or leads_away(block) or is_byline(block.text))


def parts_of(blocks: Mapping[int, Block]) -> Iterator[Part]:
    """Divide the blocks of a page, by their places on it, into parts."""
    together: dict[int, Block] = {}
    for i, block in blocks.items():
        if together and (block.level or (_is_text(block) and any(map(_is_text, together.values())))):
            yield Part(tuple(together.values()), tuple(together))
            together = {}
        together[i] = block
    if together:
        yield Part(tuple(together.values()), tuple(together))


def weigh(parts: Sequence[Part]) -> list[Signs]:
    """The signs of each part of a page that it is not the article's, with their weights."""
    signs = [_form(part, scope) for part, scope in zip(parts, _scopes(parts), strict=True)]
    _weigh_habits(parts, signs)
    _add_rows(signs)
    _add_strangers(parts, signs)
    return signs


@dataclass(frozen=True, slots=True)
class _Scope:
    """What kind of opener a part stands under, and whether as a part of the opener's own section."""

    kind: Opener
    level: int
    own: bool = True


def _scopes(parts: Sequence[Part]) -> Iterator[_Scope | None]:
    """The scope of each part.

    It goes on to deeper headings. A list of other articles goes on to headings of its own level too, if the
    opener has no text; else the article may be going on there.
    """
    scope: _Scope | None = None
    bare_opener = False
    for part in parts:
        if part.heading:
            kind, level = opener(part.heading.text), part.heading.level
            if kind:
                scope, bare_opener = _Scope(kind, level), part.text is None
            elif scope and level <= scope.level:
                goes_on = bare_opener and level == scope.level and scope.kind == "related"
                scope = replace(scope, own=False) if goes_on else None
        yield scope


def _form(part: Part, scope: _Scope | None) -> Signs:
    """The signs that the part's own form gives, with their weights."""
    signs: Signs = {}
    if any(is_read_on(b.text) for b in part.blocks if leads_away(b)):
        signs["read-on"] = 2
    elif any(map(leads_away, part.blocks)):
        signs["read-on"] = 1
    if part.heading and part.heading.link:
        signs["link"] = 2
    if part.text and is_cut_off(part.text.text):
        # Writers trail off with an ellipsis too, but seldom in brackets or above a "Read more".
        signs["cut"] = 2 if signs or is_bracket_cut(part.text.text) else 1
    if any(is_byline(b.text) for b in part.blocks if not b.level):
        signs["dated"] = 1
    if scope and (scope.kind != "related" or not part.text):
        signs[scope.kind] = ENOUGH
    elif scope:
        is_below = scope.own and part.heading is not None and part.heading.level > scope.level
        signs |= {"under": ENOUGH if is_below else 2} | ({"title": 1} if _is_title(part) else {})
    return signs


def _is_title(part: Part) -> bool:
    """Whether its paragraph is a title in a list of titles; those may be questions."""
    line = part.text.text if part.text else ""
    return not is_sentence(line) or (line.endswith("?") and len(line.split()) <= 16)


def _weigh_habits(parts: Sequence[Part], signs: Sequence[Signs]) -> None:
    """Where the article's own sections end in link lines, or their headings are links, that says less."""
    plain = max((i for i, part in enumerate(parts) if part.heading and not signs[i]), default=0)
    for sign in ("read-on", "link"):
        if any(sign in own for own in signs[:plain]):
            for its in signs:
                its.update({sign: 1} if sign in its else {})


def _add_rows(signs: Sequence[Signs]) -> None:
    """Two parts cut off, or under a link, in a row say more than one, three or more still more.

    "Read more" lines in a row do not: a page's own last sections may all have one.
    """
    forms = [{"cut", "link"} & own.keys() for own in signs]
    start = 0
    for i in range(1, len(forms) + 1):
        if i < len(forms) and forms[i] & forms[i - 1]:
            continue
        for own in signs[start:i] if i - start > 1 else ():
            own["row"] = min(i - start - 1, 2)
        start = i


def _add_strangers(parts: Sequence[Part], signs: Sequence[Signs]) -> None:
    """Mark the parts that share far fewer words with the article than its own paragraphs do.

    Parts under a heading for other articles are looked at together, since each is short, and less is asked of
    them: that heading makes it likely.
    """
    own = [part for part, its in zip(parts, signs, strict=True) if not its and part.stems]
    if len(own) < _ENOUGH_TO_TELL:
        return
    spread = Counter(chain.from_iterable(part.stems for part in own))
    usual = median(sum(spread[s] > 1 for s in part.stems) / len(part.stems) for part in own)
    listed = frozenset[str]().union(*(p.stems for p, its in zip(parts, signs, strict=True) if "under" in its))
    for part, its in zip(parts, signs, strict=True):
        stems = listed if "under" in its else part.stems
        hits = sum(s in spread for s in stems)
        is_far = "under" in its and hits * 2 < len(stems) * usual
        if its and (is_far or _is_unlikely(hits, len(stems), usual)):
            its["strange"] = 1


def _is_unlikely(hits: int, of: int, usual: float) -> bool:
    """Whether so few hits have a chance below `_CHANCE` at the usual rate (bound of Chernoff, 1952).

    Short paragraphs share few words by chance; the bound keeps them from being called strange.
    """
    rate = hits / of if of else 1.0
    if rate >= usual:
        return False
    divergence = (1 - rate) * log((1 - rate) / (1 - usual)) if usual < 1 else inf
    divergence += rate * log(rate / usual) if rate else 0
    return exp(-of * divergence) < _CHANCE
