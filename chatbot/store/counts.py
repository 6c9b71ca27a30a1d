"""How often what happened on a day: numbers only, never a word of a visitor's."""

from collections.abc import Mapping
from datetime import date

import sqlalchemy as sa

from chatbot.records import Count
from chatbot.store.database import Database, upsert
from chatbot.store.tables import counts

WHOLE_DAY = -1
Place = tuple[date, int, str]  # day, hour (WHOLE_DAY where only the day is counted), name


class Counts:
    """The counters of a database."""

    def __init__(self, database: Database) -> None:
        """Read and write `database`."""
        self._database = database

    def add(self, more: Mapping[Place, int]) -> None:
        """Count: so many more at each place."""
        self._database.write(lambda c: add(c, more))

    def between(self, first: date, last: date) -> tuple[Count, ...]:
        """What was counted from one day to another, both included, in order of day, hour and name."""
        query = sa.select(counts).where(counts.c.day.between(first, last))
        with self._database.read() as connection:
            rows = connection.execute(query.order_by(counts.c.day, counts.c.hour, counts.c.name)).mappings()
            return tuple(Count(**row) for row in rows)


def add(connection: sa.Connection, more: Mapping[Place, int]) -> None:
    """Add to counters, in one order everywhere: servers that count at once must not lock each other up."""
    for day, hour, name in sorted(more):
        row = {"day": day, "hour": hour, "name": name, "count": more[day, hour, name]}
        upsert(connection, counts, row, adding="count")
