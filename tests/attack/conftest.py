"""A small clinic to attack: an admin, an editor, a desk that has been worked at, and visitors who asked."""

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from desk import KEY
from flask import Flask

from chatbot import Accounts, Bot, Noted, Settings, Store
from web import create_app


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(data_dir=tmp_path, rate_limit="off", port=0, secret_key=KEY)


@pytest.fixture
def app(settings: Settings, small_bot: Bot, store: Store, accounts: Accounts) -> Iterator[Flask]:
    app = create_app(settings, small_bot, store)
    asked = ("do you have parking", "where can i park", "is there a parking lot")
    today = datetime.now(UTC).date()
    store.inbox.add([Noted(text=text, reason="no_answer", day=today) for text in asked])
    yield app
    app.extensions["chatbot"].live.stop()
