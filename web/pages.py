"""The pages that work without JavaScript: the FAQ, the chat as a plain form, and the chat for a frame."""

from collections.abc import Sequence

from flask import Blueprint, Response, make_response, render_template, request

from chatbot import MAX_MESSAGE, Entry, Reply, Source
from web import fields
from web.parts import parts, reply_to, seconds_to_wait
from web.privacy import parts_of
from web.problems import OFF_RETRY_S, Problem
from web.transcript import Turn

# A form carries the conversation so far, and its percent signs treble what is typed.
MAX_FORM = 64 * 1024
_TOO_SOON = "That was a lot of questions at once. Please wait a minute, then send it again."

pages = Blueprint("pages", __name__)


@pages.before_request
def _allow_longer_form() -> None:
    request.max_content_length = MAX_FORM


@pages.app_context_processor
def _on_every_page() -> dict[str, object]:
    bot = parts().bot
    return {
        "clinic": bot.profile.facts.get("name", ""),
        "help_lines": bot.help_lines,
        "max_message": MAX_MESSAGE,
    }


@pages.app_template_filter("pairs")
def _pairs(sources: Sequence[Source]) -> tuple[tuple[str, str], ...]:
    return tuple((source.title, source.url or "") for source in sources)


@pages.get("/faq")
def faq() -> Response:
    """Show every published topic."""
    response = _faq_page()
    response.headers["Cache-Control"] = "no-cache"
    return response


@pages.post("/faq")
def search_faq() -> Response:
    """Show every published topic, with what fits the words that were typed on top."""
    typed = fields.writable(request.form.get("question", ""))[:MAX_MESSAGE]
    if not typed or parts().switch.is_off():
        return _faq_page(typed)
    wait = seconds_to_wait("chat")
    if wait:
        return _later(_faq_page(typed, words=_TOO_SOON), 429, wait)
    return _faq_page(typed, reply_to(typed), parts().bot.suggest(typed))


@pages.get("/embed")
@pages.get("/chat")  # the first to be added, at which links point
def chat() -> Response:
    """Open the chat."""
    return _off_page() if parts().switch.is_off() else _chat_page(parts().bot.greeting)


@pages.post("/embed")
@pages.post("/chat")
def answer() -> Response:
    """Answer what was typed or picked, below the conversation so far."""
    if parts().switch.is_off():
        return _off_page()
    past, context = parts().transcripts.open(request.form.get("transcript", "")), fields.context(request.form)
    # A button that was pressed goes before words that were left in the field.
    typed = request.form.get("pick") or request.form.get("message", "")
    wait = seconds_to_wait("chat")
    if wait:
        return _later(_chat_page(None, past, context, typed, _TOO_SOON), 429, wait)
    try:
        message = fields.text({"message": typed}, "message", MAX_MESSAGE, line="too-long")
    except Problem as problem:
        words = problem.text or "Please type a question first."
        return _later(_chat_page(None, past, context, typed, words), 422)
    reply = reply_to(message, context)
    return _chat_page(reply, (*past, Turn.of(message, reply)), reply.context)


@pages.get("/privacy")
def privacy() -> Response:
    """Say what is kept of a visitor, as this server is set up."""
    said = parts_of(parts().as_set.now(), parts().bot.profile)
    response = make_response(render_template("privacy.html", said=said))
    response.headers["Cache-Control"] = "no-cache"
    return response


def _later(page: Response, status: int, wait: int = 0) -> Response:
    """Turn `page` into one that says: not now (again in `wait` seconds), or not like this."""
    page.status_code = status
    if wait:
        page.headers["Retry-After"] = str(wait)
    return page


def _chat_page(
    reply: Reply | None, turns: Sequence[Turn] = (), context: str = "", typed: str = "", words: str = ""
) -> Response:
    """Show `turns`, then what `reply` offers. `typed` goes back into the field, `words` say what is wrong."""
    page = render_template(
        "chat.html",
        framed=_is_framed(),
        has_widget=_is_framed() and not turns and not words,
        greeting=parts().bot.greeting,
        reply=reply,
        turns=turns,
        sealed=parts().transcripts.seal(turns) if turns else "",
        context=context,
        typed=typed,
        words=words,
    )
    return make_response(page)


def _off_page() -> Response:
    page = render_template("off.html", framed=_is_framed(), line=parts().bot.line("off"))
    return _later(make_response(page), 503, OFF_RETRY_S)


def _faq_page(
    typed: str = "", reply: Reply | None = None, found: Sequence[Entry] = (), words: str = ""
) -> Response:
    page = parts().shelf.take(parts().bot)
    html = render_template("faq.html", page=page, typed=typed, reply=reply, found=found, words=words)
    return make_response(html)


def _is_framed() -> bool:
    return request.path == "/embed"
