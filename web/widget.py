"""The embeddable widget as one small file with the clinic's own words in it, and a page that tries it."""

import base64
import gzip
import hashlib
import json
import re
from dataclasses import asdict, dataclass, replace
from functools import cache, lru_cache
from pathlib import Path

from flask import Flask, Response, abort, redirect, render_template, request, url_for
from werkzeug.wrappers import Response as BaseResponse

from chatbot import Action, Bot
from web.kept import Kept
from web.parts import parts

_SOURCE = Path(__file__).parent / "static" / "widget.js"
# The WORDS of the widget in other languages, a file each, named by its tag.
_WORDS = Path(__file__).parent / "words"
_SERVED = re.compile(r"const SERVED = \{.*?\n  \};", re.DOTALL)
_STYLE = re.compile(r"(?<=const STYLE = `).*?(?=`)", re.DOTALL)
_COLOR = "#0b5c63"  # of the widget, where staff have set none
# A changed answer or phone number reaches every page within this time.
_SHORT = "public, max-age=300"
_LONG = "public, max-age=31536000, immutable"

# As strict as on the other pages but for Trusted Types: what measures the widget here has to change the page.
_DEMO_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; "
    "form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)


# What the page at / lets one try, with the longest value that is worth it.
_SWITCHES = ("color", "label", "greeting", "topic", "position", "theme", "lang", "history", "suggest", "open")
_MAX_SWITCH = 200


@dataclass(frozen=True, slots=True)
class SentFile:
    """The widget, or words for it, as it is sent; `digest` changes whenever the content does."""

    body: bytes
    gzipped: bytes
    digest: str

    @property
    def integrity(self) -> str:
        """What an integrity attribute holds for it."""
        return "sha384-" + base64.b64encode(hashlib.sha384(self.body).digest()).decode()


def register(app: Flask, bot: Bot | None = None) -> None:
    """Add the widget's addresses and the page at / to `app`; without a bot it is the app's own."""

    def current() -> SentFile:
        return widget_file(bot or parts().bot, parts().color.now())

    @app.get("/widget.js")
    def widget() -> Response:
        return _answer(current(), _SHORT)

    @app.get("/widget.<string(length=16):digest>.js")
    def hashed_widget(digest: str) -> BaseResponse:
        return _pinned(digest, current())

    @app.get("/widget.<string(length=2):language>.<string(length=16):digest>.json")
    def words(language: str, digest: str) -> Response:
        file = _translations().get(language)
        if not file:
            abort(404)
        # A widget that is older gets the words of today: those that it does not know do no harm.
        return _answer(file, _LONG if digest == file.digest else _SHORT, "application/json")

    @app.get("/")
    def demo() -> Response:
        file = current()
        _kept().keep(file.digest, file.body)
        page = render_template(
            "demo.html",
            has_widget="nowidget" not in request.args,
            chosen=_chosen(),
            address=url_for("widget", _external=True),
            pinned=url_for("hashed_widget", digest=file.digest, _external=True),
            integrity=file.integrity,
        )
        return Response(page, headers={"Cache-Control": "no-cache", "Content-Security-Policy": _DEMO_POLICY})


def _pinned(digest: str, file: SentFile) -> BaseResponse:
    """The widget that a page has pinned; `file` is the one of today."""
    if digest == file.digest:
        _kept().keep(digest, file.body)
        return _answer(file, _LONG)
    if kept := _kept().find(digest):
        return _answer(_packed(kept), _LONG)
    if not re.fullmatch(r"[0-9a-f]{16}", digest):
        abort(404)
    # A page may be older than the last change: it gets the widget of today rather than none.
    return _open_to_all(redirect(url_for("widget")))


def widget_file(bot: Bot, color: str = "") -> SentFile:
    """Write the widget with the words and contact that `bot` has now, and a color of its own."""
    greeting = bot.greeting
    known = {
        "greeting": {"html": greeting.html, "suggestions": [asdict(s) for s in greeting.suggestions]},
        "help": [_help_line(action, bot) for action in bot.help_lines],
        "contact": [_contact(action, bot) for action in bot.contact],
        "hours": bot.profile.facts.get("hours", ""),
        # From where the widget's requests go.
        "words": {name: f"../../widget.{name}.{file.digest}.json" for name, file in _translations().items()},
    }
    return _filled(json.dumps(known, ensure_ascii=False, separators=(",", ":")), color)


@cache
def _translations() -> dict[str, SentFile]:
    files = {path.stem: _packed(_squeezed_json(path)) for path in sorted(_WORDS.glob("*.json"))}
    # One digest for all: what stands twice costs the widget next to nothing, another for each some 20 bytes.
    digest = _packed(b"".join(file.body for file in files.values())).digest
    return {name: replace(file, digest=digest) for name, file in files.items()}


def _squeezed_json(path: Path) -> bytes:
    words = json.loads(path.read_text("utf-8"))
    return json.dumps(words, ensure_ascii=False, separators=(",", ":")).encode()


def squeeze(source: str) -> str:
    """Take comments, spaces and long names out of the JavaScript of the widget and its style sheet."""
    # Its 0.1 s is for who serves the widget to pay.
    import minify  # type: ignore[import-untyped]

    def squeezed_style(style: re.Match[str]) -> str:
        bare: str = minify.string("text/css", style[0].replace("${COLOR}", "COLOR"))
        return bare.replace("COLOR", "${COLOR}")

    squeezed: str = minify.string("application/javascript", _STYLE.sub(squeezed_style, source))
    return squeezed


def _help_line(action: Action, bot: Bot) -> dict[str, str]:
    # Who reads this may have no telephone in the browser, and must see the number.
    phone = _phone(action, bot)
    label = action.label if phone in action.label else f"{action.label}: {phone}"
    return {"href": action.href, "label": label}


def _contact(action: Action, bot: Bot) -> dict[str, str]:
    # Stands in a narrow place; whose number it is, the page around it says.
    phone = _phone(action, bot)
    return {"href": action.href, "label": f"Call {phone}" if phone else action.label}


def _phone(action: Action, bot: Bot) -> str:
    """Give the clinic's number as the clinic writes it, where `action` calls that one; "" elsewhere."""
    phone = bot.profile.facts.get("phone", "")
    return phone if phone and _digits(phone) in _digits(action.href) else ""


def _digits(text: str) -> str:
    return re.sub(r"\D", "", text)


@cache
def _template() -> tuple[str, str]:
    """Give what stands before and after the place for the clinic's words, squeezed."""
    source = _SOURCE.read_text("utf-8")
    before, after = squeeze(_SERVED.sub("const SERVED = SERVED_HERE;", source)).split("SERVED_HERE")
    return before, after


@lru_cache(maxsize=4)
def _filled(known: str, color: str) -> SentFile:
    before, after = _template()
    if re.fullmatch(r"#[0-9a-f]{6}", color):
        before = before.replace(_COLOR, color)
    return _packed(f"{before}{known}{after}".encode())


def _packed(body: bytes) -> SentFile:
    return SentFile(body, gzip.compress(body, 9, mtime=0), hashlib.sha256(body).hexdigest()[:16])


def _kept() -> Kept:
    return Kept(parts().settings.data_dir / "widgets")


def _chosen() -> dict[str, str]:
    """Give what was chosen on the page at /, as names and values of attributes."""
    values = {name: request.args.get(name, "").strip()[:_MAX_SWITCH] for name in _SWITCHES}
    return {name: value for name, value in values.items() if value}


def _answer(file: SentFile, caching: str, mimetype: str = "text/javascript; charset=utf-8") -> Response:
    response = Response(file.body, content_type=mimetype)
    if request.accept_encodings["gzip"]:
        response.data = file.gzipped
        response.headers["Content-Encoding"] = "gzip"
    response.headers["Cache-Control"] = caching
    response.vary.add("Accept-Encoding")
    # Weak, because it names the same widget in either coding.
    response.set_etag(file.digest, weak=True)
    _open_to_all(response)
    response.make_conditional(request)
    return response


def _open_to_all(response: BaseResponse) -> BaseResponse:
    """Let pages of any origin load `response`, also with an integrity attribute or isolated from others."""
    response.headers["Access-Control-Allow-Origin"] = "*"
    response.headers["Cross-Origin-Resource-Policy"] = "cross-origin"
    return response
