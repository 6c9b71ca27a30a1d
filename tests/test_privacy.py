"""Every sentence of the privacy page is true: each has a proof here, and one without fails."""

import io
import json
import re
from collections.abc import Callable
from contextlib import redirect_stderr
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import NamedTuple

import pytest
from flask.testing import FlaskClient
from limits import parse
from limits.storage import MemoryStorage

from chatbot import Bot, Profile, Settings, Store, redact
from chatbot.records import Noted
from web import log
from web.limits import Shared, WindowLimiter, open_limiter
from web.privacy import Statement, parts_of

ADDRESS, BROWSER = "203.0.113.77", "Zebrabrowser/9.1"
CRISIS = "i want to die and nobody at walnut grove knows"
QUESTION = "who won the walnut grove chess cup"
PAGES = ("/", "/faq", "/chat", "/embed", "/privacy")
STATIC = Path(__file__).parent.parent / "web" / "static"
SECRETS = (
    "jo@example.org",
    "312-555-0142",
    "1420 West Oak Street",
    "03/14/1984",
    "4111 1111 1111 1111",
    "078-05-1120",
)
CLINIC = Profile({"name": "Lakeside Clinic", "phone": "312-555-0100"})


class Place(NamedTuple):
    """Where a proof is looked for: an app's client, and what stands behind it."""

    client: FlaskClient
    bot: Bot
    store: Store
    settings: Settings
    folder: Path
    logged: str

    def files(self) -> str:
        """Whatever stands in the database's files and in the log."""
        kept = b"".join(p.read_bytes() for p in self.folder.glob("*.db*"))
        return kept.decode("latin-1") + self.logged


def say(client: FlaskClient, message: str) -> dict[str, str]:
    who = {"User-Agent": BROWSER, "X-Forwarded-For": ADDRESS}
    answer = client.post("/api/v1/chat", json={"message": message}, headers=who)
    reply: dict[str, str] = answer.get_json()
    return reply


@pytest.fixture
def place(
    client_with: Callable[..., FlaskClient], bot: Bot, store: Store, settings: Settings, tmp_path: Path
) -> Place:
    """A server that somebody has talked to, with what it wrote."""
    log.configure("info")
    client = client_with()
    with redirect_stderr(io.StringIO()) as written:
        for message in (CRISIS, QUESTION, "How long does an IOP last?"):
            reply = say(client, message)
        rating = {"id": reply["id"], "helpful": False, "comment": "call me at 312-555-0142"}
        assert client.post("/api/v1/feedback", json=rating).status_code == 204
    return Place(client, bot, store, settings, tmp_path, written.getvalue())


# --- the proofs -----------------------------------------------------------------------------------------


def automatic(place: Place, _: Statement) -> None:
    said = place.bot.greeting.text
    assert "automatic" in said
    assert "not a person" in said
    assert "not a person or a clinician" in said


def reviewed(place: Place, _: Statement) -> None:
    assert all(t.reviewed for t in place.bot.topics)


def no_treatment(place: Place, _: Statement) -> None:
    for message in ("do i have bipolar disorder", "how much xanax should i take"):
        assert say(place.client, message)["kind"] == "boundary"


def no_cookies(place: Place, _: Statement) -> None:
    responses = [place.client.get(page) for page in PAGES]
    responses.append(place.client.post("/api/v1/chat", json={"message": "hi"}))
    assert not [r for r in responses if "Set-Cookie" in r.headers]


def no_visitor(place: Place, _: Statement) -> None:
    one, other = place.client.application.test_client(), place.client.application.test_client()
    assert say(one, "hi")["context"] == say(other, "hi")["context"]


def no_address(place: Place, _: Statement) -> None:
    assert ADDRESS not in place.files()
    assert BROWSER not in place.files()
    assert "request" in place.logged


def counted(_: Place, statement: Statement) -> None:
    storage = MemoryStorage()
    limiter = WindowLimiter(parse("2 per hour"), b"key" * 10, Shared(storage))
    assert [limiter.retry_after("chat", ADDRESS) > 0 for _ in range(3)] == [False, False, True]
    assert ADDRESS not in repr(vars(storage))
    assert "memory" in statement.text


def not_counted(place: Place, _: Statement) -> None:
    limiter = open_limiter(place.settings)
    assert not any(limiter.retry_after("chat", ADDRESS) for _ in range(100))


def in_the_tab(place: Place, _: Statement) -> None:
    script = (STATIC / "widget.js").read_text("utf-8")
    assert "sessionStorage" in script
    assert "localStorage" not in script
    assert "Start over" in script
    assert "How long does an IOP last" not in place.files()


def no_crisis(place: Place, _: Statement) -> None:
    assert say(place.client, CRISIS)["kind"] == "crisis"
    assert "nobody at walnut grove" not in place.files()
    assert 'chatbot_replies_total{kind="crisis"}' in place.client.get("/metrics").get_data(as_text=True)


def in_the_log(place: Place, _: Statement) -> None:
    lines = [json.loads(line) for line in place.logged.splitlines()]
    assert lines
    assert {key for line in lines for key in line} == {
        "time", "level", "event", "request", "method", "route", "status", "ms"
    }  # fmt: skip
    assert "walnut" not in place.logged


def inbox(place: Place, statement: Statement) -> None:
    assert str(place.settings.retention_days) in statement.text
    today = datetime.now(UTC).date()
    days = place.settings.retention_days
    place.store.inbox.add([_noted(today - timedelta(days=d)) for d in (0, days, days + 1)])
    known = place.store.inbox.count()
    place.store.purge(today - timedelta(days=days))
    assert place.store.inbox.count() == known - 1


def _noted(day: date) -> Noted:
    return Noted(text="a question", reason="no_answer", day=day)


def rating(place: Place, statement: Statement) -> None:
    assert str(place.settings.retention_days) in statement.text
    (row,) = place.store.feedback()
    assert row["helpful"] is False
    assert row["comment"].startswith("call me at")


def redacted(place: Place, _: Statement) -> None:
    (row,) = place.store.feedback()
    assert "312-555-0142" not in row["comment"]
    for secret in SECRETS:
        assert secret not in redact(f"please note {secret} thanks").text
    assert "Maria" not in redact("my name is Maria").text
    assert "W123456789" not in redact("my member id is W123456789").text


def not_perfect(_: Place, __: Statement) -> None:
    assert "Maria" in redact("Maria from Oak Park").text


def where_it_lies(place: Place, statement: Statement) -> None:
    assert statement.text.endswith("a file on this server.")
    assert list(place.folder.glob("chatbot.db"))


def nobody(place: Place, _: Statement) -> None:
    for page in PAGES:
        response = place.client.get(page)
        policy = response.headers["Content-Security-Policy"]
        assert "default-src 'none'" in policy
        assert "connect-src 'self'" in policy
        for address in re.findall(r'(?:src|action)="([^"]*)"', response.get_data(as_text=True)):
            assert not re.match(r"(?:[a-z]+:)?//(?!localhost/)", address), (page, address)


def no_learning(place: Place, _: Statement) -> None:
    before = say(place.client, QUESTION)
    for _again in range(5):
        say(place.client, f"{QUESTION}, it was my aunt")
    assert say(place.client, QUESTION)["text"] == before["text"]


def contact(_: Place, statement: Statement) -> None:
    assert CLINIC.facts["name"] in statement.text
    assert CLINIC.facts["phone"] in statement.text


PROOFS: dict[str, Callable[[Place, Statement], None]] = {
    "automatic": automatic,
    "reviewed": reviewed,
    "no-treatment": no_treatment,
    "no-cookies": no_cookies,
    "no-visitor": no_visitor,
    "no-address": no_address,
    "counted": counted,
    "not-counted": not_counted,
    "in-the-tab": in_the_tab,
    "no-crisis": no_crisis,
    "log": in_the_log,
    "inbox": inbox,
    "rating": rating,
    "redacted": redacted,
    "not-perfect": not_perfect,
    "place": where_it_lies,
    "nobody": nobody,
    "no-learning": no_learning,
    "contact": contact,
}
CONFIGURATIONS = [
    (Settings(rate_limit="off"), Profile()),
    (Settings(rate_limit="30 per minute", retention_days=7), CLINIC),
    (
        Settings(redis_url="redis://localhost", database_url="postgresql+psycopg://a@b/c", retention_days=1),
        CLINIC,
    ),
]


def said(settings: Settings, profile: Profile) -> list[Statement]:
    return [s for part in parts_of(settings, profile) for s in part.statements]


@pytest.mark.parametrize(("settings", "profile"), CONFIGURATIONS)
def test_each_sentence_has_a_proof(settings: Settings, profile: Profile) -> None:
    assert {s.name for s in said(settings, profile)} <= PROOFS.keys()


def test_no_proof_is_left_without_its_sentence() -> None:
    assert {s.name for settings, profile in CONFIGURATIONS for s in said(settings, profile)} == PROOFS.keys()


def test_every_sentence_is_true(place: Place) -> None:
    statements = {s.name: s for s in said(Settings(rate_limit="2 per hour"), CLINIC)}
    statements |= {s.name: s for s in said(place.settings, place.bot.profile)}
    for name, statement in statements.items():
        PROOFS[name](place, statement)


def test_the_page_shows_the_sentences_of_the_running_configuration(
    client_with: Callable[..., FlaskClient], settings: Settings
) -> None:
    page = client_with(retention_days=7, rate_limit="30 per minute").get("/privacy").get_data(as_text=True)
    assert "kept for 7 days" in page
    assert "30 per minute" in page
    assert "Requests are not counted" not in page
    assert 'href="/privacy"' in page
    assert "Requests are not counted" in client_with().get("/privacy").get_data(as_text=True)


def test_the_days_of_the_running_configuration_are_told_in_the_chat_too(bot: Bot) -> None:
    short = Bot(bot.engine, retention_days=3)
    assert "kept for 3 days" in short.reply("what do you store?").text
    assert "kept for 30 days" in bot.reply("what do you store?").text


def test_the_page_is_read_with_ease() -> None:
    from chatbot.reading import grade

    text = "\n".join(s.text for settings, profile in CONFIGURATIONS for s in said(settings, profile))
    assert grade(text) <= 8
