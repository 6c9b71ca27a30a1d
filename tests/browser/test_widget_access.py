"""The widget for everybody: announced, named, large enough, in every scheme and direction."""

import re

import pytest
from playwright.sync_api import Page, expect

from .chat import QUESTION, HostSite, NewPage, answer_with, embed, open_chat, part, say, settle


def test_messages_are_announced_once_each_by_one_log_with_who_said_it(page: Page, clinic: str) -> None:
    open_chat(page, clinic)
    expect(part(page, "[role=log]")).to_have_attribute("aria-label", "Conversation")
    page.evaluate("""() => {
        window.added = []
        const log = document.querySelector('faq-chat').shadowRoot.querySelector('[role=log]')
        new MutationObserver(changes => changes.forEach(change => change.addedNodes.forEach(
          node => added.push(node.textContent)))).observe(log, { childList: true, subtree: true })
    }""")
    answer_with(page)
    say(page, "How many hours?")
    expect(part(page, ".answer")).to_be_visible()
    added = page.evaluate("added")
    assert len(added) == 2
    assert added[0] == "You: How many hours?"
    assert added[1].startswith("Clinic assistant: Nine hours.")


# A conversation as a screen reader tells it.
HEARD = """
- region "Clinic assistant":
  - dialog "Clinic assistant":
    - paragraph: Clinic assistant
    - button "Help lines"
    - button "Quick exit"
    - button "Close": ×
    - log "Conversation":
      - text: "Clinic assistant:"
      - paragraph: /I am an automatic information desk/
      - paragraph: /988/
      - paragraph: /can be reached at/
      - paragraph: What would you like to know?
      - text: "You:"
      - paragraph: How many hours?
      - text: "Clinic assistant:"
      - paragraph: Nine hours.
      - group:
        - text: /Source/
        - link "TIP 47"
        - blockquote: Nine.
        - paragraph: Updated Nov 23, 2026
      - text: Was this helpful?
      - button "Yes"
      - button "No"
      - button "And on weekends?"
    - status
    - text: Your question
    - textbox "Your question"
    - button "Send"
    - link /Call/
    - button "Copy"
    - button "Start over"
"""


def test_a_conversation_reads_in_order_with_roles_and_names(page: Page, clinic: str) -> None:
    open_chat(page, clinic)
    answer_with(
        page,
        sources=[{"title": "TIP 47", "url": "https://a.example/", "quote": "Nine.", "updated": "2026-11-23"}],
        suggestions=[{"label": "And on weekends?", "message": "And on weekends?"}],
    )
    say(page, "How many hours?")
    part(page, "summary").click()
    expect(part(page, "section")).to_match_aria_snapshot(HEARD)


def test_everything_has_a_name(page: Page, clinic: str) -> None:
    open_chat(page, clinic)
    expect(page.get_by_role("dialog", name="Clinic assistant")).to_be_visible()
    expect(page.get_by_role("textbox", name="Your question")).to_be_visible()
    for button in page.get_by_role("dialog").get_by_role("button").all():
        expect(button).to_have_accessible_name(re.compile(r"\w{2}"))


@pytest.mark.parametrize(("width", "height"), [(320, 568), (320, 256), (390, 780), (844, 390), (1280, 800)])
def test_on_any_screen_the_controls_are_in_view_and_large_enough(
    new_page: NewPage, clinic: str, width: int, height: int
) -> None:
    page = new_page(viewport={"width": width, "height": height})
    open_chat(page, clinic)
    say(page, QUESTION)
    expect(part(page, ".answer")).to_be_visible()
    settle(page)
    for selector in ("textarea", ".send", ".close"):
        expect(part(page, selector)).to_be_in_viewport(ratio=1)
    targets = "button, a, textarea, summary"
    small = part(page, ".panel").evaluate(
        """(node, targets) => [...node.querySelectorAll(targets)]
        .filter(n => n.checkVisibility()).map(n => [n.textContent, n.getBoundingClientRect()])
        .filter(([, r]) => r.width < 44 || r.height < 44).map(([text]) => text)""",
        targets,
    )
    assert small == []
    log = part(page, "[role=log]").bounding_box()
    assert log
    assert log["height"] >= 100
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    assert part(page, "[role=log]").evaluate("node => node.scrollWidth <= node.clientWidth")
    assert float(part(page, "textarea").evaluate("node => parseFloat(getComputedStyle(node).fontSize)")) >= 16


def test_no_word_is_cut_when_lines_words_and_letters_are_spread(page: Page, clinic: str) -> None:
    open_chat(page, clinic)
    say(page, QUESTION)
    expect(part(page, ".answer")).to_be_visible()
    cut = page.evaluate("""() => {
        const root = document.querySelector('faq-chat').shadowRoot, style = new CSSStyleSheet()
        style.replaceSync(`* { line-height: 1.5 !important; letter-spacing: .12em !important;
                               word-spacing: .16em !important }`)
        root.adoptedStyleSheets = [...root.adoptedStyleSheets, style]
        return [...root.querySelectorAll('button, p, a, summary, .bubble')]
          .filter(n => n.checkVisibility() && n.clientWidth && n.scrollWidth > n.clientWidth + 1)
          .map(n => n.textContent)
    }""")
    assert cut == []


def test_with_reduced_motion_nothing_moves(new_page: NewPage, clinic: str) -> None:
    for preference, moves in (("no-preference", True), ("reduce", False)):
        page = new_page(reduced_motion=preference)
        page.goto(clinic)
        part(
            page, ".launcher"
        ).evaluate("""node => node.addEventListener('click', () => requestAnimationFrame(() => {
            window.moving = node.getRootNode().getAnimations().length }))""")
        open_chat(page)
        page.wait_for_function("window.moving !== undefined")
        assert (page.evaluate("moving") > 0) is moves


def test_dark_devices_get_a_dark_chat_and_the_site_can_decide(
    new_page: NewPage, clinic: str, host_site: HostSite
) -> None:
    def background(scheme: str, attributes: str) -> str:
        page = new_page(color_scheme=scheme)
        open_chat(page, host_site.publish(embed(clinic, attributes)))
        return str(part(page, ".panel").evaluate("node => getComputedStyle(node).backgroundColor"))

    light, dark = background("light", ""), background("dark", "")
    assert light == "rgb(255, 255, 255)"
    assert dark != light
    assert background("dark", 'data-theme="light"') == light
    assert background("light", 'data-theme="dark"') == dark


def test_in_forced_colors_every_surface_has_a_border(new_page: NewPage, clinic: str) -> None:
    page = new_page(forced_colors="active")
    page.goto(clinic)
    border = """node => { const style = getComputedStyle(node)
                          return [style.borderTopStyle, style.borderTopWidth, style.borderTopColor] }"""
    page_color = page.evaluate("getComputedStyle(document.body).backgroundColor")
    seen = [part(page, ".launcher").evaluate(border)]
    open_chat(page)
    say(page, QUESTION)
    expect(part(page, ".answer")).to_be_visible()
    seen += [
        part(page, s).first.evaluate(border)
        for s in (".panel", ".bubble", "textarea", ".send", ".suggestion")
    ]
    for style, width, color in seen:
        assert (style, width) == ("solid", "1px")
        assert color not in ("rgba(0, 0, 0, 0)", page_color)


def test_on_a_page_from_right_to_left_it_is_on_the_left(page: Page, clinic: str, host_site: HostSite) -> None:
    page.goto(host_site.publish(embed(clinic).replace('<html lang="en">', '<html lang="ar" dir="rtl">')))
    open_chat(page)
    box = part(page, ".panel").bounding_box()
    assert box
    assert box["x"] == 20
    assert part(page, ".panel").evaluate("node => getComputedStyle(node).direction") == "rtl"
    mark = """node => { const all = new Range(), last = new Range(), end = node.firstChild.length
                        all.selectNodeContents(node)
                        last.setStart(node.firstChild, end - 1)
                        last.setEnd(node.firstChild, end)
                        return all.getBoundingClientRect().right - last.getBoundingClientRect().right }"""
    assert part(page, ".suggestion").last.evaluate(mark) == 0, "the question mark of English words ends them"
    answer_with(page, html="<p>English.</p>")
    say(page, "مرحبا")
    expect(part(page, ".answer .bubble")).to_have_css("direction", "ltr")
    expect(part(page, ".you .bubble")).to_have_css("direction", "rtl")


def test_when_a_phones_keyboard_comes_up_the_chat_keeps_clear_of_it(new_page: NewPage, clinic: str) -> None:
    page = new_page(viewport={"width": 390, "height": 780}, has_touch=True, is_mobile=True)
    open_chat(page, clinic)
    page.evaluate("""() => {
        for (const [name, value] of Object.entries({ height: 400, offsetTop: 0, scale: 1 }))
          Object.defineProperty(visualViewport, name, { value, configurable: true })
        visualViewport.dispatchEvent(new Event('resize'))
    }""")
    settle(page)
    box = part(page, ".panel").bounding_box()
    assert box
    assert (box["y"], box["height"]) == (0, 400)
    page.evaluate("""() => {
        Object.defineProperty(visualViewport, 'scale', { value: 3 })
        Object.defineProperty(visualViewport, 'height', { value: 90 })
        visualViewport.dispatchEvent(new Event('resize'))
    }""")
    box = part(page, ".panel").bounding_box()
    assert box
    assert box["height"] == 400


def test_it_never_prints(page: Page, clinic: str) -> None:
    open_chat(page, clinic)
    page.emulate_media(media="print")
    expect(page.locator("faq-chat")).to_be_hidden()
