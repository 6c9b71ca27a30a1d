"""What the widget says around the answers: times, hours, languages, the conversation as text."""

import pytest
from playwright.sync_api import Page, Route, expect

from .chat import PHONE, QUESTION, HostSite, answer_with, embed, open_chat, part, say


def test_it_tells_how_long_ago_a_question_was_asked(page: Page, clinic: str) -> None:
    page.clock.install(time="2026-11-23T09:00:00")
    open_chat(page, clinic)
    answer_with(page)
    say(page, "How many hours?")
    expect(part(page, ".answer")).to_be_visible()
    expect(part(page, "time")).to_have_text("")
    page.clock.fast_forward("05:00")
    expect(part(page, "time")).to_have_text("5 minutes ago")
    expect(part(page, "time")).to_be_visible()
    page.clock.fast_forward("27:00:00")
    page.reload()
    open_chat(page)
    expect(part(page, "time")).to_have_text("yesterday")


def test_the_office_hours_stand_where_the_clinics_number_is_given(page: Page, clinic: str) -> None:
    hours = "Office hours: Monday to Friday, 8 am to 6 pm"
    open_chat(page, clinic)
    page.get_by_role("button", name="Help lines").click()
    expect(part(page, ".help .hours")).to_have_text(hours)
    expect(part(page, '.help [href="tel:988"]')).to_be_visible()
    call = {"type": "tel", "label": "Call", "href": "tel:3125550142"}
    answer_with(page, kind="no_answer", actions=[call])
    say(page, "Do you have a pool?")
    expect(part(page, ".no_answer .hours")).to_have_text(hours)
    answer_with(page, actions=[{"type": "link", "label": "Elsewhere", "href": "https://a.example"}])
    say(page, "And now?")
    expect(part(page, ".answer")).to_be_visible()
    expect(part(page, ".answer .hours")).to_have_count(0)


@pytest.mark.parametrize("clipboard", ["new", "old"])
def test_the_conversation_is_copied_as_text(page: Page, clinic: str, clipboard: str) -> None:
    page.context.grant_permissions(["clipboard-read", "clipboard-write"], origin=clinic)
    open_chat(page, clinic)
    copy = page.get_by_role("button", name="Copy")
    expect(copy).to_be_hidden()
    answer_with(
        page, sources=[{"title": "TIP 47", "url": "https://a.example", "quote": None, "updated": None}]
    )
    say(page, "How many hours?")
    expect(part(page, ".answer")).to_be_visible()
    page.evaluate("window.read = navigator.clipboard.readText.bind(navigator.clipboard)")
    if clipboard == "old":
        page.evaluate("Object.defineProperty(navigator, 'clipboard', { value: undefined })")
    part(page, "textarea").fill("half a question")
    copy.click()
    expect(part(page, "#note")).to_have_text("Copied.")
    assert page.evaluate("read()") == (
        "You: How many hours?\nClinic assistant: Nine hours.\nhttps://a.example"
    )
    expect(part(page, "textarea")).to_have_value("half a question")


@pytest.mark.parametrize(
    ("asked", "spoken", "label"),
    [
        (("es-MX", ""), "es-MX", "¿Preguntas? Escríbanos"),
        (("en", 'data-lang="es"'), "es", "¿Preguntas? Escríbanos"),
        (("es", 'data-lang="en"'), "en", "Questions? Ask us"),
        (("fr", ""), "en", "Questions? Ask us"),
        (("fr", 'data-lang="fr" data-label="Demandez-nous"'), "fr", "Demandez-nous"),
    ],
)
def test_it_speaks_the_language_that_the_site_or_its_page_asks_for(  # noqa: PLR0913, PLR0917 - three are the case
    page: Page, clinic: str, host_site: HostSite, asked: tuple[str, str], spoken: str, label: str
) -> None:
    page_language, attribute = asked
    html = embed(clinic, attribute).replace('<html lang="en"', f'<html lang="{page_language}"')
    page.goto(host_site.publish(html))
    expect(part(page, ".launcher")).to_have_text(label)
    expect(part(page, "section")).to_have_attribute("lang", spoken)


@pytest.mark.parametrize("trouble", ["none", "slow"])
def test_where_its_words_do_not_arrive_it_speaks_english(
    page: Page, clinic: str, host_site: HostSite, trouble: str
) -> None:
    held: list[Route] = []
    page.route(
        "**/widget.es.*.json", lambda route: held.append(route) if trouble == "slow" else route.abort()
    )
    open_chat(page, host_site.publish(embed(clinic, 'data-lang="es"')))
    expect(part(page, "section")).to_have_attribute("lang", "en")
    expect(part(page, ".send")).to_have_text("Send")
    expect(part(page, "#greeting")).to_contain_text("I am an automatic information desk")
    assert len(held) == (trouble == "slow")


def test_the_greeting_says_what_it_is_what_to_leave_out_and_whom_to_call(page: Page, clinic: str) -> None:
    open_chat(page, clinic)
    greeting = part(page, "#greeting")
    said = ("automatic", "intensive outpatient programs", "leave out names and health details", "911", PHONE)
    for words in said:
        expect(greeting).to_contain_text(words)


def test_in_spanish_it_says_that_it_answers_in_english_and_marks_the_answers(
    page: Page, clinic: str, host_site: HostSite
) -> None:
    open_chat(page, host_site.publish(embed(clinic, 'data-lang="es"')))
    expect(part(page, "#greeting")).to_contain_text("respondo en inglés")
    expect(part(page, "#greeting")).to_contain_text("988")
    expect(part(page, ".message .actions")).to_contain_text(PHONE)
    expect(part(page, ".footer")).to_contain_text(PHONE)
    say(page, QUESTION)
    expect(part(page, ".answer .bubble")).to_have_attribute("lang", "en")
    expect(part(page, ".answer .rating")).to_contain_text("¿Le ha servido?")
    for width in (320, 1280):
        page.set_viewport_size({"width": width, "height": 568})
        for selector in (".header", ".footer", ".form"):
            fits = part(page, selector).evaluate("node => node.scrollWidth <= node.clientWidth")
            assert fits, (width, selector)
