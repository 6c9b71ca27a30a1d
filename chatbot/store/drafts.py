"""What somebody is writing: one draft for each person and thing, saved as often as they like."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

import sqlalchemy as sa

from chatbot.records import Draft
from chatbot.store.database import Database
from chatbot.store.tables import drafts


class Drafts:
    """The drafts of a database."""

    def __init__(self, database: Database) -> None:
        """Read and write `database`."""
        self._database = database

    def save(self, by: str, kind: str, key: str, body: Mapping[str, Any], *, based_on: int) -> None:
        """Keep a draft in place of an earlier one. `based_on` is the thing's version when it was begun."""
        row = {"based_on": based_on, "body": dict(body), "at": datetime.now(UTC)}

        def change(connection: sa.Connection) -> None:
            connection.execute(drafts.delete().where(_is(by, kind, key)))
            connection.execute(drafts.insert().values(by=by, kind=kind, key=key, **row))

        self._database.write(change)

    def find(self, by: str, kind: str, key: str) -> Draft | None:
        """Somebody's draft of a thing."""
        return next(iter(self._select(_is(by, kind, key))), None)

    def all(self, by: str | None = None) -> tuple[Draft, ...]:
        """Everybody's drafts, or one person's, the latest first."""
        return self._select(sa.true() if by is None else drafts.c.by == by)

    def drop(self, by: str, kind: str, key: str) -> None:
        """Forget a draft."""
        self._database.write(lambda c: c.execute(drafts.delete().where(_is(by, kind, key))))

    def _select(self, condition: sa.ColumnElement[bool]) -> tuple[Draft, ...]:
        columns = [c for c in drafts.c if c.name != "id"]
        query = sa.select(*columns).where(condition).order_by(drafts.c.at.desc(), drafts.c.id)
        with self._database.read() as connection:
            return tuple(Draft(**row) for row in connection.execute(query).mappings())


def _is(by: str, kind: str, key: str) -> sa.ColumnElement[bool]:
    return sa.and_(drafts.c.by == by, drafts.c.kind == kind, drafts.c.key == key)
