"""What somebody is about to publish: the changes, and what is to happen once they are."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from flask import url_for

from chatbot import Change, Difference, Draft, Edit, editing
from web.parts import parts
from web.problems import Problem
from web.staff.door import person
from web.staff.profile import LABELS
from web.staff.topic_form import NEW, TopicForm, id_for


@dataclass(frozen=True, slots=True)
class Proposal:
    """Changes that wait for a yes. `back` is where one goes on editing; `undoes` the save that is taken back.

    `decides` is what is noted of the visitors' wordings in `heard` once it is published; `facts` are those of
    the clinic that change: name, before and after.
    """

    title: str
    changes: tuple[Change, ...]
    back: str
    why: str = ""
    done: str = "published"
    undoes: int | None = None
    draft: Draft | None = None
    heard: tuple[str, ...] = ()
    decides: str = "done"
    topic_id: str = field(default="")
    facts: tuple[tuple[str, str, str], ...] = ()


# Learning anew shifts a few wordings that are close calls, whatever was edited: no reason to be alarmed.
ELSEWHERE = "elsewhere"


def grouped(differences: Sequence[Difference], proposal: Proposal) -> dict[str, list[Difference]]:
    """The differences by mark; wordings of topics that have nothing to do with the edit stand apart."""
    groups: dict[str, list[Difference]] = {}
    for one in differences:
        sort = ELSEWHERE if _is_elsewhere(one, proposal) else _mark(one)
        groups.setdefault(sort, []).append(one)
    return groups


def _mark(one: Difference) -> str:
    """Its mark; whether an answer is worse than none of a topic that is not live, staff judge."""
    known = parts().bot.engine.knowledge
    owner = known.entries.get(one.expected or "")
    is_idle = owner is not None and owner.id not in known.published_ids and editing.yields(owner)
    return "different" if one.mark == "worse" and one.before.kind == "no_answer" and is_idle else one.mark


def _is_elsewhere(one: Difference, proposal: Proposal) -> bool:
    """Whether a difference is a wording of topics that have nothing to do with the edit: a close call."""
    edited = {key for c in proposal.changes for key in _entries_of(c)}
    touches = edited & {one.before.topic, one.after.topic, one.expected, *one.near}
    return bool(edited) and not touches and one.sort == "wording"


def _entries_of(change: Change) -> Iterator[str]:
    """The entries that a change is of: a topic, or the passages of a page as it was and will be."""
    if change.kind == "topic":
        yield change.key
    if change.kind == "article":
        newest = parts().store.edits.newest("article", change.key)
        for body in (change.body, newest.body if newest else None):
            yield from (p["id"] for p in (body or {}).get("passages", ()))


def find(kind: str, key: str) -> Proposal:
    """The proposal of an address. Raises Problem (404) where there is none of one's own."""
    if kind == "undo":
        return _undo(key)
    draft = parts().store.drafts.find(person().name, kind, key) if kind in _MADE_OF else None
    if draft is None:
        raise Problem(404, "There is no draft of yours here: it was published or thrown away.")
    return _MADE_OF[kind](draft)


def _topic(draft: Draft) -> Proposal:
    form = TopicForm.of_body(draft.body)
    knowledge, layer = parts().bot.engine.knowledge, parts().store.edits.layer()[1]
    taken = {*knowledge.entries, *(e.key for e in layer if e.kind == "topic")}
    topic_id = id_for(form.question, taken) if draft.key.startswith(NEW) else draft.key
    change = Change("topic", topic_id, form.body(), draft.based_on)
    back = url_for("staff.edit_topic", topic_id=draft.key)
    done = "archived" if form.archived else "published"
    title = f"Archive: {form.question}" if form.archived else form.question
    return Proposal(title, (change,), back, form.why, done, draft=draft, heard=form.heard, topic_id=topic_id)


def _line(draft: Draft) -> Proposal:
    change = Change("line", draft.key, _without_why(draft.body), draft.based_on)
    return Proposal("Greeting", (change,), url_for("staff.settings"), _why(draft), draft=draft)


def _profile(draft: Draft) -> Proposal:
    change = Change("profile", draft.key, _without_why(draft.body), draft.based_on)
    now, facts = parts().bot.profile.facts, draft.body["facts"]
    changed = ((n, now.get(n, ""), str(said or "")) for n, said in facts.items())
    told = tuple((LABELS.get(n, n), before, after) for n, before, after in changed if before != after)
    back = url_for("staff.profile")
    return Proposal("Clinic’s facts", (change,), back, _why(draft), draft=draft, facts=told)


def _background(draft: Draft) -> Proposal:
    texts = [str(t) for t in draft.body["texts"]]
    newest = parts().store.edits.newest
    made = {c.key: c for c in map(editing.background_change, texts)}
    changes = tuple(c for c in made.values() if newest("background", c.key) is None)
    return Proposal(
        f"Not for us: {texts[0]}",
        changes,
        url_for("staff.inbox"),
        _why(draft),
        "dismissed",
        draft=draft,
        heard=tuple(draft.body["heard"]),
        decides="dismissed",
    )


def _import(draft: Draft) -> Proposal:
    changes = tuple(Change("topic", key, body, version) for key, body, version in draft.body["changes"])
    title = f"{len(changes):,} topics from a file"
    return Proposal(title, changes, url_for("staff.exchange"), _why(draft), "imported", draft=draft)


def _article(draft: Draft) -> Proposal:
    change = Change("article", draft.key, _without_why(draft.body), draft.based_on)
    title = f"Page: {draft.body['article']['title']}"
    return Proposal(title, (change,), url_for("staff.exchange"), _why(draft), "imported", draft=draft)


def name_of(edit: Edit) -> str:
    """What an edit is of, in words: a topic's question, as it was or is."""
    if edit.kind == "topic":
        if edit.body:
            return str(edit.body["question"])
        known = parts().bot.engine.knowledge.entries.get(edit.key)
        older = (e.body for e in parts().store.edits.history("topic", edit.key) if e.body)
        return known.question if known else str(next(older, {"question": edit.key})["question"])
    if edit.kind == "background" and edit.body:
        return f"Not for us: “{edit.body['text']}”"
    if edit.kind == "article":
        older = (e.body for e in parts().store.edits.history("article", edit.key) if e.body)
        body = edit.body or next(older, {"article": {"title": edit.key}})
        return f"Page: {body['article']['title']}"
    return {"line": "The bot’s own line", "background": "Not for us", "profile": "Clinic’s facts"}[edit.kind]


def _undo(key: str) -> Proposal:
    if not key.isdecimal() or len(key) > 12:
        raise Problem(404, "There is no such change in the history.")
    store = parts().store
    revision = int(key)
    made = store.edits.of(revision)
    if not made:
        raise Problem(404, "There is no such change in the history.")
    first = name_of(made[0])
    return Proposal(
        f"Undo: {first}" if len(made) == 1 else f"Undo: {first} and {len(made) - 1:,} more",
        store.edits.undoing(revision),
        url_for("staff.history"),
        f"takes back change {revision}",
        "undone",
        undoes=revision,
    )


def _why(draft: Draft) -> str:
    return str(draft.body.get("why") or "")


def _without_why(body: Mapping[str, Any]) -> dict[str, Any]:
    return {k: v for k, v in body.items() if k != "why"}


_MADE_OF: Mapping[str, Callable[[Draft], Proposal]] = {
    "topic": _topic,
    "line": _line,
    "profile": _profile,
    "background": _background,
    "import": _import,
    "article": _article,
}
