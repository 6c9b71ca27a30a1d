"""The rules for every test hold: what skips fails where nothing may skip."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

SKIPS = """
import pytest

@pytest.fixture
def browser():
    pytest.skip("no browser: make system-packages")

def test_with_a_browser(browser): ...

@pytest.mark.skipif(True, reason="not here")
def test_marked(): ...

def test_in_its_midst():
    pytest.skip("no server: make system-packages")

@pytest.mark.xfail(strict=True)
def test_expected_to_fail():
    raise AssertionError

def test_that_passes(): ...
"""
FILE_SKIPS = "import pytest\npytest.skip('no library: make system-packages', allow_module_level=True)\n"


@pytest.mark.parametrize("workers", ["0", "1"])
@pytest.mark.parametrize(
    ("code", "may_skip", "told"),
    [
        (SKIPS, "", "1 passed, 3 skipped, 1 xfailed"),
        (SKIPS, "1", "1 failed, 1 passed, 1 xfailed, 2 errors"),
        (FILE_SKIPS, "", "1 skipped"),
        (FILE_SKIPS, "1", "1 error"),
    ],
)
def test_a_skip_is_a_failure_only_where_nothing_may_skip(
    tmp_path: Path, workers: str, code: str, may_skip: str, told: str
) -> None:
    (tmp_path / "test_some.py").write_text(code)
    command = (sys.executable, "-m", "pytest", "-c", os.devnull, "-p", "rules", "-p", "no:cacheprovider")
    run = subprocess.run(
        [*command, "--numprocesses", workers, "--rootdir", tmp_path, tmp_path],
        env={**os.environ, "NO_TEST_MAY_SKIP": may_skip, "PYTHONPATH": str(Path(__file__).parent)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert told in run.stdout.splitlines()[-1]
    assert ("NO_TEST_MAY_SKIP is set, but this skipped: " in run.stdout) == bool(may_skip)
    assert ("make system-packages" in run.stdout) == bool(may_skip)
