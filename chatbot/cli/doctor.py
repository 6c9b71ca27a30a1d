"""The command that looks at a page as a browser gets it, and says whether its widget is set up right."""

import base64
import hashlib
import re
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, field
from html.parser import HTMLParser
from typing import Literal
from urllib.parse import urljoin, urlsplit

import click

from chatbot.cli.policy import allows
from chatbot.cli.program import main, print_json, screen
from chatbot.cli.terminal import rows_text

# As the widget has them; tests/test_cli_doctor.py compares.
OPTIONS = frozenset(
    [
        "color",
        "exit",
        "font-scale",
        "greeting",
        "history",
        "label",
        "lang",
        "open",
        "persist",
        "position",
        "site",
        "suggest",
        "theme",
        "topic",
    ]
)
CHOICES = {
    "position": ("left", "right"),
    "theme": ("light", "dark"),
    "history": ("tab", "session", "none"),
    "suggest": ("none",),
    "open": ("true", "false"),
}
_WIDGET = re.compile(r"/widget(?:\.[0-9a-f]{16})?\.js$")
_PATIENCE_S = 10
_MAX_BYTES = 5_000_000

Verdict = Literal["right", "wrong", "hint"]


@dataclass(frozen=True, slots=True)
class Finding:
    """What was looked at and what is to do about it."""

    verdict: Verdict
    text: str
    cure: str = ""


@dataclass(frozen=True, slots=True)
class Answer:
    """What a server said, with headers by their lower-case names; status 0: nothing, and why in `reason`."""

    url: str
    status: int = 0
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""
    reason: str = ""


class Page(HTMLParser):
    """The parts of a page that matter here: its widget scripts, frames, links, and policies within it."""

    def __init__(self, answer: Answer) -> None:
        """Read the page that was fetched."""
        super().__init__()
        self.url = answer.url
        self.base = answer.url
        self.scripts: list[dict[str, str]] = []
        self.elements: list[dict[str, str]] = []
        self.frames: list[str] = []
        self.links: list[str] = []
        self.policies = [answer.headers.get("content-security-policy", "")]
        self.feed(answer.body.decode("utf-8", "replace"))

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Note a tag."""
        given = {name: value or "" for name, value in attrs}
        address = urljoin(self.base, given.get("src") or given.get("href") or "")
        if tag == "base" and "href" in given:
            self.base = address
        elif tag == "script" and _WIDGET.search(urlsplit(address).path):
            site = given.get("data-site")  # of several clinics: that one's own widget takes this one's place
            own = urljoin(address, f"s/{site}/widget.js") if site else address
            self.scripts.append({**given, "src": own})
        elif tag == "faq-chat":
            self.elements.append(given)
        elif tag == "iframe" and urlsplit(address).path.endswith("/embed"):
            self.frames.append(address)
        elif tag == "a":
            self.links.append(address)
        elif tag == "meta" and given.get("http-equiv", "").lower() == "content-security-policy":
            self.policies.append(given.get("content", ""))


@main.command()
@click.argument("url")
@click.option("--widget", default="", help="The widget's address, where a tag manager puts it on the page.")
@click.option("--json", "as_json", is_flag=True, help="Print a list of objects.")
def doctor(url: str, widget: str, *, as_json: bool) -> int:
    """Say whether the widget on a page is set up right.

    Fetches the page, the widget and what it would ask, as a browser does, and reads the page's policy.
    The status is 1 where something is wrong.

    \b
    Example:
      chatbot doctor https://www.your-clinic.example/
    """
    for address in filter(None, (url, widget)):
        if urlsplit(address).scheme not in ("http", "https") or not urlsplit(address).hostname:
            raise click.UsageError(f"{address!r} is not an address such as https://www.your-clinic.example/")
    findings = list(examine(url, widget))
    if as_json:
        print_json([asdict(finding) for finding in findings], indent=2)
    else:
        click.echo(rows_text(screen(), [(f.verdict, f.text, f.cure) for f in findings]))
    return int(any(finding.verdict == "wrong" for finding in findings))


def examine(url: str, widget: str = "") -> Iterator[Finding]:
    """Look at a page. `widget` is the address of its widget where the page's own text does not name it."""
    answer = fetch(url)
    if answer.status != 200:
        yield Finding("wrong", f"{url} gives {_said(answer)}.", "Is this the page's address?")
        return
    page = Page(answer)
    scripts = page.scripts or ([{"src": widget}] if widget else [])
    if not scripts and page.frames:
        yield from _frame(page, page.frames[0])
        return
    if not scripts:
        cure = "Put the line in, or name its address with --widget where a tag manager does."
        yield Finding("wrong", "No widget is on the page as it is sent.", cure)
        return
    yield Finding("right", f"The page holds {scripts[0]['src']}.")
    if len(scripts) > 1:
        yield Finding("hint", f"It is on the page {len(scripts)} times; the first counts.")
    yield from _script(page, scripts[0])
    yield from _attributes([*scripts, *page.elements])
    yield from _policy(page, scripts[0])
    yield from _api(page, scripts[0]["src"])
    if not any(urlsplit(link).path.endswith("/faq") for link in page.links):
        yield Finding(
            "hint", "Visitors without JavaScript find no link to /faq.", "Add one within <noscript>."
        )


def _frame(page: Page, address: str) -> Iterator[Finding]:
    answer = fetch(address)
    if answer.status != 200:
        yield Finding("wrong", f"The frame {address} gives {_said(answer)}.", "Does the server run there?")
        return
    policy, here = answer.headers.get("content-security-policy", ""), _origin(page.url)
    if allows(policy, ["frame-ancestors"], page.url, answer.url):
        yield Finding("right", f"{here} may frame {address}.")
    else:
        yield Finding("wrong", f"{here} may not frame {address}.", _add(here))


def _script(page: Page, script: Mapping[str, str]) -> Iterator[Finding]:
    answer = fetch(script["src"], page.url)
    if answer.status != 200 or b"faq-chat" not in answer.body:
        what = f"Its address gives {_said(answer)}, and no widget."
        yield Finding("wrong", what, "Does the server run there?")
        return
    yield Finding("right", f"Its address gives a widget of {len(answer.body):,} bytes.")
    if (urlsplit(page.url).scheme, urlsplit(script["src"]).scheme) == ("https", "http"):
        yield Finding("wrong", "A page with https loads no script with http.", "Serve the widget with https.")
    if "integrity" in script:
        yield from _integrity(page, script, answer.body)


def _integrity(page: Page, script: Mapping[str, str], body: bytes) -> Iterator[Finding]:
    kind, _, digest = script["integrity"].partition("-")
    known = {"sha256": hashlib.sha256, "sha384": hashlib.sha384, "sha512": hashlib.sha512}.get(kind)
    if known is None or base64.b64encode(known(body).digest()).decode() != digest:
        cure = "Copy the line for a pinned version from the server's page at / anew."
        yield Finding("wrong", "The integrity attribute does not fit: browsers refuse the widget.", cure)
    elif "crossorigin" not in script and _origin(page.url) != _origin(script["src"]):
        yield Finding("wrong", "Beside integrity, crossorigin is missing.", 'Add crossorigin="anonymous".')
    else:
        yield Finding("right", "The integrity attribute fits.")


def _attributes(tags: list[dict[str, str]]) -> Iterator[Finding]:
    for name, value in ((n[5:], v) for tag in tags for n, v in tag.items() if n.startswith("data-")):
        choices = CHOICES.get(name)
        if name not in OPTIONS and not name.startswith("text-"):
            known = ", ".join(f"data-{option}" for option in sorted(OPTIONS))
            yield Finding("wrong", f"There is no data-{name}.", f"Known are {known} and data-text-…")
        elif choices and value not in choices:
            yield Finding("wrong", f"data-{name} is {value!r}.", f"Known are {', '.join(choices)}.")


def _policy(page: Page, script: Mapping[str, str]) -> Iterator[Finding]:
    origin, nonce = _origin(script["src"]), script.get("nonce", "")
    wanted = (
        ("script-src", ["script-src-elem", "script-src", "default-src"], script["src"], nonce),
        ("connect-src", ["connect-src", "default-src"], _api_address(script["src"], "chat"), ""),
    )
    for policy in filter(None, page.policies):
        for name, directives, address, key in wanted:
            if allows(policy, directives, address, page.url, key):
                yield Finding("right", f"The page's policy allows it as {name}.")
            else:
                what = f"The page's Content-Security-Policy forbids it as {name}."
                yield Finding("wrong", what, f"Add {origin} to {name} there.")


def _api(page: Page, script: str) -> Iterator[Finding]:
    here = _origin(page.url)
    if here != _origin(script):
        asked = {"Access-Control-Request-Method": "POST", "Access-Control-Request-Headers": "content-type"}
        answer = fetch(_api_address(script, "chat"), page.url, "OPTIONS", asked)
        if answer.headers.get("access-control-allow-origin") != here:
            yield Finding("wrong", f"{here} may not ask the assistant ({_said(answer)}).", _add(here))
            return
        yield Finding("right", f"{here} may ask the assistant.")
    json = {"Content-Type": "application/json"}
    answer = fetch(_api_address(script, "suggest"), page.url, "POST", json, b'{"text": "cost"}')
    if answer.status == 200:
        yield Finding("right", "The assistant answers.")
    elif answer.status == 503:
        yield Finding("wrong", "The assistant is switched off or not ready.", "See chatbot on, and /readyz.")
    else:
        yield Finding("wrong", f"The assistant gives {_said(answer)}.", "See the server's log.")


def fetch(
    url: str,
    page: str = "",
    method: str = "GET",
    headers: Mapping[str, str] | None = None,
    body: bytes | None = None,
) -> Answer:
    """Ask a server, as a script on `page` would; whatever goes wrong is an answer too."""
    import urllib.error  # a cost that only this command has to bear
    import urllib.request

    sent = {"User-Agent": "chatbot-doctor", **(headers or {})}
    if page:
        sent["Origin"] = _origin(page)
    request = urllib.request.Request(url, body, sent, method=method)  # noqa: S310 - http and https only
    try:
        with urllib.request.urlopen(request, timeout=_PATIENCE_S) as response:  # noqa: S310
            got = {name.lower(): value for name, value in response.headers.items()}
            return Answer(response.url, response.status, got, response.read(_MAX_BYTES))
    except urllib.error.HTTPError as error:
        return Answer(url, error.code, {name.lower(): value for name, value in error.headers.items()})
    except urllib.error.URLError as error:
        return Answer(url, reason=str(error.reason))
    except OSError as error:
        return Answer(url, reason=str(error))


def _said(answer: Answer) -> str:
    return f"status {answer.status}" if answer.status else f"no answer ({answer.reason})"


def _origin(address: str) -> str:
    parts = urlsplit(address)
    return f"{parts.scheme}://{parts.netloc}"


def _api_address(script: str, path: str) -> str:
    return urljoin(script, f"api/v1/{path}")


def _add(origin: str) -> str:
    return f"Allow {origin} on the desk, or add it to CHATBOT_ALLOWED_ORIGINS of the server."
