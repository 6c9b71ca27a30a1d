"""Two people wrote the same topic: both texts side by side, and what shall stand is chosen line by line."""

from flask import redirect, render_template, request, url_for
from werkzeug.wrappers import Response as BaseResponse

from web.parts import parts
from web.problems import Problem
from web.staff.door import desk, person
from web.staff.editor import KIND, open_topic
from web.staff.topic_form import TopicForm, with_phrasings

_FIELDS = {
    "question": "Question",
    "phrasings": "Other ways to ask it",
    "answer": "Answer",
    "sources": "Sources",
    "reviewed": "Last reviewed",
    "until": "Valid until",
    "owner": "Owner",
    "group": "Group",
    "related": "Offered next",
    "law": "About law or money",
    "archived": "Archived",
}


@desk.get("/topics/<topic_id>/merge")
def merge(topic_id: str) -> str:
    """Show where the two versions differ."""
    on_desk = open_topic(topic_id)
    newest = parts().store.edits.newest(KIND, topic_id)
    if newest is None or newest.body is None or on_desk.draft is None:
        raise Problem(404, "There are no two versions of this topic any more.")
    theirs = TopicForm.of_body(newest.body)
    rows = [
        (name, label, _shown(getattr(on_desk.form, name)), _shown(getattr(theirs, name)))
        for name, label in _FIELDS.items()
        if getattr(on_desk.form, name) != getattr(theirs, name)
    ]
    return render_template("staff/merge.html", topic_id=topic_id, theirs=newest, rows=rows)


@desk.post("/topics/<topic_id>/merge")
def take_merged(topic_id: str) -> BaseResponse:
    """Keep what was chosen as one's draft, on top of the other version."""
    on_desk = open_topic(topic_id)
    newest = parts().store.edits.newest(KIND, topic_id)
    if newest is None or newest.body is None:
        raise Problem(404, "There are no two versions of this topic any more.")
    if str(newest.id) != request.form.get("version"):
        return redirect(url_for("staff.merge", topic_id=topic_id), 303)
    theirs, form = TopicForm.of_body(newest.body), on_desk.form
    chosen = {name: getattr(theirs if request.form.get(name) == "theirs" else form, name) for name in _FIELDS}
    merged = TopicForm(**chosen, kind=form.kind, why=form.why, heard=form.heard)
    if request.form.get("phrasings") == "both":
        both = with_phrasings(theirs, form.phrasings.splitlines())
        merged = TopicForm(
            **{**chosen, "phrasings": both.phrasings}, kind=form.kind, why=form.why, heard=form.heard
        )
    parts().store.drafts.save(person().name, KIND, topic_id, merged.draft(), based_on=newest.id)
    return redirect(url_for("staff.edit_topic", topic_id=topic_id), 303)


def _shown(value: object) -> str:
    if isinstance(value, tuple):
        return ", ".join(map(str, value))
    return {True: "yes", False: "no"}[value] if isinstance(value, bool) else str(value)
