"""The bot as a program meets it: replies of six kinds, signed contexts, an identity for each reply."""

import base64
import re
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chatbot import Bot, ChatbotError, Knowledge, Settings, SettingsError
from chatbot.bot import MAX_CONTEXT, secret_key
from chatbot.markup import to_text
from chatbot.profile import read_profile

KINDS = {"answer", "clarify", "no_answer", "crisis", "boundary", "small_talk"}
_kept: list[Bot] = []


def one_bot() -> Bot:
    """The packaged bot, for tests that cannot take a fixture."""
    if not _kept:
        _kept.append(Bot(Knowledge.load()))
    return _kept[0]


@given(st.text(max_size=1000), st.text(max_size=50))
@settings(deadline=None, max_examples=300)
def test_any_text_gets_a_reply_of_a_known_kind(message: str, context: str) -> None:
    reply = one_bot().reply(message, context)
    assert reply.kind in KINDS
    assert reply.text
    assert reply.html
    assert 0 <= reply.confidence <= 1
    assert len(reply.context) <= MAX_CONTEXT


@given(st.lists(st.text(alphabet="iopwhatc st?12-naeé\u202e😀", max_size=60), min_size=2, max_size=6))
@settings(deadline=None, max_examples=60)
def test_any_conversation_goes_on(messages: list[str]) -> None:
    context = ""
    for message in messages:
        reply = one_bot().reply(message, context)
        assert reply.kind in KINDS
        context = reply.context


@pytest.mark.parametrize(
    ("message", "kind"),
    [
        ("How long does it last?", "answer"),
        ("hello", "small_talk"),
        ("what is the capital of France", "no_answer"),
        ("i want to kill myself", "crisis"),
        ("how many mg of sertraline should i take", "boundary"),
    ],
)
def test_each_kind_of_reply_has_its_message(bot: Bot, message: str, kind: str) -> None:
    assert bot.reply(message).kind == kind


def test_every_word_of_an_answer_comes_from_its_entry(bot: Bot) -> None:
    for topic in bot.topics:
        reply = bot.reply(topic.question)
        assert reply.topic == topic.id
        assert reply.text == to_text(bot.engine.knowledge.answer(topic))


def test_every_published_topic_is_found_by_its_own_question_and_each_of_its_phrasings(bot: Bot) -> None:
    missed = [
        (topic.id, wording, reply.kind)
        for topic in bot.topics
        for wording in (topic.question, *topic.phrasings)
        if (reply := bot.reply(wording)).topic != topic.id and reply.kind not in ("crisis", "boundary")
    ]
    assert missed == []


def test_every_answer_names_a_source(bot: Bot) -> None:
    assert all(bot.reply(t.question).sources for t in bot.topics)


def test_an_answer_from_the_article_quotes_it(bot: Bot) -> None:
    source = bot.reply("How does group therapy work in an IOP?").sources[0]
    assert source.title.endswith("What to Expect During an IOP?")
    assert source.quote is not None
    assert source.quote.startswith("Group therapy is a key component")


def test_a_suggestion_leads_to_the_topic_whose_question_it_is(bot: Bot) -> None:
    reply = bot.reply("How much does an IOP cost?")
    assert reply.suggestions
    for suggestion in reply.suggestions:
        followed = bot.reply(suggestion.message, reply.context)
        assert followed.kind == "answer"
        assert followed.topic in {t.id for t in bot.topics if t.question == suggestion.message}


def test_no_answer_says_whom_to_ask(bot: Bot) -> None:
    reply = bot.reply("what is the capital of France")
    assert "clinic's staff" in reply.text
    assert "1-800-662-4357" in reply.text


def test_without_a_profile_no_visitor_sees_a_placeholder(bot: Bot) -> None:
    for entry in bot.engine.knowledge.entries.values():
        said = bot.engine.knowledge.answer(entry)
        assert "{clinic" not in said


def test_a_topic_of_the_clinic_is_refused_while_its_facts_are_unknown(bot: Bot) -> None:
    reply = bot.reply("Where is the clinic and when is it open?")
    assert reply.kind == "no_answer"
    assert reply.text.startswith("That differs from clinic to clinic")


@pytest.mark.parametrize(
    ("facts", "hrefs"),
    [
        ('email = "desk@example.org"', ["mailto:desk@example.org"]),
        ('email = "desk@example.org"\nphone = "312-944-2000"', ["tel:3129442000"]),
        ("", []),
    ],
)
def test_a_clinic_that_has_only_an_e_mail_address_can_be_reached_by_it(
    facts: str, hrefs: list[str], tmp_path: Path, bot: Bot
) -> None:
    profile = tmp_path / "clinic.toml"
    profile.write_text(f'name = "Lakeside Clinic"\n{facts}\n')
    known = replace(bot.engine.knowledge, profile=read_profile(profile))
    other = bot.with_engine(replace(bot.engine, knowledge=known))
    reply = other.reply("what is the capital of mongolia")
    assert reply.kind == "no_answer"
    assert [a.href for a in reply.actions] == hrefs


def test_with_a_profile_the_clinics_own_facts_are_told(tmp_path: Path, data_dir: Path) -> None:
    profile = tmp_path / "clinic.toml"
    profile.write_text('name = "Lakeside Clinic"\nphone = "312-944-2000"\nprice = "400 dollars a day"\n')
    bot = Bot.open(Settings(data_dir=tmp_path))
    assert "400 dollars a day" in bot.reply("How much does an IOP cost?").text
    refusal = bot.reply("what is the capital of France")
    assert "Lakeside Clinic, (312) 944-2000" in refusal.text
    assert ("tel", "tel:3129442000") in {(a.type, a.href) for a in refusal.actions}


def test_a_context_of_another_bot_counts_as_none(bot: Bot) -> None:
    other = Bot(bot.engine)
    context = other.reply("How long does an IOP last?").context
    assert bot.read_context(context) == bot.read_context("")
    assert other.read_context(context).topics == ("program-length",)


@given(st.text(max_size=300))
def test_a_forged_context_counts_as_none(context: str) -> None:
    assert one_bot().read_context(context) == one_bot().read_context("")


def test_a_context_holds_nothing_of_what_was_said(bot: Bot) -> None:
    context = bot.reply("how long does it take, asks Zebediah").context.split(".")[0]
    plain = base64.urlsafe_b64decode(context + "=" * (-len(context) % 4))
    assert b"ebediah" not in plain
    assert b"long" not in plain


def test_a_reply_can_be_told_by_its_id_and_a_foreign_id_cannot(bot: Bot) -> None:
    assert bot.read_id(bot.reply("How long does an IOP last?").id) == "program-length"
    assert bot.read_id(bot.reply("what is the capital of France").id) == "no_answer"
    assert bot.read_id("made.up") is None
    assert bot.read_id(Bot(bot.engine).reply("hi").id) is None


def test_an_id_tells_a_page_nothing_of_what_was_answered(bot: Bot) -> None:
    crisis, greeting = bot.reply("i want to kill myself").id, bot.reply("hi").id
    assert len(crisis) == len(greeting)
    assert b"crisis" not in base64.urlsafe_b64decode(crisis)


def test_two_replies_have_two_ids(bot: Bot) -> None:
    assert bot.reply("hi").id != bot.reply("hi").id


def test_suggestions_while_typing_are_published_topics(bot: Bot) -> None:
    found = bot.suggest("insur")
    assert 0 < len(found) <= 5
    assert "insurance" in {t.id for t in found}
    assert bot.suggest("") == ()
    assert bot.suggest("?") == ()


def test_an_unknown_line_is_an_error_that_names_the_file(bot: Bot) -> None:
    with pytest.raises(ChatbotError, match=re.escape("no line 'nonsense': add it to knowledge/bot.md")):
        bot.line("nonsense")


def test_a_bot_on_an_empty_folder_still_helps_in_a_crisis(tmp_path: Path) -> None:
    bot = Bot(Knowledge.load(tmp_path))
    assert bot.reply("i want to end my life").kind == "crisis"
    assert bot.reply("how long does it last").kind == "no_answer"
    assert bot.reply("hello").kind == "small_talk"
    assert bot.greeting.suggestions == ()


def test_the_secret_key_is_made_once_and_is_private(tmp_path: Path) -> None:
    made = Settings(data_dir=tmp_path)
    assert secret_key(made) == secret_key(made)
    assert len(secret_key(made)) >= 32
    assert (tmp_path / "secret.key").stat().st_mode & 0o777 == 0o600
    assert [p.name for p in tmp_path.iterdir()] == ["secret.key"]


def test_a_key_that_is_set_wins(tmp_path: Path) -> None:
    key = "0123456789abcdef"
    assert secret_key(Settings(data_dir=tmp_path, secret_key=key)) == key
    assert list(tmp_path.iterdir()) == []


def test_a_data_folder_that_cannot_be_made_is_named_with_a_cure(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(SettingsError, match="make the folder writable, or set CHATBOT_SECRET_KEY"):
        secret_key(Settings(data_dir=tmp_path / "file"))
