"""The log: what the people who run this need, and nothing that a visitor typed."""

import json
import logging
import re
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from flask.testing import FlaskClient

from chatbot import Bot, Reply
from chatbot.settings import LOG_LEVELS

CANARY = "canary7391"


def lines(capfd: pytest.CaptureFixture[str]) -> list[dict[str, Any]]:
    """The log so far, after checking that each line is an object."""
    return [json.loads(line) for line in capfd.readouterr().err.splitlines()]


@pytest.fixture(autouse=True)
def _everything_is_logged(caplog: pytest.LogCaptureFixture) -> Iterator[None]:
    """Let other libraries log too, as an integrator may: what they write must be as clean."""
    with caplog.at_level(logging.DEBUG):
        yield


def test_a_request_is_one_line_with_its_route_and_no_address(
    client: FlaskClient, capfd: pytest.CaptureFixture[str]
) -> None:
    client.get("/widget.0123456789abcdef.js")
    client.get("/static/pages.css?v=1").close()
    client.post("/api/v1/chat", json={"message": "hello"})
    client.get(f"/{CANARY}?{CANARY}")
    found = lines(capfd)
    assert [entry["route"] for entry in found[1:]] == ["/static/<path:filename>", "/api/v1/chat", "none"]
    for entry in found:
        assert entry.keys() == {"time", "level", "event", "request", "method", "route", "status", "ms"}
        assert entry["event"] == "request"
        assert 0 <= entry["ms"] < 60_000
    assert "127.0.0.1" not in str(found)


@pytest.mark.parametrize("level", LOG_LEVELS)
def test_nothing_that_is_typed_is_logged_at_any_level(
    client_with: Callable[..., FlaskClient],
    broken_bot: Bot,
    level: str,
    capfd: pytest.CaptureFixture[str],
    caplog: pytest.LogCaptureFixture,
) -> None:
    talk(client_with(log_level=level, rate_limit="12 per hour"))
    talk(client_with(broken_bot, log_level=level, rate_limit="12 per hour"))
    out, err = capfd.readouterr()
    assert '"event": "failure"' in err
    for text in (out, err, caplog.text, *(str(vars(record)) for record in caplog.records)):
        assert CANARY not in text.lower()


def talk(client: FlaskClient) -> None:
    """Type the canary wherever a visitor or a hostile client can."""
    for message in (
        CANARY,
        f"call me at 312-555-0134 {CANARY}",
        f"I want to kill myself {CANARY}",
        CANARY * 200,
    ):
        client.post("/api/v1/chat", json={"message": message, "context": CANARY})
    client.post("/api/v1/chat", data=f'{{"{CANARY}": ', content_type="application/json")
    client.post("/api/v1/chat", data=b"{}", content_type=f"text/{CANARY}")
    client.post("/api/v1/suggest", json={"text": CANARY})
    client.post("/api/v1/feedback", json={"id": CANARY, "helpful": True, "comment": CANARY})
    for path in ("/chat", "/embed", "/faq"):
        client.post(
            path, data={"message": CANARY, "question": CANARY, "transcript": CANARY, "context": CANARY}
        )
    for _ in range(12):
        client.post("/chat", data={"message": CANARY})
    headers = {
        "Host": f"{CANARY}.example",
        "User-Agent": CANARY,
        "Referer": f"https://{CANARY}.example/{CANARY}",
    }
    client.get(f"/{CANARY}?q={CANARY}", headers=headers)
    client.get(f"/faq?q={CANARY}", headers=headers)
    client.open(f"/{CANARY}", method=CANARY.upper())
    client.get("/api/v1/topics", headers={"Origin": f"https://{CANARY}.example"})


def test_a_failure_is_logged_with_its_type_and_place_only(
    client_with: Callable[..., FlaskClient], broken_bot: Bot, capfd: pytest.CaptureFixture[str]
) -> None:
    client_with(broken_bot).post("/api/v1/chat", json={"message": CANARY})
    failure, request = lines(capfd)
    assert (failure["event"], failure["level"], failure["type"]) == ("failure", "error", "RuntimeError")
    assert failure["where"][-1].startswith("tests/conftest.py:")
    assert failure["where"][-1].endswith(" answered")
    assert any(place.startswith("web/api.py:") for place in failure["where"])
    assert request["status"] == 500


def test_above_info_only_failures_are_logged(
    client_with: Callable[..., FlaskClient], broken_bot: Bot, capfd: pytest.CaptureFixture[str]
) -> None:
    client = client_with(broken_bot, log_level="warning")
    client.get("/faq")
    client.post("/api/v1/chat", json={"message": "hello"})
    assert [entry["event"] for entry in lines(capfd)] == ["failure"]


def test_what_one_request_leaves_has_its_number_and_so_has_its_answer(
    client_with: Callable[..., FlaskClient], broken_bot: Bot, capfd: pytest.CaptureFixture[str]
) -> None:
    client = client_with(broken_bot)
    answers = [client.post("/api/v1/chat", json={"message": "hello"}), client.get("/faq")]
    numbers = [answer.headers["X-Request-ID"] for answer in answers]
    assert [entry["request"] for entry in lines(capfd)] == [numbers[0], *numbers]
    assert len({*numbers}) == 2
    assert all(re.fullmatch("[b-t]{16}", number) for number in numbers)


@pytest.mark.parametrize(
    ("proxies", "given", "is_taken"),
    [
        (1, "0123456789abcdef0123456789abcdef", True),
        (1, "01234567-89ab-cdef-0123-456789abcdef", True),
        (0, "0123456789abcdef0123456789abcdef", False),
        (1, "my name is ada", False),
        (1, "3125550134", False),
        (1, "0123456789abcdef0123456789abcdef\n", False),
        (1, "", False),
    ],
)
def test_a_number_is_taken_from_a_trusted_proxy_alone_and_only_where_it_is_one(
    client_with: Callable[..., FlaskClient],
    proxies: int,
    given: str,
    capfd: pytest.CaptureFixture[str],
    *,
    is_taken: bool,
) -> None:
    client = client_with(trusted_proxies=proxies)
    answer = client.get("/healthz", environ_overrides={"HTTP_X_REQUEST_ID": given})
    (entry,) = lines(capfd)
    assert entry["request"] == answer.headers["X-Request-ID"]
    assert (entry["request"] == given) is is_taken


def test_a_failure_while_saying_sorry_is_logged_in_the_same_way(
    client_with: Callable[..., FlaskClient],
    broken_bot: Bot,
    capfd: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def fail(_: str) -> Reply:
        raise ValueError(CANARY)

    monkeypatch.setattr(broken_bot, "line", fail)
    response = client_with(broken_bot).post(f"/api/v1/chat?{CANARY}", json={"message": CANARY})
    assert response.status_code == 500
    assert CANARY not in response.text
    said = capfd.readouterr().err
    assert '"type": "ValueError"' in said
    assert CANARY not in said
