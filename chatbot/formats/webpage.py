"""Web pages with questions and answers (schema.org FAQPage), and HTML answers to Markdown.

The only home of beautifulsoup4 and markdownify.
"""

import re
from collections.abc import Iterator, Sequence
from typing import Any

from chatbot.errors import FormatError
from chatbot.formats.records import Row
from chatbot.formats.trees import load_json, texts
from chatbot.markup import cleaned

_MAX_HTML = 5_000_000
_MAX_TAGS = 60_000  # as for articles: a page has a few thousand
_JSON_LD = re.compile(r"<script[^>]{0,200}?application/ld\+json[^>]{0,200}>(.*?)</script\s*>", re.I | re.S)
_TAG = re.compile(r"</?(?:p|br|a|b|strong|i|em|u|ul|ol|li|div|span|h[1-6]|table|tr|td)(?:\s[^<>]*)?/?>", re.I)
_BLOCK = re.compile(r"<(/?)(?:h[1256]|div|section|table|tr)(?:\s[^<>]*)?>", re.I)  # what `cleaned` unwraps
_BOLD, _ITALIC = (re.compile(rf"<(/?){tag}(?:\s[^<>]*)?>", re.I) for tag in "bi")
_BLANKS = re.compile(r"\n[ \t]*(?:\n[ \t]*)+")


def is_faq_page(text: str) -> bool:
    """Whether a page holds questions and answers for search engines."""
    return "FAQPage" in text and bool(_JSON_LD.search(text) or 'itemtype="http' in text)


def read_faq_page(text: str, name: str) -> tuple[Row, ...]:
    """The questions of a saved page, from its JSON-LD or its microdata. Raises FormatError."""
    if len(text) > _MAX_HTML or text.count("<") > _MAX_TAGS:
        raise FormatError(f"{name} is larger than a page with questions ought to be: save that page alone")
    found = [p for data in _JSON_LD.findall(text) for p in _pairs(load_json(data, name, "its FAQPage data"))]
    return _rows(found or list(_marked_up(text)), name)


def read_json_ld(value: Any, name: str) -> tuple[Row, ...]:
    """The questions of JSON-LD that was saved as a file of its own. Raises FormatError."""
    return _rows(list(_pairs(value)), name)


def _rows(found: Sequence[tuple[str, str]], name: str) -> tuple[Row, ...]:
    if not found:
        raise FormatError(f"{name} has no FAQPage data with a question: import it as an article")
    return tuple(
        Row(f"question {i}", question=_line(q), answer=as_markdown(a)) for i, (q, a) in enumerate(found, 1)
    )


def _pairs(value: Any, depth: int = 0) -> Iterator[tuple[str, str]]:
    """The questions and answers in JSON-LD, wherever a graph or a list holds them."""
    if depth > 8:
        return
    if isinstance(value, list):
        for each in value:
            yield from _pairs(each, depth + 1)
    elif isinstance(value, dict):
        answer = value.get("acceptedAnswer") or value.get("suggestedAnswer")
        answer = answer[0] if isinstance(answer, list) and answer else answer
        if "Question" in texts(value.get("@type")) and isinstance(answer, dict):
            asked = value.get("name") or value.get("text")
            yield "".join(texts(asked)[:1]), "".join(texts(answer.get("text"))[:1])
        else:
            for key in ("@graph", "mainEntity", "mainEntityOfPage", "hasPart", "itemListElement", "item"):
                yield from _pairs(value.get(key), depth + 1)


def _marked_up(text: str) -> Iterator[tuple[str, str]]:
    from bs4 import BeautifulSoup

    for question in BeautifulSoup(text, "lxml").select('[itemtype$="schema.org/Question"]'):
        name = question.select_one('[itemprop="name"]')
        answer = question.select_one('[itemprop="acceptedAnswer"] [itemprop="text"]')
        if name and answer:
            yield name.get_text(" "), answer.decode_contents()


def _line(html: str) -> str:
    return " ".join(as_text(html).split())


def as_text(html: str) -> str:
    """The words of a text that may hold tags or entities."""
    from bs4 import BeautifulSoup

    return BeautifulSoup(html, "lxml").get_text(" ") if "<" in html or "&" in html else html


def has_tags(text: str) -> bool:
    """Whether a text is written in HTML."""
    return bool(_TAG.search(text))


def _with_known_tags(html: str) -> str:
    """The HTML with the tags that an answer keeps in place of those that mean much the same."""
    return _ITALIC.sub(r"<\1em>", _BOLD.sub(r"<\1strong>", _BLOCK.sub(r"<\1p>", html)))


def as_markdown(text: str) -> str:
    """An answer of another program as Markdown: converted where it holds HTML tags, else as it stands.

    Raises FormatError where its tags nest too deep to follow.
    """
    if not has_tags(text):
        return text
    from markdownify import markdownify

    try:
        marked = markdownify(
            cleaned(_with_known_tags(text)),
            heading_style="ATX",
            bullets="-",
            strong_em_symbol="*",
            wrap=False,
        )
    except RecursionError as error:
        last = " ".join(cleaned(text)[-40:].split())
        raise FormatError(f"the answer that ends {last!r} nests its tags too deep: make it plain") from error
    return _BLANKS.sub("\n\n", marked.replace("\xa0", " ")).strip()
