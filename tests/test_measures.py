"""Numbers with their unit, and when two texts give different ones for the same thing."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chatbot.measures import contradiction, measures


def found(text: str) -> list[tuple[float, float, str]]:
    return [(m.low, m.high, m.unit) for m in measures(text)]


def disagree(one: str, other: str) -> bool:
    return contradiction(measures(one), measures(other)) is not None


@pytest.mark.parametrize(
    ("text", "low", "high", "unit"),
    [
        ("It lasts 8 to 12 weeks.", 8, 12, "week"),
        ("It lasts 8–12 weeks.", 8, 12, "week"),
        ("It is a 12-week program.", 12, 12, "week"),
        ("It takes nine hours per week.", 9, 9, "hour a week"),
        ("It takes at least 9 hours a week.", 9, math.inf, "hour a week"),
        ("It takes 20 or more hours each week.", 20, math.inf, "hour a week"),
        ("It takes 9 hours a week or more.", 9, math.inf, "hour a week"),
        ("Leave is up to 12 weeks.", 0, 12, "week"),
        ("About 4 hours a day.", 3, 5, "hour a day"),
        ("It costs $1,250 a day.", 1250, 1250, "dollar a day"),
        ("It costs 250 to 650 US dollars a day.", 250, 650, "dollar a day"),
        ("There are 6 to 12 people.", 6, 12, "person"),
        ("You pay 20 % of it.", 20, 20, "percent"),
    ],
)
def test_a_number_is_read_with_its_range_and_unit(text: str, low: float, high: float, unit: str) -> None:
    assert found(text) == [(low, high, unit)]


def test_a_range_over_two_units_is_read_in_both() -> None:
    weeks, months = measures("Some run from 2 weeks to 12 months.")
    assert (weeks.unit, weeks.low, round(weeks.high)) == ("week", 2, 52)
    assert (months.unit, round(months.low, 1), months.high) == ("month", 0.5, 12)


def test_under_a_number_does_not_reach_it() -> None:
    assert measures("Under 9 hours a week.")[0].high < 9


@pytest.mark.parametrize(
    "text",
    [
        "Call 911.",
        "Call or text 988, or chat.",
        "Level 2.1 of 42 CFR Part 2",
        "one-on-one",
        "a 12-step group",
    ],
)
def test_a_number_without_a_unit_is_no_measure(text: str) -> None:
    assert found(text) == []


def test_hours_of_which_nobody_says_in_what_time_are_passed_over() -> None:
    assert found("You must have worked 1,250 hours.") == []


def test_a_bound_without_a_unit_takes_that_of_the_number_before() -> None:
    assert found("At least 9 hours a week for adults and at least 6 for teens.") == [
        (9, math.inf, "hour a week"),
        (6, math.inf, "hour a week"),
    ]


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("An IOP takes at least 9 hours a week.", "It takes at least 15 hours a week."),
        ("An IOP takes 9 to 19 hours a week.", "You come for 25 hours a week."),
        ("Most programs last 8 to 12 weeks.", "The program lasts 20 weeks."),
        ("Groups have 6 to 12 people.", "A group has 20 people."),
        ("Listings show 250 to 650 US dollars a day.", "It costs $1,200 a day."),
        ("The FMLA gives up to 12 weeks of unpaid leave.", "Under the FMLA you get up to 26 weeks of leave."),
        ("You come 3 to 5 days a week.", "You come six days a week."),
        ("An IOP takes at least 6 hours a week for teens.", "For adolescents it is at least 9 hours a week."),
    ],
)
def test_different_numbers_for_the_same_thing_are_a_contradiction(one: str, other: str) -> None:
    assert disagree(one, other)
    assert disagree(other, one)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("An IOP takes 9 to 19 hours a week.", "An IOP takes about 12 hours a week."),
        ("An IOP takes 9 to 19 hours a week.", "A partial hospitalization program takes 20 hours a week."),
        ("An IOP takes 9 to 19 hours a week.", "A PHP is longer. It takes 20 hours a week."),
        (
            "An IOP takes at least 9 hours a week for adults.",
            "An IOP takes at least 6 hours a week for teens.",
        ),
        ("The program lasts 8 to 12 weeks.", "The FMLA gives up to 26 weeks of unpaid leave from a job."),
        ("Groups have 6 to 12 people.", "Groups have eight people."),
        ("It lasts 8 to 12 weeks, but some run from 2 weeks to 12 months.", "It lasts 30 weeks."),
        ("You come 3 days a week.", "You come 3 hours a day."),
        ("Outpatient care is under 9 hours a week.", "An IOP is at least 9 hours a week."),
    ],
)
def test_numbers_of_different_things_or_that_meet_are_none(one: str, other: str) -> None:
    assert not disagree(one, other)
    assert not disagree(other, one)


def test_a_contradiction_names_the_two_measures() -> None:
    clash = contradiction(measures("It lasts 8 to 12 weeks."), measures("It lasts 20 weeks."))
    assert clash is not None
    assert [m.text for m in clash] == ["8 to 12 weeks", "20 weeks"]


@given(st.text(alphabet="0123456789,.-$% aehkorstuwy", max_size=80) | st.text())
def test_no_text_contradicts_itself_or_fails(text: str) -> None:
    assert contradiction(measures(text), measures(text)) is None
