"""Visitors: each at an address of their own, who ask, rate and look, and keep a list of what they got."""

import http.client
import itertools
import json
import threading
import time
from dataclasses import dataclass, field
from typing import Any

PAUSE_S = 0.1
PATIENCE_S = 30.0
SLOW_S = 5.0  # a visitor who waited longer was failed
KNOWN = (
    "how long does an iop last",
    "how much does it cost",
    "do you take insurance",
    "what happens on the first day",
    "can i keep my job",
    "who are the therapists",
)
_SYLLABLES = ("ba", "di", "ko", "lu", "me", "na", "po", "ru", "sa", "ti", "vo", "zu")


@dataclass(frozen=True, slots=True)
class Request:
    """What was asked for when, how long it took, and the status, or the error's name."""

    at: float
    what: str
    seconds: float
    status: int
    error: str = ""

    @property
    def is_failed(self) -> bool:
        """Whether the visitor did not get what they should have, or not in time."""
        return self.status not in (200, 204) or self.seconds > SLOW_S


@dataclass
class Kept:
    """What all visitors together were answered, and what was acknowledged to them."""

    requests: list[Request] = field(default_factory=list)
    unanswered: set[str] = field(default_factory=set)  # messages that the inbox should hold
    rated: set[str] = field(default_factory=set)  # replies whose rating was acknowledged
    comments: set[str] = field(default_factory=set)

    @property
    def failed(self) -> list[Request]:
        """The requests that failed."""
        return [r for r in self.requests if r.is_failed]


class Visitor(threading.Thread):
    """Somebody in a conversation, until `leave`."""

    def __init__(self, number: int, port: int, kept: Kept) -> None:
        """Come from an address of their own to nginx on `port`."""
        super().__init__(name=f"visitor-{number}", daemon=True)
        self._number, self._kept, self._port = number, kept, port
        self._gone = threading.Event()
        self._context = ""
        self._connection = self._connect()

    def leave(self) -> None:
        """Stop after what was begun."""
        self._gone.set()

    def run(self) -> None:
        """Talk."""
        for turn in itertools.count():
            if self._gone.wait(PAUSE_S):
                return
            (self._ask, self._ask_in_vain, self.suggest, self._look)[turn % 4](turn)

    def _ask(self, turn: int) -> None:
        reply = self._post("chat", message=KNOWN[turn % len(KNOWN)], context=self._context)
        if reply is None:
            return
        self._context = reply["context"]
        comment = f"i was looking for the {self._word(turn)} form"
        if self._post("feedback", id=reply["id"], helpful=False, comment=comment) is not None:
            self._kept.rated.add(reply["id"])
            self._kept.comments.add(comment)

    def _ask_in_vain(self, turn: int) -> None:
        message = f"do you repair a {self._word(turn)} tractor"
        reply = self._post("chat", message=message)
        if reply and reply["kind"] == "no_answer":
            self._kept.unanswered.add(message)

    def suggest(self, turn: int) -> None:
        """Ask what there is to ask."""
        self._post("suggest", text=KNOWN[turn % len(KNOWN)][:12])

    def _look(self, turn: int) -> None:
        self._send("GET", ("/widget.js", "/faq", "/api/v1/topics", "/chat")[turn // 4 % 4])

    def _word(self, turn: int) -> str:
        """A word that nobody else says, and that no number could be taken for."""
        number, word = turn * 100 + self._number, ""
        while number:
            number, place = divmod(number, len(_SYLLABLES))
            word += _SYLLABLES[place]
        return word or "xa"

    def _post(self, what: str, **body: Any) -> dict[str, Any] | None:
        answer = self._send("POST", f"/api/v1/{what}", json.dumps(body))
        if answer is None:
            return None
        found: dict[str, Any] | list[Any] = json.loads(answer) if answer else {}
        return found if isinstance(found, dict) else {}

    def _send(self, method: str, path: str, body: str | None = None) -> bytes | None:
        at = time.monotonic()
        try:
            self._connection.request(method, path, body, {"Content-Type": "application/json"})
            response = self._connection.getresponse()
            answer, status, error = response.read(), response.status, ""
        except (OSError, http.client.HTTPException) as problem:
            answer, status, error = b"", 0, type(problem).__name__
            self._connection.close()
            self._connection = self._connect()
        request = Request(at, f"{method} {path}", time.monotonic() - at, status, error)
        self._kept.requests.append(request)
        return None if request.status not in (200, 204) else answer

    def _connect(self) -> http.client.HTTPConnection:
        own = (f"127.0.1.{self._number + 1}", 0)
        return http.client.HTTPConnection("127.0.0.1", self._port, PATIENCE_S, source_address=own)
