"""Conversations: what a message means after what was said before."""

import pytest

from chatbot import Bot, Reply

LAST = "How long does an IOP last?"


def talk(bot: Bot, *messages: str) -> list[Reply]:
    """The replies to messages of one conversation."""
    replies: list[Reply] = []
    for message in messages:
        replies.append(bot.reply(message, replies[-1].context if replies else ""))
    return replies


@pytest.mark.parametrize(
    ("message", "topic"),
    [
        ("and how much is it?", "cost"),
        ("is that covered by insurance", "insurance"),
        ("what about teenagers", "teens"),
        ("what if i miss a session", "missed-sessions"),
    ],
)
def test_a_follow_up_is_answered(bot: Bot, message: str, topic: str) -> None:
    assert talk(bot, LAST, message)[-1].topic == topic


@pytest.mark.parametrize(
    "message",
    [
        "a red rash on my arm. what does it mean?",
        "my parrot lost two feathers: is that normal?",
    ],
)
def test_a_question_that_leans_on_what_is_not_ours_is_not_answered_alone(bot: Bot, message: str) -> None:
    assert bot.reply(message).kind in ("no_answer", "boundary")


def test_a_question_that_stands_alone_is_found_behind_whatever_is_told_first(bot: Bot) -> None:
    assert bot.reply("the parrot is asleep on the sofa. how long does an iop last?").topic == "program-length"


@pytest.mark.parametrize(
    "message", ["why", "tell me more", "more", "and why?", "can you explain that please"]
)
def test_asking_for_more_offers_what_is_close(bot: Bot, message: str) -> None:
    reply = talk(bot, LAST, message)[-1]
    assert reply.kind == "clarify"
    assert [s.message for s in reply.suggestions][-1] == "None of these"
    assert LAST not in [s.message for s in reply.suggestions]


def test_asking_for_more_of_nothing_is_not_understood_as_a_topic(bot: Bot) -> None:
    assert bot.reply("tell me more").kind != "answer"


def test_a_message_that_stands_alone_is_not_bent_by_the_thread(bot: Bot) -> None:
    for topic in bot.topics[::3]:
        alone = bot.reply(topic.question)
        after = talk(bot, "Can my family take part?", topic.question)[-1]
        assert after.topic == alone.topic


@pytest.mark.parametrize(
    ("said", "place"),
    [
        ("1", 0),
        ("the first one", 0),
        ("first", 0),
        ("2", 1),
        ("the second", 1),
        ("option 2 please", 1),
        ("last", -1),
    ],
)
def test_an_offered_option_is_picked_by_its_place(bot: Bot, said: str, place: int) -> None:
    *_, offer, picked = talk(bot, LAST, "tell me more", said)
    wanted = [s.message for s in offer.suggestions[:-1]][place]
    assert picked.kind == "answer"
    assert picked.topic in {t.id for t in bot.topics if t.question == wanted}


def test_a_place_that_was_not_offered_picks_nothing(bot: Bot) -> None:
    assert talk(bot, LAST, "tell me more", "4")[-1].kind == "small_talk"


@pytest.mark.parametrize("said", ["None of these", "none of those", "neither", "no", "something else"])
def test_declining_every_option_leads_to_a_person(bot: Bot, said: str) -> None:
    reply = talk(bot, LAST, "tell me more", said)[-1]
    assert reply.kind == "no_answer"
    assert "talk to a person" in reply.text


def test_a_number_means_nothing_where_nothing_was_offered(bot: Bot) -> None:
    assert bot.reply("2").kind != "answer"


def test_two_questions_in_one_message_are_both_answered(bot: Bot) -> None:
    reply = bot.reply("Does insurance cover an IOP? Can I work or go to school during an IOP?")
    assert reply.kind == "answer"
    for topic in ("insurance", "work-or-school"):
        answer = bot.answer_of(topic)
        assert answer is not None
        assert answer.text in reply.text


def test_the_question_is_found_inside_a_long_story(bot: Bot) -> None:
    story = (
        "Sorry for the long message. My husband and I talked about this all weekend and our neighbor told us "
        "about you. We both sleep badly at the moment. Do you accept insurance for the program? Thanks, bye."
    )
    assert bot.reply(story).topic == "insurance"


def test_the_same_question_again_gets_the_same_answer_and_the_way_to_a_person(bot: Bot) -> None:
    first, second = talk(bot, LAST, LAST)
    assert second.topic == first.topic
    assert second.text.startswith(first.text)
    assert "A person at the clinic can tell you more" in second.text


def test_a_second_refusal_in_a_row_is_worded_differently(bot: Bot) -> None:
    first, second = talk(bot, "what is the capital of France", "who won the world cup")
    assert first.kind == second.kind == "no_answer"
    assert first.text != second.text


def test_an_answer_ends_a_row_of_refusals(bot: Bot) -> None:
    first, _, third = talk(bot, "what is the capital of France", LAST, "who won the world cup")
    assert first.text == third.text


def test_a_complaint_drops_the_topic_and_says_sorry(bot: Bot) -> None:
    reply = talk(bot, LAST, "that's not what i asked")[-1]
    assert reply.text.startswith("I am sorry")
    assert bot.read_context(reply.context).topics == ()


@pytest.mark.parametrize("said", ["", "   ", "???", "😀😀", "...", "\u200b"])
def test_a_message_without_words_is_asked_for_a_question(bot: Bot, said: str) -> None:
    reply = bot.reply(said)
    assert reply.kind == "small_talk"
    assert reply.suggestions


@pytest.mark.parametrize(
    ("said", "begins"),
    [
        ("thank you!", "You are welcome"),
        ("are you a real person?", "I am an automatic information desk"),
        ("HELLO", "Hello"),
        ("bye", "Goodbye"),
        ("can I talk to a human", "Of course"),
    ],
)
def test_small_talk_is_short_kind_and_honest(bot: Bot, said: str, begins: str) -> None:
    reply = bot.reply(said)
    assert reply.kind == "small_talk"
    assert reply.text.startswith(begins)


def test_after_an_answer_up_to_three_topics_not_yet_asked_are_offered(bot: Bot) -> None:
    for topic in bot.topics:
        answer = bot.reply(topic.question)
        offered = [s.message for s in answer.suggestions]
        assert len(offered) <= 3
        assert topic.question not in offered


def test_help_lines_stay_in_view_after_a_crisis(bot: Bot) -> None:
    crisis, thanks, answer = talk(bot, "i want to kill myself", "thanks", LAST)
    assert crisis.kind == "crisis"
    for reply in (crisis, thanks, answer):
        assert "tel:988" in {a.href for a in reply.actions}
    assert answer.topic == "program-length"


def test_a_question_beside_a_crisis_is_answered_after_the_help_lines(bot: Bot) -> None:
    reply = bot.reply("i want to kill myself. does insurance cover an IOP?")
    answer = bot.answer_of("insurance")
    assert answer is not None
    assert reply.kind == "crisis"
    assert "988" in reply.text
    assert reply.text.index("988") < reply.text.index(answer.text)


def test_something_personal_is_pointed_out_and_the_question_answered(bot: Bot) -> None:
    reply = bot.reply("my number is 312-555-0142, does insurance cover an IOP?")
    assert reply.notice is not None
    assert "phone number" in reply.notice
    assert reply.topic == "insurance"
