"""The knowledge folder: read, laid over, asked for what may be said."""

import hashlib
import json
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from functools import cached_property
from pathlib import Path

from chatbot.errors import ArticleError, KnowledgeError
from chatbot.markup import escape
from chatbot.model import Article, Asked, Entry, Profile, Source
from chatbot.safety import Guide, parse_guide
from chatbot.shelf import Read, read_page
from chatbot.text import plain
from chatbot.thesaurus import Thesaurus
from chatbot.topicfile import parse

PACKAGED = Path(__file__).resolve().parent.parent / "knowledge"
MAX_FILE_BYTES = 5_000_000
_PLACEHOLDER = re.compile(r"\{clinic\.([a-z_]+)(\??)\}")  # with a question mark: can be done without
_ARTICLE_ENDINGS = (".txt", ".md", ".html", ".htm")


@dataclass(frozen=True)
class Knowledge:
    """All that the bot knows and may say. Immutable; `load` reads it from a folder.

    `ordinary` are the messages that are no crisis from which the guard learns, where that is to be something
    else than the topics: a change of topics then leaves the guard as it is.
    """

    topics: tuple[Entry, ...]
    passages: tuple[Entry, ...] = ()
    lines: tuple[Entry, ...] = ()
    articles: tuple[Article, ...] = ()
    background: tuple[str, ...] = ()
    asked: tuple[Asked, ...] = ()
    thesaurus: Thesaurus = field(default_factory=Thesaurus)
    guide: Guide = field(default_factory=Guide)
    profile: Profile = field(default_factory=Profile)
    ordinary: tuple[str, ...] = field(default=(), repr=False)
    expired: frozenset[str] = frozenset()  # ids of topics whose last day is over

    @classmethod
    def load(
        cls,
        folder: str | Path | None = None,
        *,
        extra: Path | None = None,
        profile: Profile | None = None,
        shelf: Path | None = None,
    ) -> "Knowledge":
        """Read a knowledge folder (the packaged one by default), with the folder `extra` laid over it.

        `shelf` is a folder where articles that were read are kept ready.

        What the folder lacks beside topics and articles (the bot's own lines, crisis knowledge, background
        questions, thesaurus) is taken from the packaged one: no bot is without them. Raises KnowledgeError
        naming file and line where something breaks the format.
        """
        ground = _read_folder(PACKAGED, shelf)
        ground = replace(ground, ordinary=ground.harmless)
        if folder is not None and Path(folder).resolve() != PACKAGED:
            ground = overlay(_without_answers(ground), _read_folder(Path(folder), shelf))
        return ground.under(extra, profile, shelf)

    def under(
        self, extra: Path | None = None, profile: Profile | None = None, shelf: Path | None = None
    ) -> "Knowledge":
        """The same with the folder `extra` laid over it, if there is one, and with a clinic's facts.

        Raises KnowledgeError as `load` does.
        """
        ground = self
        if extra is not None and extra.is_dir():
            ground = overlay(ground, _read_folder(extra, shelf))
        ground = replace(ground, profile=profile or Profile())
        ground.check_references()
        return ground

    @cached_property
    def told(self) -> str:
        """A digest of what an index is learned from: all but the guide, and what a clinic's facts decide."""
        rest = replace(self, guide=Guide(), profile=Profile(), expired=frozenset())
        return hashlib.sha256(repr((rest, self.ordinary)).encode()).hexdigest()

    # The later wins: a topic takes the place of a passage or line of the same id.
    @cached_property
    def entries(self) -> Mapping[str, Entry]:
        """Everything that can be said, by id: topics, passages and the bot's own lines."""
        return {e.id: e for e in (*self.lines, *self.passages, *self.topics)}

    @property
    def harmless(self) -> tuple[str, ...]:
        """Messages that are no crisis: what topics and small talk answer, and what is asked elsewhere."""
        if self.ordinary:
            return self.ordinary
        known = (w for e in (*self.topics, *self.lines) for w in (e.question, *e.phrasings))
        return (*known, *(a.question for a in self.asked), *self.background)

    @cached_property
    def published(self) -> tuple[Entry, ...]:
        """The topics a visitor can be answered with: not expired, and their profile fields filled."""
        return tuple(t for t in self.topics if not self.missing_facts(t) and t.id not in self.expired)

    @cached_property
    def questions(self) -> Mapping[str, str]:
        """The published topics' ids by the normalised words of their question; of equal ones the first."""
        return {plain(t.question): t.id for t in reversed(self.published)}

    @cached_property
    def published_ids(self) -> frozenset[str]:
        """The ids of the published topics and of all passages."""
        return frozenset(e.id for e in (*self.published, *self.passages))

    def missing_facts(self, entry: Entry) -> tuple[str, ...]:
        """The profile fields without which the entry is not published (a clinic's topic needs all)."""
        needed = {name for name, optional in _PLACEHOLDER.findall(entry.answer) if not optional}
        return tuple(sorted(needed - self.profile.facts.keys())) if entry.kind == "clinic" else ()

    def on(self, today: date) -> "Knowledge":
        """The same as of a day: what was to be said until an earlier one has expired."""
        over = frozenset(t.id for t in self.topics if t.until and t.until < today.isoformat())
        return self if over == self.expired else replace(self, expired=over)

    def answer(self, entry: Entry) -> str:
        """The entry's answer in Markdown with the clinic's facts in place.

        A paragraph that needs a fact the profile lacks is left out.
        """
        known = self.profile.facts
        kept = (p for p in paragraphs(entry.answer) if facts_used(p) <= known.keys())
        return "\n\n".join(_PLACEHOLDER.sub(lambda m: escape(known[m[1]]), p) for p in kept)

    def sources(self, entry: Entry) -> tuple[Source, ...]:
        """The entry's sources as visitors see them: article sections resolved, with the review date."""
        return tuple(self._resolve(s, entry) for s in entry.sources)

    def own_word(self, entry: Entry) -> tuple[Source, ...]:
        """The clinic as the source of the facts that an answer uses, with the day they were true."""
        profile = self.profile
        if not profile.as_of or not facts_used(entry.answer) & profile.facts.keys():
            return ()
        title, url = profile.facts.get("name", "The clinic"), profile.facts.get("website")
        return (Source(title, url, updated=profile.as_of),)

    def _resolve(self, source: Source, entry: Entry) -> Source:
        passage = self.entries.get(source.url or "")
        if passage is None:
            return replace(source, updated=source.updated or entry.reviewed)
        cited = passage.sources[0]
        title = source.title if source.title == passage.group else f"{passage.group}: {source.title}"
        return Source(title, cited.url, source.quote, cited.updated or entry.reviewed)

    def check_references(self) -> None:
        """Raise KnowledgeError for a double id, a related topic or an article section that is not there."""
        known = _ids_given_once((*self.lines, *self.passages, *self.topics))
        for entry in self.topics:
            named = [
                *entry.related,
                *(s.url for s in entry.sources if s.url and s.url.startswith("article/")),
            ]
            for reference in named:
                if reference not in known:
                    raise KnowledgeError(
                        entry.path, entry.line, f"{entry.id!r} names {reference!r}: no such entry"
                    )


def _ids_given_once(entries: Sequence[Entry]) -> Mapping[str, Entry]:
    """The entries by id. Raises KnowledgeError where two have the same."""
    seen: dict[str, Entry] = {}
    for entry in entries:
        first = seen.setdefault(entry.id, entry)
        if first is not entry:
            where = f"{first.path}:{first.line}" if first.line else first.path
            fact = f"id {entry.id!r} is taken by {where}: choose another"
            raise KnowledgeError(entry.path, entry.line, fact)
    return seen


def paragraphs(markdown: str) -> list[str]:
    """The blocks of a Markdown text that blank lines set apart."""
    return [p for p in re.split(r"\n[ \t]*\n", markdown.strip()) if p.strip()]


def facts_used(markdown: str) -> set[str]:
    """The profile fields that a text's placeholders name."""
    return {name for name, _ in _PLACEHOLDER.findall(markdown)}


def overlay(ground: Knowledge, layer: Knowledge) -> Knowledge:
    """`layer` laid over `ground`: an entry with the same id replaces it in its place, others are added."""
    return replace(
        ground,
        topics=_overlay(ground.topics, layer.topics),
        lines=_overlay(ground.lines, layer.lines),
        passages=_overlay(ground.passages, layer.passages),
        articles=ground.articles + layer.articles,
        background=tuple(dict.fromkeys((*ground.background, *layer.background))),
        asked=ground.asked + layer.asked,
        thesaurus=Thesaurus(
            {**ground.thesaurus.plain, **layer.thesaurus.plain},
            {**ground.thesaurus.concepts, **layer.thesaurus.concepts},
        ),
        # Whole or not at all: half of one country's crisis knowledge under half of another's helps nobody.
        guide=layer.guide if layer.guide.help_lines else ground.guide,
    )


def _without_answers(knowledge: Knowledge) -> Knowledge:
    return replace(knowledge, topics=(), passages=(), articles=(), asked=())


def _overlay(ground: tuple[Entry, ...], layer: tuple[Entry, ...]) -> tuple[Entry, ...]:
    changed = {e.id: e for e in layer}
    kept = tuple(changed.pop(e.id, e) for e in ground)
    return kept + tuple(e for e in layer if e.id in changed)


def _read_folder(folder: Path, shelf: Path | None) -> Knowledge:
    if not folder.is_dir():
        raise KnowledgeError(folder, None, "no such folder: name one that holds topics/ and articles/")
    articles: list[Read] = []
    for path in _files(folder / "articles", _ARTICLE_ENDINGS):
        taken = frozenset(e.id for _, cut in articles for e in cut)
        articles.append(_read_article(path, shelf, taken))
    read = Knowledge(
        topics=tuple(e for p in _files(folder / "topics", (".md",)) for e in parse(read_text(p), str(p))),
        passages=tuple(e for _, cut in articles for e in cut),
        lines=_read_lines(folder / "bot.md"),
        articles=tuple(a for a, _ in articles),
        background=tuple(dict.fromkeys(_read_list(folder / "background.txt"))),
        asked=_read_asked(folder / "asked.jsonl"),
        thesaurus=_read_thesaurus(folder / "synonyms.txt"),
        guide=parse_guide(
            {p.name: read_text(p) for p in _files(folder / "crisis", (".md", ".txt", ".toml"))}
        ),
    )
    # Before one layer covers another: there an id that stands twice is a change, here it is a slip.
    _ids_given_once((*read.lines, *read.passages, *read.topics))
    return read


def _files(folder: Path, endings: Sequence[str]) -> list[Path]:
    return sorted(p for p in folder.glob("*") if p.suffix.lower() in endings) if folder.is_dir() else []


def _read_lines(path: Path) -> tuple[Entry, ...]:
    return parse(read_text(path), str(path)) if path.is_file() else ()


def _read_list(path: Path) -> tuple[str, ...]:
    if not path.is_file():
        return ()
    lines: Iterable[str] = (line.strip() for line in read_text(path).splitlines())
    return tuple(line for line in lines if line and not line.startswith("#"))


def _read_thesaurus(path: Path) -> Thesaurus:
    return Thesaurus.parse(read_text(path).splitlines(), str(path)) if path.is_file() else Thesaurus()


def _read_asked(path: Path) -> tuple[Asked, ...]:
    if not path.is_file():
        return ()
    return tuple(_asked(line, str(path), i) for i, line in enumerate(read_text(path).splitlines(), 1) if line)


def _asked(line: str, path: str, number: int) -> Asked:
    try:
        given = json.loads(line)
        return Asked(str(given["question"]), tuple(map(str, given["topics"])))
    except (ValueError, KeyError, TypeError) as error:
        expected = 'expected {"question": "…", "topics": ["id", …]}'
        raise KnowledgeError(path, number, f"{expected}, not {line[:60]!r}") from error


def _read_article(path: Path, shelf: Path | None, taken: frozenset[str]) -> Read:
    try:
        return read_page(_read_bytes(path), path.name, shelf, taken)
    except ArticleError as error:
        raise KnowledgeError(path, None, str(error)) from error


def read_text(path: Path) -> str:
    """A knowledge file's text. Raises KnowledgeError where it cannot be read, is too large or not UTF-8."""
    try:
        return _read_bytes(path).decode("utf-8")
    except UnicodeDecodeError as error:
        raise KnowledgeError(path, None, f"not UTF-8 at byte {error.start}: save it as UTF-8") from error


def _read_bytes(path: Path) -> bytes:
    try:
        if path.stat().st_size > MAX_FILE_BYTES:
            raise KnowledgeError(path, None, f"larger than {MAX_FILE_BYTES // 1_000_000} MB: split it")
        return path.read_bytes()
    except OSError as error:
        raise KnowledgeError(path, None, f"cannot be read: {error.strerror}") from error
