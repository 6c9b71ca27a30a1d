"""The staff desk: server-rendered pages under /staff, one file each. They work without JavaScript."""

from flask import Flask

from chatbot import Accounts, Publisher, secret_key
from web.limits import open_sign_in_limiter
from web.parts import Parts, parts_of
from web.staff import (
    about,
    account,
    backup,
    changes,
    editor,
    embed,
    exchange,
    history,
    home,
    inbox,
    insights,
    merge,
    people,
    probes,
    profile,
    settings,
    sign_in,
    topics,
)
from web.staff.door import NAME, Door, desk
from web.staff.groups import Groups

__all__ = [
    "about",
    "account",
    "backup",
    "changes",
    "editor",
    "embed",
    "exchange",
    "history",
    "home",
    "inbox",
    "insights",
    "merge",
    "open_door",
    "people",
    "probes",
    "profile",
    "register",
    "settings",
    "sign_in",
    "topics",
]


def register(app: Flask) -> None:
    """Add the desk to `app`. Raises SettingsError where what it needs cannot be had."""
    app.extensions[NAME] = open_door(parts_of(app))
    app.register_blueprint(desk)


def open_door(given: Parts) -> Door:
    """Make what signing in needs. Raises SettingsError where that cannot be had."""
    worker = given.live.worker
    accounts = Accounts(given.store, lambda: secret_key(given.settings))
    accounts.seal_all()
    groups = Groups(given.store)
    groups.warm_up(given.live)
    return Door(
        accounts=accounts,
        limiter=open_sign_in_limiter(given.settings),
        groups=groups,
        publisher=Publisher(given.settings, given.store, given.live.ground, worker.run, worker.run_aside),
    )
