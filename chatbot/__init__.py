"""A small FAQ chatbot: answers from reviewed entries with their source, or says whom to ask."""

from importlib import import_module
from typing import TYPE_CHECKING

from chatbot.bot import Bot, load_knowledge, secret_key
from chatbot.content import Knowledge
from chatbot.errors import (
    AccountError,
    ArticleError,
    AwayError,
    BrokenTestsError,
    BusyError,
    ChatbotError,
    ConflictError,
    DamageError,
    FormatError,
    FullError,
    KnowledgeError,
    SettingsError,
    StoreError,
)
from chatbot.model import MAX_MESSAGE, Action, Entry, Match, Profile, Reply, Source, Suggestion
from chatbot.passwords import generate as new_password
from chatbot.safety import redact
from chatbot.settings import ORIGINS_OPTION, RETENTION_OPTION, Settings, as_set, keys_of, parse_origin
from chatbot.text import one_spelling
from chatbot.whole import write_whole

_LATE = {
    "ABSOLUTE": "chatbot.accounts",
    "Accounts": "chatbot.accounts",
    "Change": "chatbot.records",
    "Count": "chatbot.records",
    "DIAL_OPTION": "chatbot.judgement",
    "Difference": "chatbot.preview",
    "Draft": "chatbot.records",
    "Edit": "chatbot.records",
    "IDLE": "chatbot.accounts",
    "Listener": "chatbot.listening",
    "Live": "chatbot.live",
    "MAX_REMEMBERED": "chatbot.listening",
    "Noted": "chatbot.records",
    "Person": "chatbot.accounts",
    "Probe": "chatbot.records",
    "Publisher": "chatbot.publishing",
    "ROLES": "chatbot.accounts",
    "Session": "chatbot.accounts",
    "Shared": "chatbot.lending",
    "Site": "chatbot.sites",
    "Sites": "chatbot.sites",
    "Store": "chatbot.store",
    "clean_name": "chatbot.accounts",
    "keepable": "chatbot.listening",
    "settings_of": "chatbot.sites",
    "shared_by": "chatbot.sites",
}

if TYPE_CHECKING:
    from chatbot import advice, backup, editing, formats, grouping
    from chatbot.accounts import ABSOLUTE, IDLE, ROLES, Accounts, Person, Session, clean_name
    from chatbot.judgement import DIAL_OPTION
    from chatbot.lending import Shared
    from chatbot.listening import MAX_REMEMBERED, Listener, keepable
    from chatbot.live import Live
    from chatbot.preview import Difference
    from chatbot.publishing import Publisher
    from chatbot.records import Change, Count, Draft, Edit, Noted, Probe
    from chatbot.sites import Site, Sites, settings_of, shared_by
    from chatbot.store import Store
else:

    def __getattr__(name: str) -> object:
        """Import what needs the database when it is first named: asking at a terminal needs none (0.2 s)."""
        if name not in _LATE:
            raise AttributeError(f"module 'chatbot' has no attribute {name!r}")
        return getattr(import_module(_LATE[name]), name)


__all__ = [
    "ABSOLUTE",
    "DIAL_OPTION",
    "IDLE",
    "MAX_MESSAGE",
    "MAX_REMEMBERED",
    "ORIGINS_OPTION",
    "RETENTION_OPTION",
    "ROLES",
    "AccountError",
    "Accounts",
    "Action",
    "ArticleError",
    "AwayError",
    "Bot",
    "BrokenTestsError",
    "BusyError",
    "Change",
    "ChatbotError",
    "ConflictError",
    "Count",
    "DamageError",
    "Difference",
    "Draft",
    "Edit",
    "Entry",
    "FormatError",
    "FullError",
    "Knowledge",
    "KnowledgeError",
    "Listener",
    "Live",
    "Match",
    "Noted",
    "Person",
    "Probe",
    "Profile",
    "Publisher",
    "Reply",
    "Session",
    "Settings",
    "SettingsError",
    "Shared",
    "Site",
    "Sites",
    "Source",
    "Store",
    "StoreError",
    "Suggestion",
    "advice",
    "as_set",
    "backup",
    "clean_name",
    "editing",
    "formats",
    "grouping",
    "keepable",
    "keys_of",
    "load_knowledge",
    "new_password",
    "one_spelling",
    "parse_origin",
    "redact",
    "secret_key",
    "settings_of",
    "shared_by",
    "write_whole",
]
