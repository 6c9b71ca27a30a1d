"""A PostgreSQL of the tests' own: real, on a free port, with a fresh database for each test.

A pytest plugin, named in conftest.py.
"""

import os
import shutil
import socket
import subprocess
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

_numbers = count()


def _program(name: str) -> str:
    """A program of PostgreSQL, which Debian keeps off the path."""
    places = [str(p.parent) for p in sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"), reverse=True)]
    found = shutil.which(name, path=os.pathsep.join([*places, os.environ.get("PATH", "")]))
    return found or pytest.skip(f"needs PostgreSQL's {name}: make system-packages")


def _run(*command: str, cwd: Path) -> None:
    """Run as somebody else than root, which PostgreSQL refuses."""
    who: dict[str, Any] = {"user": "postgres", "group": "postgres"} if os.geteuid() == 0 else {}
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL, cwd=cwd, **who)


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as probe:
        return int(probe.getsockname()[1])


@dataclass(frozen=True)
class Postgres:
    """A server: its address without a database's name at its end, and how it is stopped and started."""

    address: str
    start: Callable[[], None]
    stop: Callable[[], None]


@pytest.fixture(scope="session")
def postgres() -> Iterator[Postgres]:
    pytest.importorskip("psycopg")
    initdb, control = _program("initdb"), _program("pg_ctl")
    with tempfile.TemporaryDirectory(prefix="postgres") as made:
        folder = Path(made)
        if os.geteuid() == 0:
            shutil.chown(folder, "postgres", "postgres")
        data, port = str(folder / "data"), _free_port()
        _run(initdb, "--auth=trust", "--username=chatbot", "--no-sync", "--pgdata", data, cwd=folder)
        options = f"-p {port} -c listen_addresses=127.0.0.1 -c unix_socket_directories={folder} -c fsync=off"
        log = str(folder / "log")
        server = Postgres(
            f"postgresql+psycopg://chatbot@127.0.0.1:{port}",
            lambda: _run(control, "start", "--pgdata", data, "--log", log, "--options", options, cwd=folder),
            lambda: _run(control, "stop", "--mode=immediate", "--pgdata", data, cwd=folder),
        )
        server.start()
        try:
            yield server
        finally:
            server.stop()


@pytest.fixture(scope="session")
def postgres_server(postgres: Postgres) -> str:
    return postgres.address


@pytest.fixture
def postgres_url(postgres_server: str) -> str:
    """The address of an empty database."""
    name = f"test{next(_numbers)}"
    engine = sa.create_engine(f"{postgres_server}/postgres", isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        connection.execute(sa.text(f"CREATE DATABASE {name}"))
    engine.dispose()
    return f"{postgres_server}/{name}"
