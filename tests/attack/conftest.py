"""A small clinic to attack: an admin, an editor, a desk that has been worked at, and visitors who asked."""

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from desk import KEY, PASSWORD, Desk, open_desk, small_knowledge
from flask import Flask

from chatbot import Accounts, Bot, Noted, Settings, Store
from web import create_app


@pytest.fixture(scope="session")
def small_bot() -> Bot:
    return Bot(small_knowledge(), "a key that is long enough")


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(data_dir=tmp_path, rate_limit="off", port=0, secret_key=KEY)


@pytest.fixture
def accounts(store: Store) -> Accounts:
    accounts = Accounts(store, lambda: KEY)
    accounts.add("ada", "admin", PASSWORD, by="test")
    accounts.add("ed", "editor", PASSWORD, by="test")
    return accounts


@pytest.fixture
def app(settings: Settings, small_bot: Bot, store: Store, accounts: Accounts) -> Iterator[Flask]:
    app = create_app(settings, small_bot, store)
    asked = ("do you have parking", "where can i park", "is there a parking lot")
    today = datetime.now(UTC).date()
    store.inbox.add([Noted(text=text, reason="no_answer", day=today) for text in asked])
    yield app
    app.extensions["chatbot"].live.stop()


@pytest.fixture
def ada(app: Flask) -> Desk:
    return open_desk(app, "ada")


@pytest.fixture
def ed(app: Flask) -> Desk:
    return open_desk(app, "ed")
