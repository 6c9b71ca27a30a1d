"""The door of the desk: who is there, what they may do, and that a form was really theirs."""

import base64
import hashlib
import hmac
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache, wraps
from pathlib import Path
from typing import Any, ParamSpec, TypeVar, cast
from urllib.parse import quote

from flask import Blueprint, Response, current_app, g, make_response, redirect, request, url_for
from werkzeug.wrappers import Response as BaseResponse

from chatbot import Accounts, Person, Publisher, Session
from web.limits import SignInLimiter
from web.parts import part, parts
from web.problems import Problem
from web.staff.groups import Groups
from web.staff.menu import menu, room_of

NAME = "staff desk"
MAX_FORM = 512 * 1024
MAX_UPLOAD = 21_000_000
MAX_FIELDS = 400
_CSRF = "csrf"
# Behind TLS the name itself makes browsers refuse one that another host or an insecure page has set.
_SECURE_COOKIE, _COOKIE = "__Host-staff", "staff"
_UPLOADS = frozenset({"staff.upload", "staff.restore_backup"})
_OPEN = frozenset({"staff.sign_in", "staff.enter"})
_HALF_OPEN = frozenset({"staff.second_step", "staff.take_second_step", "staff.sign_out"})

desk = Blueprint("staff", __name__, url_prefix="/staff")

Given = ParamSpec("Given")
View = TypeVar("View", bound=Callable[..., Any])


@dataclass(frozen=True, slots=True)
class Door:
    """What signing in needs; made once by `web.staff.register`."""

    accounts: Accounts
    limiter: SignInLimiter
    groups: Groups
    publisher: Publisher


def door() -> Door:
    """Give the door that the current request stands at."""
    return cast(Door, part(NAME))


def get_ready() -> None:
    """Have the next look at what would change got ready, while somebody reads and writes."""
    if parts().live.is_watching:
        door().publisher.get_ready()


def session() -> Session:
    """Give the session that this request belongs to."""
    return cast(Session, g.session)


def person() -> Person:
    """Give the person who sent this request."""
    return session().person


def admin_only(view: View) -> View:
    """Let only admins have what `view` gives."""

    @wraps(view)
    def guarded(*args: Any, **kwargs: Any) -> Any:
        check_admin()
        return view(*args, **kwargs)

    return cast(View, guarded)


def check_admin() -> None:
    """Refuse who is no admin."""
    if not person().is_admin:
        raise Problem(403, "Only an admin may do this. Ask one of them, or have them change your role.")


@desk.before_request
def _check() -> BaseResponse | None:
    request.max_content_length = MAX_UPLOAD if request.endpoint in _UPLOADS else MAX_FORM
    request.max_form_parts = MAX_FIELDS
    g.session = door().accounts.session(_token())
    if request.method not in ("GET", "HEAD", "OPTIONS") and not _is_own_form():
        raise Problem(403, "This form did not come from the desk itself. Open the page anew, then send it.")
    if request.endpoint in _OPEN:
        return None
    if g.session is None:
        return _to_sign_in()
    if not g.session.is_verified and request.endpoint not in _HALF_OPEN:
        return redirect(url_for("staff.second_step"))
    if request.method == "POST" and not hmac.compare_digest(_given_csrf(), g.session.csrf):
        raise Problem(403, "This form is from an earlier sign-in. Open the page anew, then send it again.")
    return None


@desk.after_request
def _headers(response: Response) -> Response:
    # Without this, browsers hide a form's origin also from its own site.
    response.headers["Referrer-Policy"] = "same-origin"
    response.headers["Cache-Control"] = "no-store"
    if response.mimetype == "text/html":
        # No Trusted Types, as elsewhere: htmx puts this server's own HTML into the page.
        response.headers["Content-Security-Policy"] = (
            "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; "
            "form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
        )
    return response


@desk.context_processor
def _on_every_page() -> dict[str, object]:
    present = g.get("session")
    is_in = present is not None and present.is_verified
    return {
        "csrf": present.csrf if present else "",
        "person": present.person if present else None,
        "rooms": menu(is_admin=is_in and present.person.is_admin),
        "here": room_of(request.endpoint or ""),
        "inbox_waiting": len(door().groups.now(parts().live)) if is_in else 0,
        "clinic": parts().bot.profile.facts.get("name", ""),
        "integrity": _integrity,
        "spread": parts().live.spread,
    }


def let_in(begun: Session, to: str) -> BaseResponse:
    """Give the browser a session, and send it on."""
    response = redirect(to, 303)
    secure = _is_secure()
    response.set_cookie(
        _cookie(_SECURE_COOKIE if secure else _COOKIE),
        begun.token,
        secure=secure,
        httponly=True,
        samesite="Lax",
        path="/",
    )
    return response


def see_out() -> BaseResponse:
    """Take the session's cookie away, and show the door."""
    response = redirect(url_for("staff.sign_in", done="signed-out"), 303)
    response.delete_cookie(_cookie(_SECURE_COOKIE), secure=True, httponly=True, samesite="Lax")
    response.delete_cookie(_cookie(_COOKIE), httponly=True, samesite="Lax")
    return response


def _cookie(name: str) -> str:
    """Of each site its own, so that somebody may work at the desks of two."""
    return f"{name}-{parts().site}" if parts().site else name


def is_inside(path: str) -> bool:
    """Whether `path` leads to a page of the desk, and nowhere else."""
    home = f"{request.script_root}/staff"
    return (
        (path == home or path.startswith((f"{home}/", f"{home}?")))
        and path.isprintable()
        and "\\" not in path
        and "//" not in path
    )


def is_partial() -> bool:
    """Whether htmx asks for a part of a page."""
    return request.headers.get("HX-Request") == "true" and "HX-Boosted" not in request.headers


def _to_sign_in() -> BaseResponse:
    asked = request.script_root + request.full_path.rstrip("?")
    wanted = asked if request.method == "GET" and not is_partial() else ""
    to = url_for("staff.sign_in") + (f"?next={quote(wanted)}" if is_inside(wanted) else "")
    if is_partial():
        return make_response("", 401, {"HX-Redirect": to})
    return redirect(to, 303)


def _token() -> str:
    given = request.cookies.get(_cookie(_SECURE_COOKIE))
    if not given and not request.is_secure:
        given = request.cookies.get(_cookie(_COOKIE))
    return (given or "")[:200]


def _given_csrf() -> str:
    return (
        (request.headers.get("X-CSRF-Token") or request.form.get(_CSRF, ""))
        .encode("ascii", "replace")
        .decode()
    )


def _is_own_form() -> bool:
    # Every browser says at least one of the two with a form that changes something.
    own = f"{request.scheme}://{request.host}"
    return request.headers.get("Origin") == own or request.headers.get("Sec-Fetch-Site") == "same-origin"


@cache
def _integrity(filename: str) -> str:
    """What the integrity attribute of one of our own scripts holds."""
    script = Path(current_app.static_folder or "", filename).read_bytes()
    return "sha384-" + base64.b64encode(hashlib.sha384(script).digest()).decode()


def _is_secure() -> bool:
    # A proxy that ends TLS need not tell; the browser does.
    return request.is_secure or request.headers.get("Origin", "").startswith("https://")
