"""What can go wrong, in words that name the fact, the value and the cure."""

from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from chatbot.records import Change, Edit


class ChatbotError(Exception):
    """Base of every error this package raises on purpose; its text is fit to be shown to a person."""


class SettingsError(ChatbotError):
    """A setting is unknown or its value does not parse."""


class KnowledgeError(ChatbotError):
    """A knowledge file breaks its format. Carries `path` and `line` (1-based, None for the whole file)."""

    def __init__(self, path: str | Path, line: int | None, fact: str) -> None:
        """Say `fact` about `path`, at `line` where one line is to blame."""
        self.path, self.line, self.fact = str(path), line, fact
        super().__init__(f"{path}:{line}: {fact}" if line else f"{path}: {fact}")


class ArticleError(ChatbotError):
    """A saved page cannot be read as an article."""


class FormatError(ChatbotError):
    """A file of topics cannot be read as its format, or holds what cannot be imported. Of one line."""

    def __init__(self, fact: str) -> None:
        """Say `fact`, which may quote what other people wrote, on one line."""
        super().__init__(" ".join(fact.split()))


class StoreError(ChatbotError):
    """The database cannot be reached, or refuses what it was given."""


class AwayError(StoreError):
    """The database does not answer now: what is asked again later may be answered."""


class DamageError(StoreError):
    """What the database holds is not what was written. Carries `fact`, which names no file."""

    def __init__(self, name: str, fact: str) -> None:
        """Say `fact` about the database `name`."""
        self.fact = fact
        super().__init__(
            f"the database {name} is damaged ({fact}): stop the server and restore the newest backup with"
            " 'chatbot restore FILE'; what is there now is kept beside"
        )


class FullError(StoreError):
    """The disk has no room for what was to be written, or does not take it."""


class ConflictError(StoreError):
    """Somebody else was faster. Carries `yours` (a Change) and `theirs` (an Edit; None where it is gone)."""

    def __init__(self, yours: "Change", theirs: "Edit | None") -> None:
        """Say who was faster."""
        self.yours, self.theirs = yours, theirs
        who = f"{theirs.by} changed it at {theirs.at:%Y-%m-%d %H:%M} UTC" if theirs else "it was never edited"
        super().__init__(
            f"{yours.key!r} is not what your change was based on: {who}; merge the two and save again"
        )


class AccountError(ChatbotError):
    """What was asked of a staff account cannot be done."""


class BusyError(ChatbotError):
    """Too many ask for the same costly thing at once; a little later it will do."""


class BrokenTestsError(ChatbotError):
    """A change would break tests of staff's own. `broken` holds (question, topic it must get, gets)."""

    def __init__(self, broken: tuple[tuple[str, str | None, str], ...]) -> None:
        """Name the sentences."""
        self.broken = broken
        told = "; ".join(
            f"{question!r} must get {wanted or 'no answer'!r}, but would get {got!r}"
            for question, wanted, got in broken
        )
        super().__init__(f"not published: {told}; change the edit, or the test")
