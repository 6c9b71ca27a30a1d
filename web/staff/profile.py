"""The clinic's facts: each stands in one place, with the day on which it was checked."""

import re
from collections import Counter
from collections.abc import Mapping
from datetime import date
from typing import Any, NamedTuple

from flask import Response, make_response, redirect, render_template, request, url_for
from werkzeug.wrappers import Response as BaseResponse

from chatbot import ChatbotError, KnowledgeError, advice, editing
from web import fields
from web.parts import parts
from web.staff.door import admin_only, desk, person
from web.staff.words import sentence

MAX_FACT = 600
KIND = "profile"
_PLACES = ("street", "city", "state", "postal_code")
_ADDRESS = re.compile(r"(?P<street>.+), (?P<city>[^,]+), (?P<state>[^,]+?) (?P<postal_code>[\d-]+)")


class Fact(NamedTuple):
    """A field of the form. `type` is that of the input, or "area" for several lines."""

    name: str
    label: str
    hint: str = ""
    type: str = "text"


PARTS: tuple[tuple[str, tuple[Fact, ...]], ...] = (
    (
        "Reaching you",
        (
            Fact("name", "Name of the clinic"),
            Fact("phone", "Phone", "The number alone, such as 312-555-0100.", "tel"),
            Fact(
                "emergency_phone",
                "Your own number for urgent calls",
                "Only if you have one. 911 and 988 are always shown.",
                "tel",
            ),
            Fact("email", "E-mail", "Leave it empty if nobody reads it every working day.", "email"),
            Fact("website", "Website", "Such as https://www.example.org", "url"),
            Fact("contact_form", "Page with the contact form", "", "url"),
        ),
    ),
    (
        "Hours and days",
        (
            Fact("hours", "Office hours", "Such as: Monday to Friday, 8 am to 6 pm"),
            Fact("schedule", "When sessions are", "", "area"),
            Fact(
                "waiting_time",
                "Waiting time until somebody can start",
                "Such as: about a week from the first call.",
            ),
        ),
    ),
    (
        "Money",
        (
            Fact("price", "Price without insurance"),
            Fact("payment", "Ways to pay", "Cards, payment plans, a lower price for a low income.", "area"),
            Fact(
                "insurers", "Insurers you work with", "People plan by this list: keep it up to date.", "area"
            ),
        ),
    ),
    (
        "Coming to you",
        (
            Fact("parking", "Parking, bus and train", "", "area"),
            Fact("accessibility", "Ways in without steps, elevator, hearing and sight", "", "area"),
            Fact("first_day", "The first day", "What to bring, when to come, whom to ask for.", "area"),
            Fact("absence_policy", "When somebody cannot come", "", "area"),
            Fact("childcare", "Childcare", "", "area"),
            Fact("languages", "Languages", "", "area"),
            Fact("psychiatrist", "Seeing a psychiatrist", "", "area"),
        ),
    ),
)

LABELS = {f.name: f.label for _, part in PARTS for f in part} | {"address": "Address"}


@desk.get("/facts")
@admin_only
def profile() -> Response:
    """Show the facts as they are, or as they were drafted."""
    draft = parts().store.drafts.find(person().name, KIND, editing.PROFILE_KEY)
    known = parts().bot.profile
    said = {**known.facts, **_by_part(known.facts.get("address", ""))}
    if draft:
        facts = draft.body["facts"]
        said |= {**facts, **_by_part(str(facts.get("address") or ""))}
    return _page(said, str((draft.body if draft else {}).get("as_of") or known.as_of or ""))


@desk.post("/facts")
@admin_only
def save_profile() -> BaseResponse:
    """Keep the facts as a draft, and show what they would change."""
    typed = {f.name: _typed(f.name) for _, part in PARTS for f in part} | {p: _typed(p) for p in _PLACES}
    as_of = _typed("as_of") or date.today().isoformat()
    facts: dict[str, Any] = {k: v for k, v in typed.items() if k not in _PLACES}
    facts["address"] = {p: typed[p] for p in _PLACES}
    faults = _faults(facts)
    if faults:
        return _page(typed, as_of, faults, 422)
    try:
        change = editing.profile_change(facts, as_of)
    except ChatbotError as error:
        return _page(typed, as_of, {"as_of": sentence(error)}, 422)
    newest = parts().store.edits.newest(KIND, editing.PROFILE_KEY)
    body = {**(change.body or {}), "why": _typed("why")}
    parts().store.drafts.save(
        person().name, KIND, editing.PROFILE_KEY, body, based_on=newest.id if newest else 0
    )
    return redirect(url_for("staff.changes", kind=KIND, key=editing.PROFILE_KEY), 303)


def _typed(name: str) -> str:
    return " ".join(fields.writable(request.form.get(name, "")).split())[: 2 * MAX_FACT]


def _faults(facts: Mapping[str, Any]) -> dict[str, str]:
    """What is wrong, by field."""
    found: dict[str, str] = {}
    for name, value in facts.items():
        try:
            editing.profile_change({name: value}, None)
        except KnowledgeError as error:
            expected = error.fact.partition(": ")[2] or error.fact  # what was typed stands in the field
            found["street" if name == "address" else name] = expected[:1].upper() + expected[1:]
    return found


def _by_part(address: str) -> dict[str, str]:
    match = _ADDRESS.fullmatch(address)
    return match.groupdict() if match else dict.fromkeys(_PLACES, "") | {"street": address}


def _page(
    said: Mapping[str, str], as_of: str, faults: Mapping[str, str] | None = None, status: int = 200
) -> Response:
    knowledge = parts().bot.engine.knowledge
    waiting = Counter(name for topic in knowledge.topics for name in advice.gaps(knowledge, topic))
    html = render_template(
        "staff/profile.html",
        form_parts=PARTS,
        said=said,
        as_of=as_of,
        today=date.today().isoformat(),
        faults=faults or {},
        waiting=waiting,
    )
    return make_response(html, status)
