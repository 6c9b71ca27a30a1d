"""Patience with PostgreSQL: a host that hangs, or a firewall that swallows what is sent, says nothing at all.

The system's timers notice a machine that no longer confirms what arrives, a limit in the server (such as its
`statement_timeout`) ends only what a server that lives is busy with. So the client looks at the clock itself
(`chatbot.store.driver`).
"""

from typing import Any

import sqlalchemy as sa

POOL_S = 5  # for a connection, where more are asked for than there are
_ARGUMENTS = {
    "connect_timeout": 2,  # the driver takes no less
    # A machine that is gone confirms nothing: the system drops what nobody has asked anything of, too.
    "keepalives_idle": 5,
    "keepalives_interval": 2,
    "keepalives_count": 3,
    "tcp_user_timeout": 10_000,
}


def engine_of(address: sa.URL) -> sa.Engine:
    """A pool of connections to PostgreSQL, none of which waits for ever."""
    engine = sa.create_engine(address, pool_pre_ping=True, pool_timeout=POOL_S, connect_args=_ARGUMENTS)
    if engine.dialect.driver == "psycopg":
        from chatbot.store.driver import Gate  # is not installed where SQLite will do

        gate = Gate()

        def connect(_dialect: object, _record: object, args: list[Any], more: dict[str, Any]) -> object:
            return gate.connect(*args, **more)

        sa.event.listen(engine, "do_connect", connect)
    return engine
