"""Several clinics in one installation: each has all that a clinic has, and none of another's."""

import re
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from cli_support import run
from desk import KEY, PASSWORD, sign_in, small_knowledge
from flask import Flask
from werkzeug.test import Client, TestResponse

from chatbot import Accounts, Bot, Change, Live, Noted, Settings, Sites, Store, settings_of, shared_by
from chatbot.errors import ChatbotError
from web import create_app
from web.sites import SiteApp

NORTH, SOUTH = "north-shore", "south"
ORIGIN = "https://north-shore.example"
CANARY = "zyzzogeton"
PATIENCE_S = 120
FILLED = {
    "topic_id": "parking",
    "kind": "topic",
    "key": "parking",
    "name": "ed",
    "probe_id": "1",
    "digest": "0" * 16,
}


@pytest.fixture(scope="module")
def small_bot() -> Bot:
    return Bot(small_knowledge(), KEY)


@pytest.fixture(scope="module")
def settings(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    return Settings(data_dir=tmp_path_factory.mktemp("installation"), rate_limit="off", secret_key=KEY)


@pytest.fixture(scope="module")
def store(settings: Settings) -> Iterator[Store]:
    store = Store.open(settings.database_url)
    yield store
    store.close()


@pytest.fixture(scope="module")
def sites(settings: Settings, store: Store) -> Sites:
    sites = Sites(settings, store)
    sites.add(NORTH, [ORIGIN])
    sites.add(SOUTH)
    return sites


@pytest.fixture(scope="module")
def flask_app(settings: Settings, small_bot: Bot, store: Store) -> Flask:
    return create_app(settings, small_bot, store)


@pytest.fixture(scope="module")
def app(flask_app: Flask, sites: Sites, settings: Settings) -> Iterator[SiteApp]:
    for name in (NORTH, SOUTH):
        fill(settings_of(settings, sites.get(name)), CANARY if name == NORTH else "harmless")
    app = SiteApp(flask_app)
    yield app
    app.close()
    flask_app.extensions["chatbot"].live.stop()


@pytest.fixture
def client(app: SiteApp) -> Client:
    return Client(app)


def fill(settings: Settings, word: str) -> None:
    """A clinic at work: every table holds something of it, with a word in it."""
    store = Store.open(settings.database_url)
    body = {
        "question": f"Where can I park at {word}?",
        "answer": f"Behind {word}.",
        "phrasings": [f"parking at {word}"],
    }
    store.edits.save([Change("topic", "parking", body)], by=word, why=f"for {word}")
    store.probes.set(f"is there a lot at {word}", "parking", by=word)
    today = datetime.now(UTC).date()
    store.inbox.add([Noted(text=f"do you have a gym at {word}", reason="no_answer", day=today)] * 3)
    store.options.set("greeting", f"Hello from {word}", by=word)
    accounts = Accounts(store, lambda: str(settings.secret_key))
    accounts.add("ada", "admin", PASSWORD, by="test")
    accounts.add(f"ed {word}", "editor", PASSWORD, by="test")
    store.close()


def ask(client: Client, site: str, message: str, context: str = "", **headers: str) -> TestResponse:
    given = {"message": message, "context": context}
    return client.post(f"/s/{site}/api/v1/chat", json=given, headers=headers, buffered=True)


def told(response: TestResponse) -> dict[str, Any]:
    """What the API has answered."""
    answer: dict[str, Any] = response.get_json()
    return answer


def ready(client: Client, site: str) -> None:
    """Wait until a site has its index, which is built the first time."""
    until = datetime.now(UTC).timestamp() + PATIENCE_S
    while ask(client, site, "hello").status_code == 503:
        assert datetime.now(UTC).timestamp() < until


def addresses(app: Flask) -> Iterator[str]:
    """Every address that can be read."""
    for rule in app.url_map.iter_rules():
        if "GET" in (rule.methods or ()):
            yield re.sub(r"<(?:[^:<>]*:)?([^<>]+)>", lambda f: FILLED.get(f[1], "icon.svg"), rule.rule)


def test_a_clinic_answers_from_its_own_topics_over_what_all_have(client: Client) -> None:
    for site, word in ((NORTH, CANARY), (SOUTH, "harmless")):
        ready(client, site)
        assert told(ask(client, site, f"where can i park at {word}"))["text"] == f"Behind {word}."
        assert told(ask(client, site, "how long does it last"))["topic"] == "program-length"
    foreign = client.post("/api/v1/chat", json={"message": "where can i park"}, buffered=True)
    assert told(foreign)["kind"] == "no_answer"


def test_nothing_of_one_clinic_stands_on_any_page_of_another(
    client: Client, flask_app: Flask, store: Store
) -> None:
    Accounts(store, lambda: KEY).add("ada", "admin", PASSWORD, by="test")
    ready(client, SOUTH)
    seen = 0
    for desk in (sign_in(client, "ada", root=f"/s/{SOUTH}"), sign_in(client, "ada")):
        for path in addresses(flask_app):
            response = desk.get(path)
            assert response.status_code < 500, path
            assert CANARY not in response.text, path
            seen += "harmless" in response.text
        assert CANARY not in desk.client.post(f"{desk.root}/api/v1/suggest", json={"text": "parking at"}).text
    assert seen > 4  # each is where it belongs


def test_nobody_enters_a_desk_with_what_opens_another(client: Client, flask_app: Flask) -> None:
    ready(client, NORTH)
    ready(client, SOUTH)
    north = sign_in(client, "ada", root=f"/s/{NORTH}")
    (cookie,) = (c for c in [client.get_cookie(f"staff-{NORTH}")] if c)
    for name in (f"staff-{SOUTH}", "staff"):
        client.set_cookie(name, cookie.value)
    for desk in (replace(north, root=f"/s/{SOUTH}"), replace(north, root="")):
        for path in addresses(flask_app):
            if path.startswith("/staff"):
                response = desk.get(path)
                assert "/sign-in" in response.headers.get("Location", "") or "/sign-in" in response.text, path
        assert desk.post("/staff/topics/new", topic_id="x", question="Mine now?").status_code in (303, 403)
    assert north.get("/staff/topics").status_code == 200


def test_what_one_clinic_has_signed_means_nothing_to_another(client: Client) -> None:
    ready(client, NORTH)
    ready(client, SOUTH)
    given = told(ask(client, NORTH, "how long does it last"))
    own = told(ask(client, NORTH, "and what does it cost", given["context"]))
    foreign = told(ask(client, SOUTH, "and what does it cost", given["context"]))
    assert own["topic"] == foreign["topic"] == "cost"
    rating = {"id": given["id"], "helpful": False}
    assert client.post(f"/s/{SOUTH}/api/v1/feedback", json=rating, buffered=True).status_code != 204
    assert client.post(f"/s/{NORTH}/api/v1/feedback", json=rating, buffered=True).status_code == 204


def test_each_clinic_has_its_own_web_origins(client: Client) -> None:
    ready(client, NORTH)
    ready(client, SOUTH)
    assert ask(client, NORTH, "hello", Origin=ORIGIN).headers["Access-Control-Allow-Origin"] == ORIGIN
    assert ask(client, SOUTH, "hello", Origin=ORIGIN).status_code == 403
    assert (
        client.post("/api/v1/chat", json={"message": "hello"}, headers={"Origin": ORIGIN}).status_code == 403
    )


def test_its_widget_and_its_line_to_copy_lead_to_its_own_address(client: Client) -> None:
    ready(client, NORTH)
    desk = sign_in(client, "ada", root=f"/s/{NORTH}")
    assert f"http://localhost/s/{NORTH}/widget.js" in desk.get("/staff/embed").text
    assert "Where can I park" in desk.get("/faq").text
    assert f'href="/s/{NORTH}/staff/topics"' in desk.get("/staff").text


def test_who_is_sent_to_sign_in_comes_back_to_the_page_of_that_desk(client: Client) -> None:
    ready(client, NORTH)
    sent = client.get(f"/s/{NORTH}/staff/topics", buffered=True).headers["Location"]
    form = {"name": "ada", "password": PASSWORD}
    back = client.post(sent, data=form, headers={"Origin": "http://localhost"}, buffered=True)
    assert back.headers["Location"] == f"/s/{NORTH}/staff/topics"
    elsewhere = f"/s/{NORTH}/staff/sign-in?next=/s/{SOUTH}/staff/topics"
    back = client.post(elsewhere, data=form, headers={"Origin": "http://localhost"}, buffered=True)
    assert back.headers["Location"] == f"/s/{NORTH}/staff"


def test_a_name_that_is_no_site_is_not_found(client: Client) -> None:
    ready(client, NORTH)
    for name in ("east", "..", "%2e%2e", NORTH.upper(), f"{NORTH}/../{SOUTH}x", "a" * 31):
        assert client.get(f"/s/{name}/faq").status_code == 404, name


def test_of_many_that_are_open_the_last_ones_stay_and_no_edit_is_lost(
    flask_app: Flask, sites: Sites, app: SiteApp, client: Client
) -> None:
    ready(client, NORTH)
    ready(client, SOUTH)
    app.close()  # SQLite is for one process: the small one below takes over
    small = SiteApp(flask_app, most=1)
    other = Client(small)
    for turn in range(4):
        for site in (NORTH, SOUTH):
            assert ask(other, site, "hello").status_code == 200  # though it may just be closing
            desk = sign_in(other, "ada", root=f"/s/{site}")
            assert (
                desk.post("/staff/tests", question=f"turn {turn} of {site}", topic="cost").status_code == 303
            )
            assert len(small._open) <= 2  # noqa: SLF001 - what it is about
    for site in (NORTH, SOUTH):
        ready(other, site)
        page = sign_in(other, "ada", root=f"/s/{site}").get("/staff/tests").text
        assert all(f"turn {turn} of {site}" in page for turn in range(4))
    small.close()


def test_a_clinic_is_added_allowed_exported_and_removed_by_command(tmp_path: Path) -> None:
    assert "2 sites" not in run(tmp_path, "site", "list").stderr
    added = run(tmp_path, "site", "add", NORTH, "--origin", ORIGIN)
    assert added.exit_code == 0
    assert f'data-site="{NORTH}"' in added.stderr
    made = run(tmp_path, "--site", NORTH, "staff", "add", "ada", "--role", "admin", "--generate")
    assert f"may sign in at /s/{NORTH}/staff" in made.stderr
    assert "ada" in run(tmp_path, "--site", NORTH, "staff", "list").stdout
    assert "ada" not in run(tmp_path, "staff", "list").stdout
    assert run(tmp_path, "site", "allow", NORTH, "https://other.example").exit_code == 0
    assert run(tmp_path, "site", "list").stdout == f"{NORTH}  https://other.example\n"
    kept = tmp_path / "north.zip"
    assert run(tmp_path, "site", "export", NORTH, str(kept)).exit_code == 0
    run(tmp_path, "site", "add", SOUTH)
    assert run(tmp_path, "--site", SOUTH, "restore", str(kept)).exit_code == 0
    assert "ada" in run(tmp_path, "--site", SOUTH, "staff", "list").stdout
    assert run(tmp_path, "site", "remove", NORTH, stdin="n\n").exit_code == 130
    removed = run(tmp_path, "site", "remove", NORTH, "--yes")
    assert removed.exit_code == 0
    assert list((tmp_path / "backups").glob(f"site-{NORTH}-*.zip"))
    assert not (tmp_path / "sites" / NORTH).exists()
    assert run(tmp_path, "site", "list").stdout == f"{SOUTH}  (same origin only)\n"


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("site", "add", "North Shore"), "no name of a site"),
        (("site", "add", "a" * 31), "no name of a site"),
        (("site", "add", "north", "--origin", "no origin"), "no web origin"),
        (("site", "remove", "east", "--yes"), "no site 'east'"),
        (("--site", "east", "staff", "list"), "no site 'east'"),
        (("--site", "east", "serve"), "does not go with 'serve'"),
        (("--site", "east", "site", "list"), "does not go with 'chatbot site'"),
    ],
)
def test_a_wrong_call_is_one_line_that_names_the_cure(
    tmp_path: Path, words: tuple[str, ...], told: str
) -> None:
    result = run(tmp_path, *words)
    assert result.exit_code == 2
    assert told in result.stderr
    assert result.stderr.count("\n") == 1


def test_a_name_is_given_once(sites: Sites) -> None:
    with pytest.raises(ChatbotError, match="exists"):
        sites.add(NORTH)


def test_on_postgresql_each_clinic_has_a_schema_of_its_own(tmp_path: Path, postgres_url: str) -> None:
    settings = Settings(data_dir=tmp_path, database_url=postgres_url, secret_key=KEY)
    store = Store.open(postgres_url)
    sites = Sites(settings, store)
    here, there = (settings_of(settings, sites.add(name)) for name in (NORTH, SOUTH))
    fill(here, CANARY)
    assert here.secret_key != there.secret_key
    opened = [Store.open(place.database_url) for place in (here, there, settings)]
    assert [o.edits.revision() for o in opened] == [1, 0, 0]
    assert [len(o.people.all()) for o in opened] == [2, 0, 0]
    kept = sites.remove(NORTH)
    sites.export(SOUTH, tmp_path / "south.zip")
    again = settings_of(settings, sites.add(NORTH))
    assert (
        run(
            tmp_path,
            "--site",
            NORTH,
            "restore",
            str(kept),
            CHATBOT_DATABASE_URL=postgres_url,
            CHATBOT_SECRET_KEY=KEY,
        ).exit_code
        == 0
    )
    assert Store.open(again.database_url).edits.revision() >= 1
    for one in (*opened, store):
        one.close()


def test_of_what_one_clinic_keeps_ready_only_what_was_delivered_is_lent_to_others(tmp_path: Path) -> None:
    settings = Settings(data_dir=tmp_path, secret_key=KEY)
    with closing(Store.open(settings.database_url)) as store:
        main = Live.open(settings, store)
        own = [tmp_path / "index" / name for name in ("article-0-1.json", "engine-0.bin", "guard-0.bin")]
        for file in own:
            file.write_text(CANARY)
        shared = shared_by(settings, main)
        south = settings_of(settings, Sites(settings, store).add(SOUTH))
        with closing(Store.open(south.database_url)) as other:
            site = Live.open(south, other, shared)
            assert site.bot.engine.knowledge.published_ids == main.bot.engine.knowledge.published_ids
    lent = {p.name for folder in (shared.folder, south.data_dir / "index") for p in folder.iterdir()}
    assert lent.isdisjoint(p.name for p in own)
    assert {name.partition("-")[0] for name in lent} == {"engine", "folder", "guard"}
