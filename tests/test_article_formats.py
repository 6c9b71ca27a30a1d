"""How plain text, Markdown and HTML are read, and what is said of a file that cannot be."""

import contextlib
import subprocess
import sys

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chatbot.article import MAX_BYTES, passages, read_article
from chatbot.errors import ArticleError
from chatbot.model import Article

BRUSH = "Dogs with a short coat need a rubber brush. Dogs with a long coat need a pin brush and a comb."
KNOTS = "Hold the coat above the knot and comb it out from the tip. Never cut toward the skin of your dog."
WASH = "A few minutes a week are enough for most dogs, and your dog will soon learn to enjoy the brush."


def read(text: str, name: str) -> Article:
    return read_article(text.encode(), name)


def sections(text: str, name: str) -> list[tuple[str, tuple[str, ...]]]:
    return [(s.heading, s.paragraphs) for s in read(text, name).sections]


def html(body: str, head: str = "") -> list[tuple[str, tuple[str, ...]]]:
    return sections(f"<html><head><meta charset=utf-8>{head}</head><body>{body}</body></html>", "page.html")


def test_a_short_line_above_a_paragraph_is_a_heading_in_plain_text() -> None:
    text = "Tea\n\nTea is a drink.\n\nHow to brew?\n\nPour on water.\n\nNo heading.\n\nWait.\n\nA last line"
    assert sections(text, "tea.txt") == [
        ("Tea", ("Tea is a drink.",)),
        ("How to brew?", ("Pour on water.", "No heading.", "Wait.", "A last line")),
    ]


def test_lines_broken_by_hand_are_one_paragraph() -> None:
    text = "Tea\n\nTea is a drink that people\nlove everywhere, and it is made from\nleaves. It is hot."
    assert sections(text, "a.txt") == [
        ("Tea", ("Tea is a drink that people love everywhere, and it is made from leaves. It is hot.",))
    ]


def test_a_text_without_blank_lines_is_divided_at_its_lines() -> None:
    assert sections(f"Brushing\n{WASH}\nKnots\n{KNOTS}", "a.txt") == [
        ("Brushing", (WASH,)),
        ("Knots", (KNOTS,)),
    ]


def test_points_of_a_list_are_paragraphs_of_their_own() -> None:
    text = "Tea\n\nNeed:\n\n- a pot\n- hot\n  water\n\n1. Boil it.\n2. Wait.\n\n1. First cup\n\nIt is strong."
    assert sections(text, "a.txt") == [
        ("Tea", ("Need:", "a pot", "hot water", "Boil it.", "Wait.")),
        ("1. First cup", ("It is strong.",)),
    ]


def test_an_address_line_below_the_title_is_the_address_of_the_page() -> None:
    article = read("Skip to content\n\nTea\n\nSource: https://a.example/tea\n\nTea is a drink.", "a.txt")
    assert (article.title, article.url) == ("Tea", "https://a.example/tea")
    assert [d.text for d in article.dropped] == ["Skip to content", "Source: https://a.example/tea"]
    page = "<html>\n<!-- saved from url=(0021)https://a.example/tea -->\n<h1>Tea</h1><p>Tea is hot.</p>"
    assert read(page, "a.html").url == "https://a.example/tea"


def test_a_table_of_contents_is_left_out() -> None:
    text = "Tea\n\nContents\n\nWhat?\n\nHow?\n\nHow?\n\nSo.\n\nWhat?\n\nTea.\n\nHow?\n\nSee."
    article = read(text, "a.txt")
    assert [s.heading for s in article.sections] == ["Tea", "What?", "How?"]
    assert {d.reason for d in article.dropped} == {"the page's table of contents"}


def test_markdown_loses_its_marks_and_nothing_else() -> None:
    text = (
        "# Tea *time*\n\nTea is a **hot** [drink](https://a.example), `really`.\\\nYes &amp; no.\n\n"
        "How\n---\n\n* one\n* two\n\n  more\n\n> A quote.\n\n    code here\n\n<!-- hidden -->\n\n"
        "| a | b |\n|---|---|\n| c | d |\n"
    )
    assert sections(text, "a.md") == [
        ("Tea time", ("Tea is a hot drink, really. Yes & no.",)),
        ("How", ("one", "two", "more", "A quote.", "code here", "a – b", "c – d")),
    ]


def test_front_matter_names_a_markdown_page() -> None:
    article = read(
        "---\ntitle: 'Tea'\ndate: 3 May 2024\nurl: https://a.example/tea\n---\n\nTea is hot.\n", "a.md"
    )
    assert (article.title, article.updated, article.url) == ("Tea", "2024-05-03", "https://a.example/tea")


def test_markdown_saved_as_text_is_read_as_markdown() -> None:
    assert sections("# Tea\n\nTea is hot.\n\n## How\n\nWith *water*.", "a.txt")[1] == (
        "How",
        ("With water.",),
    )


@pytest.mark.parametrize("name", ["a.md", "a.html"])
def test_bold_lines_above_paragraphs_are_headings(name: str) -> None:
    text = f"# Dogs\n\n{WASH}\n\n**Which brush?**\n\n{BRUSH}\n\n**Stop!**\n\n{KNOTS}"
    if name == "a.html":
        text = f"<h1>Dogs</h1><p>{WASH}</p><b>Which brush?</b><br>{BRUSH}<p><b>Stop!</b></p><p>{KNOTS}</p>"
    assert sections(text, name) == [("Dogs", (WASH,)), ("Which brush?", (BRUSH, "Stop!", KNOTS))]


def test_sections_in_boxes_of_their_own_are_all_kept() -> None:
    box = "<section class=block><div class=inner><h2>{}</h2><p>{}</p></div></section>"
    told = [("Brush", BRUSH), ("Wash", WASH), ("Knots", KNOTS), ("Fees", "Ten dollars.")]
    body = "<h1>Dogs</h1><div class=menu><a href=/>Home</a></div>" + "".join(
        box.format(*pair) for pair in told
    )
    assert html(body)[1:] == [(heading, (text,)) for heading, text in told]


def test_questions_that_open_their_answers_are_headings() -> None:
    body = (
        f"<main><h1>Dogs</h1><p>{WASH}</p><details><summary>Which brush?</summary>{BRUSH}</details>"
        f"<h3><button aria-expanded=false>Knots?</button></h3><div hidden><p>{KNOTS}</p></div>"
        f"<button aria-controls=x>Nails?</button><div id=x><p>{WASH}</p></div><button>Book</button></main>"
    )
    assert html(body)[1:] == [("Which brush?", (BRUSH,)), ("Knots?", (KNOTS,)), ("Nails?", (WASH,))]


def test_headings_lose_the_links_to_themselves() -> None:
    body = f"<h1>Dogs</h1><p>{WASH}</p><h2 id=k>Knots<a href=#k>#</a></h2><p>{KNOTS}</p>"
    assert html(body)[1] == ("Knots", (KNOTS,))


def test_scripts_comments_and_hidden_marks_are_never_read() -> None:
    body = f"<h1>Dogs</h1><p>{WASH}<script>no()</script><!-- no --></p><style>no</style><p>{BRUSH}\u200b</p>"
    assert html(body) == [("Dogs", (WASH, BRUSH))]


def test_the_title_is_the_main_heading_and_not_the_logo() -> None:
    logo = "<div><h1><a href=/>Happy Paws</a></h1></div>"
    head = "<title>All about dogs | Happy Paws</title>"
    text = f"<p>{WASH}</p><h2>Knots</h2><p>{KNOTS}</p>"
    assert html(f"{logo}<main><h1>All about dogs</h1>{text}</main>", head)[0] == ("All about dogs", (WASH,))
    assert html(f"{logo}<main><h2>All about dogs</h2>{text}</main>", head)[0] == ("All about dogs", (WASH,))
    logo = "<p><h1>Happy Paws</h1></p>"
    assert html(f"{logo}<main><h1>All about dogs</h1>{text}</main>", head)[0] == ("All about dogs", (WASH,))
    assert html(f"<main>{text}</main>", head)[0] == ("All about dogs", (WASH,))


def test_a_table_is_read_row_by_row() -> None:
    row = "<tr><td>Small</td><td>20 dollars.</td></tr>"
    body = f"<article><h1>Dogs</h1><p>{WASH}</p><table>{row}</table></article>"
    assert html(body)[0][1][1] == "Small – 20 dollars."


def test_utf_16_and_a_declared_windows_1252_are_read() -> None:
    text = "Café\n\nWe sell coffee – and cake."
    assert read_article(text.encode("utf-16"), "a.txt").title == "Café"
    assert read_article(b"\xfe\xff" + text.encode("utf-16-be"), "a.txt").title == "Café"
    assert read_article(b"\xef\xbb\xbf" + text.encode(), "a.txt").title == "Café"
    page = '<meta charset="iso-8859-1"><h1>Café – Bar</h1><p>We sell coffee.</p>'
    assert read_article(page.encode("cp1252"), "a.html").title == "Café – Bar"


PAGE = b"<h1>Tea</h1><p>Tea is hot.</p>"


@pytest.mark.parametrize(
    ("data", "name", "said"),
    [
        (b"", "a.txt", "a.txt is empty"),
        (b"\xef\xbb\xbf \n\t", "a.md", "a.md is empty"),
        (b"Tea is hot. It is good.\n\nYes, it is.", "a.txt", "no headings in 2 paragraphs"),
        (b"Tea is *hot*.", "a.md", "expected a line such as '# Title'"),
        (b"<p>Tea is hot.</p>", "a.html", "expected <h1>"),
        (b"## How\n\nWith water.", "a.md", "has no title, it begins 'How'"),
        (b"Tea is hot, they say.\n\nHow\n\nWith water.", "a.txt", "has no title, it begins 'Tea is hot"),
        (b"<h2>How</h2><p>With water.</p>", "a.html", "has no title"),
        (b"Tea\n\nHot\n\nGood", "a.txt", "no sentences below 'Tea'"),
        (b"Tea", "a.txt", "no text below its title"),
        (b"<html><frameset><frame src=x></frameset>", "a.html", "HTML without text"),
        (b"Tea\0\n\nTea is hot.", "a.txt", "character 4 is NUL"),
        ("Tea\n\nTea is hot.".encode("utf-16-le"), "a.txt", "character 2 is NUL"),
        (b"%PDF-1.7 \xff", "a.txt", "is a PDF file"),
        (b"PK\x03\x04\x14", "a.docx", "zip archive or an Office file"),
        (b"\x89PNG\r\n\x1a\n", "a.html", "a PNG image"),
        (b"\xff\xd8\xff\xe0", "a.jpg", "a JPEG image"),
        (b"GIF89a", "a.md", "a GIF image"),
        (b"Tea\n\nCaf\xe9.", "a.txt", "as UTF-8: byte 9 (line 3) is 0xE9"),
        (b"<meta charset=utf-8><h1>Caf\xe9</h1>", "a.html", "as UTF-8: byte 28"),
        (b"charset=windows-1252 Caf\xe9", "a.txt", "as UTF-8: byte 25"),
        (b"<meta charset=windows-1252><h1>\x81</h1>", "a.html", "Windows-1252, which it declares: byte 32"),
        (b"\xff\xfeT\0\x00\xd8", "a.txt", "as UTF-16: byte 5"),
        (b"Tea\n\nTea is hot.", "a.html", "holds no HTML tag: rename it"),
        (b"<!DOCTYPE html>" + PAGE, "a.txt", "holds HTML: rename it to .html"),
        (b"\n<html>" + PAGE, "a.md", "holds HTML: rename it to .html"),
        (b"Tea", "a.rst", "ends in '.rst', expected .txt, .md or .html"),
        (b"x" * (MAX_BYTES + 1), "a.txt", "5,000,001 bytes"),
        (b"\xff" * (MAX_BYTES + 1), "a.png", "5,000,001 bytes"),
        (b"Tea\n\n" + b"Tea is hot. " * 40_000, "a.txt", "480,005 characters of text"),
        (PAGE + b"<p>Tea is hot." * 60_000, "a.html", "60,004 HTML tags"),
        (b"<h1>Tea</h1>" + b"<div>" * 10_000 + PAGE, "a.html", "more than 250 HTML tags in each other"),
    ],
)
def test_a_file_that_is_no_article_is_refused_in_one_sentence(data: bytes, name: str, said: str) -> None:
    with pytest.raises(ArticleError) as caught:
        read_article(data, name)
    assert said in str(caught.value)
    assert str(caught.value).startswith(name)
    assert ": " in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_file_without_an_ending_is_told_by_its_content() -> None:
    assert read_article(b"Tea\n\nTea is hot.", "tea").title == "Tea"
    assert read_article(b"<html>" + PAGE, "tea").title == "Tea"
    assert read_article(b"# Tea\n\nTea is hot.\n\n## How\n\nWith water.", "tea").title == "Tea"


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("<h1>Tea</h1><p>" + "<b>" * 200 + "Tea is hot.", "a.html"),
        ("<h1>Tea</h1><p>Tea is hot.</p>" + "<li>a.</li>" * 5_000, "a.html"),
        ("<h1>Tea</h1><p>Tea is hot.</p>" + "<!--" * 10_000, "a.html"),
        ("# Tea\n\nTea is hot.\n\n" + "[" * 20_000, "a.md"),
        ("# Tea\n\nTea is hot.\n\n" + ">" * 20_000, "a.md"),
        ("# Tea\n\nTea is hot.\n\n" + "- " * 20_000, "a.md"),
        ("Tea\n\nTea is hot.\n\n" + "Same\n\nIt is so.\n\n" * 3_000, "a.txt"),
        ("Tea\n\nTea is hot.\n\n" + "[… " * 20_000, "a.txt"),
        ("Tea\n\nTea is hot.\n\n" + "." * 100_000, "a.txt"),
    ],
)
def test_a_hostile_page_is_read_like_any_other(text: str, name: str) -> None:
    article = read(text, name)
    assert article.title == "Tea"
    assert passages(article)[0].answer.startswith("Tea is hot.")


PIECES = """
Tea|Read more|Tea is hot.|A […]|How?|# |## |- |1. |**|```|<h1>|</h1>|<p>|<div>|</div>|<br>|<li>|<table>|<td>
<a href=x>|</a>|<nav>|<b>|<!--|&#0;|&#xD800;|&amp;|Related posts|3 Comments|By Ann Lee|March 3, 2024|Share
Facebook|© 2024|---|title: Tea|\u202e|\u0301|😀|\x0b|\x85|…|...|<svg><title>x</title></svg>|<button>|<summary>
<html>|<!doctype html>|<title>T</title>|\ud7ff
"""
PIECE = st.sampled_from([*PIECES.replace("\n", "|").split("|"), "\n", "\n\n", "|"])


def check(article: Article) -> None:
    assert article.title == article.sections[0].heading
    assert any(section.paragraphs for section in article.sections)
    texts = [text for s in article.sections for text in (s.heading, *s.paragraphs)]
    assert all(text == " ".join(text.split()) for text in texts)
    assert all(dropped.text.strip() and dropped.reason for dropped in article.dropped)
    assert len({entry.id for entry in passages(article)}) == len(passages(article))


@settings(max_examples=300, deadline=None)
@given(st.lists(PIECE, max_size=40).map("".join), st.sampled_from(["a.txt", "a.md", "a.html", "a", ""]))
def test_any_text_is_an_article_or_is_refused(text: str, name: str) -> None:
    with contextlib.suppress(ArticleError):
        check(read(text, name))


@settings(max_examples=300, deadline=None)
@given(st.binary(max_size=400), st.sampled_from(["a.txt", "a.md", "a.html", "a.htm", "a.pdf", "\0/..", "a"]))
def test_any_bytes_are_an_article_or_are_refused(data: bytes, name: str) -> None:
    for content in (data, b"<html>" + data, b"Tea\n\nTea is hot.\n\n" + data):
        with contextlib.suppress(ArticleError):
            check(read_article(content, name))


def test_the_readers_of_html_are_imported_for_html_only() -> None:
    code = (
        "import sys; from chatbot.article import read_article\n"
        "read_article(b'Tea\\n\\nTea is hot.', 'a.txt')\n"
        "print(*{'trafilatura', 'lxml', 'markdown_it', 'nltk'} & set(sys.modules))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout.strip(), done.stderr) == (0, "", "")
