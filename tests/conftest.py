"""What tests share: one bot, built once, and around it a store, an app and a server for each test."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from serving import address_of, started

from chatbot import Bot, Settings, Store
from chatbot.bot import Answered
from web import create_app
from web.server import Server

pytest_plugins = ["desk", "faulty", "postgres", "rules"]


@pytest.fixture(scope="session")
def data_dir(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data folder for the whole run, so that the index is built once."""
    return tmp_path_factory.mktemp("data")


@pytest.fixture(scope="session")
def bot(data_dir: Path) -> Bot:
    """The bot as a fresh installation has it."""
    return Bot.open(Settings(data_dir=data_dir))


@pytest.fixture(autouse=True)
def patience(monkeypatch: pytest.MonkeyPatch) -> None:
    """What is noted has been written when a reply is there, however busy the machine is."""
    monkeypatch.setattr("chatbot.listening.WAIT_S", 30.0)
    monkeypatch.setattr("chatbot.keeping.COUNT_S", 0.0)
    monkeypatch.setattr("web.lately.PATIENCE_S", 30.0)


@pytest.fixture
def settings(data_dir: Path, tmp_path: Path) -> Settings:
    """Settings with a database of the test's own, any free port, and no limit on requests."""
    return Settings(
        data_dir=data_dir, database_url=f"sqlite:///{tmp_path}/chatbot.db", rate_limit="off", port=0
    )


@pytest.fixture
def store(settings: Settings) -> Iterator[Store]:
    store = Store.open(settings.database_url)
    yield store
    store.close()


@pytest.fixture
def app(settings: Settings, bot: Bot, store: Store) -> Flask:
    return create_app(settings, bot, store)


@pytest.fixture
def client(app: Flask) -> FlaskClient:
    return app.test_client()


@pytest.fixture
def client_with(settings: Settings, bot: Bot, store: Store) -> Callable[..., FlaskClient]:
    """Makes a client of an app with some settings changed, and with another bot where one is given."""

    def make(answering: Bot = bot, **changes: Any) -> FlaskClient:
        return create_app(replace(settings, **changes), answering, store).test_client()

    return make


class BrokenBot(Bot):
    """A bot with a mistake in it, whose error holds what was typed."""

    def answered(self, message: str, context: str = "") -> Answered:
        """Fail in the worst way: with a cause, and with the visitor's words in both."""
        try:
            return dict[str, Answered]()[f"SELECT {message} {context}"]
        except KeyError as error:
            raise RuntimeError(message) from error


@pytest.fixture
def broken_bot(bot: Bot) -> Bot:
    return BrokenBot(bot.engine)


@pytest.fixture
def start() -> Iterator[Callable[[Flask, Settings], Server]]:
    """Runs an app behind the real server, in a thread, until the test is over."""
    with ExitStack() as running:
        yield lambda app, settings: running.enter_context(started(app, settings))


@pytest.fixture
def server(start: Callable[[Flask, Settings], Server], app: Flask, settings: Settings) -> Server:
    return start(app, settings)


@pytest.fixture
def server_url(server: Server) -> str:
    return address_of(server)
