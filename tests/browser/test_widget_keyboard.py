"""Opening and closing the widget, by keyboard too, and what it leaves alone meanwhile."""

from functools import partial

from playwright.sync_api import Page, expect

from .chat import ANSWER, QUESTION, HostSite, embed, open_chat, part, stored

ICON = "/static/icon.svg"  # the page's, which the browser fetches when it likes


def test_before_the_visitor_opens_it_nothing_is_requested_and_nothing_is_stored(
    page: Page, clinic: str
) -> None:
    requests: list[str] = []
    page.on("request", lambda request: requests.append(request.url.removeprefix(clinic)))
    page.goto(clinic)
    expect(part(page, ".launcher")).to_have_text("Questions? Ask us")
    page.wait_for_load_state("networkidle")
    assert {r for r in requests if r != ICON} == {"/", "/static/demo.css", "/widget.js"}
    assert stored(page) == [{}, {}, ""]
    assert page.context.cookies() == []
    assert page.evaluate("document.querySelector('faq-chat').shadowRoot.querySelectorAll('*').length") <= 4


def test_opening_it_asks_nothing_of_the_server_and_stores_nothing(page: Page, clinic: str) -> None:
    requests: list[str] = []
    page.goto(clinic)
    page.on("request", lambda request: requests.append(request.url.removeprefix(clinic)))
    open_chat(page)
    expect(part(page, ".bubble")).to_contain_text("automatic information desk")
    page.wait_for_load_state("networkidle")
    assert [r for r in requests if r != ICON] == []
    assert stored(page) == [{}, {}, ""]


def test_it_can_be_used_by_keyboard_alone(page: Page, clinic: str) -> None:
    page.goto(clinic)
    launcher = part(page, ".launcher")
    expect(launcher).to_have_attribute("aria-haspopup", "dialog")
    expect(launcher).to_have_attribute("aria-expanded", "false")
    for _ in range(40):
        page.keyboard.press("Tab")
        if launcher.evaluate("node => node.getRootNode().activeElement === node"):
            break
    page.keyboard.press("Enter")
    expect(part(page, "textarea")).to_be_focused()
    page.keyboard.type(QUESTION)
    page.keyboard.press("Enter")
    expect(part(page, ".answer")).to_contain_text(ANSWER)
    expect(part(page, "textarea")).to_be_focused()
    page.keyboard.press("Escape")
    expect(part(page, ".panel")).to_be_hidden()
    expect(launcher).to_be_focused()
    page.keyboard.press("Space")
    expect(part(page, "textarea")).to_be_focused()


def reach_on(page: Page, name: str, key: str = "Tab") -> None:
    """Press a key until the control of this name has the focus."""
    active = "document.querySelector('faq-chat').shadowRoot.activeElement?.textContent"
    for _ in range(30):
        page.keyboard.press(key)
        if page.evaluate(active) == name:
            return
    raise AssertionError(f"{name} is out of reach")


def test_every_action_is_done_by_keyboard_alone(page: Page, clinic: str, host_site: HostSite) -> None:
    weather = host_site.publish("<title>Weather</title>Sunny")
    page.goto(host_site.publish(embed(clinic, f'data-exit="{weather}"')))
    reach = partial(reach_on, page)
    expect(part(page, ".launcher")).to_be_visible()
    reach("Questions? Ask us")
    page.keyboard.press("Enter")
    page.keyboard.type(QUESTION)
    page.keyboard.press("Enter")
    expect(part(page, ".answer")).to_be_visible()
    reach("No", "Shift+Tab")
    page.keyboard.press("Enter")
    expect(part(page, ".rating input")).to_be_focused()
    page.keyboard.type("prices")
    page.keyboard.press("Enter")
    expect(part(page, ".rating")).to_have_text("Thank you.")
    reach(part(page, "summary").inner_text(), "Shift+Tab")
    page.keyboard.press("Space")
    expect(part(page, "blockquote").first).to_be_visible()
    reach("Help lines", "Shift+Tab")
    page.keyboard.press("Enter")
    reach("Call 988")
    reach(part(page, ".suggestion").first.inner_text())
    page.keyboard.press("Enter")
    expect(part(page, ".you")).to_have_count(2)
    reach("Copy")
    page.keyboard.press("Enter")
    expect(part(page, "#note")).to_have_text("Copied.")
    reach("Start over")
    page.keyboard.press("Enter")
    expect(part(page, ".you")).to_have_count(0)
    reach("×", "Shift+Tab")
    page.keyboard.press("Enter")
    expect(part(page, ".launcher")).to_be_focused()
    page.keyboard.press("Enter")
    reach("Quick exit", "Shift+Tab")
    page.keyboard.press("Enter")
    page.wait_for_url(weather)


def test_the_keyboard_can_leave_the_open_chat_in_both_directions(page: Page, clinic: str) -> None:
    open_chat(page, clinic)
    for key in ("Tab", "Shift+Tab"):
        part(page, "textarea").focus()
        for _ in range(15):
            page.keyboard.press(key)
            if page.evaluate("document.activeElement.localName") != "faq-chat":
                break
        assert page.evaluate("document.activeElement.localName") != "faq-chat", key


def test_escape_closes_it_from_anywhere_on_the_page(page: Page, clinic: str) -> None:
    open_chat(page, clinic)
    page.locator("header a").first.focus()
    page.keyboard.press("Escape")
    expect(part(page, ".panel")).to_be_hidden()
    expect(page.locator("header a").first).to_be_focused()


def test_escape_belongs_to_the_pages_own_dialog_first(page: Page, clinic: str, host_site: HostSite) -> None:
    body = '<dialog><button>A</button></dialog><div role="dialog"><button id="inside">B</button></div>'
    open_chat(page, host_site.publish(embed(clinic, body=body)))
    page.evaluate("document.querySelector('dialog').showModal()")
    page.evaluate("document.activeElement.blur()")
    page.keyboard.press("Escape")
    expect(page.locator("dialog")).to_be_hidden()
    expect(part(page, ".panel")).to_be_visible()
    page.locator("#inside").focus()
    page.keyboard.press("Escape")
    expect(part(page, ".panel")).to_be_visible()


def test_what_is_typed_reaches_no_shortcut_of_the_page(page: Page, clinic: str, host_site: HostSite) -> None:
    listen = (
        "<script>window.heard = []; for (const t of ['keydown', 'keyup', 'keypress', 'input', 'beforeinput'])"
    )
    spy = f"{listen} document.addEventListener(t, e => heard.push(e.key || e.data))</script>"
    open_chat(page, host_site.publish(embed(clinic, before=spy)))
    page.evaluate("heard.length = 0")
    page.keyboard.type("my secret")
    assert page.evaluate("heard") == []


def test_closed_it_hides_no_control_of_the_page_that_the_keyboard_reaches(
    page: Page, clinic: str, host_site: HostSite
) -> None:
    style = "<style>#low { position: fixed; right: 60px; bottom: 30px; width: 90px; height: 20px }</style>"
    page.goto(host_site.publish(embed(clinic, before=style, body='<a id="low" href="#">A link below</a>')))
    expect(part(page, ".launcher")).to_be_visible()
    hit = """node => { const { x, y } = node.getBoundingClientRect()
                       return document.elementFromPoint(x + 45, y + 10).id }"""
    assert page.locator("#low").evaluate(hit) == ""
    page.locator("#low").focus()
    expect(part(page, "section")).to_have_class("left")
    assert page.locator("#low").evaluate(hit) == "low"
