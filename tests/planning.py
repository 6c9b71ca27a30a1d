"""Files to import, as far as they are read and planned."""

from typing import Any

from chatbot import formats
from chatbot.content import Knowledge
from chatbot.formats import ImportPlan, Reading
from chatbot.model import Entry

NOTHING = Knowledge(topics=())


def read(text: str, name: str = "faq.csv", **more: Any) -> Reading:
    return formats.read(text.encode(), name, **more)


def planned(text: str, name: str = "faq.csv", known: Knowledge = NOTHING, **more: Any) -> ImportPlan:
    return formats.plan(read(text, name, **more).rows, known)


def topics(text: str, name: str = "faq.csv", **more: Any) -> tuple[Entry, ...]:
    plan = planned(text, name, **more)
    assert plan.refused == ()
    return plan.entries


def refusal(text: str, known: Knowledge = NOTHING) -> str:
    (refused,) = planned(text, known=known).refused
    return f"{refused.where}: {refused.reason}"
