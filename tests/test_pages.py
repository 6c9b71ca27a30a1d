"""The pages without JavaScript: the FAQ, the chat as a form, and the chat in a frame."""

import json
import random
from collections.abc import Callable, Iterator
from html.parser import HTMLParser

import pytest
from flask.testing import FlaskClient

from chatbot import Bot, Store
from web.transcript import MAX_SEALED, Transcripts, Turn

PAGES = ["/faq", "/chat", "/embed", "/nothing-here"]
VOID = {"meta", "link", "base", "input", "br", "hr", "img"}


class Outline(HTMLParser):
    """The elements of a page with their attributes and text; fails where tags do not nest."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str]]] = []
        self.texts: list[str] = []
        self._open: list[tuple[str, int]] = []
        self.feed(html)
        self.close()
        assert not self._open

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, {name: value or "" for name, value in attrs}))
        self.texts.append("")
        if tag not in VOID:
            self._open.append((tag, len(self.elements) - 1))

    def handle_endtag(self, tag: str) -> None:
        assert self._open.pop()[0] == tag

    def handle_data(self, data: str) -> None:
        for _, place in self._open:
            self.texts[place] += data

    def find(self, *tags: str) -> Iterator[tuple[dict[str, str], str]]:
        """The attributes and text of each element of these names."""
        for (tag, attributes), text in zip(self.elements, self.texts, strict=True):
            if tag in tags:
                yield attributes, text.strip()

    def field(self, name: str) -> str:
        """The value of the first field of this name."""
        return next(attributes["value"] for attributes, _ in self.find("input") if attributes["name"] == name)

    def ids(self) -> list[str]:
        return [attributes["id"] for _, attributes in self.elements if "id" in attributes]


def page(client: FlaskClient, path: str, data: dict[str, str] | None = None, status: int = 200) -> Outline:
    response = client.get(path) if data is None else client.post(path, data=data)
    assert response.status_code == status, response.text
    assert response.content_type == "text/html; charset=utf-8"
    return Outline(response.text)


def say(client: FlaskClient, before: Outline, path: str = "/chat", **fields: str) -> Outline:
    """Send what a browser sends from the form on `before`."""
    hidden = {name: before.field(name) for name in ("context", "transcript")}
    return page(client, path, hidden | fields)


# --- every page ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("path", PAGES)
def test_a_page_is_well_formed_and_labelled(client: FlaskClient, path: str) -> None:
    outline = Outline(client.get(path).text)
    (html, _), (_, title) = next(outline.find("html")), next(outline.find("title"))
    assert html["lang"] == "en"
    assert title
    assert len(list(outline.find("h1"))) == 1
    assert len(list(outline.find("main"))) == 1
    assert len(outline.ids()) == len(set(outline.ids()))
    labelled = {attributes["for"] for attributes, _ in outline.find("label")}
    for attributes, _ in outline.find("input"):
        assert attributes.get("type") == "hidden" or attributes["id"] in labelled
    for attributes, text in outline.find("button", "a"):
        assert text, attributes


@pytest.mark.parametrize("path", PAGES)
def test_links_within_a_page_lead_somewhere(client: FlaskClient, path: str) -> None:
    outline = Outline(client.get(path).text)
    targets = [a["href"] for a, _ in outline.find("a") if a["href"].startswith("#")]
    assert "#main" in targets
    assert {target[1:] for target in targets} <= set(outline.ids())
    for attributes, _ in outline.find("form", "p", "input", "section", "nav", "aside", "article"):
        for name in ("aria-labelledby", "aria-describedby"):
            assert set(attributes.get(name, "").split()) <= set(outline.ids())


@pytest.mark.parametrize("path", PAGES)
def test_help_lines_are_on_every_page(client: FlaskClient, bot: Bot, path: str) -> None:
    links = {a["href"] for a, _ in Outline(client.get(path).text).find("a")}
    assert {action.href for action in bot.help_lines} <= links
    assert "tel:988" in links


@pytest.mark.parametrize("path", PAGES)
def test_a_page_runs_no_script_and_holds_no_style_of_its_own(client: FlaskClient, path: str) -> None:
    outline = Outline(client.get(path).text)
    for attributes, content in outline.find("script"):
        is_the_widget = path == "/embed" and attributes.get("src") == "/widget.js" and not content
        assert is_the_widget or attributes["type"] == "application/ld+json"
    assert not list(outline.find("style"))
    assert not [a for _, a in outline.elements if "style" in a or any(name.startswith("on") for name in a)]


@pytest.mark.parametrize("path", PAGES)
def test_nothing_is_loaded_from_elsewhere(client: FlaskClient, path: str) -> None:
    outline = Outline(client.get(path).text)
    for attributes, _ in outline.find("link"):
        with client.get(attributes["href"]) as response:
            assert response.status_code == 200
    assert not list(outline.find("img", "iframe", "object"))


@pytest.mark.parametrize("path", ["/faq", "/chat", "/embed"])
def test_what_is_typed_never_stands_in_an_address(client: FlaskClient, path: str) -> None:
    forms = [attributes for attributes, _ in Outline(client.get(path).text).find("form")]
    assert forms
    assert all(form["method"] == "post" and form["action"].startswith("#") for form in forms)


def test_the_host_a_client_claims_is_never_repeated(client: FlaskClient) -> None:
    for path in (
        *PAGES,
        "",
        "///faq",
        "/faq/",
        "/api//v1/topics",
        "/faq//",
        "/static//pages.css",
        "/chat/../faq",
    ):
        response = client.get(path, headers={"Host": "evil.example", "X-Forwarded-Host": "evil.example"})
        assert "evil" not in response.text + str(response.headers)


def test_an_error_outside_the_api_is_a_page(client: FlaskClient) -> None:
    assert "There is nothing" in client.get("/nothing").text
    response = client.delete("/faq")
    assert response.status_code == 405
    assert "GET" in response.headers["Allow"]
    assert response.mimetype == "text/html"


# --- the FAQ ------------------------------------------------------------------------------------------


def test_every_published_topic_has_its_anchor_question_and_answer(client: FlaskClient, bot: Bot) -> None:
    html = client.get("/faq").text
    outline = Outline(html)
    articles = {attributes["id"]: text for attributes, text in outline.find("article")}
    assert list(articles) == [topic.id for topic in bot.topics]
    headings = [text for _, text in outline.find("h3")]
    for topic in bot.topics:
        assert topic.question in headings
        reply = bot.answer_of(topic.id)
        assert reply
        assert reply.html in html


def test_topics_stand_under_the_title_of_their_group(client: FlaskClient, bot: Bot) -> None:
    headings = [
        text for a, text in Outline(client.get("/faq").text).find("h2") if a["id"].startswith("group-")
    ]
    assert headings == list(dict.fromkeys(topic.group for topic in bot.topics))


def test_an_answer_on_the_faq_names_its_sources(client: FlaskClient, bot: Bot) -> None:
    articles = {a["id"]: text for a, text in Outline(client.get("/faq").text).find("article")}
    cited = [topic for topic in bot.topics if topic.sources]
    assert cited
    for topic in cited:
        assert all(source.title in articles[topic.id] for source in topic.sources)


def test_search_engines_get_the_topics_as_schema_org_data(client: FlaskClient, bot: Bot) -> None:
    html = client.get("/faq").text
    (raw,) = [text for a, text in Outline(html).find("script") if a["type"] == "application/ld+json"]
    assert not set("<>&") & set(raw)
    data = json.loads(raw)
    assert data["@type"] == "FAQPage"
    assert [question["name"] for question in data["mainEntity"]] == [topic.question for topic in bot.topics]
    assert all(question["acceptedAnswer"]["text"].startswith("<p>") for question in data["mainEntity"])


def test_the_schema_org_data_has_the_form_that_search_engines_ask_for(client: FlaskClient) -> None:
    (raw,) = [
        text for a, text in Outline(client.get("/faq").text).find("script") if a["type"].endswith("json")
    ]
    data = json.loads(raw)
    assert data.keys() == {"@context", "@type", "inLanguage", "mainEntity"}
    assert (data["@context"], data["@type"]) == ("https://schema.org", "FAQPage")
    assert data["mainEntity"]
    names = [question["name"] for question in data["mainEntity"]]
    assert all(name.strip() for name in names)
    assert len(set(names)) == len(names)
    for question in data["mainEntity"]:
        assert question.keys() == {"@type", "name", "acceptedAnswer"}
        assert question["@type"] == "Question"
        answer = question["acceptedAnswer"]
        assert answer.keys() == {"@type", "text"}
        assert answer["@type"] == "Answer"
        # The elements that may stand in an answer; all others are dropped by who reads it.
        allowed = {"p", "br", "ol", "ul", "li", "a", "strong", "em", "b", "i", "div"}
        outline = Outline(answer["text"])
        assert {tag for tag, _ in outline.elements} <= allowed
        assert "{" not in answer["text"]


def test_a_search_shows_the_answer_on_top_and_the_words_in_the_field(client: FlaskClient, bot: Bot) -> None:
    topic = bot.topics[0]
    outline = page(client, "/faq", {"question": topic.question})
    reply = bot.answer_of(topic.id)
    assert reply
    (found,) = [text for a, text in outline.find("section") if a.get("id") == "found"]
    assert reply.text.split("\n")[0] in " ".join(found.split())
    assert outline.field("question") == topic.question
    assert len(list(outline.find("article"))) == len(bot.topics)


def test_a_search_that_speaks_of_danger_gets_the_help_lines(client: FlaskClient) -> None:
    outline = page(client, "/faq", {"question": "I want to kill myself"})
    (found,) = [text for a, text in outline.find("section") if a.get("id") == "found"]
    assert "988" in found


def test_an_empty_search_shows_the_page(client: FlaskClient) -> None:
    assert "found" not in page(client, "/faq", {"question": "  "}).ids()
    assert "found" not in page(client, "/faq", {}).ids()


def test_the_faq_is_still_there_when_the_chat_is_switched_off(client: FlaskClient, store: Store) -> None:
    store.switch(off=True)
    page(client, "/faq")
    assert "found" not in page(client, "/faq", {"question": "cost"}).ids()


def test_browsers_ask_again_for_the_faq_and_keep_no_search(client: FlaskClient) -> None:
    assert client.get("/faq").headers["Cache-Control"] == "no-cache"
    assert client.post("/faq", data={"question": "cost"}).headers["Cache-Control"] == "no-store"


# --- the chat -----------------------------------------------------------------------------------------


def test_the_chat_opens_with_the_greeting_and_something_to_pick(client: FlaskClient, bot: Bot) -> None:
    outline = page(client, "/chat")
    (conversation,) = [text for _, text in outline.find("ol")]
    assert bot.greeting.text.split("\n")[0] in conversation
    picks = [a["value"] for a, _ in outline.find("button") if a.get("name") == "pick"]
    assert picks == [suggestion.message for suggestion in bot.greeting.suggestions]


def test_every_page_leads_to_the_chat_that_has_a_way_back(client: FlaskClient) -> None:
    for path in ("/faq", "/chat", "/privacy", "/nothing"):
        assert '<a href="/chat"' in client.get(path).text, path
    assert 'href="/faq"' in client.get("/chat").text


def test_a_question_is_answered_below_the_conversation_so_far(client: FlaskClient, bot: Bot) -> None:
    first, second = bot.topics[0], bot.topics[1]
    outline = say(client, page(client, "/chat"), message=first.question)
    outline = say(client, outline, message=second.question)
    typed = [text for a, text in outline.find("p") if a.get("class") == "typed"]
    assert typed == [first.question, second.question]
    conversation = next(text for _, text in outline.find("ol"))
    for topic in (first, second):
        reply = bot.answer_of(topic.id)
        assert reply
        assert reply.text.split("\n")[0] in conversation
    assert "latest" in outline.ids()


def test_a_pick_counts_and_not_what_stands_in_the_field(client: FlaskClient, bot: Bot) -> None:
    pick = bot.greeting.suggestions[0].message
    outline = page(client, "/chat", {"pick": pick, "message": "something else"})
    assert [text for a, text in outline.find("p") if a.get("class") == "typed"] == [pick]


def test_the_enter_key_sends_the_question_and_no_pick(client: FlaskClient) -> None:
    # Enter presses the first submit button of the field's form: picks have a form of their own.
    html = client.get("/chat").text
    asking = html[html.index('<form class="ask"') :]
    assert 'name="pick"' not in asking
    assert asking.index('name="message"') < asking.index('type="submit"')


def test_a_crisis_reply_shows_its_help_lines_in_the_conversation(client: FlaskClient) -> None:
    outline = say(client, page(client, "/chat"), message="I want to kill myself")
    assert "Call 988" in next(text for _, text in outline.find("ol"))


def test_markup_that_is_typed_is_shown_as_text(client: FlaskClient) -> None:
    attack = "</textarea><script>alert(1)</script><img src=x onerror=alert(1)>\"'"
    outline = say(client, page(client, "/chat"), message=attack)
    outline = say(client, outline, message="hello")
    assert next(text for a, text in outline.find("p") if a.get("class") == "typed") == attack
    assert not list(outline.find("script", "img"))
    searched = page(client, "/faq", {"question": attack})
    assert searched.field("question") == attack
    assert len(list(searched.find("script"))) == 1


def test_a_conversation_that_was_not_signed_here_is_not_shown(
    client: FlaskClient,
) -> None:
    forged = Transcripts("another secret").seal([Turn("hi", "<b>forged</b>")])
    for transcript in (forged, "x", forged[:-2], "💧", ""):
        outline = page(client, "/chat", {"message": "hello", "transcript": transcript})
        assert [text for a, text in outline.find("p") if a.get("class") == "typed"] == ["hello"]


@pytest.mark.parametrize(
    ("message", "words"), [("", "type a question"), ("  \n", "type a question"), ("x" * 1001, "")]
)
def test_a_question_that_cannot_be_taken_keeps_the_conversation_and_says_why(
    client: FlaskClient, bot: Bot, message: str, words: str
) -> None:
    outline = say(client, page(client, "/chat"), message="hello")
    hidden = {name: outline.field(name) for name in ("context", "transcript")}
    again = page(client, "/chat", hidden | {"message": message}, status=422)
    (wrong,) = [text for a, text in again.find("p") if a.get("id") == "wrong"]
    assert words in wrong
    assert wrong == bot.line("too-long").text or words
    assert [text for a, text in again.find("p") if a.get("class") == "typed"] == ["hello"]
    assert again.field("transcript") == hidden["transcript"]
    assert again.field("message") == message
    assert next(a for a, _ in again.find("input") if a["name"] == "message")["aria-describedby"] == "wrong"


@pytest.mark.parametrize(
    "body",
    [
        b"message=%ED%A0%80%00",
        b"message=%FF%FE",
        b"message=%",
        b"message=hello&message=again",
        b"context=%00&transcript=%00&message=hello",
        b"pick=&message=hello",
        b"&" * 5000,
        b"=" * 5000,
        b"message[]=hello",
        b"\x00\xff",
        b"message=%E2%80%AEolleh",
    ],
)
@pytest.mark.parametrize("path", ["/chat", "/embed", "/faq"])
def test_a_hostile_form_never_fails_the_server(client: FlaskClient, path: str, body: bytes) -> None:
    body = body.replace(b"message", b"question") if path == "/faq" else body
    for content_type in (
        "application/x-www-form-urlencoded",
        "multipart/form-data; boundary=x",
        "text/plain",
    ):
        response = client.post(path, data=body, content_type=content_type)
        assert response.status_code in (200, 413, 422), response.text
        assert response.mimetype == "text/html"
        Outline(response.text)


def test_too_many_questions_keep_the_text_and_say_so(client_with: Callable[..., FlaskClient]) -> None:
    client = client_with(rate_limit="1 per hour")
    page(client, "/chat", {"message": "hello"})
    response = client.post("/chat", data={"message": "How long does an IOP last?"})
    assert response.status_code == 429
    assert int(response.headers["Retry-After"]) > 0
    assert Outline(response.text).field("message") == "How long does an IOP last?"
    assert client.post("/faq", data={"question": "cost"}).status_code == 429


def test_a_long_conversation_fits_and_loses_its_oldest_turns(client: FlaskClient) -> None:
    outline = page(client, "/chat")
    # Text that hardly compresses, in letters that take three bytes each.
    dice = random.Random(1)  # noqa: S311 - no secret
    for number in range(20):
        message = f"{number} " + "".join(chr(dice.randrange(0x4E00, 0x9FFF)) for _ in range(900))
        outline = say(client, outline, message=message)
        assert len(outline.field("transcript")) <= MAX_SEALED
    turns = Transcripts.open(
        client.application.extensions["chatbot"].transcripts, outline.field("transcript")
    )
    assert 3 < len(turns) < 20
    assert turns[-1].message == message


def test_a_form_that_is_far_too_large_is_refused_with_a_page(client: FlaskClient) -> None:
    response = client.post("/chat", data={"message": "x" * 70_000})
    assert response.status_code == 413
    assert response.mimetype == "text/html"


def test_no_page_of_the_chat_is_kept_by_a_cache(client: FlaskClient) -> None:
    for path in ("/chat", "/embed"):
        assert client.get(path).headers["Cache-Control"] == "no-store"
        assert client.post(path, data={"message": "hello"}).headers["Cache-Control"] == "no-store"


@pytest.mark.parametrize("path", ["/chat", "/embed"])
def test_switched_off_the_chat_says_so_and_keeps_the_help_lines(
    client: FlaskClient, bot: Bot, store: Store, path: str
) -> None:
    store.switch(off=True)
    for response in (client.get(path), client.post(path, data={"message": "hello"})):
        assert response.status_code == 503
        assert int(response.headers["Retry-After"]) > 0
        assert bot.line("off").html in response.text
        assert 'href="tel:988"' in response.text
        assert not list(Outline(response.text).find("form"))


# --- in a frame ---------------------------------------------------------------------------------------


def test_only_the_own_site_and_allowed_ones_may_frame_the_chat(
    client_with: Callable[..., FlaskClient],
) -> None:
    sites = ("https://www.clinic.example", "https://blog.clinic.example")
    client = client_with(allowed_origins=sites)
    for response in (client.get("/embed"), client.post("/embed", data={"message": "hello"})):
        policy = response.headers["Content-Security-Policy"]
        assert policy.endswith("frame-ancestors 'self' " + " ".join(sites))
        assert response.headers["Cross-Origin-Resource-Policy"] == "cross-origin"
    for path in ("/chat", "/faq"):
        assert client.get(path).headers["Content-Security-Policy"].endswith("frame-ancestors 'none'")


def test_in_a_frame_answers_stay_and_links_open_outside(client: FlaskClient) -> None:
    outline = say(client, page(client, "/embed"), path="/embed", message="hello")
    assert next(outline.find("base"))[0] == {"target": "_blank"}
    assert all(form["target"] == "_self" for form, _ in outline.find("form"))
    inward = [
        a for a, _ in outline.find("a") if not a["href"].startswith(("http", "tel:", "sms:", "mailto:"))
    ]
    assert all(a.get("target") == "_self" for a in inward)


def test_the_style_sheet_and_the_icon_are_served(client: FlaskClient) -> None:
    for name, mimetype in (("pages.css", "text/css"), ("icon.svg", "image/svg+xml")):
        with client.get(f"/static/{name}") as response:
            assert response.mimetype == mimetype
            assert response.headers["X-Content-Type-Options"] == "nosniff"
