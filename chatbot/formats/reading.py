"""Which format a file is in, by its content first and its name second; and the file as rows."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import PurePath

from chatbot.errors import FormatError
from chatbot.formats import dialogflow, objects, qnabot, qnamaker, rasa, sheet, topics, webpage, workbook
from chatbot.formats.archive import open_zip, read_member
from chatbot.formats.encoding import decode
from chatbot.formats.records import FIELDS, FORMATS, MAX_BYTES, Column, Reading, Row
from chatbot.formats.trees import dicts, load_json, load_yaml
from chatbot.model import Format

Files = Sequence[tuple[str, bytes]]  # each with its name

_OTHER_FILES = (
    (b"%PDF", "a PDF file"), (b"\xd0\xcf\x11\xe0", "an old Office file, or one with a password"),
    (b"{\\rtf", "a rich text file"), (b"\x89PNG", "a picture"), (b"\xff\xd8\xff", "a picture"),
    (b"\x1f\x8b", "a gzip archive"), (b"7z\xbc\xaf", "a 7-Zip archive"), (b"Rar!", "a RAR archive"),
)  # fmt: skip
_ZIP = b"PK"
_BY_ENDING: Mapping[str, Format] = {
    ".csv": "csv", ".tsv": "tsv", ".tab": "tsv", ".jsonl": "jsonl", ".ndjson": "jsonl", ".json": "json",
    ".md": "markdown", ".markdown": "markdown", ".yml": "rasa", ".yaml": "rasa",
    ".html": "faqpage", ".htm": "faqpage", ".xhtml": "faqpage",
}  # fmt: skip
PAGE_ENDINGS = (".txt", ".md", ".html", ".htm")
_MACROS = (".xlsm", ".xltm", ".xlsb")
_HEADING = 10_000  # characters, in which a heading ends


@dataclass(frozen=True, slots=True)
class _File:
    """A file with all that was said about it."""

    name: str
    data: bytes
    mapping: Mapping[str, str] | None
    format: str | None
    beside: Files


def read(
    data: bytes,
    name: str,
    mapping: Mapping[str, str] | None = None,
    *,
    format: str | None = None,  # noqa: A002 - what it is called on the command line
    beside: Files = (),
) -> Reading:
    """Read a file of topics; `name` is its file's name, without a folder.

    The format is told by the content and the name's ending unless `format` (one of FORMATS) says it.
    `mapping` names the field of each column that is to be read; without one it is guessed. `beside` are
    further files of the same export, as Rasa has several. Raises FormatError.
    """
    file = _File(PurePath(name).name[:200] or "the file", data, mapping, format, beside)
    for called, content in ((file.name, data), *beside):
        _refuse_what_is_no_file_of_topics(content, called)
    if format is not None and format not in FORMATS:
        raise FormatError(f"{format!r} is not a format: expected one of {', '.join(FORMATS)}")
    # By its first bytes, not its name: a workbook that was saved as .csv is a workbook.
    reading = _archive(file) if data.startswith(_ZIP) else _text(file)
    if not reading.rows:
        why = next((f" ({note.where} {note.text})" for note in reading.notes), "")
        raise FormatError(f"{file.name} holds no question with an answer{why}: export it again")
    return reading


def _refuse_what_is_no_file_of_topics(data: bytes, name: str) -> None:
    if len(data) > MAX_BYTES:
        size, most = len(data) / 1_000_000, MAX_BYTES // 1_000_000
        raise FormatError(f"{name} has {size:,.0f} MB, at most {most} are read: split it")
    if PurePath(name).suffix.lower() in _MACROS:
        raise FormatError(f"{name} may hold macros, which are not taken: save it as 'Excel Workbook (.xlsx)'")
    other = next((what for magic, what in _OTHER_FILES if data.startswith(magic)), None)
    if other:
        raise FormatError(f"{name} is {other}: save the topics as .xlsx or CSV and give that file")


def holds_topics(text: str) -> bool:
    """Whether a text of Markdown or HTML is one of topics, rather than an article."""
    return webpage.is_faq_page(text) or topics.is_topic_file(text)


def is_page(name: str, data: bytes) -> bool:
    """Whether a file is to be read as an article: a page, unless there are topics in it."""
    ending = PurePath(name).suffix.lower()
    return ending in PAGE_ENDINGS and (ending == ".txt" or not holds_topics(data.decode("utf-8", "replace")))


# --- archives -----------------------------------------------------------------------------------------------


def _archive(file: _File) -> Reading:
    with open_zip(file.data, file.name) as archive:
        members = archive.namelist()
        trained = [m for m in members if m.lower().endswith((".yml", ".yaml"))]
        if "[Content_Types].xml" in members:
            return _workbook(file)
        if dialogflow.is_dialogflow(members):
            rows, notes = dialogflow.read_agent(file.data, file.name)
            return Reading("dialogflow", rows, notes=notes)
        if trained:
            values = [load_yaml(decode(read_member(archive, m, file.name), m)[0], m) for m in trained]
            rows, notes = rasa.read_training_data(values, file.name)
            return Reading("rasa", rows, notes=notes)
    raise FormatError(
        f"{file.name} is a zip archive without topics: expected an Excel workbook, an agent of Dialogflow ES "
        "or a project of Rasa"
    )


def _workbook(file: _File) -> Reading:
    table, notes = workbook.read_workbook(file.data, file.name)
    reading = _other_bots_table(file, table) or _own_table(file, table, "xlsx")
    return replace(reading, notes=(*notes, *reading.notes))


def _other_bots_table(file: _File, table: sheet.Sheet) -> Reading | None:
    """The table as its own bot means it, where its heading says so and nothing else is asked for."""
    if file.mapping is not None:
        return None
    if file.format in (None, "qnamaker") and qnamaker.is_qnamaker(table.header):
        return Reading("qnamaker", qnamaker.read_pairs(table))
    if file.format in (None, "qnabot-xlsx") and qnabot.is_qnabot(table.header):
        rows, notes = qnabot.read_sheet(table)
        return Reading("qnabot-xlsx", rows, notes=notes)
    return None


def _own_table(file: _File, table: sheet.Sheet, found: Format) -> Reading:
    columns, rows = table.read(file.mapping)
    return Reading(found, _in_markdown(rows, columns), columns=columns)


def _in_markdown(rows: Sequence[Row], columns: Sequence[Column]) -> tuple[Row, ...]:
    """The rows with HTML answers as Markdown; in files of our own, which name every field, none is HTML."""
    if {column.name for column in columns} >= set(FIELDS):
        return tuple(rows)
    return tuple(replace(row, answer=webpage.as_markdown(row.answer)) if row.answer else row for row in rows)


# --- texts --------------------------------------------------------------------------------------------------


def _text(file: _File) -> Reading:
    text, encoding = decode(file.data, file.name)
    if not text.strip():
        raise FormatError(f"{file.name} is empty: export it again")
    found = _format(text, file)
    if (read_text := _READERS.get(found)) is None:
        raise FormatError(f"{file.name} is a text, but {found} is a zip archive: give that file")
    return replace(read_text(file, text, found), encoding=encoding)


def _format(text: str, file: _File) -> Format:
    """The format of a text: as it was said, else by its first sign, else by the file's ending."""
    if given := next((f for f in FORMATS if f == file.format), None):
        return given
    start = text.lstrip()[:1]
    # The ending goes before a bracket: a table's first heading may begin with one.
    ending = _BY_ENDING.get(PurePath(file.name).suffix.lower())
    if start == "<" or ending == "faqpage":
        return "faqpage"
    if ending in ("csv", "tsv", "markdown", "rasa"):
        return ending
    if start in ("{", "["):
        return "jsonl" if ending == "jsonl" or _is_lines(text) else "json"
    sign = next((found for found, is_one in _SIGNS.items() if is_one(text)), None)
    return sign or ending or ("tsv" if "\t" in text.partition("\n")[0] else "csv")


def _is_lines(text: str) -> bool:
    """Whether a JSON text holds several objects, one a line."""
    first, _, rest = text.strip().partition("\n")
    return first.startswith("{") and first.rstrip().endswith("}") and rest.lstrip().startswith("{")


def _topics(file: _File, text: str, found: Format) -> Reading:
    return Reading(found, topics.read_topic_file(text, file.name))


def _training_data(file: _File, text: str, found: Format) -> Reading:
    others = (load_yaml(decode(data, called)[0], called) for called, data in file.beside)
    rows, notes = rasa.read_training_data([load_yaml(text, file.name), *others], file.name)
    return Reading(found, rows, notes=notes)


def _faq_page(file: _File, text: str, found: Format) -> Reading:
    return Reading(found, webpage.read_faq_page(text, file.name))


def _table(file: _File, text: str, found: Format) -> Reading:
    heading = text[:_HEADING].lstrip("\r\n").splitlines()[0].split("\t")
    if found == "qnamaker" or (file.mapping is None and qnamaker.is_qnamaker(heading)):
        table = qnamaker.read_tsv(text, file.name)
        return Reading("qnamaker", qnamaker.read_pairs(table))
    table = sheet.read_text_sheet(text, file.name, "\t" if found == "tsv" else None)
    other = None if file.format else _other_bots_table(file, table)
    return other or _own_table(file, table, found)


def _json(file: _File, text: str, found: Format) -> Reading:
    if found == "jsonl" or (found == "qnabot" and _is_lines(text)):
        return _objects(file, objects.read_lines(text, file.name), found)
    value = load_json(text, file.name)
    if isinstance(value, dict) and isinstance(value.get("qna"), list):
        return _objects(file, objects.read_list(value["qna"], file.name), "qnabot")
    if isinstance(value, dict) and ("@type" in value or "@graph" in value):
        return Reading("faqpage", webpage.read_json_ld(value, file.name))
    if isinstance(value, dict):
        value = next((listed for listed in value.values() if dicts(listed)), [value])
    if not isinstance(value, list):
        raise FormatError(f"{file.name} holds one {type(value).__name__}: expected a list of objects")
    return _objects(file, objects.read_list(value, file.name), found)


def _objects(file: _File, placed: list[objects.Placed], found: Format) -> Reading:
    is_qnabot = file.mapping is None and placed and all({"qid", "q"} <= given.keys() for _, given in placed)
    if found == "qnabot" or is_qnabot:
        rows, notes = qnabot.read_pairs(placed)
        return Reading("qnabot", rows, notes=notes)
    columns, rows = objects.read_objects(placed, file.mapping, file.name)
    return Reading(found, _in_markdown(rows, columns), columns=columns)


# What reads a text, by its format; the others are archives.
_READERS: Mapping[Format, Callable[[_File, str, Format], Reading]] = {
    "csv": _table, "tsv": _table, "qnamaker": _table,
    "json": _json, "jsonl": _json, "qnabot": _json,
    "markdown": _topics, "rasa": _training_data, "faqpage": _faq_page,
}  # fmt: skip
# By what a text without a telling ending shows its format, the surest first.
_SIGNS: Mapping[Format, Callable[[str], bool]] = {"markdown": topics.is_topic_file}
