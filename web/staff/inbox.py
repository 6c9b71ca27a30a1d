"""The inbox: what could not be answered well, by meaning, and what to do about it."""

from collections.abc import Sequence
from datetime import date, timedelta
from typing import NamedTuple

from flask import make_response, redirect, render_template, request, url_for
from werkzeug.wrappers import Response as BaseResponse

from chatbot import ChatbotError, advice, grouping
from web.parts import parts
from web.problems import Problem
from web.staff import proposals
from web.staff.door import desk, door, get_ready, is_partial, person
from web.staff.editor import KIND, open_topic
from web.staff.groups import key_of
from web.staff.profile import LABELS
from web.staff.topic_form import NEW, TopicForm, with_phrasings

SNOOZE_DAYS = 14
PAGE = 50

REASONS = {
    "no_answer": "no answer",
    "unsure": "answered, but unsure",
    "unhelpful": "marked unhelpful",
    "none_of_these": "“none of these”",
    "looking_for": "said what they were looking for",
    "again": "answered, then asked again in other words",
}


class Idle(NamedTuple):
    """A topic that is not live: it lacks `facts` of the clinic, or its last day is over."""

    id: str
    question: str
    facts: tuple[str, ...]
    until: str


@desk.get("/inbox")
def inbox() -> str:
    """List the groups, the one that would help most visitors first."""
    live = parts().live
    get_ready()
    groups = door().groups.now(live)
    known = live.bot.engine.knowledge
    questions = {t.id: t.question for t in known.topics}
    shown = [(key_of(g.wordings[0]), g) for g in groups[:PAGE]]
    return render_template(
        "staff/inbox.html",
        groups=shown,
        **_tally(groups),
        answered={key: topic for key, g in shown if (topic := _answered_now(g))},
        idle={key: idle for key, g in shown if (idle := _idle_topic(g))},
        questions=questions,
        reasons=REASONS,
        put_aside=[d for d in parts().store.inbox.decided() if d.state != "done"],
    )


@desk.post("/inbox/<key>")
def act_on_group(key: str) -> BaseResponse:
    """Do one of the things about a group."""
    group = door().groups.find(parts().live, key)
    if group is None and is_partial():
        return dealt_with("gone", url_for("staff.inbox"))
    if group is None:
        raise Problem(404, "These messages are dealt with already, or were deleted as they grew old.")
    act = request.form.get("act", "")
    if act == "snooze":
        until = date.today() + timedelta(SNOOZE_DAYS)
        parts().store.inbox.decide(group.messages, "snoozed", by=person().name, until=until)
        return dealt_with("snoozed", url_for("staff.inbox", done="snoozed"))
    if act == "done":
        parts().store.inbox.decide(group.messages, "done", by=person().name)
        return dealt_with("settled", url_for("staff.inbox", done="settled"))
    if act == "not":
        _teach(key, group)
        return _look("background", key, group)
    if act == "add":
        topic_id = request.form.get("topic", "")
        if not topic_id:
            raise Problem(422, "Pick the topic that has the answer, then press “Add to it” again.")
        _add_to(topic_id, group)
        return _look(KIND, topic_id, group)
    return lead_to(_begin_topic(key, group))


@desk.post("/inbox/back")
def bring_back() -> BaseResponse:
    """Take what was put aside into the inbox again."""
    parts().store.inbox.undecide(request.form.getlist("wording"))
    return redirect(url_for("staff.inbox", done="restored"), 303)


def dealt_with(done: str, to: str) -> BaseResponse:
    """Say so in the group's place where htmx asked for that, else on the page to which this leads."""
    if not is_partial():
        return redirect(to, 303)
    groups = door().groups.now(parts().live)
    return make_response(render_template("staff/inbox_done.html", done=done, **_tally(groups)))


def lead_to(to: str) -> BaseResponse:
    """Lead to another page, also where htmx asked."""
    return make_response("", 204, {"HX-Redirect": to}) if is_partial() else redirect(to, 303)


def _tally(groups: Sequence[grouping.Group]) -> dict[str, int]:
    """How much waits, for the line that says so."""
    return {"total": len(groups), "messages": sum(g.count for g in groups), "page": PAGE}


def _idle_topic(group: grouping.Group) -> Idle | None:
    """The topic that would answer it, were it live: what its first words lead to, and why it says nothing."""
    engine = parts().bot.engine
    known, meant = engine.knowledge, advice.meant_by(engine, group.wordings[0])
    topic = known.entries.get(meant or "")
    if topic is None or topic.id in known.published_ids or topic.kind == "line":
        return None
    facts = tuple(LABELS.get(name, name) for name in known.missing_facts(topic))
    return Idle(topic.id, topic.question, facts, topic.until or "")


def _answered_now(group: grouping.Group) -> str:
    """The topic that its words get by now, all of them, where they got none before; else nothing."""
    if set(group.reasons) != {"no_answer"}:
        return ""
    replies = [parts().bot.reply(wording) for wording in group.wordings]
    topics = {reply.topic or "" if reply.kind == "answer" else "" for reply in replies}
    return topics.pop() if len(topics) == 1 else ""


def _look(kind: str, key: str, group: grouping.Group) -> BaseResponse:
    """Show what would change: on a page of its own, or for htmx in short, in the group's place."""
    to = url_for("staff.changes", kind=kind, key=key)
    if not is_partial():
        return redirect(to, 303)
    seen, proposal = parts().store.edits.revision(), proposals.find(kind, key)
    try:
        preview = door().publisher.preview(proposal.changes)
    except ChatbotError:
        return lead_to(to)  # that page has the words, and the way to merge
    if preview.newly_broken:
        return lead_to(to)
    is_topic = kind == KIND
    page = render_template(
        "staff/inbox_check.html",
        key=key_of(group.wordings[0]),
        group=group,
        preview=preview,
        groups=proposals.grouped(preview.differences, proposal),
        about=f"To be added to “{proposal.title}”." if is_topic else "To be learned as not for us.",
        yes="Add and publish" if is_topic else "Not for us",
        seen=seen,
        to=to,
    )
    return make_response(page)


def _add_to(topic_id: str, group: grouping.Group) -> None:
    """Add the wordings to a topic's, as a draft."""
    on_desk = open_topic(topic_id)
    form = with_phrasings(on_desk.form, group.ways)
    _keep(topic_id, form, group, on_desk.based_on)


def _begin_topic(key: str, group: grouping.Group) -> str:
    """Begin a topic with the wordings filled in; where it is written on."""
    topic_id = NEW + key[:8]
    first = group.wordings[0]
    question = first[:1].upper() + first[1:].rstrip(" .?!") + "?"
    form = TopicForm(question=question, owner=person().name, reviewed=date.today().isoformat())
    if parts().store.drafts.find(person().name, KIND, topic_id) is None:
        others = [w for w in group.ways if advice.plain(w) != advice.plain(question)]
        _keep(topic_id, with_phrasings(form, others), group, 0)
    return url_for("staff.edit_topic", topic_id=topic_id)


def _teach(key: str, group: grouping.Group) -> None:
    """Draft that such questions are not for us, as the judgement shall learn."""
    body = {"texts": list(group.ways), "heard": list(group.messages), "why": "not for us"}
    parts().store.drafts.save(person().name, "background", key, body, based_on=0)


def _keep(topic_id: str, form: TopicForm, group: grouping.Group, based_on: int) -> None:
    body = {**form.draft(), "heard": list(dict.fromkeys((*form.heard, *group.messages)))}
    body["why"] = form.why or f"{group.count} visitor{'s' if group.count > 1 else ''} asked"
    parts().store.drafts.save(person().name, KIND, topic_id, body, based_on=based_on)
