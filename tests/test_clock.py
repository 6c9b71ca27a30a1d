"""A clock that is set back, by a correction or a mistake: nobody is shut out, and nothing is kept longer."""

import socket
import time
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime, timedelta

import pytest
from desk import KEY, PASSWORD, small_knowledge
from limits import parse

from chatbot import Accounts, Bot, Noted, Settings, Store
from chatbot.accounts import ABSOLUTE, IDLE
from chatbot.editing import profile_change
from chatbot.live import Live
from web.limits import WindowLimiter
from web.server import ARRIVAL_S, IDLE_S, Server

HOUR_S = 3600.0
TODAY = datetime.now(UTC).date()


def test_a_client_waits_no_longer_than_it_was_told(monkeypatch: pytest.MonkeyPatch) -> None:
    window = WindowLimiter(parse("2 per minute"), b"k" * 32)
    began = time.monotonic()
    monkeypatch.setattr(time, "monotonic", lambda: began)
    assert [window.retry_after("chat", "192.0.2.1") for _ in range(3)] == [0, 0, 60]
    set_back(monkeypatch, HOUR_S)
    assert window.retry_after("chat", "192.0.2.1") == 60
    monkeypatch.setattr(time, "monotonic", lambda: began + 59.5)
    assert window.retry_after("chat", "192.0.2.1") == 1
    monkeypatch.setattr(time, "monotonic", lambda: began + 60)
    assert [window.retry_after("chat", "192.0.2.1") for _ in range(3)] == [0, 0, 60]


def set_back(monkeypatch: pytest.MonkeyPatch, seconds: float) -> None:
    real = time.time
    monkeypatch.setattr(time, "time", lambda: real() - seconds)


@pytest.mark.parametrize(
    ("by", "holds"),
    [(timedelta(minutes=2), True), (IDLE * 0.9, True), (IDLE * 1.1, False), (ABSOLUTE, False)],
)
def test_a_sign_in_outlives_a_correction_and_not_the_loss_of_the_time(
    store: Store, by: timedelta, *, holds: bool
) -> None:
    now = [datetime(2026, 11, 27, 12, tzinfo=UTC)]
    accounts = Accounts(store, lambda: KEY, lambda: now[0])
    accounts.add("ada", "admin", PASSWORD, by="test")
    session = accounts.sign_in("ada", PASSWORD)
    assert session
    now[0] -= by
    assert (accounts.session(session.token) is not None) is holds
    now[0] += by  # once over, it does not come back
    assert (accounts.session(session.token) is not None) is holds
    now[0] += IDLE + timedelta(seconds=1)
    assert accounts.session(session.token) is None


def test_what_was_kept_under_a_date_to_come_is_kept_no_longer_than_promised(store: Store) -> None:
    for ahead in (0, 1, 400):
        day = TODAY + timedelta(ahead)
        store.hear([Noted(f"{ahead} days ahead", "no_answer", day)], {})
    assert store.purge(TODAY - timedelta(30)) == (0, 0)
    assert [n.day for n in store.inbox.latest()] == [TODAY, TODAY + timedelta(1), TODAY]
    assert store.purge(TODAY + timedelta(2)) == (3, 0)


@pytest.fixture
def live(settings: Settings, store: Store) -> Iterator[Live]:
    live = Live(settings, store, Bot(small_knowledge(), KEY))
    yield live
    live.stop()


def test_edits_are_taken_over_and_what_had_expired_is_back(
    live: Live, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Yesterday(date):
        @classmethod
        def today(cls) -> "Yesterday":
            return cls.fromordinal(date.today().toordinal() - 1)

    set_back(monkeypatch, 24 * HOUR_S)
    monkeypatch.setattr("chatbot.live.date", Yesterday)
    store.edits.save([profile_change({"childcare": "Yes, until six."}, None)], by="Ann")
    assert live.check() or live.wait_for(1)
    assert (live.revision, live.bot.profile.facts) == (1, {"childcare": "Yes, until six."})
    done: list[date] = []
    live.daily.append(done.append)
    live._do_daily(Yesterday.today())  # noqa: SLF001 - what its thread does each second
    live._do_daily(Yesterday.today())  # noqa: SLF001
    live._do_daily(date.today())  # noqa: SLF001
    assert done == [Yesterday.today(), date.today()]


def test_connections_that_do_not_get_on_are_let_go_all_the_same(
    server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    with connection(server) as slow, connection(server) as idle:
        slow.sendall(b"POST /api/v1/chat HTTP/1.1\r\nHost: a\r\nContent-Length: 9\r\n\r\n{")
        idle.sendall(b"GET /healthz HTTP/1.1\r\nHost: a\r\n\r\n")
        told = b""
        while b"alive" not in told:
            told += idle.recv(10_000)
        set_back(monkeypatch, HOUR_S)
        wait_for_a_turn(server, lambda: server._last_turn)  # noqa: SLF001
        set_back(monkeypatch, -max(ARRIVAL_S, IDLE_S) - 1)  # so many seconds later
        server.pull_trigger()
        assert (slow.recv(10_000), idle.recv(10_000)) == (b"", b"")


def connection(server: Server) -> socket.socket:
    return socket.create_connection(("127.0.0.1", int(server.effective_port)), timeout=20)


def wait_for_a_turn(server: Server, last: Callable[[], float]) -> None:
    until = time.monotonic() + 20
    while last() > time.time() and time.monotonic() < until:
        server.pull_trigger()
        time.sleep(0.01)
