"""What was typed, as plain words: contractions spelled out, disguises off, key words' spelling mended."""

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from chatbot.patterns import Plain
from chatbot.text import normalise

_ENDS = re.compile(r"[.?!;:]+(?=[\s\"')\]]|$)|[¿¡|]")
_UNIT = re.compile(r"(?<=\d)(?=m[gl]s?\b|mcg\b)")
# Without these, "I'm dead" with a laughing face would read as said in earnest.
_LAUGHTER = re.compile("[😂🤣😆😹💀☠]+")
_PICTURES = str.maketrans(
    {"💊": " pills ", "🔫": " gun ", "🔪": " knife ", "🗡": " knife ", "🪒": " razor ", "🩸": " blood "}
    | {"💉": " needle ", "⚰": " my funeral ", "🪦": " my grave ", "🚬": " smoke ", "🍺": " beer "}
)
_TO = re.compile(r"\b(want|wants|need|needs|have|going|ready|try|trying|like|about|used) 2 (?=[a-z])")
_PIECE = re.compile(r"[^\W_]+")
_DIGIT_IN_WORD = re.compile(r"(?=\D*\d)(?=[^a-z]*[a-z])")
_ENDINGS = (("n't", "not"), ("'m", "am"), ("'ll", "will"), ("'re", "are"), ("'ve", "have"), ("'d", "would"))
_LEET = (
    str.maketrans("4@831!|0$57+", "aabeiiiosstt"),
    str.maketrans("4@831!|0$57+", "aabelllosstt"),
)
_SYMBOLS = re.compile(r"[@$!|+*#%]")
_STARS = re.compile(r"[*#%._-]+")
_LONGEST = 40  # longer runs of letters are no words


@dataclass(frozen=True)
class Reader:
    """Turns messages into plain words.

    `shorthand` maps a word to the words it stands for, `keys` are the words whose misspellings and
    disguises matter, `known` those that are never taken for a misspelling.
    """

    shorthand: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    keys: frozenset[str] = frozenset()
    known: frozenset[str] = frozenset()
    _by_letter: Mapping[str, tuple[str, ...]] = field(init=False, repr=False, default_factory=dict)

    def __post_init__(self) -> None:
        """Sort the key words by first letter: a misspelling is looked for among those only."""
        by_letter: defaultdict[str, list[str]] = defaultdict(list)
        for key in sorted(self.keys):
            by_letter[key[0]].append(key)
        object.__setattr__(self, "_by_letter", {c: tuple(k) for c, k in by_letter.items()})

    def read(self, message: str) -> Plain:
        """The message's plain words."""
        spoken = _LAUGHTER.sub(" lol ", message)
        if not spoken.isascii():
            spoken = spoken.translate(_PICTURES)
        sentences = (self._sentence(s) for s in _ENDS.split(_UNIT.sub(" ", normalise(spoken))))
        text = "".join(f"{' '.join(s)} . " for s in sentences if s)
        return Plain(". " + _TO.sub(r"\1 to ", text))

    def _sentence(self, text: str) -> list[str]:
        tokens = [t for chunk in text.split() for t in self._tokens(chunk)]
        if sum(len(t) == 1 for t in tokens) > 2:
            tokens = list(self._spelled(tokens))
        return [w for t in self._joined(tokens) for w in self._plain(t)]

    def _tokens(self, chunk: str) -> Iterable[str]:
        if chunk.isalpha():
            return (chunk,)
        if "'" in chunk:
            chunk, extra = _contraction(chunk)
            return (*_PIECE.findall(chunk), *extra)
        is_odd = _SYMBOLS.search(chunk) or _DIGIT_IN_WORD.match(chunk)
        found = self._disguised(chunk) if is_odd else None
        return (found,) if found else _PIECE.findall(chunk)

    def _disguised(self, chunk: str) -> str | None:
        """The key word behind digits, symbols or stars, if there is one."""
        core = chunk.strip("\"'(),.?!…")
        for table in _LEET:
            word = core.translate(table)
            if word in self.keys:
                return word
            if word.isalpha() and word not in self.known and (near := self._mended(word)):
                return near
        if "*" not in chunk and "#" not in chunk and "%" not in chunk:
            return None
        mask = re.compile("".join(c if c.isalnum() else "." for c in core[:_LONGEST]))
        return next((k for k in self._by_letter.get(core[:1], ()) if mask.fullmatch(k)), None)

    def _spelled(self, tokens: list[str]) -> Iterator[str]:
        """Words typed letter by letter, put together again."""
        run: list[str] = []
        for token in [*tokens, ""]:
            if len(token) == 1:
                run.append(token)
                continue
            yield from self._cut("".join(run)) or run if len(run) > 2 else run
            run = []
            if token:
                yield token

    def _joined(self, tokens: list[str]) -> list[str]:
        """Key words typed in two pieces ("over dose"), put together again."""
        joined: list[str] = []
        for token in tokens:
            if joined and joined[-1] + token in self.keys:
                joined[-1] += token
            else:
                joined.append(token)
        return joined

    def _plain(self, token: str) -> tuple[str, ...]:
        if token in self.shorthand:
            return self.shorthand[token]
        if token in self.known or token in self.keys or not token.isalpha():
            return (token,)
        if not self.keys or not 2 < len(token) <= _LONGEST:
            return (token,)
        if mended := self._mended(token):
            return (mended,)
        return tuple(self._cut(token)) or (token,) if len(token) > 7 else (token,)

    def _mended(self, token: str) -> str | None:
        """The key word of which the token is a misspelling: one slip, two in a long word."""
        single = re.sub(r"(\w)\1", r"\1", token)
        if single in self.keys or (single != token and single in self.known):
            return single
        if len(token) < 4:
            return None
        from rapidfuzz.distance import OSA  # most messages have no misspelling

        limit = 2 if len(token) > 7 else 1
        near = [
            (distance, key)
            for key in self._by_letter.get(token[0], ())
            if abs(len(key) - len(token)) <= limit
            and len(key) > 3
            and (distance := OSA.distance(token, key, score_cutoff=limit)) <= limit
        ]
        return min(near)[1] if near else None

    def _cut(self, run: str) -> list[str]:
        """A run of letters cut into known words, one of them a key word; empty where that cannot be done."""
        words: list[str] = []
        start = 0
        while start < min(len(run), _LONGEST):
            ends = range(len(run), start, -1)
            word = next((run[start:e] for e in ends if self._is_word(run[start:e])), None)
            if word is None:
                return []
            words.append(word)
            start += len(word)
        return words if any(w in self.keys for w in words) else []

    def _is_word(self, text: str) -> bool:
        return text in self.keys or text in "ia2" or (len(text) > 1 and text in self.known)


def _contraction(chunk: str) -> tuple[str, tuple[str, ...]]:
    """The chunk without its contracted ending, and the words the ending stands for."""
    core = chunk.strip("\"'(),.?!…")
    for ending, word in _ENDINGS:
        if core.endswith(ending) and core != ending:
            stem = core.removesuffix(ending)
            return {"ca": "can", "wo": "will", "sha": "shall"}.get(stem, stem.replace("'", "")), (word,)
    if core.endswith("'s"):
        stem = core.removesuffix("'s")
        return stem.replace("'", ""), ("is",) if stem in _IS else ()
    return core.replace("'", ""), ()


_IS = frozenset(
    re.findall(r"\w+", "he she it that there who what here where how everything nothing something everyone")
)
