"""Home: what needs you today."""

from datetime import date

from flask import render_template

from chatbot import editing
from web.parts import parts
from web.staff import probes
from web.staff.door import desk, door, person
from web.staff.groups import key_of
from web.staff.proposals import name_of

_SHOWN = 3


@desk.get("")
def home() -> str:
    """Show what needs doing, most pressing first."""
    live, store = parts().live, parts().store
    bot = live.bot
    knowledge = bot.engine.knowledge
    groups = door().groups.now(live)
    today = date.today()
    broken = [p for p in store.probes.all() if not probes.passes(bot, p)[0]]
    waiting = [t for t in knowledge.topics if knowledge.missing_facts(t)]
    return render_template(
        "staff/home.html",
        groups=[(key_of(g.wordings[0]), g) for g in groups[:_SHOWN]],
        total=len(groups),
        drafts=[
            d for d in store.drafts.all(person().name) if d.kind == "topic" and not d.body.get("archived")
        ],
        expiring=[
            (t, bool(t.until and t.until < today.isoformat())) for t in editing.expiring(knowledge, today)
        ],
        broken=broken,
        unfilled=waiting,
        is_off=parts().switch.is_off(),
        problem=live.problem,
        trouble=parts().limiter.trouble,
        far=live.spread(),
        has_phone="phone" in bot.profile.facts,
        tests=len(store.probes.all()),
        latest=[(name_of(e), e) for e in store.edits.history(limit=5)],
        live_topics=len(bot.topics),
    )
