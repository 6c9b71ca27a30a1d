"""The real server around an app, in a thread, for as long as a test or a browser asks it."""

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from chatbot import Settings
from web.server import Server, listen

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIApplication

PATIENCE_S = 240.0


def wait_until(is_so: Callable[[], bool]) -> None:
    """Wait until something is so. Fails where it does not come to be."""
    until = time.monotonic() + PATIENCE_S
    while not is_so():
        assert time.monotonic() < until
        time.sleep(0.01)


@contextmanager
def started(app: "WSGIApplication", settings: Settings) -> Iterator[Server]:
    """The server of `app`, which has to end in time when it is told to."""
    server = Server(app, listen(settings), behind_proxy=settings.trusted_proxies > 0)
    thread = threading.Thread(target=server.run)
    thread.start()
    try:
        yield server
    finally:
        server.stop()
        thread.join(timeout=20)
        assert not thread.is_alive()


@contextmanager
def serving(app: "WSGIApplication", settings: Settings) -> Iterator[str]:
    """The address at which `app` is served meanwhile."""
    with started(app, settings) as server:
        yield address_of(server)


def address_of(server: Server) -> str:
    """The address of a server that runs."""
    return f"http://{server.effective_host}:{server.effective_port}"
