"""Topics of every shape that may be imported, for hypothesis."""

from hypothesis import strategies as st

from chatbot.formats import FIELDS
from chatbot.model import Entry, Source

# Letters that files like to break: quotes, delimiters, formulas, Markdown, other alphabets, emoji.
_SIGNS = "abcXYZ 09éßñ’“–|,;\t'\"=+-@#?!.:/\\_*`~()[]&%$€日本ע👩‍👧"
_WORDS = st.text(_SIGNS.replace("\t", ""), min_size=1, max_size=40).map(lambda s: " ".join(s.split()))
_LINES = _WORDS.filter(bool)
_IDS = st.from_regex(r"[a-z][a-z0-9]{0,6}(-[a-z0-9]{1,6}){0,3}", fullmatch=True)


def _is_text(answer: str) -> bool:
    return bool(answer) and not any(line.startswith(("# ", "## ")) for line in answer.split("\n"))


_ANSWERS = (
    st.lists(st.one_of(_LINES, st.just("")), min_size=1, max_size=5)
    .map(lambda lines: "\n".join(lines).strip())
    .filter(_is_text)
)
_SOURCES = st.builds(
    Source,
    _LINES.map(lambda s: s.replace("<", "").strip() or "x").filter(lambda s: not s.startswith("https://")),
    st.sampled_from([None, "https://example.org/a?b=1&c=2", "http://example.org/"]),
)


@st.composite
def topics(draw: st.DrawFn, most: int = 3) -> list[Entry]:
    """Topics with ids and questions of their own, whose related topics are among them."""
    ids = draw(st.lists(_IDS, min_size=1, max_size=most, unique=True))
    return [
        Entry(
            id=each,
            question=f"{draw(_LINES)} {number}?",
            answer=draw(_ANSWERS),
            phrasings=tuple(draw(st.lists(_LINES, max_size=4, unique=True))),
            kind=draw(st.sampled_from(["article", "general", "clinic", "mixed"])),
            sources=tuple(draw(st.lists(_SOURCES, max_size=3))),
            related=tuple(draw(st.lists(st.sampled_from(ids), max_size=3, unique=True))),
            reviewed=draw(st.sampled_from([None, "2026-11-23", "2024-02-29"])),
            law=draw(st.booleans()),
            owner=draw(st.sampled_from(["", "Dr. Lee", "front desk"])),
            until=draw(st.sampled_from([None, "2099-12-31"])),
            group=draw(st.sampled_from(["", "Care", "What it = costs"])),
        )
        for number, each in enumerate(ids)
    ]


def kept(entry: Entry, fields: frozenset[str]) -> tuple[object, ...]:
    """What of a topic a format that holds these fields gives back."""
    return tuple(getattr(entry, field) if field in fields else None for field in FIELDS)
