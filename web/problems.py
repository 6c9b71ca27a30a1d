"""What goes wrong, said as RFC 9457 problem+json under /api and as a page elsewhere.

Whatever a client sent is never repeated in an error: neither its text, nor its path, nor its Host.
"""

import json
from dataclasses import asdict
from http import HTTPStatus

from flask import Flask, Response, g, make_response, render_template, request
from werkzeug.exceptions import HTTPException

from chatbot import AwayError, ChatbotError, FullError
from web import log
from web.parts import parts

MAX_BODY = 16 * 1024
OFF_RETRY_S = 300
UNAVAILABLE_RETRY_S = 10

# The person who hits one of these may need help that does not come from this server.
_WITH_HELP = frozenset({429, 500, 503, 507})
_DETAILS = {
    400: "The request cannot be read.",
    403: "This request is not allowed.",
    404: "There is nothing at this address.",
    405: "This address does not take this method.",
    413: f"The body is over {MAX_BODY:,} bytes.",
    415: "The body must be sent as application/json, in UTF-8.",
    429: "Too many requests from this address. Please wait a moment.",
    500: "Something went wrong on our side.",
    503: "The assistant is not available right now.",
    507: "This could not be saved: the disk of the server is full, or read-only. Nothing of it was kept.",
}
_AWAY = (
    "The database cannot be reached. Visitors are answered all the same, from memory. What was just sent from"
    " here was not saved: go back, and send it again in a minute."
)


class Problem(HTTPException):
    """An error with what its answer says: `field` names the field to blame, `text` is fit for the visitor."""

    def __init__(
        self, status: int, detail: str, *, field: str = "", text: str = "", retry_after: int = 0
    ) -> None:
        """Answer with `status` and `detail`, which must not hold anything that the client sent."""
        super().__init__(detail)
        self.code, self.detail, self.field, self.text, self.retry_after = (
            status,
            detail,
            field,
            text,
            retry_after,
        )


def too_many(wait: int) -> Problem:
    """Make the error for a client that came too soon."""
    return Problem(429, _DETAILS[429], retry_after=wait)


def switched_off() -> Problem:
    """Make the error for a bot that staff have switched off."""
    return Problem(
        503, "The assistant is switched off.", text=parts().bot.line("off").text, retry_after=OFF_RETRY_S
    )


def register(app: Flask) -> None:
    """Answer every error of `app` in this module's way."""
    app.register_error_handler(HTTPException, _expected)
    app.register_error_handler(ChatbotError, _unavailable)
    app.register_error_handler(Exception, _unexpected)


def as_json(problem: Problem) -> Response:
    """Write `problem` as application/problem+json."""
    status = problem.code or 500
    # Our statuses have no page of their own to link to: about:blank says that the title is the status' name.
    body: dict[str, object] = {"type": "about:blank", "title": _title(status), "status": status}
    body["detail"] = problem.detail
    if problem.field:
        body["field"] = problem.field
    if problem.text or status in _WITH_HELP:
        body["text"] = problem.text or problem.detail
    if status in _WITH_HELP:
        body["actions"] = [asdict(action) for action in parts().bot.help_lines]
    return Response(json.dumps(body), status, content_type="application/problem+json")


def _expected(error: HTTPException) -> Response:
    # A redirect, or an answer that was made already, is no error of ours to word.
    if error.response is not None or (error.code or 500) < 400:
        return make_response(error.get_response())
    problem = error if isinstance(error, Problem) else _translated(error)
    response = as_json(problem) if request.path.startswith("/api/") else _as_page(problem)
    if problem.retry_after:
        response.headers["Retry-After"] = str(problem.retry_after)
    if error.code == 405:
        response.headers.extend((k, v) for k, v in error.get_headers() if k == "Allow")
    return response


def _unexpected(error: Exception) -> Response:
    log.write_failure(error)
    return _expected(Problem(500, _DETAILS[500], text=parts().bot.line("server-error").text))


def _unavailable(error: ChatbotError) -> Response:
    log.write_failure(error)
    if isinstance(error, FullError):
        return _expected(Problem(507, _DETAILS[507], retry_after=UNAVAILABLE_RETRY_S))
    # Only staff are told of the database: they can do something about it, or send what they wrote again.
    is_desk = isinstance(error, AwayError) and request.blueprint == "staff"
    detail = _AWAY if is_desk else _DETAILS[503]
    return _expected(Problem(503, detail, retry_after=UNAVAILABLE_RETRY_S))


def _translated(error: HTTPException) -> Problem:
    # The framework's own words may quote the request; ours cannot.
    status = error.code or 500
    return Problem(status, _DETAILS.get(status, f"{_title(status)}."))


def _as_page(problem: Problem) -> Response:
    status = problem.code or 500
    # Whoever is signed in stays on the desk, as long as its pages can be made at all.
    is_in = request.blueprint == "staff" and getattr(g.get("session"), "is_verified", False)
    page = render_template(
        "staff/error.html" if is_in and status < 500 else "error.html",
        title=_title(status),
        words=problem.text or problem.detail,
        status=status,
    )
    return make_response(page, status)


def _title(status: int) -> str:
    return HTTPStatus(status).phrase if status in list(HTTPStatus) else "Error"
