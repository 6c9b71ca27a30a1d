"""`chatbot doctor`: what is wrong with the widget on a page, against real servers."""

import base64
import hashlib
import json
import re
import threading
from collections.abc import Callable, Iterator
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from cli_support import run
from click.testing import Result

from chatbot import Bot, Settings, Store
from chatbot.cli.doctor import OPTIONS
from chatbot.cli.policy import allows
from web import create_app
from web.server import Server

Look = Callable[..., Result]
Published = dict[str, tuple[str, dict[str, str]]]


@pytest.fixture
def site() -> Iterator[tuple[str, Published]]:
    """A clinic's website: its address, and its pages by path with their headers."""
    pages: Published = {}

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            html, headers = pages.get(self.path, ("", {}))
            self.send_response(200 if html else 404)
            for name, value in headers.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(html.encode())

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the name it has there
            """Keep quiet."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}", pages
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture
def server_for(
    start: Callable[..., Server], settings: Settings, bot: Bot, store: Store
) -> Callable[..., str]:
    def serve(*origins: str) -> str:
        open_to = replace(settings, allowed_origins=origins)
        server = start(create_app(open_to, bot, store), open_to)
        return f"http://{server.effective_host}:{server.effective_port}"

    return serve


@pytest.fixture
def look(tmp_path: Path, site: tuple[str, Published]) -> Look:
    """Publishes a page and has the doctor look at it."""

    def look(html: str, *more: str, **headers: str) -> Result:
        url, pages = site
        pages["/"] = (html, {name.replace("_", "-"): value for name, value in headers.items()})
        return run(tmp_path, "doctor", f"{url}/", *more)

    return look


def rows(result: Result) -> list[list[str]]:
    return [line.split("\t") for line in result.stdout.splitlines()]


def test_a_page_that_is_set_up_right_passes(
    site: tuple[str, Published], server_for: Callable[..., str], look: Look
) -> None:
    bot = server_for(site[0])
    html = (
        f'<script async src="{bot}/widget.js" data-color="#123" data-text-send="Go"></script>'
        f'<noscript><a href="{bot}/faq">Questions</a></noscript>'
    )
    policy = f"default-src 'none'; script-src {bot}; connect-src {bot}"
    result = look(html, Content_Security_Policy=policy)
    assert result.exit_code == 0, result.output
    assert {row[0] for row in rows(result)} == {"right"}
    assert len(rows(result)) == 6


def test_an_origin_that_is_not_allowed_is_named_with_the_setting(
    site: tuple[str, Published], server_for: Callable[..., str], look: Look
) -> None:
    bot = server_for()
    result = look(f'<script src="{bot}/widget.js"></script>')
    assert result.exit_code == 1
    assert f"Allow {site[0]} on the desk, or add it to CHATBOT_ALLOWED_ORIGINS" in result.stdout
    assert "hint\tVisitors without JavaScript find no link to /faq." in result.stdout


def test_a_policy_that_forbids_it_is_told_with_what_to_add(
    site: tuple[str, Published], server_for: Callable[..., str], look: Look
) -> None:
    bot = server_for(site[0])
    script = f'<script src="{bot}/widget.js"></script>'
    result = look(script, Content_Security_Policy="default-src 'self'")
    assert result.exit_code == 1
    assert [f"Add {bot} to {name} there." for name in ("script-src", "connect-src")] == [
        row[2] for row in rows(result) if row[0] == "wrong"
    ]
    meta = f'<meta http-equiv="Content-Security-Policy" content="connect-src {bot}; script-src *">{script}'
    assert look(meta).exit_code == 0


@pytest.mark.parametrize(
    ("attributes", "said"),
    [
        ('data-colour="red"', "There is no data-colour."),
        ('data-position="top"', "data-position is 'top'."),
        ('integrity="sha384-AAAA" crossorigin', "The integrity attribute does not fit"),
        ('integrity="{right}"', "crossorigin is missing"),
    ],
)
def test_a_wrong_attribute_is_told(
    site: tuple[str, Published], server_for: Callable[..., str], look: Look, attributes: str, said: str
) -> None:
    bot = server_for(site[0])
    from chatbot.cli.doctor import fetch

    digest = base64.b64encode(hashlib.sha384(fetch(f"{bot}/widget.js").body).digest()).decode()
    attributes = attributes.replace("{right}", f"sha384-{digest}")
    result = look(f'<script src="{bot}/widget.js" {attributes}></script>')
    assert result.exit_code == 1
    assert said in result.stdout
    if "sha384" in attributes:
        whole = f'<script src="{bot}/widget.js" integrity="sha384-{digest}" crossorigin></script>'
        assert look(whole).exit_code == 0


def test_a_page_without_it_is_told_unless_its_address_is_given(
    site: tuple[str, Published], server_for: Callable[..., str], look: Look
) -> None:
    bot = server_for(site[0])
    assert "No widget is on the page" in look("<h1>Clinic</h1>").stdout
    assert look("<h1>Clinic</h1>", "--widget", f"{bot}/widget.js").exit_code == 0


def test_a_frame_is_looked_at_where_no_script_is(
    site: tuple[str, Published], server_for: Callable[..., str], look: Look
) -> None:
    open_to, closed = server_for(site[0]), server_for()
    assert look(f'<iframe src="{open_to}/embed"></iframe>').exit_code == 0
    result = look(f'<iframe src="{closed}/embed"></iframe>')
    assert (result.exit_code, "CHATBOT_ALLOWED_ORIGINS" in result.stdout) == (1, True)


def test_a_bot_that_is_off_and_a_server_that_is_gone_are_told(
    site: tuple[str, Published], server_for: Callable[..., str], look: Look, store: Store
) -> None:
    bot = server_for(site[0])
    store.switch(off=True)
    result = look(f'<script src="{bot}/widget.js"></script>', "--json")
    assert result.exit_code == 1
    (wrong,) = [found for found in json.loads(result.stdout) if found["verdict"] == "wrong"]
    assert "switched off" in wrong["text"]
    assert "no answer" in look('<script src="http://127.0.0.1:9/widget.js"></script>').stdout


@pytest.mark.parametrize("address", ["nonsense", "ftp://a.example/", "http://"])
def test_what_is_no_address_is_a_wrong_call(tmp_path: Path, address: str) -> None:
    result = run(tmp_path, "doctor", address)
    assert result.exit_code == 2
    assert repr(address) in result.stderr


def test_the_doctor_knows_the_settings_of_the_widget() -> None:
    source = (Path(__file__).parent.parent / "web/static/widget.js").read_text("utf-8")
    options = re.search(r"const OPTIONS = \[(.*?)\]", source, re.DOTALL)
    assert options
    names = {re.sub("[A-Z]", lambda m: f"-{m[0].lower()}", n) for n in re.findall(r"'(\w+)'", options[1])}
    assert names - {"src"} == OPTIONS


@pytest.mark.parametrize(
    ("policy", "is_allowed"),
    [
        ("", True),
        ("img-src 'none'", True),
        ("script-src 'none'", False),
        ("default-src 'none'", False),
        ("script-src *", True),
        ("script-src https:", True),
        ("script-src http:", True),
        ("script-src wss:", False),
        ("script-src bot.clinic.example", True),
        ("script-src clinic.example", False),
        ("script-src *.clinic.example", True),
        ("script-src http://bot.clinic.example", True),
        ("script-src https://bot.clinic.example:8443", False),
        ("script-src https://bot.clinic.example:*", True),
        ("script-src https://bot.clinic.example/widget.js", True),
        ("script-src https://bot.clinic.example/other/", False),
        ("script-src 'self'", False),
        ("script-src 'nonce-abc'", True),
        ("script-src 'strict-dynamic' *", False),
        ("SCRIPT-SRC 'none'; script-src *", False),
    ],
)
def test_a_policy_is_read_as_browsers_read_it(policy: str, is_allowed: bool) -> None:  # noqa: FBT001
    there, here = "https://bot.clinic.example/widget.js", "https://www.clinic.example/"
    assert allows(policy, ["script-src-elem", "script-src", "default-src"], there, here, "abc") is is_allowed
