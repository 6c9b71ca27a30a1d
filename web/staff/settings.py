"""Settings: on and off, greeting, the launcher's color, what is allowed and for how long things are kept."""

from datetime import date

from flask import Response, make_response, redirect, render_template, request, url_for
from werkzeug.wrappers import Response as BaseResponse

from chatbot import DIAL_OPTION, ORIGINS_OPTION, RETENTION_OPTION, ChatbotError, editing, parse_origin
from web import fields
from web.parts import COLOR_OPTION, parts
from web.problems import Problem
from web.staff import colors
from web.staff.door import admin_only, desk, person
from web.staff.words import sentence

GREETING = "greeting"  # the line's id
DEFAULT_COLOR = "#0b5c63"
MAX_GREETING = 600
MAX_SITES, MAX_SITES_TEXT = 50, 10_000
_EXPECTED = "expected one such as https://www.your-clinic.example"


@desk.get("/settings")
@admin_only
def settings() -> Response:
    """Show what is set."""
    return _page()


@desk.post("/settings/switch")
@admin_only
def switch() -> BaseResponse:
    """Switch the assistant off or on for visitors."""
    off = request.form.get("act") == "off"
    parts().store.switch(off=off)
    parts().store.audit.note(person().name, "switch-off" if off else "switch-on")
    return redirect(url_for("staff.settings", done="saved"), 303)


@desk.post("/settings/dial")
@admin_only
def set_dial() -> BaseResponse:
    """Make the assistant more careful, or bolder."""
    dial = request.form.get("dial", "")
    if dial not in parts().bot.engine.judge.stances:
        return _page(dial_fault="Choose one of the three.", status=422)
    parts().store.options.set(DIAL_OPTION, dial, by=person().name)
    parts().store.audit.note(person().name, "set-dial", dial)
    parts().live.check()
    return redirect(url_for("staff.settings", done="saved"), 303)


@desk.post("/settings/color")
@admin_only
def set_color() -> BaseResponse:
    """Set the launcher's color, if it can be read."""
    typed = request.form.get("color", "")[:40]
    try:
        color = colors.parse_hex(typed)
    except Problem as problem:
        return _page(color=typed, color_fault=problem.detail or "", status=422)
    if colors.contrast_on_white(color) < colors.MIN_CONTRAST:
        contrast, better = colors.contrast_on_white(color), colors.nearest_that_passes(color)
        fault = (
            f"White on {color} has a contrast of {contrast:.1f} to 1, and {colors.MIN_CONTRAST} is needed to "
            f"be read. The nearest color that passes is {better}."
        )
        return _page(color=color, color_fault=fault, better=better, status=422)
    parts().store.options.set(COLOR_OPTION, color, by=person().name)
    parts().store.audit.note(person().name, "set-color", color)
    return redirect(url_for("staff.settings", done="saved"), 303)


@desk.post("/settings/sites")
@admin_only
def set_sites() -> BaseResponse:
    """Say which sites may show the assistant, beside those that are set where it runs."""
    typed = fields.writable(request.form.get("sites", "").replace("\r\n", "\n"))[:MAX_SITES_TEXT]
    lines = [line.strip() for line in typed.splitlines() if line.strip()]
    origins = {line: parse_origin(line) for line in lines}
    wrong = next((line for line, origin in origins.items() if origin is None), None)
    if wrong is not None:
        return _page(sites=typed, sites_fault=f"“{wrong[:100]}” is no web address: {_EXPECTED}.", status=422)
    if len(origins) > MAX_SITES:
        return _page(
            sites=typed, sites_fault=f"There are {len(origins)} sites: at most {MAX_SITES} fit.", status=422
        )
    allow(*(origin for origin in origins.values() if origin), add=False)
    return redirect(url_for("staff.settings", done="saved"), 303)


def allow(*origins: str, add: bool) -> None:
    """Let these sites show the assistant: beside those that the desk has allowed, or in their place."""
    store = parts().store
    before = tuple(store.options.get(ORIGINS_OPTION) or ()) if add else ()
    kept = list(dict.fromkeys((*before, *origins)))
    store.options.set(ORIGINS_OPTION, kept, by=person().name)
    store.audit.note(person().name, "set-sites", ", ".join(kept)[:200])


@desk.post("/settings/retention")
@admin_only
def set_retention() -> BaseResponse:
    """Keep what visitors wrote for fewer days than is promised where it runs."""
    typed, most = request.form.get("days", "").strip()[:10], parts().settings.retention_days
    if not typed.isdecimal() or not 0 < int(typed) <= most:
        return _page(days=typed, days_fault=f"Write a number of days from 1 to {most}.", status=422)
    parts().store.options.set(RETENTION_OPTION, int(typed), by=person().name)
    parts().store.audit.note(person().name, "set-retention", typed)
    parts().forget(date.today())
    parts().live.check()
    return redirect(url_for("staff.settings", done="saved"), 303)


@desk.post("/settings/greeting")
@admin_only
def set_greeting() -> BaseResponse:
    """Keep another greeting as a draft, and show what it would change."""
    typed = fields.writable(request.form.get("greeting", "").replace("\r\n", "\n"))
    line = parts().bot.engine.knowledge.entries[GREETING]
    newest = parts().store.edits.newest("line", GREETING)
    body = {**editing.body_of(line), "answer": typed}
    fault = (
        ""
        if 0 < len(typed) <= MAX_GREETING
        else f"The greeting has {len(typed)} characters: 1 to {MAX_GREETING} fit."
    )
    try:
        editing.entry_of(GREETING, body)
    except ChatbotError as error:
        fault = fault or sentence(error)
    if fault:
        return _page(greeting=typed, greeting_fault=fault, status=422)
    parts().store.drafts.save(person().name, "line", GREETING, body, based_on=newest.id if newest else 0)
    return redirect(url_for("staff.changes", kind="line", key=GREETING), 303)


def _page(status: int = 200, **said: str) -> Response:
    """The page; `said` is what was typed and what is wrong with it: color, greeting, … (see the template)."""
    present = parts().store.options.get(COLOR_OPTION) or DEFAULT_COLOR
    shown = {
        "color": present,
        "color_fault": "",
        "better": "",
        "greeting": parts().bot.engine.knowledge.entries[GREETING].answer,
        "greeting_fault": "",
        "dial_fault": "",
        "sites": "\n".join(parts().store.options.get(ORIGINS_OPTION) or ()),
        "sites_fault": "",
        "days": str(parts().as_set.now().retention_days),
        "days_fault": "",
        **said,
    }
    html = render_template(
        "staff/settings.html",
        **shown,
        is_off=parts().switch.is_off(),
        present=present,
        contrast=colors.contrast_on_white(present),
        known=parts().settings,
        judge=parts().bot.engine.judge,
    )
    return make_response(html, status)
