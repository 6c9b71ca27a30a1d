"""Topics as a file of any format that can be written."""

from collections.abc import Callable, Mapping, Sequence

from chatbot.errors import FormatError
from chatbot.formats import dialogflow, objects, qnabot, qnamaker, rasa, topics
from chatbot.formats.sheet import own_lines, write_text_sheet
from chatbot.formats.workbook import write_workbook
from chatbot.model import Entry, Format

_WRITERS: Mapping[str, Callable[[Sequence[Entry]], bytes]] = {
    "csv": lambda entries: write_text_sheet(own_lines(entries), ","),
    "tsv": lambda entries: write_text_sheet(own_lines(entries), "\t"),
    "xlsx": lambda entries: write_workbook(own_lines(entries)),
    "jsonl": objects.write_lines,
    "json": objects.write_list,
    "markdown": topics.write_topic_file,
    "qnamaker": qnamaker.write_tsv,
    "qnabot": qnabot.write_json,
    "qnabot-xlsx": lambda entries: write_workbook(qnabot.sheet_lines(entries)),
    "rasa": rasa.write_training_data,
    "dialogflow": dialogflow.write_agent,
}
# How the name of a file of each ends. Where several share an ending, it alone means the first.
ENDINGS: Mapping[Format, str] = {
    "csv": ".csv", "tsv": ".tsv", "xlsx": ".xlsx", "jsonl": ".jsonl", "json": ".json", "markdown": ".md",
    "qnamaker": ".tsv", "qnabot": ".json", "qnabot-xlsx": ".xlsx", "rasa": ".yml", "dialogflow": ".zip",
}  # fmt: skip
WRITABLE = tuple(ENDINGS)


def format_of(ending: str) -> Format | None:
    """The format in which a file is written whose name has this ending; None where it tells none."""
    told = ".yml" if ending.lower() == ".yaml" else ending.lower()
    return next((name for name, its in ENDINGS.items() if its == told), None)


def dump(entries: Sequence[Entry], format: Format | str) -> bytes:  # noqa: A002 - as `read` calls it
    """These topics as a file. Raises FormatError where the format cannot hold one of them."""
    write = _WRITERS.get(format)
    if write is None:
        raise FormatError(f"{format!r} cannot be written: expected one of {', '.join(WRITABLE)}")
    try:
        return write(entries)
    except UnicodeEncodeError as error:
        raise FormatError(
            f"a text holds half a character (U+{ord(error.object[error.start]):04X}): correct it"
        ) from error
