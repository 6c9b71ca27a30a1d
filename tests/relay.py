"""A TCP relay in front of a real server, which can be told to swallow whatever comes, or to hold it back.

So a frozen host or a firewall is seen from here: connections are taken, and nothing is ever said.
"""

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field


@dataclass(eq=False)
class _Pair:
    """A client and, where it was let through, the server behind it."""

    client: socket.socket
    server: socket.socket | None = None
    has_lost: bool = False  # something on the way, so that it makes no sense to go on

    def close(self) -> None:
        for end in (self.client, self.server):
            if end is not None:
                with suppress(OSError):
                    end.shutdown(socket.SHUT_RDWR)
                end.close()


@dataclass(eq=False)
class Relay:
    """Passes on what comes to `port`, unless it was told otherwise."""

    target: tuple[str, int]
    _listener: socket.socket = field(default_factory=lambda: socket.create_server(("127.0.0.1", 0)))
    _pairs: list[_Pair] = field(default_factory=list)
    _is_open: threading.Event = field(default_factory=threading.Event)
    _swallows: bool = False
    taken: int = 0  # connections that were made

    @property
    def port(self) -> int:
        return int(self._listener.getsockname()[1])

    def start(self) -> None:
        self._is_open.set()
        threading.Thread(target=self._accept, name="relay", daemon=True).start()

    def swallow(self) -> None:
        """Lose all that comes, as a firewall does; what comes later than `let_through` goes another way."""
        self._swallows = True

    def hold(self) -> None:
        """Keep all that comes for later, as a host does that is frozen."""
        self._is_open.clear()

    def let_through(self) -> None:
        """Go on: with what was held; where something was lost, anew."""
        self._swallows = False
        self._is_open.set()
        for pair in [p for p in self._pairs if p.has_lost]:
            pair.close()

    def stop(self) -> None:
        self._is_open.set()
        with suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        for pair in self._pairs:
            pair.close()

    def _accept(self) -> None:
        with suppress(OSError):
            while True:
                client, _ = self._listener.accept()
                self.taken += 1
                pair = _Pair(client, has_lost=self._swallows)
                self._pairs.append(pair)
                threading.Thread(target=self._serve, args=(pair,), name="relay", daemon=True).start()

    def _serve(self, pair: _Pair) -> None:
        with suppress(OSError):
            self._is_open.wait()
            if not pair.has_lost:
                pair.server = socket.create_connection(self.target)
                back = threading.Thread(
                    target=self._pump, args=(pair, pair.server, pair.client), name="relay", daemon=True
                )
                back.start()
            self._pump(pair, pair.client, pair.server)

    def _pump(self, pair: _Pair, source: socket.socket, sink: socket.socket | None) -> None:
        with suppress(OSError):
            while data := source.recv(65536):
                self._is_open.wait()
                pair.has_lost = pair.has_lost or self._swallows
                if sink is not None and not pair.has_lost:
                    sink.sendall(data)
        pair.close()


@contextmanager
def relay_to(host: str, port: int) -> Iterator[Relay]:
    relay = Relay((host, port))
    relay.start()
    try:
        yield relay
    finally:
        relay.stop()
