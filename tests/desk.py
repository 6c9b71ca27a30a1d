"""The desk as tests use it: signed in, with each form's token filled in."""

import re
from dataclasses import dataclass
from typing import Any

from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

PASSWORD = "blue kettle sunday march"  # noqa: S105 - known to tests alone
_OWN = {"Origin": "http://localhost"}


@dataclass
class Desk:
    """Somebody's browser, as far as forms go."""

    client: FlaskClient
    csrf: str

    def get(self, path: str, **query: Any) -> TestResponse:
        return self.client.get(path, query_string=query)

    def post(self, path: str, /, **fields: Any) -> TestResponse:
        return self.client.post(path, data={"csrf": self.csrf, **fields}, headers=_OWN)


def open_desk(app: Flask, name: str, password: str = PASSWORD) -> Desk:
    """Sign somebody in who has an account."""
    client = app.test_client()
    done = client.post("/staff/sign-in", data={"name": name, "password": password}, headers=_OWN)
    assert done.status_code == 303, done.text
    (csrf,) = set(re.findall(r'name="csrf" value="([^"]+)"', client.get("/staff/account").text))
    return Desk(client, csrf)
