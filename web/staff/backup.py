"""The whole desk in one file, to take along and to bring back. For admins, who type their password for it."""

import tempfile
from pathlib import Path

from flask import Response, make_response, redirect, render_template, request, url_for
from werkzeug.wrappers import Response as BaseResponse

from chatbot import ChatbotError, backup
from web.parts import parts
from web.staff.account import fault_of
from web.staff.door import MAX_UPLOAD, admin_only, desk, door, person
from web.staff.words import sentence

_LARGE = "A backup that is larger than {} MB is restored on the machine that runs this: chatbot restore FILE"


@desk.get("/backup")
@admin_only
def keeping() -> Response:
    """Offer to take the desk along, and to bring it back."""
    return _page()


@desk.post("/backup")
@admin_only
def take_backup() -> BaseResponse:
    """Give everything as one file."""
    wrong, status = _fault_of_password("password")
    if wrong:
        return _page(taking=wrong, status=status)
    name = backup.name_for()
    with tempfile.TemporaryDirectory() as made:
        path = Path(made) / name
        try:
            backup.back_up(parts().settings, parts().store, path)
        except ChatbotError as error:
            return _page(taking=sentence(error).replace(str(path), name), status=503)
        data = path.read_bytes()
    parts().store.audit.note(person().name, "backup", name)
    headers = {"Content-Disposition": f'attachment; filename="{name}"'}
    return Response(data, mimetype="application/zip", headers=headers)


@desk.post("/backup/restore")
@admin_only
def restore_backup() -> BaseResponse:
    """Put a backup in place of everything; then everybody signs in again."""
    file, who = request.files.get("file"), person().name
    wrong, status = _fault_of_password("password_again")
    if wrong:
        return _page(restoring=wrong, status=status)
    if not file or not file.filename:
        return _page(restoring="Choose the file first.", status=422)
    settings, store = parts().settings, parts().store
    with tempfile.TemporaryDirectory() as made:
        path, name = Path(made) / "backup", Path(file.filename).name[:200]
        file.save(path)
        keep_at = settings.data_dir / backup.KEPT / backup.name_for("before-restore")
        try:
            done = backup.restore(settings, store, path, keep_at)
        except ChatbotError as error:
            words = sentence(error).replace(str(path), name).replace(str(keep_at), keep_at.name)
            return _page(restoring=words, status=422)
    store.audit.note(who, "restore", name)
    return redirect(url_for("staff.sign_in", done="restored-all" if done.files else "restored-rows"), 303)


def _fault_of_password(field: str) -> tuple[str, int]:
    return fault_of(lambda: door().accounts.check_password(person(), request.form.get(field, "")))


def _page(*, taking: str = "", restoring: str = "", status: int = 200) -> Response:
    megabytes = MAX_UPLOAD // 1_000_000
    html = render_template(
        "staff/backup.html",
        taking=taking,
        restoring=restoring,
        megabytes=megabytes,
        large=_LARGE.format(megabytes),
        holds_key=parts().settings.secret_key is None,
    )
    return make_response(html, status)
