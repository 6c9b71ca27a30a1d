"""The pages without JavaScript: all of them, the FAQ, and the chat in a frame."""

import json
from collections.abc import Callable

import pytest
from flask.testing import FlaskClient
from outline import Outline, page, say

from chatbot import Bot, Store

PAGES = ["/faq", "/chat", "/embed", "/nothing-here"]


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
