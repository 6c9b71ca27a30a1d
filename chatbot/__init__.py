"""A small FAQ chatbot: answers from reviewed entries with their source, or says whom to ask."""

from typing import TYPE_CHECKING

from chatbot.accounts import ROLES, Accounts, Person, Session
from chatbot.bot import Bot, load_knowledge, secret_key
from chatbot.content import Knowledge
from chatbot.errors import (
    AccountError,
    ArticleError,
    BusyError,
    ChatbotError,
    FormatError,
    KnowledgeError,
    SettingsError,
    StoreError,
)
from chatbot.model import Action, Entry, Match, Profile, Reply, Source, Suggestion
from chatbot.passwords import generate as new_password
from chatbot.safety import redact
from chatbot.settings import Settings

if TYPE_CHECKING:
    from chatbot import formats
    from chatbot.store import Store
else:

    def __getattr__(name: str) -> type:
        """Import the database when it is first named: asking at a terminal needs none (0.2 s)."""
        if name != "Store":
            raise AttributeError(f"module 'chatbot' has no attribute {name!r}")
        from chatbot.store import Store

        return Store


__all__ = [
    "ROLES",
    "AccountError",
    "Accounts",
    "Action",
    "ArticleError",
    "Bot",
    "BusyError",
    "ChatbotError",
    "Entry",
    "FormatError",
    "Knowledge",
    "KnowledgeError",
    "Match",
    "Person",
    "Profile",
    "Reply",
    "Session",
    "Settings",
    "SettingsError",
    "Source",
    "Store",
    "StoreError",
    "Suggestion",
    "formats",
    "load_knowledge",
    "new_password",
    "redact",
    "secret_key",
]
