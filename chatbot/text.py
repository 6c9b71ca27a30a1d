"""What is done to words before anything looks at them: folding, sentences, terms. The only home of nltk."""

import re
import threading
import unicodedata
from functools import cache, lru_cache
from typing import TYPE_CHECKING

import Stemmer

if TYPE_CHECKING:
    from nltk.tokenize.punkt import PunktSentenceTokenizer

MAX_FOLDED = 1200
WORD = re.compile(r"[^\W_]+(?:'[^\W_]+)*")
_SPACES = re.compile(r"\s+")
_STRETCHED = re.compile(r"(\w)\1{2,}")
_QUOTES = str.maketrans(
    dict.fromkeys("‘’‚‛′´`ʼ＇", "'") | dict.fromkeys("“”„‟″«»＂", '"') | dict.fromkeys("‐‑‒–—−", "-")
)
# Letters of other alphabets that look Latin (Unicode confusables, the ones used to slip past filters).
_LOOKALIKES = str.maketrans(
    "авсԁеһіјкӏмнорԛгѕтуѵԝхαβεηικνορτυχωɡıⅼ",
    "abcdehijklmhopqrstyvwxabenikvoptuxwgil",
)
_LATIN = re.compile(r"[a-z]")
_FOREIGN = re.compile(r"[ɐ-ͯͰ-ӿԀ-ԯ]")
_ABBREVIATIONS = frozenset(
    {"dr", "mr", "mrs", "ms", "prof", "st", "vs", "etc", "e.g", "i.e", "a.m", "p.m", "u.s", "inc", "no"}
    | {"dept", "approx", "ph.d", "m.d", "jr", "sr"}
)


def fold(text: str) -> str:
    """One plain form of what was typed, letters' case kept.

    NFKC; typographic quotes and dashes made plain; controls, surrogates, zero-width characters and
    combining marks dropped; one space between words.
    """
    if text.isascii() and text.isprintable() and "`" not in text:
        return " ".join(text.split())
    # NFKC makes a space and a combining mark of the acute accent that stands for an apostrophe.
    text = unicodedata.normalize("NFKC", text.translate(_QUOTES)).translate(_QUOTES)
    text = unicodedata.normalize("NFD", text)
    return _SPACES.sub(" ", unicodedata.normalize("NFC", text.translate(_KEPT))).strip()


_DROPPED = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Mn", "Me"})
_MAX_KNOWN_SIGNS = 4096


class _Kept(dict[int, int | str | None]):
    """What `fold` makes of a sign, looked up once; no flood of strange ones makes it grow without end."""

    def __missing__(self, code: int) -> int | str | None:
        if len(self) >= _MAX_KNOWN_SIGNS:
            self.clear()
        sign = chr(code)
        kept = code if unicodedata.category(sign) not in _DROPPED else " " if sign.isspace() else None
        self[code] = kept
        return kept


_KEPT = _Kept()


def fold_message(text: str) -> str:
    """`fold` of what somebody typed: one sign may stand for eighteen, a thousand for no more than these."""
    return fold(text)[:MAX_FOLDED]


def one_spelling(text: str) -> str:
    """The text without what does not make it another message: capitals, and how many spaces."""
    return " ".join(text.lower().split())


def normalise(text: str) -> str:
    """`fold`, in lower case, with look-alike letters made Latin in words that mix alphabets.

    A letter repeated three times or more stands twice ("heeelp" and "heelp" are one word).
    """
    text = fold(text).casefold()
    if not text.isascii() and _FOREIGN.search(text):
        text = " ".join(_latin(word) for word in text.split(" "))
    return _STRETCHED.sub(r"\1\1", text)


def _latin(word: str) -> str:
    return word.translate(_LOOKALIKES) if _LATIN.search(word) else word


def words(text: str) -> list[str]:
    """The words of a normalised text, apostrophes inside words left out ("can't" is "cant")."""
    return [w.replace("'", "") for w in WORD.findall(text)]


def plain(text: str) -> str:
    """The text's normalised words, for comparing with fixed wordings."""
    return " ".join(words(normalise(text)))


class _Stemmers(threading.local):
    """A stemmer for each thread: it works on a buffer of its own, and two threads' words would mix there."""

    def __init__(self) -> None:
        self.english = Stemmer.Stemmer("english", 0)


_stemmers = _Stemmers()


@lru_cache(maxsize=65536)
def stem(word: str) -> str:
    """The word's Porter2 stem (Porter, 2001)."""
    return str(_stemmers.english.stemWord(word)) if len(word) < 40 else word


def sentences(text: str) -> tuple[str, ...]:
    """The sentences of a paragraph, as they stand (Punkt, Kiss and Strunk 2006, with fixed abbreviations)."""
    return tuple(s.strip() for s in _punkt().tokenize(text) if s.strip())


@cache
def _punkt() -> "PunktSentenceTokenizer":
    from nltk.tokenize.punkt import PunktParameters, PunktSentenceTokenizer

    parameters = PunktParameters()
    parameters.abbrev_types = set(_ABBREVIATIONS)
    return PunktSentenceTokenizer(parameters)
