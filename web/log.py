"""The log: one JSON line per request or failure on standard error, with nothing that a visitor typed.

A line holds a route's pattern, never the path or query that was asked for, and a failure's type and place,
never its message or values: both may carry a visitor's words.
"""

import json
import logging
import sys
import time
import traceback
from pathlib import PurePath

_METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "CONNECT"})
_logger = logging.getLogger("web")


def configure(level: str) -> None:
    """Write lines of `level` ("debug" … "error") and above to standard error."""
    _logger.setLevel(level.upper())
    _logger.propagate = False
    if not _logger.handlers:
        _logger.addHandler(_StandardError())


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
    _logger.log(level, event, extra={"facts": facts})


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
