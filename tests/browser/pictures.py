"""Takes pictures of the widget and the desk to look at, into build/pictures, and the README's: make pictures.

The address of a server that runs already may be given; then the widget alone is taken.
"""

import os
import sys
import tempfile
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser, Page, expect, sync_playwright

from chatbot import Accounts, Settings, Store, secret_key
from web import create_app
from web.server import Server, listen

from .chat import PHONE, QUESTION, open_chat, part, say, settle
from .desk_pages import walk, work_at

ROOT = Path(__file__).parents[2]
PICTURES = ROOT / "build/pictures"
# The looks that somebody has to judge by eye, each with what the browser is told.
LOOKS: dict[str, dict[str, Any]] = {
    "desktop": {},
    "dark": {"color_scheme": "dark"},
    "forced": {"forced_colors": "active"},
    "phone": {"viewport": {"width": 390, "height": 780}, "device_scale_factor": 2},
    "zoom": {"viewport": {"width": 320, "height": 256}, "device_scale_factor": 4},
}


@contextmanager
def clinic(work: Callable[[Settings, Store], None] = lambda *_: None) -> Iterator[str]:
    """The address of a server as a clinic runs it, while it runs; `work` is done on its desk before."""
    with tempfile.TemporaryDirectory() as folder:
        profile = (
            f'name = "Riverbend Counseling"\nphone = "{PHONE}"\nhours = "Monday to Friday, 8 am to 6 pm"\n'
        )
        Path(folder, "clinic.toml").write_text(profile, "utf-8")
        settings = Settings(data_dir=Path(folder), rate_limit="off", port=0)
        store = Store.open(settings.database_url)
        work(settings, store)
        server = Server(create_app(settings, store=store), listen(settings))
        thread = threading.Thread(target=server.run)
        thread.start()
        yield f"http://{server.effective_host}:{server.effective_port}"
        server.stop()
        thread.join()
        store.close()


def converse(page: Page) -> None:
    """Open the chat, ask, and look at the source."""
    open_chat(page)
    say(page, QUESTION)
    expect(part(page, ".answer")).to_be_visible()
    settle(page)


def take(browser: Browser, url: str) -> None:
    """Take each look closed, open, with help lines and with suggestions, and two of another kind."""
    for name, options in LOOKS.items():
        page = browser.new_page(**{"viewport": {"width": 1280, "height": 800}, **options})
        page.goto(url)
        expect(part(page, ".launcher")).to_be_visible()
        page.screenshot(path=PICTURES / f"{name}-closed.png")
        converse(page)
        page.screenshot(path=PICTURES / f"{name}-open.png")
        if name == "desktop":
            part(page, "summary").click()
            page.screenshot(path=ROOT / ".readme/widget.png")
        part(page, "textarea").fill("how much does it co")
        expect(part(page, "[role=option]").first).to_be_visible()
        page.screenshot(path=PICTURES / f"{name}-typing.png")
        page.close()
    page = browser.new_page(viewport={"width": 1280, "height": 800})
    page.route(
        f"{url}/?lang=es",
        lambda route: route.fulfill(
            body=route.fetch().text().replace("<html", '<html dir="rtl"'), status=200
        ),
    )
    page.goto(f"{url}/?lang=es")
    converse(page)
    page.screenshot(path=PICTURES / "rtl-spanish-open.png")
    page.goto(f"{url}/embed")
    expect(part(page, ".panel")).to_be_visible()
    page.screenshot(path=PICTURES / "frame.png")
    page.goto(f"{url}/#embed")
    page.screenshot(path=PICTURES / "switches.png", full_page=True)


def take_desk(browser: Browser) -> None:
    """Take each page of a desk that has been worked at, and the first page of an empty one."""

    def work(settings: Settings, store: Store) -> None:
        work_at(store, Accounts(store, lambda: secret_key(settings)))

    for look in ("desktop", "dark", "phone"):
        folder = PICTURES / "desk" / look
        folder.mkdir(parents=True, exist_ok=True)
        with clinic(work) as url:
            page = browser.new_page(**{"viewport": {"width": 1280, "height": 800}, **LOOKS[look]})
            for name in walk(page, url):
                page.wait_for_load_state("networkidle")
                page.screenshot(path=folder / f"{name}.png", full_page=True)
            page.close()


def main() -> None:
    """Take them all."""
    PICTURES.mkdir(parents=True, exist_ok=True)
    path = os.environ.get("CHROMIUM", "/usr/bin/chromium")
    server = nullcontext(sys.argv[1]) if sys.argv[1:] else clinic()
    with server as url, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=["--no-sandbox", "--disable-gpu"])
        take(browser, url)
        if not sys.argv[1:]:
            take_desk(browser)
        browser.close()
    print(f"Look at {PICTURES.relative_to(ROOT)} and .readme/widget.png")


if __name__ == "__main__":
    main()
