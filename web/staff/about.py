"""What this assistant does and keeps: one page for whoever answers for privacy, from the running settings."""

from datetime import date

from flask import render_template

from chatbot import ABSOLUTE, IDLE, MAX_REMEMBERED
from web.parts import parts
from web.staff.door import desk


@desk.get("/about")
def about() -> str:
    """Tell what is kept, where, for how long, and who can see it."""
    known, bot = parts().as_set.now(), parts().bot
    return render_template(
        "staff/about.html",
        known=known,
        today=date.today().isoformat(),
        database="PostgreSQL" if known.database_file is None else "one SQLite file on this server",
        topics=len(bot.topics),
        passages=len(bot.engine.knowledge.passages),
        kept_now=parts().store.inbox.count(),
        remembered=MAX_REMEMBERED,
        idle=int(IDLE.total_seconds() // 60),
        absolute=int(ABSOLUTE.total_seconds() // 3600),
    )
