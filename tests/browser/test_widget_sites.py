"""The widget of one of several clinics: a page names its clinic and gets that one's words and answers."""

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from desk import KEY, small_knowledge
from playwright.sync_api import Page, expect
from serving import serving

from chatbot import Bot, Change, Settings, Sites, Store, settings_of
from web import create_app
from web.sites import SiteApp

from .chat import HostSite, embed, open_chat, part, say

SITE = "north-shore"
QUESTION = "Where can I park?"
ANSWER = "Behind the lighthouse."


@pytest.fixture(scope="module")
def clinics(tmp_path_factory: pytest.TempPathFactory, host_site: HostSite) -> Iterator[str]:
    """A server that answers for a clinic beside its main one."""
    data_dir: Path = tmp_path_factory.mktemp("clinics")
    settings = Settings(data_dir=data_dir, rate_limit="off", port=0, secret_key=KEY)
    with closing(Store.open(settings.database_url)) as store:
        place = settings_of(settings, Sites(settings, store).add(SITE, [host_site.url]))
        with closing(Store.open(place.database_url)) as own:
            body = {"question": QUESTION, "answer": ANSWER, "phrasings": []}
            own.edits.save([Change("topic", "parking", body)], by="test")
        app = SiteApp(create_app(settings, Bot(small_knowledge(), KEY), store))
        with closing(app), serving(app, settings) as url:
            yield url


@pytest.mark.parametrize("way", ["attribute", "settings", "its own address"])
def test_a_page_that_names_its_clinic_gets_that_ones_widget(
    page: Page, clinics: str, host_site: HostSite, way: str
) -> None:
    for _ in range(60):  # its index is built the first time
        if page.request.get(f"{clinics}/s/{SITE}/widget.js").ok:
            break
        page.wait_for_timeout(1000)
    before = f"<script>faqChatSettings = {{site: '{SITE}'}}</script>" if way == "settings" else ""
    html = embed(
        f"{clinics}/s/{SITE}" if way == "its own address" else clinics,
        f'data-site="{SITE}" data-label="Ask us"' if way == "attribute" else 'data-label="Ask us"',
        before=before,
    )
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    open_chat(page, host_site.publish(html))
    say(page, QUESTION)
    expect(part(page, ".answer")).to_contain_text(ANSWER)
    assert [
        url for url in asked if url.startswith(clinics) and "/api/" in url and f"/s/{SITE}/" not in url
    ] == []
    assert page.locator("faq-chat").count() == 1
