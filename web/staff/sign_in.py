"""Signing in, the second step, and signing out."""

from flask import Response, g, make_response, redirect, render_template, request, url_for
from werkzeug.wrappers import Response as BaseResponse

from chatbot import BusyError
from web.staff.door import desk, door, is_inside, let_in, see_out, session
from web.staff.words import sentence

_WRONG = "The name or the password is not right."
_WRONG_CODE = "That code is not right. Wait for the next one, or use a recovery code."


@desk.get("/sign-in")
def sign_in() -> BaseResponse:
    """Ask for name and password."""
    if g.session is not None and g.session.is_verified:
        return _on()
    return _form()


@desk.post("/sign-in")
def enter() -> BaseResponse:
    """Let somebody in whose name and password are right."""
    name, password = request.form.get("name", "")[:200], request.form.get("password", "")[:1000]
    wait = door().limiter.retry_after(name, request.remote_addr or "")
    if wait:
        return _form(_later(wait), name, 429, wait)
    try:
        begun = door().accounts.sign_in(name, password)
    except BusyError as error:
        return _form(sentence(error), name, 503, 5)
    if begun is None:
        return _form(_WRONG, name, 422)
    door().limiter.succeeded(name, request.remote_addr or "")
    if g.session is not None:
        door().accounts.sign_out(g.session)
    if not begun.is_verified:
        return let_in(begun, url_for("staff.second_step", next=_next()))
    return let_in(begun, _next() or url_for("staff.home"))


@desk.get("/code")
def second_step() -> BaseResponse:
    """Ask for the code of the phone."""
    return _on() if session().is_verified else _code_form()


@desk.post("/code")
def take_second_step() -> BaseResponse:
    """Let somebody in whose code is right."""
    who = f"code {session().person.name}"
    wait = door().limiter.retry_after(who, request.remote_addr or "")
    if wait:
        return _code_form(_later(wait), 429, wait)
    begun = door().accounts.verify(session(), request.form.get("code", "")[:40])
    if begun is None:
        return _code_form(_WRONG_CODE, 422)
    door().limiter.succeeded(who, request.remote_addr or "")
    return let_in(begun, _next() or url_for("staff.home"))


@desk.post("/sign-out")
def sign_out() -> BaseResponse:
    """End this session."""
    door().accounts.sign_out(session())
    return see_out()


def _form(wrong: str = "", name: str = "", status: int = 200, wait: int = 0) -> Response:
    page = render_template(
        "staff/sign_in.html", wrong=wrong, name=name, next=_next(), is_new=not door().accounts.people()
    )
    return _answer(page, status, wait)


def _code_form(wrong: str = "", status: int = 200, wait: int = 0) -> Response:
    return _answer(render_template("staff/second_step.html", wrong=wrong, next=_next()), status, wait)


def _answer(page: str, status: int, wait: int) -> Response:
    response = make_response(page, status)
    if wait:
        response.headers["Retry-After"] = str(wait)
    return response


def _on() -> BaseResponse:
    return redirect(_next() or url_for("staff.home"), 303)


def _next() -> str:
    wanted = request.values.get("next", "")
    return wanted if is_inside(wanted) else ""


def _later(wait: int) -> str:
    minutes = -(-wait // 60)
    return f"Too many tries. Please wait {minutes} minute{'s' if minutes > 1 else ''}, then try again."
