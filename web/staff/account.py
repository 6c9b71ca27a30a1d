"""One's own account: password, second step, sign out everywhere."""

from collections.abc import Callable

import segno
from flask import Response, make_response, redirect, render_template, request, url_for
from markupsafe import Markup
from werkzeug.wrappers import Response as BaseResponse

from chatbot import ChatbotError
from web.staff.door import desk, door, person, see_out, session
from web.staff.words import sentence


@desk.get("/account")
def account() -> Response:
    """Show what one can change about one's own account."""
    return _page()


@desk.post("/account/password")
def change_password() -> BaseResponse:
    """Change one's own password."""
    old, new = request.form.get("old", ""), request.form.get("new", "")
    if new != request.form.get("again", ""):
        return _page(wrong="The new password is not the same in both fields. Type it again.", status=422)
    if refused := _refusal(lambda: door().accounts.change_password(session(), old, new)):
        return refused
    return redirect(url_for("staff.account", done="password"), 303)


@desk.post("/account/code/begin")
def begin_code() -> Response:
    """Offer a secret for the authenticator app."""
    return _page(secret=door().accounts.new_secret())


@desk.post("/account/code")
def use_code() -> Response:
    """Turn the second step on, once the phone shows that it has the secret."""
    secret, code = request.form.get("secret", ""), request.form.get("code", "")
    try:
        codes = door().accounts.use_code(person(), secret, code)
    except ChatbotError as error:
        is_ours = door().accounts.is_secret(secret)
        return _page(wrong=sentence(error), secret=secret if is_ours else "", status=422)
    return _page(codes=codes)


@desk.post("/account/code/off")
def drop_code() -> BaseResponse:
    """Turn the second step off."""
    if refused := _refusal(lambda: door().accounts.drop_code(person(), request.form.get("password", ""))):
        return refused
    return redirect(url_for("staff.account", done="code-off"), 303)


@desk.post("/account/sign-out-everywhere")
def sign_out_everywhere() -> BaseResponse:
    """End all one's sessions."""
    door().accounts.sign_out_everywhere(session())
    return see_out()


def _refusal(use_password: Callable[[], None]) -> Response | None:
    """Do what asks for the present password; the page that says no where it is wrong, or was too often."""
    wrong, status = fault_of(use_password)
    return _page(wrong=wrong, status=status) if wrong else None


def fault_of(use_password: Callable[[], None]) -> tuple[str, int]:
    """Do what asks for the present password; why that was not done, and the status to say so with."""
    tries, address = f"password {person().name}", request.remote_addr or ""
    if door().limiter.retry_after(tries, address):
        return "Too many tries. Please wait an hour, then try again.", 429
    try:
        use_password()
    except ChatbotError as error:
        return sentence(error), 422
    door().limiter.succeeded(tries, address)
    return "", 200


def _page(*, wrong: str = "", secret: str = "", codes: tuple[str, ...] = (), status: int = 200) -> Response:
    html = render_template(
        "staff/account.html",
        me=door().accounts.find(person().name),
        wrong=wrong,
        secret=secret,
        picture=_picture(door().accounts.code_address(person(), secret)) if secret else "",
        codes=codes,
    )
    return make_response(html, status)


def _picture(address: str) -> Markup:
    drawn = segno.make(address, micro=False).svg_inline(scale=4, omitsize=True, svgclass=None, lineclass=None)
    return Markup(drawn)  # noqa: S704 - the library's own drawing of squares, without a word of the address
