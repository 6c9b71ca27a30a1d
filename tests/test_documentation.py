"""The README: it names everything that exists, names nothing that does not, and its examples run."""

import re
from dataclasses import fields
from pathlib import Path

import pytest
from click import Context
from flask import Flask

from chatbot import Bot, Settings
from chatbot.cli import main

ROOT = Path(__file__).resolve().parent.parent
README = (ROOT / "README.md").read_text("utf-8")
PAGES = sorted((ROOT / "docs").glob("*.md"))
IN_CODE = set(re.findall(r"`([^`\n]+)`", re.sub(r"```.*?```", "", README, flags=re.DOTALL)))
SHELL = "\n".join(re.findall(r"```sh\n(.*?)```", README, re.DOTALL))


def make_targets() -> set[str]:
    (phony,) = re.findall(r"^\.PHONY: (.*)$", (ROOT / "Makefile").read_text("utf-8"), re.MULTILINE)
    return set(phony.split())


def test_every_make_target_stands_in_the_readme_and_no_other() -> None:
    named = re.findall(r"\bmake ([a-z]+(?:-[a-z]+)*)\b", "\n".join([SHELL, *IN_CODE]))
    assert set(named) == make_targets()


def test_every_make_target_says_what_it_does() -> None:
    makefile = (ROOT / "Makefile").read_text("utf-8")
    assert set(re.findall(r"^([a-z-]+):.* ## \w", makefile, re.MULTILINE)) == make_targets()


def test_every_setting_stands_in_the_readme_and_no_other() -> None:
    known = {f"CHATBOT_{field.name.upper()}" for field in fields(Settings)}
    assert set(re.findall(r"CHATBOT_[A-Z_]+", README)) == known


def test_every_subcommand_stands_in_the_readme_and_no_other() -> None:
    listed = re.search(r"^Subcommands: (.*?);", README, re.MULTILINE)
    assert listed is not None
    assert set(re.findall(r"`(\w+)`", listed[1])) == set(main.list_commands(Context(main)))


def test_every_command_that_the_readme_shows_exists() -> None:
    shown = re.findall(r"\bchatbot ([a-z]+)", "\n".join([SHELL, *IN_CODE]))
    assert shown
    assert set(shown) <= set(main.list_commands(Context(main)))


def test_every_route_stands_in_the_readme(app: Flask) -> None:
    every = {rule.rule for rule in app.url_map.iter_rules() if not rule.arguments}
    routes = {rule for rule in every if not rule.startswith("/staff/")}  # reached by its menu
    named = set(re.findall(r"/[a-z0-9/_.]*", " ".join(IN_CODE) + SHELL + README))
    assert sorted(routes - named) == []


def test_every_path_of_the_api_that_the_readme_names_exists(app: Flask) -> None:
    routes = {rule.rule for rule in app.url_map.iter_rules()}
    named = {
        part for code in IN_CODE for part in code.split() if re.fullmatch(r"/(?:[a-z][a-z0-9/.]*)?", part)
    }
    typed_in_chat = {"/why", "/new", "/quit"}
    assert sorted(named - routes - typed_in_chat) == []


@pytest.mark.parametrize("page", [ROOT / "README.md", *PAGES], ids=lambda path: path.name)
def test_every_file_that_a_page_links_to_exists(page: Path) -> None:
    linked = re.findall(r"\]\((?!https?://)([^)#]+)", page.read_text("utf-8"))
    assert [path for path in linked if not (page.parent / path).exists()] == []


def test_the_readme_is_short() -> None:
    assert len(README.splitlines()) <= 120


def test_every_picture_is_shown_and_taken_by_make_pictures() -> None:
    shown = {path for page in PAGES for path in re.findall(r"!\[[^]]+\]\(([^)]+)\)", page.read_text("utf-8"))}
    pictures = {path.relative_to(ROOT / "docs").as_posix() for path in (ROOT / "docs/pictures").iterdir()}
    assert shown == pictures
    taking = "".join(
        (ROOT / "tests/browser" / n).read_text("utf-8") for n in ("pictures.py", "desk_pages.py")
    )
    assert [path for path in pictures if f'"{Path(path).stem}"' not in taking] == []
    assert sum((ROOT / "docs" / path).stat().st_size for path in pictures) < 250_000


def test_the_readme_links_to_every_page() -> None:
    linked = re.findall(r"\]\((?!https?://)([^)#]+)", README)
    assert {page.relative_to(ROOT).as_posix() for page in PAGES} <= set(linked)


@pytest.mark.parametrize("page", PAGES, ids=lambda path: path.name)
def test_every_file_and_make_target_that_a_page_names_exists(page: Path) -> None:
    code = re.findall(r"`([^`\n]+)`", re.sub(r"```.*?```", "", page.read_text("utf-8"), flags=re.DOTALL))
    roots = tuple(f"{folder}/" for folder in ("chatbot", "web", "knowledge", "tests", "benchmarks", "docs"))
    named = {c.split("::")[0] for c in code if c.startswith(roots) and not set(c) & set(" <>*…")}
    assert sorted(path for path in named if not (ROOT / path).exists()) == []
    assert {c.split()[1] for c in code if re.fullmatch(r"make [a-z-]+", c)} <= make_targets()


@pytest.mark.parametrize("code", re.findall(r"```python\n(.*?)```", README, re.DOTALL))
def test_what_the_readme_shows_of_python_runs(code: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(ROOT)
    names: dict[str, object] = {}
    exec(code, names)  # noqa: S102 - the README's own example
    assert isinstance(names["bot"], Bot)


def test_the_changelog_says_something() -> None:
    assert re.search(r"^- \S", (ROOT / "CHANGELOG.md").read_text("utf-8"), re.MULTILINE)
