"""Tests: "when asked … must get …", in plain words. A change that breaks one is not published."""

from flask import Response, make_response, redirect, render_template, request, url_for
from werkzeug.wrappers import Response as BaseResponse

from chatbot import MAX_MESSAGE, Bot, Probe
from web import fields
from web.parts import parts
from web.staff.door import desk, person

NOTHING = "-"  # what stands in the form for: no topic may answer


@desk.get("/tests")
def tests() -> Response:
    """List the tests, each with what the bot does now."""
    return _page(request.args.get("question", "")[:MAX_MESSAGE], request.args.get("topic", ""))


@desk.post("/tests")
def add_test() -> BaseResponse:
    """Keep a test."""
    question = " ".join(fields.writable(request.form.get("question", "")).split())[:MAX_MESSAGE]
    topic = request.form.get("topic", "")
    known = {t.id for t in parts().bot.engine.knowledge.topics}
    if not question:
        return _page(question, topic, "Write what a visitor would ask.", 422)
    if topic != NOTHING and topic not in known:
        return _page(question, topic, "Pick the topic that must answer it.", 422)
    parts().store.probes.set(question, None if topic == NOTHING else topic, by=person().name)
    return redirect(url_for("staff.tests", done="test-added"), 303)


@desk.post("/tests/<int:probe_id>")
def remove_test(probe_id: int) -> BaseResponse:
    """Drop a test."""
    parts().store.probes.remove(probe_id)
    return redirect(url_for("staff.tests", done="test-removed"), 303)


def passes(bot: Bot, probe: Probe) -> tuple[bool, str | None]:
    """Whether the bot does what a test demands, and the topic that it answers with."""
    reply = bot.reply(probe.question)
    got = reply.topic if reply.kind == "answer" else None
    return got == probe.topic, got


def _page(question: str, topic: str, wrong: str = "", status: int = 200) -> Response:
    bot = parts().bot
    probes = sorted(parts().store.probes.all(), key=lambda probe: bool(topic) and probe.topic != topic)
    results = [(probe, *passes(bot, probe)) for probe in probes]
    html = render_template(
        "staff/tests.html",
        results=results,
        broken=sum(not ok for _, ok, _ in results),
        questions={t.id: t.question for t in bot.engine.knowledge.topics},
        question=question,
        topic=topic or (bot.reply(question).topic if question else ""),
        nothing=NOTHING,
        wrong=wrong,
    )
    return make_response(html, status)
