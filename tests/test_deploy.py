"""What `deploy/` holds works as it stands: a real nginx in front of a real server."""

import json
import re
import shutil
import subprocess
import tomllib
import urllib.request
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest
import yaml
from flask import Flask
from services import Nginx, free_port

from chatbot import Bot, Settings
from web.server import Server

DEPLOY = Path(__file__).resolve().parent.parent / "deploy"
PATIENCE_S = 20.0
SETTINGS = {f"CHATBOT_{name.upper()}" for name in Settings.__dataclass_fields__}


@pytest.fixture
def behind_nginx(
    tmp_path: Path, settings: Settings, app: Flask, start: Callable[[Flask, Settings], Server]
) -> Iterator[str]:
    """The address of nginx as configured, without TLS, before a server that is down and one that is up."""
    shutil.which("nginx") or pytest.skip("needs nginx: make system-packages")
    server = start(app, replace(settings, trusted_proxies=1))
    nginx = Nginx(tmp_path / "nginx", (free_port(), server.effective_port))
    nginx.start()
    yield f"http://127.0.0.1:{nginx.port}"
    nginx.stop()


def test_behind_nginx_no_message_is_lost_though_a_server_is_down(behind_nginx: str) -> None:
    for _ in range(6):
        request = urllib.request.Request(  # noqa: S310 - our own
            f"{behind_nginx}/api/v1/chat",
            json.dumps({"message": "how long does it last"}).encode(),
            {"Content-Type": "application/json"},
        )
        with urllib.request.urlopen(request, timeout=PATIENCE_S) as answer:  # noqa: S310
            assert json.load(answer)["topic"] == "program-length"


def test_nginx_keeps_the_widget_under_the_name_that_never_changes(behind_nginx: str) -> None:
    def fetch(path: str) -> tuple[bytes, str]:
        with urllib.request.urlopen(behind_nginx + path, timeout=PATIENCE_S) as answer:  # noqa: S310
            return answer.read(), answer.headers["Cache-Control"]

    page = fetch("/?pinned")[0].decode()
    name = re.findall(r"/widget\.[0-9a-f]{16}\.js", page)[0]
    first, kept = fetch(name), fetch(name)
    assert first == kept
    assert "immutable" in kept[1]
    assert "immutable" not in fetch("/widget.js")[1]


def test_the_container_file_starts_what_the_wheel_installs() -> None:
    text = (DEPLOY / "Containerfile").read_text("utf-8")
    unit = (DEPLOY / "clinic-faq-chatbot.service").read_text("utf-8")
    project = tomllib.loads((DEPLOY.parent / "pyproject.toml").read_text("utf-8"))["project"]
    assert project["name"] == "clinic-faq-chatbot"
    assert "chatbot" in project["scripts"]
    extras = {extra for found in re.findall(r"\[([a-z,]+)\]\"", text) for extra in found.split(",")}
    assert extras == set(project["optional-dependencies"])
    assert 'ENTRYPOINT ["chatbot"]' in text
    assert "/bin/chatbot serve" in unit
    assert {*re.findall(r"CHATBOT_[A-Z_]+", text + unit)} <= SETTINGS


def test_the_unit_for_several_servers_is_the_one_for_one_but_for_their_ports() -> None:
    one, several = (
        re.sub(r"^#.*\n", "", (DEPLOY / name).read_text("utf-8"), flags=re.MULTILINE)
        for name in ("clinic-faq-chatbot.service", "clinic-faq-chatbot@.service")
    )
    assert re.sub(r"(, port |-| --port )%i", "", several) == one


def test_the_compose_file_runs_replicas_that_share_everything_as_the_container_file_has_it() -> None:
    composed = yaml.safe_load((DEPLOY / "compose.yaml").read_text("utf-8"))
    services = composed["services"]
    container = (DEPLOY / "Containerfile").read_text("utf-8")
    replicas = {name: one for name, one in services.items() if name.startswith("replica")}
    assert len(replicas) == 3
    for one in replicas.values():
        assert (DEPLOY / one["build"]["context"] / one["build"]["dockerfile"]).samefile(
            DEPLOY / "Containerfile"
        )
        assert one["environment"].keys() <= SETTINGS
        assert {"CHATBOT_DATABASE_URL", "CHATBOT_REDIS_URL", "CHATBOT_SECRET_KEY"} <= one[
            "environment"
        ].keys()
        assert [v.split(":")[1] for v in one["volumes"]] == re.findall(
            r"^VOLUME (\S+)", container, re.MULTILINE
        )
        assert one["depends_on"].keys() <= services.keys()
    named = {volume.split(":")[0] for one in services.values() for volume in one.get("volumes", ())}
    assert {name for name in named if not name.startswith(".")} == composed["volumes"].keys()


def test_the_compose_file_has_nginx_send_to_its_replicas(tmp_path: Path) -> None:
    services = yaml.safe_load((DEPLOY / "compose.yaml").read_text("utf-8"))["services"]
    places = [
        one["networks"]["inside"]["ipv4_address"] for name, one in services.items() if "replica" in name
    ]
    program = services["nginx"]["command"][-1].partition("&&")[0]
    made = tmp_path / "default.conf"
    program = program.replace("/chatbot.conf", str(DEPLOY / "nginx.conf"))
    subprocess.run(["sh", "-c", program.replace("/etc/nginx/conf.d/default.conf", str(made))], check=True)
    upstreams = re.findall(r"^upstream \w+ \{(.*?)^\}", made.read_text("utf-8"), re.DOTALL | re.MULTILINE)
    assert [re.findall(r" server ([\d.]+):8000;", upstream) for upstream in upstreams] == [places, places]


def test_three_replicas_lose_nothing_whatever_is_taken_away(data_dir: Path, bot: Bot) -> None:
    """`deploy/try`, short, with an index that is there already, beside other tests: no measure of speed."""
    for name in ("nginx", "redis-server"):
        shutil.which(name) or pytest.skip(f"needs {name}: make system-packages")
    command = [DEPLOY / "try", "--seconds", "20", "--live-within", "20", "--index", data_dir / "index"]
    done = subprocess.run([*map(str, command)], capture_output=True, text=True, timeout=400, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stdout.count("holds") > 15
