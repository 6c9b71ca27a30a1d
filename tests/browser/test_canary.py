"""A script planted in every field runs on no page, also where no policy of the page would hold it back."""

from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import replace
from datetime import date
from pathlib import Path
from urllib.parse import quote

import pytest
from desk import PASSWORD, rate, small_knowledge
from playwright.sync_api import Page, expect
from serving import serving

from chatbot import Accounts, Bot, Change, Entry, Noted, Profile, Settings, Source, Store, secret_key
from web import create_app

from .chat import CHAT, HostSite, NewPage, open_chat, part, say, stored
from .payloads import PAYLOADS

LISTEN = """
    window.ran = [];
    window.canary = what => { window.ran.push(String(what)); };
    for (const name of ['alert', 'confirm', 'prompt', 'print']) window[name] = () => window.canary(name);
    document.addEventListener('securitypolicyviolation',
        e => window.ran.push('policy ' + e.violatedDirective + ' ' + e.blockedURI));
"""
# What would run at a touch, or has been taken for markup.
PLANTED = """() => {
    const roots = [document, ...[...document.querySelectorAll('*')].map(e => e.shadowRoot).filter(Boolean)];
    return roots.flatMap(root => [...root.querySelectorAll('*')]).filter(e =>
        e.getAttributeNames().some(n => n.startsWith('on') || n.includes('hx-on'))
        || /^\\s*(javascript|data|vbscript):/i.test(e.getAttribute('href') || e.getAttribute('src')
            || e.getAttribute('action') || e.getAttribute('formaction') || '')
        || ['IFRAME', 'OBJECT', 'EMBED', 'MARQUEE', 'MATH'].includes(e.tagName)
        || (e.tagName === 'BASE' && e.hasAttribute('href'))
        || (e.tagName === 'SCRIPT' && !e.src && e.type !== 'application/ld+json')
    ).map(e => e.outerHTML.slice(0, 200));
}"""
Victim = Callable[..., Page]
STAFF = (
    "", "/inbox", "/topics", "/topics/new", "/history", "/tests", "/insights", "/facts", "/settings",
    "/backup", "/embed", "/exchange", "/people", "/about", "/account", "/topics/cost/merge", "/topics/cost",
    "/changes/topic/cost",
)  # fmt: skip


def planted(number: int, payload: str) -> Entry:
    return Entry(
        f"planted-{number}",
        f"What is number {number}? {payload}",
        f"{payload}\n\nIt is {payload}.\n\n- {payload}\n- {{clinic.name}}",
        (f"number {number}", f"tell me about number {number} {payload}"),
        sources=(Source(payload, "https://a.example/?" + quote(payload), payload, "2026-01-01"),),
        reviewed="2026-11-23",
        group=payload,
        owner=payload[:40],
    )


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A server whose knowledge, profile, inbox, drafts, history and tests are nothing but payloads."""
    folder: Path = tmp_path_factory.mktemp("planted")
    settings = Settings(data_dir=folder, rate_limit="off", port=0)
    known = small_knowledge()
    topics = tuple(planted(n, payload) for n, payload in enumerate(PAYLOADS))
    facts = {name: PAYLOADS[n] for n, name in enumerate(("name", "hours", "address", "email", "childcare"))}
    profile = Profile({**facts, "phone": "312-555-0142"})
    knowledge = replace(known, topics=known.topics + topics, profile=profile)
    store = Store.open(settings.database_url)
    fill(store, Accounts(store, lambda: secret_key(settings)))
    app = create_app(settings, Bot(knowledge, "a key that is long enough"), store)
    with closing(store), serving(app, settings) as url:
        yield url
        app.extensions["chatbot"].live.stop()


def fill(store: Store, accounts: Accounts) -> None:
    accounts.add("ada", "admin", PASSWORD, by="<img src=x onerror=canary('by')>")
    accounts.add("ed", "editor", PASSWORD, by="test")
    today = date.today()
    store.inbox.add([Noted(f"what of {payload}"[:200], "no_answer", today) for payload in PAYLOADS])
    for number, payload in enumerate(PAYLOADS):
        store.probes.set(f"does it {payload}", "cost", by=payload[:40])
        rate(store, f"r{number}", payload, helpful=False, comment=payload)
        store.counts.add({(today, -1, f"topic:{payload}"): 9, (today, -1, f"kind:{payload}"): 9})
        store.audit.note(payload, payload, payload, {payload: payload})
    said = {
        "question": PAYLOADS[2],
        "answer": " ".join(PAYLOADS),
        "phrasings": list(PAYLOADS),
        "kind": "clinic",
    }
    draft = {**said, "answer": PAYLOADS[18], "why": PAYLOADS[4], "heard": list(PAYLOADS)}
    store.drafts.save("ada", "topic", "cost", draft, based_on=0)
    store.edits.save([Change("topic", "cost", said)], by=PAYLOADS[2], why=PAYLOADS[4])


@pytest.fixture
def victim(new_page: NewPage, site: str) -> Victim:
    """Opens a page where a script that got in would tell; without the policy, to see what it hides."""

    def open_page(*, policy: bool, signed_in: bool = False) -> Page:
        page = new_page(bypass_csp=not policy)
        page.add_init_script(LISTEN)
        page.on("dialog", lambda dialog: pytest.fail(f"a dialog: {dialog.message}"))
        if signed_in:
            page.goto(f"{site}/staff/sign-in")
            page.get_by_label("Name").fill("ada")
            page.get_by_label("Password").fill(PASSWORD)
            page.get_by_role("button", name="Sign in").click()
            page.wait_for_url(f"{site}/staff")
        return page

    return open_page


def check(page: Page, where: str) -> None:
    page.evaluate("() => document.querySelectorAll('details').forEach(d => { d.open = true; })")
    assert page.evaluate("window.ran") == [], where
    assert page.evaluate(PLANTED) == [], where


@pytest.mark.parametrize("policy", [True, False], ids=["with the policy", "without it"])
def test_no_script_runs_on_a_page_for_visitors(
    victim: Callable[..., Page], site: str, *, policy: bool
) -> None:
    page = victim(policy=policy)
    tried = "&".join(
        f"{name}={quote(PAYLOADS[2])}" for name in ("color", "label", "greeting", "topic", "lang")
    )
    for path in ("/faq", f"/?{tried}", "/privacy", "/chat"):
        page.goto(site + path)
        check(page, path)
    for payload in PAYLOADS[:: 8 if policy else 3]:
        page.get_by_label("Your question").fill(payload)
        page.get_by_role("button", name="Send").click()
        check(page, payload)
    page.goto(f"{site}/faq")
    page.locator("input[name=question]").fill(PAYLOADS[18])
    with page.expect_navigation():
        page.keyboard.press("Enter")
    check(page, "a search")
    page.goto(f"{site}/{quote(PAYLOADS[2])}")
    check(page, "nothing there")


@pytest.mark.parametrize("path", ["/", "/embed"])
def test_no_script_runs_in_the_widget(victim: Victim, site: str, path: str) -> None:
    page = victim(policy=False)
    page.goto(site + path)
    if path == "/":
        open_chat(page)
    for number, payload in list(enumerate(PAYLOADS))[:: 3 if path == "/" else 13]:
        with page.expect_response(CHAT):
            say(page, f"what is number {number}? {payload}")
    expect(part(page, "[role=log]")).to_contain_text("canary('plain')" if path == "/" else "canary(10)")
    check(page, path)


@pytest.mark.parametrize("policy", [True, False], ids=["with the policy", "without it"])
def test_no_script_runs_on_a_page_of_the_desk(
    victim: Callable[..., Page], site: str, *, policy: bool
) -> None:
    page = victim(policy=policy, signed_in=True)
    reflected = [
        f"{p}{quote(PAYLOADS[2])}" for p in ("/topics?q=", "/embed?site=", "/history?topic=", "?done=")
    ]
    for path in (*STAFF, *reflected, *(f"/topics/planted-{n}" for n in range(0, len(PAYLOADS), 6))):
        page.goto(f"{site}/staff{path}")
        check(page, path)
    for kind in ("csv", "json", "markdown"):
        with page.expect_download() as download:
            address = f"{site}/staff/exchange/export?format={kind}"
            page.evaluate("address => { location.href = address; }", address)
        assert download.value.suggested_filename


def test_a_page_of_the_desk_stands_in_no_frame(new_page: NewPage, site: str, host_site: HostSite) -> None:
    page = new_page()
    paths = ("/staff/sign-in", "/staff", "/chat", "/faq", "/embed")
    frames = "".join(f'<iframe src="{site}{path}"></iframe>' for path in paths)
    page.goto(host_site.publish(f"<!doctype html><title>Evil</title>{frames}"))
    page.wait_for_load_state("networkidle")
    assert [frame.url for frame in page.frames[1:]] == ["chrome-error://chromewebdata/"] * len(paths)


def test_after_signing_out_the_back_button_shows_nothing_of_the_desk(
    victim: Callable[..., Page], site: str
) -> None:
    page = victim(policy=True, signed_in=True)
    page.goto(f"{site}/staff/inbox")
    page.get_by_role("button", name="Sign out").click()
    page.get_by_label("Password").wait_for()
    page.go_back()
    expect(page.get_by_label("Password")).to_be_visible()
    expect(page.get_by_role("link", name="Inbox")).to_have_count(0)
    session, local, cookie = stored(page)
    assert session.keys() <= {"htmx-current-path-for-history"}
    assert (local, cookie) == ({}, "")
