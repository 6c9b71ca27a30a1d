"""Trying an edit before it is published: what a visitor would get, and words added that it lacks."""

from dataclasses import dataclass, replace

from flask import redirect, render_template, request, url_for
from werkzeug.wrappers import Response as BaseResponse

from chatbot import MAX_MESSAGE, ChatbotError, advice
from web import fields
from web.parts import parts
from web.staff import proposals
from web.staff.door import desk, door, person
from web.staff.editor import KIND, open_topic
from web.staff.topic_form import MAX_PHRASING
from web.staff.words import sentence

KINDS = {
    "answer": "answers",
    "clarify": "asks back",
    "no_answer": "no answer",
    "crisis": "help lines",
    "boundary": "not for an information desk",
    "small_talk": "small talk",
}

_GETS = {"answer": "another answer", "clarify": "a few topics to choose from", "boundary": "a refusal"}


@dataclass(frozen=True, slots=True)
class Tried:
    """A message and what it would get, in words. `can_be_added`: as a way to ask the topic."""

    message: str
    is_right: bool
    gets: str
    can_be_added: bool = False
    fault: str = ""


def tried(proposal: proposals.Proposal) -> Tried | None:
    """What the message in the address would get, were the proposal published; None where there is none."""
    message = " ".join(fields.writable(request.args.get("ask", "")).split())[:MAX_MESSAGE]
    if not message or not proposal.topic_id:
        return None
    try:
        got = door().publisher.ask(proposal.changes, message)
    except ChatbotError as error:
        return Tried(message, is_right=False, gets="", fault=sentence(error))
    if got.kind == "answer" and got.topic == proposal.topic_id:
        return Tried(message, is_right=True, gets="")
    topic = parts().bot.engine.knowledge.entries.get(got.topic or "") if got.kind == "answer" else None
    body = proposal.changes[0].body or {}
    said = {advice.plain(w) for w in (body["question"], *body["phrasings"])}
    is_new = advice.plain(message) not in said and len(message) <= MAX_PHRASING
    gets = f"“{topic.question}”" if topic else _GETS.get(got.kind, KINDS.get(got.kind, got.kind))
    return Tried(
        message,
        is_right=False,
        gets=gets,
        can_be_added=is_new and got.kind in ("answer", "clarify", "no_answer"),
    )


def part(proposal: proposals.Proposal) -> str:
    """The part of the page that tells it."""
    return render_template("staff/tried.html", tried=tried(proposal), proposal=proposal)


@desk.post("/topics/<topic_id>/ways")
def add_way(topic_id: str) -> BaseResponse:
    """Add a way to ask to the draft, and look again at what would change."""
    on_desk = open_topic(topic_id)
    message = " ".join(fields.writable(request.form.get("way", "")).split())[:MAX_PHRASING]
    form = replace(on_desk.form, phrasings="\n".join(filter(None, (on_desk.form.phrasings, message))))
    parts().store.drafts.save(person().name, KIND, topic_id, form.draft(), based_on=on_desk.based_on)
    return redirect(url_for("staff.changes", kind=KIND, key=topic_id, ask=message), 303)
