"""Every page of the staff desk, on a desk that has been worked at: to be checked, and to be looked at."""

from collections.abc import Iterator
from datetime import date, timedelta

from playwright.sync_api import Page
from pyotp import TOTP

from chatbot import Accounts, Change, Noted, Store

PATIENCE_MS = 180_000  # an index is built, on a machine that may have other work
PASSWORD = "blue kettle sunday march"  # noqa: S105 - known to tests alone
ASKED = (
    (("do you have parking", "where can i park my car", "is there a parking garage"), "no_answer", 9),
    (("can i vape on the patio", "is smoking allowed outside"), "no_answer", 5),
    (("do you take emotional support animals", "can my dog come with me"), "none_of_these", 4),
    (("how much is it with a payment plan",), "unsure", 3),
    (("what if i get sick and miss a week",), "unhelpful", 2),
    (("who won the game last night",), "no_answer", 2),
)
COST = {"question": "How much does an IOP cost?", "phrasings": ["what is the price"], "kind": "clinic"}


def work_at(store: Store, accounts: Accounts) -> None:
    """Leave behind what weeks of work leave: messages, numbers, tests, drafts, two versions of one topic."""
    today = date.today()
    for texts, reason, count in ASKED:
        notes = [Noted(texts[n % len(texts)], reason, today - timedelta(n)) for n in range(count)]  # type: ignore[arg-type]
        store.inbox.add(notes)
    store.counts.add({place: number for n in range(60) for place, number in _day(today - timedelta(n), n)})
    store.probes.set("how long does it last", "program-length", by="ada")
    store.probes.set("is the building haunted", None, by="ed")
    store.inbox.decide(["what is the capital of france"], "dismissed", by="ed")
    mine = {**COST, "answer": "It costs **ten dollars** a day.", "phrasings": ["what is the price", "fee"]}
    theirs = {**COST, "answer": "Most people pay a share of the price. {clinic.price?}", "owner": "ed"}
    store.drafts.save("ada", "topic", "cost", mine, based_on=0)
    store.edits.save([Change("topic", "cost", theirs)], by="ed", why="the list of prices is new")
    newest = store.edits.newest("topic", "cost")
    later = {**theirs, "answer": "Call us for the price.", "until": (today + timedelta(9)).isoformat()}
    store.edits.save([Change("topic", "cost", later, newest.id if newest else 0)], by="ed")
    accounts.add("ada", "admin", PASSWORD, by="test")
    accounts.add("ed", "editor", PASSWORD, by="ada")
    accounts.add("noor", "editor", PASSWORD, by="ada")
    accounts.set_active("noor", active=False, by="ada")
    tess, secret = accounts.add("tess", "editor", PASSWORD, by="ada"), accounts.new_secret()
    accounts.use_code(tess, secret, TOTP(secret).now())


def _day(day: date, n: int) -> Iterator[tuple[tuple[date, int, str], int]]:
    asked = 6 + (n * 7) % 11
    for hour in range(8, 20):
        yield (day, hour, "messages"), 1 + (asked + hour) % 3
    for name, number in (("answer", asked), ("clarify", 2), ("no_answer", 1 + n % 4), ("small_talk", 1)):
        yield (day, -1, f"kind:{name}"), number
    for name, number in (("cost", 3), ("program-length", 2), ("how-to-start", 1)):
        yield (day, -1, f"topic:{name}"), number
    yield (day, -1, "helpful:yes"), 3
    yield (day, -1, "helpful:no"), 1


ROOMS = {
    "home": "",
    "inbox": "/inbox",
    "topics": "/topics",
    "topics-none": "/topics?q=xyzzy",
    "topics-archived": "/topics?show=archived",
    "topic": "/topics/program-length",
    "topic-with-a-draft": "/topics/cost",
    "topic-new": "/topics/new",
    "merge": "/topics/cost/merge",
    "history": "/history",
    "refused": "/changes/undo/1",
    "tests": "/tests",
    "insights": "/insights",
    "facts": "/facts",
    "settings": "/settings",
    "embed": "/embed?site=www.clinic.example",
    "exchange": "/exchange",
    "backup": "/backup",
    "people": "/people",
    "about": "/about",
    "account": "/account",
    "not-found": "/changes/topic/nothing",
}


def walk(page: Page, url: str) -> Iterator[str]:
    """Lead `page` from one page of the desk to the next, signed in as an admin; the name of each."""
    page.goto(f"{url}/staff/sign-in")
    yield "sign-in"
    sign_in(page, "ada")
    for name, path in ROOMS.items():
        page.goto(f"{url}/staff{path}")
        yield name
    page.goto(f"{url}/staff/exchange")
    for name, (file, data) in FILES.items():
        page.goto(f"{url}/staff/exchange")
        page.get_by_label("File").set_input_files({"name": file, "mimeType": "text/plain", "buffer": data})
        page.get_by_role("button", name="Try it").click()
        yield name
    page.goto(f"{url}/staff/settings")
    page.get_by_label("Color", exact=True).fill("#ffcc00")
    page.get_by_label("Color", exact=True).press("Enter")
    page.get_by_text("instead").wait_for()
    yield "settings-refused"
    page.goto(f"{url}/staff/facts")
    page.get_by_label("Phone", exact=True).fill("12")
    page.get_by_label("Phone", exact=True).press("Enter")
    page.get_by_role("alert").wait_for()
    yield "facts-refused"
    page.goto(f"{url}/staff/account")
    page.get_by_role("button", name="Set it up").click()
    yield "code-set-up"
    page.context.clear_cookies()
    page.goto(f"{url}/staff/sign-in")
    sign_in(page, "tess")
    yield "code"


WRITTEN = {
    "change-better": {
        "Question": "May I smoke or vape?",
        "Other ways to ask it": "can i vape on the patio\nis smoking allowed outside\nsmoke breaks",
        "Answer": "Not in the building. You may **on the patio**, during breaks.",
    },
    # It takes the words of another topic, and leads visitors astray.
    "change-worse": {
        "Question": "How long is a session, and how many weeks do I come?",
        "Other ways to ask it": "how long does it last\nhow many weeks is it\nlength of the program",
        "Answer": "A group session takes three hours.",
    },
}


def write(page: Page, url: str, name: str) -> None:
    """Write one of the new topics of WRITTEN, as far as the button that shows what would change."""
    page.goto(f"{url}/staff/topics/new")
    for label, text in WRITTEN[name].items():
        page.get_by_label(label, exact=True).fill(text)
    page.locator("#advice .preview").wait_for()
    page.locator(".htmx-request").wait_for(state="detached")


def changes(page: Page, url: str) -> Iterator[str]:
    """Lead `page`, signed in by `walk`, to what new topics would change, for better and for worse."""
    page.context.clear_cookies()
    page.goto(f"{url}/staff/sign-in")
    sign_in(page, "ada")
    for name in WRITTEN:
        write(page, url, name)
        page.get_by_role("button", name="See what would change").click(timeout=PATIENCE_MS)
        page.get_by_role("heading", name="What would change").wait_for(timeout=PATIENCE_MS)
        yield name


FILES = {
    "dry-run": (
        "faq.csv",
        b"Frage,Antwort,Thema\nDo you have parking?,Yes.,Visit\nMay I bring a dog?,Yes.,Visit\n",
    ),
    "dry-run-refused": ("faq.csv", b"question,answer\nDo you have parking?,Yes.\nNo answer here?,\n"),
    "columns": ("desk.csv", b"Asked,Told,\npool,No.,x\ntour,Call us.,y\n"),
    "page": (
        "visits.md",
        b"# Visiting hours\n\n## When can I visit?\n\nYou can visit on Sundays from two to four.\n",
    ),
}


def sign_in(page: Page, name: str, password: str = PASSWORD) -> None:
    """Sign somebody in, from the page that asks for it."""
    page.get_by_label("Name").fill(name)
    page.get_by_label("Password").fill(password)
    page.get_by_role("button", name="Sign in").click()
