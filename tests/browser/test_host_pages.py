"""The same chat on every kind of page, in hosts/: each passes the same tests."""

import json
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Frame, Page, expect

from .chat import ANSWER, CHAT, QUESTION, HostSite, NewPage

HOSTS = Path(__file__).parent / "hosts"
AXE = Path(__file__).parents[2] / "build/node/node_modules/axe-core/axe.min.js"
NAMES = sorted(path.stem for path in HOSTS.glob("*.html"))
IN_PLACE = ("frame", "inline")  # a part of the page: nothing opens or closes it
AXE_RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]


@dataclass
class Visit:
    """A host page with the chat on it: `frame` is the page that holds the chat."""

    name: str
    page: Page
    frame: Frame
    troubles: list[str] = field(default_factory=list)

    def part(self, selector: str) -> Any:
        return self.frame.locator(f"faq-chat section {selector}")

    def open(self) -> None:
        if self.name in IN_PLACE:
            self.part("textarea").focus()
        else:
            self.part(".launcher").press("Enter")
        expect(self.part("textarea")).to_be_focused()

    def say(self, text: str) -> None:
        self.part("textarea").fill(text)
        self.part("textarea").press("Enter")


def strict_policy(clinic: str) -> str:
    return (
        f"default-src 'none'; script-src {clinic}; connect-src {clinic}; style-src {clinic}; "
        "require-trusted-types-for 'script'; trusted-types 'none'"
    )


@pytest.fixture(params=NAMES)
def visit(
    request: pytest.FixtureRequest, new_page: NewPage, clinic: str, host_site: HostSite
) -> Iterator[Visit]:
    """A visit of each host page, over which nothing may go wrong."""
    name = request.param
    options = {"viewport": {"width": 320, "height": 256}, "device_scale_factor": 4} if name == "tiny" else {}
    page = new_page(**options)
    page.add_init_script(
        "document.addEventListener('securitypolicyviolation', e => console.error(e.violatedDirective))"
    )
    html = (HOSTS / f"{name}.html").read_text("utf-8").replace("CLINIC", clinic)
    headers = {"Content-Security-Policy": strict_policy(clinic)} if name == "strict" else {}
    visit = Visit(name, page, page.main_frame)
    page.on("pageerror", lambda error: visit.troubles.append(str(error)))
    page.on(
        "console",
        lambda said: visit.troubles.append(said.text) if said.type in ("error", "warning") else None,
    )
    page.goto(host_site.publish(html, headers))
    if name == "frame":
        visit.frame = page.frames[1]
    expect(visit.part(".launcher")).to_be_attached()
    yield visit
    assert [text for text in visit.troubles if "favicon" not in text and "404" not in text] == []


def test_a_question_is_asked_and_answered(visit: Visit) -> None:
    visit.open()
    expect(visit.part("#greeting")).to_be_visible()
    expect(visit.part(".send")).to_be_in_viewport(ratio=1)
    visit.say(QUESTION)
    answer = visit.part(".answer")
    expect(answer).to_contain_text(ANSWER)
    expect(answer.locator(".bubble")).to_be_in_viewport()
    answer.locator("summary").press("Enter")
    expect(answer.locator("blockquote").first).to_be_visible()
    answer.locator(".rating button").first.press("Enter")
    expect(answer.locator(".rating button")).to_have_count(0)
    visit.part(".header button").first.press("Enter")
    for href in ("tel:988", "sms:988", "tel:911"):
        expect(visit.part(f'.help [href="{href}"]')).to_be_visible()
    expect(visit.part(".panel")).to_have_count(1)
    visit.part(".reset").press("Enter")
    expect(visit.part(".message")).to_have_count(1)
    visit.page.keyboard.press("Escape")
    if visit.name in IN_PLACE:
        expect(visit.part(".panel")).to_be_visible()
    else:
        expect(visit.part(".launcher")).to_be_focused()


@pytest.fixture(scope="session")
def axe() -> str:
    if not AXE.exists():
        pytest.skip("needs axe-core: make node-tools")
    return AXE.read_text("utf-8")


def test_axe_finds_nothing_to_mend(visit: Visit, axe: str) -> None:
    visit.frame.evaluate("delete Object.prototype.extra; delete Array.prototype.toJSON")  # axe minds them
    visit.frame.evaluate(axe)
    if visit.name not in IN_PLACE:
        look_everywhere(visit)
    visit.open()
    visit.say(QUESTION)
    expect(visit.part(".answer")).to_be_visible()
    visit.part("summary").click()
    visit.page.route(CHAT, lambda route: route.fulfill(status=422, json={"text": "Not like this."}))
    visit.say("What went wrong?")
    expect(visit.part("#error")).to_be_visible()
    visit.part(".header button").first.click()
    visit.part("textarea").fill("How much does it co")
    expect(visit.part("[role=option]").first).to_be_visible()
    look_everywhere(visit)
    visit.troubles.clear()  # the browser's own line about the refused request


def look_everywhere(visit: Visit) -> None:
    """What axe says of the chat in light, dark and forced colors."""
    looks: tuple[dict[str, Any], ...] = (
        {"color_scheme": "light", "forced_colors": "none"},
        {"color_scheme": "dark", "forced_colors": "none"},
        {"color_scheme": "light", "forced_colors": "active"},
    )
    for look in looks:
        visit.page.emulate_media(reduced_motion="reduce", **look)
        found = visit.frame.evaluate(
            """rules => axe.run({ include: [['faq-chat']] }, { runOnly: { type: 'tag', values: rules },
                 rules: { 'target-size': { enabled: true } }, resultTypes: ['violations'] })
               .then(({ violations }) => violations.map(v => [v.id, v.nodes.map(n => n.failureSummary)]))""",
            AXE_RULES,
        )
        assert found == [], json.dumps(found, indent=1)


def test_a_router_takes_the_chat_along(new_page: NewPage, clinic: str, host_site: HostSite) -> None:
    page = new_page()
    html = (HOSTS / "app.html").read_text("utf-8").replace("CLINIC", clinic)
    page.goto(host_site.publish(html))
    visit = Visit("app", page, page.main_frame)
    visit.open()
    visit.say(QUESTION)
    expect(visit.part(".answer")).to_be_visible()
    for path in ("/program", "/fees"):
        page.evaluate("path => go(path)", path)
        expect(page.locator("h1")).to_have_text(path)
        expect(visit.part(".answer")).to_be_visible()
        expect(visit.part(".panel")).to_have_count(1)
    page.evaluate(
        "go('/questions'); document.querySelector('main').innerHTML += '<faq-chat inline></faq-chat>'"
    )
    expect(page.locator("main faq-chat .answer")).to_be_visible()
    expect(visit.part(".close")).to_be_hidden()
    page.evaluate("go('/contact')")
    expect(visit.part(".launcher")).to_be_visible()
    expect(visit.part(".panel")).to_be_hidden()
    visit.open()
    expect(visit.part(".answer")).to_contain_text(ANSWER)


def test_in_place_it_has_the_pages_own_measures_and_styles(
    new_page: NewPage, clinic: str, host_site: HostSite
) -> None:
    page = new_page()
    html = (HOSTS / "inline.html").read_text("utf-8").replace("CLINIC", clinic)
    page.goto(host_site.publish(html))
    panel = page.locator("faq-chat .panel")
    expect(panel).to_be_visible()
    assert page.evaluate("document.activeElement.localName") == "body"
    box, text = panel.bounding_box(), page.locator("h1").bounding_box()
    assert box
    assert text
    assert (box["x"], box["width"], box["height"]) == (text["x"], text["width"], 480)
    expect(panel).to_have_css("border-radius", "0px")
    expect(page.locator("faq-chat .send")).to_have_css("text-transform", "uppercase")
    expect(page.locator("faq-chat .send")).to_have_css("background-color", "rgb(122, 62, 157)")
    below = page.get_by_text("Or call.").bounding_box()
    assert below
    assert below["y"] >= box["y"] + box["height"]


def test_without_scripts_the_frame_and_the_place_hold_a_plain_form_and_a_link(
    new_page: NewPage, clinic: str, host_site: HostSite
) -> None:
    page = new_page(java_script_enabled=False)
    page.goto(f"{clinic}/embed")
    page.get_by_label("Your question").fill(QUESTION)
    page.get_by_role("button", name="Send").click()
    expect(page.locator("#latest")).to_contain_text(ANSWER)
    html = (HOSTS / "inline.html").read_text("utf-8").replace("CLINIC", clinic)
    page.goto(host_site.publish(html))
    expect(page.get_by_role("link", name="Questions and answers")).to_be_visible()


def test_a_pinned_version_is_checked_by_the_browser(
    new_page: NewPage, clinic: str, host_site: HostSite
) -> None:
    page = new_page()
    page.goto(clinic)
    snippet = page.get_by_role("region", name="The line with a pinned version").inner_text()
    assert re.search(r"/widget\.[0-9a-f]{16}\.js", snippet)
    for tag, count in ((snippet, 1), (snippet.replace("sha384-", "sha384-A"), 0)):
        page.goto(host_site.publish(f"<!doctype html><title>Clinic</title>{tag}<body>"))
        expect(page.locator("faq-chat .launcher")).to_have_count(count)


def test_the_browsers_back_button_brings_the_open_chat_back_as_it_was(
    clinic: str, host_site: HostSite, chromium: Callable[..., Any]
) -> None:
    browser = chromium(ignore_default_args=["--disable-back-forward-cache"])
    page = browser.new_page()
    html = (HOSTS / "app.html").read_text("utf-8").replace("CLINIC", clinic)
    page.goto(host_site.publish(html))
    page.evaluate("addEventListener('pageshow', e => { window.isFromCache = e.persisted })")
    visit = Visit("app", page, page.main_frame)
    visit.open()
    visit.say(QUESTION)
    expect(visit.part(".answer")).to_be_visible()
    page.goto(f"{clinic}/faq")
    page.evaluate("history.back()")
    page.wait_for_function("window.isFromCache")
    expect(page.locator("faq-chat .answer")).to_have_count(1)
    expect(page.locator("faq-chat .panel")).to_be_visible()
    browser.close()
