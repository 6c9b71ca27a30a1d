"""What each part of the retriever is worth: the shipped knowledge with one part taken away at a time.

    python benchmarks/ablation.py [QUESTIONS.jsonl]

Asked are the project's own questions, none of which the knowledge holds. Figures are per cent: the right
topic first and among three (of what a topic answers), AUROC of the confidence (in scope against out of
scope), and at the threshold that is learned: answered rightly, answered wrongly, and strangers answered.
"""

import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import replace
from pathlib import Path
from unittest.mock import patch

from retrieval import share
from sklearn.metrics import roc_auc_score

from chatbot import Knowledge
from chatbot.evaluation import read_questions
from chatbot.features import DIGESTS, FEATURES, word_digests, word_features
from chatbot.fitting import build_with_trials
from chatbot.judgement import Judge
from chatbot.lexicon import Shares
from chatbot.model import Asked
from chatbot.thesaurus import Thesaurus

QUESTIONS = Path(__file__).resolve().parent.parent / "tests" / "data" / "questions.jsonl"
COLUMNS = ("first", "in three", "AUROC", "right", "wrong", "strangers answered")
SHIPPED = Knowledge.load()


@contextmanager
def without_terms() -> Iterator[None]:
    """Leave it out of the evidence which terms of a message the entries know, pairs of words among them."""
    with patch("chatbot.terms.Terms.shares", lambda *_: Shares(0.0, 0.0)):
        yield


@contextmanager
def without_edges() -> Iterator[None]:
    """Have the words' vectors know nothing of how a message begins and ends."""
    with patch.dict(FEATURES, {"framed": word_features}), patch.dict(DIGESTS, {"framed": word_digests}):
        yield


# A part is taken away by a patch of the code while the index is built and asked, or from the knowledge.
Part = tuple[Callable[[], AbstractContextManager[object]], Knowledge]
PARTS: dict[str, Part] = {
    "nothing: as shipped": (nullcontext, SHIPPED),
    "questions that were asked": (nullcontext, replace(SHIPPED, asked=())),
    "of those, the ones nothing answers": (
        nullcontext,
        replace(SHIPPED, asked=tuple(a for a in SHIPPED.asked if a.topics)),
    ),
    "profiles of scores": (lambda: patch("chatbot.ridge.PRESUMED", 1e9), SHIPPED),
    "known terms as evidence": (without_terms, SHIPPED),
    "edges of the message": (without_edges, SHIPPED),
    "characters": (lambda: patch("chatbot.solving.WORD_SHARE", 1.0), SHIPPED),
    "words and pairs": (lambda: patch("chatbot.solving.WORD_SHARE", 0.0), SHIPPED),
    "sentences of the answers": (
        lambda: patch("chatbot.fitting._own_sentences", lambda *_: []),
        SHIPPED,
    ),
    "synonyms": (nullcontext, replace(SHIPPED, thesaurus=Thesaurus())),
    "background questions": (nullcontext, replace(SHIPPED, background=())),
}


def figures(part: Part, questions: Sequence[Asked]) -> list[float]:
    """Build without the part, ask everything, and count."""
    context, knowledge = part
    with context():
        index, trials = build_with_trials(knowledge)
        ranked = [index.rank(q.question) for q in questions]
        judge = Judge.learn(trials)
    best = [[index.ids[i] for i in r.order[:3]] for r in ranked]
    confidence = [judge.confidence(r.evidence) for r in ranked]
    rows = list(zip(questions, best, confidence, strict=True))
    known = [row for row in rows if row[0].topics]
    strangers = [row for row in rows if not row[0].topics]
    return [
        share(found[0] in q.topics for q, found, _ in known),
        share(not set(found).isdisjoint(q.topics) for q, found, _ in known),
        100 * float(roc_auc_score([bool(q.topics) for q in questions], confidence)),
        share(found[0] in q.topics and sure >= judge.answer_at for q, found, sure in known),
        share(found[0] not in q.topics and sure >= judge.answer_at for q, found, sure in known),
        share(sure >= judge.answer_at for _, _, sure in strangers),
    ]


def main() -> None:
    """Print a row for each part."""
    path = Path(sys.argv[1]) if len(sys.argv) > 1 else QUESTIONS
    questions = read_questions(path, SHIPPED)
    print("| taken away | " + " | ".join(COLUMNS) + " |\n|---" + "|---" * len(COLUMNS) + "|")
    for name, part in PARTS.items():
        print(f"| {name} | " + " | ".join(f"{f:.1f}" for f in figures(part, questions)) + " |", flush=True)


if __name__ == "__main__":
    main()
