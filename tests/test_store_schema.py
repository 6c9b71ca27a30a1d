"""The tables' version: new databases, older ones, newer ones, and those of other programs."""

import sqlite3
from collections.abc import Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext

from chatbot.errors import StoreError
from chatbot.store import Store, schema
from chatbot.store.tables import tables

FIRST = """
CREATE TABLE feedback (reply_id VARCHAR(250) NOT NULL, topic VARCHAR(200), helpful BOOLEAN NOT NULL,
                       comment VARCHAR(500), day DATE NOT NULL, PRIMARY KEY (reply_id));
CREATE TABLE switches (name VARCHAR(40) NOT NULL, is_on BOOLEAN NOT NULL, PRIMARY KEY (name));
INSERT INTO feedback VALUES ('r1', 'cost', 0, 'too vague', DATE '2026-11-20');
INSERT INTO switches VALUES ('off', 1);
"""


@pytest.fixture(params=["sqlite", "postgresql"])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path}/chatbot.db"
    return str(request.getfixturevalue("postgres_url"))


@pytest.fixture
def older(url: str) -> Iterator[sa.Engine]:
    """A database as the first version left it: ratings, the switch, and no word of its version."""
    script = FIRST if "postgres" in url else FIRST.replace("DATE '", "'")
    script = script.replace(", 0, 'too", ", false, 'too").replace("('off', 1)", "('off', true)")
    engine = sa.create_engine(url)
    with engine.begin() as connection:
        for statement in script.split(";")[:-1]:
            connection.execute(sa.text(statement))
    yield engine
    engine.dispose()


def test_the_newest_migration_is_the_version_that_the_program_knows() -> None:
    steps = sorted((Path(schema.__file__).parent / "migrations" / "versions").glob("0*.py"))
    assert steps[-1].name.partition("_")[0] == schema.HEAD


def test_an_older_database_keeps_what_it_holds(older: sa.Engine, url: str) -> None:
    store = Store.open(url)
    assert [(r["reply_id"], r["comment"]) for r in store.feedback()] == [("r1", "too vague")]
    assert store.is_off()
    assert store.edits.revision() == 0
    store.close()


def test_the_migrations_make_the_same_tables_as_a_new_database_has(older: sa.Engine, url: str) -> None:
    Store.open(url).close()
    with older.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        assert compare_metadata(context, tables) == []


def test_a_second_opening_changes_nothing(older: sa.Engine, url: str) -> None:
    assert schema.bring_up_to_date(older) == ("", schema.HEAD)
    assert schema.bring_up_to_date(older) == (schema.HEAD, schema.HEAD)


def test_a_newer_database_is_refused_with_the_cure(url: str) -> None:
    Store.open(url).close()
    engine = sa.create_engine(url)
    with engine.begin() as connection:
        connection.execute(sa.text("UPDATE alembic_version SET version_num = '9999'"))
    engine.dispose()
    with pytest.raises(StoreError, match=r"newer version of this program \(9999, known up to"):
        Store.open(url)


def test_another_programs_database_is_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "other.db"
    with sqlite3.connect(path) as connection:
        connection.execute("CREATE TABLE invoices (id INTEGER)")
    connection.close()
    with pytest.raises(StoreError, match="another program's: it has the table 'invoices'"):
        Store.open(f"sqlite:///{path}")
    with sqlite3.connect(path) as connection:
        assert [name for (name,) in connection.execute("SELECT name FROM sqlite_master")] == ["invoices"]
    connection.close()
