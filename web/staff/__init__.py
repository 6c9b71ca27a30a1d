"""The staff desk: server-rendered pages under /staff, one file each. They work without JavaScript."""

from flask import Flask

from chatbot import Accounts, Settings, Store
from web.limits import open_sign_in_limiter
from web.staff import account, home, people, sign_in
from web.staff.door import NAME, Door, desk

__all__ = ["account", "home", "people", "register", "sign_in"]


def register(app: Flask, settings: Settings, store: Store) -> None:
    """Add the desk to `app`. Raises SettingsError where what it needs cannot be had."""
    app.extensions[NAME] = Door(Accounts(store), open_sign_in_limiter(settings))
    app.register_blueprint(desk)
