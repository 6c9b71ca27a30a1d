"""The shelf: articles that were read once, kept ready, so that a start need not read the pages again.

Reading a page may need nltk and an HTML parser, which take seconds to import, and 100 MB. What was read is
kept as JSON under a digest of the page and of the code that read it, behind one of its own bytes; a page
whose file does not fit is read anew.
"""

import hashlib
import json
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

from chatbot.model import Article, Dropped, Entry, Section, Source
from chatbot.text import sentences
from chatbot.whole import write_whole

Read = tuple[Article, tuple[Entry, ...]]


def read_page(
    data: bytes, name: str, folder: Path | None = None, taken: frozenset[str] = frozenset()
) -> Read:
    """An article and its passages with their sentences; from `folder` where it was read before.

    `taken` are ids that other articles' passages have. Raises ArticleError where the page is no article.
    """
    kept = folder / f"article-{_digest(data, name, taken)}.json" if folder is not None else None
    found = _taken(kept) if kept is not None else None
    if found is not None:
        return found
    if kept is None:
        return _read(data, name, taken)
    from chatbot import forks

    read = forks.aside(lambda: _read(data, name, taken))
    _put(kept, read)
    return read


def _read(data: bytes, name: str, taken: frozenset[str]) -> Read:
    from chatbot.article import passages, read_article  # seldom needed: what was read is kept

    article = read_article(data, name)
    pieces = passages(article, taken=taken)
    return article, tuple(replace(e, path=name, sentences=_sentences(e.answer)) for e in pieces)


def _sentences(answer: str) -> tuple[str, ...]:
    return tuple(s for paragraph in answer.split("\n\n") for s in sentences(paragraph))


def _digest(data: bytes, name: str, taken: frozenset[str]) -> str:
    here = Path(__file__)
    code = [here, here.with_name("text.py"), here.with_name("model.py"), *here.parent.glob("article/*.py")]
    parts = [name.encode(), data, repr(sorted(taken)).encode(), *(c.read_bytes() for c in sorted(code))]
    return hashlib.sha256(b"\0".join(hashlib.sha256(p).digest() for p in parts)).hexdigest()[:20]


def _taken(path: Path) -> Read | None:
    try:
        proof, _, kept = path.read_bytes().partition(b"\n")
        if proof != _proof(kept):
            return None
        given = json.loads(kept)
        return read_from(given)
    except (OSError, ValueError, KeyError, TypeError):
        return None


def _put(path: Path, read: Read) -> None:
    """Keep what was read; a folder that cannot be written costs the next start a second."""
    kept = json.dumps(as_json(read)).encode()
    with suppress(OSError):
        path.parent.mkdir(parents=True, exist_ok=True)
        write_whole(path, _proof(kept) + b"\n" + kept)


def as_json(read: Read) -> dict[str, Any]:
    """What was read, as values of JSON."""
    article, cut = read
    return {"article": asdict(article), "passages": [asdict(e) for e in cut]}


def read_from(given: Mapping[str, Any]) -> Read:
    """What was read, from `as_json`. Raises KeyError or TypeError for anything else."""
    return _article(given["article"]), tuple(_entry(e) for e in given["passages"])


def _proof(kept: bytes) -> bytes:
    """What tells a file that is whole from one with a word changed, which JSON alone does not."""
    return hashlib.sha256(kept).hexdigest().encode()


def _article(given: Mapping[str, Any]) -> Article:
    sections = tuple(Section(s["heading"], tuple(s["paragraphs"]), s["level"]) for s in given["sections"])
    dropped = tuple(Dropped(**d) for d in given["dropped"])
    return Article(**{**given, "sections": sections, "dropped": dropped})


def _entry(given: Mapping[str, Any]) -> Entry:
    lists = {k: tuple(given[k]) for k in ("phrasings", "related", "sentences")}
    return Entry(**{**given, **lists, "sources": tuple(Source(**s) for s in given["sources"])})
