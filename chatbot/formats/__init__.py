"""Topics in other programs' files: read them, see what they would change, take them in; and write them.

Everything here takes values and gives values. A page for staff takes these steps, and so does the
command line:

    reading = formats.read(data, name)                    # or mapping={"Frage": "question", …}, format="csv"
    reading.columns, reading.notes                        # the guess, for staff to change; what is left out
    based_on = formats.versions(store.edits)              # before the knowledge is read
    plan = formats.plan(reading.rows, knowledge)          # plan.new, .changed, .same, .refused: the dry run
    publisher.publish(formats.changes(plan, based_on), by=name)  # one save, if none of staff's tests breaks

`formats.dump(entries, format)` is the way back: what a format can hold returns from it as it was. Both `read`
and `plan` take a `progress(done, total)`. Whatever is wrong with a file is one FormatError; a row that cannot
be taken is in `plan.refused` with its place and the reason. Row, Reading, Column, Note, Planned, Refused and
ImportPlan are frozen records (see `records`).
"""

from chatbot.formats.applying import changes, versions
from chatbot.formats.planning import plan
from chatbot.formats.reading import PAGE_ENDINGS, holds_topics, is_page, read
from chatbot.formats.records import (
    FIELDS,
    FORMATS,
    MAX_BYTES,
    Column,
    ColumnsError,
    Field,
    ImportPlan,
    Note,
    Planned,
    Progress,
    Reading,
    Refused,
    Row,
)
from chatbot.formats.writing import ENDINGS, WRITABLE, dump, format_of
from chatbot.model import Format

__all__ = [
    "ENDINGS",
    "FIELDS",
    "FORMATS",
    "MAX_BYTES",
    "PAGE_ENDINGS",
    "WRITABLE",
    "Column",
    "ColumnsError",
    "Field",
    "Format",
    "ImportPlan",
    "Note",
    "Planned",
    "Progress",
    "Reading",
    "Refused",
    "Row",
    "changes",
    "dump",
    "format_of",
    "holds_topics",
    "is_page",
    "plan",
    "read",
    "versions",
]
