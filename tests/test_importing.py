import os
import stat
from pathlib import Path

import pytest

from chatbot import ArticleError, ChatbotError, KnowledgeError
from chatbot.content import PACKAGED
from chatbot.importing import SavedPage, read_page, take_in

PAGE = """Swimming Lessons for Adults: A Guide

What are swimming lessons for adults?

Swimming lessons for adults are small classes in a warm and shallow pool. A teacher stands in the water
with the class and shows each movement slowly. Most people begin without any skill at all, and nobody is
asked to put the head under water on the first day.

How long does a course last?

A course lasts ten weeks. The class meets on Tuesday and Thursday evenings, for one hour each time. People
who miss an evening can come to the class of another week, as long as there is room for them in the pool.
"""


@pytest.fixture
def page(tmp_path: Path) -> SavedPage:
    return read_page(saved(tmp_path / "swimming.txt"))


def saved(path: Path, text: str = PAGE) -> Path:
    path.parent.mkdir(exist_ok=True)
    path.write_text(text, "utf-8")
    return path


def proof() -> None:
    """Nothing is wrong."""


def disproof() -> None:
    raise KnowledgeError("swimming.txt", None, "id 'article/x' is taken")


def test_a_page_is_read_with_its_passages(page: SavedPage) -> None:
    assert page.article.title == "Swimming Lessons for Adults: A Guide"
    assert "article/how-long-does-a-course-last" in [p.id for p in page.passages]
    assert page.data == PAGE.encode()


@pytest.mark.parametrize("name", ["page.pdf", "page", "page.docx", ".txt"])
def test_only_files_that_end_like_a_saved_page_are_read(tmp_path: Path, name: str) -> None:
    with pytest.raises(ArticleError, match=r"expected a file that ends in \.txt, \.md, \.html"):
        read_page(saved(tmp_path / name))


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(ArticleError, match=r"gone\.txt: no such file"):
        read_page(tmp_path / "gone.txt")


def test_a_folder_or_a_pipe_is_no_page_and_nobody_waits_for_it(tmp_path: Path) -> None:
    (tmp_path / "folder.txt").mkdir()
    os.mkfifo(tmp_path / "pipe.txt")
    for name in ("folder.txt", "pipe.txt"):
        with pytest.raises(ArticleError, match="is not a file"):
            read_page(tmp_path / name)


def test_a_file_of_50_mb_is_refused_before_it_is_read(tmp_path: Path) -> None:
    path = tmp_path / "large.txt"
    with path.open("wb") as file:
        file.truncate(50_000_000)
    with pytest.raises(ArticleError, match="50 MB, at most 5"):
        read_page(path)


@pytest.mark.parametrize(
    "data",
    [b"", b" \n\n ", b"\x00\x01\x02" * 50, "Caf\u00e9 ".encode("latin-1") * 50],
    ids=["empty", "blank", "binary", "latin-1"],
)
def test_a_file_that_is_no_text_is_refused(tmp_path: Path, data: bytes) -> None:
    path = tmp_path / "page.txt"
    path.write_bytes(data)
    with pytest.raises(ArticleError):
        read_page(path)


def test_a_page_is_taken_in_byte_for_byte_and_readable_for_the_server(
    page: SavedPage, tmp_path: Path
) -> None:
    folder = tmp_path / "knowledge" / "articles"
    take_in([page], folder, prove=proof)
    copy = folder / "swimming.txt"
    assert copy.read_bytes() == PAGE.encode()
    assert stat.S_IMODE(copy.stat().st_mode) == 0o644
    assert list(folder.iterdir()) == [copy]


def test_the_same_page_again_changes_nothing(page: SavedPage, tmp_path: Path) -> None:
    take_in([page], tmp_path / "articles", prove=proof)
    take_in([page], tmp_path / "articles", prove=proof)
    assert len(list((tmp_path / "articles").iterdir())) == 1


def test_a_different_page_of_the_same_name_stays_unless_it_may_be_replaced(
    page: SavedPage, tmp_path: Path
) -> None:
    folder = tmp_path / "articles"
    other = read_page(saved(tmp_path / "new" / "swimming.txt", PAGE.replace("ten weeks", "six weeks")))
    take_in([page], folder, prove=proof)
    with pytest.raises(ChatbotError, match=r"swimming\.txt was imported before and differs: use --replace"):
        take_in([other], folder, prove=proof)
    assert (folder / "swimming.txt").read_bytes() == page.data
    take_in([other], folder, prove=proof, replace=True)
    assert (folder / "swimming.txt").read_bytes() == other.data


def test_the_same_page_under_another_name_is_refused(page: SavedPage, tmp_path: Path) -> None:
    folder = tmp_path / "articles"
    take_in([page], folder, prove=proof)
    with pytest.raises(ChatbotError, match=r"twin\.txt is known already, as .*swimming\.txt"):
        take_in([read_page(saved(tmp_path / "twin.txt"))], folder, prove=proof)
    assert [p.name for p in folder.iterdir()] == ["swimming.txt"]


def test_a_page_that_the_bot_comes_with_is_refused(tmp_path: Path) -> None:
    packaged = next((PACKAGED / "articles").glob("*.txt"))
    with pytest.raises(ChatbotError, match="is known already"):
        take_in([read_page(packaged)], tmp_path / "articles", prove=proof)


def test_the_proof_is_given_back(page: SavedPage, tmp_path: Path) -> None:
    assert take_in([page], tmp_path / "articles", prove=lambda: "loads") == "loads"


def test_two_different_files_of_one_name_are_refused_together(page: SavedPage, tmp_path: Path) -> None:
    other = read_page(saved(tmp_path / "new" / "swimming.txt", PAGE.replace("ten weeks", "six weeks")))
    with pytest.raises(ChatbotError, match=r"two different files are named swimming\.txt"):
        take_in([page, other], tmp_path / "articles", prove=proof, replace=True)
    assert not (tmp_path / "articles").exists()


def test_a_copy_with_which_the_knowledge_does_not_load_is_taken_back(page: SavedPage, tmp_path: Path) -> None:
    with pytest.raises(ChatbotError, match=r"nothing was imported: swimming.txt: id 'article/x' is taken"):
        take_in([page], tmp_path / "data" / "knowledge" / "articles", prove=disproof)
    assert not (tmp_path / "data").exists()


def test_what_a_failed_copy_replaced_is_put_back(page: SavedPage, tmp_path: Path) -> None:
    folder = tmp_path / "articles"
    other = read_page(saved(tmp_path / "new" / "swimming.txt", PAGE.replace("ten weeks", "six weeks")))
    take_in([page], folder, prove=proof)
    with pytest.raises(ChatbotError, match="nothing was imported"):
        take_in([other], folder, prove=disproof, replace=True)
    assert (folder / "swimming.txt").read_bytes() == page.data
    assert len(list(folder.iterdir())) == 1


def test_an_interruption_takes_the_copy_back(page: SavedPage, tmp_path: Path) -> None:
    def interrupted() -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        take_in([page], tmp_path / "articles", prove=interrupted)
    assert not (tmp_path / "articles").exists()


def test_a_folder_that_cannot_be_written_is_one_clear_error(page: SavedPage, tmp_path: Path) -> None:
    (tmp_path / "articles").write_text("a file where the folder should be")
    with pytest.raises(ChatbotError, match=r"swimming\.txt cannot be copied to"):
        take_in([page], tmp_path / "articles", prove=proof)
