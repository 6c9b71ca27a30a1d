"""The chat as a form, for browsers without JavaScript."""

import random
from collections.abc import Callable

import pytest
from flask.testing import FlaskClient
from outline import Outline, page, say

from chatbot import Bot, Store
from web.transcript import MAX_SEALED, Transcripts, Turn


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
