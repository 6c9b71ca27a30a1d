"""The widget on other people's pages."""

from typing import Any

import pytest
from playwright.sync_api import ConsoleMessage, Page, expect

from .chat import ANSWER, QUESTION, HostSite, NewPage, answer_with, embed, open_chat, part, say, settle


def test_under_a_strict_policy_with_trusted_types_nothing_is_violated(
    page: Page, clinic: str, host_site: HostSite
) -> None:
    policy = (
        f"default-src 'none'; script-src {clinic}; connect-src {clinic}; require-trusted-types-for 'script'; "
        "trusted-types 'none'"
    )
    page.add_init_script(
        "window.violations = []; "
        "document.addEventListener('securitypolicyviolation', e => violations.push(e.violatedDirective))"
    )
    open_chat(page, host_site.publish(embed(clinic), {"Content-Security-Policy": policy}))
    say(page, QUESTION)
    expect(part(page, ".answer")).to_contain_text(ANSWER)
    part(page, "summary").click()
    part(page, ".rating button").first.click()
    expect(part(page, ".rating")).to_have_text("Thank you.")
    assert part(page, ".send").evaluate("node => getComputedStyle(node).backgroundColor") == "rgb(11, 92, 99)"
    page.get_by_role("button", name="Start over").click()
    assert page.evaluate("violations") == []


HOSTILE = {
    "unset": "*{all:unset;font-size:40px !important;box-sizing:content-box}",
    "no divs": "div{display:none}",
    "inherited": "html{font-size:5px}body{line-height:4;letter-spacing:.4em;text-transform:uppercase;"
    "font-style:italic;text-align:right;color:#ccc;word-spacing:1em}",
    "hidden": "faq-chat,div,span,button,textarea,section,p,ul,li{display:none !important}",
    "important": "*{position:static !important;margin:20px !important;padding:20px !important;"
    "float:left !important;width:auto !important;border:3px solid red !important}",
}


@pytest.mark.parametrize("css", HOSTILE.values(), ids=HOSTILE.keys())
def test_a_pages_own_styles_change_nothing(
    new_page: NewPage, clinic: str, host_site: HostSite, css: str
) -> None:
    def looks(url: str) -> Any:
        page = new_page()
        open_chat(page, url)
        answer_with(page)
        say(page, "How many hours?")
        expect(part(page, ".answer")).to_be_visible()
        settle(page)
        return page.evaluate("""['.panel', 'textarea', '.send', '.answer .bubble'].map(selector => {
            const node = document.querySelector('faq-chat').shadowRoot.querySelector(selector)
            const { x, y, width, height } = node.getBoundingClientRect(), style = getComputedStyle(node)
            return [x, y, width, height, style.fontSize, style.color, style.letterSpacing,
                    style.textTransform, style.fontStyle, style.lineHeight]
        })""")

    plain = looks(host_site.publish(embed(clinic)))
    assert looks(host_site.publish(embed(clinic, before=f"<style>{css}</style>"))) == plain


def test_the_page_around_it_stays_as_it_was(page: Page, clinic: str, host_site: HostSite) -> None:
    body = "<main><h1>Our clinic</h1>" + "<p>Some text.</p>" * 60 + "</main>"
    measure = """[...document.querySelectorAll('html, body, main, h1, p')].map(node => {
        const { x, y, width, height } = node.getBoundingClientRect(); return [x, y, width, height] })"""
    page.goto(host_site.publish(embed(clinic, body=body).replace("<script async", "<script type=none")))
    before = page.evaluate(measure)
    page.goto(host_site.publish(embed(clinic, body=body)))
    expect(part(page, ".launcher")).to_be_visible()
    assert page.evaluate(measure) == before
    open_chat(page)
    assert page.evaluate(measure) == before


def test_twice_on_a_page_it_is_there_once_and_complains_of_nothing(
    page: Page, clinic: str, host_site: HostSite
) -> None:
    errors: list[str] = []
    page.on("pageerror", lambda error: errors.append(str(error)))
    script = f'<script src="{clinic}/widget.js"></script>'
    twice = f"{script}<faq-chat></faq-chat>{script}"
    open_chat(page, host_site.publish(embed(clinic, body=twice)))
    answer_with(page)
    say(page, "once?")
    expect(part(page, ".answer")).to_have_count(1)
    expect(part(page, ".panel")).to_have_count(1)
    assert errors == []


def test_settings_come_from_the_script_tag_a_tag_manager_or_an_element_placed_by_hand(
    page: Page, clinic: str, host_site: HostSite
) -> None:
    settings = '<script>window.faqChatSettings = {label: "From settings", textSend: "Go"}</script>'
    manager = (
        f"{settings}<script>const s = document.createElement('script'); s.src = '{clinic}/widget.js';"
        "document.head.append(s)</script>"
    )
    for html, label in (
        (embed(clinic, 'data-label="From the tag" data-text-send="Go"'), "From the tag"),
        (f"<!doctype html><title>Clinic</title>{manager}", "From settings"),
        (embed(clinic, body='<faq-chat data-label="By hand" data-text-send="Go"></faq-chat>'), "By hand"),
    ):
        page.goto(host_site.publish(html))
        expect(part(page, ".launcher")).to_have_text(label)
        open_chat(page)
        expect(part(page, ".send")).to_have_text("Go")


def test_greeting_topics_language_side_and_size_can_be_set(
    page: Page, clinic: str, host_site: HostSite
) -> None:
    attributes = (
        'data-greeting="Welcome to Riverbend." data-topic="insurance cost" data-lang="en-US" '
        'data-position="left" data-font-scale="1.5" data-open="true" data-theme="dark"'
    )
    page.goto(host_site.publish(embed(clinic, attributes)))
    expect(part(page, ".panel")).to_be_visible()
    assert page.evaluate("document.activeElement.localName") == "body"
    expect(part(page, ".bubble p").first).to_have_text("Welcome to Riverbend.")
    expect(part(page, ".bubble")).to_contain_text("not a person or a clinician")
    expect(part(page, ".suggestion")).to_have_count(2)
    assert "How much does an IOP cost?" in part(page, ".suggestion").all_text_contents()
    expect(part(page, "section")).to_have_attribute("lang", "en-US")
    box = part(page, ".panel").bounding_box()
    assert box
    assert box["x"] == 20
    assert part(page, "textarea").evaluate("node => getComputedStyle(node).fontSize") == "24px"
    assert part(page, "section").evaluate("node => getComputedStyle(node).colorScheme") == "dark"


def test_an_unknown_setting_is_named_in_one_warning(page: Page, clinic: str, host_site: HostSite) -> None:
    warnings: list[str] = []

    def note(message: ConsoleMessage) -> None:
        if message.type == "warning":
            warnings.append(message.text)

    page.on("console", note)
    page.goto(host_site.publish(embed(clinic, 'data-colour="red" data-text-sned="x" data-label="Fine"')))
    expect(part(page, ".launcher")).to_be_visible()
    assert len(warnings) == 1
    assert "colour,textSned" in warnings[0]


@pytest.mark.parametrize(
    "color", ["#000", "#ffd54a", "rebeccapurple", "rgb(120 119 118)", "#e4002b", "#fff", "nonsense"]
)
def test_the_text_on_any_color_reads_well(page: Page, clinic: str, host_site: HostSite, color: str) -> None:
    page.goto(host_site.publish(embed(clinic, f'data-color="{color}"')))
    contrast = part(page, ".launcher").evaluate("""node => {
        const luminance = color => {
          const context = new OffscreenCanvas(1, 1).getContext('2d')
          context.fillStyle = color
          context.fillRect(0, 0, 1, 1)
          const [r, g, b] = [...context.getImageData(0, 0, 1, 1).data].map(v => v / 255)
            .map(v => v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4)
          return 0.2126 * r + 0.7152 * g + 0.0722 * b
        }
        const style = getComputedStyle(node)
        const [low, high] = [luminance(style.color), luminance(style.backgroundColor)].sort((a, b) => a - b)
        return (high + 0.05) / (low + 0.05)
    }""")
    assert contrast >= 4.5


def test_a_new_body_or_a_new_address_keeps_the_one_chat_and_its_conversation(page: Page, clinic: str) -> None:
    open_chat(page, clinic)
    say(page, QUESTION)
    expect(part(page, ".answer")).to_be_visible()
    page.evaluate("""() => {
        history.pushState({}, '', '/other')
        const body = document.createElement('body')
        body.append(document.createElement('faq-chat'), 'Another page')
        document.documentElement.replaceChild(body, document.body)
    }""")
    expect(part(page, ".answer")).to_contain_text(ANSWER)
    expect(part(page, ".panel")).to_have_count(1)
    answer_with(page)
    say(page, "and now?")
    expect(part(page, ".answer")).to_have_count(2)


def test_going_back_to_the_page_finds_the_chat_as_it_was(page: Page, clinic: str) -> None:
    open_chat(page, clinic)
    say(page, QUESTION)
    expect(part(page, ".answer")).to_be_visible()
    page.goto(f"{clinic}/faq")
    page.go_back()
    if part(page, ".launcher").is_visible():
        open_chat(page)
    expect(part(page, ".answer")).to_have_count(1)
    expect(part(page, ".panel")).to_have_count(1)


def test_other_scripts_and_changed_prototypes_do_not_disturb_it(
    page: Page, clinic: str, host_site: HostSite
) -> None:
    before = """<script>
        window.define = () => { window.defined = true }; define.amd = {}
        Array.prototype.toJSON = () => 'x'; Object.prototype.extra = () => {}; window.$ = () => null
    </script>"""
    open_chat(page, host_site.publish(embed(clinic, before=before)))
    answer_with(page)
    say(page, "fine?")
    expect(part(page, ".answer")).to_be_visible()
    page.reload()
    open_chat(page)
    expect(part(page, ".message").first).to_be_visible()
    assert page.evaluate("window.defined") is None


def test_a_page_of_a_site_that_is_not_allowed_gets_help_lines_and_no_answer(
    page: Page, clinic: str, host_site: HostSite
) -> None:
    told: list[str] = []
    page.on("console", lambda message: told.append(message.text))
    url = host_site.publish(embed(clinic)).replace("127.0.0.1", "localhost")
    open_chat(page, url)
    say(page, QUESTION)
    expect(part(page, ".error")).to_contain_text("did not go through")
    part(page, ".retry").click()
    expect(part(page, ".error")).to_contain_text("did not go through")
    (line,) = [text for text in told if text.startswith("faq-chat:")]
    here = host_site.url.replace("127.0.0.1", "localhost")
    assert f"CHATBOT_ALLOWED_ORIGINS name {here}?" in line
    assert f"from {clinic}." in line
    expect(part(page, '.error [href="tel:988"]')).to_be_visible()


def test_the_page_hears_of_it_without_a_word_of_the_conversation(page: Page, clinic: str) -> None:
    page.add_init_script("""window.heard = []
        for (const name of ['ready', 'open', 'close', 'answer', 'feedback'])
          document.addEventListener(`faq-chat:${name}`, e => heard.push([name, e.detail]))""")
    page.goto(clinic)
    expect(part(page, ".launcher")).to_be_visible()
    answer_with(page)
    page.route("**/api/v1/feedback", lambda route: route.fulfill(status=204))
    page.evaluate("faqChat.ask('How many hours?')")
    expect(part(page, ".answer")).to_be_visible()
    part(page, ".rating button").first.click()
    expect(part(page, ".rating")).to_have_text("Thank you.")
    page.evaluate("faqChat.reset()")
    expect(part(page, ".you")).to_have_count(0)
    page.evaluate("faqChat.close()")
    expect(part(page, ".panel")).to_be_hidden()
    page.evaluate("faqChat.open()")
    expect(part(page, "textarea")).to_be_focused()
    assert page.evaluate("heard") == [
        ["ready", None],
        ["open", None],
        ["answer", {"id": "reply-1"}],
        ["feedback", {"id": "reply-1", "helpful": True}],
        ["close", None],
        ["open", None],
    ]
