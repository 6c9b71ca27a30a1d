"""Fifty groups of the inbox, worked through by keyboard in a real browser: what the desk takes of the time.

    .venv/bin/python benchmarks/groups.py [GROUPS]

Of five groups two are added to the likeliest topic, two are not for us and one is for later; what the first
four would change is shown and then published. Nobody reads or thinks here: what is left of ten minutes is the
person's. Messages are made as in benchmarks/inbox.py.
"""

import random
import shutil
import statistics
import sys
import tempfile
import time
from collections import defaultdict
from itertools import cycle, islice
from pathlib import Path
from typing import TYPE_CHECKING

from inbox import messages
from playwright.sync_api import sync_playwright
from server_figures import running
from timing import CHATBOT

from chatbot import Accounts, Live, Settings, Store, secret_key

if TYPE_CHECKING:
    from playwright.sync_api import Locator, Page

ACTS = ("add", "not for us", "add", "not for us", "later")
MESSAGES = 1000
TEN_MINUTES_S = 600
NEXT = """done => document.querySelectorAll('[data-dealt]').length > done ? 'done'
  : document.querySelector('[data-group] form:not([data-pressed]) [name=seen]') && 'look'"""
PATIENCE_MS = 60_000
PASSWORD = "".join(random.Random(6).choices("bcdfghkmnprstvw", k=20))  # noqa: S311 - of a desk that is thrown away


def prepare(folder: Path) -> None:
    """An inbox with a thousand messages, and somebody who may work at it."""
    settings = Settings(data_dir=folder)
    store = Store.open(settings.database_url)
    live = Live.open(settings, store)
    store.inbox.add(messages(live.bot, MESSAGES))
    Accounts(store, lambda: secret_key(settings)).add("ada", "admin", PASSWORD, by="benchmark")
    live.stop()
    store.close()


def deal(page: "Page", group: "Locator", act: str) -> None:
    """Deal with a group, from the key to the line that says that it is done."""
    done = page.locator("[data-dealt]").count()
    if act == "later":
        page.keyboard.press("l")
    else:
        if act == "add":
            group.locator("select").select_option(index=1)
            group.locator("h2").focus()
        page.keyboard.press("a" if act == "add" else "x")
    # What changes meanwhile, by the group before, is shown once more; what it covers is dealt with already.
    while page.wait_for_function(NEXT, arg=done).json_value() == "look":
        page.locator("[data-group] form:not([data-pressed]) [name=seen]").first.evaluate(
            "field => { field.form.dataset.pressed = '' }"
        )
        page.locator("[data-group]").first.get_by_role("button").first.press("Enter")


def main() -> None:
    """Run, and print what was found."""
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 50
    chromium = shutil.which("chromium") or shutil.which("google-chrome")
    if not chromium:
        raise SystemExit("needs Chromium: make system-packages")
    took = defaultdict[str, list[float]](list)
    with tempfile.TemporaryDirectory() as made:
        folder = Path(made)
        prepare(folder)
        with (
            running([*CHATBOT, "serve", "--port", "0"], folder) as (address, _),
            sync_playwright() as playwright,
        ):
            page = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox"]).new_page()
            page.set_default_timeout(PATIENCE_MS)
            page.goto(f"{address}/staff/sign-in?next=/staff/inbox")
            page.get_by_label("Name").fill("ada")
            page.get_by_label("Password").fill(PASSWORD)
            page.get_by_role("button", name="Sign in").click()
            page.locator("[data-group]").first.wait_for()
            for act in islice(cycle(ACTS), count):
                if not page.locator("[data-group]").count():
                    began = time.perf_counter()
                    page.goto(f"{address}/staff/inbox")
                    page.locator("[data-group]").first.wait_for()
                    took["next page"].append(time.perf_counter() - began)
                group = page.locator("[data-group]").first
                group.locator("h2").focus()
                began = time.perf_counter()
                deal(page, group, act)
                took[act].append(time.perf_counter() - began)
    total = sum(map(sum, took.values()))
    for act, seconds in took.items():
        print(f"{act}: {len(seconds)}, median {statistics.median(seconds):.1f} s, slowest {max(seconds):.1f}")
    print(
        f"{count} groups: the desk takes {total:.0f} s; {(TEN_MINUTES_S - total) / count:.0f} s of ten "
        "minutes are left for each group"
    )


if __name__ == "__main__":
    main()
