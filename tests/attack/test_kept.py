"""What identifies a visitor, sent to a real server in every way there is: found in nothing that it leaves."""

import json
import os
import re
import signal
import subprocess
import sys
import urllib.error
import urllib.parse
import urllib.request
from pathlib import Path

import pytest

# Parts of the texts below that no program has of itself; each stands in one kind of identifier.
PLANTED = {
    "phone": ("my number is 312-555-{}", "555-7391"),
    "mail": ("write to zq{}@example.org", "zq7391"),
    "street": ("i live at {} West Zebrawood Street", "Zebrawood"),
    "birth": ("born 03/14/19{}, call me", "03/14/19"),
    "social security": ("my ssn is 078-05-{}", "078-05"),
    "name": ("my name is Quixanne{}", "Quixanne"),
    "member": ("my member id is ZQW{}88", "ZQW7391"),
    "card": ("card 4111 1111 1111 1111", "4111 1111"),
}
CRISIS = ("i want to kill myself and only zyzzyva knows", "zyzzyva")
HEADERS = {
    "User-Agent": "Qwertybrowser/7391",
    "X-Forwarded-For": "203.0.113.91",
    "Referer": "https://quokka.example/quokka",
    "Cookie": "quokka=7391",
}
SERVE = """
from dataclasses import replace
from chatbot import Settings
from web.server import serve

serve(replace(Settings.from_env(), port=0))
"""


def send(url: str, path: str, data: bytes, content_type: str) -> bytes:
    headers = {**HEADERS, "Content-Type": content_type}
    try:
        with urllib.request.urlopen(  # noqa: S310 - our own server
            urllib.request.Request(url + path, data, headers),  # noqa: S310
            timeout=20,
        ) as response:
            return bytes(response.read())
    except urllib.error.HTTPError as refused:
        return bytes(refused.read())


def talk(url: str, text: str) -> None:
    """Say it in a message, in a search, in a form, while typing, in a comment, in an address."""
    body = json.dumps({"message": f"who won the chess cup of greenland? {text}"}).encode()
    reply = json.loads(send(url, "/api/v1/chat", body, "application/json"))
    rating = {"id": reply["id"], "helpful": False, "comment": text}
    send(url, "/api/v1/feedback", json.dumps(rating).encode(), "application/json")
    send(url, "/api/v1/suggest", json.dumps({"text": text}).encode(), "application/json")
    send(url, "/api/v1/chat", f'{{"message": {text}'.encode(), "application/json")
    form = urllib.parse.urlencode({"message": text, "question": text}).encode()
    for path in ("/chat", "/faq", f"/nothing?{urllib.parse.quote(text)}"):
        send(url, path, form, "application/x-www-form-urlencoded")


@pytest.mark.usefixtures("bot")
def test_nothing_that_identifies_is_in_any_file_log_or_metric_also_after_a_crash(
    tmp_path: Path, data_dir: Path
) -> None:
    environ = {name: value for name, value in os.environ.items() if not name.startswith("CHATBOT_")}
    environ |= {
        "CHATBOT_DATA_DIR": str(data_dir),
        "CHATBOT_DATABASE_URL": f"sqlite:///{tmp_path}/chatbot.db",
        "CHATBOT_LOG_LEVEL": "debug",
        "CHATBOT_RATE_LIMIT": "off",
        "PYTHONPATH": str(Path(__file__).parent.parent.parent),
        "TMPDIR": str(tmp_path),
    }
    log, work = tmp_path / "log", tmp_path / "work"
    work.mkdir()
    with log.open("wb") as out:
        server = subprocess.Popen(
            ["sh", "-c", 'ulimit -c unlimited; exec "$@"', "sh", sys.executable, "-c", SERVE],
            env=environ,
            cwd=work,
            stdout=out,
            stderr=subprocess.PIPE,
        )
        assert server.stderr
        first = server.stderr.readline().decode()
        (url,) = re.findall(r"http://127\.0\.0\.1:\d+", first)
        texts = [text.format("7391") for text, _ in PLANTED.values()]
        for text in (*texts, CRISIS[0]):
            talk(url, text)
        with urllib.request.urlopen(f"{url}/metrics", timeout=20) as response:  # noqa: S310 - our own server
            metrics = response.read()
        server.send_signal(signal.SIGABRT)  # as a library's crash would end it
        left = metrics + server.communicate(timeout=20)[1]
    left += b"".join(path.read_bytes() for path in tmp_path.rglob("*") if path.is_file())
    found = left.decode("latin-1")
    assert "chess cup of greenland" in found  # otherwise there was nothing to be found
    assert '"event": "request"' in found
    assert list(work.iterdir()) == []  # no core, which holds whatever was in memory
    secrets = [part for _, part in (*PLANTED.values(), CRISIS)]
    secrets += ["Qwertybrowser", "203.0.113.91", "quokka", "127.0.0.1:5"]
    assert [secret for secret in secrets if secret.lower() in found.lower()] == []
