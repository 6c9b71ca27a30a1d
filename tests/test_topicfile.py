"""The topic file: what can be written in it, and what it says about a line that breaks its format."""

import re
from dataclasses import replace
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chatbot.errors import KnowledgeError
from chatbot.model import Entry, Source
from chatbot.topicfile import KINDS, dump, names, parse

FILE = """\
# Time

## How long does an IOP last? {#program-length}
? how many weeks is the program
?   iop duration
kind: article
source: What to Expect <article/what-to-expect/2>
source: TIP 47: Clinical Issues <https://www.ncbi.nlm.nih.gov/books/NBK64093/>
source: 45 CFR 164.512
related: hours-per-week, missed-sessions
reviewed: 2026-11-23
law: yes

Programs **differ**.

- often 8 weeks

## And at night? {#night}

No.
"""


def test_a_file_is_read_as_its_group_of_topics() -> None:
    first, second = parse(FILE, "topics/time.md")
    assert first == Entry(
        id="program-length",
        question="How long does an IOP last?",
        answer="Programs **differ**.\n\n- often 8 weeks",
        phrasings=("how many weeks is the program", "iop duration"),
        kind="article",
        sources=(
            Source("What to Expect", "article/what-to-expect/2"),
            Source("TIP 47: Clinical Issues", "https://www.ncbi.nlm.nih.gov/books/NBK64093/"),
            Source("45 CFR 164.512"),
        ),
        related=("hours-per-week", "missed-sessions"),
        reviewed="2026-11-23",
        law=True,
        group="Time",
    )
    assert second == Entry("night", "And at night?", "No.", group="Time")
    assert [(e.path, e.line) for e in (first, second)] == [("topics/time.md", 3), ("topics/time.md", 18)]


@pytest.mark.parametrize("line_end", ["\n", "\r\n", "\r"])
def test_any_editors_line_ends_and_mark_of_order_are_read_alike(line_end: str) -> None:
    assert parse("\ufeff" + FILE.replace("\n", line_end)) == parse(FILE)


def test_a_file_without_topics_is_empty() -> None:
    assert parse("") == parse("\n# Only a title\n") == ()


def one_line(pattern: str = r"[^\r\n]*") -> st.SearchStrategy[str]:
    shape = re.compile(pattern)
    return st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\r\n")).filter(
        lambda text: bool(text) and text == text.strip() and shape.fullmatch(text) is not None
    )


IDS = st.from_regex(r"[a-z0-9]+(-[a-z0-9]+)*", fullmatch=True)
ADDRESSES = st.sampled_from(
    ["https://www.samhsa.gov/find-help", "http://a.example/?q=1#x", "article/who-is-it-for/2"]
)
ANSWERS = (
    st.lists(one_line(r"(?!## ).*") | st.just(""), min_size=1)
    .map("\n".join)
    .filter(lambda a: a and a == a.strip())
)
ENTRIES = st.builds(
    Entry,
    id=IDS,
    question=one_line(),
    answer=ANSWERS,
    phrasings=st.lists(one_line(), max_size=3).map(tuple),
    kind=st.sampled_from(KINDS),
    sources=st.lists(st.builds(Source, one_line(r"[^<>]*"), st.none() | ADDRESSES), max_size=3).map(tuple),
    related=st.lists(IDS, max_size=3).map(tuple),
    reviewed=st.none() | st.dates(min_value=date(1000, 1, 1)).map(date.isoformat),
    law=st.booleans(),
)


@given(st.lists(ENTRIES, max_size=3), one_line() | st.just(""))
def test_what_is_written_is_read_back_the_same(entries: list[Entry], group: str) -> None:
    written = tuple(replace(e, group=group) for e in entries)
    assert parse(dump(written)) == written


@given(
    st.text()
    | st.lists(st.sampled_from([*FILE.splitlines(keepends=True), "## ", "? ", "kind:", "\n", "x"])).map(
        "".join
    )
)
def test_a_text_is_read_or_refused_with_a_line_of_it(text: str) -> None:
    last = len(re.split(r"\r\n?|\n", text))
    try:
        lines = [e.line for e in parse(text, "topics/x.md")]
    except KnowledgeError as error:
        lines = [error.line or 0]
    assert all(1 <= line <= last for line in lines)


@pytest.mark.parametrize(
    ("old", "new", "line", "fact"),
    [
        ("# Time\n", "Time\n", 1, "expected '# Group title' or '## Question {#id}', not 'Time'"),
        ("# Time\n", "# Time\n# More\n", 2, "expected '# Group title' or '## Question {#id}', not '# More'"),
        (" {#night}", "", 18, "expected '## Question {#id}', not '## And at night?'"),
        ("{#night}", "{#Night}", 18, "expected '## Question {#id}'"),
        ("{#night}", "{#at--night}", 18, "expected '## Question {#id}'"),
        ("## And at night? {", "## {", 18, "expected '## Question {#id}'"),
        ("\nNo.\n", "", 18, "topic 'night' has no answer: write it below an empty line"),
        (
            "? how",
            "?how",
            4,
            "expected '? phrasing', one of kind, source, related, reviewed, law, owner, until with a colon",
        ),
        ("?   iop duration", "? ", 5, "expected '? phrasing'"),
        ("kind: article", "kind: article\nkind: general", 7, "kind stands 2 times: keep one"),
        (
            "kind: article",
            "kind: passage",
            6,
            "kind is 'passage': expected one of article, general, clinic, mixed",
        ),
        ("kind: article", "Kind: article", 6, "expected '? phrasing'"),
        ("source: 45 CFR 164.512", "source:", 9, "source is '': expected 'Title <https://…>' or 'Title'"),
        ("<https://www", "<ftp://www", 8, "source is 'TIP 47: Clinical Issues <ftp://www"),
        ("<article/what-to-expect/2>", "<what-to-expect>", 7, "source is 'What to Expect <what-to-expect>'"),
        (
            "reviewed: 2026-11-23",
            "reviewed: today",
            11,
            "reviewed is 'today': expected a date such as 2026-11-23",
        ),
        ("reviewed: 2026-11-23", "reviewed: 2026-11-31", 11, "reviewed is '2026-11-31': expected a date"),
        ("reviewed: 2026-11-23", "reviewed: 20261123", 11, "reviewed is '20261123': expected a date"),
        ("law: yes", "law: maybe", 12, "law is 'maybe': expected yes or no"),
        ("law: yes", "laws: yes", 12, "expected '? phrasing'"),
    ],
)
def test_a_line_that_breaks_the_format_is_named(old: str, new: str, line: int, fact: str) -> None:
    with pytest.raises(KnowledgeError) as raised:
        parse(FILE.replace(old, new, 1), "topics/time.md")
    assert str(raised.value).startswith(f"topics/time.md:{line}: {fact}")
    assert (raised.value.path, raised.value.line) == ("topics/time.md", line)


def test_names_are_parted_by_commas() -> None:
    assert names(" a, b c ,,d,") == ["a", "b c", "d"]
