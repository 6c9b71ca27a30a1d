"""The topics as they are shipped, against what holds for good: their ids, rules, facts and sources."""

import re
from pathlib import Path

import pytest

from chatbot import Bot, Entry, Knowledge
from chatbot.content import PACKAGED, facts_used
from chatbot.health_rules import LEGAL_NOTICE, is_quote, told, without_facts
from chatbot.reading import grade, words_of
from chatbot.text import fold

IDS = """
what-is-iop who-is-iop-for is-iop-right-for-me what-to-expect assessment-and-plan group-therapy
individual-therapy therapies-offered medication-management family-involvement benefits work-or-school
iop-vs-inpatient iop-vs-outpatient program-length staff conditions-treated support-groups hours-per-week
day-or-evening-schedule iop-vs-php levels-of-care stepping-up-or-down cost insurance paying-without-insurance
how-to-start referral eligibility first-day confidentiality confidentiality-in-groups telling-my-employer
medical-leave virtual-iop virtual-technology missed-sessions leaving-early drug-testing relapse
substance-use-rules detox dual-diagnosis effectiveness teens aftercare cbt-and-dbt group-size-and-rules
my-own-therapist psychiatrist medication-for-addiction choosing-a-program finding-a-program drawbacks
where-you-live helping-a-loved-one court-ordered veterans pregnancy-and-postpartum suicidal-thoughts-in-iop
progress location-and-hours childcare accessibility-and-languages what-is-addiction what-is-depression
"""
MOST_ASKED = """
what-is-iop program-length hours-per-week cost insurance work-or-school iop-vs-php iop-vs-inpatient
who-is-iop-for group-therapy
"""
A_LAW = re.compile(r"\b(?:HIPAA|42 CFR|FMLA|ADA|parity law|Medicare|Medicaid)\b")
CRISIS_WORDS = "Call or text 988, or chat at 988lifeline.org"
FACTS = Path(__file__).parent / "data/facts.txt"
ARTICLE = fold((PACKAGED / "articles/intensive-outpatient-program.txt").read_text("utf-8"))
KNOWLEDGE = Knowledge.load()
TOPICS = {t.id: t for t in KNOWLEDGE.topics}

each_topic = pytest.mark.parametrize("topic", KNOWLEDGE.topics, ids=lambda t: t.id)


def of_kind(*kinds: str) -> pytest.MarkDecorator:
    topics = [t for t in KNOWLEDGE.topics if t.kind in kinds]
    return pytest.mark.parametrize("topic", topics, ids=lambda t: t.id)


def checked_facts() -> list[str]:
    """The words of the facts, the longest first, so that none is taken for a part of another."""
    return sorted((words for words, source in fact_lines() if source), key=len, reverse=True)


def fact_lines() -> list[tuple[str, str]]:
    """Each line of the file that is no note: words and source."""
    lines = [line for line in FACTS.read_text("utf-8").splitlines() if line and not line.startswith("#")]
    return [(words, source) for words, _, source in (line.partition(" = ") for line in lines)]


def test_there_are_66_topics_and_their_ids_are_these() -> None:
    assert len(IDS.split()) == 66
    assert set(TOPICS) == set(IDS.split())


@each_topic
def test_a_topic_has_at_least_8_phrasings_each_a_wording_of_its_own(topic: Entry) -> None:
    wordings = {fold(w).casefold().strip(" ?.!") for w in (topic.question, *topic.phrasings)}
    assert len(wordings) == 1 + len(topic.phrasings)
    assert len(topic.phrasings) >= 8


@pytest.mark.parametrize("topic_id", MOST_ASKED.split())
def test_one_of_the_ten_most_asked_topics_has_at_least_12_phrasings(topic_id: str) -> None:
    assert len(TOPICS[topic_id].phrasings) >= 12


@each_topic
def test_an_answer_has_at_most_90_words(topic: Entry) -> None:
    assert len(words_of(without_facts(topic.answer))) <= 90


@each_topic
def test_what_an_answer_says_in_its_own_words_reads_at_grade_8_or_lower(topic: Entry) -> None:
    own = [s for s in told(topic.answer) if topic.kind != "article" or not is_quote(s, ARTICLE)]
    assert grade("\n".join(own)) <= 8


@of_kind("article")
def test_an_article_topic_quotes_the_article_with_at_most_one_sentence_to_orient(topic: Entry) -> None:
    sentences = re.split(r"(?<=[.!?])\s+", fold(topic.answer))
    quoted = [s for s in sentences if s in ARTICLE]
    assert quoted
    assert len(sentences) - len(quoted) <= 1


@of_kind("article")
def test_an_article_topic_names_the_section_that_it_quotes(topic: Entry) -> None:
    cited = [KNOWLEDGE.entries[s.url] for s in topic.sources if s.url and s.url.startswith("article/")]
    titles = {e.question for e in cited}
    sections = [s for a in KNOWLEDGE.articles for s in a.sections if s.heading in titles]
    cited_text = fold(" ".join(p for s in sections for p in s.paragraphs))
    for sentence in told(topic.answer):
        assert fold(sentence) in cited_text or fold(sentence) not in ARTICLE


@of_kind("article", "general", "mixed")
def test_a_topic_that_states_facts_names_its_sources(topic: Entry) -> None:
    assert topic.sources
    assert all(s.url is None or s.url.startswith(("https://", "article/")) for s in topic.sources)


@each_topic
def test_every_topic_has_a_review_date(topic: Entry) -> None:
    assert re.fullmatch(r"\d{4}-\d\d-\d\d", topic.reviewed or "")


@each_topic
def test_every_number_in_an_answer_is_a_checked_fact(topic: Entry) -> None:
    left = fold(without_facts(topic.answer))
    for fact in checked_facts():
        left = re.sub(rf"(?<![\w.]){re.escape(fact)}(?!\w)", " ", left, flags=re.IGNORECASE)
    assert re.findall(r"[^.]*\d[^.]*", left) == []


def test_every_checked_fact_names_its_source() -> None:
    assert [words for words, source in fact_lines() if not source] == []


@each_topic
def test_an_answer_that_names_a_law_says_that_it_is_no_legal_advice(topic: Entry) -> None:
    assert topic.law or not A_LAW.search(topic.answer)
    assert not topic.law or f"This is {LEGAL_NOTICE}." in topic.answer


@each_topic
def test_the_crisis_line_is_named_in_its_own_words_and_no_others(topic: Entry) -> None:
    rest = topic.answer.replace(CRISIS_WORDS, "")
    assert "988" not in rest
    assert "273" not in rest  # of the old ten-digit number


@each_topic
def test_placeholders_stand_only_where_the_kind_of_the_topic_has_them(topic: Entry) -> None:
    assert bool(facts_used(topic.answer)) == (topic.kind in ("clinic", "mixed"))
    assert not re.search(r"[{}]", re.sub(r"\{clinic\.[a-z_]+\??\}", "", topic.answer))


def test_without_a_profile_only_the_topics_of_the_clinic_itself_are_not_published() -> None:
    hidden = {t.id for t in KNOWLEDGE.topics} - {t.id for t in KNOWLEDGE.published}
    assert hidden == {t.id for t in KNOWLEDGE.topics if t.kind == "clinic"}


def test_without_a_profile_no_visitor_sees_a_placeholder_or_an_example(bot: Bot) -> None:
    assert not bot.profile.facts
    # "personal-notice" is said with its gap filled, and beside a reply, not as one.
    lines = [line.id for line in bot.engine.knowledge.lines if line.id != "personal-notice"]
    replies = [*(bot.line(i) for i in lines), *(r for i in TOPICS if (r := bot.answer_of(i)))]
    assert len(replies) == len(lines) + len(KNOWLEDGE.published)
    for reply in replies:
        shown = (
            f"{reply.text} {reply.html} {reply.notice} {reply.actions} {reply.suggestions} {reply.sources}"
        )
        assert not re.search(r"[{}]|clinic\.[a-z]|EXAMPLE|example\.org|555-01", shown), reply.topic
        assert reply.text.strip()
        assert not re.search(r":\s*$|\*\*", reply.text), reply.topic


def test_the_answer_on_a_crisis_leads_with_the_crisis_line_and_has_its_buttons(bot: Bot) -> None:
    reply = bot.answer_of("suicidal-thoughts-in-iop")
    assert reply is not None
    assert reply.text.startswith(CRISIS_WORDS)
    assert "tel:988" in {a.href for a in bot.reply(TOPICS["suicidal-thoughts-in-iop"].question).actions}
