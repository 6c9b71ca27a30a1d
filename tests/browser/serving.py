"""A server in a thread, for as long as a browser asks it."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from chatbot import Settings
from web.server import Server, listen

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIApplication


@contextmanager
def serving(app: "WSGIApplication", settings: Settings) -> Iterator[str]:
    """The address at which `app` is served meanwhile."""
    server = Server(app, listen(settings))
    thread = threading.Thread(target=server.run)
    thread.start()
    try:
        yield f"http://{server.effective_host}:{server.effective_port}"
    finally:
        server.stop()
        thread.join()
