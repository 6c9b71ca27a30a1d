"""The HTTP face of the chatbot: the API, the pages and the server."""

import time
from typing import NoReturn

from flask import Flask, Request, Response, g, request
from werkzeug.exceptions import NotFound
from werkzeug.middleware.proxy_fix import ProxyFix
from werkzeug.routing import RequestRedirect

from chatbot import Bot, Listener, Live, Settings, Shared, Store, secret_key
from web import log, problems, security, staff, widget
from web.api import api
from web.faq import Shelf
from web.health import health
from web.lately import Lately
from web.limits import open_limiter
from web.metrics import Metrics
from web.pages import pages
from web.parts import NAME, Parts, Switch, color_of, parts, set_here
from web.transcript import Transcripts

__all__ = ["assemble", "create_app"]


def create_app(settings: Settings | None = None, bot: Bot | None = None, store: Store | None = None) -> Flask:
    """Make the app; what is not given is read from the environment and opened.

    The app answers with `bot` until the store has edits, which are laid over what that bot knows. Raises
    SettingsError where a setting is wrong or asks for something that is not installed, StoreError where the
    database cannot be had: a SQLite file serves one process.
    """
    settings = settings or Settings.from_env()
    log.configure(settings.log_level)
    app = _App("web")
    app.extensions[NAME] = assemble(settings, bot, store)
    app.config["MAX_CONTENT_LENGTH"] = problems.MAX_BODY
    app.config["MAX_FORM_PARTS"] = 20  # the desk and its uploads allow more for themselves (`web.staff.door`)
    # Fields stand as the contract lists them.
    app.json.sort_keys = False  # type: ignore[attr-defined]
    if settings.trusted_proxies:
        # Only as many as are trusted: the entries before those are whatever the client wrote.
        app.wsgi_app = ProxyFix(  # type: ignore[method-assign]
            app.wsgi_app, x_for=settings.trusted_proxies, x_proto=settings.trusted_proxies
        )
    _observe(app)
    problems.register(app)
    security.register(app)
    for blueprint in (api, health, pages):
        app.register_blueprint(blueprint)
    staff.register(app)
    widget.register(app)
    return app


class _App(Flask):
    def log_exception(self, exc_info: object) -> None:
        # Flask's own line quotes the path that was asked for and the exception's message.
        error = exc_info[1] if isinstance(exc_info, tuple) else None
        if isinstance(error, BaseException):
            log.write_failure(error)

    def raise_routing_exception(self, request: Request) -> NoReturn:
        # A redirect to a tidier address would lead to whatever host the client claims.
        if isinstance(request.routing_exception, RequestRedirect):
            raise NotFound
        super().raise_routing_exception(request)


def assemble(
    settings: Settings,
    bot: Bot | None = None,
    store: Store | None = None,
    site: str = "",
    shared: Shared | None = None,
) -> Parts:
    """Open what answering needs; what is not given is read and opened. Raises what `create_app` does."""
    store = store or Store.open(settings.database_url, is_server=True)
    key = secret_key(settings)
    live = Live(settings, store, bot) if bot else Live.open(settings, store, shared)
    return Parts(
        settings=settings,
        site=site,
        live=live,
        listener=Listener(store),
        store=store,
        switch=Switch(store),
        color=color_of(store),
        as_set=set_here(settings, store),
        reachable=Lately(store.is_reachable, first=True),
        limiter=open_limiter(settings),
        metrics=Metrics(),
        transcripts=Transcripts(key),
        shelf=Shelf(),
    )


def _observe(app: Flask) -> None:
    """Number, count and time every request of `app`, and log it by its route's pattern."""

    @app.before_request
    def begin() -> None:
        g.began = time.perf_counter()
        is_proxied = parts().settings.trusted_proxies > 0
        g.number = log.begin_request(request.headers.get("X-Request-ID", "") if is_proxied else "")
        parts().metrics.began()

    @app.after_request
    def note(response: Response) -> Response:
        route = request.url_rule.rule if request.url_rule else "none"
        seconds = time.perf_counter() - g.began
        parts().metrics.answered(route, response.status_code, seconds)
        log.write_request(request.method, route, response.status_code, seconds)
        response.headers["X-Request-ID"] = g.number
        return response

    @app.teardown_request
    def end(_error: BaseException | None) -> None:
        parts().metrics.ended()
        log.end_request()
