"""Questions suggested while typing."""

from playwright.sync_api import Page, Route, expect

from .chat import QUESTION, HostSite, body, embed, hold, open_chat, part

SUGGEST = "**/api/v1/suggest"
FOUND = [{"id": "cost", "question": "What does it cost?"}, {"id": "visit", "question": "Can I visit?"}]


def test_the_arrow_keys_choose_a_suggested_question_and_enter_asks_it(page: Page, clinic: str) -> None:
    page.route(SUGGEST, lambda route: route.fulfill(json=FOUND))
    open_chat(page, clinic)
    field, options = part(page, "textarea"), part(page, "[role=option]")
    page.keyboard.type("cos")
    expect(options).to_have_text([topic["question"] for topic in FOUND])
    expect(part(page, ".form [role=status]").first).to_have_text(
        "Suggested questions: 2. The arrow keys choose."
    )
    assert field.get_attribute("aria-activedescendant") is None, "Enter still sends what was typed"
    for key, chosen in (
        ("ArrowUp", 1),
        ("ArrowUp", 0),
        ("ArrowUp", None),
        ("ArrowDown", 0),
        ("ArrowDown", 1),
    ):
        page.keyboard.press(key)
        expected = None if chosen is None else options.nth(chosen).get_attribute("id")
        assert field.get_attribute("aria-activedescendant") == expected
        assert part(page, "[aria-selected=true]").count() == (chosen is not None)
        expect(field).to_be_focused()
    page.keyboard.press("Enter")
    expect(part(page, ".you")).to_contain_text("Can I visit?")
    expect(part(page, "[role=listbox]")).to_be_hidden()
    expect(field).to_have_value("")


def test_escape_puts_the_suggestions_away_before_it_closes_the_chat(page: Page, clinic: str) -> None:
    open_chat(page, clinic)
    page.keyboard.type("how much does it co")
    expect(part(page, "[role=option]").first).to_be_visible()
    page.keyboard.press("Escape")
    expect(part(page, "[role=listbox]")).to_be_hidden()
    expect(part(page, "textarea")).to_have_value("how much does it co")
    page.keyboard.press("Escape")
    expect(part(page, ".panel")).to_be_hidden()


def test_a_suggestion_is_asked_by_a_click_and_goes_with_the_focus(page: Page, clinic: str) -> None:
    page.route(SUGGEST, lambda route: route.fulfill(json=FOUND))
    open_chat(page, clinic)
    page.keyboard.type("cos")
    expect(part(page, "[role=option]")).to_have_count(2)
    page.keyboard.press("Tab")
    expect(part(page, "[role=listbox]")).to_be_hidden()
    part(page, "textarea").focus()
    page.keyboard.type("t")
    part(page, "[role=option]").first.click()
    expect(part(page, ".you")).to_contain_text("What does it cost?")


def test_it_asks_once_the_typing_pauses_and_shows_nothing_of_an_older_question(
    page: Page, clinic: str
) -> None:
    held: list[Route] = []
    hold(page, held, SUGGEST)
    open_chat(page, clinic)
    for count, text in enumerate(("how many", " hours", " a week"), 1):
        page.keyboard.type(text)
        while len(held) < count:
            page.wait_for_timeout(10)
    assert [body(route.request)["text"] for route in held] == [
        "how many",
        "how many hours",
        "how many hours a week",
    ]
    held[1].fulfill(json=FOUND)
    held[2].fulfill(json=FOUND[:1])
    held[0].fulfill(json=FOUND)
    expect(part(page, "[role=option]")).to_have_count(1)
    page.keyboard.type("?")
    while len(held) < 4:
        page.wait_for_timeout(10)
    page.keyboard.press("Enter")
    held[3].fulfill(json=FOUND)
    expect(part(page, ".answer")).to_be_visible()
    expect(part(page, "[role=listbox]")).to_be_hidden()


def test_nothing_is_sent_before_the_visitor_does_where_a_site_wants_it_so(
    page: Page, clinic: str, host_site: HostSite
) -> None:
    sent: list[str] = []
    page.on("request", lambda request: sent.append(request.url) if request.method == "POST" else None)
    open_chat(page, host_site.publish(embed(clinic, 'data-suggest="none"')))
    page.keyboard.type(QUESTION)
    page.wait_for_timeout(600)
    assert sent == []
