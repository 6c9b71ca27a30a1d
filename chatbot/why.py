"""Why the bot answered as it did, in words that a receptionist can use."""

from dataclasses import dataclass

from chatbot.dialogue import respond
from chatbot.engine import Engine
from chatbot.following import in_thread
from chatbot.model import Match, Reply, Thread
from chatbot.text import fold_message, stem


@dataclass(frozen=True, slots=True)
class Explanation:
    """The ranking of a message: `matches` best first, the reply it led to, and what was needed (0 to 100)."""

    message: str
    reply: Reply
    matches: tuple[Match, ...]
    needed: int

    def lines(self) -> tuple[str, ...]:
        """The explanation as sentences, one a line."""
        if self.reply.kind in ("crisis", "boundary"):
            return (f"This is a {self.reply.kind} reply: it comes before any search.",)
        if not self.matches:
            return ("Nothing in the knowledge comes near.",)
        best, *others = self.matches
        shared = ", ".join(f"“{t}”" for t in best.terms) or "no whole word"
        said = f"Nearest is {best.entry}: it shares {shared}, with the wording “{best.wording}”."
        got = round(100 * best.confidence)
        need = f"It got {got} of 100 and needed {self.needed} to be given as the answer."
        rest = [f"Next best was {m.entry} (“{m.wording}”)." for m in others[:2]]
        return (said, need, *rest, f"So the reply is: {self.reply.kind}.")


def explain(engine: Engine, thread: Thread, message: str, top: int = 10) -> Explanation:
    """Rank the message as the dialogue does, and say what it shares with each of the `top` entries."""
    heard = in_thread(engine, thread, fold_message(message))
    lexicon = engine.index.lexicon
    tokens = lexicon.read(heard.message)
    terms = {stem(t): t for t in tokens if not t.startswith("_")}
    matches = []
    for place in range(min(top, len(heard.ranked.order))):
        number = int(heard.ranked.order[place])
        wording = engine.index.nearest_row(number, tokens)
        if wording is None:
            continue
        shared = tuple(dict.fromkeys(terms[s] for s in map(stem, lexicon.read(wording.text)) if s in terms))
        confidence = heard.confidence if place == 0 else 0.0
        score = round(float(heard.ranked.scores[number]), 4)
        matches.append(Match(engine.index.ids[number], score, round(confidence, 3), wording.text, shared))
    # Made anew, not out of the ranking above: what comes before a search has no ranking to be told of.
    reply = respond(engine, thread, message).reply
    return Explanation(message, reply, tuple(matches), round(100 * engine.judge.answer_at))
