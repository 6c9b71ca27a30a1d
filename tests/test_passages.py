"""An article becomes passages: 30 to 120 words each, cut between sentences, nothing lost."""

from itertools import pairwise
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st

from chatbot.article import passages, read_article
from chatbot.model import Article, Entry, Section, Source
from chatbot.text import sentences

HERE = Path(__file__).parent
SAVED = HERE.parent / "knowledge" / "articles" / "intensive-outpatient-program.txt"


def article(*sections: tuple[str, list[str]], url: str | None = None, updated: str | None = None) -> Article:
    return Article("All About Tea", tuple(Section(h, tuple(p)) for h, p in sections), (), url, updated)


def told(words: int, sentence: int = 10) -> str:
    """A paragraph of so many words, in sentences of so many."""
    lengths = [sentence] * (words // sentence) + ([words % sentence] if words % sentence else [])
    return " ".join(" ".join(["Tea", *["leaf"] * (n - 2), "falls."][-n:]) for n in lengths)


def lengths(paragraphs: list[str]) -> list[int]:
    return [len(entry.answer.split()) for entry in passages(article(("Tea", paragraphs)))]


def sentences_of(paragraphs: list[str]) -> list[str]:
    return [sentence for paragraph in paragraphs for sentence in sentences(paragraph)]


def answered(entries: tuple[Entry, ...]) -> list[str]:
    return sentences_of([paragraph for entry in entries for paragraph in entry.answer.split("\n\n")])


def test_the_article_of_the_clinic_has_these_passages() -> None:
    entries = passages(read_article(SAVED.read_bytes(), SAVED.name))
    assert [entry.id for entry in entries] == [
        "article/intensive-outpatient-program-a-comprehensive-guide",
        "article/what-is-an-intensive-outpatient-program",
        "article/who-is-an-iop-for",
        "article/what-to-expect-during-an-iop",
        "article/what-to-expect-during-an-iop/2",
        "article/what-to-expect-during-an-iop/3",
        "article/benefits-of-an-iop",
        "article/benefits-of-an-iop/2",
        "article/is-an-iop-right-for-you",
        "article/is-an-iop-right-for-you/2",
    ]
    assert all(30 <= len(entry.answer.split()) <= 120 for entry in entries)


def test_a_passage_carries_heading_title_and_source() -> None:
    page = article(
        ("All About Tea", ["It is hot."]),
        ("How?", ["With water."]),
        url="https://a.example",
        updated="2024-05-03",
    )
    assert passages(page) == (
        Entry(
            id="article/all-about-tea",
            question="All About Tea",
            answer="It is hot.",
            kind="passage",
            sources=(Source("All About Tea", "https://a.example", None, "2024-05-03"),),
            group="All About Tea",
        ),
        Entry(
            id="article/how",
            question="How?",
            answer="With water.",
            kind="passage",
            sources=(Source("How?", "https://a.example", None, "2024-05-03"),),
            group="All About Tea",
        ),
    )


def test_a_section_without_text_gives_no_passage() -> None:
    assert [e.id for e in passages(article(("Tea", []), ("How?", ["With water."])))] == ["article/how"]


def test_paragraphs_long_enough_stand_alone_and_short_ones_join_a_neighbor() -> None:
    assert lengths([told(40), told(50), told(60)]) == [40, 50, 60]
    assert lengths([told(40), told(10), told(60)]) == [50, 60]
    assert lengths([told(10)] * 6) == [30, 30]
    assert lengths([told(8)]) == [8]
    assert passages(article(("Tea", ["One.", "Two."])))[0].answer == "One.\n\nTwo."


def test_a_long_paragraph_is_cut_between_sentences_into_like_pieces() -> None:
    assert lengths([told(130)]) == [60, 70]
    assert lengths([told(120)]) == [120]
    assert lengths([told(360)]) == [120, 120, 120]
    assert lengths([told(130), told(12)]) == [70, 72]


def test_a_short_paragraph_beside_a_full_one_takes_a_sentence_over() -> None:
    assert lengths([told(115), told(20)]) == [70, 65]


def test_a_sentence_is_never_cut() -> None:
    assert lengths([told(200, sentence=200)]) == [200]
    assert lengths([told(40), told(150, sentence=150), told(40)]) == [40, 150, 40]


def test_headings_that_come_twice_have_ids_of_their_own() -> None:
    page = article(
        ("Fees", ["One."]),
        ("Fees 2", ["Two."]),
        ("Fees", ["Three."]),
        ("Fées?", ["Four."]),
        ("???", ["Five."]),
    )
    first = [entry.id for entry in passages(page)]
    assert first == [
        "article/fees",
        "article/fees-2",
        "article/fees-3",
        "article/fees-4",
        "article/all-about-tea",
    ]
    second = [entry.id for entry in passages(page, taken=first)]
    assert second[:2] == ["article/fees-5", "article/fees-2-2"]
    assert not set(first) & set(second)
    assert passages(page, taken=first) == passages(page, taken=first)


TOKENS = "tea Tea tea, hot Dr. e.g. 3.5 U.S. a.m. (so) “it” it’s 1. no? Yes! … [...] 988 😀 ."
WORDS = st.sampled_from(TOKENS.split())
SENTENCES = st.lists(WORDS, min_size=1, max_size=45).map(lambda words: " ".join(words) + ".")
PARAGRAPHS = st.lists(SENTENCES, min_size=1, max_size=9).map(" ".join)
SECTIONS = st.lists(
    st.tuples(st.sampled_from(["Tea", "Fees", "How?"]), st.lists(PARAGRAPHS, max_size=5)), max_size=4
)


@settings(max_examples=100, deadline=None)
@given(SECTIONS)
def test_the_passages_hold_the_sentences_of_the_article_in_order(
    sections: list[tuple[str, list[str]]],
) -> None:
    entries = passages(article(*sections))
    paragraphs = [paragraph for _, texts in sections for paragraph in texts]
    assert answered(entries) == sentences_of(paragraphs)
    assert " ".join(e.answer for e in entries).split() == " ".join(paragraphs).split()


@settings(max_examples=100, deadline=None)
@given(SECTIONS)
def test_every_passage_has_the_right_length_where_the_sentences_allow(
    sections: list[tuple[str, list[str]]],
) -> None:
    for heading, paragraphs in sections:
        entries = passages(article((heading, paragraphs)))
        counts = [len(entry.answer.split()) for entry in entries]
        assert all(len(sentences_of([e.answer])) == 1 for e in entries if len(e.answer.split()) > 120)
        short = [i for i, n in enumerate(counts) if n < 30]
        assert all(i + 1 not in short for i in short)
        assert all(a + b > 120 for i, (a, b) in enumerate(pairwise(counts)) if i in short or i + 1 in short)
