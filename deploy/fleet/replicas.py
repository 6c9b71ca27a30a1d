"""The replicas: servers of the chatbot as they are run for real, each with a data folder of its own."""

import json
import os
import re
import subprocess
import sys
import urllib.error
import urllib.request
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from services import end, free_port, wait_until

START_S = 180.0  # on a new machine the first learns everything, with the others waiting for it


@dataclass
class Replica:
    """One server: `chatbot serve` on a port, its log in a file."""

    name: str
    folder: Path
    settings: Mapping[str, str]
    port: int = field(default_factory=free_port)
    _process: "subprocess.Popen[bytes] | None" = None

    @property
    def log(self) -> Path:
        """Where it writes its log."""
        return self.folder / "log"

    def start(self) -> None:
        """Start, without waiting for it to answer."""
        self.folder.mkdir(exist_ok=True)
        kept = {name: value for name, value in os.environ.items() if not name.startswith("CHATBOT_")}
        own = {"CHATBOT_DATA_DIR": str(self.folder / "data"), "CHATBOT_PORT": str(self.port)}
        with self.log.open("ab") as log:
            command = [sys.executable, "-m", "chatbot", "serve"]
            self._process = subprocess.Popen(command, env={**kept, **self.settings, **own}, stderr=log)

    def wait(self) -> float:
        """Wait until it answers; returns the seconds."""
        return wait_until(self.is_ready, f"{self.name} to be ready, see {self.log}", START_S)

    def kill(self) -> None:
        """End it at once, in the middle of whatever it does."""
        assert self._process  # noqa: S101 - it was started
        self._process.kill()
        self._process.wait()

    def stop(self) -> None:
        """Have it finish what it has begun, and end."""
        end(self._process)

    def is_ready(self) -> bool:
        """Whether it says that it is ready."""
        return self.get("/readyz")[0] == 200

    def get(self, path: str) -> tuple[int, str]:
        """Status and body of a page, asked of this replica itself; status 0 where there is no answer."""
        return self._fetch(urllib.request.Request(f"http://127.0.0.1:{self.port}{path}"))

    def ask(self, message: str) -> dict[str, Any]:
        """The reply to a message."""
        request = urllib.request.Request(
            f"http://127.0.0.1:{self.port}/api/v1/chat",
            json.dumps({"message": message}).encode(),
            {"Content-Type": "application/json"},
        )
        reply: dict[str, Any] = json.loads(self._fetch(request)[1] or "{}")
        return reply

    def knows(self, question: str) -> bool:
        """Whether it has a topic of that question."""
        status, body = self.get("/api/v1/topics")
        return status == 200 and any(topic["question"] == question for topic in json.loads(body))

    def counter(self, name: str) -> int:
        """A counter of its metrics."""
        found = re.search(rf"^{re.escape(name)} (\d+)", self.get("/metrics")[1], re.MULTILINE)
        return int(found[1]) if found else 0

    def told(self, words: str) -> int:
        """How often its log says something."""
        return self.log.read_text("utf-8", "replace").count(words)

    def _fetch(self, request: urllib.request.Request) -> tuple[int, str]:
        try:
            with urllib.request.urlopen(request, timeout=5) as response:  # noqa: S310
                return response.status, response.read().decode()
        except urllib.error.HTTPError as error:
            return error.code, error.read().decode()
        except OSError:
            return 0, ""
