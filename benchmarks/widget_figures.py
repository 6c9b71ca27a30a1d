"""The widget in a browser, beside two others: what it weighs, what it costs a page, how soon it is there.

The others come from npm (benchmarks/peers). All three are loaded into the same page, and they
have a stand-in for a server where they ask one; times are at a quarter of this machine's speed.
"""

import gzip
import importlib
import json
import mimetypes
import shutil
import statistics
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from server_figures import running
from timing import CHATBOT, ROOT, Figures

MODULES = ROOT / "build/peers/node_modules"
ROUNDS = 3
SETTLED_MS = 1500
PATIENCE_MS = 15_000


@dataclass(frozen=True, slots=True)
class Widget:
    """How a widget gets onto a page, and where its launcher (if it has one) and its field are."""

    name: str
    tag: str
    launcher: str
    field: str
    asset: str = "widget.js"


OURS = Widget("ours", '<script async src="OURS/widget.js"></script>', ".launcher", "textarea")
PEERS = (
    Widget(
        "deep_chat",
        '<script type="module" src="ASSETS/deep-chat/dist/deepChat.bundle.js"></script>'
        """<deep-chat demo='{"response": {"text": "Hello"}}'></deep-chat>""",
        "",
        "#text-input",
        "deepChat.bundle.js",
    ),
    Widget(
        "typebot",
        '<script type="module">import typebot from "ASSETS/@typebot.io/js/dist/web.js";'
        'typebot.initBubble({ typebot: "faq", apiHost: location.origin })</script>',
        "button[part=button]",
        "input, textarea",
        "web.js",
    ),
)
# What Typebot asks its server for when it is opened.
TYPEBOT = {
    "sessionId": "1",
    "resultId": "1",
    "typebot": {
        "id": "1",
        "version": "6",
        "theme": {},
        "settings": {},
        "publishedAt": "2026-11-23T00:00:00Z",
    },
    "messages": [],
    "input": {"id": "i", "type": "text input", "options": {}},
}
COSTS = ("script_ms", "long_tasks", "longest_task_ms", "heap_kb", "nodes")
PROBE = """
const at = window.at = {}, [launcher, field] = SELECTORS
const find = (selector, root) => {
  for (const node of root.querySelectorAll('*')) {
    if (node.matches(selector) && node.getBoundingClientRect().width) return node
    const found = node.shadowRoot && find(selector, node.shadowRoot)
    if (found) return found
  }
}
const look = () => {
  const button = launcher && !at.launcher && find(launcher, document)
  if (button) {
    at.launcher = performance.now()
    setTimeout(() => { at.click = performance.now(); button.click() }, 800)
  }
  const place = (!launcher || at.click) && find(field, document)
  if (place) {
    place.focus()
    at.field = performance.now()
  } else requestAnimationFrame(look)
}
if (field) addEventListener('DOMContentLoaded', look)
window.long = []
new PerformanceObserver(list => long.push(...list.getEntries().map(e => e.duration)))
  .observe({ type: 'longtask', buffered: true })
"""


def comparing(data_dir: Path) -> Figures:
    """The figures of all three by name; none where the browser, or the others, are not installed."""
    chromium = shutil.which("chromium") or shutil.which("google-chrome")
    if not chromium or not MODULES.exists():
        sys.stderr.write("The widget is not measured: make system-packages and npm are needed for that.\n")
        return {}
    from playwright.sync_api import sync_playwright

    command = [*CHATBOT, "serve", "--port", "0"]
    with running(command, data_dir) as (address, _), host(address) as site, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox", "--disable-gpu"])
        plain = [visit(browser, site, Widget("plain", "", "", "")) for _ in range(ROUNDS)]
        figures: Figures = {}
        for widget in (OURS, *PEERS):
            seen = [seen_both_ways(browser, site, widget) for _ in range(ROUNDS)]
            figures |= summed_up(widget.name, seen, plain)
        browser.close()
    return figures


@contextmanager
def host(server_of_ours: str = "") -> Iterator[str]:
    """A website with a page for each widget under its name, and the files of those from npm."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            path = MODULES / self.path.lstrip("/")
            body = path.read_bytes() if path.is_file() else page_with(self.path[1:], server_of_ours)
            self.answer(body, mimetypes.guess_type(path)[0] or "text/html")

        def do_POST(self) -> None:
            self.rfile.read(int(self.headers.get("Content-Length", 0)))
            self.answer(json.dumps(TYPEBOT).encode(), "application/json")

        def do_OPTIONS(self) -> None:
            self.answer(b"", "text/plain")

        def answer(self, body: bytes, kind: str) -> None:
            self.send_response(200)
            self.send_header("Content-Type", kind)
            for what in ("Origin", "Headers", "Methods"):
                self.send_header(f"Access-Control-Allow-{what}", "*")
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the name it has there
            """Keep quiet."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()
    server.server_close()


def page_with(name: str, server_of_ours: str) -> bytes:
    """A page with one of the widgets, or with none where there is none of that name."""
    tag = next((widget.tag for widget in (OURS, *PEERS) if widget.name == name), "")
    html = "<!doctype html><html lang=en><title>Clinic</title><main><h1>Clinic</h1><p>Text.</p></main>"
    return (html + tag.replace("OURS", server_of_ours).replace("ASSETS", "")).encode()


def seen_both_ways(browser: Any, site: str, widget: Widget) -> Figures:
    """Visit twice: opening the widget, for times and sizes; and leaving it alone, for what it costs then."""
    opened, left_alone = (
        visit(browser, site, widget),
        visit(browser, site, replace(widget, launcher="", field="")),
    )
    return {name: (left_alone if name in COSTS else opened)[name] for name in opened}


def visit(browser: Any, site: str, widget: Widget) -> Figures:
    """One visit of a page with the widget, on a processor at a quarter of its speed."""
    context = browser.new_context(viewport={"width": 1280, "height": 800})
    page = context.new_page()
    page.add_init_script(PROBE.replace("SELECTORS", json.dumps([widget.launcher, widget.field])))
    sent: list[bytes] = []
    page.on("requestfinished", lambda request: sent.append(asset(request)))
    session = context.new_cdp_session(page)
    session.send("Performance.enable")
    session.send("Emulation.setCPUThrottlingRate", {"rate": 4})
    page.goto(f"{site}/{widget.name}")
    if widget.field:
        page.wait_for_function("window.at.field", timeout=PATIENCE_MS)
    page.wait_for_timeout(SETTLED_MS)
    figures = {**measures(page, session, widget), **sizes([body for body in sent if body])}
    context.close()
    return figures


def asset(request: Any) -> bytes:
    """What a request brought that the widget is made of."""
    kinds = ("script", "stylesheet", "font", "image")
    return bytes(request.response().body()) if request.resource_type in kinds else b""


def measures(page: Any, session: Any, widget: Widget) -> Figures:
    """Times, memory and nodes."""
    at = page.evaluate("window.at")
    started = page.evaluate(
        "name => performance.getEntriesByType('resource').find(e => e.name.includes(name))?.startTime || 0",
        widget.asset,
    )
    session.send("HeapProfiler.collectGarbage")
    metrics = {m["name"]: m["value"] for m in session.send("Performance.getMetrics")["metrics"]}
    long = page.evaluate("window.long")
    return {
        "script_ms": 1000 * metrics["ScriptDuration"],
        "long_tasks": len(long),
        "longest_task_ms": max(long, default=0),
        "heap_kb": metrics["JSHeapUsedSize"] / 1000,
        "nodes": metrics["Nodes"],
        "launcher_ms": at["launcher"] - started if "launcher" in at else 0,
        "field_ms": at.get("field", 0) - at.get("click", started) if widget.field else 0,
    }


def sizes(bodies: list[bytes]) -> Figures:
    """Requests and bytes, as they are and compressed."""
    figures: Figures = {
        "requests": len(bodies),
        "bytes": sum(map(len, bodies)),
        "gzip_bytes": sum(len(gzip.compress(body, 9, mtime=0)) for body in bodies),
    }
    try:
        brotli = importlib.import_module("brotli")
    except ImportError:
        return figures
    return {**figures, "brotli_bytes": sum(len(brotli.compress(body)) for body in bodies)}


def summed_up(name: str, seen: list[Figures], plain: list[Figures]) -> Figures:
    """Medians, less what the page costs without any widget."""
    return {
        f"widget_{name}_{what}": statistics.median(visit[what] for visit in seen)
        - (statistics.median(visit[what] for visit in plain) if what in COSTS else 0)
        for what in seen[0]
    }


def side_by_side(figures: Figures) -> str:
    """The three as columns."""
    names = ("ours", *(peer.name for peer in PEERS))
    rows = [name.removeprefix("widget_ours_") for name in figures if name.startswith("widget_ours_")]
    head = f"{'widget':18}" + "".join(f"{name:>14}" for name in names)
    lines = [
        f"{row.replace('_', ' '):18}" + "".join(f"{figures[f'widget_{n}_{row}']:14,.0f}" for n in names)
        for row in rows
    ]
    return "\n".join((head, *lines)) if rows else ""
