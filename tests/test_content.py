"""The knowledge folder: read, laid over, checked, and filled with the clinic's facts."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from chatbot.content import MAX_FILE_BYTES, PACKAGED, Knowledge, facts_used, overlay, paragraphs
from chatbot.editing import body_of, lay_over
from chatbot.errors import KnowledgeError
from chatbot.model import Entry, Profile, Source
from chatbot.records import Change

ARTICLE = """\
Yoga at the river

Yoga is offered every day, in the morning and in the evening, and each class takes about one hour.

Who may come?

Everybody may come to a class, with or without a mat, and no one needs to know any yoga at all before.
"""
TOPICS = """\
# Visits

## May I bring a dog? {#dogs}
source: Who may come? <article/who-may-come>
related: cats
reviewed: 2026-11-23

Small dogs may come.

## May I bring a cat? {#cats}

Cats stay at home.
"""
Folder = Callable[[dict[str, str | bytes]], Path]


@pytest.fixture
def folder(tmp_path: Path) -> Folder:
    """Makes a knowledge folder of the files it is given."""

    def make(files: dict[str, str | bytes]) -> Path:
        made = tmp_path / f"knowledge-{len(list(tmp_path.iterdir()))}"
        for name, content in files.items():
            path = made / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return made

    return make


@pytest.fixture
def visits(folder: Folder) -> Path:
    return folder({"topics/visits.md": TOPICS, "articles/yoga.txt": ARTICLE})


def with_facts(**facts: str) -> Knowledge:
    return Knowledge(topics=(), profile=Profile(facts))


def test_the_packaged_knowledge_is_whole() -> None:
    knowledge = Knowledge.load()
    assert {"greeting", "no-answer"} <= {e.id for e in knowledge.lines}
    assert knowledge.topics
    assert knowledge.passages
    assert knowledge.guide.help_lines
    assert len(knowledge.background) > 1000


def test_topics_and_passages_of_a_folder_are_entries_under_their_ids(visits: Path) -> None:
    knowledge = Knowledge.load(visits)
    assert [t.id for t in knowledge.topics] == ["dogs", "cats"]
    assert knowledge.entries["dogs"].answer == "Small dogs may come."
    assert "with or without a mat" in knowledge.entries["article/who-may-come"].answer
    assert knowledge.entries["article/who-may-come"].path == "yoga.txt"


def test_a_folder_without_lines_of_the_bots_own_gets_the_packaged_ones(visits: Path) -> None:
    knowledge, packaged = Knowledge.load(visits), Knowledge.load()
    assert knowledge.lines == packaged.lines
    assert knowledge.guide == packaged.guide
    assert knowledge.background == packaged.background


def test_a_folder_given_by_name_replaces_the_packaged_answers(visits: Path) -> None:
    ids = Knowledge.load(visits).entries.keys()
    assert not ids & {t.id for t in Knowledge.load().topics}


def test_an_extra_folder_is_laid_over_the_ground(visits: Path, folder: Folder) -> None:
    extra = folder({"topics/more.md": "## Bring a cat? {#cats}\n\nYes.\n\n## Birds? {#birds}\n\nNo.\n"})
    knowledge = Knowledge.load(visits, extra=extra)
    assert [(t.id, t.answer) for t in knowledge.topics] == [
        ("dogs", "Small dogs may come."),
        ("cats", "Yes."),
        ("birds", "No."),
    ]


def test_an_extra_folder_that_is_not_there_changes_nothing(visits: Path, tmp_path: Path) -> None:
    assert Knowledge.load(visits, extra=tmp_path / "none") == Knowledge.load(visits)


def test_one_of_the_bots_own_lines_can_be_reworded_alone(visits: Path, folder: Folder) -> None:
    extra = folder({"bot.md": "## Hello {#greeting}\nkind: line\n\nGood day.\n"})
    knowledge, packaged = Knowledge.load(visits, extra=extra), Knowledge.load()
    assert knowledge.entries["greeting"].answer == "Good day."
    assert [e.id for e in knowledge.lines] == [e.id for e in packaged.lines]


def test_lists_of_a_layer_are_added_to_those_of_the_ground() -> None:
    ground = Knowledge(topics=(), background=("who won",))
    assert overlay(ground, Knowledge(topics=(), background=("will it rain",))).background == (
        "who won",
        "will it rain",
    )


@pytest.mark.parametrize(
    ("files", "line", "fact"),
    [
        ({"topics/z.md": "## Dogs? {#dogs}\n\nNo.\n"}, 1, "id 'dogs' is taken by "),
        ({"topics/visits.md": TOPICS + "\n## Cats again? {#cats}\n\nNo.\n"}, 14, "id 'cats' is taken by "),
        ({"topics/b.md": "## Hi {#greeting}\n\nNo.\n"}, 1, "id 'greeting' is taken by "),
        (
            {"topics/b.md": "\n## Birds? {#birds}\nrelated: fish\n\nNo.\n"},
            2,
            "'birds' names 'fish': no such entry",
        ),
        (
            {"topics/b.md": "## Birds? {#birds}\nsource: X <article/none>\n\nNo.\n"},
            1,
            "'birds' names 'article/none': no such entry",
        ),
        ({"topics/b.md": "## Birds?\n\nNo.\n"}, 1, "expected '## Question {#id}'"),
        ({"topics/b.md": b"## Birds? {#birds}\n\nNo\xff\n"}, None, "not UTF-8 at byte 22: save it as UTF-8"),
        ({"topics/b.md": b" " * (MAX_FILE_BYTES + 1)}, None, "larger than 5 MB: split it"),
        ({"articles/empty.txt": ""}, None, ""),
    ],
)
def test_a_file_that_cannot_stand_is_named(
    folder: Folder, files: dict[str, str | bytes], line: int | None, fact: str
) -> None:
    broken = folder({"topics/visits.md": TOPICS, "articles/yoga.txt": ARTICLE, **files})
    with pytest.raises(KnowledgeError) as raised:
        Knowledge.load(broken)
    assert Path(raised.value.path) == broken / next(iter(files))
    assert raised.value.line == line
    assert raised.value.fact.startswith(fact)


def test_an_id_may_stand_once_in_a_layer_too(visits: Path, folder: Folder) -> None:
    twice = folder({"topics/a.md": "## A? {#cats}\n\nNo.\n", "topics/b.md": "## B? {#cats}\n\nYes.\n"})
    with pytest.raises(KnowledgeError, match=r"b\.md:1: id 'cats' is taken by .*a\.md:1: choose another"):
        Knowledge.load(visits, extra=twice)


def test_a_folder_that_is_not_there_is_named_with_what_it_should_hold(tmp_path: Path) -> None:
    with pytest.raises(KnowledgeError, match="no such folder: name one that holds topics/ and articles/"):
        Knowledge.load(tmp_path / "none")


def test_a_clinics_topic_is_published_once_every_fact_it_needs_is_known() -> None:
    topic = Entry("call", "Whom do I call?", "Call {clinic.phone} or write to {clinic.email}.", kind="clinic")
    unfilled = replace(with_facts(phone="555 0100"), topics=(topic,))
    filled = replace(with_facts(phone="555 0100", email="desk@clinic.example"), topics=(topic,))
    assert unfilled.missing_facts(topic) == ("email",)
    assert unfilled.published == ()
    assert "call" not in unfilled.published_ids
    assert filled.published == (topic,)
    assert filled.answer(topic) == "Call 555 0100 or write to desk@clinic.example."


def test_a_mixed_topic_is_published_without_the_paragraphs_that_lack_a_fact() -> None:
    topic = Entry(
        "cost", "What does it cost?", "It differs.\n\nHere it is {clinic.price}.\n\nAsk.", kind="mixed"
    )
    assert replace(with_facts(), topics=(topic,)).published == (topic,)
    assert with_facts().answer(topic) == "It differs.\n\nAsk."
    assert with_facts(price="ten dollars").answer(topic) == "It differs.\n\nHere it is ten dollars.\n\nAsk."


def test_a_fact_with_a_question_mark_can_be_done_without() -> None:
    topic = Entry("call", "Whom?", "Call {clinic.phone}.\n\nOr write to {clinic.email?}.", kind="clinic")
    assert with_facts(phone="555 0100").missing_facts(topic) == ()
    assert with_facts(phone="555 0100").answer(topic) == "Call 555 0100."


def test_a_fact_is_words_and_never_markup() -> None:
    topic = Entry("name", "Who?", "{clinic.name}", kind="clinic")
    assert with_facts(name="*A* [b](https://c.example) <d>").answer(topic) == (
        r"\*A\* \[b\](https://c.example) \<d\>"
    )


def test_a_fact_is_not_read_for_placeholders_again() -> None:
    topic = Entry("name", "Who?", "{clinic.name}", kind="clinic")
    assert with_facts(name="{clinic.phone}", phone="1").answer(topic) == "{clinic.phone}"


def test_a_source_in_the_article_is_shown_with_the_articles_title(visits: Path) -> None:
    knowledge = Knowledge.load(visits)
    assert knowledge.sources(knowledge.entries["dogs"]) == (
        Source("Yoga at the river: Who may come?", None, None, "2026-11-23"),
    )


def test_a_source_elsewhere_is_shown_as_written_with_the_day_of_review() -> None:
    cited = Source("TIP 47", "https://www.samhsa.gov/tip-47")
    topic = Entry("x", "X?", "Yes.", sources=(cited,), reviewed="2026-11-23")
    assert Knowledge(topics=(topic,)).sources(topic) == (replace(cited, updated="2026-11-23"),)


def test_paragraphs_are_what_blank_lines_part() -> None:
    assert paragraphs("\none\nstill one\n \t\ntwo\n\n\n\nthree\n") == ["one\nstill one", "two", "three"]


def test_the_facts_of_a_text_are_found_by_name() -> None:
    assert facts_used("{clinic.phone} {clinic.first_day?} {clinic} {phone}") == {"phone", "first_day"}


def test_all_the_packaged_knowledge_is_where_the_package_says() -> None:
    assert {p.name for p in PACKAGED.iterdir()} >= {
        "articles",
        "topics",
        "crisis",
        "bot.md",
        "background.txt",
    }


def test_which_words_are_frequent_among_entries_is_told_by_the_files_and_no_edit_changes_it(
    folder: Folder, visits: Path
) -> None:
    knowledge = Knowledge.load(visits)
    assert {("May I bring a dog?",), ("May I bring a cat?",)} < {*knowledge.documents}
    parrots = Entry("parrots", "May I bring a parrot?", "Yes.")
    edited = lay_over(knowledge, [Change("topic", "parrots", body_of(parrots))])
    assert len(edited.topics) == len(knowledge.topics) + 1
    assert edited.documents == knowledge.documents
    more = Knowledge.load(
        visits, extra=folder({"topics/parrots.md": "# P\n\n## May I bring a parrot? {#parrots}\n\nYes.\n"})
    )
    assert {*more.documents} - {*knowledge.documents} == {("May I bring a parrot?",)}


def test_where_it_is_known_what_is_asked_that_alone_tells_how_rare_a_word_is() -> None:
    assert Knowledge.load().documents == ()
