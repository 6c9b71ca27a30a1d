"""What holds for every test: none is judged by the clock, and where all is installed none may skip.

A pytest plugin, named in conftest.py. With NO_TEST_MAY_SKIP set, what skips has failed.
"""

import os
from collections.abc import Generator
from typing import TypeVar

import pytest
from hypothesis import settings

settings.register_profile("untimed", deadline=None)
settings.load_profile("untimed")

Report = TypeVar("Report", pytest.TestReport, pytest.CollectReport)


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_runtest_makereport() -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Judge a test."""
    return failed_if_skipped((yield))


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_make_collect_report() -> Generator[None, pytest.CollectReport, pytest.CollectReport]:
    """Judge a whole file."""
    return failed_if_skipped((yield))


def failed_if_skipped(report: Report) -> Report:
    """The report, as a failure where it tells of a skip (an expected failure is none)."""
    if os.environ.get("NO_TEST_MAY_SKIP") and report.skipped and not hasattr(report, "wasxfail"):
        reason = report.longrepr[2] if isinstance(report.longrepr, tuple) else report.longrepr
        report.outcome, report.longrepr = "failed", f"NO_TEST_MAY_SKIP is set, but this skipped: {reason}"
    return report
