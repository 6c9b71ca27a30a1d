"""Bot: the engine with a voice. Signs the contexts, names the replies, and hides the rest."""

import base64
import hashlib
import hmac
import os
import secrets
from copy import copy
from dataclasses import fields, replace
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple, get_args

from itsdangerous import BadSignature, URLSafeSerializer

from chatbot import saying
from chatbot.content import Knowledge
from chatbot.dialogue import respond
from chatbot.engine import Engine
from chatbot.errors import ChatbotError, SettingsError
from chatbot.model import Action, Entry, Match, Profile, Reply, ReplyKind, Thread
from chatbot.profile import read_profile
from chatbot.settings import MIN_KEY, Settings, are_keys, keys_of
from chatbot.text import WORD, fold_message

if TYPE_CHECKING:
    from chatbot.why import Explanation

MAX_CONTEXT = 1024
NONCE_CHARACTERS = 12
MAX_TYPED = 5
PROFILE_FILE = "clinic.toml"
KEY_FILE = "secret.key"
DEFAULT_RETENTION_DAYS = Settings().retention_days
_DAYS = "{retention_days}"
_THREAD = tuple(field.name for field in fields(Thread))


class Answered(NamedTuple):
    """A reply to a message, the thread that it came in, and what may be kept of its words ("": nothing)."""

    reply: Reply
    thread: Thread
    keepable: str


class Bot:
    """Answers messages. Immutable once made; safe to share between threads."""

    def __init__(
        self,
        knowledge: Knowledge | Engine,
        secret_key: str | None = None,
        *,
        retention_days: int = DEFAULT_RETENTION_DAYS,
    ) -> None:
        """Build the engine of `knowledge`. Without a key, contexts hold for this Bot alone.

        `retention_days` is what visitors are told of how long a message may be kept.
        """
        self.engine = knowledge if isinstance(knowledge, Engine) else Engine.build(knowledge)
        keys = keys_of(secret_key or secrets.token_urlsafe(32))
        self.days = str(retention_days)
        self._contexts = URLSafeSerializer(keys[::-1], salt="context")  # the library signs with the last
        self._keys = tuple(hashlib.sha256(f"reply {key}".encode()).digest() for key in keys)

    @classmethod
    def open(cls, settings: Settings | None = None, knowledge: str | Path | None = None) -> "Bot":
        """The bot as it is set up here: packaged knowledge, what was imported, the profile, staff's edits.

        Raises a ChatbotError where a file or setting is at fault.
        """
        settings = settings or Settings.from_env()
        ground = load_ground(settings, knowledge)
        known = _with_edits(ground, settings)
        engine = Engine.open(known, settings.data_dir / "index", ground)
        return cls(engine, secret_key(settings), retention_days=settings.retention_days)

    def with_engine(self, engine: Engine) -> "Bot":
        """The same bot with another engine: reads the contexts and ids that this one gave."""
        other = copy(self)  # with its keys: without a secret key these were made up, and must stay
        other.engine = engine
        return other

    def keeping(self, days: int) -> "Bot":
        """The same bot, which says that messages are kept for so many days."""
        other = copy(self)
        other.days = str(days)
        return other

    def reply(self, message: str, context: str = "") -> Reply:
        """Answer a message of up to 1,000 characters. A context that is not ours counts as none."""
        return self.answered(message, context).reply

    def answered(self, message: str, context: str = "") -> Answered:
        """The same, with what staff may be told of it."""
        thread = self.read_context(context)
        turn = respond(self.engine, thread, message)
        nonce = secrets.token_urlsafe(9)
        reply_id = self._id(nonce, turn.reply.topic or turn.reply.kind)
        reply = replace(self._filled(turn.reply), id=reply_id, context=self._sign(turn.thread))
        return Answered(reply, thread, turn.keepable)

    def _filled(self, reply: Reply) -> Reply:
        """The reply with what only the settings know in its place."""
        if _DAYS not in reply.text:
            return reply
        return replace(
            reply, text=reply.text.replace(_DAYS, self.days), html=reply.html.replace(_DAYS, self.days)
        )

    def explain(self, message: str, context: str = "") -> "Explanation":
        """Why the bot answers a message as it does."""
        from chatbot.why import explain

        return explain(self.engine, self.read_context(context), message)

    def search(self, message: str, top: int = 10) -> tuple[Match, ...]:
        """The entries ranked for a message, best first."""
        return self.explain(message).matches[:top]

    @property
    def topics(self) -> tuple[Entry, ...]:
        """The published topics, in the order of the files."""
        return self.engine.knowledge.published

    @property
    def profile(self) -> Profile:
        """The clinic's own facts."""
        return self.engine.knowledge.profile

    @property
    def help_lines(self) -> tuple[Action, ...]:
        """The help lines and the clinic's contact."""
        return (*self.engine.guard.actions(), *self.contact)

    @property
    def contact(self) -> tuple[Action, ...]:
        """The clinic's own contact; empty where the profile has none."""
        return saying.contact(self.engine)

    @property
    def greeting(self) -> Reply:
        """What the bot says before anything is asked."""
        return replace(self.line("greeting"), suggestions=saying.suggestions(saying.starters(self.engine)))

    def line(self, line_id: str) -> Reply:
        """One of the bot's own lines. Raises ChatbotError where there is none of that id."""
        entry = self.engine.knowledge.entries.get(line_id)
        if entry is None:
            raise ChatbotError(f"no line {line_id!r}: add it to knowledge/bot.md")
        return replace(
            self._filled(saying.line_reply(self.engine, "small_talk", entry)), actions=self.contact
        )

    def answer_of(self, topic_id: str) -> Reply | None:
        """A published topic's reply, outside any conversation; None where there is no such topic."""
        entry = next((t for t in self.topics if t.id == topic_id), None)
        return None if entry is None else saying.answer_reply(self.engine, entry)

    def preview(self, entry: Entry) -> Reply:
        """The reply that an entry would give, which need not be known to anybody yet."""
        return saying.answer_reply(self.engine, entry)

    def suggest(self, text: str) -> tuple[Entry, ...]:
        """Up to five published topics for what is typed so far."""
        if not WORD.search(text):
            return ()
        return tuple(saying.near(self.engine, self.engine.index.rank(fold_message(text)))[:MAX_TYPED])

    def read_id(self, reply_id: str) -> str | None:
        """The topic or kind of reply that an id of ours was given to; None for any other text."""
        # An id does not name what it was given to, so each is tried: some hundreds, of a few microseconds.
        nonce = reply_id[:NONCE_CHARACTERS]
        given = (*get_args(ReplyKind), *self.engine.knowledge.entries)
        told = reply_id.encode("utf-8", "replace")
        ids = ((name, self._id(nonce, name, key).encode()) for key in self._keys for name in given)
        return next((name for name, ours in ids if hmac.compare_digest(ours, told)), None)

    def _id(self, nonce: str, name: str, key: bytes = b"") -> str:
        """An id that only this key can read: a page's own scripts may see it and learn nothing."""
        sealed = hmac.digest(key or self._keys[0], f"{nonce} {name}".encode(), "sha256")[:12]
        return nonce + base64.urlsafe_b64encode(sealed).decode()

    def read_context(self, context: str) -> Thread:
        """The thread in a signed context; an empty one where it is missing, foreign or damaged."""
        read = _read(self._contexts, context)
        # After an upgrade that adds a field, contexts of before count as none: a conversation begins anew.
        if not isinstance(read, list) or len(read) != len(_THREAD):
            return Thread()
        parts: list[Any] = [tuple(part) if isinstance(part, list) else part for part in read]
        thread = Thread(*parts)
        topics, offered, rivals = map(self._still_known, (thread.topics, thread.offered, thread.rivals))
        return replace(thread, topics=topics, offered=offered, rivals=rivals)

    def _still_known(self, ids: tuple[str, ...]) -> tuple[str, ...]:
        """Ids without those that were archived since they were given out."""
        return tuple(i for i in ids if i in self.engine.knowledge.entries)

    def _sign(self, thread: Thread) -> str:
        """The thread as signed text; of one whose ids are too long, what matters most."""
        shorter = replace(thread, rivals=(), asked=())
        for kept in (thread, shorter, Thread(refusals=thread.refusals, crisis=thread.crisis)):
            signed = str(self._contexts.dumps([getattr(kept, name) for name in _THREAD]))
            if len(signed) <= MAX_CONTEXT:
                break
        return signed


def _read(serializer: URLSafeSerializer, signed: str) -> Any:
    if not signed or len(signed) > MAX_CONTEXT:
        return None
    try:
        return serializer.loads(signed)
    except (BadSignature, ValueError):
        return None


def load_knowledge(settings: Settings, folder: str | Path | None = None) -> Knowledge:
    """The knowledge as it is set up here: the files (see `load_ground`) with staff's edits laid over."""
    return _with_edits(load_ground(settings, folder), settings)


def _with_edits(ground: Knowledge, settings: Settings) -> Knowledge:
    today = date.today()
    file = settings.database_file
    if file is not None and not file.exists():
        return ground.on(today)
    # Asking where there are no edits need not import a database (0.2 s).
    from chatbot.editing import lay_over
    from chatbot.store import Store

    store = Store.open(settings.database_url)
    try:
        return lay_over(ground, store.edits.layer()[1]).on(today)
    finally:
        store.close()


def load_ground(
    settings: Settings, folder: str | Path | None = None, starter: Knowledge | None = None
) -> Knowledge:
    """The files as they are set up here: the packaged folder, the data folder's on top, the profile.

    `starter` is the first of them where it was read already.
    """
    profile = read_profile(settings.data_dir / PROFILE_FILE)
    extra, shelf = settings.data_dir / "knowledge", settings.data_dir / "index"
    if starter is not None:
        return starter.under(extra, profile, shelf)
    return Knowledge.load(folder, extra=extra, profile=profile, shelf=shelf)


def secret_key(settings: Settings) -> str:
    """The key that signs contexts: the one that is set, else one made once and kept in the data folder.

    It may be several in one, see `keys_of`.
    """
    if settings.secret_key:
        return settings.secret_key
    path = settings.data_dir / KEY_FILE
    try:
        settings.data_dir.mkdir(parents=True, exist_ok=True)
        if not path.exists():
            _write_once(path, secrets.token_urlsafe(48))
        kept = path.read_text("ascii").strip()
    except UnicodeDecodeError:
        kept = ""
    except OSError as error:
        cure = "make the folder writable, or set CHATBOT_SECRET_KEY"
        raise SettingsError(f"the secret key cannot be kept in {path}: {error.strerror}; {cure}") from error
    if not are_keys(kept):
        expected = f"a line of at least {MIN_KEY} letters and digits for each key"
        raise SettingsError(
            f"{path} holds no secret key: expected {expected}; restore it, or remove the file"
        )
    return kept


def _write_once(path: Path, text: str) -> None:
    """Write a private file whole, unless another process was first."""
    part = path.with_name(f"{path.name}.{os.getpid()}.{secrets.token_hex(4)}")
    file = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        os.write(file, text.encode("ascii"))
        os.fsync(file)
    finally:
        os.close(file)
    try:
        os.link(part, path)
    except FileExistsError:
        pass
    finally:
        part.unlink()
