"""What the widget remembers, and how soon it forgets."""

import pytest
from playwright.sync_api import Page, Route, expect

from .chat import (
    ANSWER,
    CHAT,
    QUESTION,
    HostSite,
    answer_with,
    body,
    embed,
    hold,
    messages,
    open_chat,
    part,
    say,
    stored,
)


def test_a_reload_keeps_the_conversation_and_what_the_next_turn_needs(page: Page, clinic: str) -> None:
    open_chat(page, clinic)
    say(page, QUESTION)
    expect(part(page, ".answer")).to_contain_text(ANSWER)
    before = messages(page)
    kept, local, cookie = stored(page)
    assert (list(kept), local, cookie) == (["faq-chat"], {}, "")
    page.reload()
    open_chat(page)
    assert messages(page) == before
    with page.expect_request(CHAT) as request:
        say(page, "how many hours?")
    assert body(request.value)["context"]
    expect(part(page, ".bot")).to_have_count(3)


def test_no_more_than_the_last_fifty_questions_are_kept(page: Page, clinic: str) -> None:
    open_chat(page, clinic)
    answer_with(page)
    page.evaluate("for (let i = 1; i <= 52; i++) faqChat.ask(`question ${i}`)")
    expect(part(page, ".answer")).to_have_count(52, timeout=30_000)
    page.reload()
    open_chat(page)
    expect(part(page, ".you")).to_have_count(50)
    expect(part(page, ".you .bubble").first).to_have_text("question 3")


def test_another_tab_begins_anew(page: Page, clinic: str) -> None:
    open_chat(page, clinic)
    say(page, QUESTION)
    expect(part(page, ".answer")).to_be_visible()
    other = page.context.new_page()
    open_chat(other, clinic)
    expect(part(other, ".you")).to_have_count(0)


def test_starting_over_forgets_at_once_and_a_late_answer_stays_away(page: Page, clinic: str) -> None:
    held: list[Route] = []
    open_chat(page, clinic)
    say(page, QUESTION)
    expect(part(page, ".answer")).to_be_visible()
    hold(page, held)
    say(page, "a late one?")
    expect(part(page, ".you")).to_have_count(2)
    page.get_by_role("button", name="Start over").click()
    expect(part(page, ".message")).to_have_count(1)
    assert stored(page) == [{}, {}, ""]
    expect(part(page, "textarea")).to_have_attribute("aria-describedby", "note")
    answer_with(page)
    say(page, "fresh?")
    expect(part(page, ".answer")).to_have_count(1)
    assert page.evaluate("JSON.parse(sessionStorage['faq-chat']).turns.map(t => t.text)") == ["fresh?"]


@pytest.mark.parametrize("attribute", ['data-history="none"', 'data-persist="none"'])
def test_a_site_can_have_nothing_remembered(
    page: Page, clinic: str, host_site: HostSite, attribute: str
) -> None:
    open_chat(page, host_site.publish(embed(clinic, attribute)))
    say(page, QUESTION)
    expect(part(page, ".answer")).to_be_visible()
    assert stored(page) == [{}, {}, ""]


def test_the_quick_exit_forgets_and_goes_where_the_back_button_does_not_return_from(
    page: Page, clinic: str, host_site: HostSite
) -> None:
    weather = host_site.publish("<title>Weather</title>Sunny")
    start = host_site.publish("<title>Start</title>")
    page.goto(start)
    open_chat(page, host_site.publish(embed(clinic, f'data-exit="{weather}"')))
    say(page, QUESTION)
    expect(part(page, ".answer")).to_be_visible()
    page.get_by_role("button", name="Quick exit").click()
    page.wait_for_url(weather)
    assert page.evaluate("sessionStorage.length") == 0
    page.go_back()
    assert page.url == start
