"""What a message picks from what the bot has offered: by number, by words, yes, no, or none of it."""

import re

from chatbot.content import Knowledge
from chatbot.model import Thread
from chatbot.text import plain, stem

NONE_OF_THESE = "None of these"
_PLACES = {
    "1": 0, "first": 0, "one": 0, "1st": 0, "top": 0,
    "2": 1, "second": 1, "two": 1, "2nd": 1,
    "3": 2, "third": 2, "three": 2, "3rd": 2,
    "4": 3, "fourth": 3, "four": 3, "4th": 3,
    "last": -1, "bottom": -1,
}  # fmt: skip
_PLACE = re.compile(
    r"(?:(?:ok |yes |yeah )?(?:i (?:mean|meant|want|choose|pick|take|d like) )?|what about |how about )"
    r"(?:the |number |option |nr |no )*(\w+)(?: one| option| question| please)*"
)
_DECLINED = re.compile(
    r"(?:no )?(?:none|neither|nothing)(?: of)?(?: these| those| them| of these| of those| of them)?|"
    r"something else|none apply|not? (?:any of )?(?:these|those|them)|neither one"
)
_YES = re.compile(r"(?:yes|yeah|yep|yup|sure|ok|okay|please|yes please|sure thing|ya|y|alright|go ahead)")
_NO = re.compile(r"(?:no|nope|nah|no thanks|no thank you|not really|n)")
_SMALL = frozenset(
    re.findall(
        r"\w+",
        "a an the is are does do can will i my me it of in to for and or what how which one ones please",
    )
)


def is_yes(message: str) -> bool:
    """Whether the message says yes and nothing else."""
    return bool(_YES.fullmatch(plain(message)))


def chosen(knowledge: Knowledge, thread: Thread, message: str) -> str:
    """The id of the topic that the message picks by its question or among what was offered, else ''.

    `NONE_OF_THESE` where it declines all that was offered.
    """
    said = plain(message)
    if thread.offered and _DECLINED.fullmatch(said):
        return NONE_OF_THESE
    offered = [i for i in thread.offered if i in knowledge.published_ids]
    asked = [i for i in offered if said == plain(knowledge.entries[i].question)]
    if picked := asked[0] if asked else knowledge.questions.get(said):
        return picked
    if thread.awaiting != "choice":
        return _by_place(offered, said)
    if _NO.fullmatch(said):
        return NONE_OF_THESE
    if len(offered) == 1 and _YES.fullmatch(said):
        return offered[0]
    return _by_place(offered, said) or _by_words(knowledge, offered, said)


def _by_place(offered: list[str], said: str) -> str:
    match = _PLACE.fullmatch(said)
    place = _PLACES.get(match[1]) if match else None
    return offered[place] if place is not None and -len(offered) <= place < len(offered) else ""


def _by_words(knowledge: Knowledge, offered: list[str], said: str) -> str:
    """The one option whose question holds all the words that tell something ("the insurance one")."""
    telling = {stem(w) for w in said.split() if w not in _SMALL}
    if not telling:
        return ""
    fitting = [
        i for i in offered if telling <= {stem(w) for w in plain(knowledge.entries[i].question).split()}
    ]
    return fitting[0] if len(fitting) == 1 else ""
