"""The API as tests call it."""

import json
from typing import Any

from flask.testing import FlaskClient
from werkzeug.test import TestResponse


def post(client: FlaskClient, path: str, body: object, **headers: str) -> TestResponse:
    return client.post(
        f"/api/v1/{path}", json=body, headers={k.replace("_", "-"): v for k, v in headers.items()}
    )


def ask(client: FlaskClient, message: object, **fields: object) -> TestResponse:
    return post(client, "chat", {"message": message, **fields})


def problem(response: TestResponse, status: int) -> dict[str, Any]:
    """The problem in `response`, after checking that it is one."""
    assert response.status_code == status, response.text
    assert response.content_type == "application/problem+json"
    found: dict[str, Any] = json.loads(response.data)
    assert found["status"] == status
    assert found["type"]
    assert found["title"]
    assert found["detail"]
    return found
