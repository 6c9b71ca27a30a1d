"""How long the processor was busy with something: what the clock says depends on who else is at work."""

import time
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def within_a_second(what: object) -> Iterator[None]:
    """Fail where this thread works on it for longer than a second."""
    began = time.thread_time()
    yield
    took = time.thread_time() - began
    assert took < 1, f"{took:.2f} s for {what!r:.200}"
