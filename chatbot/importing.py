"""Taking saved pages into the data folder's knowledge, all of them or none."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from chatbot.article import passages, read_article
from chatbot.content import MAX_FILE_BYTES, PACKAGED
from chatbot.errors import ArticleError, ChatbotError, KnowledgeError
from chatbot.formats import PAGE_ENDINGS as ENDINGS
from chatbot.formats import is_page
from chatbot.model import Article, Entry
from chatbot.text import normalise, words
from chatbot.whole import write_whole

Proof = TypeVar("Proof")


@dataclass(frozen=True, slots=True)
class SavedPage:
    """A saved page with what it holds, read but not yet taken in."""

    path: Path
    data: bytes
    article: Article
    passages: tuple[Entry, ...]


def is_article(path: Path) -> bool:
    """Whether a file is to be read as an article: a page, unless there are topics in it."""
    if path.suffix.lower() not in ENDINGS:
        return False
    # What is missing or too large is refused as an article, by whoever reads it, in those words.
    if path.suffix.lower() == ".txt" or not path.is_file() or path.stat().st_size > MAX_FILE_BYTES:
        return True
    return is_page(path.name, path.read_bytes())


def file_name(group: str) -> str:
    """The name of the file that topics of a group go into."""
    return "-".join(words(normalise(group))) + ".md" if words(normalise(group)) else "topics.md"


def read_page(path: Path) -> SavedPage:
    """Read a saved page. Raises ArticleError where it is not one, before reading it where that shows."""
    if path.suffix.lower() not in ENDINGS:
        raise ArticleError(f"{path} is not a saved page: expected a file that ends in {', '.join(ENDINGS)}")
    if not path.is_file():
        raise ArticleError(f"{path} is not a file" if path.exists() else f"{path}: no such file")
    data = _read(path)
    article = read_article(data, path.name)
    return SavedPage(path, data, article, passages(article))


def _read(path: Path) -> bytes:
    limit = MAX_FILE_BYTES // 1_000_000
    try:
        size = path.stat().st_size
        if size > MAX_FILE_BYTES:
            raise ArticleError(f"{path} has {size / 1_000_000:,.0f} MB, at most {limit} are read: split it")
        return path.read_bytes()
    except OSError as error:
        raise ArticleError(f"{path} cannot be read: {error.strerror}") from error


def take_in(
    pages: Sequence[SavedPage], folder: Path, *, prove: Callable[[], Proof], replace: bool = False
) -> Proof:
    """Copy the pages into `folder`, byte for byte, then `prove` that the knowledge still loads.

    Returns the proof. Raises ChatbotError, with the folder as it was, where a page is known by another
    name, where a different file has its name and `replace` is not given, where a file cannot be written,
    or where the proof fails.
    """
    names = ", ".join(dict.fromkeys(page.path.name for page in pages))
    try:
        before = {path: _bytes_of(path) for path in (folder / page.path.name for page in pages)}
        for page in pages:
            _refuse_twin(page, folder)
            _refuse_clash(page, pages, before[folder / page.path.name], replace=replace)
        with _taken_back_on_failure(folder, before):
            folder.mkdir(parents=True, exist_ok=True)
            for page in pages:
                write_whole(folder / page.path.name, page.data)
            return prove()
    except OSError as error:
        raise ChatbotError(f"{names} cannot be copied to {folder}: {error.strerror}") from error
    except KnowledgeError as error:
        fact = "the knowledge does not load, so nothing was imported"
        raise ChatbotError(f"with {names} {fact}: {error}") from error


def _refuse_twin(page: SavedPage, folder: Path) -> None:
    """The same text twice would make the bot ask which of two equal answers is meant."""
    for path in (*folder.glob("*"), *(PACKAGED / "articles").glob("*")):
        if path != folder / page.path.name and _bytes_of(path) == page.data:
            raise ChatbotError(f"{page.path.name} is known already, as {path}: there is nothing to import")


def _refuse_clash(page: SavedPage, pages: Sequence[SavedPage], there: bytes | None, *, replace: bool) -> None:
    name = page.path.name
    if any(p.path.name == name and p.data != page.data for p in pages):
        raise ChatbotError(f"two different files are named {name}: rename one")
    if there not in (None, page.data) and not replace:
        raise ChatbotError(f"{name} was imported before and differs: use --replace, or rename the file")


@contextmanager
def _taken_back_on_failure(folder: Path, before: Mapping[Path, bytes | None]) -> Iterator[None]:
    """Leave files and folders as they were, whatever goes wrong (an interruption, too)."""
    made = [f for f in (folder, *folder.parents) if not f.exists()]
    try:
        yield
    except BaseException:
        for path, data in before.items():
            if data is not None:
                write_whole(path, data)
            elif path.exists():
                path.unlink()
        for empty in made:
            with suppress(OSError):  # not made after all, or another process has put something in
                empty.rmdir()
        raise


def _bytes_of(path: Path) -> bytes | None:
    return path.read_bytes() if path.is_file() else None
