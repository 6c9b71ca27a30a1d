"""The history: every save with who, when and why, and a way back."""

from itertools import groupby

from flask import render_template, request

from web.parts import parts
from web.staff.door import desk

_KINDS = {
    "topic": "Topic",
    "line": "The bot’s own line",
    "background": "Not for us",
    "profile": "Clinic’s facts",
}


@desk.get("/history")
def history() -> str:
    """List the saves, newest first: all, or those of one topic."""
    topic = request.args.get("topic", "")[:200]
    store = parts().store
    edits = store.edits.history("topic", topic) if topic else store.edits.history()
    saves = [(revision, list(made)) for revision, made in groupby(edits, key=lambda e: e.revision)]
    undone = {e.undoes for e in edits if e.undoes}
    return render_template("staff/history.html", saves=saves, topic=topic, kinds=_KINDS, undone=undone)
