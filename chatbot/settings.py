"""The program's settings: the only reader of the environment."""

import os
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, fields, replace
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from chatbot.errors import SettingsError

PREFIX = "CHATBOT_"
ORIGINS_OPTION, RETENTION_OPTION = "origins", "retention_days"  # what the desk may set
_MAY_HOLD_A_SECRET = ("secret_key", "database_url", "redis_url")
LOG_LEVELS = ("debug", "info", "warning", "error")
MIN_KEY = 16
_RATE = re.compile(r"(?P<count>[1-9]\d{0,6}) per (?P<period>second|minute|hour|day)")


@dataclass(frozen=True, slots=True)
class Settings:
    """Every setting with its default; `from_env` reads the ones that are set.

    `database_url` is filled from `data_dir` where it was not given; `secret_key` is None until one is
    set or made (`chatbot.bot.secret_key`).
    """

    database_url: str = field(default="", repr=False)
    redis_url: str | None = field(default=None, repr=False)
    data_dir: Path = Path("var")
    secret_key: str | None = field(default=None, repr=False)
    allowed_origins: tuple[str, ...] = ()
    rate_limit: str = "30 per minute"
    trusted_proxies: int = 0
    retention_days: int = 30
    log_level: str = "info"
    host: str = "127.0.0.1"
    port: int = 8000

    def __post_init__(self) -> None:
        """Put the SQLite file into the data folder unless a database is named."""
        if not self.database_url:
            path = (self.data_dir / "chatbot.db").absolute()
            # Absolute: the path outlives a change of folder. Past `frozen`, as the record is being made.
            object.__setattr__(self, "database_url", f"sqlite:///{path}")

    @property
    def database_file(self) -> Path | None:
        """The file of a SQLite database; None for another database, or one in memory."""
        address = re.fullmatch(r"sqlite:///(?P<file>[^?]+)(?:\?.*)?", self.database_url)
        return Path(address["file"]) if address and address["file"] != ":memory:" else None

    @classmethod
    def from_env(cls, environ: Mapping[str, str] | None = None) -> "Settings":
        """Read the `CHATBOT_…` variables. Raises SettingsError for an unknown name or a bad value."""
        given = {
            k: v for k, v in (os.environ if environ is None else environ).items() if k.startswith(PREFIX)
        }
        known = {PREFIX + f.name.upper(): f.name for f in fields(cls)}
        for name in sorted(given.keys() - known.keys()):
            from difflib import get_close_matches

            near = get_close_matches(name.removeprefix(PREFIX).lower(), known.values(), n=1)
            hint = f"did you mean {PREFIX}{near[0].upper()}?" if near else f"known are {', '.join(known)}"
            raise SettingsError(f"{name} is not a setting: {hint}")
        values = {known[name]: _parse(name, known[name], raw.strip()) for name, raw in given.items()}
        return cls(**values)  # type: ignore[arg-type]

    def rows(self, environ: Mapping[str, str] | None = None) -> tuple[tuple[str, str, str], ...]:
        """(variable, value, where it came from) for each setting, secrets masked."""
        environ = os.environ if environ is None else environ
        names = ((PREFIX + f.name.upper(), getattr(self, f.name)) for f in fields(self))
        return tuple(
            (name, _shown(name, value), "environment" if name in environ else "default")
            for name, value in names
        )


def _parse(variable: str, name: str, raw: str) -> object:
    parser = _PARSERS.get(name)
    if parser is None:
        return raw
    value, expected = parser(raw), _EXPECTED[name]
    if value is None:
        given = "set to a value that does not fit" if name in _MAY_HOLD_A_SECRET else repr(raw)
        raise SettingsError(f"{variable} is {given}: expected {expected}")
    return value


def _number(low: int, high: int) -> Callable[[str], int | None]:
    def parse(raw: str) -> int | None:
        return int(raw) if re.fullmatch(r"\d{1,9}", raw) and low <= int(raw) <= high else None

    return parse


def _rate(raw: str) -> str | None:
    return raw if raw == "off" or _RATE.fullmatch(raw) else None


def _level(raw: str) -> str | None:
    return raw.lower() if raw.lower() in LOG_LEVELS else None


def _folder(raw: str) -> Path | None:
    return Path(raw) if raw else None


def keys_of(secret: str) -> tuple[str, ...]:
    """The keys in a secret, the one that signs first; the others are those before it, whose signs still hold.

    They are parted by commas or, in a file, by lines.
    """
    return tuple(key.strip() for key in re.split(r"[,\n]", secret) if key.strip())


def _secret(raw: str) -> str | None:
    return raw if are_keys(raw) else None


def are_keys(secret: str) -> bool:
    """Whether it holds a key or several, each long enough."""
    keys = keys_of(secret)
    return bool(keys) and all(len(key) >= MIN_KEY for key in keys)


def _database(raw: str) -> str | None:
    return raw if re.match(r"(sqlite|postgresql\+psycopg):/{2,4}", raw) else None


def _redis(raw: str) -> str | None:
    return raw if re.match(r"(rediss?|unix)://", raw) else None


def _host(raw: str) -> str | None:
    return raw if raw and not re.search(r"[\s/]", raw) else None


def _origins(raw: str) -> tuple[str, ...] | None:
    origins = tuple(_without_port(o.strip().rstrip("/").lower()) for o in raw.split(",") if o.strip())
    return origins if all(_is_origin(o) for o in origins) else None


def parse_origin(address: str) -> str | None:
    """The web origin of an address that somebody typed or pasted; None where it is no web address."""
    try:
        parts = urlsplit(address if "://" in address else f"https://{address}")
    except ValueError:
        return None
    found = _origins(f"{parts.scheme}://{parts.netloc}")
    return found[0] if found and len(found) == 1 else None


def as_set(settings: Settings, options: Mapping[str, Any]) -> Settings:
    """The settings with what the desk's `options` say: sites in addition, and fewer days, never more.

    Whoever runs the bot has promised that nothing is kept for longer than theirs.
    """
    more = (o for o in options.get(ORIGINS_OPTION) or () if isinstance(o, str) and parse_origin(o) == o)
    days = options.get(RETENTION_OPTION)
    return replace(
        settings,
        allowed_origins=tuple(dict.fromkeys((*settings.allowed_origins, *more))),
        retention_days=min(days, settings.retention_days)
        if isinstance(days, int)
        else settings.retention_days,
    )


def _without_port(origin: str) -> str:
    """As a browser writes it: without the port that its scheme has by default."""
    return re.sub(r"^(https://[^/]*):443$|^(http://[^/]*):80$", r"\1\2", origin)


def _is_origin(origin: str) -> bool:
    try:
        parts = urlsplit(origin)
        port_is_valid = parts.port is None or parts.port > 0
    except ValueError:
        return False
    bare = (
        f"{parts.scheme}://{parts.netloc}" == origin and "@" not in parts.netloc and "*" not in parts.netloc
    )
    is_name = re.fullmatch(r"[\w.:\[\]-]+", parts.netloc) is not None
    return parts.scheme in ("http", "https") and bool(parts.hostname) and is_name and bare and port_is_valid


_PARSERS: Mapping[str, Callable[[str], object | None]] = {
    "database_url": _database,
    "redis_url": _redis,
    "data_dir": _folder,
    "secret_key": _secret,
    "allowed_origins": _origins,
    "rate_limit": _rate,
    "trusted_proxies": _number(0, 10),
    "retention_days": _number(1, 3650),
    "log_level": _level,
    "host": _host,
    "port": _number(1, 65535),
}
_EXPECTED = {
    "database_url": "sqlite:///FILE or postgresql+psycopg://USER@HOST/NAME",
    "redis_url": "redis://HOST:PORT/NUMBER",
    "data_dir": "the name of a folder",
    "secret_key": f"at least {MIN_KEY} characters, or several such keys, comma separated, the new one first",
    "allowed_origins": "web origins such as https://www.example.org, comma separated",
    "rate_limit": "'off' or a rate such as '30 per minute' (second, minute, hour or day)",
    "trusted_proxies": "a number from 0 to 10",
    "retention_days": "a number from 1 to 3650",
    "log_level": f"one of {', '.join(LOG_LEVELS)}",
    "host": "a host name or address",
    "port": "a number from 1 to 65535",
}


def _shown(name: str, value: object) -> str:
    if value is None:
        return "(none)" if name != PREFIX + "SECRET_KEY" else "(made on first run, kept in the data folder)"
    if name == PREFIX + "SECRET_KEY":
        return "********"
    if isinstance(value, tuple):
        return ", ".join(value) or "(same origin only)"
    # An address may hold a password before its last @, or as a parameter.
    shown = re.sub(r"(://[^:/@]*):.*@", r"\1:********@", str(value))
    return re.sub(r"(password=)[^&]*", r"\1********", shown)
