"""A knowledge of three topics, small enough to reason about."""

from chatbot.content import Knowledge
from chatbot.model import Entry

TOPICS = (
    Entry("cost", "How much does it cost?", "It costs ten dollars.", ("what is the price",)),
    Entry("hours", "When are you open?", "From eight to six.", ("opening hours", "are you open on sundays")),
    Entry("dogs", "May I bring a dog?", "Yes. Small dogs are welcome.", ("pets allowed",)),
)
KNOWLEDGE = Knowledge(
    topics=TOPICS, background=("how much does a car cost", "is it going to rain", "who won")
)
