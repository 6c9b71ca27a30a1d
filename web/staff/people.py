"""People: who has an account, and what they may do. For admins."""

from flask import Response, make_response, redirect, render_template, request, url_for
from werkzeug.wrappers import Response as BaseResponse

from chatbot import ROLES, ChatbotError, new_password
from web.staff.door import admin_only, desk, door, person
from web.staff.words import sentence


@desk.get("/people")
@admin_only
def people() -> Response:
    """List everybody with an account."""
    return _page()


@desk.post("/people")
@admin_only
def add_person() -> BaseResponse:
    """Make an account with a password that is shown this once."""
    name, role = request.form.get("name", ""), request.form.get("role", "")
    password = new_password()
    try:
        added = door().accounts.add(name, role, password, by=person().name)
    except ChatbotError as error:
        return _page(wrong=sentence(error), name=name, role=role, status=422)
    return _page(given=(added.name, password))


@desk.post("/people/<name>")
@admin_only
def change_person(name: str) -> BaseResponse:
    """Change somebody's role, disable or enable them, or give them a new password."""
    accounts, act, by = door().accounts, request.form.get("act", ""), person().name
    try:
        if act == "password":
            password = new_password()
            accounts.reset_password(name, password, by=by)
            return _page(given=(accounts.find(name).name, password))
        if act in ("disable", "enable"):
            accounts.set_active(name, active=act == "enable", by=by)
        else:
            accounts.set_role(name, request.form.get("role", ""), by=by)
    except ChatbotError as error:
        return _page(wrong=sentence(error), status=422)
    return redirect(url_for("staff.people", done="person-changed"), 303)


def _page(
    *,
    wrong: str = "",
    name: str = "",
    role: str = "editor",
    given: tuple[str, str] | None = None,
    status: int = 200,
) -> Response:
    html = render_template(
        "staff/people.html",
        everybody=door().accounts.people(),
        roles=ROLES,
        wrong=wrong,
        name=name,
        role=role,
        given=given,
    )
    return make_response(html, status)
