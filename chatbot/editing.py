"""Staff's edits laid over the files: what an edit's body holds, checked, and back again.

Bodies by kind of edit, as JSON. *topic* and *line* (key: the entry's id): the entry's fields, and `archived`
where it is put away. *background* (key: `background_key(text)`): `text`, an everyday question that is not for
us. *profile* (key: "clinic"): `facts` by field, "" for one that is taken out, and `as_of`, a date. *article*
(key: from its file's name): a saved page with its passages, as it was read. No body at all: the files alone
speak.
"""

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import date, timedelta
from pathlib import PurePath
from typing import Any

from chatbot.content import Knowledge, facts_used, overlay
from chatbot.errors import ChatbotError, KnowledgeError
from chatbot.model import MAX_MESSAGE, Entry, Profile, Source
from chatbot.profile import check_facts
from chatbot.records import Change, Edit
from chatbot.shelf import as_json, read_from, read_page
from chatbot.text import normalise, one_spelling, plain, words
from chatbot.topicfile import dump, parse

PROFILE_KEY = "clinic"
NOTICE_DAYS = 31  # how long ahead it is said that a topic is going to expire
_DESK = "staff desk"  # where an edited entry says that it stands
_TEXTS = ("question", "answer", "kind", "group", "owner")
_LISTS = ("phrasings", "related")


def body_of(entry: Entry, *, archived: bool = False) -> dict[str, Any]:
    """An entry as the body of an edit."""
    body: dict[str, Any] = {name: getattr(entry, name) for name in _TEXTS}
    body |= {name: list(getattr(entry, name)) for name in _LISTS}
    body["sources"] = [{"title": s.title, "url": s.url} for s in entry.sources]
    body |= {"reviewed": entry.reviewed, "until": entry.until, "law": entry.law, "archived": archived}
    return body


def entry_of(entry_id: str, body: Mapping[str, Any]) -> Entry:
    """The entry in an edit's body. Raises ChatbotError where it could not stand in a topic file."""
    try:
        texts: dict[str, Any] = {name: str(body.get(name) or "").strip() for name in _TEXTS}
        lists: dict[str, Any] = {name: lines(body.get(name) or ()) for name in _LISTS}
        sources = tuple(Source(str(s["title"]), s.get("url") or None) for s in body.get("sources") or ())
    except (KeyError, TypeError, AttributeError) as error:
        raise ChatbotError(f"{entry_id!r} cannot be read: its fields are not what a topic has") from error
    texts |= {"kind": texts["kind"] or "general", "question": " ".join(texts["question"].split())}
    dates: dict[str, Any] = {name: body.get(name) or None for name in ("reviewed", "until")}
    made = Entry(entry_id, **texts, **lists, sources=sources, **dates, law=bool(body.get("law")), path=_DESK)
    _check(made)
    return made


def lines(given: Iterable[object]) -> tuple[str, ...]:
    """Each text once, on one line, blank ones left out."""
    return tuple(dict.fromkeys(line for w in given if (line := " ".join(str(w).split()))))


def _check(entry: Entry) -> None:
    """Whether the entry can be written into a file and read again as it was."""
    # An export, and an upgrade that turns edits into files, must lose nothing.
    if not entry.question:
        raise ChatbotError(f"{entry.id!r} has no question: write one")
    try:
        read = parse(dump([entry]), _DESK)
    except KnowledgeError as error:
        raise ChatbotError(f"{entry.id!r}: {error.fact}") from error
    if read != (entry,):
        cure = "leave out lines that begin with '## ', and '{#...}' at the end of a question"
        raise ChatbotError(f"{entry.id!r} holds what a topic file would read as something else: {cure}")


def background_key(text: str) -> str:
    """The key of a background question's edit."""
    return hashlib.sha256(one_spelling(text).encode()).hexdigest()[:20]


def background_change(text: str, *, based_on: int = 0) -> Change:
    """The change that teaches the judgement a question that is not for us."""
    kept = " ".join(text.split())
    if not kept or len(kept) > MAX_MESSAGE:
        raise ChatbotError(f"a background question has {len(kept)} characters: expected 1 to {MAX_MESSAGE:,}")
    return Change("background", background_key(kept), {"text": kept}, based_on)


def profile_change(facts: Mapping[str, Any], as_of: str | None, *, based_on: int = 0) -> Change:
    """The change that gives the clinic's facts, each as a profile file would ("" to take one out).

    Raises ChatbotError naming the field that does not hold what it should.
    """
    said = check_facts(facts)
    try:
        day = date.fromisoformat(as_of).isoformat() if as_of else None
    except ValueError as error:
        raise ChatbotError(f"as_of is {as_of!r}: expected a date such as 2026-11-23") from error
    return Change("profile", PROFILE_KEY, {"facts": said, "as_of": day}, based_on)


def article_change(data: bytes, name: str, ground: Knowledge, *, based_on: int = 0) -> Change:
    """The change that takes in a saved page, as one more article beside those of `ground`, the files.

    Raises ArticleError where the page is none, ChatbotError where all of it is known by its words already.
    """
    article, cut = read_page(data, name, taken=frozenset(p.id for p in ground.passages))
    if {p.answer for p in cut} <= {p.answer for p in ground.passages}:
        raise ChatbotError(f"{name} is known already, word for word: there is nothing to import")
    return Change("article", article_key(name), as_json((article, cut)), based_on)


def article_key(name: str) -> str:
    """The key of a page's edit: a page of the same name takes the place of the one before."""
    return "-".join(words(normalise(PurePath(name).stem)))[:100] or "page"


def _with_articles(ground: Knowledge, bodies: Mapping[str, Mapping[str, Any]]) -> Knowledge:
    if not bodies:
        return ground
    try:
        read = [read_from(body) for body in bodies.values()]
    except (KeyError, TypeError, AttributeError) as error:
        raise ChatbotError("a page cannot be read: its fields are not what an article has") from error
    passages = tuple(p for _, cut in read for p in cut)
    return overlay(ground, Knowledge(topics=(), passages=passages, articles=tuple(a for a, _ in read)))


def _profile(ground: Profile, body: Mapping[str, Any]) -> Profile:
    facts = {**ground.facts, **body["facts"]}
    return Profile({name: said for name, said in facts.items() if said}, body["as_of"] or ground.as_of)


def lay_over(ground: Knowledge, layer: Sequence[Edit | Change]) -> Knowledge:
    """The knowledge with edits laid over it; the last of several of one thing counts.

    Raises ChatbotError where one of them does not fit: what stands in a body, or a name of what is not there.
    """
    newest = {(e.kind, e.key): e.body for e in layer}
    ground = _with_articles(ground, {k: b for (kind, k), b in newest.items() if kind == "article" and b})
    profile = newest.get(("profile", PROFILE_KEY))
    taught = (str(b["text"]) for (kind, _), b in newest.items() if kind == "background" and b)
    topics = _laid(ground.topics, {k: b for (kind, k), b in newest.items() if kind == "topic" and b})
    # Only of edited topics: a related one that the files themselves lack is a slip, and is told.
    edited = {key for kind, key in newest if kind == "topic"}
    laid = replace(
        ground,
        topics=_without_dead_ends(topics, edited - {t.id for t in topics}),
        lines=_laid(ground.lines, {k: b for (kind, k), b in newest.items() if kind == "line" and b}),
        background=tuple(dict.fromkeys((*ground.background, *taught))),
        profile=_profile(ground.profile, profile) if profile else ground.profile,
    )
    try:
        laid.check_references()
    except KnowledgeError as error:
        raise ChatbotError(error.fact) from error
    return replace(laid, topics=_yielding(laid.topics, edited))


def is_staffs(entry: Entry) -> bool:
    """Whether an entry is as staff wrote it on the desk, not as delivered."""
    return entry.path == _DESK


def yields(entry: Entry) -> bool:
    """Whether a topic leaves its wordings to one that staff write: as delivered, and made of their facts.

    Such a topic may wait for facts for ever, and would keep from an answer whoever asks in its words.
    """
    return not is_staffs(entry) and bool(facts_used(entry.answer))


def _yielding(topics: tuple[Entry, ...], edited: set[str]) -> tuple[Entry, ...]:
    taken = {plain(w) for t in topics if t.id in edited for w in (t.question, *t.phrasings)}
    return tuple(
        replace(t, phrasings=tuple(p for p in t.phrasings if plain(p) not in taken)) if yields(t) else t
        for t in topics
    )


def _laid(ground: Iterable[Entry], bodies: Mapping[str, Mapping[str, Any]]) -> tuple[Entry, ...]:
    """Entries with others in their place, new ones behind the last of their group, archived ones gone."""
    made = {key: entry_of(key, body) for key, body in bodies.items() if not body.get("archived")}
    kept = [made.pop(e.id, e) for e in ground if e.id in made or e.id not in bodies]
    for entry in made.values():
        places = [i for i, e in enumerate(kept) if e.group == entry.group]
        kept.insert(places[-1] + 1 if places else len(kept), entry)
    return tuple(kept)


def _without_dead_ends(topics: tuple[Entry, ...], gone: set[str]) -> tuple[Entry, ...]:
    """Topics without related ones that are there no more."""
    return tuple(
        replace(t, related=tuple(r for r in t.related if r not in gone))
        if gone.intersection(t.related)
        else t
        for t in topics
    )


def archived(layer: Iterable[Edit]) -> tuple[tuple[str, Mapping[str, Any]], ...]:
    """The topics that were put away: (id, body)."""
    return tuple((e.key, e.body) for e in layer if e.kind == "topic" and e.body and e.body.get("archived"))


def expiring(knowledge: Knowledge, today: date) -> tuple[Entry, ...]:
    """The topics that have expired or will within a month, the first to go first."""
    limit = (today + timedelta(NOTICE_DAYS)).isoformat()
    due = [t for t in knowledge.topics if t.until and t.until <= limit]
    return tuple(sorted(due, key=lambda t: (t.until or "", t.id)))
