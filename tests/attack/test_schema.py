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
# An id was given to a reply, and what counts as a space is not the same to all readers of patterns: some of
# what is made up by the description is refused, as it says too.
TOO_HOPEFUL: list[CheckFunction] = [positive_data_acceptance]

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
            response = case.call_and_validate(excluded_checks=TOO_HOPEFUL)
        answered.append(response.status_code)

    send()
    assert len(answered) >= EXAMPLES / 2
    is_meant_to_fit = mode is schemathesis.GenerationMode.POSITIVE
    assert set(answered) <= ({200, 413, 422} if is_meant_to_fit else {400, 413, 415, 422})
