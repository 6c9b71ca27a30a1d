"""All commands but those that ask, which a first answer need not wait for."""

from chatbot.cli import (
    deciding,
    doctor,
    editing,
    evaluate,
    exporting,
    importing,
    keeping,
    knowledge,
    running,
    sites,
    staff,
)

__all__ = [
    "deciding",
    "doctor",
    "editing",
    "evaluate",
    "exporting",
    "importing",
    "keeping",
    "knowledge",
    "running",
    "sites",
    "staff",
]
