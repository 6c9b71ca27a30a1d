"""A knowledge folder: its files read and parsed, and what was parsed kept ready on the shelf."""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict
from functools import partial
from itertools import groupby
from operator import itemgetter
from pathlib import Path
from typing import Any, NamedTuple

from chatbot.errors import ArticleError, KnowledgeError
from chatbot.fingerprint import digest
from chatbot.guide import HelpLine, Sentence
from chatbot.model import Article, Asked, Entry
from chatbot.patterns import Pattern
from chatbot.safety import Guide, parse_guide
from chatbot.shelf import Read, Sort, article_from, entry_from, kept, read_page
from chatbot.thesaurus import Thesaurus
from chatbot.topicfile import parse

PACKAGED = Path(__file__).resolve().parent.parent / "knowledge"
MAX_FILE_BYTES = 5_000_000
_ARTICLE_ENDINGS = (".txt", ".md", ".html", ".htm")
_GUIDE_ENDINGS = (".md", ".txt", ".toml")


class Folder(NamedTuple):
    """What a knowledge folder says, as `Knowledge` takes it."""

    topics: tuple[Entry, ...]
    passages: tuple[Entry, ...]
    lines: tuple[Entry, ...]
    articles: tuple[Article, ...]
    background: tuple[str, ...]
    asked: tuple[Asked, ...]
    thesaurus: Thesaurus
    guide: Guide


def read_folder(folder: Path, shelf: Path | None = None) -> Folder:
    """Read and parse a knowledge folder; its articles from `shelf` where they were read before.

    Raises KnowledgeError naming file and line where something breaks the format.
    """
    if not folder.is_dir():
        raise KnowledgeError(folder, None, "no such folder: name one that holds topics/ and articles/")
    return _parse(folder, _bytes_of(folder), shelf)


def read_delivered(shelf: Path | None = None) -> Folder:
    """The folder that the program is delivered with; from `shelf` where none of its files has changed.

    Only of this one all is kept: nothing in it is a clinic's own, so that the shelf may be lent.
    """
    if shelf is None:
        return read_folder(PACKAGED)
    files = _bytes_of(PACKAGED)
    made_from = [(str(p), digest(data)) for p, data in files.items()]
    read = partial(_parse, PACKAGED, files, shelf)
    return kept(shelf, Sort("folder", _as_json, _folder_from), str(PACKAGED), made_from, read)


def _bytes_of(folder: Path) -> dict[Path, bytes]:
    """The files that are read, in order."""
    alone = [folder / name for name in ("bot.md", "background.txt", "asked.jsonl", "synonyms.txt")]
    paths = [
        *_ending(folder / "articles", _ARTICLE_ENDINGS),
        *_ending(folder / "topics", (".md",)),
        *(p for p in alone if p.is_file()),
        *_ending(folder / "crisis", _GUIDE_ENDINGS),
    ]
    return {p: _read_bytes(p) for p in paths}


def _ending(folder: Path, endings: Sequence[str]) -> list[Path]:
    return sorted(p for p in folder.glob("*") if p.suffix.lower() in endings) if folder.is_dir() else []


def _parse(folder: Path, files: Mapping[Path, bytes], shelf: Path | None) -> Folder:
    def within(name: str) -> dict[Path, bytes]:
        return {p: data for p, data in files.items() if p.parent == folder / name}

    def text(name: str) -> str:
        path = folder / name
        return _decoded(path, files.get(path, b""))

    articles: list[Read] = []
    for path, data in within("articles").items():
        taken = frozenset(e.id for _, cut in articles for e in cut)
        articles.append(_read_article(path, data, shelf, taken))
    read = Folder(
        topics=tuple(e for p, d in within("topics").items() for e in parse(_decoded(p, d), str(p))),
        passages=tuple(e for _, cut in articles for e in cut),
        lines=parse(text("bot.md"), str(folder / "bot.md")),
        articles=tuple(a for a, _ in articles),
        background=tuple(dict.fromkeys(_listed(text("background.txt")))),
        asked=tuple(_read_asked(text("asked.jsonl"), str(folder / "asked.jsonl"))),
        thesaurus=Thesaurus.parse(text("synonyms.txt").splitlines(), str(folder / "synonyms.txt")),
        guide=parse_guide({p.name: _decoded(p, d) for p, d in within("crisis").items()}),
    )
    # Before one layer covers another: there an id that stands twice is a change, here it is a slip.
    ids_given_once((*read.lines, *read.passages, *read.topics))
    return read


def ids_given_once(entries: Sequence[Entry]) -> Mapping[str, Entry]:
    """The entries by id. Raises KnowledgeError where two have the same."""
    seen: dict[str, Entry] = {}
    for entry in entries:
        first = seen.setdefault(entry.id, entry)
        if first is not entry:
            where = f"{first.path}:{first.line}" if first.line else first.path
            fact = f"id {entry.id!r} is taken by {where}: choose another"
            raise KnowledgeError(entry.path, entry.line, fact)
    return seen


def _listed(text: str) -> Iterable[str]:
    lines = (line.strip() for line in text.splitlines())
    return (line for line in lines if line and not line.startswith("#"))


def _read_asked(text: str, path: str) -> Iterable[Asked]:
    return (_asked(line, path, i) for i, line in enumerate(text.splitlines(), 1) if line)


def _asked(line: str, path: str, number: int) -> Asked:
    try:
        given = json.loads(line)
        return Asked(str(given["question"]), tuple(map(str, given["topics"])))
    except (ValueError, KeyError, TypeError) as error:
        expected = 'expected {"question": "…", "topics": ["id", …]}'
        raise KnowledgeError(path, number, f"{expected}, not {line[:60]!r}") from error


def _read_article(path: Path, data: bytes, shelf: Path | None, taken: frozenset[str]) -> Read:
    try:
        return read_page(data, path.name, shelf, taken)
    except ArticleError as error:
        raise KnowledgeError(path, None, str(error)) from error


def read_text(path: Path) -> str:
    """A knowledge file's text. Raises KnowledgeError where it cannot be read, is too large or not UTF-8."""
    return _decoded(path, _read_bytes(path))


def _decoded(path: Path, data: bytes) -> str:
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError as error:
        raise KnowledgeError(path, None, f"not UTF-8 at byte {error.start}: save it as UTF-8") from error


def _read_bytes(path: Path) -> bytes:
    try:
        if path.stat().st_size > MAX_FILE_BYTES:
            raise KnowledgeError(path, None, f"larger than {MAX_FILE_BYTES // 1_000_000} MB: split it")
        return path.read_bytes()
    except OSError as error:
        raise KnowledgeError(path, None, f"cannot be read: {error.strerror}") from error


# --- on the shelf --------------------------------------------------------------------------------------


def _as_json(read: Folder) -> dict[str, Any]:
    """The folder as values of JSON. Tables whose keys are words become lists of pairs."""
    tables = read.thesaurus.plain, read.thesaurus.concepts
    return {
        "articles": [asdict(a) for a in read.articles],
        "entries": [[asdict(e) for e in some] for some in (read.topics, read.passages, read.lines)],
        "background": read.background,
        "asked": [(a.question, a.topics) for a in read.asked],
        "thesaurus": [list(table.items()) for table in tables],
        "guide": _guide_as_json(read.guide),
    }


def _folder_from(given: Mapping[str, Any]) -> Folder:
    """The reverse of `_as_json`."""
    topics, passages, lines = (tuple(map(entry_from, some)) for some in given["entries"])
    plain, concepts = ({tuple(k): tuple(v) for k, v in table} for table in given["thesaurus"])
    return Folder(
        topics,
        passages,
        lines,
        articles=tuple(map(article_from, given["articles"])),
        background=tuple(given["background"]),
        asked=tuple(Asked(question, tuple(topics)) for question, topics in given["asked"]),
        thesaurus=Thesaurus(plain, concepts),
        guide=_guide_from(given["guide"]),
    )


def _guide_as_json(guide: Guide) -> dict[str, Any]:
    """The guide as values of JSON. Many patterns share a set of word beginnings: each stands once."""
    numbers: dict[frozenset[str], int] = {}

    def number(heads: frozenset[str]) -> int:
        return numbers.setdefault(heads, len(numbers))

    patterns = {
        section: [(p.text, p.tag, p.source, number(p.heads), list(map(number, p.others))) for p in some]
        for section, some in guide.patterns.items()
    }
    by_file = groupby(guide.sentences, key=itemgetter(1, 2))
    return {
        "help_lines": [asdict(line) for line in guide.help_lines],
        "lines": [asdict(entry) for entry in guide.lines],
        "sentences": [[*of, [s.text for s in some]] for of, some in by_file],
        "patterns": patterns,
        "heads": [sorted(heads) for heads in numbers],
        "shorthand": guide.shorthand,
        "keys": guide.keys,
        "known": guide.known,
        "alike": guide.alike,
        "told": guide.told,
    }


def _guide_from(given: Mapping[str, Any]) -> Guide:
    """The reverse of `_guide_as_json`."""
    heads = list(map(frozenset, given["heads"]))
    help_lines = (HelpLine(**{**line, "kinds": tuple(line["kinds"])}) for line in given["help_lines"])
    patterns = {
        section: tuple(
            Pattern(text, tag, source, heads[rarest], tuple(heads[other] for other in others))
            for text, tag, source, rarest, others in some
        )
        for section, some in given["patterns"].items()
    }
    guide = Guide(
        tuple(help_lines),
        tuple(map(entry_from, given["lines"])),
        tuple(Sentence(text, *of) for *of, texts in given["sentences"] for text in texts),
        patterns,
        shorthand={short: tuple(meaning) for short, meaning in given["shorthand"].items()},
        keys=tuple(given["keys"]),
        known=tuple(given["known"]),
        alike=given["alike"],
    )
    vars(guide)["told"] = given["told"]  # as it would be found again, in a tenth of a start
    return guide
