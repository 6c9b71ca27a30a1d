"""What the API's description allows is answered as it says; what it does not is refused as it says."""

from typing import Any

import pytest
import schemathesis
from flask import Flask
from hypothesis import HealthCheck, given, settings
from schemathesis import CheckFunction
from schemathesis.specs.openapi.checks import positive_data_acceptance

from attack.timing import within_a_second

EXAMPLES = 60
ASKED = ["POST /api/v1/chat", "POST /api/v1/suggest", "POST /api/v1/feedback"]
READ = ["GET /api/v1/topics", "GET /healthz", "GET /readyz", "GET /metrics"]
# An id was given to a reply: of those that the description allows, none that is made up is taken.
TOO_HOPEFUL: dict[str, list[CheckFunction]] = {"POST /api/v1/feedback": [positive_data_acceptance]}

Operations = dict[str, schemathesis.APIOperation[Any, Any, Any, Any]]


@pytest.fixture
def operations(app: Flask) -> Operations:
    schema = schemathesis.openapi.from_wsgi("/api/v1/openapi.json", app)
    return {result.ok().label: result.ok() for result in schema.get_all_operations()}  # type: ignore[union-attr]


def test_every_operation_but_the_description_itself_is_tried(operations: Operations) -> None:
    assert sorted(operations) == sorted(ASKED + READ)


@pytest.mark.parametrize("label", READ)
def test_what_can_be_read_is_answered_as_described(operations: Operations, label: str) -> None:
    operations[label].Case().call_and_validate()


@pytest.mark.parametrize("label", ASKED)
@pytest.mark.parametrize("mode", list(schemathesis.GenerationMode))
def test_whatever_is_sent_is_answered_as_described(
    operations: Operations, label: str, mode: schemathesis.GenerationMode
) -> None:
    answered = []

    @settings(max_examples=EXAMPLES, deadline=None, suppress_health_check=list(HealthCheck))
    @given(operations[label].as_strategy(generation_mode=mode))
    def send(case: schemathesis.Case[Any]) -> None:
        with within_a_second(case.body):
            response = case.call_and_validate(excluded_checks=TOO_HOPEFUL.get(label))
        answered.append(response.status_code)

    send()
    assert len(answered) >= EXAMPLES / 2
    is_taken = mode is schemathesis.GenerationMode.POSITIVE and label not in TOO_HOPEFUL
    assert set(answered) <= ({200} if is_taken else {400, 413, 415, 422})
