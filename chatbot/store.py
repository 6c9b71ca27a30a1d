"""What is kept in the database: ratings of answers and the off switch. The only home of SQLAlchemy."""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from sqlalchemy.exc import SQLAlchemyError

from chatbot.errors import StoreError

CONNECT_SECONDS = 3

_tables = sa.MetaData()
_feedback = sa.Table(
    "feedback",
    _tables,
    sa.Column("reply_id", sa.String(250), primary_key=True),
    sa.Column("topic", sa.String(200)),
    sa.Column("helpful", sa.Boolean, nullable=False),
    sa.Column("comment", sa.String(500)),
    sa.Column("day", sa.Date, nullable=False),
)
_switches = sa.Table(
    "switches",
    _tables,
    sa.Column("name", sa.String(40), primary_key=True),
    sa.Column("is_on", sa.Boolean, nullable=False),
)


class Store:
    """The database behind a running bot. Safe to share between threads."""

    def __init__(self, engine: sa.Engine) -> None:
        """Use `engine`; `open` makes one from an address."""
        self._engine = engine

    @classmethod
    def open(cls, url: str) -> "Store":
        """Connect to a database, with its tables made where they are missing. Raises StoreError."""
        address = _parse(url)
        try:
            _make_folder(address)
            is_remote = address.get_backend_name() != "sqlite"
            waiting = {"connect_timeout": CONNECT_SECONDS} if is_remote else {}
            engine = sa.create_engine(address, pool_pre_ping=True, connect_args=waiting)
            if engine.dialect.name == "sqlite":
                sa.event.listen(engine, "connect", _set_up_sqlite)
            _tables.create_all(engine)
        except (SQLAlchemyError, OSError, ImportError) as error:
            raise StoreError(
                f"the database {_shown(address)} cannot be opened: {_first_line(error)}"
            ) from error
        return cls(engine)

    def save_feedback(self, reply_id: str, topic: str | None, *, helpful: bool, comment: str | None) -> None:
        """Keep a rating; the last one for a reply counts. `comment` must have been redacted."""
        row = {"topic": topic, "helpful": helpful, "comment": comment, "day": datetime.now(UTC).date()}
        with self._begin() as connection:
            changed = connection.execute(
                _feedback.update().where(_feedback.c.reply_id == reply_id).values(row)
            )
            if not changed.rowcount:
                connection.execute(_feedback.insert().values(reply_id=reply_id, **row))

    def feedback(self) -> list[dict[str, Any]]:
        """All ratings, as rows."""
        with self._begin() as connection:
            return [dict(row) for row in connection.execute(_feedback.select()).mappings()]

    def is_reachable(self) -> bool:
        """Whether a question to the database is answered."""
        try:
            with self._begin() as connection:
                connection.execute(sa.select(1))
        except StoreError:
            return False
        return True

    def is_off(self) -> bool:
        """Whether the bot is switched off."""
        query = sa.select(_switches.c.is_on).where(_switches.c.name == "off")
        with self._begin() as connection:
            return bool(connection.execute(query).scalar())

    def switch(self, *, off: bool) -> None:
        """Switch the bot off or on; every process sees it within a second."""
        with self._begin() as connection:
            connection.execute(_switches.delete().where(_switches.c.name == "off"))
            connection.execute(_switches.insert().values(name="off", is_on=off))

    def close(self) -> None:
        """Give all connections back."""
        self._engine.dispose()

    @contextmanager
    def _begin(self) -> Iterator[sa.Connection]:
        try:
            with self._engine.begin() as connection:
                yield connection
        except SQLAlchemyError as error:
            raise StoreError(f"the database did not answer: {_first_line(error)}") from error


def _parse(url: str) -> sa.URL:
    try:
        return sa.make_url(url)
    except (SQLAlchemyError, ValueError) as error:  # neither repeats the address: it may hold a password
        expected = "sqlite:///FILE or postgresql+psycopg://USER@HOST/NAME"
        raise StoreError(f"the database address cannot be read: expected {expected}") from error


def _make_folder(address: sa.URL) -> None:
    if address.get_backend_name() == "sqlite" and address.database:
        Path(address.database).parent.mkdir(parents=True, exist_ok=True)


def _set_up_sqlite(connection: sqlite3.Connection, _: object) -> None:
    connection.execute("PRAGMA journal_mode=WAL")
    connection.execute("PRAGMA foreign_keys=ON")
    connection.execute("PRAGMA busy_timeout=5000")


def _shown(address: sa.URL) -> str:
    return address.difference_update_query(["password"]).render_as_string(hide_password=True)


def _first_line(error: BaseException) -> str:
    return str(getattr(error, "orig", None) or error).splitlines()[0]
