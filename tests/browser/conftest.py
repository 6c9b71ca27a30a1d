"""Chromium, a server with a clinic of its own, and a second website that has the widget on its pages."""

import os
import shutil
import threading
from collections.abc import Callable, Iterator
from contextlib import closing
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright
from serving import serving

from chatbot import Bot, Settings, Store
from web import create_app

from .chat import PHONE, HostSite

_NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
_ARGUMENTS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)


@pytest.fixture(scope="session")
def chromium() -> Iterator[Callable[..., Browser]]:
    """Starts a browser; the caller closes it."""
    path = os.environ.get("CHROMIUM") or next(filter(None, map(shutil.which, _NAMES)), None)
    if not path:
        pytest.skip("needs Chromium: make system-packages")
    with sync_playwright() as playwright:
        yield lambda **options: playwright.chromium.launch(executable_path=path, args=_ARGUMENTS, **options)


@pytest.fixture(scope="session")
def browser(chromium: Callable[..., Browser]) -> Iterator[Browser]:
    browser = chromium()
    yield browser
    browser.close()


@pytest.fixture(scope="session")
def host_site() -> Iterator[HostSite]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), BaseHTTPRequestHandler)
    site = HostSite(f"http://127.0.0.1:{server.server_port}")

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            html, headers = site.pages.get(self.path, ("", {}))
            self.send_response(200 if html else 404)
            for name, value in {"Content-Type": "text/html; charset=utf-8", **headers}.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(html.encode())

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the name it has there
            """Keep quiet."""

    server.RequestHandlerClass = Handler
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield site
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture(scope="session")
def clinic(tmp_path_factory: pytest.TempPathFactory, host_site: HostSite) -> Iterator[str]:
    """The address of a server as a clinic runs it, whose widget the host site may use."""
    data_dir: Path = tmp_path_factory.mktemp("clinic")
    profile = f'name = "Riverbend Counseling"\nphone = "{PHONE}"\nhours = "Monday to Friday, 8 am to 6 pm"\n'
    (data_dir / "clinic.toml").write_text(profile, "utf-8")
    settings = Settings(data_dir=data_dir, allowed_origins=(host_site.url,), rate_limit="off", port=0)
    store = Store.open(settings.database_url)
    with closing(store), serving(create_app(settings, Bot.open(settings), store), settings) as url:
        yield url


@pytest.fixture
def new_page(browser: Browser) -> Iterator[Callable[..., Page]]:
    """Opens an empty page in a context of its own, as a new visitor has it."""
    contexts: list[BrowserContext] = []

    def new_page(**options: object) -> Page:
        context = browser.new_context(**{"viewport": {"width": 1280, "height": 800}, **options})  # type: ignore[arg-type]
        context.set_default_timeout(10_000)
        contexts.append(context)
        return context.new_page()

    yield new_page
    for context in contexts:
        context.close()


@pytest.fixture
def page(new_page: Callable[..., Page]) -> Page:
    return new_page()
