"""What stands around the replicas, from the system's packages: PostgreSQL, Redis and nginx, on free ports."""

import os
import re
import shutil
import socket
import subprocess
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

PATIENCE_S = 60.0
_NGINX_CONF = Path(__file__).resolve().parent.parent / "nginx.conf"


class Service(Protocol):
    """Something that can be stopped and started again, on the same port with the same data."""

    port: int

    def start(self) -> None:
        """Start, and return once it answers."""

    def stop(self) -> None:
        """Stop, and return once it is gone."""


class MissingProgramError(Exception):
    """A program that is needed is not installed."""


def program(name: str) -> str:
    """Where a program is; Debian keeps PostgreSQL's off the path."""
    places = [str(p.parent) for p in sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"), reverse=True)]
    found = shutil.which(name, path=os.pathsep.join([*places, os.environ.get("PATH", ""), "/usr/sbin"]))
    if found is None:
        raise MissingProgramError(f"{name} is not installed: make system-packages")
    return found


def free_port() -> int:
    """A port that nobody listens on now."""
    with socket.create_server(("127.0.0.1", 0)) as probe:
        return int(probe.getsockname()[1])


def is_open(port: int) -> bool:
    """Whether somebody listens there."""
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def wait_until(is_so: Callable[[], bool], what: str, seconds: float = PATIENCE_S) -> float:
    """Wait until something is so; returns the seconds that it took. Raises TimeoutError."""
    began = time.monotonic()
    while not is_so():
        if time.monotonic() - began > seconds:
            raise TimeoutError(f"waited {seconds:.0f} s in vain: {what}")
        time.sleep(0.02)
    return time.monotonic() - began


def end(process: "subprocess.Popen[bytes] | None") -> None:
    """Have a process end, by force if need be."""
    if process is None:
        return
    process.terminate()
    try:
        process.wait(PATIENCE_S)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


@dataclass
class Postgres:
    """A PostgreSQL with settings as they come, so that what it has acknowledged is on the disk."""

    folder: Path
    port: int = field(default_factory=free_port)

    @property
    def url(self) -> str:
        """The address for CHATBOT_DATABASE_URL."""
        return f"postgresql+psycopg://chatbot@127.0.0.1:{self.port}/postgres"

    def make(self) -> None:
        """Make the cluster."""
        self.folder.mkdir()
        if os.geteuid() == 0:
            shutil.chown(self.folder, "postgres", "postgres")
        self._run(program("initdb"), "--auth=trust", "--username=chatbot", "--pgdata", f"{self.folder}/data")

    def start(self) -> None:
        """Start, and return once it answers."""
        options = f"-p {self.port} -c listen_addresses=127.0.0.1 -c unix_socket_directories={self.folder}"
        self._control("start", "--wait", "--log", f"{self.folder}/log", "--options", options)

    def stop(self) -> None:
        """Stop without waiting for anybody, as a power cut would."""
        self._control("stop", "--wait", "--mode=immediate")

    def _control(self, *words: str) -> None:
        self._run(program("pg_ctl"), *words, "--pgdata", f"{self.folder}/data")

    def _run(self, *command: str) -> None:
        # PostgreSQL refuses to be run by root.
        who: dict[str, Any] = {"user": "postgres", "group": "postgres"} if os.geteuid() == 0 else {}
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL, cwd=self.folder, **who)


@dataclass
class Redis:
    """A Redis that keeps nothing on the disk: counters are not worth it."""

    folder: Path
    port: int = field(default_factory=free_port)
    _process: "subprocess.Popen[bytes] | None" = None

    @property
    def url(self) -> str:
        """The address for CHATBOT_REDIS_URL."""
        return f"redis://127.0.0.1:{self.port}"

    def start(self) -> None:
        """Start, and return once it answers."""
        words = ["--port", str(self.port), "--bind", "127.0.0.1", "--save", "", "--dir", str(self.folder)]
        self._process = subprocess.Popen([program("redis-server"), *words], stdout=subprocess.DEVNULL)
        wait_until(lambda: is_open(self.port), "Redis to start")

    def stop(self) -> None:
        """Stop."""
        end(self._process)


@dataclass
class Nginx:
    """The project's own nginx configuration, but for TLS, in front of replicas on other ports."""

    folder: Path
    upstreams: Sequence[int]
    port: int = field(default_factory=free_port)
    _process: "subprocess.Popen[bytes] | None" = None

    def start(self) -> None:
        """Start, and return once it answers."""
        self.folder.mkdir(exist_ok=True)
        path = self.folder / "nginx.conf"
        path.write_text(self._configuration(), "utf-8")
        self._process = subprocess.Popen([program("nginx"), "-e", f"{self.folder}/log", "-c", str(path)])
        wait_until(lambda: is_open(self.port), "nginx to start")

    def stop(self) -> None:
        """Stop."""
        end(self._process)

    def _configuration(self) -> str:
        text = _NGINX_CONF.read_text("utf-8")
        text = re.sub(r"\n +ssl_.*", "", text.replace("listen 443 ssl", f"listen 127.0.0.1:{self.port}"))
        text = text.replace("/var/cache/clinic-faq-chatbot", f"{self.folder}/cache")
        servers = "\n".join(f"    server 127.0.0.1:{port};" for port in self.upstreams)
        text = re.sub(r"    server 127\.0\.0\.1:8000;", servers, text)
        kinds = ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
        folders = "".join(f"{kind}_temp_path {self.folder}/{kind};\n" for kind in kinds)
        # Its workers must be able to write here.
        user = "user root;\n" if os.geteuid() == 0 else ""
        return (
            f"{user}daemon off;\npid {self.folder}/pid;\nerror_log {self.folder}/log;\nevents {{}}\n"
            f"http {{\naccess_log off;\n{folders}{text}\n}}\n"
        )
