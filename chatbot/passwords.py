"""Passwords of staff: what may be one, and how it is kept. The only home of argon2 and zxcvbn."""

import secrets
import threading
import unicodedata
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from typing import TYPE_CHECKING

from chatbot.errors import BusyError

if TYPE_CHECKING:
    from argon2 import PasswordHasher

MIN_LENGTH = 15
MAX_LENGTH = 128
HASHES_AT_ONCE = 2
# Long enough for a hash or two before one's own; a server's threads must not all stand in this queue.
_WAIT_S = 0.2
# zxcvbn's own limit: it takes quadratic time. What is guessed within ten billion tries is refused.
_RATED_LENGTH = 72
_MIN_GUESSES_LOG10 = 10
_LETTERS = "abcdefghjkmnpqrstuvwxyz23456789"  # without those that are taken for one another
_turns = threading.BoundedSemaphore(HASHES_AT_ONCE)


def fault(password: str, *known: str) -> str:
    """What is wrong with a new password, as a sentence; "" where nothing is.

    `known` are words that an attacker would try first, such as the person's name.
    """
    password = _normalised(password)
    if len(password) < MIN_LENGTH:
        return (
            f"The password has {len(password)} characters: use at least {MIN_LENGTH}, such as several words."
        )
    if len(password) > MAX_LENGTH:
        return f"The password has {len(password)} characters: at most {MAX_LENGTH} are kept."
    from zxcvbn import zxcvbn

    rated = zxcvbn(password[:_RATED_LENGTH], user_inputs=[k for k in known if k])
    if rated["guesses_log10"] < _MIN_GUESSES_LOG10:
        return "This password is easily guessed: use several words that do not belong together."
    return ""


def generate() -> str:
    """A password that nobody guesses and that can be read out: five groups of four, 99 bits."""
    return "-".join("".join(secrets.choice(_LETTERS) for _ in range(4)) for _ in range(5))


def digest(password: str) -> str:
    """What is kept of a password. Raises BusyError where too many are being made."""
    with _turn():
        return _hasher().hash(_normalised(password))


def matches(kept: str | None, password: str) -> bool:
    """Whether `password` is the one that `kept` was made of; takes as long where there is none.

    Raises BusyError where too many are being compared.
    """
    from argon2.exceptions import InvalidHashError, VerificationError

    decoy = _decoy()  # at the first comparison of all, whoever signs in: it takes as long as a comparison
    with _turn():
        try:
            return _hasher().verify(kept or decoy, _normalised(password)) and kept is not None
        except (VerificationError, InvalidHashError):
            return False


@contextmanager
def _turn() -> Iterator[None]:
    if not _turns.acquire(timeout=_WAIT_S):
        raise BusyError("many people are signing in at this moment: please try again in a few seconds")
    try:
        yield
    finally:
        _turns.release()


def _normalised(password: str) -> str:
    # The same key gives other characters on another machine.
    return unicodedata.normalize("NFKC", password)


@cache
def _hasher() -> "PasswordHasher":
    from argon2 import PasswordHasher

    # OWASP's choice of 2025: 19 MiB, two passes, one lane; about 30 ms on one core.
    return PasswordHasher(time_cost=2, memory_cost=19 * 1024, parallelism=1)


@cache
def _decoy() -> str:
    return _hasher().hash(secrets.token_urlsafe(16))
