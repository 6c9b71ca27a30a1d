"""The widget as it is sent: small, cacheable, with the clinic's own words in it; and its page."""

import base64
import gzip
import hashlib
import html
import json
import re
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from flask.testing import FlaskClient

from chatbot import Action, Bot, Profile, Reply, Suggestion
from web import widget

SOURCE = (Path(widget.__file__).parent / "static" / "widget.js").read_text("utf-8")


class ClinicBot(Bot):
    """A bot whose clinic has a phone number, and a greeting with signs that mean something to JavaScript."""

    words = 'It\'s "us" \\ `${1}` </script> \u2028 <p>'

    @property
    def profile(self) -> Profile:
        return Profile({"name": "Riverbend Counseling", "phone": "(312) 555-0142"})

    @property
    def contact(self) -> tuple[Action, ...]:
        return (
            Action("tel", "Call Riverbend Counseling", "tel:3125550142"),
            Action("link", "Write to us", "https://a.example"),
        )

    @property
    def greeting(self) -> Reply:
        return replace(super().greeting, html=self.words, suggestions=(Suggestion("One", "one?"),))


@pytest.fixture
def clinic_bot(bot: Bot) -> Bot:
    return ClinicBot(bot.engine)


def served(body: str) -> dict[str, object]:
    """What stands in the file for this clinic."""
    value, _ = json.JSONDecoder().raw_decode(body[body.index('{"greeting":') :])
    assert isinstance(value, dict)
    return value


def test_it_is_at_most_nine_thousand_bytes_compressed(bot: Bot, clinic_bot: Bot) -> None:
    for file in (widget.widget_file(bot), widget.widget_file(clinic_bot)):
        assert len(gzip.compress(file.body, 9, mtime=0)) <= 9_000


def test_comments_indentation_and_long_names_stay_on_the_server(bot: Bot) -> None:
    body = widget.widget_file(bot).body.decode()
    assert "/*" not in body
    assert "// " not in body.replace("https://", "")
    assert "\n  " not in body
    assert "replyNode" in SOURCE
    assert "replyNode" not in body
    assert "{ " not in re.search(r"`:host\{(.*?)`", body, re.DOTALL)[1]  # type: ignore[index]


def test_the_color_that_staff_chose_takes_the_place_of_our_own(bot: Bot) -> None:
    ours, chosen = (widget.widget_file(bot, color).body.decode() for color in ("", "#7a3e9d"))
    assert ours.count("#0b5c63") == 1
    assert chosen == ours.replace("#0b5c63", "#7a3e9d")


def test_words_in_another_language_are_a_file_of_their_own_that_may_be_kept(
    client: FlaskClient, bot: Bot
) -> None:
    words = served(widget.widget_file(bot).body.decode())["words"]
    assert isinstance(words, dict)
    address = words["es"].removeprefix("../..")
    response = client.get(address, headers={"Origin": "https://elsewhere.example"})
    assert response.get_json()["send"] == "Enviar"
    assert response.content_type == "application/json"
    assert (response.cache_control.max_age, response.cache_control.immutable) == (31536000, True)
    assert response.headers["Access-Control-Allow-Origin"] == "*"
    older = client.get("/widget.es.0123456789abcdef.json")
    assert (older.data, older.cache_control.max_age) == (response.data, 300)
    assert client.get("/widget.xx.0123456789abcdef.json").status_code == 404


def test_a_server_that_can_compress_it_for_the_browser_does(client: FlaskClient) -> None:
    plain = client.get("/widget.js")
    packed = client.get("/widget.js", headers={"Accept-Encoding": "br, gzip;q=0.8"})
    assert packed.headers["Content-Encoding"] == "gzip"
    assert gzip.decompress(packed.data) == plain.data
    assert "Content-Encoding" not in plain.headers
    assert "Accept-Encoding" in packed.headers["Vary"]
    assert "Accept-Encoding" in plain.headers["Vary"]


def test_it_is_javascript_that_is_soon_asked_for_again_and_then_often_not_sent(client: FlaskClient) -> None:
    first = client.get("/widget.js")
    assert first.content_type == "text/javascript; charset=utf-8"
    assert 0 < (first.cache_control.max_age or 0) <= 600
    again = client.get("/widget.js", headers={"If-None-Match": first.headers["ETag"]})
    assert (again.status_code, again.data) == (304, b"")


def test_the_address_with_a_hash_may_be_kept_for_a_year(client: FlaskClient, bot: Bot) -> None:
    response = client.get(f"/widget.{widget.widget_file(bot).digest}.js")
    assert response.data == client.get("/widget.js").data
    assert response.cache_control.max_age == 31536000
    assert response.cache_control.immutable


def test_a_page_with_the_hash_of_an_older_widget_gets_the_one_of_today(client: FlaskClient) -> None:
    response = client.get("/widget.0123456789abcdef.js")
    assert (response.status_code, response.headers["Location"]) == (302, "/widget.js")
    assert "immutable" not in response.headers.get("Cache-Control", "")


def test_a_version_that_a_page_has_pinned_is_kept_as_it_was(
    client_with: Callable[..., FlaskClient], bot: Bot, clinic_bot: Bot, tmp_path: Path
) -> None:
    client = client_with(clinic_bot, data_dir=tmp_path)
    address = f"/widget.{widget.widget_file(clinic_bot).digest}.js"
    pinned = client.get(address).data
    later = client_with(bot, data_dir=tmp_path)
    assert later.get("/widget.js").data != pinned
    response = later.get(address)
    assert (response.data, response.cache_control.max_age) == (pinned, 31536000)
    (file,) = (tmp_path / "widgets").iterdir()
    file.write_bytes(pinned + b"//")
    assert later.get(address).status_code == 302, "one that was changed is none of ours"


def test_where_no_version_can_be_kept_the_one_of_today_is_served(
    client_with: Callable[..., FlaskClient], bot: Bot, tmp_path: Path
) -> None:
    (tmp_path / "widgets").write_text("in the way", "utf-8")
    client = client_with(bot, data_dir=tmp_path)
    assert client.get(f"/widget.{widget.widget_file(bot).digest}.js").status_code == 200
    assert client.get("/").status_code == 200


@pytest.mark.parametrize(
    "name", ["widget.ABCDEF0123456789.js", "widget.0123.js", "widget.0123456789abcde-.js"]
)
def test_what_is_no_hash_of_ours_is_not_found(client: FlaskClient, name: str) -> None:
    assert client.get(f"/{name}").status_code == 404


def test_pages_of_any_origin_may_load_it(client: FlaskClient) -> None:
    headers = client.get("/widget.js", headers={"Origin": "https://elsewhere.example"}).headers
    assert headers["Access-Control-Allow-Origin"] == "*"
    assert headers["Cross-Origin-Resource-Policy"] == "cross-origin"
    assert "Set-Cookie" not in headers


def test_it_holds_the_greeting_the_starters_and_the_help_lines_of_the_bot(bot: Bot) -> None:
    known = served(widget.widget_file(bot).body.decode())
    assert known["greeting"] == {
        "html": bot.greeting.html,
        "suggestions": [{"label": s.label, "message": s.message} for s in bot.greeting.suggestions],
    }
    assert known["help"] == [{"href": a.href, "label": a.label} for a in bot.help_lines]
    assert {"tel:988", "sms:988", "tel:911"} <= {action.href for action in bot.help_lines}


def test_the_clinics_number_can_be_read_and_not_only_dialed(clinic_bot: Bot) -> None:
    known = served(widget.widget_file(clinic_bot).body.decode())
    assert known["contact"] == [
        {"href": "tel:3125550142", "label": "Call (312) 555-0142"},
        {"href": "https://a.example", "label": "Write to us"},
    ]
    assert {"href": "tel:3125550142", "label": "Call Riverbend Counseling: (312) 555-0142"} in known["help"]  # type: ignore[operator]


def test_nothing_in_a_greeting_can_break_the_script(clinic_bot: Bot) -> None:
    known = served(widget.widget_file(clinic_bot).body.decode())
    assert known["greeting"] == {
        "html": ClinicBot.words,
        "suggestions": [{"label": "One", "message": "one?"}],
    }


def test_another_greeting_is_another_hash(bot: Bot, clinic_bot: Bot) -> None:
    assert widget.widget_file(bot).digest != widget.widget_file(clinic_bot).digest
    assert widget.widget_file(bot).digest == widget.widget_file(bot).digest


def test_the_file_by_itself_has_a_greeting_and_help_lines_too() -> None:
    assert re.search(r"const SERVED = \{\s*greeting: \{\s*html: '<p>", SOURCE)
    for line in ("tel:988", "sms:988", "tel:911"):
        assert line in SOURCE


@pytest.mark.parametrize(
    "forbidden",
    [
        "innerHTML",
        "outerHTML",
        "insertAdjacentHTML",
        "document.write",
        "DOMParser",
        "eval(",
        "new Function",
        "document.cookie",
        "localStorage",
        "indexedDB",
        "unload",
        "MutationObserver",
        "data:",
        "import(",
    ],
)
def test_the_widget_does_without(forbidden: str) -> None:
    code = re.sub(r"/\*.*?\*/|^\s*//.*?$", "", SOURCE, flags=re.DOTALL | re.MULTILINE)
    assert forbidden not in code


def test_every_setting_is_explained_at_the_top_and_every_explained_one_exists() -> None:
    explained = set(re.findall(r"data-([a-z-]+)", SOURCE.split("*/")[0])) - {"text-", "text-send"}
    options = re.search(r"const OPTIONS = \[(.*?)\]", SOURCE, re.DOTALL)
    assert options
    known = {re.sub("[A-Z]", lambda m: f"-{m[0].lower()}", n) for n in re.findall(r"'(\w+)'", options[1])}
    assert explained == known - {"src"}


def test_every_word_for_visitors_is_used_and_every_used_one_exists() -> None:
    block = re.search(r"const WORDS = \{(.*?)\n  \};", SOURCE, re.DOTALL)
    assert block
    words = set(re.findall(r"^    (\w+):", block[1], re.MULTILINE))
    assert words == set(re.findall(r"\bwords\.(\w+)", SOURCE))


def test_every_language_has_every_word_and_keeps_what_is_filled_in() -> None:
    block = re.search(r"const WORDS = \{(.*?)\n  \};", SOURCE, re.DOTALL)
    assert block
    english = dict(re.findall(r"^    (\w+): '(.*)',", block[1], re.MULTILINE))
    files = sorted((Path(widget.__file__).parent / "words").glob("*.json"))
    assert files
    for path in files:
        words = json.loads(path.read_text("utf-8"))
        assert list(words) == list(english)
        assert all(words.values())
        for name, text in words.items():
            assert re.findall(r"\{\w+\}", text) == re.findall(r"\{\w+\}", english[name]), name


def test_the_page_at_the_root_says_that_it_is_a_demonstration_and_gives_the_line_to_copy(
    client: FlaskClient,
) -> None:
    page = client.get("/", base_url="https://bot.example").text
    assert "Demonstration" in page
    assert "is not a real clinic" in page
    assert "&lt;script async src=&#34;https://bot.example/widget.js&#34;&gt;" in page.replace('"', "&#34;")
    assert '<script async src="/widget.js"></script>' in page


def test_without_the_widget_the_page_is_the_same(client: FlaskClient) -> None:
    tag = '<script async src="/widget.js"></script>'
    assert client.get("/?nowidget").text.strip() == client.get("/").text.replace(tag, "").strip()


def test_what_is_chosen_on_the_page_is_tried_there_and_stands_in_the_line_to_copy(
    client: FlaskClient,
) -> None:
    chosen = {
        "label": 'Say "hi" & <b>',
        "position": "left",
        "theme": "",
        "nonsense": "x",
        "greeting": "y" * 999,
    }
    page = client.get("/", query_string=chosen).text
    label = 'data-label="Say &#34;hi&#34; &amp; &lt;b&gt;"'
    rest = f'data-greeting="{"y" * 200}" data-position="left"'
    assert f'<script async src="/widget.js" {label} {rest}></script>' in page
    shown = re.findall(r"<code>(&lt;script async.*?)\n", page)[0]
    assert html.unescape(shown) == f'<script async src="http://localhost/widget.js" {label} {rest}></script>'
    assert '<option value="left" selected>' in page
    assert "data-odd" not in page


def test_the_page_needs_neither_scripts_nor_styles_within_it(client: FlaskClient) -> None:
    response = client.get("/")
    policy = response.headers["Content-Security-Policy"]
    assert policy.startswith("default-src 'none'; script-src 'self'; style-src 'self';")
    assert "unsafe" not in policy
    assert not re.search(r"<style|\sstyle=|\son\w+=|javascript:|<script(?! async src)", response.text)


def test_the_page_names_the_frame_the_faq_and_this_versions_address(
    client_with: Callable[..., FlaskClient], clinic_bot: Bot
) -> None:
    client = client_with(clinic_bot)
    page = client.get("/").text
    file = widget.widget_file(clinic_bot)
    address = f"/widget.{file.digest}.js"
    assert address in page
    assert client.get(address).status_code == 200
    (integrity,) = re.findall(r'integrity="sha384-([^"]+)" crossorigin="anonymous"', page)
    assert base64.b64decode(integrity) == hashlib.sha384(file.body).digest()
    for path in ("/embed", "/faq"):
        assert path in page
        assert client.get(path).status_code == 200
