"""What `deploy/` holds works as it stands: a real nginx in front of a real server."""

import json
import re
import shutil
import socket
import subprocess
import time
import urllib.request
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from flask import Flask

from chatbot import Settings
from web.server import Server

DEPLOY = Path(__file__).resolve().parent.parent / "deploy"
PATIENCE_S = 20.0


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as probe:
        return int(probe.getsockname()[1])


def is_open(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


@pytest.fixture
def behind_nginx(
    tmp_path: Path, settings: Settings, app: Flask, start: Callable[[Flask, Settings], Server]
) -> Iterator[str]:
    """The address of nginx as configured, without TLS, before a server that is down and one that is up."""
    program = shutil.which("nginx") or pytest.skip("needs nginx: make system-packages")
    server = start(app, replace(settings, trusted_proxies=1))
    port, down = free_port(), free_port()
    text = (DEPLOY / "nginx.conf").read_text("utf-8")
    text = re.sub(r"\n +ssl_.*", "", text.replace("listen 443 ssl", f"listen 127.0.0.1:{port}"))
    servers = f"server 127.0.0.1:{down};\n    server 127.0.0.1:{server.effective_port};"
    text = text.replace("server 127.0.0.1:8000;", servers)
    temporary = "".join(
        f"{kind}_temp_path {tmp_path}/{kind};\n"
        for kind in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
    )
    path = tmp_path / "nginx.conf"
    path.write_text(
        f"daemon off;\npid {tmp_path}/pid;\nerror_log {tmp_path}/log;\nevents {{}}\n"
        f"http {{\naccess_log off;\n{temporary}{text}\n}}\n"
    )
    with subprocess.Popen([program, "-e", f"{tmp_path}/log", "-c", str(path)]) as process:
        until = time.monotonic() + PATIENCE_S
        while not is_open(port) and time.monotonic() < until:
            time.sleep(0.05)
        yield f"http://127.0.0.1:{port}"
        process.terminate()


def test_behind_nginx_no_message_is_lost_though_a_server_is_down(behind_nginx: str) -> None:
    for _ in range(6):
        request = urllib.request.Request(  # noqa: S310 - our own
            f"{behind_nginx}/api/v1/chat",
            json.dumps({"message": "how long does it last"}).encode(),
            {"Content-Type": "application/json"},
        )
        with urllib.request.urlopen(request, timeout=PATIENCE_S) as answer:  # noqa: S310
            assert json.load(answer)["topic"] == "program-length"


def test_the_container_file_starts_what_the_wheel_installs() -> None:
    text = (DEPLOY / "Containerfile").read_text("utf-8")
    unit = (DEPLOY / "clinic-faq-chatbot.service").read_text("utf-8")
    project = (DEPLOY.parent / "pyproject.toml").read_text("utf-8")
    assert re.search(r'^name = "clinic-faq-chatbot"$', project, re.MULTILINE)
    assert re.search(r"^chatbot = ", project, re.MULTILINE)
    assert 'ENTRYPOINT ["chatbot"]' in text
    assert "/bin/chatbot serve" in unit
    assert {*re.findall(r"CHATBOT_[A-Z_]+", text + unit)} <= {
        f"CHATBOT_{name.upper()}" for name in Settings.__dataclass_fields__
    }
