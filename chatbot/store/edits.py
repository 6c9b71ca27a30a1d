"""What staff changed over the files: append-only, numbered by revision, locked optimistically."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from itertools import pairwise
from typing import Any

import sqlalchemy as sa

from chatbot.errors import ConflictError, DamageError, StoreError
from chatbot.records import Change, Edit
from chatbot.store import news, soundness
from chatbot.store.database import Database
from chatbot.store.tables import edits, meta

MAX_WHY = 500
_BATCH = 500


class Edits:
    """The edits of a database. An entry's *version* is the id of its newest edit, 0 where there is none."""

    def __init__(self, database: Database) -> None:
        """Read and write `database`. What is put into `listeners` is called after each save from here."""
        self._database = database
        self.listeners: list[Callable[[], None]] = []

    def revision(self) -> int:
        """How many saves there were: whoever built from another number is out of date."""
        with self._database.read() as connection:
            return _revision(connection)

    def layer(self) -> tuple[int, tuple[Edit, ...]]:
        """The revision, and the newest edit of each thing that was ever edited, oldest first.

        Raises DamageError unless all that was ever saved is there, and these are as they were saved.
        """
        with self._reading() as connection:
            revision, numbers = _revision(connection), self._newest_numbers(connection)
            found: tuple[Edit, ...] = ()
            for start in range(0, len(numbers), _BATCH):
                query = edits.select().where(edits.c.id.in_(numbers[start : start + _BATCH]))
                found += self._edits(connection, query.order_by(edits.c.id))
        if len(found) != len(numbers):
            raise DamageError(self._database.name, "an edit is missing")
        return revision, found

    def check(self) -> None:
        """Raise DamageError unless every edit there ever was is as it was saved."""
        with self._reading() as connection:
            self._newest_numbers(connection)
            for row in connection.execute(edits.select().order_by(edits.c.id)).mappings():
                soundness.check(row, self._database.name)

    def newest(self, kind: str, key: str) -> Edit | None:
        """The newest edit of one thing; None where the files alone speak of it."""
        with self._reading() as connection:
            return self._newest(connection, kind, key)

    def history(self, kind: str | None = None, key: str | None = None, limit: int = 200) -> tuple[Edit, ...]:
        """The edits, newest first: of everything, of one kind, or of one thing."""
        query = edits.select().order_by(edits.c.id.desc()).limit(limit)
        if kind is not None:
            query = query.where(edits.c.kind == kind)
        if key is not None:
            query = query.where(edits.c.key == key)
        with self._reading() as connection:
            return self._edits(connection, query)

    def of(self, revision: int) -> tuple[Edit, ...]:
        """The edits of one save, in order; none where there is no such save."""
        query = edits.select().where(edits.c.revision == revision).order_by(edits.c.id)
        with self._reading() as connection:
            return self._edits(connection, query)

    def save(self, changes: Sequence[Change], *, by: str, why: str = "", undoes: int | None = None) -> int:
        """Keep changes, all or none, as one save; returns its revision.

        Raises ConflictError where a thing was edited since the version that a change is based on.
        """
        if not changes:
            raise StoreError("there is nothing to save: no change was given")
        if not by.strip():
            raise StoreError("a save needs the name of who makes it")
        about = {"at": datetime.now(UTC), "by": by, "why": why[:MAX_WHY], "undoes": undoes}
        revision = self._database.write(lambda connection: self._save(connection, changes, about))
        for listener in self.listeners:
            listener()
        return revision

    def undoing(self, revision: int) -> tuple[Change, ...]:
        """The changes that would take one save back. Saving them conflicts where a later edit is on top.

        Raises StoreError where there is no such save.
        """
        with self._reading() as connection:
            query = edits.select().where(edits.c.revision == revision).order_by(edits.c.id)
            made = self._edits(connection, query)
            if not made:
                raise StoreError(f"there is no revision {revision}: see the history")
            return tuple(Change(e.kind, e.key, _body_before(connection, e), e.id) for e in made)

    @contextmanager
    def _reading(self) -> Iterator[sa.Connection]:
        """A connection; a value that is none of its column's kind is damage."""
        with self._database.read() as connection:
            try:
                yield connection
            except (ValueError, TypeError, OverflowError) as error:
                raise DamageError(self._database.name, "an edit cannot be read") from error

    def _save(self, connection: sa.Connection, changes: Sequence[Change], about: dict[str, Any]) -> int:
        """Check and insert all at once: ten thousand topics of an import are one save, too."""
        revision = _next_revision(connection)
        versions = _versions(connection, changes)
        for change in changes:
            # A thing that is changed twice in one save is based on nothing the second time.
            if versions.pop((change.kind, change.key), None) != change.based_on:
                raise ConflictError(change, self._newest(connection, change.kind, change.key))
        about = {"revision": revision, **about}
        rows = [{"kind": c.kind, "key": c.key, "body": c.body, **about} for c in changes]
        rows = [{**row, "digest": soundness.digest(row)} for row in rows]
        connection.execute(edits.insert(), rows)
        _add_to_total(connection, [str(row["digest"]) for row in rows])
        news.tell(connection)
        return revision

    def _newest_numbers(self, connection: sa.Connection) -> list[int]:
        """The ids of the newest edits, read off the table itself: an index may be damaged, too."""
        columns = (edits.c.id, edits.c.kind, edits.c.key, edits.c.revision, edits.c.digest)
        rows = connection.execute(sa.select(*columns).order_by(edits.c.id)).all()
        kept = connection.execute(sa.select(meta.c.value).where(meta.c.name == soundness.TOTAL)).scalar()
        if kept != soundness.total(row.digest for row in rows):
            raise DamageError(self._database.name, "edits are missing, or not as they were saved")
        if any(one.revision > next_one.revision for one, next_one in pairwise(rows)):
            raise DamageError(self._database.name, "edits are not in their order")
        return sorted({(row.kind, row.key): row.id for row in rows}.values())

    def _newest(self, connection: sa.Connection, kind: str, key: str) -> Edit | None:
        query = edits.select().where(edits.c.kind == kind, edits.c.key == key)
        found = self._edits(connection, query.order_by(edits.c.id.desc()).limit(1))
        return found[0] if found else None

    def _edits(self, connection: sa.Connection, query: sa.Select[Any]) -> tuple[Edit, ...]:
        """Edits, each as it was saved: what is damaged is shown to nobody."""
        rows = connection.execute(query).mappings().all()
        for row in rows:
            soundness.check(row, self._database.name)
        return tuple(Edit(**{k: v for k, v in row.items() if k != "digest"}) for row in rows)


def _add_to_total(connection: sa.Connection, digests: list[str]) -> None:
    """Count new edits in. The row of the revision is held meanwhile: nobody else is here."""
    is_total = meta.c.name == soundness.TOTAL
    before = connection.execute(sa.select(meta.c.value).where(is_total)).scalar()
    if before is None:
        raise StoreError("the database has lost count of its edits: restore a backup")
    now = soundness.total(digests, before)
    connection.execute(meta.update().where(is_total).values(value=now))


def _versions(connection: sa.Connection, changes: Sequence[Change]) -> dict[tuple[str, str], int]:
    """The version of each thing that is to be changed, 0 where it was never edited."""
    query = sa.select(edits.c.kind, edits.c.key, sa.func.max(edits.c.id)).group_by(edits.c.kind, edits.c.key)
    query = query.where(edits.c.kind.in_({change.kind for change in changes}))
    if len(changes) == 1:
        query = query.where(edits.c.key == changes[0].key)
    newest = {(kind, key): version for kind, key, version in connection.execute(query)}
    return {(c.kind, c.key): newest.get((c.kind, c.key), 0) for c in changes}


def _next_revision(connection: sa.Connection) -> int:
    """Count the save. Its row is held until the commit, so that saves stand in line on any database."""
    counted = (
        meta.update().where(meta.c.name == "revision").values(value=meta.c.value + 1).returning(meta.c.value)
    )
    revision = connection.execute(counted).scalar()
    if revision is None:
        raise StoreError("the database has lost count of its revisions: restore a backup")
    return int(revision)


def _revision(connection: sa.Connection) -> int:
    return connection.execute(sa.select(meta.c.value).where(meta.c.name == "revision")).scalar() or 0


def _body_before(connection: sa.Connection, edit: Edit) -> Any:
    query = sa.select(edits.c.body).where(
        edits.c.kind == edit.kind, edits.c.key == edit.key, edits.c.id < edit.id
    )
    return connection.execute(query.order_by(edits.c.id.desc()).limit(1)).scalar()
