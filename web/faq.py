"""The FAQ: every published topic with its answer, rendered once for all who read it."""

import json
from collections.abc import Iterable
from dataclasses import dataclass
from itertools import groupby

from markupsafe import Markup

from chatbot import Bot, Entry, Reply


@dataclass(frozen=True, slots=True)
class Faq:
    """The published topics with their answers. `data` is schema.org's FAQPage for a script element."""

    topics: tuple[Entry, ...]
    groups: tuple[tuple[str, tuple[tuple[Entry, Reply], ...]], ...]
    data: Markup

    @classmethod
    def of(cls, bot: Bot) -> "Faq":
        """Ask `bot` for the answer to each of its topics."""
        topics = bot.topics
        answered = [(topic, reply) for topic in topics if (reply := bot.answer_of(topic.id))]
        groups = groupby(answered, key=lambda pair: pair[0].group)
        return cls(topics, tuple((title, tuple(pairs)) for title, pairs in groups), _page_data(answered))


class Shelf:
    """Keeps the FAQ of a bot until its topics change: rendering all answers takes longer than a question."""

    def __init__(self) -> None:
        """Start empty."""
        self._faq: Faq | None = None

    def take(self, bot: Bot) -> Faq:
        """Give the FAQ as `bot` has it now."""
        kept = self._faq
        if kept is None or kept.topics is not bot.topics:
            kept = self._faq = Faq.of(bot)
        return kept


def _page_data(answered: Iterable[tuple[Entry, Reply]]) -> Markup:
    questions = [
        {
            "@type": "Question",
            "name": topic.question,
            "acceptedAnswer": {"@type": "Answer", "text": reply.html},
        }
        for topic, reply in answered
    ]
    page = {"@context": "https://schema.org", "@type": "FAQPage", "inLanguage": "en", "mainEntity": questions}
    escaped = json.dumps(page).replace("<", "\\u003c").replace(">", "\\u003e").replace("&", "\\u0026")
    return Markup(escaped)  # noqa: S704 - no character is left that could end the script element
