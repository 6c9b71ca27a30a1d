"""The staff desk in a real browser: from an empty database to an answered question, for everybody's eyes."""

import shutil
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from cli_support import run
from desk import KEY, small_knowledge
from flask import Flask
from playwright.sync_api import Page, expect
from serving import serving

from chatbot import Accounts, Bot, Settings, Store, secret_key
from web import create_app
from web.staff import menu

from .chat import PHONE, NewPage, open_chat, part, say
from .desk_pages import PATIENCE_MS, ROOMS, sign_in, walk, work_at

QUESTION = "do you have parking"
ANSWER = "Yes. There is a free lot behind the building."


@dataclass
class DeskSite:
    """A server whose staff desk is in use."""

    url: str
    password: str
    store: Store
    app: Flask
    accounts: Accounts

    def sign_in(self, page: Page) -> None:
        page.goto(f"{self.url}/staff")
        page.get_by_label("Name").fill("maria")
        page.get_by_label("Password").fill(self.password)
        page.get_by_role("button", name="Sign in").click()
        page.wait_for_url(f"{self.url}/staff")


@pytest.fixture
def desk(tmp_path: Path, bot: Bot, data_dir: Path) -> Iterator[DeskSite]:
    """A server with an empty database, and the first account as the command line makes it."""
    assert bot.topics
    shutil.copytree(data_dir / "index", tmp_path / "index")  # what a first start builds, built once for all
    made = run(tmp_path, "staff", "add", "maria", "--generate")
    assert made.exit_code == 0, made.stderr
    settings = Settings(data_dir=tmp_path, rate_limit="off", port=0)
    store = Store.open(settings.database_url)
    app = create_app(settings, store=store)
    accounts = Accounts(store, lambda: secret_key(settings))
    with closing(store), serving(app, settings) as url:
        yield DeskSite(url, made.stdout.strip(), store, app, accounts)


def publish(page: Page, button: str = "Publish") -> None:
    page.get_by_role("button", name="See what would change").click(timeout=PATIENCE_MS)
    expect(page.get_by_role("heading", name="What would change")).to_be_visible(timeout=PATIENCE_MS)
    page.get_by_role("button", name=button).click(timeout=PATIENCE_MS)


def test_from_an_empty_database_a_refused_question_is_answered(new_page: NewPage, desk: DeskSite) -> None:
    staff, visitor = new_page(), new_page()
    desk.sign_in(staff)
    expect(staff.get_by_text("does not know your phone number")).to_be_visible()

    staff.get_by_role("link", name="Fill in the clinic’s facts").click()
    staff.get_by_label("Name of the clinic").fill("Riverbend Counseling")
    staff.get_by_label("Phone", exact=True).fill(PHONE)
    publish(staff)
    expect(staff.get_by_role("status").first).to_contain_text("Published", timeout=PATIENCE_MS)

    open_chat(visitor, desk.url)
    say(visitor, QUESTION)
    expect(part(visitor, ".no_answer")).to_contain_text(PHONE)

    staff.get_by_role("link", name="Inbox").click()
    group = staff.locator("section", has=staff.get_by_role("heading", name=QUESTION))
    group.get_by_role("button", name="Write a new topic").click()
    expect(staff.get_by_label("Question", exact=True)).to_have_value("Do you have parking?")
    staff.get_by_label("Answer", exact=True).fill(ANSWER)
    expect(staff.locator("#advice .preview")).to_contain_text(ANSWER)
    staff.get_by_role("button", name="See what would change").click(timeout=PATIENCE_MS)
    better = staff.locator("article", has=staff.get_by_role("heading", name=QUESTION))
    expect(better).to_contain_text(ANSWER, timeout=PATIENCE_MS)
    expect(staff.get_by_role("heading", name="Better")).to_be_visible()
    assert violations(staff) == []
    staff.get_by_role("button", name="Publish").click(timeout=PATIENCE_MS)
    expect(staff.get_by_text("Nothing waits for you")).to_be_visible(timeout=PATIENCE_MS)

    say(visitor, QUESTION)
    expect(part(visitor, ".answer").last).to_contain_text(ANSWER, timeout=2_000)


@pytest.mark.parametrize(
    "options",
    [{"color_scheme": "light"}, {"color_scheme": "dark", "viewport": {"width": 320, "height": 640}}],
    ids=["light, at a desk", "dark, on a small phone"],
)
def test_axe_finds_nothing_on_any_page_and_none_is_wider_than_the_screen(
    new_page: NewPage, desk: DeskSite, options: dict[str, object]
) -> None:
    work_at(desk.store, desk.accounts)
    page, found = new_page(**options), dict[str, list[str]]()
    for name in walk(page, desk.url):
        expect(page.locator(".htmx-request")).to_have_count(0)
        found[name] = violations(page)
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), name
    assert {where: names for where, names in found.items() if names} == {}


def test_the_walk_through_the_desk_leaves_no_room_out(desk: DeskSite) -> None:
    rules = {r.endpoint: r.rule for r in desk.app.url_map.iter_rules()}
    walked = {f"/staff{path.partition('?')[0]}" for path in ROOMS.values()}
    assert {rules[room.endpoint] for room in menu.ROOMS} <= walked


def violations(page: Page) -> list[str]:
    return [f"{v['id']}: {v['nodes'][0]['html']}" for v in Axe().run(page).response["violations"]]


@pytest.fixture
def small_desk(tmp_path: Path) -> Iterator[DeskSite]:
    """The desk of a bot that knows little, and so learns in no time."""
    settings = Settings(data_dir=tmp_path, rate_limit="off", port=0, secret_key=KEY)
    with closing(Store.open(settings.database_url)) as store:
        app = create_app(settings, Bot(small_knowledge(), KEY), store)
        with serving(app, settings) as url:
            yield DeskSite(url, "", store, app, Accounts(store, lambda: KEY))


def at_the_inbox(new_page: NewPage, desk: DeskSite) -> Page:
    """The inbox of a desk that has been worked at, open before its admin."""
    work_at(desk.store, desk.accounts)
    page = new_page()
    page.goto(f"{desk.url}/staff/sign-in?next=/staff/inbox")
    sign_in(page, "ada")
    page.wait_for_url(f"{desk.url}/staff/inbox")  # loaded, its scripts too
    return page


def test_the_inbox_is_worked_through_by_keyboard_without_leaving_it(
    new_page: NewPage, small_desk: DeskSite
) -> None:
    page = at_the_inbox(new_page, small_desk)
    titles = page.locator("[data-group] h2")
    expect(titles.first).to_be_visible()
    first, second, third, *others = titles.all_inner_texts()
    page.evaluate("window.isSamePage = true")
    page.get_by_role("button", name="Work by keyboard").press("Enter")
    expect(page.get_by_role("heading", name=first, exact=True)).to_be_focused()
    page.keyboard.press("j")
    expect(page.get_by_role("heading", name=second, exact=True)).to_be_focused()
    page.keyboard.press("l")
    expect(page.get_by_text("Put aside for two weeks")).to_be_visible()
    expect(page.locator("#tally")).to_contain_text("left. Show what is left")
    expect(page.get_by_role("heading", name=third, exact=True)).to_be_focused()
    page.keyboard.press("k")
    page.keyboard.press("x")
    group = page.locator("section", has=page.get_by_role("heading", name=first, exact=True))
    expect(group).to_contain_text("To be learned as not for us. Not done yet. Tried on", timeout=PATIENCE_MS)
    expect(group.get_by_role("button", name="Not for us")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.get_by_text("Put aside as not for us")).to_be_visible(timeout=PATIENCE_MS)
    expect(page.get_by_role("heading", name=third, exact=True)).to_be_focused()
    assert page.evaluate("window.isSamePage")
    assert violations(page) == []
    # Two are done, and the rest may have been grouped anew by then.
    assert int(page.locator("#waiting").inner_text().split()[0]) < 3 + len(others)


def test_what_could_not_be_done_about_a_group_is_told_beside_its_buttons(
    new_page: NewPage, small_desk: DeskSite
) -> None:
    page = at_the_inbox(new_page, small_desk)
    group = page.locator("[data-group]").first
    page.context.set_offline(True)
    group.get_by_role("button", name="Later").click()
    expect(group.get_by_role("alert")).to_contain_text("The desk gave no answer")
    page.context.set_offline(False)
    group.locator("[name=csrf]").evaluate("field => { field.value = 'of another day' }")
    page.evaluate("document.body.removeAttribute('hx-headers')")
    group.get_by_role("button", name="Later").click()
    expect(group.get_by_role("alert")).to_contain_text("again")
    assert violations(page) == []


def test_without_javascript_a_pair_is_added(new_page: NewPage, desk: DeskSite) -> None:
    page = new_page(java_script_enabled=False)
    desk.sign_in(page)
    page.get_by_label("A question that visitors ask").fill("May I bring a dog?")
    page.get_by_role("button", name="Write its answer").click()
    page.get_by_label("Other ways to ask it").fill("are dogs allowed\npets")
    page.get_by_label("Answer", exact=True).fill("Service dogs are welcome.")
    publish(page)
    expect(page.get_by_text("Published.")).to_be_visible(timeout=PATIENCE_MS)
    page.goto(f"{desk.url}/chat")
    page.get_by_label("Your question").fill("are dogs allowed")
    page.get_by_role("button", name="Send").click()
    expect(page.get_by_text("Service dogs are welcome.")).to_be_visible()


def test_what_is_typed_is_kept_as_a_draft_and_times_are_the_readers_own(
    new_page: NewPage, desk: DeskSite
) -> None:
    page = new_page(timezone_id="Pacific/Kiritimati", locale="en-US")
    desk.sign_in(page)
    page.goto(f"{desk.url}/staff/topics/cost")
    page.get_by_label("Answer", exact=True).fill("It costs ten dollars a day. An addict pays nothing.")
    expect(page.locator("#kept")).to_contain_text("Kept as your draft")
    expect(page.locator("#advice")).to_contain_text("a person with an addiction")
    page.goto(f"{desk.url}/staff/topics/cost")
    expect(page.get_by_label("Answer", exact=True)).to_have_value(
        "It costs ten dollars a day. An addict pays nothing."
    )
    shown = page.locator("main time").first
    there = shown.evaluate(
        """time => new Date(time.dateTime).toLocaleString('en-US', {
            timeZone: 'Pacific/Kiritimati', dateStyle: 'medium', timeStyle: 'short'})"""
    )
    expect(shown).to_have_text(there)


def test_while_a_question_is_typed_others_are_offered_and_a_long_wait_is_told(
    new_page: NewPage, desk: DeskSite
) -> None:
    page = new_page()
    desk.sign_in(page)
    page.get_by_label("A question that visitors ask").fill("Is there parking at the clinic?")
    page.get_by_role("button", name="Write its answer").click()
    expect(page.get_by_label("Answer", exact=True)).to_be_focused()
    page.get_by_role("button", name="Add + is there parking to the ways to ask", exact=True).click()
    expect(page.get_by_label("Other ways to ask it")).to_have_value("is there parking")
    page.get_by_label("Answer", exact=True).fill(ANSWER)
    expect(page.locator("#kept time")).not_to_contain_text("UTC")
    check = page.get_by_role("button", name="See what would change")
    page.evaluate("addEventListener('submit', event => event.preventDefault(), {once: true})")
    check.click()  # as if the answer never came
    expect(page.get_by_text("Trying it on everything")).to_be_visible()
    page.reload()
    check.click(timeout=PATIENCE_MS)
    expect(page.get_by_text("It works: all 2 ways to ask get this answer")).to_be_visible(timeout=PATIENCE_MS)
    page.get_by_label("When a visitor asks").fill("can i leave the car with you")
    page.get_by_role("button", name="Try", exact=True).click()
    page.get_by_role("button", name="Add it to the ways to ask").click(timeout=PATIENCE_MS)
    expect(page.get_by_text("It works: all 3 ways to ask get this answer")).to_be_visible(timeout=PATIENCE_MS)
