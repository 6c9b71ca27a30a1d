"""The door of the desk: who gets in, what each may do, and which forms are believed."""

import re
from collections.abc import Callable
from pathlib import Path

import pyotp
import pytest
from desk import KEY, PASSWORD, Desk, open_desk
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from chatbot import Accounts, Settings
from web.staff import menu

OWN = {"Origin": "http://localhost"}


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(data_dir=tmp_path, rate_limit="off", secret_key=KEY)


@pytest.fixture
def desk(app: Flask, accounts: Accounts) -> Callable[[str], Desk]:
    """Opens the desk as somebody."""
    return lambda name: open_desk(app, name)


def sign_in(client: FlaskClient, name: str, password: str = PASSWORD, **headers: str) -> TestResponse:
    return client.post(
        "/staff/sign-in", data={"name": name, "password": password}, headers={**OWN, **headers}
    )


def routes(app: Flask) -> list[tuple[str, str]]:
    """Every way into the desk: method and path, with something in the place of what varies."""
    found = []
    for rule in app.url_map.iter_rules():
        if rule.rule.startswith("/staff"):
            path = re.sub(r"<(?:int:)[^>]*>", "1", rule.rule)
            path = re.sub(r"<[^>]*>", "x", path)
            found += [(method, path) for method in sorted((rule.methods or set()) & {"GET", "POST"})]
    return found


OPEN = {("GET", "/staff/sign-in"), ("POST", "/staff/sign-in")}


# --- who may do what --------------------------------------------------------------------------------------


def test_nobody_gets_anything_but_the_sign_in_page(app: Flask, accounts: Accounts) -> None:
    client = app.test_client()
    for method, path in routes(app):
        response = client.open(path, method=method, headers=OWN)
        if (method, path) in OPEN:
            assert response.status_code in (200, 422), path
        else:
            assert response.status_code == 303, (method, path)
            assert response.location.startswith("/staff/sign-in"), (method, path)


def test_a_disabled_person_gets_nothing_from_that_moment(
    app: Flask, accounts: Accounts, desk: Callable[[str], Desk]
) -> None:
    ed = desk("ed")
    assert ed.get("/staff").status_code == 200
    accounts.set_active("ed", active=False, by="ada")
    for method, path in routes(app):
        if (method, path) not in OPEN:
            response = ed.client.open(path, method=method, headers=OWN, data={"csrf": ed.csrf})
            assert response.location.startswith("/staff/sign-in"), (method, path)
    assert sign_in(app.test_client(), "ed").status_code == 422


def test_an_editor_gets_no_page_of_the_admins_and_an_admin_gets_all(
    app: Flask, desk: Callable[[str], Desk]
) -> None:
    ed, ada = desk("ed"), desk("ada")
    for room in menu.ROOMS:
        path = next(r.rule for r in app.url_map.iter_rules() if r.endpoint == room.endpoint)
        assert ed.get(path).status_code == (403 if room.for_admins else 200), path
        assert ada.get(path).status_code == 200, path


def test_what_only_admins_may_change_no_editor_changes(
    app: Flask, accounts: Accounts, desk: Callable[[str], Desk]
) -> None:
    ed = desk("ed")
    for path in ADMINS_ONLY:
        assert ed.post(path, act="disable", role="admin", name="x").status_code == 403, path
        assert app.url_map.bind("localhost").match(path, method="POST"), path
    assert [(p.name, p.role, p.is_active) for p in accounts.people()] == [
        ("ada", "admin", True),
        ("ed", "editor", True),
    ]


ADMINS_ONLY = (
    "/staff/people",
    "/staff/people/ed",
    "/staff/facts",
    "/staff/settings/switch",
    "/staff/settings/color",
    "/staff/settings/greeting",
    "/staff/settings/sites",
    "/staff/settings/retention",
    "/staff/embed",
    "/staff/exchange",
    "/staff/exchange/cancel",
    "/staff/backup",
    "/staff/backup/restore",
    "/staff/changes/profile/clinic",
    "/staff/changes/line/greeting",
    "/staff/changes/import/file",
)


# --- signing in -------------------------------------------------------------------------------------------


def test_the_cookie_is_out_of_reach_of_scripts_and_other_sites(app: Flask, accounts: Accounts) -> None:
    cookie = sign_in(app.test_client(), "ada").headers["Set-Cookie"]
    assert re.fullmatch(r"staff=[\w-]{43}; HttpOnly; Path=/; SameSite=Lax", cookie)


def test_over_https_the_cookie_is_secure_and_bound_to_the_host(app: Flask, accounts: Accounts) -> None:
    response = app.test_client().post(
        "https://clinic.example/staff/sign-in",
        data={"name": "ada", "password": PASSWORD},
        headers={"Origin": "https://clinic.example"},
    )
    assert re.fullmatch(
        r"__Host-staff=[\w-]{43}; Secure; HttpOnly; Path=/; SameSite=Lax", response.headers["Set-Cookie"]
    )


def test_a_wrong_name_and_a_wrong_password_get_the_same_page(app: Flask, accounts: Accounts) -> None:
    known, unknown = (sign_in(app.test_client(), name, "wrong wrong wrong wrong") for name in ("ada", "eve"))
    assert known.status_code == unknown.status_code == 422
    assert known.text.replace("ada", "eve") == unknown.text
    assert "Set-Cookie" not in known.headers


def test_signing_in_leads_on_to_the_page_that_was_wanted_but_to_no_other_site(
    app: Flask, accounts: Accounts
) -> None:
    assert app.test_client().get("/staff/account").location == "/staff/sign-in?next=/staff/account"
    for wanted, to in (
        ("/staff/account", "/staff/account"),
        ("https://evil.example", "/staff"),
        ("//evil.example", "/staff"),
        ("/staff//evil.example", "/staff"),
        ("/staff\\@evil.example", "/staff"),
        ("/staffevil", "/staff"),
    ):
        data = {"name": "ada", "password": PASSWORD, "next": wanted}
        response = app.test_client().post("/staff/sign-in", data=data, headers=OWN)
        assert response.location == to, wanted


def test_ten_wrong_tries_from_one_address_shut_the_account_for_it_alone(
    app: Flask, accounts: Accounts
) -> None:
    for _ in range(10):
        assert sign_in(app.test_client(), "ada", "wrong wrong wrong").status_code == 422
    refused = sign_in(app.test_client(), " ADA ")
    assert refused.status_code == 429
    assert int(refused.headers["Retry-After"]) > 3000
    elsewhere = app.test_client()
    elsewhere.environ_base["REMOTE_ADDR"] = "203.0.113.9"
    assert sign_in(elsewhere, "ada").status_code == 303


def test_twenty_wrong_tries_from_anywhere_shut_the_account_for_a_day(app: Flask, accounts: Accounts) -> None:
    statuses = []
    for number in range(24):
        client = app.test_client()
        client.environ_base["REMOTE_ADDR"] = f"203.0.113.{number}"
        statuses.append(sign_in(client, "ada", "wrong wrong wrong").status_code)
    assert statuses == [422] * 20 + [429] * 4


def test_signing_in_forgets_the_tries_before_it(app: Flask, accounts: Accounts) -> None:
    for _ in range(4):
        for _ in range(7):
            assert sign_in(app.test_client(), "ada", "wrong wrong wrong").status_code == 422
        assert sign_in(app.test_client(), "ada").status_code == 303


def test_the_second_step_is_asked_for_before_any_page(
    app: Flask, accounts: Accounts, desk: Callable[[str], Desk]
) -> None:
    secret = accounts.new_secret()
    codes = accounts.use_code(accounts.find("ada"), secret, pyotp.TOTP(secret).now())
    client = app.test_client()
    assert sign_in(client, "ada").location.startswith("/staff/code")
    for method, path in routes(app):
        if (method, path) not in OPEN and path not in ("/staff/code", "/staff/sign-out"):
            assert client.open(path, method=method, headers=OWN).location.endswith("/staff/code"), path
    page = client.get("/staff/code")
    (csrf,) = set(re.findall(r'name="csrf" value="([^"]+)"', page.text))
    wrong = client.post("/staff/code", data={"csrf": csrf, "code": "123456"}, headers=OWN)
    assert wrong.status_code == 422
    right = client.post("/staff/code", data={"csrf": csrf, "code": codes[0]}, headers=OWN)
    assert right.location == "/staff"
    assert client.get("/staff").status_code == 200


def test_signing_out_ends_the_session_on_the_server(desk: Callable[[str], Desk]) -> None:
    ada = desk("ada")
    kept = ada.client.get_cookie("staff")
    assert kept is not None
    ada.post("/staff/sign-out")
    ada.client.set_cookie("staff", kept.value)
    assert ada.get("/staff").location.startswith("/staff/sign-in")


# --- forms ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"Origin": "https://evil.example"},
        {"Origin": "null"},
        {"Origin": "http://localhost.evil.example"},
        {"Origin": "https://evil.example", "Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
    ],
)
def test_a_form_from_elsewhere_is_refused_with_the_right_cookie_and_token(
    desk: Callable[[str], Desk], headers: dict[str, str]
) -> None:
    ada = desk("ada")
    for path in ("/staff/people", "/staff/sign-in", "/staff/sign-out"):
        assert ada.client.post(path, data={"csrf": ada.csrf}, headers=headers).status_code == 403
    assert ada.get("/staff").status_code == 200


def test_a_form_without_its_token_is_refused(desk: Callable[[str], Desk], app: Flask) -> None:
    ada, other = desk("ada"), desk("ada")
    for token in ("", "x", other.csrf, "\u00e9" * 43):
        assert ada.client.post("/staff/people", data={"csrf": token}, headers=OWN).status_code == 403
    header = {**OWN, "X-CSRF-Token": ada.csrf}
    assert ada.client.post("/staff/people", headers=header).status_code == 422


def test_no_page_of_the_desk_is_kept_framed_or_fed_from_elsewhere(desk: Callable[[str], Desk]) -> None:
    headers = desk("ada").get("/staff").headers
    assert headers["Cache-Control"] == "no-store"
    policy = headers["Content-Security-Policy"]
    assert "frame-ancestors 'none'" in policy
    assert "unsafe" not in policy
    assert "http" not in policy


# --- people and one's own account ---------------------------------------------------------------------------


def test_an_admin_adds_a_person_whose_password_is_shown_once(
    app: Flask, desk: Callable[[str], Desk], accounts: Accounts
) -> None:
    ada = desk("ada")
    page = ada.post("/staff/people", name="Juan", role="editor")
    (password,) = re.findall(r'<code id="given">([^<]+)', page.text)
    assert sign_in(app.test_client(), "juan", password).status_code == 303
    assert password not in ada.get("/staff/people").text
    again = ada.post("/staff/people", name="juan", role="editor")
    assert again.status_code == 422
    assert "There is an account &#39;juan&#39; already" in again.text


def test_an_admin_disables_enables_promotes_and_resets(
    desk: Callable[[str], Desk], accounts: Accounts
) -> None:
    ada = desk("ada")
    ada.post("/staff/people/ed", act="disable")
    assert not accounts.find("ed").is_active
    ada.post("/staff/people/ed", act="enable")
    ada.post("/staff/people/ed", act="role", role="admin")
    assert accounts.find("ed").is_active
    assert accounts.find("ed").is_admin
    (password,) = re.findall(r'<code id="given">([^<]+)', ada.post("/staff/people/ed", act="password").text)
    assert accounts.sign_in("ed", password)
    assert ada.post("/staff/people/nobody", act="disable").status_code == 422


def test_one_changes_ones_password_with_the_old_one(desk: Callable[[str], Desk], accounts: Accounts) -> None:
    ed, new = desk("ed"), "seven paper boats drift"
    wrong = ed.post("/staff/account/password", old="not it", new=new, again=new)
    assert wrong.status_code == 422
    assert ed.post("/staff/account/password", old=PASSWORD, new=new, again="another").status_code == 422
    assert ed.post("/staff/account/password", old=PASSWORD, new=new, again=new).status_code == 303
    assert accounts.sign_in("ed", new)
    assert ed.get("/staff").status_code == 200


def test_the_second_step_is_set_up_on_the_account_page(
    desk: Callable[[str], Desk], accounts: Accounts
) -> None:
    ed = desk("ed")
    page = ed.post("/staff/account/code/begin").text
    (secret,) = re.findall(r'name="secret" value="([A-Z2-7]{32})"', page)
    assert "<svg" in page
    assert ed.post("/staff/account/code", secret=secret, code="12").status_code == 422
    shown = ed.post("/staff/account/code", secret=secret, code=pyotp.TOTP(secret).now()).text
    assert len(re.findall(r"[0-9a-f]{8}-[0-9a-f]{8}", shown)) == 8
    assert accounts.find("ed").has_code
    ed.post("/staff/account/code/off", password=PASSWORD)
    assert not accounts.find("ed").has_code
