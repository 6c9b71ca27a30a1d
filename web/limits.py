"""How often one client may ask: a moving window per address, in memory or shared through Redis."""

import hashlib
import ipaddress
import math
import secrets
import threading
import time
from collections import OrderedDict, deque
from collections.abc import Callable
from typing import Protocol, TypeVar
from weakref import WeakValueDictionary

from limits import RateLimitItem, parse
from limits.errors import ConfigurationError
from limits.storage import Storage, storage_from_string
from limits.strategies import MovingWindowRateLimiter

from chatbot import Settings, SettingsError, clean_name, keys_of
from web import log

# A Redis that does not answer must not hold up visitors: one short try, then memory for a while.
_REDIS_TIMEOUT_S = 0.25
_REDIS_PAUSE_S = 10.0
_ALONE = "Redis cannot be reached: each server counts by itself how often one address asks."
# Sign-in tries: for an account from one address, and for an account from anywhere.
_TRIES_FROM_ONE_PLACE = "10 per hour"
_TRIES_AT_ALL = "20 per day"
Answer = TypeVar("Answer")


class Limiter(Protocol):
    """Counts requests by purpose and client."""

    @property
    def trouble(self) -> str:
        """What is not as it was set up, as a sentence; "" where nothing is."""
        ...

    def retry_after(self, purpose: str, address: str) -> int:
        """Count a request. 0 when it may pass, else the seconds after which the next one may."""
        ...


def open_limiter(settings: Settings) -> Limiter:
    """Make the limiter that the settings ask for. Raises SettingsError where that cannot be had."""
    if settings.rate_limit == "off":
        return _NoLimiter()
    try:
        rate = parse(settings.rate_limit)
    except ValueError as error:
        fact = (
            f"CHATBOT_RATE_LIMIT is {settings.rate_limit!r}: expected 'off' or a rate such as '30 per minute'"
        )
        raise SettingsError(fact) from error
    return _window(settings, rate)


def open_sign_in_limiter(settings: Settings) -> "SignInLimiter":
    """Make the limiter of sign-in tries, which no setting switches off. Raises SettingsError."""
    return SignInLimiter(
        _window(settings, parse(_TRIES_FROM_ONE_PLACE)), _window(settings, parse(_TRIES_AT_ALL))
    )


def _window(settings: Settings, rate: RateLimitItem) -> "WindowLimiter":
    if settings.redis_url is None:
        return WindowLimiter(rate, secrets.token_bytes(32))
    # Processes that share counters must hash alike, so the key comes from what all of them are told.
    newest = keys_of(settings.secret_key)[0] if settings.secret_key else None
    known = f"rate limit {newest} {settings.redis_url}"
    key = hashlib.sha256(known.encode()).digest()
    return WindowLimiter(rate, key, _redis(settings.redis_url))


class Shared:
    """Counters in Redis, for all windows of this process. While it fails, one now and then waits for it."""

    def __init__(self, storage: Storage) -> None:
        """Count in `storage`."""
        self._window = MovingWindowRateLimiter(storage)
        self._again_at = 0.0  # 0 where it has answered the last time
        self._trying = threading.Lock()

    @property
    def is_away(self) -> bool:
        """Whether it did not answer the last time."""
        return self._again_at > 0

    def ask(self, question: Callable[[MovingWindowRateLimiter], Answer]) -> Answer | None:
        """The answer; None while there is none to be had."""
        if time.monotonic() < self._again_at:
            return None
        was_away = self.is_away
        if was_away and not self._trying.acquire(blocking=False):
            return None
        try:
            answer = question(self._window)
        except Exception:  # each client library raises errors of its own
            self._again_at = time.monotonic() + _REDIS_PAUSE_S
            log.write_event(
                "redis-gone", words="the rate limit counts in memory", seconds=int(_REDIS_PAUSE_S)
            )
            return None
        else:
            self._again_at = 0.0
            return answer
        finally:
            if was_away:
                self._trying.release()


class WindowLimiter:
    """A moving window per client. Addresses are kept only as keyed hashes, only for the window's length."""

    def __init__(self, rate: RateLimitItem, key: bytes, shared: Shared | None = None) -> None:
        """Allow `rate` a client; `shared` is asked first and replaced by memory while it fails."""
        self._rate, self._key, self._shared = rate, key, shared
        self._memory = _Memory(rate.amount, rate.get_expiry())

    def retry_after(self, purpose: str, address: str) -> int:
        """Count a request. 0 when it may pass, else the seconds after which the next one may."""
        client = self._client(address)
        seconds = self._shared.ask(lambda w: self._seconds(w, purpose, client)) if self._shared else None
        return self._memory.retry_after(f"{purpose} {client}") if seconds is None else seconds

    @property
    def trouble(self) -> str:
        """That the counters are not shared, while Redis is away."""
        return _ALONE if self._shared and self._shared.is_away else ""

    def forget(self, purpose: str, address: str) -> None:
        """Count a client's requests from nothing again."""
        client = self._client(address)
        self._memory.forget(f"{purpose} {client}")
        if self._shared:
            self._shared.ask(lambda window: window.clear(self._rate, purpose, client))

    def _client(self, address: str) -> str:
        return hashlib.blake2b(network(address).encode(), key=self._key, digest_size=16).hexdigest()

    def _seconds(self, window: MovingWindowRateLimiter, purpose: str, client: str) -> int:
        if window.hit(self._rate, purpose, client):
            return 0
        reset = window.get_window_stats(self._rate, purpose, client).reset_time
        return max(1, math.ceil(reset - time.time()))


class _Memory:
    """The moving window of one process. Safe to use from many threads.

    The library's own goes by the time of day, so that a clock set back shuts clients out until it has caught
    up, and starts a thread for nearly every request.
    """

    def __init__(self, amount: int, seconds: int) -> None:
        """Allow `amount` in `seconds`."""
        self._amount, self._seconds = amount, seconds
        self._lock = threading.Lock()
        self._hits: OrderedDict[str, deque[float]] = OrderedDict()  # who came last is last

    def retry_after(self, key: str) -> int:
        now = time.monotonic()
        with self._lock:
            self._forget_before(now - self._seconds)
            hits = self._hits.setdefault(key, deque(maxlen=self._amount))
            wait = hits[0] + self._seconds - now if len(hits) == self._amount else 0.0
            if wait > 0:
                return math.ceil(wait)
            hits.append(now)
            self._hits.move_to_end(key)
            return 0

    def forget(self, key: str) -> None:
        with self._lock:
            self._hits.pop(key, None)

    def _forget_before(self, moment: float) -> None:
        while self._hits:
            key, hits = next(iter(self._hits.items()))
            if hits[-1] > moment:
                return
            del self._hits[key]


class SignInLimiter:
    """Counts the tries to sign in to an account: from one address, and from anywhere."""

    def __init__(self, from_one_place: WindowLimiter, at_all: WindowLimiter) -> None:
        """Count with two windows."""
        self._from_one_place, self._at_all = from_one_place, at_all

    def retry_after(self, account: str, address: str) -> int:
        """Count a try. 0 when it may be made, else the seconds after which the next one may.

        What one address has used up does not count against the account: nobody locks another out from there.
        """
        near = self._from_one_place.retry_after("sign-in", _place(account, address))
        return near or self._at_all.retry_after("sign-in at all", _account(account))

    def succeeded(self, account: str, address: str) -> None:
        """Forget the tries before one that was right."""
        self._from_one_place.forget("sign-in", _place(account, address))
        self._at_all.forget("sign-in at all", _account(account))


def _account(name: str) -> str:
    # As the accounts take a name, however it is written: else each spelling had tries of its own.
    return f"account {clean_name(name)}"


def _place(name: str, address: str) -> str:
    return f"{_account(name)} at {network(address)}"


class _NoLimiter:
    trouble = ""

    def retry_after(self, purpose: str, address: str) -> int:  # noqa: ARG002 - the protocol's signature
        return 0


def network(address: str) -> str:
    """What counts as one client: an IPv4 address, or the /64 that one IPv6 household is given.

    Anything else (a socket without an address, a proxy's "unknown") is a client of its own name.
    """
    bare = address.strip().strip("[]").partition("%")[0]
    try:
        ip = ipaddress.ip_address(bare)
    except ValueError:
        return address
    if isinstance(ip, ipaddress.IPv4Address):
        return str(ip)
    if ip.ipv4_mapped:
        return str(ip.ipv4_mapped)
    return str(ipaddress.IPv6Network((ip, 64), strict=False))


def _redis(url: str) -> Shared:
    known = _known.get(url)
    if known is not None:
        return known
    # The library spells Redis over a Unix socket in a way of its own.
    spelled = "redis+" + url if url.startswith("unix:") else url
    try:
        storage = storage_from_string(
            spelled, socket_timeout=_REDIS_TIMEOUT_S, socket_connect_timeout=_REDIS_TIMEOUT_S
        )
    except ConfigurationError as error:
        fact = "CHATBOT_REDIS_URL is set, but the redis package is not installed"
        raise SettingsError(f"{fact}: pip install redis, or leave CHATBOT_REDIS_URL out") from error
    shared = _known[url] = Shared(storage)  # type: ignore[arg-type]
    return shared


_known: WeakValueDictionary[str, Shared] = WeakValueDictionary()
