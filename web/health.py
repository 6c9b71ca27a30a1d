"""What machines ask: does the process live, can it answer, what has it counted."""

from collections.abc import Iterator

from flask import Blueprint, Response, jsonify

from web.metrics import family
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
    # Where there is a reason a proxy sends nobody here; a problem is for people to see to.
    reason = _reason()
    if reason:
        response = as_json(Problem(503, reason))
        response.headers["Retry-After"] = "10"
        return response
    problem = " ".join(filter(None, _problems()))
    return jsonify(status="ready", problem=problem) if problem else jsonify(status="ready")


@health.get("/metrics")
def metrics() -> Response:
    """Give the counters, and how things stand."""
    text = parts().metrics.text() + "".join(f"{line}\n" for line in _standing())
    return Response(text, content_type="text/plain; version=0.0.4; charset=utf-8")


def _standing() -> Iterator[str]:
    """What is known of the index, the database and what waits for it, as Prometheus has it."""
    live, keeper, database = parts().live, parts().listener.keeper, parts().store.database
    bot = parts().bot
    for name, kind, words, value in (
        ("index_age_seconds", "gauge", "Time since the present index began to answer.", round(live.age_s, 1)),
        ("index_topics", "gauge", "Published topics.", len(bot.topics)),
        ("index_wordings", "gauge", "Wordings that the index has learned.", len(bot.engine.index.written)),
        ("index_revision", "gauge", "Revision of staff's edits that answers.", live.revision),
        ("rebuild_failures_total", "counter", "Edits that could not be taken over.", live.failures),
        (
            "notes_dropped_total",
            "counter",
            "Notes for staff that the database did not take.",
            keeper.dropped,
        ),
        ("database_damaged", "gauge", "1 where damage was found.", int(bool(live.damage))),
        ("database_full", "gauge", "1 where the last write was not taken.", int(bool(database.trouble))),
    ):
        yield from family(f"chatbot_{name}", kind, words)
        yield f"chatbot_{name} {value}"
    yield from family("chatbot_queue_length", "gauge", "What waits for the database, by queue.")
    yield f'chatbot_queue_length{{queue="notes"}} {keeper.waiting}'
    yield f'chatbot_queue_length{{queue="writes"}} {database.waiting}'


def _problems() -> Iterator[str]:
    live, trouble = parts().live, parts().store.database.trouble
    yield live.problem
    if live.damage:
        yield f"The database is damaged ({live.damage}): restore a backup with 'chatbot restore FILE'."
    if trouble:
        yield f"Nothing can be saved: {trouble}."
    yield parts().limiter.trouble


def _reason() -> str:
    if not parts().bot.topics:
        return "There is no index: no topic is published. Run 'chatbot check' to see why."
    if parts().live.is_cut_off or not parts().reachable.now():
        return "The database cannot be reached: see CHATBOT_DATABASE_URL."
    return ""
