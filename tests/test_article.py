"""A saved page becomes an article: what it says is kept, what stands around it is listed with a reason."""

from functools import cache
from pathlib import Path

import pytest

from chatbot.article import read_article
from chatbot.model import Article

HERE = Path(__file__).parent
PAGES = HERE / "pages"
ARTICLE = HERE.parent / "knowledge" / "articles" / "intensive-outpatient-program.txt"

# For each page: the headings that stay, in order, and how what is left out begins, in order.
EXPECTED: dict[Path, tuple[list[str], list[str]]] = {
    ARTICLE: (
        [
            "What is an Intensive Outpatient Program?",
            "Who is an IOP For?",
            "What to Expect During an IOP?",
            "Benefits of an IOP",
            "Is an IOP Right for You?",
        ],
        ["Using kratom extracts", "When to Consult a Gastroenterologist", "Finding Your Passion"],
    ),
    PAGES / "dental-crown.html": (
        [
            "When Do You Need a Crown?",
            "What Happens at the First Visit?",
            "Which Materials Are There?",
            "How Do You Care for a Crown?",
            "What Does It Cost?",
        ],
        [
            "We use cookies",
            "By Dr. R. Lindqvist",
            "Book an appointment\n\nShare this:",
            "3 Comments\n\nGreat article",
            "Five Facts About Teeth Whitening",
            "Planning a Road Trip",
        ],
    ),
    PAGES / "birth-class.html": (
        [
            "Who is the class for?",
            "What will we practice?",
            "Can I come with twins on the way?",
            "Fees and refunds",
        ],
        ["This site uses cookies", "Sign up now\n\nSubscribe to our newsletter"],
    ),
    PAGES / "piano-lessons.html": (
        ["How much should you practice?", "Do you need a real piano?", "What happens in a lesson?"],
        ["Why Clean Gutters Save Your Roof"],
    ),
    PAGES / "swim-school.html": (
        [
            "From what age does it make sense?",
            "What should a child bring?",
            "How long until a child swims alone?",
        ],
        [
            "Home – Prices",
            "Leave a Comment",
            "By Carla Núñez",
            "You May Also Like",
            "Is Chlorine",
            "The Best St",
        ],
    ),
    PAGES / "tomato-seedlings.md": (
        ["When to sow", "How to sow", "Why do seedlings fall over?", "Hardening off"],
        ["By Ana Prole", "Pruning Roses in Late Winter", "Compost for Beginners"],
    ),
    PAGES / "bike-chain.md": (
        ["How often?", "Step by step", "Can I use kitchen oil?"],
        [
            "Posted on 12 September 2023",
            "Share this: Facebook",
            "Tags: chain",
            "Related posts\n\nHow to Patch a Tube",
            "Is Your Chain Worn?",
            "Winter Riding",
            "2 comments\n\nGreat tips",
            "Where did you buy",
        ],
    ),
    PAGES / "home-care-services.md": (["Meals", "Night watch", "Rides"], ["Read more"] * 3),
    PAGES / "corner-bakery.txt": (["The starter", "The dough", "Baking", "Parking and birthday orders"], []),
    PAGES / "sole-trader-tax.txt": (
        [
            "Who has to pay quarterly taxes?",
            "When are the payments due?",
            "How do I work out the amount?",
            "What if I pay late?",
        ],
        ["By Helen Marsh", "Which Home Office Costs Can a Sole Trader Deduct?"],
    ),
    PAGES / "family-visits.txt": (
        [
            "When can I visit for the first time?",
            "What should I bring?",
            "What can we talk about?",
            "What happens after rehab?",
        ],
        [
            "How Long Does Alcohol Detox Take?\n\nMarch 14",
            "Seven Ways to Support",
            "Group Therapy or Individual",
            "Contact",
            "Hillside Recovery",
            "© 2025 Hillside",
        ],
    ),
    PAGES / "knee-exercises.txt": (
        ["How soon do I start?", "Ankle pumps", "Straight leg raise", "How much pain is normal?"],
        ["Cinco desayunos ligeros", "Cómo elegir un colchón"],
    ),
    PAGES / "senior-cat.txt": (
        [
            "What should a senior cat eat?",
            "A letter from Mr. Whiskers",
            "How do I see that my cat is in pain?",
            "Saying goodbye",
        ],
        ["Read more"],
    ),
    PAGES / "sleep-apnea.txt": (
        ["What are the signs?", "How is it found?", "How is it treated?", "What does insurance pay?"],
        ["Learn more"],
    ),
    PAGES / "puppy-school.txt": (
        [
            "Week one: the name",
            "Week two: sit and wait",
            "Week three: walking on a leash",
            "Week four: meeting other dogs",
        ],
        ["Recent Posts\n\nCan Dogs Eat Apples?", "Five Toys", "The Truth About", "Newsletter\n\nSign up"],
    ),
}
TEASERS = {
    "one, cut off in brackets": (
        "Choosing a Mattress\n\nA good mattress holds your back. Before you buy, lie on [...]\n\nRead More"
    ),
    "one, cut off by dots": (
        "Choosing a Mattress\n\nA good mattress holds your back. Before you buy...\n\nContinue reading →"
    ),
    "two with dates": (
        "Choosing a Mattress\n\nMarch 3, 2024\n\nA good mattress holds your back…\n\nRead more »\n\n"
        "Why Dogs Bark\n\nMarch 1, 2024\n\nDogs bark for many reasons. Some are bored…\n\nRead more »"
    ),
    "Spanish": ("Cómo elegir un colchón\n\nUn buen colchón sostiene la espalda. Compruebe […]\n\nLeer más"),
    "a list of titles": "Related Posts\n\nChoosing a Mattress\n\nWhy Dogs Bark\n\nTen Soups for Winter",
    "a list of points": "You might also like\n\n- Choosing a Mattress\n- Why Dogs Bark",
    "comments": "3 Comments\n\nGreat post, thanks!\n\nThis helped me a lot.\n\nLeave a Reply\n\nBe kind.",
    "newsletter and footer": "Join our newsletter\n\nA tip a month.\n\n© 2024 Acme. All rights reserved.",
}
ENDINGS = [
    "Book now",
    "Call us today at (555) 010-0199.",
    "Learn more",
    "Read more",
    "Ready to start?\n\nCall us today.",
    "What does it cost?\n\nSixty dollars. Ask at the desk.",
    "Extras\n\nWe also have tea, cake, juice...",
]


@cache
def read(path: Path) -> Article:
    return read_article(path.read_bytes(), path.name)


def read_text(text: str, name: str = "page.txt") -> Article:
    return read_article(text.encode(), name)


def headings(article: Article) -> list[str]:
    return [section.heading for section in article.sections[1:]]


def as_text(article: Article, sections: int | None = None) -> str:
    """The article's first sections as plain text."""
    parts = [text for s in article.sections[:sections] for text in (s.heading, *s.paragraphs)]
    return "\n\n".join(parts)


@pytest.mark.parametrize("path", EXPECTED, ids=lambda path: path.name)
def test_a_saved_page_keeps_its_sections_and_lists_what_is_left_out(path: Path) -> None:
    article = read(path)
    kept, left_out = EXPECTED[path]
    assert headings(article) == kept
    assert [d.text[: len(begin)] for d, begin in zip(article.dropped, left_out, strict=True)] == left_out
    assert all(section.paragraphs for section in article.sections)


def test_every_sample_page_is_looked_at() -> None:
    assert {p for p in EXPECTED if p.parent == PAGES} == set(PAGES.iterdir())


def test_the_article_of_the_clinic_is_read_word_for_word() -> None:
    article = read(ARTICLE)
    assert article.title == "Intensive Outpatient Program: A Comprehensive Guide"
    saved = ARTICLE.read_text(encoding="utf-8").split("Using kratom")[0].split("\n\n")
    told = [text for s in article.sections for text in (s.heading, *s.paragraphs)]
    assert told == [line.strip() for line in saved if line.strip()]


def test_the_reasons_say_what_was_seen() -> None:
    reasons = {d.text.split("\n")[0][:13]: d.reason for page in EXPECTED for d in read(page).dropped}
    assert "its text breaks off" in reasons["Using kratom "]
    assert "few words in common" in reasons["Using kratom "]
    assert "its heading is a link" in reasons["Why Clean Gut"]
    assert reasons["By Carla Núñe"] == "says who wrote the page or when"
    assert reasons["Related posts"] == "a list of other articles"
    assert reasons["© 2025 Hillsi"] == "the website's footer"
    assert reasons["Share this: F"] == "share buttons"


@pytest.mark.parametrize("teasers", TEASERS.values(), ids=TEASERS)
@pytest.mark.parametrize("path", [p for p in EXPECTED if p.suffix == ".txt"], ids=lambda path: path.name)
def test_teasers_below_any_article_are_left_out_and_nothing_else(path: Path, teasers: str) -> None:
    article = read(path)
    for length in range(2, len(article.sections) + 1):
        plain = as_text(article, length)
        assert read_text(f"{plain}\n\n{teasers}").sections == read_text(plain).sections


@pytest.mark.parametrize("ending", ENDINGS)
@pytest.mark.parametrize("path", EXPECTED, ids=lambda path: path.name)
def test_any_section_may_be_the_last_and_is_kept(path: Path, ending: str) -> None:
    article = read(path)
    for length in range(2, len(article.sections) + 1):
        kept = headings(read_text(f"{as_text(article, length)}\n\n{ending}"))
        assert kept[: length - 1] == headings(article)[: length - 1]


def test_a_section_in_the_middle_is_kept_whatever_it_looks_like() -> None:
    article = read(ARTICLE)
    for place in range(2, len(article.sections)):
        parts = as_text(article, place), as_text(Article("", article.sections[place:]))
        with_teaser = f"\n\n{TEASERS['one, cut off in brackets']}\n\n".join(parts)
        assert "Choosing a Mattress" in headings(read_text(with_teaser))


def test_link_lines_say_less_where_the_article_has_them_itself() -> None:
    meals = "## [Meals](https://a.example/m)\n\nA carer cooks for you.\n\n[Read more](https://a.example/m)"
    rides = "## [Rides](https://a.example/r)\n\nWe drive you to town.\n\n[Read more](https://a.example/r)"
    plain = "## Prices\n\nAsk us for a plan."
    article = read_text(f"# Care\n\nWe help at home.\n\n{meals}\n\n{plain}\n\n{rides}", "page.md")
    assert headings(article) == ["Meals", "Prices", "Rides"]


def test_a_short_footer_below_several_teasers_does_not_save_them() -> None:
    footer = "About Us\n\nWe are a family practice.\n\n12 Main Street"
    article = read_text(f"{as_text(read(ARTICLE))}\n\n{TEASERS['two with dates']}\n\n{footer}")
    assert headings(article)[-2:] == ["Is an IOP Right for You?", "About Us"]
    assert article.dropped[-1].text == "12 Main Street"


def test_date_and_address_are_kept_where_the_page_states_them() -> None:
    stated = {path.stem: (read(path).updated, read(path).url) for path in EXPECTED}
    assert stated["dental-crown"] == ("2024-02-19", "https://maplestreetdental.example/blog/dental-crown/")
    assert stated["birth-class"] == ("2025-06-03", "https://riverbendmidwives.example/birth-class")
    assert stated["piano-lessons"] == (None, "https://keysandstrings.example/adult-piano")
    assert stated["swim-school"] == ("2024-03-05", None)
    assert stated["tomato-seedlings"][0] == "2025-02-02"
    assert stated["sole-trader-tax"] == ("2025-05-06", None)
    assert stated["intensive-outpatient-program"] == (None, None)


@pytest.mark.parametrize("address", ["http://a.example/b", "/b", "https://", "https://[", "javascript:1", ""])
def test_only_an_absolute_https_address_is_taken(address: str) -> None:
    html = f'<link rel="canonical" href="{address}"><h1>Tea</h1><p>Tea is a hot drink.</p>'
    assert read_text(html, "page.html").url is None
