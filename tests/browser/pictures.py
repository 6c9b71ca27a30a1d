"""Takes pictures of the widget and the desk to look at, into build/pictures, and those that the README and
docs/topics.md show: make pictures.

The address of a server that runs already may be given; then the widget alone is taken.
"""

import base64
import os
import shutil
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager, nullcontext
from functools import cache
from itertools import chain
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser, Page, expect, sync_playwright
from serving import serving

from chatbot import Accounts, Bot, Settings, Store, secret_key
from web import create_app

from .chat import PHONE, QUESTION, open_chat, part, say, settle
from .desk_pages import changes, sign_in, walk, work_at, write

ROOT = Path(__file__).parents[2]
PICTURES = ROOT / "build/pictures"
SHOWN = ROOT / "docs/pictures"
# The looks that somebody has to judge by eye, each with what the browser is told.
LOOKS: dict[str, dict[str, Any]] = {
    "desktop": {},
    "dark": {"color_scheme": "dark"},
    "forced": {"forced_colors": "active"},
    "phone": {"viewport": {"width": 390, "height": 780}, "device_scale_factor": 2},
    "zoom": {"viewport": {"width": 320, "height": 256}, "device_scale_factor": 4},
}
_TO_WEBP = """async (png) => {
    const picture = await createImageBitmap(await (await fetch(png)).blob());
    const canvas = document.createElement('canvas');
    [canvas.width, canvas.height] = [picture.width, picture.height];
    canvas.getContext('2d').drawImage(picture, 0, 0);
    return canvas.toDataURL('image/webp', 0.8);
}"""


@cache
def _learned() -> Path:
    """What the topics as delivered teach, learned once for all pictures."""
    Bot.open(Settings(data_dir=ROOT / "build/learned"))
    return ROOT / "build/learned/index"


@contextmanager
def clinic(work: Callable[[Settings, Store], None] = lambda *_: None) -> Iterator[str]:
    """The address of a server as a clinic runs it, while it runs; `work` is done on its desk before."""
    with tempfile.TemporaryDirectory() as folder:
        profile = (
            f'name = "Riverbend Counseling"\nphone = "{PHONE}"\nhours = "Monday to Friday, 8 am to 6 pm"\n'
        )
        Path(folder, "clinic.toml").write_text(profile, "utf-8")
        shutil.copytree(_learned(), Path(folder, "index"))
        settings = Settings(data_dir=Path(folder), rate_limit="off", port=0)
        store = Store.open(settings.database_url)
        work(settings, store)
        with closing(store), serving(create_app(settings, store=store), settings) as url:
            yield url


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


def _worked(settings: Settings, store: Store) -> None:
    work_at(store, Accounts(store, lambda: secret_key(settings)))


def take_desk(browser: Browser) -> None:
    """Take each page of a desk that has been worked at, and the first page of an empty one."""

    for look in ("desktop", "dark", "phone"):
        folder = PICTURES / "desk" / look
        folder.mkdir(parents=True, exist_ok=True)
        with clinic(_worked) as url:
            page = browser.new_page(**{"viewport": {"width": 1280, "height": 800}, **LOOKS[look]})
            for name in chain(walk(page, url), changes(page, url)):
                page.wait_for_load_state("networkidle")
                page.screenshot(path=folder / f"{name}.png", full_page=True)
            page.close()


def take_shown(browser: Browser) -> None:
    """Take what docs/topics.md shows, each as high as it must be to make its point."""
    SHOWN.mkdir(exist_ok=True)
    with clinic(_worked) as url:
        page = browser.new_page(viewport={"width": 900, "height": 800})
        page.goto(f"{url}/staff/sign-in")
        sign_in(page, "ada")
        page.wait_for_url(f"{url}/staff")
        show(page, "home", 470)
        page.goto(f"{url}/staff/inbox")
        page.wait_for_load_state("networkidle")
        show(page, "inbox", 610)
        write(page, url, "change-better")
        show(page, "topic-new", 1290)
        for name, height in zip(changes(page, url), (885, 1010), strict=True):
            show(page, name, height)
        page.close()


def show(page: Page, name: str, height: int) -> None:
    """Keep the top of the desk's page as WebP: a fraction of a PNG, and every browser shows it."""
    box = page.locator("main").bounding_box()
    assert box
    clip = {**box, "height": min(height, box["height"])}
    png = base64.b64encode(page.screenshot(clip=clip, full_page=True)).decode()  # type: ignore[arg-type]
    assert page.context.browser
    drawer = page.context.browser.new_page()  # the desk's own pages may load no such picture
    webp = drawer.evaluate(_TO_WEBP, f"data:image/png;base64,{png}")
    drawer.close()
    (SHOWN / f"{name}.webp").write_bytes(base64.b64decode(webp.partition(",")[2]))


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
            take_shown(browser)
        browser.close()
    print("Look at build/pictures, docs/pictures and .readme/widget.png")


if __name__ == "__main__":
    main()
