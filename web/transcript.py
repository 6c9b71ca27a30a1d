"""The conversation on the page without JavaScript: it travels in the page, signed, and is kept nowhere."""

from collections.abc import Sequence
from dataclasses import dataclass

from itsdangerous import BadData, URLSafeSerializer

from chatbot import Reply, keys_of

# What fits into the form with room to spare; older turns fall off the top.
MAX_TURNS = 12
MAX_SEALED = 24_000


@dataclass(frozen=True, slots=True)
class Turn:
    """What was asked and answered, as far as it is shown again. `sources` are (title, address or "")."""

    message: str
    html: str
    notice: str = ""
    sources: tuple[tuple[str, str], ...] = ()

    @classmethod
    def of(cls, message: str, reply: Reply) -> "Turn":
        """Keep of `reply` what the page shows again below the next question."""
        sources = tuple((source.title, source.url or "") for source in reply.sources)
        return cls(message, reply.html, reply.notice or "", sources)


class Transcripts:
    """Seals turns into a text for a hidden field, and reads it back.

    The seal is what lets the page show a reply's HTML again: without it anybody could have this site
    show a page of their own making.
    """

    def __init__(self, secret: str) -> None:
        """Sign with `secret`."""
        self._serializer = URLSafeSerializer(keys_of(secret)[::-1], salt="transcript")

    def seal(self, turns: Sequence[Turn]) -> str:
        """Turn the latest turns into text, as many as fit."""
        kept = list(turns)[-MAX_TURNS:]
        sealed = self._dump(kept)
        while len(sealed) > MAX_SEALED and kept:
            kept.pop(0)
            sealed = self._dump(kept)
        return sealed

    def open(self, sealed: str) -> tuple[Turn, ...]:
        """Read the turns back; none where the text is missing, foreign or changed."""
        try:
            rows = self._serializer.loads(sealed)
            return tuple(Turn(m, h, n, tuple((t, u) for t, u in s)) for m, h, n, s in rows)
        except (BadData, TypeError, ValueError):
            return ()

    def _dump(self, turns: Sequence[Turn]) -> str:
        rows = [(t.message, t.html, t.notice, t.sources) for t in turns]
        return str(self._serializer.dumps(rows))
