"""What the bot knows: folders of it laid over one another, and asked for what may be said."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, fields, replace
from datetime import date
from functools import cached_property
from operator import attrgetter
from pathlib import Path

from chatbot.errors import KnowledgeError
from chatbot.fingerprint import digest
from chatbot.folder import MAX_FILE_BYTES, PACKAGED, ids_given_once, read_delivered, read_folder, read_text
from chatbot.markup import escape
from chatbot.model import Article, Asked, Entry, Profile, Source
from chatbot.safety import Guide
from chatbot.text import plain
from chatbot.thesaurus import Thesaurus

__all__ = ["MAX_FILE_BYTES", "PACKAGED", "Knowledge", "facts_used", "overlay", "paragraphs", "read_text"]

_PLACEHOLDER = re.compile(r"\{clinic\.([a-z_]+)(\??)\}")  # with a question mark: can be done without
_all_of = attrgetter(*(f.name for f in fields(Entry)))


@dataclass(frozen=True)
class Knowledge:
    """All that the bot knows and may say. Immutable; `load` reads it from a folder.

    `ordinary` are the messages that are no crisis from which the guard learns, where that is to be something
    else than the topics: a change of topics then leaves the guard as it is. `delivered` are the wordings of
    each entry that the files hold: an edit laid over them leaves it as it is.
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
    delivered: tuple[tuple[str, ...], ...] | None = field(default=None, repr=False)
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

        `shelf` is a folder where what was read is kept ready.

        What the folder lacks beside topics and articles (the bot's own lines, crisis knowledge, background
        questions, thesaurus) is taken from the packaged one: no bot is without them. Raises KnowledgeError
        naming file and line where something breaks the format.
        """
        ground = cls(**read_delivered(shelf)._asdict())
        ground = replace(ground, ordinary=ground.harmless)
        if folder is not None and Path(folder).resolve() != PACKAGED:
            ground = overlay(_without_answers(ground), cls(**read_folder(Path(folder), shelf)._asdict()))
        return ground.under(extra, profile, shelf)

    def under(
        self, extra: Path | None = None, profile: Profile | None = None, shelf: Path | None = None
    ) -> "Knowledge":
        """The same with the folder `extra` laid over it, if there is one, and with a clinic's facts.

        Raises KnowledgeError as `load` does.
        """
        ground = self
        if extra is not None and extra.is_dir():
            ground = overlay(ground, Knowledge(**read_folder(extra, shelf)._asdict()))
        ground = replace(ground, profile=profile or Profile(), delivered=None)
        ground.check_references()
        return replace(ground, delivered=ground.documents)

    @cached_property
    def told(self) -> str:
        """A digest of what an index is learned from: all but the guide, and what a clinic's facts decide."""
        # What is long is written out of plain tuples: the records' own reprs take several times as long.
        entries = [list(map(_all_of, some)) for some in (self.topics, self.passages, self.lines)]
        asked = [(a.question, a.topics) for a in self.asked]
        rest = replace(self, topics=(), passages=(), lines=(), asked=(), ordinary=())
        rest = replace(rest, guide=Guide(), profile=Profile(), expired=frozenset())
        return digest(repr((rest, entries, asked, self.ordinary, self.delivered)).encode())

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
        known = (w for wordings in self._wordings() for w in wordings)
        return (*known, *(a.question for a in self.asked), *self.background)

    @property
    def documents(self) -> tuple[tuple[str, ...], ...]:
        """The wordings of each entry, by which an index tells how rare a term is among entries.

        There are none where questions are known that were asked: those tell it of all questions, and better.
        """
        if self.delivered is not None:
            return self.delivered
        return () if self.asked else self._wordings()

    def _wordings(self) -> tuple[tuple[str, ...], ...]:
        return tuple((e.question, *e.phrasings) for e in (*self.topics, *self.lines))

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
        known = ids_given_once((*self.lines, *self.passages, *self.topics))
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
