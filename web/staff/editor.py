"""The editor of a topic: its fields, the preview and advice beside them, drafts, and the way to publish."""

import secrets
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from itertools import islice
from typing import Any

from flask import Response, make_response, redirect, render_template, request, url_for
from werkzeug.datastructures import MultiDict
from werkzeug.wrappers import Response as BaseResponse

from chatbot import ChatbotError, Draft, Entry, Reply, editing, grouping
from chatbot import advice as advising
from web.parts import parts
from web.problems import Problem
from web.staff.door import desk, door, get_ready, person
from web.staff.topic_form import NEW, TopicForm
from web.staff.words import long_day, sentence

KIND = "topic"
MAX_COMPARED, MAX_GROUPS, MAX_OF_GROUP, MAX_HEARD = 60, 50, 4, 6


@dataclass(frozen=True, slots=True)
class Desk:
    """A topic on somebody's desk: as it is for visitors, as they drafted it, and which version that is."""

    topic_id: str
    live: TopicForm
    form: TopicForm
    version: int
    based_on: int
    draft: Draft | None

    @property
    def is_new(self) -> bool:
        """Whether there is no such topic yet."""
        return self.topic_id.startswith(NEW)

    @property
    def has_words(self) -> bool:
        """Whether the draft is more than a look at what archiving, or bringing back, would change."""
        return self.draft is not None and replace(self.form, archived=self.live.archived) != self.live

    def typed(self, form: MultiDict[str, str]) -> TopicForm:
        """The form as it was typed. Archived is a topic by its own button alone, whatever was looked at."""
        return replace(TopicForm.of_request(form, self.form), archived=self.live.archived)


def open_topic(topic_id: str) -> Desk:
    """Put a topic on one's desk. Raises Problem (404) where there is none, and none begun."""
    store = parts().store
    newest = store.edits.newest(KIND, topic_id)
    entry = parts().bot.engine.knowledge.entries.get(topic_id)
    draft = store.drafts.find(person().name, KIND, topic_id)
    if newest and newest.body:
        live = TopicForm.of_body(newest.body)
    elif entry is not None and entry.kind not in ("line", "passage"):
        live = TopicForm.of_entry(entry)
    elif topic_id.startswith(NEW):
        live = TopicForm(owner=person().name, reviewed=date.today().isoformat())
    else:
        raise Problem(404, "There is no such topic: it may have been undone. See the list of topics.")
    version = newest.id if newest else 0
    form = TopicForm.of_body(draft.body) if draft else live
    return Desk(topic_id, live, form, version, draft.based_on if draft else version, draft)


@desk.get("/topics/new")
def new_topic() -> BaseResponse:
    """Begin a topic, under a key of its own until it has an id."""
    return redirect(
        url_for(
            "staff.edit_topic", topic_id=NEW + secrets.token_hex(4), question=request.args.get("question")
        ),
        303,
    )


@desk.get("/topics/<topic_id>")
def edit_topic(topic_id: str) -> Response:
    """Show a topic to edit."""
    get_ready()
    on_desk = open_topic(topic_id)
    form = on_desk.form
    asked = request.args.get("question", "")[:200]
    if asked and on_desk.is_new and not on_desk.draft:
        form = TopicForm(question=asked, owner=form.owner, reviewed=form.reviewed)
    return _page(on_desk, form)


@desk.post("/topics/<topic_id>")
def save_topic(topic_id: str) -> BaseResponse:
    """Keep what was typed as a draft, then do what the button says."""
    on_desk = open_topic(topic_id)
    act = request.form.get("act", "draft")
    if act == "drop":
        parts().store.drafts.drop(person().name, KIND, topic_id)
        back = url_for("staff.topics", done="draft-dropped")
        return redirect(
            back if on_desk.is_new else url_for("staff.edit_topic", topic_id=topic_id, done="draft-dropped"),
            303,
        )
    if act in ("archive", "restore"):
        _keep(on_desk, replace(on_desk.live, archived=act == "archive"))
        return redirect(url_for("staff.changes", kind=KIND, key=topic_id), 303)
    form = on_desk.typed(request.form)
    _keep(on_desk, form)
    if act == "draft":
        return redirect(url_for("staff.edit_topic", topic_id=topic_id, done="draft"), 303)
    wrong = _what_is_wrong(form, topic_id)
    if wrong or form.faults():
        return _page(open_topic(topic_id), form, wrong=wrong, faults=form.faults(), status=422)
    return redirect(url_for("staff.changes", kind=KIND, key=topic_id), 303)


@desk.post("/topics/<topic_id>/advice")
def advice(topic_id: str) -> str:
    """Say what is to be said about what was typed so far, and keep it as a draft, unless one only looks."""
    on_desk = open_topic(topic_id)
    form = on_desk.typed(request.form)
    saved_at = None
    if form.draft() != on_desk.form.draft() and not request.args.get("look"):
        _keep(on_desk, form)
        saved_at = datetime.now(UTC)
    return render_template(
        "staff/advice.html", **_beside(on_desk, form), form=form, saved_at=saved_at, is_part=True
    )


def _keep(on_desk: Desk, form: TopicForm) -> None:
    parts().store.drafts.save(person().name, KIND, on_desk.topic_id, form.draft(), based_on=on_desk.based_on)


def _what_is_wrong(form: TopicForm, topic_id: str) -> str:
    if form.faults():
        return "Something is missing; see below."
    try:
        form.entry(topic_id)
    except ChatbotError as error:
        return sentence(error)
    return ""


def _beside(on_desk: Desk, form: TopicForm) -> dict[str, Any]:
    """What stands beside the form: preview, advice, what visitors typed."""
    entry = draft_entry(on_desk.topic_id, form)
    engine = parts().bot.engine
    missing = sorted(advising.gaps(engine.knowledge, entry))
    return {
        "preview": preview(entry) if form.answer else None,
        "advice": advising.advise(engine, entry),
        "gaps": missing,
        "heard": _heard(entry),
        "waiting": _waiting(entry) if on_desk.is_new else (),
    }


def _heard(entry: Entry) -> tuple[str, ...]:
    """What visitors typed in vain that is like what stands in the form, and not in it yet."""
    live = parts().live
    asked = _asked(entry)
    waiting = [m for g in door().groups.now(live)[:MAX_GROUPS] for m in g.messages[:MAX_OF_GROUP]]
    if not asked or not waiting:
        return ()
    led = grouping.leaders(live.bot.engine, [*asked, *waiting], fixed=len(asked))[len(asked) :]
    known = {advising.plain(w) for w in asked}
    like = (w for w, leader in zip(waiting, led, strict=True) if leader < len(asked))
    return tuple(w for w in like if advising.plain(w) not in known)[:MAX_HEARD]


def _waiting(entry: Entry) -> tuple[str, ...]:
    """What people ask that is said alike, and gets no answer while its topic waits for facts."""
    engine, asked = parts().bot.engine, _asked(entry)
    known = engine.knowledge
    idle = {t.id for t in known.topics if editing.yields(t) and known.missing_facts(t)} - {entry.id}
    texts = [p for t in known.topics if t.id in idle for p in t.phrasings]
    texts += [a.question for a in known.asked if a.topics and a.topics[0] in idle]
    scored = zip(grouping.likeness(engine, texts, asked), texts, strict=True)
    like = {advising.plain(t): t for score, t in sorted(scored, reverse=True) if score >= 1.0}
    written = {advising.plain(w) for w in asked}
    new = (t for plain, t in like.items() if plain not in written)
    return tuple(islice((t for t in new if parts().bot.reply(t).kind != "answer"), MAX_HEARD))


def _asked(entry: Entry) -> list[str]:
    return [w for w in (entry.question, *entry.phrasings) if w][:MAX_COMPARED]


def draft_entry(topic_id: str, form: TopicForm) -> Entry:
    """The entry that a form would make, also while it is not whole."""
    body = form.body()
    try:
        return editing.entry_of(topic_id, body)
    except ChatbotError:
        return Entry(topic_id, form.question, form.answer, tuple(body["phrasings"]), "clinic")


def preview(entry: Entry) -> Reply:
    """The reply that a visitor would get from an entry."""
    return parts().bot.preview(entry)


def _page(
    on_desk: Desk,
    form: TopicForm,
    *,
    wrong: str = "",
    faults: dict[str, str] | None = None,
    status: int = 200,
) -> Response:
    known = parts().bot.engine.knowledge
    entry = known.entries.get(on_desk.topic_id)
    faults = faults or {}
    html = render_template(
        "staff/editor.html",
        topic_id=on_desk.topic_id,
        is_new=on_desk.is_new,
        is_archived=on_desk.live.archived,
        form=form,
        based_on=on_desk.based_on,
        faults=faults,
        wrong=wrong,
        show_more=bool(faults.keys() - {"question", "phrasings", "answer"}),
        missing=known.missing_facts(entry) if entry else (),
        about=_about(entry),
        draft_at=on_desk.draft.at if on_desk.draft and on_desk.has_words else None,
        others=_others(on_desk.topic_id),
        people=[p.name for p in door().accounts.people() if p.is_active],
        known_groups=sorted({t.group for t in known.topics if t.group}),
        topics=[(t.id, t.question) for t in known.topics if t.id != on_desk.topic_id],
        **_beside(on_desk, form),
    )
    return make_response(html, status)


def _about(entry: Entry | None) -> str:
    if entry is None:
        return ""
    said = [f"Last reviewed {long_day(entry.reviewed)}." if entry.reviewed else "Never reviewed."]
    if entry.until:
        said.append(f"Valid until {long_day(entry.until)}.")
    return " ".join(said)


def _others(topic_id: str) -> list[str]:
    drafts = parts().store.drafts.all()
    return sorted({d.by for d in drafts if (d.kind, d.key) == (KIND, topic_id) and d.by != person().name})
