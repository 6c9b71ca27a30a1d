"""The shelf: what was read once, kept ready, so that a start need not read it again.

Reading a page may need nltk and an HTML parser, which take seconds to import, and 100 MB; to parse a folder
of knowledge takes longer than to answer from it. What was read is kept as JSON under a fingerprint of what
it was read from, behind a digest of its own bytes; what does not fit is read anew.
"""

import json
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any, Generic, TypeVar

from chatbot.fingerprint import digest, fingerprint
from chatbot.model import Article, Dropped, Entry, Section, Source
from chatbot.text import sentences
from chatbot.whole import write_whole

Read = tuple[Article, tuple[Entry, ...]]
KEPT = 3  # files of the same thing: as it is, as it is tried out, and as it was
SHORT = 8  # digits that tell one thing from another
Thing = TypeVar("Thing")


@dataclass(frozen=True)
class Sort(Generic[Thing]):
    """A sort of thing, and how it is written as values of JSON and read from them."""

    name: str
    as_json: Callable[[Thing], Any]
    read_from: Callable[[Any], Thing]


def kept(shelf: Path, sort: Sort[Thing], name: str, made_from: object, read: Callable[[], Thing]) -> Thing:
    """What is kept of that name in the folder `shelf`, or else what `read` returns, which is kept there.

    `made_from` is as `fingerprint` takes it. A folder that cannot be written costs the next start the time
    of reading.
    """
    stem = f"{sort.name}-{digest(name.encode())[:SHORT]}"
    path = shelf / f"{stem}-{fingerprint(made_from)}.json"
    with suppress(OSError, ValueError, KeyError, TypeError):
        proof, _, written = path.read_bytes().partition(b"\n")
        if proof == digest(written).encode():  # JSON alone does not tell that a word was changed
            return sort.read_from(json.loads(written))
    thing = read()
    written = json.dumps(sort.as_json(thing)).encode()
    with suppress(OSError):
        shelf.mkdir(parents=True, exist_ok=True)
        write_whole(path, digest(written).encode() + b"\n" + written)
        by_age = sorted(shelf.glob(f"{stem}-*.json"), key=lambda p: p.stat().st_mtime, reverse=True)
        for older in by_age[KEPT:]:
            older.unlink(missing_ok=True)
    return thing


def read_page(
    data: bytes, name: str, folder: Path | None = None, taken: frozenset[str] = frozenset()
) -> Read:
    """An article and its passages with their sentences; from the shelf `folder` where it was read before.

    `taken` are ids that other articles' passages have. Raises ArticleError where the page is no article.
    """
    if folder is None:
        return _read(data, name, taken)

    def aside() -> Read:
        from chatbot import forks

        return forks.aside(lambda: _read(data, name, taken))

    made_from = (name, digest(data), sorted(taken))
    return kept(folder, Sort("article", as_json, read_from), name, made_from, aside)


def _read(data: bytes, name: str, taken: frozenset[str]) -> Read:
    from chatbot.article import passages, read_article  # seldom needed: what was read is kept

    article = read_article(data, name)
    pieces = passages(article, taken=taken)
    return article, tuple(replace(e, path=name, sentences=_sentences(e.answer)) for e in pieces)


def _sentences(answer: str) -> tuple[str, ...]:
    return tuple(s for paragraph in answer.split("\n\n") for s in sentences(paragraph))


def as_json(read: Read) -> dict[str, Any]:
    """What was read, as values of JSON."""
    article, cut = read
    return {"article": asdict(article), "passages": [asdict(e) for e in cut]}


def read_from(given: Mapping[str, Any]) -> Read:
    """What was read, from `as_json`. Raises KeyError or TypeError for anything else."""
    return article_from(given["article"]), tuple(map(entry_from, given["passages"]))


def entry_from(given: Mapping[str, Any]) -> Entry:
    """An entry from its fields as values of JSON. Raises KeyError or TypeError for anything else."""
    lists = {k: tuple(given[k]) for k in ("phrasings", "related", "sentences")}
    return Entry(**{**given, **lists, "sources": tuple(Source(**s) for s in given["sources"])})


def article_from(given: Mapping[str, Any]) -> Article:
    """An article from its fields as values of JSON. Raises KeyError or TypeError for anything else."""
    sections = tuple(Section(s["heading"], tuple(s["paragraphs"]), s["level"]) for s in given["sections"])
    dropped = tuple(Dropped(**d) for d in given["dropped"])
    return Article(**{**given, "sections": sections, "dropped": dropped})
