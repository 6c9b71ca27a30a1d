"""The tables' version: made where there are none, migrated where they are older, refused where newer.

A new database gets today's tables at once; a test holds them against what the migrations make.
"""

from pathlib import Path

import sqlalchemy as sa

from chatbot.errors import StoreError
from chatbot.store import soundness
from chatbot.store.file import APPLICATION
from chatbot.store.tables import meta, tables

HEAD = "0003"  # the newest file in migrations/versions
_VERSION = sa.Table(
    "alembic_version", sa.MetaData(), sa.Column("version_num", sa.String(32), primary_key=True)
)
_FIRST = {"feedback", "switches"}  # of the databases that were made before versions were written down
_FOLDER = Path(__file__).parent / "migrations"
_LOCK_NUMBER = 6_150_733  # of PostgreSQL's advisory lock: two servers that start together migrate once


def bring_up_to_date(engine: sa.Engine) -> tuple[str, str]:
    """Give the database today's tables; returns (version before, version now), "" for none.

    Raises StoreError where the database is a newer program's, or somebody else's.
    """
    with engine.connect() as connection:
        before = version(connection)
    if before == HEAD:
        return before, HEAD
    with engine.execution_options(writes=True).begin() as connection:
        if connection.dialect.name == "postgresql":
            connection.execute(sa.select(sa.func.pg_advisory_xact_lock(_LOCK_NUMBER)))
        before = version(connection)
        if before == HEAD:
            return before, HEAD
        standing = set(sa.inspect(connection).get_table_names())
        if not standing:
            _make(connection)
        elif before or standing >= _FIRST:
            _migrate(connection, before)
        else:
            raise StoreError(
                f"the database is another program's: it has the table {min(standing)!r}; name one of its own"
            )
        _mark(connection)
        return before, HEAD


def _mark(connection: sa.Connection) -> None:
    """Write into SQLite's file whose it is."""
    if connection.dialect.name == "sqlite":
        connection.exec_driver_sql(f"PRAGMA application_id={APPLICATION}")


def version(connection: sa.Connection) -> str:
    """The version of the tables; "" where none is written down."""
    if not sa.inspect(connection).has_table(_VERSION.name):
        return ""
    return connection.execute(sa.select(_VERSION.c.version_num)).scalar() or ""


def _make(connection: sa.Connection) -> None:
    tables.create_all(connection)
    connection.execute(meta.insert(), [{"name": name, "value": 0} for name in ("revision", soundness.TOTAL)])
    _VERSION.create(connection)
    connection.execute(_VERSION.insert().values(version_num=HEAD))


def _migrate(connection: sa.Connection, before: str) -> None:
    """Take the steps from the version `before` to today's, all of them or none (imports Alembic)."""
    from alembic import command
    from alembic.config import Config

    config = Config(attributes={"connection": connection})
    config.set_main_option("script_location", str(_FOLDER).replace("%", "%%"))
    config.set_main_option("path_separator", "os")
    known = {path.name.partition("_")[0] for path in (_FOLDER / "versions").glob("0*.py")}
    if before and before not in known:
        raise StoreError(
            f"the database was made by a newer version of this program ({before}, known up to {HEAD}):"
            " install that version, or restore an older backup"
        )
    command.upgrade(config, "head")
