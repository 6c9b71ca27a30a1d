"""A small pattern language over plain words, in which reviewed files say what a message sounds like.

A pattern is a row of places with a space between them:

    word        this word            a|b_c      one of these; "_" joins words that stand together
    <class>     a word of the class  suicid*    any word that begins so (four letters or more)
    place?      may be left out      ~ or ~5    up to three (five) words of any kind
    !a|b        the row ends before one of these (`~2 !a|b`: before any of these among the next two words)
    ^ and $     the sentence begins, or ends, here
"""

import re
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cached_property

MOST_SENTENCES = 20  # what is looked at on its own: a thousand characters cost no more than a page
HEAD = 4  # a pattern is looked up by the first letters of its rarest word
_EDGES = {"^": r"(?<=\. )", "$": r"(?=\. )"}
_CLASS = re.compile(r"<([a-z-]+)>")
_GAP = re.compile(r"~(\d?)")
_WORDS = re.compile(r"[^\W_]+(?:_[^\W_]+)*\*?")
_COMMON = frozenset(
    re.findall(
        r"\w+",
        """
        i am is are was be been to the a an of in on at and or my me he she they it you your his her him
        them we our us not no do does did have has had will would can could should if this that so for
        with want wants going go get got keep just all up out about from what how when who there feel
        think know if then some any one day time
        """,
    )
)


class PatternError(ValueError):
    """A pattern that cannot be read; its text says why."""


@dataclass(frozen=True)
class Place:
    """One place of a pattern: its regular expression, and the words that can stand there (none: any)."""

    regex: str
    words: tuple[str, ...] = ()
    is_required: bool = False

    @cached_property
    def heads(self) -> frozenset[str]:
        """The beginnings of the words that can stand here."""
        return frozenset(w.split(" ")[0].rstrip("*")[:HEAD] for w in self.words)

    @cached_property
    def commonness(self) -> tuple[int, int]:
        """How little a filled place tells: how many of its words are common, and how many there are."""
        return sum(w.split(" ")[0] in _COMMON for w in self.words), len(self.words)


@dataclass(frozen=True)
class Plain:
    """A message as plain words: `text` reads ". one sentence . another . "."""

    text: str

    @cached_property
    def heads(self) -> frozenset[str]:
        """The beginnings of its words, by which patterns are looked up."""
        return frozenset([w[:HEAD] for w in self.text.split(" ")])

    def by_sentence(self) -> list["Plain"]:
        """Its sentences, each framed in the same way; of very many, some neighbours together."""
        sentences = [s for s in self.text[2:].split(" . ") if s.strip(" .")]
        step = -(-len(sentences) // MOST_SENTENCES)
        if step > 1:
            sentences = [" ".join(sentences[i : i + step]) for i in range(0, len(sentences), step)]
        return [Plain(f". {s} . ") for s in sentences]


@dataclass(frozen=True)
class Pattern:
    """A pattern, ready to be looked for. `tag` is whatever its file says a hit means.

    A text can hold it only with one of `heads`, the word beginnings of its rarest place, and one of each of
    `others`, those of every other place that must be filled.
    """

    text: str
    tag: str
    source: str
    heads: frozenset[str] = field(repr=False)
    others: tuple[frozenset[str], ...] = field(repr=False, default=())

    @cached_property
    def regex(self) -> re.Pattern[str]:
        """Compiled when first needed: compiling all of them would double the time of a start."""
        return re.compile(self.source)


@dataclass(frozen=True)
class Vocabulary:
    """What a pattern's words may stand for: classes of words, and shorthand spelled out ("cant")."""

    classes: Mapping[str, tuple[str, ...]]
    shorthand: Mapping[str, tuple[str, ...]]
    # Each text once, as classes are long and stand in many patterns.
    _places: dict[str, Place] = field(init=False, repr=False, compare=False, default_factory=dict)
    _known: dict[str, tuple[str, ...]] = field(init=False, repr=False, compare=False, default_factory=dict)

    def place(self, text: str) -> Place:
        """Read one place."""
        if (known := self._places.get(text)) is None:
            known = self._places[text] = self._read(text)
        return known

    def _read(self, text: str) -> Place:
        if text in _EDGES:
            return Place(_EDGES[text])
        if gap := _GAP.fullmatch(text):
            return Place(rf"(?:[^ .]+ ){{0,{gap[1] or 3}}}?")
        is_barred, is_optional = text.startswith("!"), text.endswith("?")
        words = tuple(w for a in text.strip("!?").split("|") for w in self._one_of(a))
        one = f"(?:{'|'.join(map(_word, words))})"
        if is_barred:
            return Place(f"(?!{one})")
        is_anchor = not any(w == "$" or (w.endswith("*") and len(w) <= HEAD) for w in words)
        return Place(f"{one}?", words) if is_optional else Place(one, words, is_required=is_anchor)

    def _one_of(self, text: str) -> tuple[str, ...]:
        if (known := self._known.get(text)) is None:
            known = self._known[text] = self._alternatives(text)
        return known

    def _alternatives(self, text: str) -> tuple[str, ...]:
        if text.isalnum():
            return (self._written_out(text),)
        if match := _CLASS.fullmatch(text):
            if match[1] not in self.classes:
                raise PatternError(f"no class is called <{match[1]}>")
            return tuple(map(self._written_out, self.classes[match[1]]))
        if text != "$" and not _WORDS.fullmatch(text):
            raise PatternError(f"{text!r} is neither a word, a <class>, ~, ^ nor $")
        return (self._written_out(text.replace("_", " ")),)

    def _written_out(self, words: str) -> str:
        """The words as they read once shorthand is written out."""
        return " ".join(w for word in words.split(" ") for w in self.shorthand.get(word, (word,)))


def make_pattern(text: str, tag: str, vocabulary: Vocabulary) -> Pattern:
    """Read one pattern. Raises PatternError for a class that is not there or a place that makes no sense."""
    places = _places([vocabulary.place(t) for t in text.split()], text)
    required = sorted((p for p in places if p.is_required), key=lambda p: p.commonness)
    if not required:
        raise PatternError("no place names a word that must be there")
    rarest, *others = (p.heads for p in required)
    return Pattern(text, tag, r"(?<= )" + "".join(p.regex for p in places), rarest, tuple(others))


def _places(places: list[Place], text: str) -> list[Place]:
    """The places of a pattern, a barred last one widened by the gap before it."""
    texts = text.split()
    if len(texts) < 2 or not texts[-1].startswith("!"):
        return places
    # A gap would let the match slip past the barred place: nothing barred may stand in the gap's reach.
    reach = places[-2].regex if _GAP.fullmatch(texts[-2]) else ""
    barred = Place(f"(?!{reach}{places[-1].regex[3:]}")
    return [*places[: -2 if reach else -1], barred]


def _word(text: str) -> str:
    if text == "$":
        return _EDGES["$"]
    return (text.removesuffix("*") + "[^ .]*" if text.endswith("*") else text) + " "


class PatternSet:
    """Many patterns, of which only those are tried whose rarest word the message holds."""

    def __init__(self, patterns: Iterable[Pattern]) -> None:
        """Index `patterns` by the first letters of their rarest place."""
        by_head: defaultdict[str, list[tuple[int, Pattern]]] = defaultdict(list)
        for number, pattern in enumerate(patterns):
            for head in pattern.heads:
                by_head[head].append((number, pattern))
        self._by_head = dict(by_head)
        self._heads = frozenset(by_head)

    def candidates(self, plain: Plain) -> list[Pattern]:
        """The patterns worth trying, in file order."""
        heads = plain.heads
        held = heads & self._heads
        if not held:
            return []
        found = {n: p for h in held for n, p in self._by_head[h] if not any(map(heads.isdisjoint, p.others))}
        return [found[n] for n in sorted(found)]

    def tags(self, plain: Plain) -> tuple[str, ...]:
        """The tags of the patterns that the text holds, each once."""
        return tuple(dict.fromkeys(p.tag for p in self.candidates(plain) if p.regex.search(plain.text)))

    def holds(self, plain: Plain) -> bool:
        """Whether the text holds any of them."""
        return any(p.regex.search(plain.text) for p in self.candidates(plain))

    def blank(self, plain: Plain, by: str) -> Plain:
        """The text with every match replaced by the word `by`."""
        text = plain.text
        for pattern in self.candidates(plain):
            text = pattern.regex.sub(f"{by} ", text)
        return plain if text == plain.text else Plain(text)
