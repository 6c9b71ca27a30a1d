"""What the privacy page says: sentence by sentence, out of the configuration that is running.

Each sentence has a name; tests/test_privacy.py holds a proof for each name, and fails for one without.
"""

from typing import NamedTuple

from chatbot import Profile, Settings


class Statement(NamedTuple):
    """One sentence of the page."""

    name: str
    text: str


class Part(NamedTuple):
    """A heading with its sentences."""

    heading: str
    statements: tuple[Statement, ...]


def parts_of(settings: Settings, profile: Profile) -> tuple[Part, ...]:
    """All that the page says where these settings and this profile hold."""
    return (
        Part("What this chat is", _about()),
        Part("What is not kept", _not_kept(settings)),
        Part("What may be kept", _kept(settings)),
        Part("Who else is told", _others(profile)),
    )


def _about() -> tuple[Statement, ...]:
    return (
        Statement("automatic", "This chat is an automatic desk, not a person and not a clinician."),
        Statement("reviewed", "It gives information that people have written and checked."),
        Statement("no-treatment", "It does not treat, and it does not say what anybody has."),
    )


def _not_kept(settings: Settings) -> tuple[Statement, ...]:
    return (
        Statement("no-cookies", "No cookies are set for visitors."),
        Statement("no-visitor", "There is no account and no visitor number: two visits are two strangers."),
        Statement(
            "no-address",
            "Your internet address and the kind of your browser are not written to the database or the log.",
        ),
        *_counting(settings),
        Statement(
            "in-the-tab",
            "The chat stays in this tab of your browser, until you close it or press “Start over”.",
        ),
        Statement("no-crisis", "A message that speaks of danger is counted, and its words are never kept."),
        Statement("log", "The log says which page was asked for and how long it took, never what you typed."),
    )


def _counting(settings: Settings) -> tuple[Statement, ...]:
    if settings.rate_limit == "off":
        return (Statement("not-counted", "Requests are not counted by address."),)
    where = "in a shared memory store" if settings.redis_url else "in this server's memory"
    text = (
        f"To stop floods, requests are counted ({settings.rate_limit}) under a code made from the address, "
        f"{where}, no longer than the count needs."
    )
    return (Statement("counted", text),)


def _kept(settings: Settings) -> tuple[Statement, ...]:
    place = "a file on this server" if settings.database_url.startswith("sqlite") else "a database server"
    days = settings.retention_days
    long = "1 day" if days == 1 else f"{days} days"
    return (
        Statement(
            "inbox",
            "A question that the desk could not answer well, whose answer you rate as not helpful, or that "
            f"you ask again in other words at once, may be kept for {long}, so that the staff can write a "
            "better answer.",
        ),
        Statement("rating", f"If you rate an answer, the rating is kept, and your comment for {long}."),
        Statement(
            "redacted",
            "A program first takes out e-mail addresses, phone numbers, street addresses, dates of birth, "
            "names after “my name is”, and numbers of insurance, cards and Social Security.",
        ),
        Statement("not-perfect", "A program can miss something, so please leave such things out."),
        Statement("place", f"What is kept lies in {place}."),
    )


def _others(profile: Profile) -> tuple[Statement, ...]:
    said = [
        Statement("nobody", "Your browser talks to this server alone: no outside service, no tracking."),
        Statement("no-learning", "The desk does not learn from what you type."),
    ]
    name, phone = profile.facts.get("name", "the clinic"), profile.facts.get("phone")
    if phone:
        said.append(Statement("contact", f"If you have a question about this, call {name} at {phone}."))
    return tuple(said)
