"""Accounts and sessions as rows; what they mean is `chatbot.accounts`' to know."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from chatbot.store.database import Database
from chatbot.store.tables import sessions, staff

Row = Mapping[str, Any]


class People:
    """The accounts of a database, and the sessions that hold."""

    def __init__(self, database: Database) -> None:
        """Read and write `database`."""
        self._database = database

    def all(self) -> tuple[Row, ...]:
        """Every account, by name."""
        with self._database.read() as connection:
            rows = connection.execute(sa.select(staff).order_by(staff.c.name)).mappings()
            return tuple(dict(row) for row in rows)

    def find(self, name: str) -> Row | None:
        """The account of a name."""
        return self._first(sa.select(staff).where(staff.c.name == name))

    def add(self, row: Row) -> bool:
        """Keep a new account; False where the name is taken."""

        def change(connection: sa.Connection) -> bool:
            if connection.execute(sa.select(staff.c.id).where(staff.c.name == row["name"])).first():
                return False
            connection.execute(staff.insert().values(**row))
            return True

        return self._database.write(change)

    def change(self, staff_id: int, **values: Any) -> None:
        """Change an account."""
        self._database.write(
            lambda c: c.execute(staff.update().where(staff.c.id == staff_id).values(**values))
        )

    def take_step(self, staff_id: int, step: int) -> bool:
        """Note that the code of a half minute was used; False where it, or a later one, was before."""
        is_new = sa.or_(staff.c.totp_last.is_(None), staff.c.totp_last < step)
        used = staff.update().where(staff.c.id == staff_id, is_new).values(totp_last=step)
        return self._database.write(lambda c: bool(c.execute(used).rowcount))

    def take_recovery_code(self, staff_id: int, digest: str) -> bool:
        """Strike a recovery code off; False where there is no such code."""

        def change(connection: sa.Connection) -> bool:
            # Locked, where the database knows how, so that of two requests only the first finds the code.
            mine = sa.select(staff.c.recovery_codes).where(staff.c.id == staff_id).with_for_update()
            codes = list(connection.execute(mine).scalar() or ())
            if digest not in codes:
                return False
            codes.remove(digest)
            connection.execute(staff.update().where(staff.c.id == staff_id).values(recovery_codes=codes))
            return True

        return self._database.write(change)

    def begin(self, row: Row) -> None:
        """Keep a new session."""
        self._database.write(lambda c: c.execute(sessions.insert().values(**row)))

    def session(self, token: str) -> Row | None:
        """A session with its account; the session's own moments are `begun` and `seen`."""
        own = (sessions.c.csrf, sessions.c.seen, sessions.c.is_verified, sessions.c.created.label("begun"))
        joined = sessions.join(staff, staff.c.id == sessions.c.staff_id)
        return self._first(sa.select(staff, *own).select_from(joined).where(sessions.c.token == token))

    def touch(self, token: str, at: datetime) -> None:
        """Note that a session was used."""
        self._database.write(
            lambda c: c.execute(sessions.update().where(sessions.c.token == token).values(seen=at))
        )

    def end(self, token: str) -> None:
        """End one session."""
        self._database.write(lambda c: c.execute(sessions.delete().where(sessions.c.token == token)))

    def end_all(self, staff_id: int, but: str = "") -> None:
        """End all sessions of an account, one perhaps left out."""
        gone = sessions.delete().where(sessions.c.staff_id == staff_id, sessions.c.token != but)
        self._database.write(lambda c: c.execute(gone))

    def forget(self, *, seen_before: datetime, begun_before: datetime) -> None:
        """Drop the sessions that hold no longer."""
        gone = sessions.delete().where(
            sa.or_(sessions.c.seen < seen_before, sessions.c.created < begun_before)
        )
        self._database.write(lambda c: c.execute(gone))

    def _first(self, query: sa.Select[Any]) -> Row | None:
        with self._database.read() as connection:
            row = connection.execute(query).mappings().first()
            return None if row is None else dict(row)
