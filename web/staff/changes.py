"""What would change: every message whose reply would differ, before and after, and the way to publish."""

from contextlib import suppress

from flask import Response, make_response, redirect, render_template, request, url_for
from werkzeug.wrappers import Response as BaseResponse

from chatbot import (
    BrokenTestsError,
    ChatbotError,
    ConflictError,
    FullError,
    StoreError,
    editing,
)
from web.parts import parts
from web.staff import proposals, trying
from web.staff.door import check_admin, desk, door, is_partial, person
from web.staff.inbox import dealt_with, lead_to
from web.staff.words import sentence

LIMIT = 40  # of each verdict; who reads more has seen enough
FIRST = 6  # of what does not get worse; the rest is a click away
VERDICTS = (
    ("worse", "Worse", "These would get a wrong answer, or lose the right one."),
    ("better", "Better", "These would get an answer, or the right one."),
    ("different", "Different", "The answer changes; judge for yourself."),
)
ORIGINS = {
    "test": "your test",
    "wording": "another way to ask, tried as if it were not written down",
    "message": "asked by visitors",
}
_FOR_ADMINS = frozenset({"profile", "line", "import", "article"})


@desk.get("/changes/<kind>/<key>")
def changes(kind: str, key: str) -> BaseResponse:
    """Show what publishing would change."""
    _check_role(kind)
    proposal = proposals.find(kind, key)
    if is_partial():
        return make_response(trying.part(proposal))
    return _conflict(proposal) or _page(proposal)


@desk.post("/changes/<kind>/<key>")
def publish(kind: str, key: str) -> BaseResponse:
    """Publish, unless a test breaks; then see that visitors get it."""
    _check_role(kind)
    proposal = proposals.find(kind, key)
    response = _conflict(proposal) or _publish(proposal)
    if is_partial() and response.status_code != 200:
        return lead_to(url_for("staff.changes", kind=kind, key=key))  # where the words are
    return response


def _publish(proposal: proposals.Proposal) -> BaseResponse:
    live, store = parts().live, parts().store
    try:
        if str(store.edits.revision()) != request.form.get("seen"):
            return _page(proposal, "Somebody published in the meantime: look once more.", 409)
        revision = door().publisher.publish(
            proposal.changes, by=person().name, why=proposal.why, undoes=proposal.undoes
        )
    except BrokenTestsError:
        return _page(proposal, status=409)
    except ConflictError:
        return _conflict(proposal) or _page(proposal, "Somebody was faster: look once more.", 409)
    except FullError:
        raise
    except ChatbotError as error:
        return _page(proposal, sentence(error), 422)
    with suppress(StoreError):  # it is published, whatever becomes of the draft
        _settle(proposal)
    if not is_partial():  # in the inbox, the next group can be looked at meanwhile
        live.wait_for(revision)
        live.wait_for_all()
    return dealt_with(proposal.done, _after(proposal))


def _settle(proposal: proposals.Proposal) -> None:
    """What follows from a publication: the draft is done, and so are the visitors' wordings."""
    store = parts().store
    if proposal.draft:
        store.drafts.drop(person().name, proposal.draft.kind, proposal.draft.key)
    if proposal.heard:
        store.inbox.decide(proposal.heard, proposal.decides, by=person().name)


def _after(proposal: proposals.Proposal) -> str:
    if proposal.heard:
        return url_for("staff.inbox", done=proposal.done)
    if proposal.topic_id and proposal.done == "published":
        return url_for("staff.edit_topic", topic_id=proposal.topic_id, done=proposal.done)
    to = proposal.back if proposal.done == "published" else url_for("staff.history")
    return f"{to}?done={proposal.done}"


def _conflict(proposal: proposals.Proposal) -> BaseResponse | None:
    """The page that merges two versions, where somebody published one since this draft was begun."""
    edits = {(e.kind, e.key): e for e in parts().store.edits.layer()[1]}
    for change in proposal.changes:
        newest = edits.get((change.kind, change.key))
        if (newest.id if newest else 0) == change.based_on:
            continue
        if change.kind == "topic" and newest and newest.body and not proposal.undoes:
            return redirect(url_for("staff.merge", topic_id=change.key), 303)
        if proposal.undoes:
            words = "It cannot be undone alone: something on top of it was changed later. Undo that first."
        else:
            words = "Somebody else changed this since you began. Go back, look at it, and save again."
        page = render_template("staff/refused.html", title=proposal.title, words=words, back=proposal.back)
        return make_response(page, 409)
    return None


def _page(proposal: proposals.Proposal, wrong: str = "", status: int = 200) -> Response:
    seen = parts().store.edits.revision()
    try:
        preview = door().publisher.preview(proposal.changes)
        entries = [editing.entry_of(c.key, c.body) for c in proposal.changes if c.kind == "topic" and c.body]
    except ChatbotError as error:
        page = render_template(
            "staff/refused.html", title=proposal.title, words=sentence(error), back=proposal.back
        )
        return make_response(page, 422)
    bot = parts().bot
    entry = entries[0] if len(entries) == 1 and proposal.done == "published" else None
    right = ("answer", entry.id if entry else "")
    html = render_template(
        "staff/changes.html",
        proposal=proposal,
        preview=preview,
        groups=proposals.grouped(preview.differences, proposal),
        seen=seen,
        entry=entry,
        reply=bot.preview(entry) if entry else None,
        questions=_names(proposal) | {t.id: t.question for t in (*bot.engine.knowledge.topics, *entries)},
        topics={t.id for t in bot.engine.knowledge.topics},
        live=bot.engine.knowledge.published_ids,
        verdicts=VERDICTS,
        origins=ORIGINS,
        kinds=trying.KINDS,
        tried=trying.tried(proposal),
        ways=preview.own if entry else (),
        lost=[w for w in preview.own if w.outcome[:2] != right],
        found=sum(w.left_out[:2] == right for w in preview.own),
        limit=LIMIT,
        first=FIRST,
        wrong=wrong,
    )
    return make_response(html, status)


def _names(proposal: proposals.Proposal) -> dict[str, str]:
    """The passages by their headings, with those that the proposal brings."""
    told = {p.id: f"{p.group}: {p.question}" for p in parts().bot.engine.knowledge.passages}
    for change in proposal.changes:
        if change.kind == "article" and change.body:
            told |= {p["id"]: f"{p['group']}: {p['question']}" for p in change.body["passages"]}
    return told


def _check_role(kind: str) -> None:
    if kind in _FOR_ADMINS:
        check_admin()
