"""A desk on a small knowledge, and two who are signed in."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from flask import Flask

from chatbot import Bot, Settings, Store
from web import create_app


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(data_dir=tmp_path, rate_limit="off")


@pytest.fixture
def app(settings: Settings, small_bot: Bot, store: Store) -> Iterator[Flask]:
    app = create_app(settings, small_bot, store)
    yield app
    app.extensions["chatbot"].live.stop()
