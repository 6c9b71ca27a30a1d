"""The database underneath: opened, brought up to date, read in parallel and written in order.

SQLite has one writer: a thread that takes what is waiting, commits it together and tells each caller
afterwards, so that an acknowledged write is on the disk. (Measured with 50 waiting callers: fair, and 24,000
durable commits a second; 50 connections of their own wait up to 4 s, and several that write or checkpoint
at once can damage the file before SQLite 3.51.3.) PostgreSQL is written from the calling thread.
"""

import sqlite3
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any, TypeVar
from weakref import WeakValueDictionary

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert as postgres_insert
from sqlalchemy.dialects.sqlite import insert as sqlite_insert
from sqlalchemy.exc import InterfaceError, OperationalError, SQLAlchemyError
from sqlalchemy.exc import TimeoutError as NoConnectionError

from chatbot.errors import AwayError, DamageError, FullError, StoreError
from chatbot.store import file, schema
from chatbot.store.lock import FileLock
from chatbot.store.patience import engine_of
from chatbot.store.writer import Writer

_AWAY = (OperationalError, InterfaceError, NoConnectionError)
Result = TypeVar("Result")
Write = Callable[[sa.Connection], Result]
_pools: WeakValueDictionary[sa.URL, sa.Engine] = WeakValueDictionary()


class Database:
    """A database that is open. Safe to share between threads."""

    def __init__(self, engine: sa.Engine, lock: FileLock | None = None, *, schema_name: str = "") -> None:
        """Use `engine`; `open` makes one from an address. `lock` is given back by `close`.

        Of those with a `schema_name` there may be hundreds in this process: none may keep a connection.
        """
        self.schema_name, self.is_one_of_many = schema_name, bool(schema_name)
        self.engine, self._lock = engine, lock
        self.name = _shown(engine.url)
        self.trouble = ""  # why the last write was not taken, in words that name no file
        self.is_sqlite = engine.dialect.name == "sqlite"
        self._writer = Writer(engine) if self.is_sqlite else None

    @classmethod
    def open(cls, url: str, *, is_server: bool = False) -> "Database":
        """Connect, and make or update the tables. Raises StoreError.

        `is_server` keeps a SQLite file for this process: a second server is refused. `?schema=NAME` behind a
        PostgreSQL address means the tables of that schema alone, which is made where there is none.
        """
        address, schema_name = _parse(url)
        with ExitStack() as given_back:
            try:
                _make_folder(address)
                lock = _lock(address) if is_server else None
                if lock:
                    given_back.callback(lock.release)
                _make_file(address)
                engine = _engine(address, checkpoints=lock is not None)
                if schema_name:
                    engine = _inside(engine, schema_name)
                given_back.callback(engine.dispose)
                schema.bring_up_to_date(engine)
            except (SQLAlchemyError, OSError, ImportError, sqlite3.Error) as error:
                if file.tells_damage(error):
                    raise DamageError(_shown(address), _first_line(error)) from error
                fact = f"the database {_shown(address)} cannot be opened: {_first_line(error)}"
                raise StoreError(fact + _cure(address, error)) from error
            given_back.pop_all()
        return cls(engine, lock, schema_name=schema_name)

    @contextmanager
    def read(self) -> Iterator[sa.Connection]:
        """A connection that sees one state of the database throughout. Raises StoreError."""
        with self.translated(), self.engine.begin() as connection:
            yield connection

    @contextmanager
    def snapshot(self) -> Iterator[sa.Connection]:
        """`read`, where even a long look sees one state: SQLite's always does, PostgreSQL is told to."""
        isolated = {} if self.is_sqlite else {"isolation_level": "REPEATABLE READ"}
        with self.translated(), self.engine.execution_options(**isolated).begin() as connection:
            yield connection

    def write(self, change: Write[Result]) -> Result:
        """Run `change` in a transaction, and return once it is kept. Raises StoreError.

        What `change` itself raises comes out as it is, with nothing written.
        """
        try:
            with self.translated():
                result = self._writer.run(change) if self._writer else self._run(change)
        except FullError as error:
            self.trouble = str(error)
            raise
        self.trouble = ""
        return result

    @property
    def waiting(self) -> int:
        """How many writes wait for their turn; none where several may write at once."""
        return self._writer.waiting if self._writer else 0

    def _run(self, change: Write[Result]) -> Result:
        with self.engine.begin() as connection:
            return change(connection)

    def check(self) -> None:
        """Raise DamageError where SQLite finds its file damaged; it does not find all damage."""
        if not self.is_sqlite:
            return
        with self.read() as connection:
            fact = str(connection.exec_driver_sql("PRAGMA quick_check(1)").scalar())
        if fact != "ok":
            raise DamageError(self.name, fact.splitlines()[-1])

    @contextmanager
    def translated(self) -> Iterator[None]:
        """Turn the library's errors into one line of ours."""
        try:
            yield
        except SQLAlchemyError as error:
            if self.is_sqlite and file.tells_damage(error):
                raise DamageError(self.name, _first_line(error)) from error
            if self.is_sqlite and file.tells_full(error):
                raise FullError(
                    f"the disk does not take what was to be saved: {_first_line(error)}"
                ) from error
            kind = AwayError if isinstance(error, _AWAY) else StoreError
            raise kind(f"the database did not answer: {_first_line(error)}") from error

    def close(self) -> None:
        """Finish what is being written and give all connections back."""
        if self._writer:
            self._writer.stop()
        self.engine.dispose()
        if self._lock:
            self._lock.release()


def upsert(
    connection: sa.Connection,
    table: sa.Table,
    row: dict[str, Any],
    *,
    adding: str = "",
    keeping: Sequence[str] = (),
) -> None:
    """Insert a row, or update the one with its primary key, but for the columns in `keeping`.

    The column `adding` is added up instead.
    """
    keys = [c.name for c in table.primary_key]
    insert = sqlite_insert if connection.dialect.name == "sqlite" else postgres_insert
    statement: Any = insert(table).values(row)
    changed = {k: statement.excluded[k] for k in row if k not in (*keys, *keeping)}
    if adding:
        changed[adding] = table.c[adding] + statement.excluded[adding]
    connection.execute(statement.on_conflict_do_update(index_elements=keys, set_=changed))


def _engine(address: sa.URL, *, checkpoints: bool) -> sa.Engine:
    if address.get_backend_name() != "sqlite":
        # One pool for all that this process does there, whichever schema it is in.
        engine = _pools.get(address) or engine_of(address)
        _pools[address] = engine
        return engine
    engine = sa.create_engine(address, pool_pre_ping=True)
    sa.event.listen(engine, "connect", _sqlite_with(checkpoints=checkpoints))
    sa.event.listen(engine, "begin", _begin_sqlite)
    return engine


def _inside(engine: sa.Engine, schema_name: str) -> sa.Engine:
    """The same database, seen from one schema: a transaction finds that one's tables and no others."""
    quoted = engine.dialect.identifier_preparer.quote_identifier(schema_name)
    is_there = sa.text("SELECT count(*) FROM pg_namespace WHERE nspname = :name")
    with engine.begin() as connection:
        if not connection.execute(is_there, {"name": schema_name}).scalar():
            connection.exec_driver_sql(f"CREATE SCHEMA IF NOT EXISTS {quoted}")
    inside = engine.execution_options()
    sa.event.listen(inside, "begin", lambda c: c.exec_driver_sql(f"SET LOCAL search_path TO {quoted}"))
    return inside


def drop_schema(url: str) -> None:
    """Drop the schema that a PostgreSQL address names, with all in it. Raises StoreError."""
    address, schema_name = _parse(url)
    database = Database(_engine(address, checkpoints=False))
    quoted = database.engine.dialect.identifier_preparer.quote_identifier(schema_name)
    with database.read() as connection:
        connection.exec_driver_sql(f"DROP SCHEMA IF EXISTS {quoted} CASCADE")


def _parse(url: str) -> tuple[sa.URL, str]:
    """The address, and the schema that it names, "" for none."""
    try:
        address = sa.make_url(url)
        if address.get_backend_name() == "sqlite":
            return address, ""
        return address.difference_update_query(["schema"]), str(address.query.get("schema", ""))
    except (SQLAlchemyError, ValueError) as error:  # neither repeats the address: it may hold a password
        expected = "sqlite:///FILE or postgresql+psycopg://USER@HOST/NAME"
        raise StoreError(f"the database address cannot be read: expected {expected}") from error


def _make_folder(address: sa.URL) -> None:
    if address.get_backend_name() == "sqlite" and address.database:
        Path(address.database).parent.mkdir(parents=True, exist_ok=True)


def _make_file(address: sa.URL) -> None:
    """Make SQLite's file where there is none, and take no other for ours."""
    if address.get_backend_name() != "sqlite" or address.database in (None, "", ":memory:") or address.query:
        return
    path = Path(str(address.database))
    if path.exists():
        file.refuse_foreign(path)
    else:
        file.make(path, lambda part: _fill(address.set(database=str(part))))


def _fill(address: sa.URL) -> None:
    engine = _engine(address, checkpoints=True)
    try:
        schema.bring_up_to_date(engine)
    finally:
        engine.dispose()


def _lock(address: sa.URL) -> FileLock | None:
    if address.get_backend_name() != "sqlite" or not address.database:
        return None
    lock = FileLock(Path(address.database + ".lock"))
    if not lock.take():
        raise StoreError(
            f"the database {_shown(address)} is in use by another server: SQLite is for one process; stop it,"
            " or set CHATBOT_DATABASE_URL to postgresql+psycopg://USER@HOST/NAME to run several"
        )
    return lock


def _sqlite_with(*, checkpoints: bool) -> Callable[[sqlite3.Connection, object], None]:
    """Set a connection up. Beside a running server nobody else moves the log into the file."""

    def set_up(connection: sqlite3.Connection, _: object) -> None:
        connection.isolation_level = None  # transactions begin where `_begin_sqlite` says so
        connection.execute("PRAGMA busy_timeout=5000")
        connection.execute("PRAGMA journal_mode=WAL")
        connection.execute("PRAGMA synchronous=FULL")
        connection.execute("PRAGMA foreign_keys=ON")
        connection.execute(f"PRAGMA wal_autocheckpoint={1000 if checkpoints else 0}")

    return set_up


def _begin_sqlite(connection: sa.Connection) -> None:
    writes = connection.get_execution_options().get("writes")
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")


def _shown(address: sa.URL) -> str:
    return address.difference_update_query(["password"]).render_as_string(hide_password=True)


def _cure(address: sa.URL, error: BaseException) -> str:
    if address.get_backend_name() != "sqlite" or not file.tells_read_only(error):
        return ""
    folder = Path(str(address.database)).parent
    return f"; make {folder} writable for the account that runs this, or set CHATBOT_DATA_DIR"


def _first_line(error: BaseException) -> str:
    return str(getattr(error, "orig", None) or error).splitlines()[0]
