"""What the browser tests share: the parts of the chat, a canned reply, and a page that holds the widget."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from playwright.sync_api import Locator, Page, Request, Route, expect

PHONE = "(312) 555-0142"
QUESTION = "What is an intensive outpatient program (IOP)?"
ANSWER = "structured treatment program"
CHAT = "**/api/v1/chat"
REPLY: dict[str, Any] = {
    "id": "reply-1",
    "kind": "answer",
    "text": "Nine hours.",
    "html": "<p>Nine hours.</p>",
    "topic": "hours-per-week",
    "confidence": 0.9,
    "sources": [],
    "suggestions": [],
    "actions": [],
    "notice": None,
    "context": "context-1",
}

NewPage = Callable[..., Page]


def part(page: Page, selector: str) -> Locator:
    return page.locator(f"faq-chat {selector}")


def open_chat(page: Page, url: str = "") -> None:
    if url:
        page.goto(url)
    part(page, ".launcher").click()
    expect(part(page, "textarea")).to_be_focused()


def say(page: Page, text: str) -> None:
    part(page, "textarea").fill(text)
    part(page, "textarea").press("Enter")


def answer_with(page: Page, **changes: Any) -> None:
    page.route(CHAT, lambda route: route.fulfill(json={**REPLY, **changes}))


def messages(page: Page) -> list[str]:
    return [" ".join(text.split()) for text in part(page, "[role=log] > *").all_text_contents()]


def embed(clinic: str, attributes: str = "", *, before: str = "", body: str = "<h1>Our clinic</h1>") -> str:
    script = f'<script async src="{clinic}/widget.js" {attributes}></script>'
    head = f"<head><title>Clinic</title>{before}{script}</head>"
    return f'<!doctype html><html lang="en">{head}<body>{body}</body></html>'


def settle(page: Page) -> None:
    """Wait until nothing moves any more."""
    part(page, "section").evaluate(
        "node => Promise.all(node.getRootNode().getAnimations().map(a => a.finished))"
    )


def stored(page: Page) -> Any:
    return page.evaluate("[{...sessionStorage}, {...localStorage}, document.cookie]")


def hold(page: Page, held: list[Route], address: str = CHAT) -> None:
    """Leave every question unanswered; what asks for an answer is put into `held`."""

    def keep(route: Route) -> None:
        held.append(route)

    page.route(address, keep)


def body(request: Request) -> dict[str, Any]:
    """What was sent, as JSON."""
    sent = request.post_data_json
    assert isinstance(sent, dict)
    return sent


@dataclass
class HostSite:
    """Somebody's website: `publish` puts up a page and gives its address."""

    url: str
    pages: dict[str, tuple[str, dict[str, str]]] = field(default_factory=dict)

    def publish(self, html: str, headers: dict[str, str] | None = None) -> str:
        path = f"/{len(self.pages)}"
        self.pages[path] = (html, headers or {})
        return self.url + path
