"""Whether what was saved is what is read: a digest of each edit, and a count over all of them.

SQLite's own check misses about half of all random damage (64 bytes overwritten in each of 60 files: 32 were
noticed at most), and a damaged answer must not be given to anybody. So each edit carries a digest of all that
is in it but its number, and `meta` holds the sum of these digests, which a row that is lost or back again
does not leave as it was.
"""

import hashlib
import json
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from typing import Any

import sqlalchemy as sa

from chatbot.errors import DamageError

TOTAL = "edits"  # the name of the sum in `meta`
_MODULUS = 1 << 62
Row = Mapping[str, Any] | sa.RowMapping


def digest(row: Row) -> str:
    """The digest of an edit as a row: of who changed what, when, why and to what."""
    undoes, at = row["undoes"], row["at"]
    parts = [int(row["revision"]), row["kind"], row["key"], row["body"], moment(at), row["by"], row["why"]]
    told = json.dumps([*parts, None if undoes is None else int(undoes)], sort_keys=True)
    return hashlib.sha256(told.encode()).hexdigest()


def moment(at: datetime | str) -> str:
    """A moment as it is digested, whether it comes aware from the program or as SQLite's text."""
    read = datetime.fromisoformat(at) if isinstance(at, str) else at
    return (read.replace(tzinfo=UTC) if read.tzinfo is None else read.astimezone(UTC)).isoformat()


def total(digests: Iterable[str | None], before: int = 0) -> int:
    """The sum of digests, each for its first bits; of something that is no digest, none."""
    for given in digests:
        try:
            before = (before + int(str(given)[:16], 16)) % _MODULUS
        except ValueError:
            continue
    return before


def check(row: Row, name: str) -> None:
    """Raise DamageError where an edit is not as it was saved; `name` is the database's."""
    try:
        is_sound = row["digest"] == digest(row)
    except (TypeError, ValueError, AttributeError):
        is_sound = False
    if not is_sound:
        raise DamageError(name, f"edit {row['id']} is not as it was saved")
