"""Staff's own tests: "when asked … must get …"."""

from datetime import UTC, datetime

import sqlalchemy as sa

from chatbot.records import Probe
from chatbot.store.database import Database
from chatbot.store.tables import probes


class Probes:
    """The tests of a database; each question has one."""

    def __init__(self, database: Database) -> None:
        """Read and write `database`."""
        self._database = database

    def all(self) -> tuple[Probe, ...]:
        """All tests, oldest first."""
        with self._database.read() as connection:
            rows = connection.execute(probes.select().order_by(probes.c.id)).mappings()
            return tuple(Probe(**row) for row in rows)

    def set(self, question: str, topic: str | None, *, by: str) -> int:
        """Demand a topic for a question (None: that nothing is answered); returns the test's id."""
        row = {"topic": topic, "by": by, "at": datetime.now(UTC)}

        def change(connection: sa.Connection) -> int:
            same = probes.c.question == question
            found = connection.execute(sa.select(probes.c.id).where(same)).scalar()
            if found is not None:
                connection.execute(probes.update().where(same).values(row))
                return int(found)
            made = probes.insert().values(question=question, **row).returning(probes.c.id)
            return int(connection.execute(made).scalar_one())

        return self._database.write(change)

    def remove(self, probe_id: int) -> bool:
        """Drop a test; whether there was one."""
        gone = probes.delete().where(probes.c.id == probe_id)
        return self._database.write(lambda c: bool(c.execute(gone).rowcount))
