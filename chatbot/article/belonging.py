"""What of a page belongs to its article, and what is there for other reasons: teasers, lists, footers.

No single sign decides. A part at the end of a page is left out when its signs weigh `ENOUGH` together and at
least one of them is a sign of form (cut off, a "Read More", a heading that is a link …): a last section on a
side aspect shares few words with the rest, or ends in a button, and still belongs. The walk goes up from the
end (or from the last of several sure teasers, if only a footer's worth of text follows them) and stops at the
first part that belongs, so that no section in the middle of an article is left out for being unlike the rest.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from chatbot.article.furniture import is_byline, reason_to_drop
from chatbot.article.page import Block
from chatbot.article.signs import ENOUGH, Part, Signs, leads_away, parts_of, weigh
from chatbot.model import Dropped

_FOOTER_PARTS, _FOOTER_WORDS = 2, 80  # what may follow a run of teasers without being the article going on
_LINK_LINE = "a link line or button to another page"
_SAYS = {
    "cut": "its text breaks off at the end",
    "read-on": "a link line such as “Read more” stands below it",
    "link": "its heading is a link to another page",
    "under": "it stands under a heading for other articles",
    "title": "it is a title without a sentence",
    "dated": "it has an author or a date of its own",
    "row": "the parts next to it are built the same way",
    "strange": "it has few words in common with the article",
}
_OPENED = {
    "related": "a list of other articles",
    "comments": "readers' comments, or the form for them",
    "newsletter": "an invitation to a newsletter",
    "author": "about the author, not about the subject",
    "share": "share buttons",
}


@dataclass(frozen=True)
class Sorted:
    """A page's blocks without what does not belong to its article; `bylines` are among what was dropped."""

    blocks: tuple[Block, ...]
    dropped: tuple[Dropped, ...]
    bylines: tuple[str, ...]


def sort_out(blocks: Sequence[Block]) -> Sorted:
    """Take out of the blocks under a page's title what does not belong to the article."""
    dropped: dict[int, Dropped] = {}
    rest: dict[int, Block] = {}
    headings = {b.text for b in blocks if b.level}
    for i, block in enumerate(blocks):
        if reason := _reason_alone(block, headings, at_head=not rest):
            dropped[i] = Dropped(block.text, reason)
        else:
            rest[i] = block
    bylines = tuple(d.text for d in dropped.values() if is_byline(d.text))
    parts = tuple(parts_of(rest))
    foreign = _foreign(parts)
    for i, part in enumerate(parts):
        if i in foreign:
            dropped[part.at[0]] = Dropped("\n\n".join(b.text for b in part.blocks), foreign[i])
        else:
            dropped |= {
                n: Dropped(b.text, _LINK_LINE)
                for n, b in zip(part.at, part.blocks, strict=True)
                if leads_away(b)
            }
    gone = set(dropped) | {n for i in foreign for n in parts[i].at}
    kept = tuple(block for i, block in rest.items() if i not in gone)
    return Sorted(kept, tuple(dropped[i] for i in sorted(dropped)), bylines)


def _reason_alone(block: Block, headings: Collection[str], *, at_head: bool) -> str | None:
    """Why a single line is left out wherever it stands; a byline only at the head of the page."""
    if not block.level and block.text in headings:
        return "the page's table of contents"
    if block.level or (block.point and not block.link):
        return None
    if at_head and is_byline(block.text):
        return "says who wrote the page or when"
    return reason_to_drop(block.text)


def _foreign(parts: Sequence[Part]) -> dict[int, str]:
    """The parts that do not belong, by their number, with the reason."""
    signs = weigh(parts)
    foreign = _from_the_end(parts, signs)
    if not any(p.heading for i, p in enumerate(parts) if i not in foreign):
        # A page of nothing but "heading, lines, Read more" is an overview, and those are its sections.
        foreign = {i for i in foreign if {"cut", "under", "strange"} & signs[i].keys()}
    return {i: _reason(parts[i], signs[i]) for i in foreign}


def _from_the_end(parts: Sequence[Part], signs: Sequence[Signs]) -> set[int]:
    """Walk up from the end to the first part that belongs; what was passed on the way does not."""
    end = _end_of_teasers(parts, signs)
    foreign: set[int] = set()
    loose = {i for i in range(end, len(parts)) if parts[i].is_loose}
    for i in reversed(range(end)):
        if _is_foreign(signs[i]) or (not parts[i].text and parts[i].heading and i + 1 in foreign):
            foreign |= {i, *loose}
            loose = set()
        elif parts[i].is_loose:
            loose.add(i)
        else:
            break
    return foreign


def _is_foreign(signs: Signs) -> bool:
    by_form = any(weight > 1 for sign, weight in signs.items() if sign != "row")
    return sum(signs.values()) >= ENOUGH and (by_form or ("cut" in signs and signs.get("row", 0) > 1))


def _end_of_teasers(parts: Sequence[Part], signs: Sequence[Signs]) -> int:
    """Where the last teasers end, if what follows is no longer than a footer; else where the page ends."""
    sure = [{"cut", "row"} <= own.keys() and not {"read-on", "link"}.isdisjoint(own) for own in signs]
    end = max((i for i, is_sure in enumerate(sure) if is_sure), default=len(parts)) + 1
    after = [part.text.text for part in parts[end:] if part.text and not part.is_loose]
    is_footer = len(after) <= _FOOTER_PARTS and sum(len(text.split()) for text in after) <= _FOOTER_WORDS
    return min(end, len(parts)) if is_footer else len(parts)


def _reason(part: Part, signs: Signs) -> str:
    if opened := next((said for sign, said in _OPENED.items() if sign in signs), None):
        return opened
    if {"under", "title"} <= signs.keys():
        return _OPENED["related"]
    if not signs:
        return "stands with pointers to other articles" if part.text else "heads what was left out below it"
    return "looks like a pointer to another article: " + "; ".join(_SAYS[s] for s in _SAYS if s in signs)
