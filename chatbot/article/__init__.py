"""A saved page (plain text, Markdown or HTML) to a clean article, and the article to passages."""

import re
from collections.abc import Iterator, Sequence
from pathlib import PurePath

from chatbot.article.belonging import sort_out
from chatbot.article.furniture import stated_date
from chatbot.article.page import MAX_BYTES, Block, Format, Page, check_length, decode
from chatbot.article.passages import passages
from chatbot.article.plain import read_markdown, read_text
from chatbot.article.web import read_html
from chatbot.errors import ArticleError
from chatbot.model import Article, Dropped, Section

__all__ = ["MAX_BYTES", "passages", "read_article"]

_AROUND = "stands beside the article on the page: menus, banners, buttons, comments"
_SENTENCE_END = re.compile(r"\w[^\w\s]*[.!?…。！？]")
_MARKS = {
    "text": "a short line of its own, without a full stop, above each section",
    "markdown": "a line such as '# Title' above each section",
    "html": "<h1> for the title and <h2> above each section",
}


def read_article(data: bytes, name: str) -> Article:
    """Read a saved page; `name` is its file's name, whose ending (.txt, .md, .html) tells the format.

    What does not belong to the article is in `Article.dropped` with the reason. Raises ArticleError.
    """
    called = PurePath(name).name or "the page"
    text, kind = decode(data, name)
    page = _page(text, kind, called)
    found = sort_out(page.blocks)
    dates = (d for line in found.bylines if (d := stated_date(line)))
    article = Article(
        title=page.title,
        sections=tuple(_sections(page.title, found.blocks)),
        dropped=(*(Dropped(text, _AROUND) for text in page.around), *found.dropped),
        url=page.url,
        updated=page.updated or next(dates, None),
    )
    _check(article, page, called, _MARKS[kind])
    return article


def _page(text: str, kind: Format, called: str) -> Page:
    if kind == "html":
        return read_html(text, called)
    return read_markdown(text) if kind == "markdown" else read_text(text)


def _sections(title: str, blocks: Sequence[Block]) -> Iterator[Section]:
    heading, level, paragraphs = title, 1, list[str]()
    for block in blocks:
        if block.level:
            yield Section(heading, tuple(paragraphs), level)
            heading, level, paragraphs = block.text, block.level, []
        else:
            paragraphs.append(block.text)
    yield Section(heading, tuple(paragraphs), level)


def _check(article: Article, page: Page, called: str, marks: str) -> None:
    paragraphs = [p for section in article.sections for p in section.paragraphs]
    check_length(sum(map(len, paragraphs)), called)
    if not page.blocks:
        raise ArticleError(f"{called} holds no text below its title: save the page with its text.")
    if not article.title and not any(block.level for block in page.blocks):
        raise ArticleError(f"{called} has no headings in {len(page.blocks)} paragraphs: expected {marks}.")
    if not article.title:
        first = page.blocks[0].text[:60]
        raise ArticleError(
            f"{called} has no title, it begins '{first}': put the article's title above its text."
        )
    if not any(map(_SENTENCE_END.search, paragraphs)):
        raise ArticleError(
            f"{called} has no sentences below '{article.title[:60]}': save the page with its text."
        )
