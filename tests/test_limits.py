"""How often one client may ask, whoever it says it is."""

import json
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import replace
from ipaddress import IPv6Address
from pathlib import Path

import pytest
from flask.testing import FlaskClient
from hypothesis import given
from hypothesis import strategies as st
from limits import parse
from limits.storage import MemoryStorage
from relay import Relay, relay_to

from chatbot import Settings, SettingsError
from web import log
from web.limits import Shared, WindowLimiter, network, open_limiter, open_sign_in_limiter

RATE = parse("2 per hour")
KEY = b"k" * 32


def limiter() -> WindowLimiter:
    return WindowLimiter(RATE, KEY)


def test_a_client_may_ask_as_often_as_the_rate_says_and_is_told_when_again() -> None:
    window = limiter()
    assert [window.retry_after("chat", "192.0.2.1") for _ in range(2)] == [0, 0]
    assert 3590 <= window.retry_after("chat", "192.0.2.1") <= 3600


def test_clients_and_purposes_are_counted_apart() -> None:
    window = limiter()
    for _ in range(3):
        window.retry_after("chat", "192.0.2.1")
    assert window.retry_after("chat", "192.0.2.2") == 0
    assert window.retry_after("feedback", "192.0.2.1") == 0


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("2001:db8:1:2::1", "2001:db8:1:2:ffff:ffff:ffff:ffff"),
        ("2001:db8::1", "2001:DB8:0:0:0:0:0:2"),
        ("fe80::1%eth0", "fe80::2%eth1"),
        ("::ffff:192.0.2.1", "192.0.2.1"),
        ("[2001:db8::1]", "2001:db8::9"),
    ],
)
def test_one_household_is_one_client(one: str, other: str) -> None:
    assert network(one) == network(other)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("192.0.2.1", "192.0.2.2"),
        ("2001:db8:1:2::1", "2001:db8:1:3::1"),
        ("unknown", ""),
        ("::1", "127.0.0.1"),
    ],
)
def test_others_are_other_clients(one: str, other: str) -> None:
    assert network(one) != network(other)


@given(st.integers(0, 2**128 - 1), st.integers(0, 2**64 - 1))
def test_the_lower_half_of_an_ipv6_address_changes_nothing(number: int, lower: int) -> None:
    address = IPv6Address(number)
    if not address.ipv4_mapped:
        neighbor = IPv6Address(number >> 64 << 64 | lower)
        assert neighbor.ipv4_mapped or network(str(address)) == network(str(neighbor))


@given(st.text())
def test_any_address_counts(address: str) -> None:
    assert limiter().retry_after("chat", address) == 0


def test_addresses_are_kept_only_as_hashes() -> None:
    shared = MemoryStorage()
    WindowLimiter(RATE, KEY, Shared(shared)).retry_after("chat", "192.0.2.1")
    (kept,) = shared.events
    assert "192.0.2" not in kept
    WindowLimiter(RATE, b"x" * 32, Shared(shared)).retry_after("chat", "192.0.2.1")
    assert len(shared.events) == 2


class FailingStorage(MemoryStorage):
    """A shared storage that can be made to fail, as a server does that goes away."""

    fails = False

    def acquire_entry(self, key: str, limit: int, expiry: int, amount: int = 1) -> bool:
        if self.fails:
            raise ConnectionError
        return super().acquire_entry(key, limit, expiry, amount)


def test_replicas_share_their_counters() -> None:
    shared = Shared(MemoryStorage())
    one, other = WindowLimiter(RATE, KEY, shared), WindowLimiter(RATE, KEY, shared)
    assert (one.retry_after("chat", "192.0.2.1"), other.retry_after("chat", "192.0.2.1")) == (0, 0)
    assert one.retry_after("chat", "192.0.2.1") > 0


def test_while_the_shared_counters_fail_memory_counts_and_the_log_says_so(
    capfd: pytest.CaptureFixture[str],
) -> None:
    log.configure("warning")
    shared = FailingStorage()
    shared.fails = True
    window = WindowLimiter(RATE, KEY, Shared(shared))
    assert [window.retry_after("chat", "192.0.2.1") > 0 for _ in range(3)] == [False, False, True]
    assert json.loads(capfd.readouterr().err)["event"] == "redis-gone"


@pytest.fixture
def redis(tmp_path: Path) -> Iterator[subprocess.Popen[bytes]]:
    """A Redis of the test's own, reached at unix://`tmp_path`/redis.sock."""
    pytest.importorskip("redis")
    program = shutil.which("redis-server") or pytest.skip("needs redis-server: make system-packages")
    command = [
        program,
        "--port",
        "0",
        "--unixsocket",
        str(tmp_path / "redis.sock"),
        "--save",
        "",
        "--dir",
        str(tmp_path),
    ]
    with subprocess.Popen(command, stdout=subprocess.DEVNULL) as process:
        while process.poll() is None and not (tmp_path / "redis.sock").exists():
            time.sleep(0.01)
        yield process
        process.kill()


@pytest.fixture
def shared(tmp_path: Path) -> Settings:
    return Settings(data_dir=tmp_path, rate_limit="2 per hour", redis_url=f"unix://{tmp_path}/redis.sock")


def test_processes_share_their_counters_through_redis(
    redis: subprocess.Popen[bytes], shared: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("web.limits._REDIS_TIMEOUT_S", 30)  # a busy machine is not what is asked about
    one, other = open_limiter(shared), open_limiter(shared)
    assert (one.retry_after("chat", "192.0.2.1"), other.retry_after("chat", "192.0.2.1")) == (0, 0)
    assert one.retry_after("chat", "192.0.2.1") > 3500
    assert other.retry_after("chat", "192.0.2.1") > 3500
    assert other.retry_after("chat", "192.0.2.2") == 0


@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGSTOP])
def test_a_redis_that_goes_away_or_hangs_leaves_the_limit_to_memory(
    redis: subprocess.Popen[bytes], shared: Settings, how: signal.Signals
) -> None:
    window = open_limiter(shared)
    assert window.retry_after("chat", "192.0.2.1") == 0
    redis.send_signal(how)
    assert [window.retry_after("chat", "192.0.2.1") > 0 for _ in range(3)] == [False, False, True]


def test_a_redis_that_is_not_there_does_not_stop_the_start(shared: Settings) -> None:
    pytest.importorskip("redis")
    window = open_limiter(shared)
    assert [window.retry_after("chat", "192.0.2.1") > 0 for _ in range(3)] == [False, False, True]


@pytest.fixture
def relayed(tmp_path: Path, shared: Settings) -> Iterator[tuple[Settings, Relay]]:
    """A Redis that is reached through a relay, by TCP, as another machine's is."""
    pytest.importorskip("redis")
    program = shutil.which("redis-server") or pytest.skip("needs redis-server: make system-packages")
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port = int(probe.getsockname()[1])
    command = [program, "--port", str(port), "--save", "", "--dir", str(tmp_path)]
    with (
        subprocess.Popen(command, stdout=subprocess.DEVNULL) as process,
        relay_to("127.0.0.1", port) as relay,
    ):
        until = time.monotonic() + 30
        while time.monotonic() < until:
            with suppress(OSError), socket.create_connection(("127.0.0.1", port)):
                break
        yield replace(shared, redis_url=f"redis://127.0.0.1:{relay.port}"), relay
        process.kill()


def test_a_redis_that_takes_connections_and_says_nothing_is_waited_for_once_and_briefly(
    relayed: tuple[Settings, Relay], monkeypatch: pytest.MonkeyPatch
) -> None:
    settings, relay = relayed
    windows = [open_limiter(settings), open_limiter(settings)]  # as two clinics have them
    sign_in = open_sign_in_limiter(settings)
    assert windows[0].retry_after("chat", "192.0.2.1") == 0
    assert not windows[0].trouble
    relay.swallow()
    began, taken = time.monotonic(), relay.taken
    for number in range(50):
        assert windows[number % 2].retry_after("chat", f"192.0.2.{number}") == 0
        assert sign_in.retry_after(f"ada {number}", "192.0.2.1") == 0
        sign_in.succeeded(f"ada {number}", "192.0.2.1")
    assert time.monotonic() - began < 3  # one try, of a quarter of a second
    assert relay.taken <= taken + 1
    assert all("Redis cannot be reached" in window.trouble for window in windows)
    relay.let_through()
    monkeypatch.setattr("web.limits.time.monotonic", lambda now=time.monotonic: now() + 20)
    assert [windows[0].retry_after("chat", "192.0.2.9") > 0 for _ in range(3)] == [False, False, True]
    assert not windows[1].trouble
    assert windows[1].retry_after("chat", "192.0.2.9") > 0  # counted for both, in Redis


def test_redis_counters_without_the_redis_package_name_the_cure(
    shared: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "redis", None)
    with pytest.raises(SettingsError, match=r"CHATBOT_REDIS_URL .* pip install redis"):
        open_limiter(shared)


def test_a_rate_that_does_not_parse_stops_the_start(settings: Settings) -> None:
    with pytest.raises(SettingsError, match="CHATBOT_RATE_LIMIT is 'often'"):
        open_limiter(replace(settings, rate_limit="often"))


def statuses(client: FlaskClient, forwarded: list[str]) -> list[int]:
    return [
        client.post("/api/v1/suggest", json={"text": "cost"}, headers={"X-Forwarded-For": value}).status_code
        for value in forwarded
    ]


def test_an_address_that_a_client_claims_counts_for_nothing(
    client_with: Callable[..., FlaskClient],
) -> None:
    client = client_with(rate_limit="2 per hour")
    assert statuses(client, [f"198.51.100.{n}" for n in range(5)]) == [200, 200, 429, 429, 429]


def test_behind_one_proxy_the_address_it_saw_counts(client_with: Callable[..., FlaskClient]) -> None:
    client = client_with(rate_limit="1 per hour", trusted_proxies=1)
    claimed = ["10.1.1.1, 198.51.100.1", "10.2.2.2, 198.51.100.1", "198.51.100.2", "10.3.3.3, 198.51.100.2"]
    assert statuses(client, claimed) == [200, 429, 200, 429]


def test_without_a_limit_nobody_waits(client: FlaskClient) -> None:
    assert set(statuses(client, [""] * 50)) == {200}
