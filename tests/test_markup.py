"""Markdown to HTML that is safe to show, and to plain text that says the same."""

import re
from html.parser import HTMLParser

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chatbot import markup
from chatbot.markup import escape, to_html, to_text

ALLOWED = {"p", "br", "strong", "em", "ul", "ol", "li", "a", "blockquote", "code", "h3", "h4"}
MARKDOWN = st.one_of(
    st.text(),
    st.text(st.sampled_from(" ab1.\n\n#>*_`-+~|:[]()!\\<>&\"'=\t")),
    st.lists(
        st.sampled_from(
            [
                "word",
                "- ",
                "1. ",
                "   ",
                "    ",
                "\n",
                "\n\n",
                "**",
                "*",
                "`",
                "```\n",
                "> ",
                "## ",
                "[a](https://b.example)",
                "[a](javascript:alert)",
                "![a](https://b.example/c.png)",
                "<script>",
                "<a href='data:x' onclick='y'>",
                "| a | b |\n|---|---|\n| c | d |\n",
                "&lt;",
                "  \n",
            ]
        )
    ).map("".join),
)


class Reader(HTMLParser):
    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.text = ""
        self.feed(html)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        self.text += data


@given(MARKDOWN)
def test_whatever_is_written_the_html_holds_a_few_tags_and_safe_links_only(markdown: str) -> None:
    for tag, attributes in Reader(to_html(markdown)).tags:
        assert tag in ALLOWED
        assert attributes.keys() <= ({"href", "rel"} if tag == "a" else set())
        assert re.match(r"https?://|mailto:|tel:|sms:|$", attributes.get("href") or "", re.IGNORECASE)


@given(MARKDOWN)
def test_the_plain_text_says_all_that_the_html_says_in_the_same_order(markdown: str) -> None:
    said = iter(to_text(markdown))
    assert [c for c in Reader(to_html(markdown)).text if not c.isspace() and c not in said] == []


@given(st.text() | st.text(st.sampled_from(" ab1.)\n#>*_`-+~|:[]()!\\<>&;\"'=")))
def test_an_escaped_text_is_shown_as_it_stands(text: str) -> None:
    line = " ".join("".join(c if c.isprintable() else " " for c in text).split())
    assert to_text(escape(line)) == line
    assert Reader(to_html(escape(line))).text == line
    assert to_text(f"Call {escape(line)} now.") == f"Call {line} now."


@pytest.mark.parametrize(
    ("markdown", "html"),
    [
        ("One **two** *three*.", "<p>One <strong>two</strong> <em>three</em>.</p>"),
        ("- a\n- b", "<ul>\n<li>a</li>\n<li>b</li>\n</ul>"),
        ("<b>raw</b>", "<p>&lt;b&gt;raw&lt;/b&gt;</p>"),
        ("[x](javascript:alert)", "<p>[x](javascript:alert)</p>"),
        ("[x](/relative)", '<p><a rel="noopener noreferrer">x</a></p>'),
        (
            "[SAMHSA](https://www.samhsa.gov)",
            '<p><a href="https://www.samhsa.gov" rel="noopener noreferrer">SAMHSA</a></p>',
        ),
        ("[Call](tel:988)", '<p><a href="tel:988" rel="noopener noreferrer">Call</a></p>'),
        ("", ""),
    ],
)
def test_html(markdown: str, html: str) -> None:
    assert to_html(markdown) == html


@pytest.mark.parametrize(
    ("markdown", "text"),
    [
        ("One **two**\n*three*.\n\n\nFour.", "One two three.\n\nFour."),
        (
            "Bring:\n\n* a card\n* a list:\n    * pills\n\nThen come.",
            "Bring:\n\n- a card\n- a list:\n  - pills\n\nThen come.",
        ),
        ("1. first\n2. second", "1. first\n2. second"),
        ("one  \ntwo", "one\ntwo"),
        ("See [the guide](https://example.org/guide).", "See the guide (https://example.org/guide)."),
        ("See [example.org](https://example.org/).", "See example.org."),
        ("Call [988](tel:988).", "Call 988."),
        ("Write to [us](mailto:desk@example.org).", "Write to us (mailto:desk@example.org)."),
        ("### Heading\n\nText &amp; more", "Heading\n\nText & more"),
        ("", ""),
    ],
)
def test_plain_text(markdown: str, text: str) -> None:
    assert to_text(markdown) == text


@given(
    st.one_of(
        st.text(st.sampled_from(list("ab1 .,;:'\"?!()%$/–—…-+=\n")), max_size=30),
        st.from_regex(markup.AS_IT_STANDS, fullmatch=True),
    )
)
def test_what_is_shown_as_it_stands_is_what_the_parser_makes_of_it(text: str) -> None:
    quick = to_html.__wrapped__(text), to_text.__wrapped__(text)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(markup, "AS_IT_STANDS", re.compile(r"(?!)"))
        assert (to_html.__wrapped__(text), to_text.__wrapped__(text)) == quick
