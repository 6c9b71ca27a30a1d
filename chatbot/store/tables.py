"""The tables, and how a moment is kept. Change them only together with a new migration (`migrations/`).

`edits` is append-only and holds what staff change over the files: topics, the bot's own lines, background
questions, the clinic's profile. All other tables hold what belongs to the desk or comes from visitors.
"""

from datetime import UTC, datetime
from typing import Any

import sqlalchemy as sa

tables = sa.MetaData(
    naming_convention={
        "ix": "ix_%(column_0_label)s",
        "uq": "uq_%(table_name)s_%(column_0_name)s",
        "fk": "fk_%(table_name)s_%(column_0_name)s",
        "pk": "pk_%(table_name)s",
    }
)


class Moment(sa.TypeDecorator[datetime]):
    """A moment, always aware and in UTC; SQLite alone would forget the zone."""

    impl = sa.DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Any) -> datetime | None:  # noqa: ARG002 - the library's
        """Bring to UTC what is written down."""
        return None if value is None else value.astimezone(UTC)

    def process_result_value(self, value: datetime | None, dialect: Any) -> datetime | None:  # noqa: ARG002 - the library's
        """Give the zone back to what was written down."""
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


# Numbers by name: `revision` counts the saves, so that a process knows whether its index is current.
meta = sa.Table(
    "meta",
    tables,
    sa.Column("name", sa.String(40), primary_key=True),
    sa.Column("value", sa.BigInteger, nullable=False),
)
switches = sa.Table(
    "switches",
    tables,
    sa.Column("name", sa.String(40), primary_key=True),
    sa.Column("is_on", sa.Boolean, nullable=False),
)
# One row for each thing that a save changed; the rows of one save share its revision. `body` is the whole
# thing as it is afterwards, null where the files alone speak again. `undoes` is the revision taken back.
# `digest` is of all the rest (see `chatbot.store.soundness`).
edits = sa.Table(
    "edits",
    tables,
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("revision", sa.BigInteger, nullable=False, index=True),
    sa.Column("kind", sa.String(20), nullable=False),
    sa.Column("key", sa.String(200), nullable=False),
    sa.Column("body", sa.JSON(none_as_null=True)),
    sa.Column("at", Moment, nullable=False),
    sa.Column("by", sa.String(100), nullable=False),
    sa.Column("why", sa.String(500), nullable=False),
    sa.Column("undoes", sa.BigInteger),
    sa.Column("digest", sa.String(64)),
    sa.Index("ix_edits_kind_key_id", "kind", "key", "id"),
    sqlite_autoincrement=True,
)
# What somebody is writing and has not published. `based_on` is the entry's version when it was begun.
drafts = sa.Table(
    "drafts",
    tables,
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("by", sa.String(100), nullable=False),
    sa.Column("kind", sa.String(20), nullable=False),
    sa.Column("key", sa.String(200), nullable=False),
    sa.Column("based_on", sa.Integer, nullable=False),
    sa.Column("body", sa.JSON, nullable=False),
    sa.Column("at", Moment, nullable=False),
    sa.UniqueConstraint("by", "kind", "key"),
)
# Staff's own tests: when `question` is asked, `topic` must be the answer; null: no topic may be.
probes = sa.Table(
    "probes",
    tables,
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("question", sa.String(1000), nullable=False, unique=True),
    sa.Column("topic", sa.String(200)),
    sa.Column("by", sa.String(100), nullable=False),
    sa.Column("at", Moment, nullable=False),
)
# What staff set on the desk, by name (launcher colour, allowed origins, the dial ...).
options = sa.Table(
    "options",
    tables,
    sa.Column("name", sa.String(40), primary_key=True),
    sa.Column("value", sa.JSON, nullable=False),
    sa.Column("by", sa.String(100), nullable=False),
    sa.Column("at", Moment, nullable=False),
)
# Files that were learned from a knowledge, in parts, for the processes that share a database.
learned = sa.Table(
    "learned",
    tables,
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("name", sa.String(100), nullable=False),
    sa.Column("part", sa.Integer, nullable=False),
    sa.Column("body", sa.LargeBinary, nullable=False),
    sa.UniqueConstraint("name", "part"),
)
# Written seven times as fast: not into PostgreSQL's log (after a crash it is empty, and learned anew), and
# not pressed together, which numbers hardly can be.
for _statement in (
    "ALTER TABLE learned SET UNLOGGED",
    "ALTER TABLE learned ALTER COLUMN body SET STORAGE EXTERNAL",
):
    _ddl = sa.DDL(_statement).execute_if(dialect="postgresql")  # type: ignore[no-untyped-call]
    sa.event.listen(learned, "after_create", _ddl)
# The processes that answer, each with the revision that it answers from and its last sign of life.
replicas = sa.Table(
    "replicas",
    tables,
    sa.Column("name", sa.String(40), primary_key=True),
    sa.Column("revision", sa.BigInteger, nullable=False),
    sa.Column("started", Moment, nullable=False),
    sa.Column("seen", Moment, nullable=False),
)

# --- what comes from visitors: redacted, with a day and nothing that tells who wrote -----------------------

feedback = sa.Table(
    "feedback",
    tables,
    sa.Column("reply_id", sa.String(250), primary_key=True),
    sa.Column("topic", sa.String(200)),
    sa.Column("helpful", sa.Boolean, nullable=False),
    sa.Column("comment", sa.String(500)),
    sa.Column("day", sa.Date, nullable=False),
)
# `reason`: no_answer, unsure, unhelpful, none_of_these, again (in other words, after an answer) or
# looking_for (a comment on what did not help); `topic` is what was answered, `rejected` what was offered and
# not taken; `is_again` marks a second try after a refusal.
inbox = sa.Table(
    "inbox",
    tables,
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("text", sa.String(1000), nullable=False),
    sa.Column("reason", sa.String(20), nullable=False),
    sa.Column("topic", sa.String(200)),
    sa.Column("confidence", sa.Float, nullable=False),
    sa.Column("rejected", sa.JSON, nullable=False),
    sa.Column("is_again", sa.Boolean, nullable=False),
    sa.Column("day", sa.Date, nullable=False, index=True),
)
# What staff decided about a group of messages, kept by its wordings: until when it is out of sight
# (null: for good), and whether it was dismissed, snoozed or answered.
decisions = sa.Table(
    "decisions",
    tables,
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("wording", sa.String(1000), nullable=False, unique=True),
    sa.Column("state", sa.String(20), nullable=False),
    sa.Column("until", sa.Date),
    sa.Column("by", sa.String(100), nullable=False),
    sa.Column("at", Moment, nullable=False),
)
# How often what happened on a day; `hour` is -1 where only the day is counted.
counts = sa.Table(
    "counts",
    tables,
    sa.Column("day", sa.Date, primary_key=True),
    sa.Column("hour", sa.SmallInteger, primary_key=True, autoincrement=False),
    sa.Column("name", sa.String(220), primary_key=True),
    sa.Column("count", sa.Integer, nullable=False),
)

# --- people ------------------------------------------------------------------------------------------------

staff = sa.Table(
    "staff",
    tables,
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("name", sa.String(100), nullable=False, unique=True),
    sa.Column("role", sa.String(20), nullable=False),
    sa.Column("password", sa.String(300), nullable=False),
    sa.Column("is_active", sa.Boolean, nullable=False),
    sa.Column("totp_secret", sa.String(200)),
    sa.Column("totp_last", sa.BigInteger),
    sa.Column("recovery_codes", sa.JSON, nullable=False),
    sa.Column("created", Moment, nullable=False),
    sa.Column("password_changed", Moment, nullable=False),
    sqlite_autoincrement=True,
)
# `token` is the digest of what the browser holds.
sessions = sa.Table(
    "sessions",
    tables,
    sa.Column("token", sa.String(64), primary_key=True),
    sa.Column("staff_id", sa.ForeignKey("staff.id", ondelete="CASCADE"), nullable=False, index=True),
    sa.Column("csrf", sa.String(64), nullable=False),
    sa.Column("created", Moment, nullable=False),
    sa.Column("seen", Moment, nullable=False),
    sa.Column("is_verified", sa.Boolean, nullable=False),
)
# Who did what on the desk; `subject` is what it was done to. Never a visitor's words.
audit = sa.Table(
    "audit",
    tables,
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("at", Moment, nullable=False, index=True),
    sa.Column("by", sa.String(100), nullable=False),
    sa.Column("action", sa.String(60), nullable=False),
    sa.Column("subject", sa.String(200), nullable=False),
    sa.Column("detail", sa.JSON, nullable=False),
)
