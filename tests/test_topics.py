"""The topics as they are shipped, against what holds for good: their ids, rules, facts and sources."""

import re
from dataclasses import replace
from pathlib import Path

import pytest

from chatbot import Bot, Entry, Knowledge, Profile
from chatbot.content import PACKAGED, facts_used
from chatbot.health_rules import LEGAL_NOTICE, is_quote, told, without_facts
from chatbot.profile import FIELDS
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
# The addresses that were gathered with the facts: another source is named by its title alone.
ADDRESSES = {
    "https://www.ncbi.nlm.nih.gov/books/NBK64093/",
    "https://www.medicare.gov/coverage/mental-health-care-intensive-outpatient-program-services",
    "https://988lifeline.org",
    "https://findtreatment.gov",
}
CRISIS_WORDS = "Call or text 988, or chat at 988lifeline.org"
# What else people mean by a topic: words of the answer that speak of it, and of a wording that asks for it.
SUB_QUESTIONS = """
what-is-iop | stands for | stand for
is-iop-right-for-me | treatment for your needs | which level
conditions-treated | depression | anxiety
conditions-treated | eating disorder | bulimia
therapies-offered | yoga, meditation, and art | yoga
therapies-offered | skills training | life skills
family-involvement | friends | friend
work-or-school | attending school | college
work-or-school | caring for their families | kids
iop-vs-inpatient | living at home | lives at home
iop-vs-inpatient | better for you | which is better
program-length | weeks or months | how many months
staff | licensed | licensed
support-groups | 12-step | 12 step
hours-per-week | days a week | days a week
iop-vs-php | day treatment | day treatment
levels-of-care | ASAM | asam
cost | without insurance | without insurance
cost | a day | per day
insurance | Medicaid | medicaid
insurance | Medicare | medicare
insurance | parity law | parity law
insurance | in network | in network
paying-without-insurance | self-pay | self pay
paying-without-insurance | payment plan | payment plans?
paying-without-insurance | sliding scale | sliding scale
paying-without-insurance | free or low-cost | free
referral | call this clinic yourself | self referral
eligibility | age limits | age
eligibility | health needs | medically stable
first-day | wear | wear
first-day | food | lunch
confidentiality | HIPAA | hipaa
confidentiality | 42 CFR Part 2 | 42 cfr part 2
confidentiality | Exceptions | break confidentiality
confidentiality-in-groups | online group | online
telling-my-employer | security clearance | security clearance
telling-my-employer | ADA | ada
telling-my-employer | unfair treatment at work | retaliation
medical-leave | FMLA | fmla
virtual-iop | compare online and in-person | as good as
virtual-technology | device | phone
virtual-technology | private place | private
virtual-technology | another place or state | another state
missed-sessions | trips | vacation
leaving-early | come back | come back
drug-testing | why | why
drug-testing | positive test | fail
relapse | end a person's treatment | kicked out
substance-use-rules | hospital or detox first | finish detox
detox | Detox is what | what is detox
dual-diagnosis | co-occurring | co-occurring
effectiveness | success rate | success rate
teens | ages | what ages
aftercare | certificate | certificate
aftercare | alumni | alumni
cbt-and-dbt | trauma-focused | trauma focused
group-size-and-rules | group rules | rules of the group
my-own-therapist | psychiatrist | psychiatrist
medication-for-addiction | buprenorphine, methadone or naltrexone | methadone
choosing-a-program | accredited | accredited
choosing-a-program | promises a cure | promises a cure
finding-a-program | Illinois | illinois
drawbacks | not just for addiction | myths
drawbacks | immediate danger | not suitable
where-you-live | sober living | sober living
helping-a-loved-one | limits | enabling
helping-a-loved-one | made to go | force my daughter
court-ordered | DUI | dui
veterans | the VA | va
pregnancy-and-postpartum | after a birth | postpartum
suicidal-thoughts-in-iop | safety plan | safety plan
progress | goals | goals
progress | finish the program | complete the program
location-and-hours | Parking | parking
accessibility-and-languages | interpreter | interpreter
what-is-addiction | recovery | recovery possible
what-is-depression | causes | causes
"""
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
def test_a_source_has_no_address_that_was_not_checked(topic: Entry) -> None:
    sections = {e.id for e in KNOWLEDGE.passages}
    assert {s.url for s in topic.sources if s.url} <= ADDRESSES | sections


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


@pytest.mark.parametrize("line", SUB_QUESTIONS.strip().splitlines())
def test_what_else_people_mean_by_a_topic_is_asked_and_answered(line: str) -> None:
    topic_id, told, asked = line.split(" | ")
    topic = TOPICS[topic_id]
    assert told in fold(topic.answer)
    assert [p for p in topic.phrasings if re.search(rf"\b{asked}\b", p.casefold())]


@of_kind("general", "mixed")
def test_an_answer_that_holds_for_every_clinic_says_whom_to_ask_or_call(topic: Entry) -> None:
    assert re.search(r"\b(?:ask|asking|call|professional)\b", topic.answer, re.IGNORECASE)


@of_kind("mixed")
def test_a_mixed_topic_says_its_general_part_whole_and_the_clinics_own_after_it(topic: Entry) -> None:
    every = Profile({name: f"told {place}" for place, name in enumerate(sorted(facts_used(topic.answer)))})
    known = replace(KNOWLEDGE, profile=every).answer(topic)
    ground = KNOWLEDGE.answer(topic)
    assert len(words_of(ground)) >= 40
    assert known.startswith(ground)
    assert all(fact in known.removeprefix(ground) for fact in every.facts.values())


@of_kind("clinic")
def test_a_topic_of_the_clinic_is_published_by_its_own_facts_and_no_others(topic: Entry, bot: Bot) -> None:
    needed = KNOWLEDGE.missing_facts(topic)
    told = Profile(dict.fromkeys(needed, "as told"))
    others = Profile(dict.fromkeys(set(FIELDS) - {needed[0]}, "as told"))
    assert topic in replace(KNOWLEDGE, profile=told).published
    assert topic not in replace(KNOWLEDGE, profile=others).published
    refused = bot.reply(topic.question)
    assert (refused.kind, refused.topic) == ("no_answer", None)
    assert refused.text.startswith("That differs from clinic to clinic")


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
