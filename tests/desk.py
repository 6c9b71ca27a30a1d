"""The desk as tests use it: signed in, each form's token filled in, on a small knowledge, for two people."""

import re
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import pytest
from flask import Flask
from werkzeug.test import Client, TestResponse

from chatbot import Accounts, Bot, Entry, Knowledge, Store
from chatbot.content import PACKAGED, read_text
from chatbot.records import Rating
from chatbot.topicfile import parse

PASSWORD = "blue kettle sunday march"  # noqa: S105 - known to tests alone
KEY = "a key that is long enough"
_OWN = {"Origin": "http://localhost"}


@dataclass
class Desk:
    """Somebody's browser, as far as forms go."""

    client: Client
    csrf: str
    root: str = ""  # what stands before each address

    def get(self, path: str, **query: Any) -> TestResponse:
        return self.client.get(self.root + path, query_string=query, buffered=True)

    def post(self, path: str, /, **fields: Any) -> TestResponse:
        form = {"csrf": self.csrf, **fields}
        return self.client.post(self.root + path, data=form, headers=_OWN, buffered=True)


def rate(
    store: Store, reply_id: str, topic: str | None, *, helpful: bool, comment: str | None = None
) -> bool:
    """Rate a reply as a visitor does; whether that is its first rating."""
    (is_first,) = store.hear([], {}, [Rating(reply_id, topic, helpful, comment, datetime.now(UTC).date())])
    return is_first


def open_desk(app: Flask, name: str, password: str = PASSWORD) -> Desk:
    """Sign somebody in who has an account."""
    return sign_in(app.test_client(), name, password)


def sign_in(client: Client, name: str, password: str = PASSWORD, root: str = "") -> Desk:
    """Sign somebody in with a browser that may have been used before."""
    desk = Desk(client, "", root)
    done = desk.post("/staff/sign-in", name=name, password=password)
    assert done.status_code == 303, done.text
    (csrf,) = set(re.findall(r'name="csrf" value="([^"]+)"', desk.get("/staff/account").text))
    return Desk(client, csrf, root)


def small_knowledge() -> Knowledge:
    """Four topics, the bot's own lines and some strangers: enough for a desk, and built in no time."""
    background = read_text(PACKAGED / "background.txt").splitlines()
    return Knowledge(
        topics=TOPICS,
        lines=parse(read_text(PACKAGED / "bot.md")),
        background=tuple(line for line in background if line and not line.startswith("#"))[:200],
    )


TOPICS = (
    Entry(
        "program-length",
        "How long does an IOP last?",
        "It takes 8 to 12 weeks, at 9 hours a week.",
        ("how long does it last", "how long is the program", "how many weeks is it", "iop duration"),
        reviewed="2026-11-23",
        group="The program",
    ),
    Entry(
        "cost",
        "How much does an IOP cost?",
        "The price of an IOP varies.",
        ("how much does it cost", "what is the price", "is it expensive"),
        reviewed="2026-11-23",
        group="Money",
    ),
    Entry(
        "how-to-start",
        "How do I start an IOP?",
        "Call the clinic first.",
        ("how do i start", "where do i begin", "how can i sign up"),
        reviewed="2020-01-01",
        group="The program",
    ),
    Entry(
        "childcare",
        "Is there childcare, or can I bring my children?",
        "Here is how it is with children.\n\n{clinic.childcare}",
        ("do you have childcare", "can i bring my kids", "daycare"),
        kind="clinic",
        reviewed="2026-11-23",
        group="The clinic",
    ),
)


def publish(desk: Desk, path: str) -> str:
    """Look at what would change, publish it, and give where that leads."""
    page = desk.get(path)
    assert page.status_code == 200, page.text
    (seen,) = re.findall(r'name="seen" value="(\d+)"', page.text)
    done = desk.post(path, seen=seen)
    assert done.status_code == 303, done.text
    return str(done.location)


def ask(app: Flask, message: str) -> dict[str, str]:
    answer = app.test_client().post("/api/v1/chat", json={"message": message}).json
    assert isinstance(answer, dict)
    return answer


@pytest.fixture(scope="session")
def small_bot() -> Bot:
    return Bot(small_knowledge(), KEY)


@pytest.fixture
def accounts(store: Store) -> Accounts:
    accounts = Accounts(store, lambda: KEY)
    accounts.add("ada", "admin", PASSWORD, by="test")
    accounts.add("ed", "editor", PASSWORD, by="test")
    return accounts


@pytest.fixture
def ada(app: Flask, accounts: Accounts) -> Desk:
    return open_desk(app, "ada")


@pytest.fixture
def ed(app: Flask, accounts: Accounts) -> Desk:
    return open_desk(app, "ed")
