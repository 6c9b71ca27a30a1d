"""The history: every save with who, when and why, what it changed, and a way back."""

from collections.abc import Iterator, Mapping
from itertools import groupby
from typing import Any

from flask import render_template, request

from chatbot import Edit, editing
from web.parts import parts
from web.staff.door import desk
from web.staff.proposals import name_of

MOST = 200  # edits
_FIELDS = {"question": "question", "answer": "answer", "sources": "sources", "until": "last day"}


@desk.get("/history")
def history() -> str:
    """List the saves, newest first: all, or those of one topic."""
    topic = request.args.get("topic", "")[:200]
    store = parts().store
    edits = store.edits.history("topic" if topic else None, topic or None, MOST)
    saves = [(revision, list(made)) for revision, made in groupby(edits, key=lambda e: e.revision)]
    undone = {e.undoes for e in edits if e.undoes}
    did = {e.id: _did(e, before) for e, before in _with_before(edits)}
    names = {e.id: name_of(e) for e in edits}
    return render_template(
        "staff/history.html", saves=saves, topic=topic, names=names, did=did, undone=undone
    )


def _with_before(edits: tuple[Edit, ...]) -> Iterator[tuple[Edit, Mapping[str, Any] | None]]:
    """Each edit of a topic with the body that it replaced; None where there was no such topic."""
    ground = {t.id: t for t in parts().live.ground.topics}
    seen: dict[str, Mapping[str, Any] | None] = {}
    is_whole = len(edits) < MOST
    for edit in reversed(edits):
        if edit.kind == "topic":
            delivered = editing.body_of(ground[edit.key]) if edit.key in ground else None
            if is_whole or edit.key in seen:
                yield edit, seen.get(edit.key, delivered)
            seen[edit.key] = edit.body or delivered


def _did(edit: Edit, before: Mapping[str, Any] | None) -> str:
    """What an edit of a topic did, in a few words."""
    if not edit.body:
        return "as delivered" if edit.key in {t.id for t in parts().live.ground.topics} else "taken out"
    if before is None:
        return "new"
    if bool(edit.body.get("archived")) != bool(before.get("archived")):
        return "archived" if edit.body.get("archived") else "brought back"
    said = [name for key, name in _FIELDS.items() if (edit.body.get(key) or "") != (before.get(key) or "")]
    ways, were = (set(b.get("phrasings") or ()) for b in (edit.body, before))
    for number, what in ((len(ways - were), "added"), (len(were - ways), "taken out")):
        if number:
            said.append(f"{number} way{'s' if number > 1 else ''} to ask {what}")
    return ", ".join(said)
