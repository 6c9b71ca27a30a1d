"""What a visitor sees when something fails."""

import re

import pytest
from playwright.sync_api import Page, Request, Route, expect

from .chat import ANSWER, CHAT, PHONE, QUESTION, answer_with, body, hold, messages, open_chat, part, say


def test_when_the_server_is_down_the_message_stays_and_help_and_another_try_are_offered(
    page: Page, clinic: str
) -> None:
    open_chat(page, clinic)
    page.route(CHAT, lambda route: route.abort())
    say(page, "Is anybody there?")
    error = part(page, ".error")
    expect(error).to_contain_text("did not go through. Your message is still here and will be sent again.")
    expect(part(page, ".you")).to_contain_text("Is anybody there?")
    expect(part(page, "textarea")).to_have_attribute("aria-describedby", re.compile("error"))
    for href in ("tel:988", "sms:988", "tel:911", "tel:3125550142"):
        expect(error.locator(f'[href="{href}"]')).to_be_visible()
    expect(error).to_contain_text(PHONE)
    page.unroute(CHAT)
    answer_with(page)
    error.get_by_role("button", name="Try again").click()
    expect(part(page, ".answer")).to_contain_text("Nine hours.")
    expect(error).to_have_count(0)
    expect(part(page, ".you")).to_have_count(1)
    expect(part(page, "textarea")).to_be_focused()


def ask_in_vain(page: Page, clinic: str, message: str) -> None:
    """Send a message that does not get through, and mend the way."""
    open_chat(page, clinic)
    page.route(CHAT, lambda route: route.abort())
    say(page, message)
    expect(part(page, ".error")).to_be_visible()
    page.unroute(CHAT)


def test_a_new_question_after_a_failure_sends_the_failed_one_first(page: Page, clinic: str) -> None:
    ask_in_vain(page, clinic, "first?")
    answer_with(page)
    say(page, "second?")
    expect(part(page, ".answer")).to_have_count(2)
    assert [m.split(":")[0] for m in messages(page)[1:]] == ["You", "Clinic assistant"] * 2


def test_a_message_that_failed_survives_a_reload_and_is_sent_then(page: Page, clinic: str) -> None:
    ask_in_vain(page, clinic, "still there?")
    answer_with(page)
    page.reload()
    open_chat(page)
    expect(part(page, ".you")).to_contain_text("still there?")
    expect(part(page, ".answer")).to_be_visible()


@pytest.mark.parametrize("status", [429, 500, 503])
def test_what_the_server_says_of_its_trouble_is_shown(page: Page, clinic: str, status: int) -> None:
    open_chat(page, clinic)
    problem = {"title": "x", "status": status, "detail": "technical", "text": "Come back in a minute."}
    page.route(
        CHAT,
        lambda r: r.fulfill(
            status=status, json=problem, headers={"Content-Type": "application/problem+json"}
        ),
    )
    say(page, "hello?")
    expect(part(page, "#error")).to_have_text(
        "Come back in a minute. Your message is still here and will be sent again."
    )
    expect(part(page, ".retry")).to_be_visible()


def test_a_message_that_is_refused_is_not_sent_again(page: Page, clinic: str) -> None:
    open_chat(page, clinic)
    page.route(
        CHAT, lambda route: route.fulfill(status=422, json={"status": 422, "text": "Please ask shorter."})
    )
    say(page, "refused")
    expect(part(page, "#error")).to_have_text("Please ask shorter.")
    expect(part(page, ".retry")).to_have_count(0)
    page.unroute(CHAT)
    sent: list[str] = []

    def note(request: Request) -> None:
        sent.append(body(request)["message"])

    page.on("request", note)
    answer_with(page)
    say(page, "accepted")
    expect(part(page, ".answer")).to_be_visible()
    assert sent == ["accepted"]


@pytest.mark.parametrize("body", ["<html>Please log in</html>", "{}", "null", '{"html": 7}'])
def test_an_answer_that_makes_no_sense_is_a_failure(page: Page, clinic: str, body: str) -> None:
    open_chat(page, clinic)
    page.route(
        CHAT, lambda route: route.fulfill(status=200, body=body, headers={"Content-Type": "text/html"})
    )
    say(page, "hello?")
    expect(part(page, ".retry")).to_be_visible()


def test_offline_it_says_so_and_sends_as_soon_as_it_is_not(page: Page, clinic: str) -> None:
    open_chat(page, clinic)
    page.context.set_offline(True)
    say(page, "hello?")
    expect(part(page, "#error")).to_contain_text("You seem to be offline.")
    page.context.set_offline(False)
    expect(part(page, ".error")).to_have_count(0)
    expect(part(page, ".bot")).to_have_count(2)


def test_it_says_once_and_only_after_a_second_that_it_is_looking_and_gives_up_after_ten(
    page: Page, clinic: str
) -> None:
    page.clock.install()
    hold(page, [])
    open_chat(page, clinic)
    page.clock.pause_at(page.evaluate("Date.now()") / 1000 + 1)
    say(page, "slow?")
    page.clock.run_for(950)
    expect(part(page, ".waiting")).to_have_count(0)
    page.clock.run_for(100)
    expect(part(page, ".waiting")).to_have_count(1)
    page.clock.run_for(8800)
    expect(part(page, ".waiting")).to_have_count(1)
    expect(part(page, ".error")).to_have_count(0)
    page.clock.run_for(200)
    expect(part(page, ".waiting")).to_have_count(0)
    expect(part(page, ".retry")).to_be_visible()


def test_it_tries_again_by_itself_later_each_time_and_complains_once(page: Page, clinic: str) -> None:
    tries: list[Route] = []
    page.clock.install()

    def fail(route: Route) -> None:
        tries.append(route)
        route.abort()

    page.route(CHAT, fail)
    open_chat(page, clinic)
    page.clock.pause_at(page.evaluate("Date.now()") / 1000 + 1)
    say(page, "anybody?")
    expect(part(page, ".error")).to_be_visible()
    part(page, ".error").evaluate("node => { node.isFirst = true }")
    for count, least, most in ((1, 4000, 5000), (2, 8000, 10_000)):
        page.clock.run_for(least - 100)
        assert len(tries) == count
        page.clock.run_for(most - least + 200)
        while len(tries) == count:
            page.wait_for_timeout(10)
    assert part(page, ".error").evaluate("node => node.isFirst")
    page.unroute(CHAT)
    answer_with(page)
    page.wait_for_timeout(200)
    page.clock.run_for(20_100)
    expect(part(page, ".answer")).to_be_visible()
    expect(part(page, ".error")).to_have_count(0)


def test_it_waits_as_long_as_the_server_asks(page: Page, clinic: str) -> None:
    tries: list[Route] = []
    page.clock.install()

    def refuse(route: Route) -> None:
        tries.append(route)
        route.fulfill(status=429, json={"status": 429, "text": "Too soon."}, headers={"Retry-After": "30"})

    page.route(CHAT, refuse)
    open_chat(page, clinic)
    page.clock.pause_at(page.evaluate("Date.now()") / 1000 + 1)
    say(page, "now?")
    expect(part(page, "#error")).to_contain_text("Too soon.")
    page.clock.run_for(29_900)
    assert len(tries) == 1
    page.clock.run_for(7_700)
    while len(tries) == 1:
        page.wait_for_timeout(10)


def test_a_browser_that_refuses_storage_is_answered_all_the_same(page: Page, clinic: str) -> None:
    page.add_init_script("""
        for (const name of ['localStorage', 'sessionStorage'])
          Object.defineProperty(window, name, { get() { throw new DOMException('', 'SecurityError') } })""")
    open_chat(page, clinic)
    say(page, QUESTION)
    expect(part(page, ".answer")).to_contain_text(ANSWER)
    page.get_by_role("button", name="Start over").click()
    expect(part(page, ".message")).to_have_count(1)
