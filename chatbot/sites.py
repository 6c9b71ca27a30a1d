"""Sites: several clinics in one installation, each with a database, a key and a data folder of its own.

What is strictly apart needs no filter that somebody might forget: a site's settings name other places than
every other's, and whatever is opened with them finds that site alone. Shared is only what the program was
delivered with. Which sites there are stands in the main database, so that all processes know of them.
"""

import hmac
import re
import shutil
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from urllib.parse import quote

from chatbot import backup
from chatbot.content import Knowledge
from chatbot.engine import guard_kept_at, kept_at, open_guard
from chatbot.errors import ChatbotError
from chatbot.lending import DELIVERED, Shared, lend
from chatbot.live import Live
from chatbot.model import Profile
from chatbot.settings import Settings, keys_of, parse_origin
from chatbot.store import Store

FOLDER = "sites"  # in the data folder
STARTER = ".starter"  # in that folder: what was learned from the starter knowledge
_OPTION = "site/"
_NAME = re.compile(r"[a-z0-9]+(?:-[a-z0-9]+)*")
_MAX_NAME = 30


@dataclass(frozen=True, slots=True)
class Site:
    """A clinic of its own: the name in its addresses, and the web origins that may embed its widget."""

    name: str
    origins: tuple[str, ...] = ()


class Sites:
    """The sites of an installation. Safe to share between threads."""

    def __init__(self, settings: Settings, store: Store) -> None:
        """Those of the main database `store`; `settings` are the installation's."""
        self._settings, self._store = settings, store

    def all(self) -> Mapping[str, Site]:
        """The sites by name. Raises StoreError."""
        options = self._store.options.all()
        names = sorted(n.removeprefix(_OPTION) for n in options if n.startswith(_OPTION))
        return {n: Site(n, tuple(options[_OPTION + n]["origins"])) for n in names}

    def get(self, name: str) -> Site:
        """The site of that name. Raises ChatbotError where there is none."""
        known = self.all()
        if name not in known:
            there = f"there are {', '.join(known)}" if known else "there are no sites yet"
            raise ChatbotError(f"no site {name!r}: {there}; 'chatbot site add {name}' adds it")
        return known[name]

    def add(self, name: str, origins: Sequence[str] = (), *, by: str = "") -> Site:
        """Add a site, with an empty desk over the starter knowledge.

        Raises ChatbotError where the name is taken or no name, or an origin is none.
        """
        site = Site(_checked(name), tuple(map(_origin, origins)))
        if not self._store.options.add(_OPTION + name, {"origins": site.origins}, by=by):
            raise ChatbotError(f"the site {name!r} exists: choose another name")
        # Its tables are made now: what does not work is told to whoever adds it, not to its first visitor.
        Store.open(settings_of(self._settings, site).database_url).close()
        return site

    def allow(self, name: str, origins: Sequence[str], *, by: str = "") -> Site:
        """Let these web origins embed the site's widget, in place of those before."""
        site = replace(self.get(name), origins=tuple(map(_origin, origins)))
        self._store.options.set(_OPTION + name, {"origins": site.origins}, by=by)
        return site

    def remove(self, name: str) -> Path:
        """Remove a site with all that it holds; returns the backup of it that is taken first."""
        site = self.get(name)
        settings = settings_of(self._settings, site)
        kept = self._settings.data_dir / backup.KEPT / backup.name_for(f"site-{name}")
        kept.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        self.export(name, kept)
        # First out of the list: no server opens it anew while its places are cleared.
        self._store.options.forget(_OPTION + name)
        if settings.database_file is None:
            Store.drop_schema(settings.database_url)
        shutil.rmtree(settings.data_dir, ignore_errors=True)
        return kept

    def export(self, name: str, path: Path) -> backup.Done:
        """Write a backup of a site into a new file; `chatbot --site NAME restore` reads it."""
        settings = settings_of(self._settings, self.get(name))
        store = Store.open(settings.database_url)
        try:
            return backup.back_up(settings, store, path)
        finally:
            store.close()


@contextmanager
def sites_of(settings: Settings) -> Iterator[Sites]:
    """The sites of an installation, its database opened for the time being."""
    store = Store.open(settings.database_url)
    try:
        yield Sites(settings, store)
    finally:
        store.close()


def shared_by(settings: Settings, main: Live) -> Shared:
    """What the sites' bots have in common: the starter knowledge, with what the main bot has learned of it.

    Where the main clinic has imported files of its own, the starter knowledge is read again without them.
    """
    source, folder = settings.data_dir / "index", settings.data_dir / FOLDER / STARTER
    has_own = (settings.data_dir / backup.KNOWLEDGE).is_dir()
    lend(source, folder, DELIVERED)
    if has_own:
        starter = Knowledge.load(shelf=folder)
    else:
        starter = replace(main.ground, profile=Profile(), expired=frozenset())
    lend(source, folder, kept_at(starter, folder).name, guard_kept_at(starter, folder).name)
    guard = open_guard(starter, folder) if has_own else main.bot.engine.guard
    return Shared(starter, guard, main.worker, folder, main.presence)


def settings_of(settings: Settings, site: Site) -> Settings:
    """The settings of one site: places and a key of its own, everything else the installation's."""
    folder = settings.data_dir / FOLDER / site.name
    return replace(
        settings,
        data_dir=folder,
        database_url=_database(settings, site),
        allowed_origins=site.origins,
        secret_key=_key(settings.secret_key, site.name),
    )


def _database(settings: Settings, site: Site) -> str:
    """A file in the site's folder, or a schema of the same PostgreSQL database."""
    if settings.database_url.startswith("sqlite"):
        return ""  # Settings puts it into the data folder
    sign = "&" if "?" in settings.database_url else "?"
    return f"{settings.database_url}{sign}schema={quote(f'site_{site.name}')}"


def _key(secret: str | None, name: str) -> str | None:
    """Keys that tell nothing of another site's: what one has signed, no other takes for its own."""
    if not secret:
        return None
    return ",".join(hmac.digest(k.encode(), f"site {name}".encode(), "sha256").hex() for k in keys_of(secret))


def _checked(name: str) -> str:
    if len(name) > _MAX_NAME or not _NAME.fullmatch(name):
        raise ChatbotError(
            f"{name[:60]!r} is no name of a site: it stands in addresses, so use up to {_MAX_NAME} lower-case"
            " letters, digits and single hyphens, such as north-shore"
        )
    return name


def _origin(text: str) -> str:
    origin = parse_origin(text)
    if origin is None:
        raise ChatbotError(f"{text!r} is no web origin: expected one such as https://www.example.org")
    return origin
