"""Several clinics behind one address: `/s/NAME/` before an address of the app leads to the parts of a site.

A site is opened when it is first asked for; of many, those that were asked last stay open. What a request of
a site works with is that site's alone: the app never holds two.
"""

import json
import logging
import re
import threading
import time
from collections import OrderedDict
from collections.abc import Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING, Any, cast

from flask import Flask
from werkzeug.wrappers import Response
from werkzeug.wsgi import ClosingIterator

from chatbot import Shared, Site, Sites, Store, settings_of, shared_by
from web import assemble, security
from web.lately import Lately
from web.parts import NAME, SITE, Parts, parts_of
from web.staff import open_door
from web.staff.door import NAME as DOOR

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIEnvironment

MOST_OPEN = 32
MOST_BYTES = 80_000_000  # of the indexes that are open; sites that say the same have one
WAIT_S = 3.0  # for a site that is being opened; one whose index has to be built first takes longer
RETRY_S = 5
DRAIN_S = 10.0  # so long a request that was begun may take before its site is closed under it
_ADDRESS = re.compile(r"/s/([a-z0-9-]{1,30})(/.*)", re.DOTALL)
_logger = logging.getLogger("web")


@dataclass
class _Open:
    """A site that is open, or being opened; `users` are the requests that it is answering."""

    site: Site
    began: float = field(default_factory=time.monotonic)
    is_done: threading.Event = field(default_factory=threading.Event)
    is_closed: threading.Event = field(default_factory=threading.Event)
    parts: Mapping[str, object] | None = None
    users: int = 0

    def wait(self) -> None:
        """Wait until it is open, if that has not taken long already."""
        self.is_done.wait(max(0.0, self.began + WAIT_S - time.monotonic()))

    @property
    def index(self) -> Any:
        """What its bot ranks with as of now."""
        return None if self.parts is None else cast(Parts, self.parts[NAME]).bot.engine.index

    def close(self) -> None:
        """Stop following its edits, and give its database back."""
        self.is_done.wait()
        try:
            if self.parts is not None:
                parts = cast(Parts, self.parts[NAME])
                parts.stop()
                parts.live.let_go()
                parts.store.close()
        finally:
            self.is_closed.set()


class SiteApp:
    """A WSGI app that answers for the sites beside the main clinic, by the app that answers for that."""

    def __init__(self, app: Flask, most: int = MOST_OPEN, most_bytes: int = MOST_BYTES) -> None:
        """Answer by `app`, with at most so many sites open at once, but for those that are just answering."""
        self._app, self._most, self._most_bytes = app, most, most_bytes
        main = parts_of(app)
        self._settings, self._main = main.settings, main.live
        self._sites: Lately[Mapping[str, Site]] = Lately(Sites(main.settings, main.store).all, first={})
        self._lock = threading.Lock()
        self._open: OrderedDict[str, _Open] = OrderedDict()
        self._closing: dict[str, _Open] = {}
        self._shared: Shared | None = None
        # The same threads again and again: what a thread of its own has used is not soon given back.
        self._opener, self._closer = (
            ThreadPoolExecutor(2, "site-opener"),
            ThreadPoolExecutor(1, "site-closer"),
        )
        self._sharing = threading.Lock()

    def __call__(self, environ: "WSGIEnvironment", start_response: "StartResponse") -> Iterable[bytes]:
        """Answer a request. One for a site that is not there is the main app's to refuse."""
        asked = _ADDRESS.fullmatch(environ.get("PATH_INFO", ""))
        sites = self._sites.now() if asked else {}
        site = sites.get(asked[1]) if asked else None
        if not asked or site is None:
            return self._app(environ, start_response)
        opened = self._take(site)
        if opened.parts is None:
            self._give_back(opened, sites)
            return self._not_ready(asked[2])(environ, start_response)
        environ["SCRIPT_NAME"] = f"{environ.get('SCRIPT_NAME', '')}/s/{site.name}"
        environ["PATH_INFO"] = asked[2]
        environ[SITE] = opened.parts
        try:
            body = self._app(environ, start_response)
        except BaseException:
            self._give_back(opened, sites)
            raise
        return ClosingIterator(body, [lambda: self._give_back(opened, sites)])

    def close(self) -> None:
        """Close what is open."""
        self._opener.shutdown()
        self._closer.shutdown()
        with self._lock:
            standing = list(self._open.values())
            self._open.clear()
        # All at once: while the database is away, each waits a while for it with what it has to write.
        with ThreadPoolExecutor(max(1, len(standing)), "site-closer") as closers:
            for closing in [closers.submit(opened.close) for opened in standing]:
                closing.result()

    def _take(self, site: Site) -> _Open:
        """The site, opened if it has to be; without parts where that takes long, or fails."""
        with self._lock:
            opened = self._open.get(site.name)
            if opened is None or opened.site != site:
                if opened is not None:
                    self._close(site.name)
                before = self._closing.get(site.name)
                opened = self._open[site.name] = _Open(site)
                self._opener.submit(self._fill, opened, before)
            self._open.move_to_end(site.name)
            opened.users += 1
        opened.wait()
        return opened

    def _give_back(self, opened: _Open, sites: Mapping[str, Site]) -> None:
        """Close those that were asked longest ago where there are too many, and those that are no sites."""
        with self._lock:
            opened.users -= 1
            for name, other in list(self._open.items()):
                is_idle = other.users == 0 and other.is_done.is_set()
                if is_idle and (other.parts is None or name not in sites or self._is_full()):
                    self._close(name)

    def _close(self, name: str) -> None:
        opened = self._closing[name] = self._open.pop(name)
        self._closer.submit(self._closed, name, opened)

    def _closed(self, name: str, opened: _Open) -> None:
        until = time.monotonic() + DRAIN_S
        while opened.users and time.monotonic() < until:
            time.sleep(0.01)
        opened.close()
        with self._lock:
            if self._closing.get(name) is opened:
                del self._closing[name]

    def _is_full(self) -> bool:
        indexes = {id(i): i.nbytes for i in (o.index for o in self._open.values()) if i is not None}
        return len(self._open) > self._most or sum(indexes.values()) > self._most_bytes

    def _fill(self, opened: _Open, before: _Open | None) -> None:
        """Open a site, once what stood for it before is closed. What fails is tried when asked again."""
        try:
            if before is not None:
                before.is_closed.wait()
            opened.parts = self._opened(opened.site)
        except Exception as error:
            _logger.exception("site-not-opened", extra={"facts": {"reason": type(error).__name__}})
        finally:
            opened.is_done.set()

    def _opened(self, site: Site) -> Mapping[str, object]:
        with self._sharing:
            shared = self._shared = self._shared or shared_by(self._settings, self._main)
        settings = settings_of(self._settings, site)
        store = Store.open(settings.database_url, is_server=True)
        try:
            parts = assemble(settings, store=store, site=site.name, shared=shared)
            door = open_door(parts)
            parts.start()
        except BaseException:
            store.close()
            raise
        return {NAME: parts, DOOR: door}

    def _not_ready(self, path: str) -> Response:
        """Say that a site is not ready, with the help lines: whoever asks now may not ask again."""
        words = "The assistant is getting ready. Please try again in a few seconds."
        lines = self._main.bot.engine.guard.actions()
        if path.startswith("/api/"):
            problem: dict[str, Any] = {"type": "about:blank", "title": "Service Unavailable", "status": 503}
            problem |= {"detail": words, "text": words, "actions": [asdict(a) for a in lines]}
            response = Response(json.dumps(problem), 503, content_type="application/problem+json")
        else:
            told = "\n".join([words, "", *(f"{a.label}: {a.href}" for a in lines)])
            response = Response(told, 503, content_type="text/plain; charset=utf-8")
        headers = {**security.SHARED, "Content-Security-Policy": security.DATA_POLICY}
        response.headers.extend({**headers, "Cache-Control": "no-store", "Retry-After": str(RETRY_S)})
        return response
