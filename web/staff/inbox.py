"""The inbox: what could not be answered well, by meaning, and the four things to do about it."""

from datetime import date, timedelta

from flask import redirect, render_template, request, url_for
from werkzeug.wrappers import Response as BaseResponse

from chatbot import advice, grouping
from web.parts import parts
from web.problems import Problem
from web.staff.door import desk, door, get_ready, person
from web.staff.editor import KIND, open_topic
from web.staff.groups import key_of
from web.staff.topic_form import NEW, TopicForm, with_phrasings

SNOOZE_DAYS = 14
PAGE = 50
MAX_ADDED = 8  # wordings of a group that become ways to ask, or are taught as not for us

REASONS = {
    "no_answer": "no answer",
    "unsure": "answered, but unsure",
    "unhelpful": "marked unhelpful",
    "none_of_these": "“none of these”",
}


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
        total=len(groups),
        messages=sum(g.count for g in groups),
        questions=questions,
        reasons=REASONS,
        put_aside=[d for d in parts().store.inbox.decided() if d.state != "done"],
    )


@desk.post("/inbox/<key>")
def act_on_group(key: str) -> BaseResponse:
    """Do one of the four things about a group."""
    group = door().groups.find(parts().live, key)
    if group is None:
        raise Problem(404, "These messages are dealt with already, or were deleted as they grew old.")
    act = request.form.get("act", "")
    if act == "snooze":
        until = date.today() + timedelta(SNOOZE_DAYS)
        parts().store.inbox.decide(group.messages, "snoozed", by=person().name, until=until)
        return redirect(url_for("staff.inbox", done="snoozed"), 303)
    if act == "not":
        return _teach(key, group)
    if act == "add":
        return _add_to(request.form.get("topic", ""), group)
    return _begin_topic(key, group)


@desk.post("/inbox/back")
def bring_back() -> BaseResponse:
    """Take what was put aside into the inbox again."""
    parts().store.inbox.undecide(request.form.getlist("wording"))
    return redirect(url_for("staff.inbox", done="restored"), 303)


def _add_to(topic_id: str, group: grouping.Group) -> BaseResponse:
    """Add the wordings to a topic's, as a draft, and show what that would change."""
    on_desk = open_topic(topic_id)
    form = with_phrasings(on_desk.form, group.messages[:MAX_ADDED])
    _keep(topic_id, form, group, on_desk.based_on)
    return redirect(url_for("staff.changes", kind=KIND, key=topic_id), 303)


def _begin_topic(key: str, group: grouping.Group) -> BaseResponse:
    """Begin a topic with the wordings filled in."""
    topic_id = NEW + key[:8]
    first = group.wordings[0]
    question = first[:1].upper() + first[1:].rstrip(" .?!") + "?"
    form = TopicForm(question=question, owner=person().name, reviewed=date.today().isoformat())
    if parts().store.drafts.find(person().name, KIND, topic_id) is None:
        others = [m for m in group.messages if advice.plain(m) != advice.plain(question)]
        _keep(topic_id, with_phrasings(form, others[:MAX_ADDED]), group, 0)
    return redirect(url_for("staff.edit_topic", topic_id=topic_id), 303)


def _teach(key: str, group: grouping.Group) -> BaseResponse:
    """Teach the judgement that such questions are not for us, once it was seen what that changes."""
    body = {"texts": list(group.messages[:MAX_ADDED]), "heard": list(group.messages), "why": "not for us"}
    parts().store.drafts.save(person().name, "background", key, body, based_on=0)
    return redirect(url_for("staff.changes", kind="background", key=key), 303)


def _keep(topic_id: str, form: TopicForm, group: grouping.Group, based_on: int) -> None:
    body = {**form.draft(), "heard": list(dict.fromkeys((*form.heard, *group.messages)))}
    body["why"] = form.why or f"{group.count} visitors asked"
    parts().store.drafts.save(person().name, KIND, topic_id, body, based_on=based_on)
