"""The release: what the wheel holds, and that it works in an environment that has never seen the checkout.

The wheel is built from the source distribution, not from the checkout: what that lacks, the wheel lacks too.
"""

import json
import os
import re
import subprocess
import sys
import tarfile
import time
import tomllib
import urllib.error
import urllib.request
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
PACKAGES = ("chatbot", "knowledge", "web")
ENDINGS = {
    ".css",
    ".html",
    ".js",
    ".json",
    ".jsonl",
    ".md",
    ".py",
    ".svg",
    ".toml",
    ".txt",
    ".typed",
    ".webp",
}
ABOUT_ITSELF = {"METADATA", "WHEEL", "RECORD", "entry_points.txt"}
PATIENCE_S = 600


def run(*command: str | Path, cwd: Path, **env: str) -> "subprocess.CompletedProcess[str]":
    """Run a command with nothing of this checkout in its environment."""
    ours = ("CHATBOT_", "PYTHON", "VIRTUAL_ENV")
    kept = {name: value for name, value in os.environ.items() if not name.startswith(ours)}
    return subprocess.run(
        command, cwd=cwd, env={**kept, **env}, capture_output=True, text=True, timeout=PATIENCE_S, check=False
    )


@pytest.fixture(scope="module")
def dist(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder with the source distribution, and the wheel made from it without the network."""
    folder = tmp_path_factory.mktemp("dist")
    made = run(sys.executable, "-m", "build", "--no-isolation", "--outdir", folder, cwd=ROOT)
    assert made.returncode == 0, made.stdout + made.stderr
    return folder


@pytest.fixture(scope="module")
def wheel(dist: Path) -> Path:
    return next(dist.glob("*.whl"))


@pytest.fixture(scope="module")
def names(wheel: Path) -> set[str]:
    with zipfile.ZipFile(wheel) as archive:
        return {name for name in archive.namelist() if not name.endswith("/")}


@pytest.fixture(scope="module")
def installed(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The scripts of a new environment with the wheel and the locked versions of what it needs."""
    folder = tmp_path_factory.mktemp("elsewhere")
    assert run(sys.executable, "-m", "venv", folder / "venv", cwd=folder).returncode == 0
    scripts = folder / "venv" / "bin"
    pip = (scripts / "python", "-m", "pip", "--disable-pip-version-check")
    reached = run(*pip, "download", "--no-deps", "--retries=1", "--dest", folder, "click", cwd=folder)
    if reached.returncode:
        pytest.skip(f"no package registry can be reached: {reached.stderr.strip().splitlines()[-1]}")
    made = run(*pip, "install", "--quiet", "--constraint", ROOT / "constraints.txt", wheel, cwd=folder)
    assert made.returncode == 0, made.stdout + made.stderr
    return scripts


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> str:
    """A data folder for all that runs there: what is learned once is at hand afterwards."""
    return str(tmp_path_factory.mktemp("data"))


def test_the_wheel_holds_every_file_of_the_packages_and_nothing_else(names: set[str]) -> None:
    standing = {
        path.relative_to(ROOT).as_posix()
        for package in PACKAGES
        for path in (ROOT / package).rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
    }
    held = {name for name in names if ".dist-info/" not in name}
    assert held == standing


def test_the_wheel_holds_files_of_known_kinds_only(names: set[str]) -> None:
    assert sorted(n for n in names if ".dist-info/" not in n and Path(n).suffix not in ENDINGS) == []


def test_what_the_wheel_says_of_itself_is_complete(names: set[str]) -> None:
    said = {name.partition(".dist-info/")[2] for name in names if ".dist-info/" in name}
    assert said == {*ABOUT_ITSELF, "licenses/LICENSE"}


def test_the_source_distribution_has_tests_and_pages_and_nothing_that_was_made_here(
    dist: Path,
) -> None:
    (path,) = dist.glob("*.tar.gz")
    with tarfile.open(path) as archive:
        held = {name.partition("/")[2] for name in archive.getnames()}
    assert {
        "README.md",
        "LICENSE",
        "Makefile",
        "constraints.txt",
        "docs/install.md",
        "tests/conftest.py",
    } <= held
    made = (".venv/", "build/", "dist/", "var/", ".ci/")
    assert [name for name in held if name.startswith(made) or "__pycache__" in name] == []


def test_every_place_that_tells_the_version_tells_the_same(dist: Path) -> None:
    version = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]["version"]
    assert {path.name.split("-")[1].removesuffix(".tar.gz") for path in dist.iterdir()} == {version}
    newest = re.search(
        r"^## (\S+) \((\d{4}-\d\d-\d\d)\)$", (ROOT / "CHANGELOG.md").read_text("utf-8"), re.MULTILINE
    )
    assert newest
    assert newest[1] == version


def test_each_package_with_types_says_so(names: set[str]) -> None:
    assert {"chatbot/py.typed", "web/py.typed"} <= names


def test_the_lock_pins_each_version_and_names_no_host() -> None:
    lines = [line for line in (ROOT / "constraints.txt").read_text().splitlines() if not line.startswith("#")]
    assert [line for line in lines if not re.fullmatch(r"[A-Za-z0-9._-]+==[0-9][0-9A-Za-z.]*", line)] == []


def test_a_fresh_environment_serves_the_widget_and_answers_and_holds_no_library_that_only_learns(
    installed: Path, tmp_path: Path, data: str
) -> None:
    environment = {**os.environ, "CHATBOT_DATA_DIR": data}
    server = subprocess.Popen(
        [installed / "chatbot", "serve", "--port", "0"],
        cwd=tmp_path,
        env=environment,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        assert server.stderr
        url = next(line.split()[-1] for line in server.stderr if "Serving on" in line)
        assert b"faq-chat" in fetch(f"{url}/widget.js")
        asked = json.dumps({"message": "how long does an iop last"}).encode()
        reply = json.loads(fetch(f"{url}/api/v1/chat", asked))
        assert (reply["kind"], reply["topic"]) == ("answer", "program-length")
        maps = Path(f"/proc/{server.pid}/maps")
        assert not maps.exists() or not re.search("/(sklearn|scipy|lxml)/", maps.read_text())
    finally:
        server.terminate()
        server.communicate(timeout=PATIENCE_S)
    assert server.returncode == 0


def test_a_fresh_environment_answers_from_any_folder(installed: Path, tmp_path: Path, data: str) -> None:
    asked = run(
        installed / "chatbot",
        "ask",
        "how long does an iop last",
        cwd=tmp_path,
        CHATBOT_DATA_DIR=data,
    )
    assert (asked.returncode, asked.stderr) == (0, "")
    assert "weeks" in asked.stdout


def test_a_fresh_environment_holds_the_packages_themselves(installed: Path, tmp_path: Path) -> None:
    code = (
        "import chatbot, knowledge, web; print(*(m.__file__ for m in (chatbot, knowledge, web)), sep='\\n')"
    )
    found = run(installed / "python", "-W", "error", "-c", code, cwd=tmp_path)
    assert found.stderr == ""
    assert [Path(line).is_relative_to(installed.parent) for line in found.stdout.splitlines()] == [True] * 3


def test_a_fresh_environment_has_all_that_it_needs(installed: Path, tmp_path: Path) -> None:
    checked = run(installed / "python", "-m", "pip", "check", cwd=tmp_path)
    assert (checked.returncode, checked.stdout.strip()) == (0, "No broken requirements found.")


def fetch(url: str, body: bytes | None = None) -> bytes:
    """What an address gives, once the index is there."""
    until = time.monotonic() + PATIENCE_S
    request = urllib.request.Request(url, body, {"Content-Type": "application/json"})  # noqa: S310 - our own
    while True:
        try:
            with urllib.request.urlopen(request, timeout=30) as response:  # noqa: S310
                return bytes(response.read())
        except urllib.error.HTTPError as error:
            if error.code != 503 or time.monotonic() > until:
                raise
            time.sleep(0.2)
