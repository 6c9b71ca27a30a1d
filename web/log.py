"""The log: one JSON line per request or failure on standard error, with nothing that a visitor typed.

A line holds a route's pattern, never the path or query that was asked for, and a failure's type and place,
never its message or values: both may carry a visitor's words. What one request leaves has its number.
"""

import json
import logging
import re
import secrets
import sys
import time
import traceback
from contextvars import ContextVar
from pathlib import PurePath

_METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "CONNECT"})
# As proxies make them: nothing that could be a word, or a phone's number.
_REQUEST_ID = re.compile(r"[0-9a-f]{32}|[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
# Of our own making it is 64 random bits in consonants: no search of the log finds a word or a year in it.
_CONSONANTS = bytes(b"bcdfghjklmnpqrst"[byte % 16] for byte in range(256))
_request_id: ContextVar[str] = ContextVar("request_id", default="")
_logger = logging.getLogger("web")


def configure(level: str) -> None:
    """Write lines of `level` ("debug" … "error") and above to standard error, the engine's among them."""
    for logger in (_logger, logging.getLogger("chatbot")):
        logger.setLevel(level.upper())
        logger.propagate = False
        if not logger.handlers:
            logger.addHandler(_StandardError())


def begin_request(given: str = "") -> str:
    """Number the request that this thread answers: as `given` by a trusted proxy, or anew."""
    number = (
        given if _REQUEST_ID.fullmatch(given) else secrets.token_bytes(16).translate(_CONSONANTS).decode()
    )
    _request_id.set(number)
    return number


def end_request() -> None:
    """Number what follows no more."""
    _request_id.set("")


def write_request(method: str, route: str, status: int, seconds: float) -> None:
    """Log an answered request; a method that HTTP does not know is a text of the client's, and left out."""
    known = method if method in _METHODS else "other"
    _write(logging.INFO, "request", method=known, route=route, status=status, ms=round(seconds * 1000, 2))


def write_failure(error: BaseException) -> None:
    """Log where an unexpected error came from."""
    frames = traceback.extract_tb(error.__traceback__)
    where = [f"{'/'.join(PurePath(f.filename).parts[-2:])}:{f.lineno} {f.name}" for f in frames]
    _write(logging.ERROR, "failure", type=type(error).__name__, where=where)


def write_event(event: str, **facts: str | int) -> None:
    """Log something the people who run this should know. The facts are ours, never a visitor's."""
    _write(logging.WARNING, event, **facts)


def _write(level: int, event: str, **facts: object) -> None:
    number = _request_id.get()
    _logger.log(level, event, extra={"facts": {"request": number, **facts} if number else facts})


class _StandardError(logging.Handler):
    # Looks up sys.stderr for each line, so that whoever redirects it later gets the lines too.
    def emit(self, record: logging.LogRecord) -> None:
        line = {
            "time": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(record.created)),
            "level": record.levelname.lower(),
            "event": record.getMessage(),
            **getattr(record, "facts", {}),
        }
        sys.stderr.write(json.dumps(line) + "\n")
