"""The inbox by meaning: what wants the same answer stands together, and what was decided stays decided."""

from datetime import UTC, date, datetime, timedelta

from chatbot import Bot
from chatbot.grouping import Group, alike, grouped, leaders
from chatbot.records import Decision, DecisionState, Noted

TODAY = date(2026, 11, 27)
PARKING = ("do you have parking", "where do i park my car", "is there a parking lot", "Do you have  PARKING")
FOOD = ("is lunch included", "what's for lunch")


def noted(text: str, age: int = 0) -> Noted:
    return Noted(text, "no_answer", TODAY - timedelta(age))


def decided(wording: str, state: DecisionState = "dismissed", until: date | None = None) -> Decision:
    return Decision(wording, state, until, "Ann", datetime.combine(TODAY, datetime.min.time(), UTC))


def groups(bot: Bot, messages: list[Noted], *decisions: Decision, today: date = TODAY) -> tuple[Group, ...]:
    return grouped(bot.engine, messages, decisions, today)


def test_an_empty_inbox_has_no_groups(bot: Bot) -> None:
    assert groups(bot, []) == ()


def test_wordings_of_one_question_stand_together_and_the_most_wanted_first(bot: Bot) -> None:
    found = groups(bot, [noted(t) for t in (*FOOD, *PARKING)])
    assert [(g.count, g.wordings[0]) for g in found] == [(4, "do you have parking"), (2, "what's for lunch")]
    assert set(found[0].messages) == set(PARKING)
    assert found[0].reasons == {"no_answer": 4}


def test_the_trend_is_this_week_against_the_last(bot: Bot) -> None:
    (group,) = groups(bot, [noted(PARKING[0], age) for age in (0, 1, 6, 7, 13, 14)])
    assert (group.trend, group.last) == (1, TODAY)


def test_the_likeliest_topics_are_named(bot: Bot) -> None:
    (group,) = groups(bot, [noted("weeks it lasts")])
    assert "program-length" in group.likely


def test_what_is_dismissed_stays_dismissed_in_later_wordings(bot: Bot) -> None:
    found = groups(bot, [noted(t) for t in (*PARKING[1:], *FOOD)], decided(PARKING[0]))
    assert [g.wordings[0] for g in found] == ["what's for lunch"]


def test_what_is_snoozed_comes_back_on_its_day(bot: Bot) -> None:
    until = TODAY + timedelta(7)
    assert groups(bot, [noted(PARKING[0])], decided(PARKING[0], "snoozed", until)) == ()
    assert groups(bot, [noted(PARKING[0])], decided(PARKING[0], "snoozed", until), today=until)


def test_what_was_answered_shows_again_where_it_is_asked_in_vain_afterwards(bot: Bot) -> None:
    done = decided(PARKING[0], "done")
    assert groups(bot, [noted(PARKING[0], 1), noted(PARKING[0])], done) == ()
    (group,) = groups(bot, [noted(PARKING[1], -1), noted(PARKING[0])], done)
    assert group.messages == (PARKING[1],)


def test_two_messages_are_alike_where_they_would_stand_together(bot: Bot) -> None:
    texts = (*PARKING, *FOOD)
    for one in texts:
        for other in texts:
            assert alike(bot.engine, one, other) is (leaders(bot.engine, [one, other], fixed=1)[1] == 0)
