"""The API, version 1: what a widget or another program calls. Its description is openapi.json."""

from dataclasses import asdict
from pathlib import Path

from flask import Blueprint, Response, jsonify

from chatbot import MAX_MESSAGE, Entry, keepable
from web import fields
from web.parts import parts, reply_to, seconds_to_wait
from web.problems import Problem, switched_off, too_many

MAX_COMMENT = 500
MAX_ID = 500
_DESCRIPTION = Path(__file__).with_name("openapi.json")

api = Blueprint("api", __name__, url_prefix="/api/v1")


@api.post("/chat")
def chat() -> Response:
    """Answer a message."""
    _admit("chat")
    _check_switch()
    body = fields.read_json()
    message = fields.text(body, "message", MAX_MESSAGE, line="too-long")
    return jsonify(asdict(reply_to(message, fields.context(body))))


@api.post("/feedback")
def feedback() -> Response:
    """Keep a visitor's verdict on a reply that this bot gave."""
    _admit("feedback")
    body = fields.read_json()
    reply_id = fields.text(body, "id", MAX_ID)
    helpful = fields.yes_or_no(body, "helpful")
    comment = fields.optional_text(body, "comment", MAX_COMMENT)
    # The id itself proves that the reply was given: nobody rates what no visitor has seen.
    topic = parts().bot.read_id(reply_id)
    if topic is None:
        raise Problem(422, "id is not that of a reply from this assistant.", field="id")
    # What was taken out may leave a longer mark in its place.
    kept = keepable(parts().bot, comment)[:MAX_COMMENT] if comment else ""
    if parts().listener.rated(reply_id, topic, helpful=helpful, comment=kept):
        parts().metrics.rated(helpful=helpful)
    return Response(status=204)


@api.get("/topics")
def topics() -> Response:
    """List the published topics."""
    return jsonify(_listed(parts().bot.topics))


@api.post("/suggest")
def suggest() -> Response:
    """Suggest topics for what is typed so far."""
    _admit("suggest")
    _check_switch()
    typed = fields.text(fields.read_json(), "text", MAX_MESSAGE)
    return jsonify(_listed(parts().bot.suggest(typed)))


@api.get("/openapi.json")
def description() -> Response:
    """Describe this API."""
    return Response(_DESCRIPTION.read_bytes(), mimetype="application/json")


def _admit(purpose: str) -> None:
    wait = seconds_to_wait(purpose)
    if wait:
        raise too_many(wait)


def _check_switch() -> None:
    if parts().switch.is_off():
        raise switched_off()


def _listed(entries: tuple[Entry, ...]) -> list[dict[str, str]]:
    return [{"id": entry.id, "question": entry.question} for entry in entries]
