"""Who imports whom: the house keeps its rules, and a breach of each is found."""

import shutil
import subprocess
import sys
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path

import pytest
from layers import (
    ENVIRONMENT_READERS,
    HOMES,
    LAYERS,
    ROOT,
    breaches_between_packages,
    breaches_by_cycles,
    breaches_of_declarations,
    breaches_of_homes,
    breaches_of_layers,
    breaches_of_the_environment,
    files,
)

from chatbot import Bot

Check = Callable[[Path], Iterable[str]]
Build = Callable[[Mapping[str, str]], Path]

SOUND = {
    "chatbot/__init__.py": "from chatbot.bot import Bot\n\n__all__ = ['Bot']\n",
    "chatbot/errors.py": "",
    "chatbot/text.py": "import nltk\n\nfrom chatbot.errors import X\n",
    "chatbot/bot.py": "from chatbot import text\n",
    "chatbot/cli/__init__.py": "import chatbot.cli.talk\n",
    "chatbot/cli/talk.py": "def serve():\n    from web.server import serve\n",
    "chatbot/settings.py": "import os\nhome = os.environ['HOME']\n",
    "chatbot/cli/terminal.py": "import os\nplain = os.environ.get('NO_COLOR')\n",
    "web/__init__.py": "from flask import Flask\n",
    "web/server.py": "import json\n\nfrom chatbot import Bot\nfrom web import create_app\n",
    "pyproject.toml": "[project]\ndependencies = ['Flask>=3', 'lxml_html_clean', 'nltk[x]<4']\n",
}
# What makes a sound house break a rule: a file, its code, and how the finding begins.
BREACHES: Mapping[Check, tuple[tuple[str, str, str], ...]] = {
    breaches_of_layers: (
        ("chatbot/errors.py", "import chatbot.text", "chatbot/errors.py:1 imports chatbot/text.py, which"),
        (
            "chatbot/text.py",
            "def f():\n    from chatbot import bot",
            "chatbot/text.py:2 imports chatbot/bot.py",
        ),
        ("chatbot/text.py", "from chatbot import Bot", "chatbot/text.py:1 imports chatbot/__init__.py"),
        ("chatbot/settings.py", "import chatbot.text", "chatbot/settings.py:1 imports chatbot/text.py"),
        ("chatbot/store.py", "import chatbot.text", "chatbot/store.py:1 imports chatbot/text.py, but"),
        ("chatbot/tools.py", "", "chatbot/tools.py has no row"),
    ),
    breaches_between_packages: (
        ("web/api.py", "from chatbot.text import fold", "web/api.py:1 imports chatbot.text.fold, which"),
        ("web/api.py", "import chatbot", "web/api.py:1 imports chatbot, which"),
        ("web/api.py", "from chatbot import text", "web/api.py:1 imports chatbot.text, which"),
        ("web/api.py", "from . import server", "web/api.py:1 imports by dots"),
        (
            "chatbot/cli/talk.py",
            "from web.server import x",
            "chatbot/cli/talk.py:1 imports web.server.x: only",
        ),
        (
            "chatbot/cli/talk.py",
            "def f():\n    import web.api",
            "chatbot/cli/talk.py:2 imports web.api: only",
        ),
        ("chatbot/bot.py", "def f():\n    from web.server import x", "chatbot/bot.py:2 imports web.server.x"),
    ),
    breaches_by_cycles: (
        (
            "chatbot/errors.py",
            "def f():\n    import chatbot.text",
            "chatbot/errors.py needs chatbot/text.py needs chatbot/errors.py",
        ),
        (
            "web/__init__.py",
            "if TYPE_CHECKING:\n    from web.server import x",
            "web/__init__.py needs web/server.py needs web/__init__.py",
        ),
    ),
    breaches_of_homes: (
        ("chatbot/bot.py", "def f():\n    import nltk.data", "chatbot/bot.py:2 imports nltk, whose home is"),
        ("chatbot/bot.py", "from flask import Flask", "chatbot/bot.py:1 imports flask, whose home is web"),
        ("web/api.py", "import pandas", "web/api.py:1 imports pandas, which has no home"),
    ),
    breaches_of_the_environment: (
        ("chatbot/bot.py", "import os\nx = os.environ['NO_COLOR']", "chatbot/bot.py:2 reads the environment"),
        ("web/api.py", "import os\nos.getenv('X')", "web/api.py:2 reads the environment"),
        ("web/api.py", "from os import environ", "web/api.py:1 reads the environment"),
        ("chatbot/cli/terminal.py", "import os\nos.environ.get('HOME')", "chatbot/cli/terminal.py:2 reads"),
    ),
    breaches_of_declarations: (
        ("chatbot/bot.py", "import click", "chatbot/bot.py:1 imports click: declare it"),
        ("chatbot/text.py", "", "pyproject.toml declares nltk, which nothing imports"),
    ),
}
ANSWER = """
import sys
from pathlib import Path
from chatbot import Bot, Settings
bot = Bot.open(Settings(data_dir=Path(sys.argv[1])))
for message in ("how long does it last", "hello", "what is the capital of France", "i want to die"):
    bot.reply(message, bot.reply("how much is it").context)
print(*{"sklearn", "scipy", "nltk", "flask", "trafilatura", "sqlalchemy"} & sys.modules.keys())
"""


@pytest.mark.parametrize("check", BREACHES)
def test_the_house_keeps_its_rule(check: Check) -> None:
    assert list(check(ROOT)) == []


def test_what_the_rules_name_exists() -> None:
    standing = {path.relative_to(ROOT).parts[1].removesuffix(".py") for path in files(ROOT)}
    assert set().union(*LAYERS) - standing == set()
    homes = {home for homes in HOMES.values() for home in homes} | ENVIRONMENT_READERS.keys()
    assert [home for home in sorted(homes) if not (ROOT / home).exists()] == []


@pytest.fixture
def build(tmp_path: Path) -> Build:
    """Builds a house that keeps every rule, but for the files that it is given."""

    def make(changed: Mapping[str, str]) -> Path:
        for name, code in {**SOUND, **changed}.items():
            path = tmp_path / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(code)
        return tmp_path

    return make


@pytest.mark.parametrize("check", BREACHES)
def test_a_sound_house_keeps_the_rule(build: Build, check: Check) -> None:
    assert list(check(build({}))) == []


@pytest.mark.parametrize(
    ("check", "file", "code", "finding"),
    [(check, *breach) for check, given in BREACHES.items() for breach in given],
)
def test_a_breach_is_found(build: Build, check: Check, file: str, code: str, finding: str) -> None:
    (found,) = check(build({file: code}))
    assert found.startswith(finding)


def test_answering_from_a_kept_index_loads_no_library_that_only_learning_needs(
    bot: Bot, data_dir: Path, tmp_path: Path
) -> None:
    shutil.copytree(data_dir / "index", tmp_path / "index")  # without a database, whose edits would be read
    run = [sys.executable, "-c", ANSWER, str(tmp_path)]
    assert subprocess.run(run, capture_output=True, text=True, check=True).stdout == "\n"
