"""Hostile text in every field of every form: taken as it is, or refused in plain words."""

import io
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from desk import Desk
from flask import Flask
from hostile import FILE_NAMES, TEXTS, blocks
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from attack.test_doors import FILLED, routes
from attack.timing import within_a_second

STAFF = Path(__file__).parent.parent.parent / "web" / "staff"
PAGES = ("/chat", "/embed", "/faq")
FORM = "application/x-www-form-urlencoded"


def fields(app: Flask, desk: Desk) -> set[str]:
    """The names of all fields that the desk's forms have, or that its views read by name."""
    found = {"done"}  # read by a template
    for view in STAFF.glob("*.py"):
        found |= set(re.findall(r'request\.(?:form|args|values)\.get(?:list)?\("(\w+)"', view.read_text()))
    for _, path in routes(app, "GET"):
        with desk.get(path) as page:
            if page.mimetype == "text/html":
                shown = page.data.decode()
                found |= set(re.findall(r'<(?:input|textarea|select|button)[^>]* name="(\w+)"', shown))
    return found - {"csrf"}


def sent(text: str) -> str:
    """What a browser can send of a text: no half characters."""
    return text.encode("utf-8", "replace").decode()


def addresses(app: Flask, method: str, text: str) -> Iterator[str]:
    """The desk's addresses, also with the text in the place of what varies."""
    for name, path in routes(app, method):
        if name not in ("sign_out", "sign_out_everywhere", "change_person"):
            yield path
            known = next((value for value in FILLED.values() if path.endswith(f"/{value}")), None)
            if known:
                yield path.removesuffix(known) + sent(text).replace("/", "%2f").replace("?", "%3f")


def test_the_fields_are_found(app: Flask, ada: Desk) -> None:
    found = fields(app, ada)
    assert len(found) > 50, found
    assert {"question", "answer", "phrasings", "name", "password", "site", "phone", "seen"} <= found


# Some at a time: every view gets each of them in each field.
MIXED = ("", "x" * 5000, *(" ".join(list(TEXTS.values())[n : n + 5]) for n in range(0, len(TEXTS), 5)))


@pytest.mark.parametrize("mixed", MIXED, ids=range(len(MIXED)))
def test_no_view_of_the_desk_fails_on_a_text_in_each_of_its_fields(app: Flask, ada: Desk, mixed: str) -> None:
    text = sent(mixed)
    everywhere = dict.fromkeys(fields(app, ada), text)
    for path in addresses(app, "POST", text):
        with within_a_second(path):
            response = ada.post(path, **everywhere)
        assert response.status_code < 500, (path, response.text)
        response.data.decode()
    for path in addresses(app, "GET", text):
        with within_a_second(path), ada.get(path, **everywhere) as page:
            assert page.status_code < 500, path
            page.data.decode()


def test_every_unicode_block_is_kept_as_question_answer_and_wording(app: Flask, ada: Desk) -> None:
    found = ["".join(sign for sign in text if sign.isprintable())[:40].strip() for text in blocks()]
    assert len(found) > 100
    for number in range(0, len(found), 4):
        shown = " ".join(found[number : number + 4])
        form = {"question": f"Is it {shown}?", "answer": f"It is {shown}.", "phrasings": f"is it {shown}"}
        with within_a_second(shown):
            saved = ada.post(f"/staff/topics/new-{number:08x}", **form)
            page = ada.get(f"/staff/topics/new-{number:08x}")
        assert (saved.status_code, page.status_code) == (303, 200), shown


@given(st.binary(max_size=400), st.sampled_from([FORM, "multipart/form-data; boundary=x", "text/plain", ""]))
@settings(max_examples=60, suppress_health_check=list(HealthCheck), deadline=None)
def test_any_bytes_may_be_sent_to_any_form(app: Flask, ada: Desk, body: bytes, content_type: str) -> None:
    for path in (*PAGES, "/staff/sign-in", "/staff/topics/cost"):
        headers = {"Origin": "http://localhost", "X-CSRF-Token": ada.csrf}
        with within_a_second(body):
            response = ada.client.post(path, data=body, content_type=content_type, headers=headers)
        assert response.status_code < 500


NAMES = st.sampled_from(["message", "question", "pick", "context", "transcript", "other"])


@given(st.lists(st.tuples(NAMES, st.text(max_size=300)), max_size=6))
@settings(max_examples=100, suppress_health_check=list(HealthCheck), deadline=None)
def test_any_words_may_stand_in_the_fields_of_a_visitor(app: Flask, given: list[tuple[str, str]]) -> None:
    data = {name: sent(value) for name, value in given}
    for path in PAGES:
        with within_a_second(data):
            response = app.test_client().post(path, data=data)
        assert response.status_code in (200, 422)
        response.data.decode()


@pytest.mark.parametrize("name", TEXTS)
def test_no_hostile_text_of_a_visitor_fails_a_page_or_the_inbox(app: Flask, ada: Desk, name: str) -> None:
    client, text = app.test_client(), sent(TEXTS[name])
    for path in PAGES:
        with within_a_second(text):
            response = client.post(path, data={"message": text, "question": text, "context": text})
        assert response.status_code in (200, 422)
        response.data.decode()
    reply = client.post("/api/v1/chat", json={"message": f"what of {TEXTS[name]}"[:1000]}).get_json()
    rating = {"id": reply["id"], "helpful": False, "comment": f"a {TEXTS[name]}"[:500]}
    assert client.post("/api/v1/feedback", json=rating).status_code == 204
    for path in ("/staff/inbox", "/staff/insights", "/staff"):
        page = ada.get(path)
        assert page.status_code == 200
        assert not set(page.data.decode()) & set("\x00\x1b\x9b\u202e\u2066"), path


def test_a_file_of_any_name_is_read_or_refused(ada: Desk) -> None:
    for name in (*FILE_NAMES, "", ".", "..", "../../x.csv", "C:\\x.csv", "x.csv\x00.exe", "x" * 300 + ".csv"):
        data = {"csrf": ada.csrf, "file": (io.BytesIO(b"question,answer\nIs it?,It is.\n"), sent(name))}
        response = ada.client.post("/staff/exchange", data=data, headers={"Origin": "http://localhost"})
        assert response.status_code in (200, 303, 422), name
        assert "Traceback" not in response.text
