"""The documentation as a site: strict about links, whole, and loading nothing from elsewhere."""

import re
import shutil
import subprocess
import sys
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urlsplit

import licences
import pytest

ROOT = Path(__file__).resolve().parent.parent
PAGES = sorted(page.stem for page in (ROOT / "docs").glob("*.md"))
LOADING = {"src", "srcset", "poster", "data"}
LOADED_LINKS = {"stylesheet", "icon", "preload", "prefetch", "preconnect", "dns-prefetch", "modulepreload"}


class Links(HTMLParser):
    """The addresses on a page: those that it loads by itself, and those that it leads to."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.loaded: list[str] = []
        self.led_to: list[str] = []
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        said = {name: value or "" for name, value in attrs}
        self.loaded += [said[name] for name in LOADING & said.keys()]
        if "href" in said:
            is_loaded = tag == "link" and set(said.get("rel", "").split()) & LOADED_LINKS
            (self.loaded if is_loaded else self.led_to).append(said["href"])


def build(folder: Path) -> "subprocess.CompletedProcess[str]":
    """Build the site as `make docs` does, of the pages in `folder`."""
    shutil.copy(ROOT / "zensical.toml", folder)
    command = [str(Path(sys.executable).with_name("zensical")), "build", "--clean", "--strict"]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=120, check=False)


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("site")
    shutil.copytree(ROOT / "docs", folder / "docs")
    built = build(folder)
    assert built.returncode == 0, built.stdout + built.stderr
    return folder / "build/site"


def test_every_page_is_on_the_site_and_in_its_menu(site: Path) -> None:
    start = Links((site / "index.html").read_text("utf-8")).led_to
    assert {f"{page}.html" for page in PAGES} - {"index.html"} <= set(start)
    assert {page.stem for page in site.glob("*.html")} - {"404"} == set(PAGES)


@pytest.mark.parametrize("page", PAGES)
def test_a_page_loads_nothing_from_elsewhere_and_leads_to_what_is_there(site: Path, page: str) -> None:
    links = Links((site / f"{page}.html").read_text("utf-8"))
    assert [address for address in links.loaded if urlsplit(address).netloc] == []
    for address in (*links.loaded, *links.led_to):
        parts = urlsplit(address)
        if not parts.netloc and parts.scheme != "data":
            assert (site / unquote(parts.path or f"{page}.html")).exists(), address


def test_no_style_sheet_loads_anything_from_elsewhere(site: Path) -> None:
    styles = "".join(style.read_text("utf-8") for style in site.rglob("*.css"))
    assert "@media" in styles
    assert re.findall(r"url\(['\"]?(?:https?:)?//[^)]+|@import[^;]+", styles) == []


def test_a_broken_link_or_anchor_fails_the_build(tmp_path: Path) -> None:
    (tmp_path / "docs").mkdir()
    for page in PAGES:
        (tmp_path / "docs" / f"{page}.md").write_text("# A page\n\nWords.\n", "utf-8")
    assert build(tmp_path).returncode == 0
    for link in ("[gone](nothing.md)", "[gone](install.md#nowhere)"):
        (tmp_path / "docs/index.md").write_text(f"# Start\n\n{link}\n", "utf-8")
        assert build(tmp_path).returncode != 0


def test_the_licence_of_every_library_that_is_installed_stands_on_its_page() -> None:
    """Which of them are needed differs a little between versions of Python: none may be missing."""
    listed = licences.listed()
    installed = {name: licences.row(name, users) for name, users in licences.needed().items()}
    assert len(installed) > 50
    assert {n: listed.get(n, "").rpartition(" | ")[0] for n in installed} == {
        n: row.rpartition(" | ")[0] for n, row in installed.items()
    }
    locked = {line.partition("==")[0].lower() for line in (ROOT / "constraints.txt").read_text().splitlines()}
    assert {name for name in listed if name not in {n.replace("_", "-") for n in locked}} == set()
