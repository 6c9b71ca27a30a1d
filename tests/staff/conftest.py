"""A desk on a small knowledge, and two who are signed in."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from desk import KEY, PASSWORD, Desk, open_desk, small_knowledge
from flask import Flask

from chatbot import Accounts, Bot, Settings, Store
from web import create_app


@pytest.fixture(scope="session")
def small_bot() -> Bot:
    return Bot(small_knowledge(), KEY)


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(data_dir=tmp_path, rate_limit="off")


@pytest.fixture
def app(settings: Settings, small_bot: Bot, store: Store) -> Iterator[Flask]:
    app = create_app(settings, small_bot, store)
    yield app
    app.extensions["chatbot"].live.stop()


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
