"""Asking the widget, in a real browser on the clinic's own page."""

from playwright.sync_api import Page, Request, Route, expect

from .chat import (
    ANSWER,
    CHAT,
    PHONE,
    QUESTION,
    REPLY,
    NewPage,
    answer_with,
    body,
    hold,
    messages,
    open_chat,
    part,
    say,
)


def test_an_answer_comes_with_its_source_suggestions_and_a_question_back(page: Page, clinic: str) -> None:
    open_chat(page, clinic)
    starters = part(page, ".suggestion").all_text_contents()
    assert QUESTION in starters
    part(page, ".suggestion").get_by_text(QUESTION, exact=True).click()
    answer = part(page, ".answer")
    expect(answer).to_contain_text(ANSWER)
    expect(answer.locator("summary")).to_contain_text("Source")
    expect(answer.locator("blockquote").first).to_be_hidden()
    answer.locator("summary").click()
    expect(answer.locator("blockquote").first).to_contain_text(ANSWER)
    expect(answer).to_contain_text("Was this helpful?")
    assert answer.locator(".suggestion").count() > 0
    assert part(page, ".suggestion").count() == answer.locator(".suggestion").count()


def test_a_source_is_shown_with_link_quote_and_date(page: Page, clinic: str) -> None:
    sources = [
        {"title": "TIP 47", "url": "https://a.example/tip", "quote": None, "updated": "2026-11-23"},
        {"title": "The article", "url": None, "quote": "Several times a week.", "updated": None},
    ]
    open_chat(page, clinic)
    answer_with(page, sources=sources)
    say(page, "How many hours?")
    part(page, "summary").get_by_text("Sources: 2").click()
    link = part(page, "details").get_by_role("link", name="TIP 47")
    expect(link).to_have_attribute("href", "https://a.example/tip")
    expect(link).to_have_attribute("rel", "noopener noreferrer")
    expect(part(page, "details")).to_contain_text("Updated Nov 23, 2026")
    expect(part(page, "details").get_by_text("The article")).to_be_visible()
    expect(part(page, "blockquote")).to_have_text("Several times a week.")


def test_a_crisis_reply_has_help_lines_that_one_touch_uses(new_page: NewPage, clinic: str) -> None:
    page = new_page(viewport={"width": 320, "height": 568}, has_touch=True, is_mobile=True)
    open_chat(page, clinic)
    say(page, "i want to kill myself")
    for href in ("tel:988", "sms:988", "tel:911"):
        line = part(page, f'.crisis .action[href="{href}"]')
        expect(line).to_be_visible()
        box = line.bounding_box()
        assert box
        assert min(box["width"], box["height"]) >= 44
    expect(part(page, ".crisis .rating")).to_have_count(0)


def test_help_lines_and_the_clinics_number_are_one_step_away_at_any_time(page: Page, clinic: str) -> None:
    open_chat(page, clinic)
    expect(part(page, ".footer")).to_contain_text(PHONE)
    control = page.get_by_role("button", name="Help lines")
    expect(control).to_have_attribute("aria-expanded", "false")
    control.click()
    expect(control).to_have_attribute("aria-expanded", "true")
    for href in ("tel:988", "sms:988", "tel:911", "tel:3125550142"):
        expect(part(page, f'.help [href="{href}"]')).to_be_visible()
    control.click()
    expect(part(page, ".help")).to_be_hidden()


def test_where_a_choice_is_needed_it_is_offered_and_the_one_picked_is_asked(page: Page, clinic: str) -> None:
    choices = ["How many hours a week is it?", "How many weeks does it last?", "None of these"]
    open_chat(page, clinic)
    answer_with(page, kind="clarify", suggestions=[{"label": c, "message": c} for c in choices])
    say(page, "how long")
    offered = part(page, ".clarify .suggestion")
    expect(offered).to_have_text(choices)
    expect(part(page, ".clarify .rating")).to_have_count(0)
    with page.expect_request(CHAT) as request:
        offered.last.click()
    assert body(request.value) == {"message": "None of these", "context": "context-1"}
    expect(part(page, ".you .bubble")).to_have_text(["how long", "None of these"])


def test_each_message_carries_the_context_of_the_last_reply_and_nothing_else(page: Page, clinic: str) -> None:
    sent: list[Request] = []
    page.on("request", lambda request: sent.append(request) if request.method == "POST" else None)
    open_chat(page, clinic)
    answer_with(page, context="context-7")
    for count, text in enumerate(("How many hours?", "and on weekends?"), 1):
        say(page, text)
        expect(part(page, ".answer")).to_have_count(count)
    assert [r.post_data_json for r in sent] == [
        {"message": "How many hours?"},
        {"message": "and on weekends?", "context": "context-7"},
    ]
    for request in sent:
        assert not request.all_headers().keys() & {"cookie", "referer", "authorization"}


def test_questions_sent_in_quick_succession_are_answered_in_order(page: Page, clinic: str) -> None:
    held: list[Route] = []
    hold(page, held)
    open_chat(page, clinic)
    for text in ("first?", "second?", "third?"):
        say(page, text)
    for count in range(1, 4):
        while len(held) < count:
            page.wait_for_timeout(10)
        assert len(held) == count, "one at a time, because each needs the context of the one before"
        message = body(held[-1].request)["message"]
        held[-1].fulfill(json={**REPLY, "kind": "small_talk", "html": f"<p>Answer to {message}</p>"})
        expect(part(page, ".small_talk")).to_have_count(count)
    assert messages(page)[1:] == [
        "You: first?",
        "Clinic assistant: Answer to first?",
        "You: second?",
        "Clinic assistant: Answer to second?",
        "You: third?",
        "Clinic assistant: Answer to third?",
    ]


def test_enter_sends_but_not_with_shift_and_not_while_a_word_is_composed(page: Page, clinic: str) -> None:
    open_chat(page, clinic)
    answer_with(page)
    page.keyboard.type("one")
    page.keyboard.press("Shift+Enter")
    page.keyboard.type("two")
    part(page, "textarea").dispatch_event("keydown", {"key": "Enter", "isComposing": True})
    expect(part(page, "textarea")).to_have_value("one\ntwo")
    page.keyboard.press("Enter")
    expect(part(page, ".you")).to_have_text("You: one\ntwo")
    expect(part(page, "textarea")).to_have_value("")


def test_a_message_over_a_thousand_characters_is_counted_and_kept_back_not_cut(
    page: Page, clinic: str
) -> None:
    open_chat(page, clinic)
    field, note = part(page, "textarea"), part(page, "#note")
    field.fill("x" * 950)
    expect(note).to_have_text("Characters left: 50")
    field.fill("🙂" * 1012)
    expect(note).to_have_text("Too long. Please take out 12 characters.")
    expect(field).to_have_attribute("aria-invalid", "true")
    field.press("Enter")
    expect(part(page, ".you")).to_have_count(0)
    expect(field).to_have_value("🙂" * 1012)
    answer_with(page)
    field.fill("🙂" * 1000)
    field.press("Enter")
    expect(part(page, ".answer")).to_be_visible()
    expect(note).to_have_text("")


def test_a_verdict_and_a_comment_go_to_the_server_with_the_replys_id(page: Page, clinic: str) -> None:
    open_chat(page, clinic)
    say(page, QUESTION)
    answer = part(page, ".answer")
    with page.expect_response("**/api/v1/feedback") as verdict:
        answer.get_by_role("button", name="No").click()
    assert verdict.value.status == 204
    answer.get_by_label("What were you looking for?").fill("prices")
    with page.expect_response("**/api/v1/feedback") as comment:
        answer.get_by_role("button", name="Send").click()
    assert comment.value.status == 204
    assert body(comment.value.request)["comment"] == "prices"
    expect(answer.locator(".rating")).to_have_text("Thank you.")


def test_bold_lists_and_links_are_kept_and_nothing_else_of_the_html_is(page: Page, clinic: str) -> None:
    html = (
        '<p>A &amp; <strong>B</strong><br>C <a href="https://a.example/?x=1&amp;y=2" rel="x">link</a></p>'
        "<ul><li>one</li><li>two</li></ul><script>window.evil = 1</script><img src=x onerror='evil = 2'>"
        '<a href="javascript:evil()">bad</a><iframe src="https://a.example"></iframe>'
        '<p onclick="evil()">D</p>'
    )
    open_chat(page, clinic)
    answer_with(page, html=html)
    say(page, "Which?")
    bubble = part(page, ".answer .bubble")
    expect(bubble.locator("strong")).to_have_text("B")
    expect(bubble.locator("li")).to_have_text(["one", "two"])
    expect(bubble.locator("a")).to_have_count(1)
    expect(bubble.locator("a")).to_have_attribute("href", "https://a.example/?x=1&y=2")
    tags = set(bubble.evaluate("node => [...node.querySelectorAll('*')].map(n => n.localName)"))
    assert tags == {"p", "strong", "br", "a", "ul", "li", "span"}
    assert bubble.evaluate("node => [...node.querySelectorAll('[onclick], [onerror], [src]')].length") == 0
    assert page.evaluate("window.evil") is None


def test_a_long_answer_is_folded_and_read_from_its_start_with_its_question_in_sight(
    page: Page, clinic: str
) -> None:
    open_chat(page, clinic)
    answer_with(
        page, html="<p>Start.</p>" + "<p>More of the same, and more of it again.</p>" * 40 + "<p>The end.</p>"
    )
    say(page, "Tell me all")
    expect(part(page, ".answer").get_by_text("Start.")).to_be_in_viewport()
    expect(part(page, ".you")).to_be_in_viewport()
    answer = part(page, ".answer")
    height = answer.bounding_box()
    assert height
    assert height["height"] < 400, "folded"
    assert "The end." in answer.inner_text(), "and whole for a screen reader"
    answer.get_by_role("button", name="Read on").click()
    end = answer.get_by_text("The end.")
    expect(end).not_to_be_in_viewport()
    expect(answer.locator(".bubble")).to_be_focused()
    end.scroll_into_view_if_needed()
    expect(end).to_be_in_viewport()


def test_a_notice_stands_below_the_answer(page: Page, clinic: str) -> None:
    open_chat(page, clinic)
    answer_with(page, notice="It looks as if you typed a phone number.")
    say(page, "312-555-0100, how long?")
    expect(part(page, ".answer .notice")).to_have_text("It looks as if you typed a phone number.")
