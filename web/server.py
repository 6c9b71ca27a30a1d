"""The server: waitress in one process, which finishes what it has begun before it goes."""

import errno
import json
import logging
import select
import signal
import socket
import sys
import threading
import time
from contextlib import ExitStack
from typing import TYPE_CHECKING

from waitress import wasyncore
from waitress.adjustments import Adjustments
from waitress.channel import ClientDisconnected, HTTPChannel
from waitress.parser import HTTPRequestParser, ParsingError
from waitress.server import TcpWSGIServer
from waitress.task import ErrorTask, ThreadedTaskDispatcher, WSGITask

from chatbot import ChatbotError, Settings, Store
from web import create_app, log, security
from web.parts import parts_of
from web.sites import SiteApp

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIApplication

DRAIN_S = 10.0
LINGER_S = 0.5
# A connection that says nothing, and a request that takes longer to arrive, are let go.
IDLE_S = 30
ARRIVAL_S = 20
# Beyond so many, whoever comes is let in and who has said nothing of use for longest is let go.
MAX_CONNECTIONS = 750
# Larger than what the app accepts, so that a body that is somewhat too long gets the app's own answer.
MAX_BODY = 24 * 1024 * 1024  # a spreadsheet of staff
MAX_HEADERS = 16 * 1024


def serve(settings: Settings, app: "WSGIApplication | None" = None) -> None:
    """Answer requests until SIGTERM or SIGINT, then finish those in flight and return.

    Raises ChatbotError where the address or the database cannot be had; both are taken before anything is
    loaded. `app` is made from the settings unless one is given.
    """
    _leave_no_core()
    listener = listen(settings)
    with ExitStack() as at_the_end:
        server = Server(
            app or _open_app(settings, at_the_end), listener, behind_proxy=settings.trusted_proxies > 0
        )
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda *_: server.stop())
        sys.stderr.write(f"Serving on {_url(listener)}\n")
        server.run()


def _leave_no_core() -> None:
    """Have a crash write no memory to disk: it may hold what visitors have just typed."""
    try:
        import resource
    except ImportError:  # Windows writes none by itself
        return
    resource.setrlimit(resource.RLIMIT_CORE, (0, resource.getrlimit(resource.RLIMIT_CORE)[1]))


def _open_app(settings: Settings, at_the_end: ExitStack) -> "WSGIApplication":
    """The app with a database of its own, and a bot that follows the edits in it."""
    store = Store.open(settings.database_url, is_server=True)
    at_the_end.callback(store.close)
    app = create_app(settings, store=store)
    parts_of(app).start()
    at_the_end.callback(parts_of(app).stop)
    sites = SiteApp(app)
    at_the_end.callback(sites.close)
    return sites


def listen(settings: Settings) -> socket.socket:
    """Take the address that the settings name. Raises ChatbotError where it cannot be had."""
    host, port = settings.host, settings.port
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
        # "localhost" may mean both families; a person who types it expects 127.0.0.1.
        family, *_, address = min(found, key=lambda info: info[0] != socket.AF_INET)
        both = address[0] == "::" and socket.has_dualstack_ipv6()
        return socket.create_server(address[:2], family=family, backlog=1024, dualstack_ipv6=both)
    except socket.gaierror as error:
        raise ChatbotError(f"CHATBOT_HOST is {host!r}: no such host; try 127.0.0.1 or 0.0.0.0") from error
    except OSError as error:
        raise ChatbotError(_refusal(error, host, port)) from error


def _refusal(error: OSError, host: str, port: int) -> str:
    if error.errno == errno.EADDRINUSE:
        return f"CHATBOT_PORT {port} on {host} is in use: stop the other program or set CHATBOT_PORT"
    if error.errno == errno.EACCES:
        return f"CHATBOT_PORT {port} may not be used by this account: set CHATBOT_PORT to one over 1023"
    return f"CHATBOT_HOST {host} is no address of this machine: try 127.0.0.1 or 0.0.0.0"


def _url(listener: socket.socket) -> str:
    host, port = listener.getsockname()[:2]
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"


class _Task(WSGITask):  # type: ignore[misc]
    def execute(self) -> None:
        if self.channel.server.is_stopping:
            self.set_close_on_finish()
        try:
            super().execute()
        except (ClientDisconnected, OSError):
            raise
        except Exception as error:
            log.write_failure(error)
            raise


class _ErrorTask(ErrorTask):  # type: ignore[misc]
    # What waitress refuses before the app sees it: its own words would quote the request.
    def execute(self) -> None:
        error = self.request.error
        problem = {
            "type": "about:blank",
            "title": error.reason,
            "status": error.code,
            "detail": f"{error.reason}.",
        }
        body = json.dumps(problem).encode()
        self.status = f"{error.code} {error.reason}"
        self.response_headers += [
            ("Content-Type", "application/problem+json"),
            ("Cache-Control", "no-store"),
            ("Content-Security-Policy", security.DATA_POLICY),
            *security.SHARED.items(),
        ]
        self.set_close_on_finish()
        self.content_length = len(body)
        self.write(body)


class _Parser(HTTPRequestParser):  # type: ignore[misc]
    def parse_header(self, head: bytes) -> None:
        super().parse_header(head)
        if self.chunked and "CONTENT_LENGTH" in self.headers:
            # A proxy that goes by the length, as this server does not, would let a second request in with it.
            raise ParsingError("a length and chunks")


class _Channel(HTTPChannel):  # type: ignore[misc]
    parser_class = _Parser
    task_class = _Task
    error_task_class = _ErrorTask
    arriving_since = 0.0

    def received(self, data: bytes) -> bool:
        if self.request is None:
            self.arriving_since = time.time()
        return bool(super().received(data))

    @property
    def waits_since(self) -> float:
        """When a request began to arrive, or the last one was answered."""
        return self.arriving_since if self.request is not None else float(self.last_activity)

    def is_busy(self, now: float) -> bool:
        # Whoever has just come, or was just answered, may have sent a request that has not been read yet.
        is_fresh = now - self.last_activity < LINGER_S
        return bool(self.requests or self.request or self.total_outbufs_len or is_fresh)


class Server(TcpWSGIServer):  # type: ignore[misc]
    """Waitress with an end to it: `stop` from any thread or signal handler makes `run` drain and return."""

    channel_class = _Channel
    is_stopping = False

    def __init__(
        self, app: "WSGIApplication", listener: socket.socket, *, behind_proxy: bool = False
    ) -> None:
        """Answer with `app` on `listener`; `behind_proxy` lets the proxy's headers through to the app."""
        # Waitress' own lines quote the path that was asked for.
        logging.getLogger("waitress").setLevel(logging.CRITICAL + 1)
        limits = Adjustments(
            sockets=[listener],
            threads=4,
            ident=None,
            clear_untrusted_proxy_headers=not behind_proxy,
            max_request_header_size=MAX_HEADERS,
            max_request_body_size=MAX_BODY,
            inbuf_overflow=64 * 1024,
            channel_timeout=IDLE_S,
            cleanup_interval=5,
            connection_limit=1000,
            asyncore_use_poll=True,
        )
        self._connections: dict[int, object] = {}
        self._last_turn = time.time()
        self._ending = threading.RLock()  # a signal may come while this very thread holds it
        dispatcher = ThreadedTaskDispatcher()
        dispatcher.set_thread_count(limits.threads)
        sockinfo = (listener.family, listener.type, listener.proto, listener.getsockname())
        super().__init__(
            app,
            map=self._connections,
            _sock=listener,
            dispatcher=dispatcher,
            adj=limits,
            sockinfo=sockinfo,
            bind_socket=False,
        )

    def stop(self) -> None:
        """Ask `run` to finish."""
        with self._ending:
            if not self.is_stopping:
                self.is_stopping = True
                self.pull_trigger()

    def run(self) -> None:
        """Answer until `stop`, then finish what is in flight, for `DRAIN_S` at most."""
        while not self.is_stopping:
            self._turn(1.0)
        self._stop_accepting()
        deadline = time.monotonic() + DRAIN_S  # whatever happens to the clock meanwhile
        while time.monotonic() < deadline and any(
            c.is_busy(time.time()) for c in self.active_channels.values()
        ):
            self._turn(0.05)
        self.task_dispatcher.shutdown(timeout=1)
        with self._ending:  # the trigger is not closed before whoever stops this has pulled it
            wasyncore.close_all(self._connections)

    def handle_accept(self) -> None:
        """Take a connection: those that only wait must not keep others out."""
        super().handle_accept()
        if len(self.active_channels) > MAX_CONNECTIONS:
            idle = [c for c in self.active_channels.values() if not (c.requests or c.total_outbufs_len)]
            if idle:
                min(idle, key=lambda channel: channel.waits_since).handle_close()

    def maintenance(self, now: float) -> None:
        """Let go of connections that are idle, and of requests that take too long to arrive."""
        super().maintenance(now)
        for channel in self.active_channels.values():
            if channel.request and not channel.requests and channel.arriving_since < now - ARRIVAL_S:
                channel.will_close = True

    def _turn(self, seconds: float) -> None:
        self._heed_clock(time.time())
        wasyncore.loop(timeout=seconds, use_poll=True, map=self._connections, count=1)

    def _heed_clock(self, now: float) -> None:
        """Where the clock was set back, count what it dated later as of now: waitress goes by it."""
        if now < self._last_turn:
            self.next_channel_cleanup = now
            for channel in self.active_channels.values():
                channel.last_activity = min(channel.last_activity, now)
                channel.arriving_since = min(channel.arriving_since, now)
        self._last_turn = now

    def _stop_accepting(self) -> None:
        # Clients in the queue have been told that they are connected: take them before the door closes.
        while select.select([self.socket], [], [], 0)[0]:
            self.handle_accept()
        wasyncore.dispatcher.close(self)
