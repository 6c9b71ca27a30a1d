"""What machines ask: does the process live, can it answer, what has it counted."""

from collections.abc import Iterator

from flask import Blueprint, Response, jsonify

from web.parts import parts
from web.problems import Problem, as_json

health = Blueprint("health", __name__)


@health.get("/healthz")
def healthz() -> Response:
    """Say that the process lives."""
    return jsonify(status="alive")


@health.get("/readyz")
def readyz() -> Response:
    """Say whether the bot can answer, or why it cannot. A bot that is switched off is ready to say so.

    One that could not take over the last edit is ready with the one before, and says so as its `problem`; so
    does one that found damage in its database, or whose disk is full.
    """
    reason = _reason()
    if reason:
        response = as_json(Problem(503, reason))
        response.headers["Retry-After"] = "10"
        return response
    problem = " ".join(filter(None, _problems()))
    return jsonify(status="ready", problem=problem) if problem else jsonify(status="ready")


@health.get("/metrics")
def metrics() -> Response:
    """Give the counters."""
    dropped = (
        "# HELP chatbot_notes_dropped_total Notes for staff that the database did not take.\n"
        "# TYPE chatbot_notes_dropped_total counter\n"
        f"chatbot_notes_dropped_total {parts().listener.dropped}\n"
    )
    return Response(parts().metrics.text() + dropped, content_type="text/plain; version=0.0.4; charset=utf-8")


def _problems() -> Iterator[str]:
    live, trouble = parts().live, parts().store.database.trouble
    yield live.problem
    if live.damage:
        yield f"The database is damaged ({live.damage}): restore a backup with 'chatbot restore FILE'."
    if trouble:
        yield f"Nothing can be saved: {trouble}."


def _reason() -> str:
    if not parts().bot.topics:
        return "There is no index: no topic is published. Run 'chatbot check' to see why."
    if not parts().store.is_reachable():
        return "The database cannot be reached: see CHATBOT_DATABASE_URL."
    return ""
