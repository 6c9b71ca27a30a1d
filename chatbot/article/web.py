"""HTML to a page's blocks: trafilatura says what the article is, a walk over the page says how it is built.

The extractor alone would not do: it leaves out headings, link lines and whole paragraphs of some pages, and
those are what passages are named after and teasers are told by. So its text only marks which elements hold
the article; the blocks come from the page itself, with what stands beside the marked ones.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import takewhile
from typing import Any

from chatbot.article.furniture import is_link_line, stated_date, word_set
from chatbot.article.page import Block, Page, https, tidy, with_bold_headings
from chatbot.errors import ArticleError
from chatbot.text import fold, normalise, words

# A question that opens its answer, or a term above its meaning, heads what follows as a heading does.
_LEVELS = {f"h{n}": n for n in range(1, 7)} | {"summary": 4, "dt": 4}
_UNSEEN = (
    "script", "style", "noscript", "template", "svg", "iframe", "object", "select", "textarea", "button",
    "input", "label", "canvas", "audio", "video", "math",
)  # fmt: skip
_INLINE = word_set("""
    a abbr acronym b bdi bdo big cite code data del dfn em font i img ins kbd mark q s samp small span strike
    strong sub sup time tt u var wbr td th
""")
# What wraps a paragraph without being a place of its own on the page.
_WRAPPERS = word_set("""
    ul ol li dl dt dd details summary table thead tbody tfoot tr td th blockquote p pre figure figcaption
""")
_ASIDE = word_set("nav aside footer dialog")
_ASIDE_ROLES = word_set("navigation dialog alertdialog banner contentinfo complementary search menu")
_SITE_NAME = re.compile(r"\s[|»·•–—-]\s")
_ANCHORS = frozenset("#¶§🔗")  # what a heading's link to itself looks like
_SAVED_FROM = re.compile(r"<!-- saved from url=\(\d{4}\)(\S{1,999}) -->")  # as browsers note it
_MODIFIED = re.compile(r'"dateModified"\s{0,9}:\s{0,9}"(\d{4}-\d{2}-\d{2})')
_PUBLISHED = re.compile(r'"datePublished"\s{0,9}:\s{0,9}"(\d{4}-\d{2}-\d{2})')
_CHANGED = (
    "article:modified_time", "og:updated_time", "datemodified", "last-modified", "dcterms.modified", "revised"
)  # fmt: skip
_PUBLISHED_NAMES = ("article:published_time", "datepublished", "dcterms.date", "dc.date", "pubdate", "date")
_MANY_BLOCKS = 2000  # above this without trafilatura's second opinion, whose time grows with the square
_RUN = 3  # words; a block is the article's if the extractor's text has nearly all its runs of three words

Element = Any  # lxml has no types of its own


@dataclass
class _Found:
    """A block with its place on the page, while the page is walked."""

    text: str
    level: int
    is_link: bool
    point: bool
    is_bold: bool
    place: Element
    aside: bool
    kept: bool = False


def read_html(text: str, called: str) -> Page:
    """Read the web page in the file `called` so; raises ArticleError where its tags nest too deep."""
    tree = _parse(text, called)
    facts = _meta(tree)
    named = [tidy(facts.get("og:title", "")), tidy(" ".join(tree.xpath("//head/title/text()")))]
    stated = (*tree.xpath("//link[@rel='canonical']/@href"), facts.get("og:url", ""))
    addresses = (*stated, *_SAVED_FROM.findall(text[:4096]))
    updated = _updated(tree, facts)
    walked = list(_walk(tree))
    found = _choose(walked, _extracted(text, fast=len(walked) > _MANY_BLOCKS))
    title = _title([f for f in found if f.kept], named, facts.get("og:site_name", ""))
    first = next((i for i, f in enumerate(found) if f.kept and f.level and fold(f.text) == fold(title)), -1)
    blocks = [Block(f.text, f.level, f.is_link, f.point, f.is_bold) for f in found[first + 1 :] if f.kept]
    return Page(
        title,
        tuple(with_bold_headings(blocks)),
        tuple(_around(found, first)),
        next(filter(None, map(https, addresses)), None),
        updated,
    )


def _parse(text: str, called: str) -> Element:
    from lxml import etree, html

    parser = html.HTMLParser(remove_comments=True, remove_pis=True, encoding="utf-8")
    try:
        # Bytes, since a text that declares an encoding of its own is refused.
        tree = html.document_fromstring(text.encode(), parser=parser)
    except etree.ParserError as error:
        raise ArticleError(f"{called} holds HTML without text: save it with its text.") from error
    if tree.find("body") is None:
        raise ArticleError(f"{called} holds HTML without text: save it with its text.")
    if any("Excessive depth" in entry.message for entry in parser.error_log):
        raise ArticleError(
            f"{called} nests more than 250 HTML tags in each other, and what is inside them would be lost: "
            "save the article's text alone."
        )
    return tree


def _meta(tree: Element) -> dict[str, str]:
    facts: dict[str, str] = {}
    for tag in tree.iter("meta"):
        name = tag.get("property") or tag.get("name") or tag.get("itemprop") or ""
        facts.setdefault(name.lower(), tag.get("content") or "")
    return facts


def _updated(tree: Element, facts: dict[str, str]) -> str | None:
    """The date the page states in its structured data, its head or a <time>: the last change's, if it can."""
    data = " ".join(tree.xpath("//script[@type='application/ld+json']/text()"))
    times = tree.xpath("//time[@itemprop='dateModified' or contains(@class, 'updated')]/@datetime")
    changed = [*_MODIFIED.findall(data)[:1], *(facts.get(name, "") for name in _CHANGED), *times]
    published = [*_PUBLISHED.findall(data)[:1], *(facts.get(name, "") for name in _PUBLISHED_NAMES)]
    stated = [*changed, *published, *tree.xpath("//article//time/@datetime")]
    return next(filter(None, map(stated_date, stated)), None)


def _walk(tree: Element) -> Iterator[_Found]:
    """The page's headings and paragraphs in order, each with the element that holds it."""
    from lxml import etree

    _name_openers(tree)
    etree.strip_elements(tree, *_UNSEEN, with_tail=False)
    writer = _Writer()
    for event, tag in etree.iterwalk(tree.find("body"), events=("start", "end")):
        yield from writer.open(tag) if event == "start" else writer.close(tag)
    yield from writer.flush()


def _name_openers(tree: Element) -> None:
    """Tell the buttons that open a section, and so head it, from those that do something."""
    for button in tree.iter("button"):
        if any(tag.tag in _LEVELS for tag in button.iterancestors()):
            button.tag = "span"
        elif button.get("aria-expanded") or button.get("aria-controls"):
            button.tag = "summary"


@dataclass
class _Writer:
    """Gathers text until a tag ends the paragraph."""

    parts: list[str] = field(default_factory=list)
    length: int = 0  # characters written, and how many of them inside a link, or bold
    linked: int = 0
    bolded: int = 0
    links: int = 0  # how many of such tags are open
    bolds: int = 0
    level: int = 0
    points: int = 0
    asides: int = 0
    broken: bool = False
    place: Element = None

    def open(self, tag: Element) -> Iterator[_Found]:
        if tag.tag == "br":
            if self.broken or (self.bolded and self.bolded == self.length):
                yield from self.flush()  # an empty line, or the line below a bold one
            self.broken = True
            self.parts.append(" ")
        elif tag.tag not in _INLINE:
            yield from self.flush()
        elif tag.tag in ("td", "th") and self.length:
            self.parts.append(" – ")
        self._count(tag, 1)
        self._write(tag.text, tag)

    def close(self, tag: Element) -> Iterator[_Found]:
        if tag.tag not in _INLINE and tag.tag != "br":
            yield from self.flush()
        self._count(tag, -1)
        self._write(tag.tail, tag.getparent())

    def _count(self, tag: Element, step: int) -> None:
        self.links += step * (tag.tag == "a" and not (tag.get("href") or "#").startswith("#"))
        self.bolds += step * (tag.tag in ("b", "strong"))
        self.level += step * _LEVELS.get(tag.tag, 0)
        self.points += step * (tag.tag == "li")
        self.asides += step * _is_aside(tag)

    def _write(self, text: str | None, inside: Element) -> None:
        if not text or (inside.tag == "a" and text.strip() in _ANCHORS):
            return
        if written := len(text.strip()):
            self.broken = False
            self.place = inside if self.place is None else self.place
            self.length += written
            self.linked += written if self.links else 0
            self.bolded += written if self.bolds else 0
        self.parts.append(text)

    def flush(self) -> Iterator[_Found]:
        text = tidy("".join(self.parts))
        if text:
            most = self.length * 9 // 10
            yield _Found(
                text,
                level=min(self.level, 6),
                is_link=self.linked > most,
                point=self.points > 0 and not self.level,
                is_bold=self.bolded > most,
                place=_place(self.place),
                aside=self.asides > 0,
            )
        self.parts, self.length, self.linked, self.bolded = [], 0, 0, 0
        self.place, self.broken = None, False


def _is_aside(tag: Element) -> bool:
    """Whether the page itself says that this is no part of its main text, or not to be seen."""
    hidden = tag.get("hidden") is not None or tag.get("aria-hidden") == "true"
    return hidden or tag.tag in _ASIDE or tag.get("role") in _ASIDE_ROLES


def _place(tag: Element) -> Element:
    while tag.getparent() is not None and (tag.tag in _WRAPPERS or tag.tag in _INLINE or tag.tag in _LEVELS):
        tag = tag.getparent()
    return tag


def _extracted(text: str, *, fast: bool) -> list[str]:
    """The texts that trafilatura takes for the article's headings and paragraphs; none if it finds none."""
    import trafilatura
    from trafilatura.settings import Document

    page = trafilatura.bare_extraction(text, fast=fast, include_comments=False, favor_recall=True)
    return list(page.body.itertext()) if isinstance(page, Document) else []


def _choose(found: Sequence[_Found], extracted: Sequence[str]) -> Sequence[_Found]:
    """Mark what belongs to the article: what was extracted, what stands beside it, and their headings."""
    runs = {run for piece in extracted for run in _runs(piece)}
    for block in found:
        its = _runs(block.text)
        is_extracted = sum(run in runs for run in its) * 2 > len(its)
        block.kept = is_extracted if runs else not (block.aside or block.is_link)
    places = {f.place for f in found if f.kept and not f.level}
    homes = set(map(_home, places))
    headed = False
    for block in found:
        headed = bool(block.level) or (headed and block.is_link and block.point)
        listed = headed and block.point and block.place in places
        beside = not block.aside and (block.place in places or _home(block.place) in homes)
        if beside and not block.level and (not block.is_link or listed or is_link_line(block.text)):
            block.kept = True
    under = False
    for block in reversed(found):
        if block.level:
            block.kept = block.kept or (under and not block.aside)
        elif block.kept or not block.is_link:
            under = block.kept
    return found


def _runs(text: str) -> list[tuple[str, ...]]:
    said = words(normalise(text))
    return [tuple(said[i : i + _RUN]) for i in range(max(1, len(said) - _RUN + 1))]


def _home(place: Element) -> tuple[Element, str, str]:
    """What like parts of one page share: the element around them, their tag and their class."""
    return place.getparent(), place.tag, place.get("class") or ""


def _title(kept: Sequence[_Found], named: Sequence[str], site: str) -> str:
    """The page's title: a main heading, best one that its head names too; else what its head says.

    A logo can be a main heading as well; it links home, or has the name of the site, which the head names
    last. The title itself may be one level below, above the text.
    """
    stated = [fold(part) for name in named for part in (name, *_SITE_NAME.split(name))]
    above_text = takewhile(lambda f: f.level, kept)
    second = [f for f in above_text if f.level == 2 and fold(f.text) in stated]
    main = [f for f in (*(f for f in kept if f.level == 1), *second) if fold(f.text) != fold(site)]
    if main:
        return min(main, key=lambda f: ([*stated, fold(f.text)].index(fold(f.text)), f.is_link, f.level)).text
    return named[0] or _SITE_NAME.split(named[1])[0]


def _around(found: Sequence[_Found], first: int) -> Iterator[str]:
    """The texts beside the article, those that stand together as one."""
    together: list[str] = []
    for i, block in enumerate(found):
        if i < first or not block.kept:
            together.append(block.text)
        elif together:
            yield "\n\n".join(together)
            together = []
    if together:
        yield "\n\n".join(together)
