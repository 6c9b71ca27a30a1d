"""Rasa: intents with their examples and the responses that are named after them."""

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from chatbot.errors import FormatError
from chatbot.formats.records import Note, Row
from chatbot.formats.trees import dicts, dump_yaml, texts
from chatbot.model import Entry

_ENTITY = re.compile(r"\[([^\[\]]+)\](?:\([^()]*\)|\{[^{}]*\})")
_EXAMPLE = re.compile(r"^[ \t]*-[ \t]+(.*?)[ \t]*$", re.MULTILINE)
_SLOT = re.compile(r"\{(?!clinic\.)[A-Za-z_]\w*\}")
_PREFIX = "utter_"
_GROUP = "faq"


def is_rasa(value: Any) -> bool:
    """Whether a YAML value is training data or a domain."""
    return isinstance(value, dict) and bool({"nlu", "responses"} & value.keys())


def read_training_data(values: Sequence[Any], name: str) -> tuple[tuple[Row, ...], tuple[Note, ...]]:
    """The intents of these files that have a response, and notes of what was left out. Raises FormatError.

    The first example is the question, the others are its wordings; the first text of the response is the
    answer. Entities in examples are read as the words that they mark.
    """
    trees = [value for value in values if is_rasa(value)]
    if not trees:
        raise FormatError(f"{name} is no Rasa file: expected 'nlu:' with intents and 'responses:' in it")
    answers = {key: each for tree in trees for key, each in _mapping(tree.get("responses")).items()}
    rows, notes = [], []
    for intent in (intent for tree in trees for intent in dicts(tree.get("nlu"))):
        called = str(intent.get("intent", ""))
        if not called:
            continue
        said = [t for d in dicts(answers.get(_PREFIX + called)) for t in texts(d.get("text"))]
        if not said:
            notes.append(Note(f"intent {called}", f"has no text in {_PREFIX}{called} and is left out"))
            continue
        if len(said) > 1:
            notes.append(Note(f"intent {called}", f"has {len(said)} answers: the first is taken"))
        rows.append(_row(called, _examples(intent.get("examples")), said[0]))
    if not rows:
        raise FormatError(
            f"{name} has no intent with a response 'utter_…' of its name: give the files with 'nlu:' and "
            "with 'responses:' together"
        )
    return tuple(rows), tuple(notes)


def _mapping(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, dict) else {}


def _examples(value: Any) -> list[str]:
    """The examples of an intent: a block of lines with dashes, or a list of texts or of `text:` mappings."""
    if isinstance(value, str):
        said = _EXAMPLE.findall(value)
    else:
        listed = [t for d in dicts(value) for t in texts(d.get("text"))] or list(texts(value))
        said = [t.strip().removeprefix("- ") for t in listed]
    return [plain for s in said if (plain := _ENTITY.sub(r"\1", s).strip())]


def _row(called: str, asked: Sequence[str], answer: str) -> Row:
    group, _, key = called.rpartition("/")
    slot = _SLOT.search(answer)
    return Row(
        f"intent {called}",
        key,
        asked[0] if asked else "",
        tuple(asked[1:]),
        answer.strip(),
        fault=f"the answer holds {slot[0]}, which Rasa fills in: write the words themselves" if slot else "",
        group=None if group in ("", _GROUP) else group,
    )


def write_training_data(entries: Iterable[Entry]) -> bytes:
    """Entries as one file of intents and responses. Raises FormatError where an example would be misread."""
    kept = list(entries)
    asked = {entry.id: (entry.question, *entry.phrasings) for entry in kept}
    for called, examples in asked.items():
        odd = next((e for e in examples if _ENTITY.search(e)), None)
        if odd:
            raise FormatError(
                f"{called}: {odd!r} would be read as an entity in Rasa: write it without brackets"
            )
    return dump_yaml(
        {
            "version": "3.1",
            "nlu": [
                {"intent": f"{_GROUP}/{called}", "examples": "".join(f"- {e}\n" for e in examples)}
                for called, examples in asked.items()
            ],
            "responses": {f"{_PREFIX}{_GROUP}/{entry.id}": [{"text": entry.answer}] for entry in kept},
        }
    )
