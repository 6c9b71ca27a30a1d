"""Dialogflow ES: the zip of an exported agent, with two files for each intent.

`intents/NAME.json` holds the responses, `intents/NAME_usersays_LANG.json` the training phrases, each in parts
where words are marked as an entity; older agents keep the phrases in the first file.
"""

import re
from collections.abc import Iterable, Mapping
from typing import Any
from zipfile import ZipFile

from chatbot.errors import FormatError
from chatbot.formats.archive import open_zip, pack, read_member
from chatbot.formats.encoding import decode
from chatbot.formats.records import Note, Row
from chatbot.formats.trees import dicts, dump_json, load_json, texts
from chatbot.formats.values import verbatim
from chatbot.model import Entry

_INTENT = re.compile(r"(?:.*/)?intents/(?P<name>[^/]+)\.json")
_SAYS = re.compile(r"(?P<name>.+)_usersays_(?P<language>[A-Za-z-]{2,8})")
_TEXT = ("0", "text")  # the type of a message that is text, in old and new exports
_MAX_INTENT = 5_000_000
_OURS = "clinic-faq-chatbot"  # as the agent's description: its answers are Markdown


def is_dialogflow(names: Iterable[str]) -> bool:
    """Whether an archive with these files is an exported agent."""
    return any(map(_INTENT.fullmatch, names))


def read_agent(data: bytes, name: str) -> tuple[tuple[Row, ...], tuple[Note, ...]]:
    """The agent's intents that have phrases and an answer, and notes of the others. Raises FormatError."""
    with open_zip(data, name) as archive:
        agent = _member(archive, "agent.json", name) if "agent.json" in archive.namelist() else {}
        ours = isinstance(agent, dict) and agent.get("description") == _OURS
        language = agent.get("language") if isinstance(agent, dict) else None
        named = {m["name"]: path for path in archive.namelist() if (m := _INTENT.fullmatch(path))}
        says = _says(named, str(language or "en"))
        rows, notes = list[Row](), list[Note]()
        for called, path in named.items():
            if _SAYS.fullmatch(called):
                continue
            intent = _member(archive, path, name)
            phrases = _member(archive, says[called], name) if called in says else None
            row, why = _row(path, intent, phrases, ours=ours)
            rows += [row] if row else []
            notes += [Note(path, why)] if why else []
    return tuple(rows), tuple(notes)


def _says(named: Mapping[str, str], language: str) -> dict[str, str]:
    """Which file holds the phrases of which intent: those in the agent's own language, else the first."""
    found: dict[str, str] = {}
    for called, path in named.items():
        match = _SAYS.fullmatch(called)
        if match and (match["name"] not in found or match["language"] == language):
            found[match["name"]] = path
    return found


def _member(archive: ZipFile, path: str, name: str) -> Any:
    if archive.getinfo(path).file_size > _MAX_INTENT:
        raise FormatError(f"{name}: {path!r} is larger than {_MAX_INTENT // 1_000_000} MB: export it again")
    return load_json(decode(read_member(archive, path, name), path)[0], name, path)


def _row(path: str, intent: Any, phrases: Any, *, ours: bool) -> tuple[Row | None, str]:
    """The intent's row, and what is to be noted of it."""
    if not isinstance(intent, dict):
        return None, "is no intent and is left out"
    if intent.get("fallbackIntent") is True:
        return None, "answers what was not understood and is left out: the bot has its own words for that"
    asked = [said for phrase in dicts(phrases or intent.get("userSays")) if (said := _phrase(phrase))]
    answers = _answers(intent)
    if not asked or not answers:
        return None, f"has no {'text to answer with' if asked else 'training phrase'} and is left out"
    answer = answers[0].strip() if ours else verbatim(answers[0])
    row = Row(path, str(intent.get("name", "")), asked[0], tuple(asked[1:]), answer)
    return row, f"has {len(answers)} answers: the first is taken" if len(answers) > 1 else ""


def _phrase(phrase: Mapping[str, Any]) -> str:
    parts = ("".join(texts(part.get("text"))[:1]) for part in dicts(phrase.get("data")))
    return "".join(parts).strip()


def _answers(intent: Mapping[str, Any]) -> list[str]:
    """The texts an intent may answer with: several messages are said one after the other, one of each."""
    messages = [m for r in dicts(intent.get("responses")) for m in dicts(r.get("messages"))]
    spoken = [s for m in messages if str(m.get("type")) in _TEXT and (s := texts(m.get("speech")))]
    if not spoken:
        return []
    first = "\n\n".join(s[0] for s in spoken if s[0].strip())
    return [t for t in (first, *(t for s in spoken for t in s[1:])) if t.strip()]


def write_agent(entries: Iterable[Entry]) -> bytes:
    """Entries as an agent that Dialogflow ES restores."""
    files = {
        "agent.json": dump_json(
            {"description": _OURS, "language": "en", "defaultTimezone": "America/New_York"}
        ),
        "package.json": dump_json({"version": "1.0.0"}),
    }
    for entry in entries:
        message = {"type": "0", "title": "", "textToSpeech": "", "lang": "en", "speech": [entry.answer]}
        response = {"resetContexts": False, "affectedContexts": [], "parameters": [], "messages": [message]}
        intent = {
            "name": entry.id, "auto": True, "contexts": [], "responses": [{**response, "speech": []}],
            "priority": 500000, "webhookUsed": False, "webhookForSlotFilling": False,
            "fallbackIntent": False, "events": [],
        }  # fmt: skip
        files[f"intents/{entry.id}.json"] = dump_json(intent, indent=2)
        files[f"intents/{entry.id}_usersays_en.json"] = dump_json(
            [
                {
                    "data": [{"text": asked, "userDefined": False}],
                    "isTemplate": False,
                    "count": 0,
                    "lang": "en",
                }
                for asked in (entry.question, *entry.phrasings)
            ],
            indent=2,
        )
    return pack(files)
