"""The engine within one process: learning, answering, screening for danger, redacting."""

import statistics
import sys
from collections.abc import Sequence
from pathlib import Path

from timing import CHATBOT, ROOT, Figures, command_seconds, each, environment, seconds, spread

from chatbot import Bot, Settings, load_knowledge, redact
from chatbot.engine import Engine

ROUNDS = 3
PERSONAL = "I am Jane Roe, born 4/12/1986, call me at (555) 010-4477 or jane.roe@example.org about {}"


def building(data_dir: Path) -> Figures:
    """Learning the index: alone, and as the start of a process that has loaded nothing yet."""
    code = f"from chatbot import Bot, Knowledge; Bot(Knowledge.load({str(ROOT / 'knowledge')!r}))"
    whole = command_seconds([sys.executable, "-c", code], environment(data_dir), times=1)
    knowledge = load_knowledge(Settings(data_dir=data_dir))
    Engine.build(knowledge)  # loads scikit-learn
    return {
        "index_build_s": min(seconds(lambda: Engine.build(knowledge)) for _ in range(3)),
        "index_build_in_a_new_process_s": whole,
    }


def answering(bot: Bot, messages: Sequence[str]) -> Figures:
    """Replies: each message once as the first of its kind, then all of them again."""
    first = each(bot.reply, messages)
    again = [time for _ in range(ROUNDS) for time in each(bot.reply, messages)]
    return {
        **spread("reply_first_time", first),
        **spread("reply", again),
        "replies_per_second": 1 / statistics.fmean(again),
    }


def guarding(bot: Bot, messages: Sequence[str]) -> Figures:
    """What every message goes through before it is looked up, and what is kept of it."""
    guard = bot.engine.guard
    personal = [PERSONAL.format(message)[:1000] for message in messages]
    return {
        **spread("screening", each(lambda m: (guard.alarm(m), guard.boundary(m)), messages)),
        **spread("crisis_screening", each(guard.alarm, messages)),
        **spread("boundary_screening", each(guard.boundary, messages)),
        **spread("redaction", each(redact, messages)),
        **spread("redaction_of_personal_data", each(redact, personal)),
    }


def asking(data_dir: Path) -> Figures:
    """A question at the command line, the index kept from before, beside an interpreter that does nothing."""
    env = environment(data_dir)
    ask = [*CHATBOT, "ask", "how long does an iop last"]
    command_seconds(ask, env, times=1)  # leaves the index and the compiled files behind
    cold, nothing = command_seconds(ask, env), command_seconds([sys.executable, "-c", "pass"], env)
    return {"cold_ask_s": cold, "python_alone_s": nothing, "cold_ask_to_python_alone": cold / nothing}
