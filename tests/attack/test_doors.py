"""The desk's door under attack: forms from elsewhere, planted and stolen sessions, guessing, privilege."""

import re
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pyotp
import pytest
from argon2 import PasswordHasher
from desk import PASSWORD, Desk, open_desk
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from chatbot import Accounts

OWN = {"Origin": "http://localhost"}
FILLED = {"topic_id": "cost", "kind": "topic", "key": "cost", "name": "ed", "probe_id": "1"}
# Whoever adds a page says here or not who may use it: what is not named is an editor's too.
FOR_ADMINS = {
    "people", "add_person", "change_person", "profile", "save_profile", "settings", "switch", "set_color",
    "set_dial", "set_greeting", "set_sites", "set_retention", "allow_site", "upload", "cancel_import",
    "keeping", "take_backup", "restore_backup",
}  # fmt: skip
WITHOUT_SIGNING_IN = {"sign_in", "enter"}
# What says that somebody was there changes with each click; what is on the desk does not.
VISITS = ("sqlite_sequence", "staff_sessions")


def routes(app: Flask, method: str) -> Iterator[tuple[str, str]]:
    """The names and addresses of the desk's views."""
    for rule in app.url_map.iter_rules():
        if rule.endpoint.startswith("staff.") and method in (rule.methods or ()):
            path = re.sub(r"<(?:[^:<>]*:)?([^<>]+)>", lambda found: FILLED[found[1]], rule.rule)
            yield rule.endpoint.removeprefix("staff."), path


def kept(folder: Path) -> dict[str, list[tuple[object, ...]]]:
    """Whatever stands in the database."""
    with closing(sqlite3.connect(folder / "chatbot.db")) as database:
        tables = [name for (name,) in database.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
        return {t: database.execute(f"SELECT * FROM {t}").fetchall() for t in tables if t not in VISITS}  # noqa: S608 - its own tables


def sign_in(client: FlaskClient, name: str, password: str = "wrong wrong wrong") -> TestResponse:  # noqa: S107
    return client.post("/staff/sign-in", data={"name": name, "password": password}, headers=OWN)


# --- who may do what ----------------------------------------------------------------------------------


def test_an_editor_is_refused_by_every_view_of_the_admins_and_by_no_other(app: Flask, ed: Desk) -> None:
    found = set()
    for method in ("GET", "POST"):
        for name, path in routes(app, method):
            if name in ("sign_out", "sign_out_everywhere"):
                continue
            response = ed.get(path) if method == "GET" else ed.post(path)
            assert response.status_code < 500, path
            if response.status_code == 403:
                found.add(name)
    assert found == FOR_ADMINS


def test_nobody_and_a_disabled_person_change_nothing_whatever_they_send(
    app: Flask, accounts: Accounts, ed: Desk, tmp_path: Path
) -> None:
    accounts.set_active("ed", active=False, by="ada")
    before = kept(tmp_path)
    for client, token in ((app.test_client(), "x" * 43), (ed.client, ed.csrf)):
        for name, path in routes(app, "POST"):
            response = client.post(path, data={"csrf": token, "act": "enable", "name": "eve"}, headers=OWN)
            assert name in WITHOUT_SIGNING_IN or response.location.startswith("/staff/sign-in"), path
    assert kept(tmp_path) == before


def test_reading_changes_nothing(app: Flask, ada: Desk, tmp_path: Path) -> None:
    before = kept(tmp_path)
    for _, path in routes(app, "GET"):
        with ada.get(path, act="disable", done="x", csrf=ada.csrf) as response:
            assert response.status_code < 500, path
    assert kept(tmp_path) == before


def test_a_half_open_door_lets_nothing_through(app: Flask, accounts: Accounts, tmp_path: Path) -> None:
    secret = accounts.new_secret()
    accounts.use_code(accounts.find("ada"), secret, pyotp.TOTP(secret).now())
    client = app.test_client()
    assert sign_in(client, "ada", PASSWORD).location.startswith("/staff/code")
    (csrf,) = set(re.findall(r'name="csrf" value="([^"]+)"', client.get("/staff/code").text))
    before = kept(tmp_path)
    for name, path in routes(app, "POST"):
        if name not in ("enter", "take_second_step", "sign_out"):
            response = client.post(path, data={"csrf": csrf}, headers=OWN)
            assert response.location.endswith("/staff/code"), path
    assert kept(tmp_path) == before


# --- forms from elsewhere -----------------------------------------------------------------------------


def test_no_form_of_another_site_does_anything(app: Flask, ada: Desk, tmp_path: Path) -> None:
    before = kept(tmp_path)
    fields = f"csrf={ada.csrf}&act=disable&off=1&name=eve&role=admin"
    part = '--x\r\nContent-Disposition: form-data; name="csrf"\r\n\r\n'
    bodies = {
        "application/x-www-form-urlencoded": fields,
        "text/plain": fields,
        "multipart/form-data; boundary=x": f"{part}{ada.csrf}\r\n--x--\r\n",
    }
    for origin in (
        "https://evil.example",
        "null",
        "http://localhost.evil.example",
        "http://localhost:81",
        "",
    ):
        headers = {"Origin": origin, "Sec-Fetch-Site": "cross-site"}
        for content_type, body in bodies.items():
            for _, path in routes(app, "POST"):
                sent = ada.client.post(path, data=body, content_type=content_type, headers=headers)
                assert sent.status_code == 403, (path, origin, content_type)
    assert kept(tmp_path) == before


def test_every_form_needs_the_token_of_its_own_session(app: Flask, ada: Desk, tmp_path: Path) -> None:
    other = open_desk(app, "ada")
    before = kept(tmp_path)
    for name, path in routes(app, "POST"):
        if name not in WITHOUT_SIGNING_IN:
            for token in ("", other.csrf, ada.csrf[:-1], ada.csrf.swapcase()):
                assert ada.client.post(path, data={"csrf": token}, headers=OWN).status_code == 403, path
    assert kept(tmp_path) == before


# --- sessions -----------------------------------------------------------------------------------------


def test_a_planted_session_is_not_taken_over_and_an_older_one_ends(app: Flask) -> None:
    client = app.test_client()
    tokens = ["planted-by-somebody-else-" + "x" * 18]
    client.set_cookie("staff", tokens[0])
    for _ in range(2):
        assert sign_in(client, "ada", PASSWORD).status_code == 303
        cookie = client.get_cookie("staff")
        assert cookie is not None
        tokens.append(cookie.value)
    assert len(set(tokens)) == 3
    for token, opens in zip(tokens, (False, False, True), strict=True):
        thief = app.test_client()
        thief.set_cookie("staff", token)
        assert (thief.get("/staff").status_code == 200) is opens


def test_the_second_step_gives_another_token_and_the_first_opens_nothing(
    app: Flask, accounts: Accounts
) -> None:
    secret = accounts.new_secret()
    codes = accounts.use_code(accounts.find("ada"), secret, pyotp.TOTP(secret).now())
    client, thief = app.test_client(), app.test_client()
    sign_in(client, "ada", PASSWORD)
    half = client.get_cookie("staff")
    assert half is not None
    (csrf,) = set(re.findall(r'name="csrf" value="([^"]+)"', client.get("/staff/code").text))
    client.post("/staff/code", data={"csrf": csrf, "code": codes[0]}, headers=OWN)
    thief.set_cookie("staff", half.value)
    assert client.get("/staff").status_code == 200
    assert thief.get("/staff").location.startswith("/staff/sign-in")


@pytest.mark.parametrize(
    "token", ["", "x", "x" * 5000, "' OR 1=1 --", "%00", "\u00e9", "a.b.c", "../../etc/passwd"]
)
def test_no_made_up_token_opens_the_desk(app: Flask, token: str) -> None:
    cookie = f"staff={token}; __Host-staff={token}".encode().decode("latin-1")
    response = app.test_client().get("/staff", headers={"Cookie": cookie})
    assert response.location.startswith("/staff/sign-in")


# --- guessing -----------------------------------------------------------------------------------------


SPELLINGS = ("ada", "ADA", "ａｄａ", "𝐚𝐝𝐚", "𝒶𝒹𝒶", "ⓐⓓⓐ", "ᴬᴰᴬ", "𝖺𝖽𝖺", "𝙖𝙙𝙖", "\u2003ada ", "𝕒da")


def test_a_name_written_in_other_letters_has_no_tries_of_its_own(app: Flask) -> None:
    statuses = [sign_in(app.test_client(), name).status_code for name in SPELLINGS]
    assert statuses == [422] * 10 + [429]


def test_of_hundreds_of_guesses_from_as_many_addresses_twenty_are_tried(app: Flask) -> None:
    tried = 0
    for number in range(400):
        client = app.test_client()
        client.environ_base["REMOTE_ADDR"] = f"198.51.{number // 250}.{number % 250}"
        tried += sign_in(client, "ada", f"guess {number} guess guess").status_code != 429
    assert tried == 20


def test_a_forged_address_gives_no_more_tries(app: Flask) -> None:
    statuses = []
    for number in range(12):
        headers = {**OWN, "X-Forwarded-For": f"203.0.113.{number}", "X-Real-IP": f"203.0.113.{number}"}
        data = {"name": "ada", "password": "wrong wrong wrong"}
        statuses.append(app.test_client().post("/staff/sign-in", data=data, headers=headers).status_code)
    assert statuses == [422] * 10 + [429] * 2


def test_who_has_a_stolen_session_cannot_guess_the_password_either(ed: Desk) -> None:
    statuses = [ed.post("/staff/account/code/off", password=f"guess {n}").status_code for n in range(6)]
    new = {"new": "seven paper boats drift", "again": "seven paper boats drift"}
    statuses += [ed.post("/staff/account/password", old=f"no {n}", **new).status_code for n in range(6)]
    assert statuses == [422] * 10 + [429] * 2


def test_whatever_the_name_one_hash_is_compared_and_the_page_is_the_same(
    app: Flask, accounts: Accounts, monkeypatch: pytest.MonkeyPatch
) -> None:
    accounts.set_active("ed", active=False, by="ada")
    work: list[str] = []
    verify, digest = PasswordHasher.verify, PasswordHasher.hash

    def counted_verify(self: PasswordHasher, kept: str, given: str) -> bool:
        work.append("verify")
        return bool(verify(self, kept, given))

    def counted_hash(self: PasswordHasher, password: str) -> str:
        work.append("hash")
        return str(digest(self, password))

    sign_in(app.test_client(), "the first one of all makes what unknown names are compared with")
    monkeypatch.setattr(PasswordHasher, "verify", counted_verify)
    monkeypatch.setattr(PasswordHasher, "hash", counted_hash)
    pages = set()
    for name in ("ada", "ed", "eve", "", "x" * 200, "\x00", "ada' --"):
        work.clear()
        response = sign_in(app.test_client(), name)
        assert work == ["verify"], name
        pages.add((response.status_code, re.sub(r' value="[^"]*"', "", response.text)))
    assert len(pages) == 1


def test_the_right_password_of_a_disabled_person_looks_wrong(app: Flask, accounts: Accounts) -> None:
    accounts.set_active("ed", active=False, by="ada")
    right, wrong = (sign_in(app.test_client(), "ed", given) for given in (PASSWORD, "wrong wrong wrong"))
    assert (right.status_code, right.text) == (wrong.status_code, wrong.text)


# --- where it leads, and what it believes --------------------------------------------------------------


@pytest.mark.parametrize(
    "wanted",
    [
        "https://evil.example", "//evil.example", "/\\evil.example", "/staff/../..//evil.example", "/STAFF/",
        "javascript:alert(1)", "/staff\t//evil.example", "/staff/\r\nSet-Cookie: a=b", "/staff@evil.example",
        "/staff.evil.example", "/\t/evil.example", "http:/staff/", "\x00/staff", "/staff\u2028/x",
        "/staff/%0d%0aSet-Cookie:%20a=b",
    ],
)  # fmt: skip
def test_signing_in_leads_nowhere_but_to_the_desk(app: Flask, wanted: str) -> None:
    data = {"name": "ada", "password": PASSWORD, "next": wanted}
    response = app.test_client().post("/staff/sign-in", data=data, headers=OWN)
    assert response.status_code == 303
    assert re.fullmatch(r"/staff(?:[/?][\w/%?:.=-]*)?", response.location)
    assert len(response.headers.getlist("Set-Cookie")) == 1


def test_no_page_of_the_desk_repeats_a_host_that_is_forwarded(app: Flask, ada: Desk) -> None:
    names = ("X-Forwarded-Host", "Forwarded", "X-Original-URL", "X-Forwarded-Prefix", "X-Rewrite-URL")
    forged = dict.fromkeys(names, "host=evil.example") | {"X-Forwarded-Proto": "https"}
    for _, path in routes(app, "GET"):
        with ada.client.get(path, headers=forged) as response:
            assert b"evil.example" not in response.data + str(response.headers).encode(), path
