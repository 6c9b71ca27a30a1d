"""Import and export: a file is tried first, then taken in whole or not at all, as one save."""

import re
import time
from datetime import date
from pathlib import Path

from flask import Response, make_response, redirect, render_template, request, url_for
from werkzeug.wrappers import Response as BaseResponse

from chatbot import ChatbotError, editing, formats
from web.parts import parts
from web.problems import Problem
from web.staff.door import admin_only, desk, door, person
from web.staff.words import sentence

KIND, KEY = "import", "file"
PAGE_KIND = "article"
SHOWN = 200  # rows of each sort that the dry run shows
FIELD_NAMES: dict[formats.Field, str] = {
    "question": "Question",
    "answer": "Answer",
    "phrasings": "Other ways to ask it",
    "group": "Group",
    "sources": "Sources",
    "related": "Offered next",
    "reviewed": "Last reviewed",
    "until": "Valid until",
    "owner": "Owner",
    "law": "About law or money (yes or no)",
    "kind": "Kind",
    "id": "Short name (id)",
}
_KEPT_S = 3600  # how long an uploaded file waits for a yes
NAMES = {
    "csv": "CSV, for any spreadsheet",
    "xlsx": "Excel (.xlsx)",
    "tsv": "Tab-separated (.tsv)",
    "jsonl": "JSON lines",
    "json": "JSON",
    "markdown": "Topic file (.md), as the program reads it",
    "qnamaker": "QnA Maker / Azure (.tsv)",
    "qnabot": "QnABot (.json)",
    "qnabot-xlsx": "QnABot (.xlsx)",
    "rasa": "Rasa (.yml)",
    "dialogflow": "Dialogflow ES (.zip)",
}


@desk.get("/exchange")
def exchange() -> Response:
    """Offer to bring topics in, and to take them along."""
    return _page()


@desk.get("/exchange/export")
def export() -> Response:
    """Give all topics as a file."""
    asked = request.args.get("format", "csv")
    wanted = next((name for name in formats.WRITABLE if name == asked), None)
    if wanted is None:
        raise Problem(404, "There is no such format.")
    data = formats.dump(parts().bot.engine.knowledge.topics, wanted)
    name = f"topics-{date.today().isoformat()}{formats.ENDINGS[wanted]}"
    headers = {"Content-Disposition": f'attachment; filename="{name}"'}
    return Response(data, content_type="application/octet-stream", headers=headers)


@desk.post("/exchange")
@admin_only
def upload() -> BaseResponse:
    """Try a file, or the one before with other columns, and show what it would do."""
    file = request.files.get("file")
    try:
        if file and file.filename:
            name, data = Path(file.filename).name[:200], file.read(formats.MAX_BYTES + 1)
            _keep(name, data)
            return _try(name, data, {})
        name, data = _kept()
    except ChatbotError as error:
        return _page(sentence(error), 422)
    columns = request.form.getlist("column")
    chosen = dict(zip(columns, request.form.getlist("field"), strict=False))
    return _try(name, data, {column: field for column, field in chosen.items() if field})


@desk.post("/exchange/cancel")
@admin_only
def cancel_import() -> BaseResponse:
    """Throw the uploaded file away."""
    _place().unlink(missing_ok=True)
    parts().store.drafts.drop(person().name, KIND, KEY)
    parts().store.drafts.drop(person().name, PAGE_KIND, request.form.get("page", ""))
    return redirect(url_for("staff.exchange"), 303)


def _try_page(name: str, data: bytes) -> Response:
    """Show a page as the passages that it becomes, and draft it."""
    store, key = parts().store, editing.article_key(name)
    newest = store.edits.newest(PAGE_KIND, key)
    try:
        change = editing.article_change(data, name, parts().live.ground)
    except ChatbotError as error:
        return _page(sentence(error), 422)
    body = {**(change.body or {}), "why": f"page {name}"}
    store.drafts.save(person().name, PAGE_KIND, key, body, based_on=newest.id if newest else 0)
    html = render_template(
        "staff/page.html", name=name, key=key, is_new=newest is None or newest.body is None, page=change.body
    )
    return make_response(html)


def _try(name: str, data: bytes, mapping: dict[str, str]) -> Response:
    if formats.is_page(name, data):
        return _try_page(name, data)
    based_on = formats.versions(parts().store.edits)  # first: who is faster from here on is noticed
    knowledge = door().publisher.knowledge()
    try:
        reading = formats.read(data, name, mapping=mapping or None)
        plan = formats.plan(reading.rows, knowledge)
    except formats.ColumnsError as error:
        return _ask_for_columns(name, error)
    except ChatbotError as error:
        return _page(sentence(error), 422)
    if plan.entries and not plan.refused:
        made = [[c.key, c.body, c.based_on] for c in formats.changes(plan, based_on)]
        body = {"changes": made, "why": f"imported from {name}"}
        parts().store.drafts.save(person().name, KIND, KEY, body, based_on=0)
    html = render_template(
        "staff/dry_run.html",
        name=name,
        format_name=NAMES.get(reading.format, reading.format),
        reading=reading,
        plan=plan,
        shown=SHOWN,
        columns=reading.columns,
        field_names=FIELD_NAMES,
    )
    return make_response(html, 422 if plan.refused else 200)


def _ask_for_columns(name: str, error: formats.ColumnsError) -> Response:
    html = render_template(
        "staff/columns.html",
        name=name,
        needed=FIELD_NAMES[error.needed].lower(),
        columns=error.columns,
        field_names=FIELD_NAMES,
    )
    return make_response(html, 422)


def _page(wrong: str = "", status: int = 200) -> Response:
    writable = [(key, NAMES[key]) for key in formats.WRITABLE]
    html = render_template(
        "staff/exchange.html", wrong=wrong, writable=writable, megabytes=formats.MAX_BYTES // 1_000_000
    )
    return make_response(html, status)


# --- the file between the trial and the yes -----------------------------------------------------------------


def _place() -> Path:
    return parts().settings.data_dir / "uploads" / str(person().id)


def _keep(name: str, data: bytes) -> None:
    """Keep an uploaded file for its owner, in place of an earlier one; forget those that nobody came for."""
    place = _place()
    place.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    for other in place.parent.iterdir():
        if time.time() - other.stat().st_mtime > _KEPT_S:
            other.unlink(missing_ok=True)
    place.touch(mode=0o600)
    place.write_bytes(re.sub(r"[\r\n]", " ", name).encode() + b"\n" + data)


def _kept() -> tuple[str, bytes]:
    try:
        name, _, data = _place().read_bytes().partition(b"\n")
    except OSError as error:
        raise ChatbotError("the file is no longer here: choose it once more") from error
    return name.decode(), data
