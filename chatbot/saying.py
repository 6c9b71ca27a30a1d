"""What a reply is made of: an entry's words, its sources, what to ask next, whom to call."""

import re
from collections.abc import Callable, Sequence
from dataclasses import replace

from chatbot.engine import Engine
from chatbot.index import Ranked
from chatbot.markup import escape, to_html, to_text
from chatbot.model import Action, Entry, Reply, ReplyKind, Source, Suggestion

MAX_SUGGESTIONS = 3
CRISIS_TOPIC = "suicidal-thoughts-in-iop"  # its answer brings the help lines along
RELATED_FLOOR = 0.15  # of a score: below, a topic has nothing to do with the message
SENTENCE_FLOOR = 0.6  # of the best sentence's likeness: what stays in a passage's answer
MAX_SENTENCES = 3


def reply(kind: ReplyKind, markdown: str, confidence: float = 1.0) -> Reply:
    """A reply of one kind that says `markdown`, rendered as text and as HTML."""
    return Reply(kind=kind, text=to_text(markdown), html=to_html(markdown), confidence=_told(confidence))


def _told(confidence: float) -> float:
    return round(min(max(confidence, 0.0), 1.0), 3)


def joined(first: Reply, second: Reply) -> Reply:
    """`first` with the words of `second` below its own."""
    return replace(first, text=f"{first.text}\n\n{second.text}", html=f"{first.html}\n{second.html}")


def line(engine: Engine, line_id: str) -> Entry:
    """One of the bot's own lines."""
    return engine.knowledge.entries[line_id]


def line_reply(engine: Engine, kind: ReplyKind, entry: Entry, confidence: float = 1.0) -> Reply:
    """A reply that says one of the bot's own lines."""
    return reply(kind, engine.knowledge.answer(entry), confidence)


def answer_reply(engine: Engine, entry: Entry, confidence: float = 1.0, message: str = "") -> Reply:
    """A reply that gives an entry's answer with its sources; of a passage, what answers `message`."""
    if entry.kind == "passage":
        return _answered(engine, entry, escape(_passage_answer(engine, entry, message)), confidence)
    known, said = engine.answers.get(entry.id, (None, None))
    if said is None or known is not entry:  # an entry that is only tried out may have another's id
        said = _answered(engine, entry, engine.knowledge.answer(entry), confidence)
        engine.answers[entry.id] = entry, said
    return replace(said, confidence=_told(confidence))


def _answered(engine: Engine, entry: Entry, told: str, confidence: float) -> Reply:
    said = reply("answer", told, confidence)
    lines = engine.guard.actions() if entry.id == CRISIS_TOPIC else ()
    return replace(said, topic=entry.id, sources=_sources(engine, entry, said.text), actions=lines)


def _passage_answer(engine: Engine, entry: Entry, message: str) -> str:
    """The one to three sentences of the passage that answer, in the order in which they stand."""
    # Whole sentences, as they stand: a passage cut finer might say what the article does not.
    told = entry.sentences
    likeness = engine.index.sentence_likeness(engine.index.ids.index(entry.id), message) if message else {}
    if not likeness:
        return " ".join(told[:MAX_SENTENCES])
    floor = SENTENCE_FLOOR * max(likeness.values())
    ranking = sorted(told, key=lambda s: -likeness.get(s, 0.0))[:MAX_SENTENCES]
    kept = {s for s in ranking if likeness.get(s, 0.0) >= floor}
    return " ".join(s for s in told if s in kept)


def _sources(engine: Engine, entry: Entry, told: str) -> tuple[Source, ...]:
    found = engine.knowledge.sources(entry)
    if entry.kind == "passage":
        return found
    cited = zip(found, entry.sources, strict=True)
    quoted = (replace(s, quote=_quoted(engine, given.url, told)) for s, given in cited)
    return (*quoted, *engine.knowledge.own_word(entry))


def _quoted(engine: Engine, section: str | None, told: str) -> str | None:
    """The first sentence of the article's section that stands word for word in what was told."""
    pieces = [p for p in engine.knowledge.passages if section and re.fullmatch(rf"{section}(/\d+)?", p.id)]
    return next((s for p in pieces for s in p.sentences if s in told), None)


def is_published(engine: Engine, entry: Entry) -> bool:
    """Whether a visitor may be told the entry."""
    return entry.kind == "line" or entry.id in engine.knowledge.published_ids


def near(engine: Engine, ranked: Ranked) -> list[Entry]:
    """The published topics by rank, as far as they have anything to do with the message."""
    close = [i for i in ranked.order if ranked.scores[i] >= RELATED_FLOOR]
    entries = [engine.knowledge.entries[engine.index.ids[i]] for i in close]
    return [e for e in entries if e.kind not in ("line", "passage") and is_published(engine, e)]


def follow_ups(engine: Engine, entry: Entry, is_asked: Callable[[Entry], bool]) -> list[Entry]:
    """Up to three topics to ask next: those declared with the entry, then the most alike."""
    if entry.id not in engine.follow_ups:
        declared = [engine.knowledge.entries[i] for i in entry.related if i in engine.knowledge.entries]
        alike = near(engine, engine.index.rank(entry.question))
        near_by = [e.id for e in (*declared, *alike) if e.id != entry.id and is_published(engine, e)]
        engine.follow_ups[entry.id] = tuple(dict.fromkeys(near_by))
    found = (engine.knowledge.entries[i] for i in engine.follow_ups[entry.id])
    return [e for e in found if not is_asked(e)][:MAX_SUGGESTIONS]


def suggestions(entries: Sequence[Entry]) -> tuple[Suggestion, ...]:
    """Buttons that ask the entries' own questions."""
    return tuple(Suggestion(e.question, e.question) for e in entries)


def starters(engine: Engine) -> list[Entry]:
    """What to offer somebody who has not asked yet: the topics that the line "starters" names."""
    named = engine.knowledge.entries.get("starters")
    ids = [i for i in (named.related if named else ()) if i in engine.knowledge.entries]
    known = [engine.knowledge.entries[i] for i in ids]
    # A clinic's own knowledge may have none of the topics that the line names.
    published = [e for e in known if is_published(engine, e)] or list(engine.knowledge.published)
    return published[: MAX_SUGGESTIONS + 1]


def contact(engine: Engine) -> tuple[Action, ...]:
    """The clinic's own contact, as far as its profile knows it."""
    facts = engine.knowledge.profile.facts
    made: list[Action] = []
    if "phone" in facts:
        number = re.sub(r"[^\d+]", "", facts["phone"])
        label = f"Call {facts.get('name', 'the clinic')}, {facts['phone']}"
        made.append(Action("tel", label, f"tel:{number}"))
    if "contact_form" in facts:
        made.append(Action("link", "Write to the clinic", facts["contact_form"]))
    if not made and "email" in facts:  # which others can read on its way: only where there is nothing else
        made.append(Action("link", f"E-mail {facts.get('name', 'the clinic')}", f"mailto:{facts['email']}"))
    return tuple(made)


def joined_actions(*groups: tuple[Action, ...]) -> tuple[Action, ...]:
    """All actions, each address once."""
    return tuple({a.href: a for group in groups for a in group}.values())
