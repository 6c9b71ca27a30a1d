"""Tables, how their rows become topics, and what is done with a plan."""

import html
import zipfile
from io import BytesIO

import pytest
from planning import NOTHING, planned, read, refusal, topics
from small import KNOWLEDGE

from chatbot import formats
from chatbot.errors import ConflictError, FormatError
from chatbot.formats import Row
from chatbot.model import Entry
from chatbot.store import Store

# --- tables -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "encoding"),
    [
        ("utf-8", "utf-8"), ("utf-8-sig", "utf-8"), ("utf-16", "utf-16-le"), ("utf-16-le", "utf-16-le"),
        ("utf-32", "utf-32-le"), ("cp1252", "cp1252"), ("mac_roman", "mac-roman"),
    ],
)  # fmt: skip
def test_a_table_is_read_in_the_encoding_it_was_saved_in(text: str, encoding: str) -> None:
    said = "It’s at the café – “come in”, it’s open."
    data = f'question,answer\nWhere’s the café?,"{said}"\n'.encode(text)
    reading = formats.read(data, "faq.csv")
    assert (reading.encoding, reading.rows[0].answer) == (encoding, said)


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
def test_the_delimiter_is_guessed(delimiter: str) -> None:
    text = (
        delimiter.join(["question", "answer"]) + "\n" + delimiter.join(["Is it far?", '"No, a mile; or two"'])
    )
    assert read(text).rows[0].answer == "No, a mile; or two"


@pytest.mark.parametrize(
    "heading",
    [
        "Question,Answer", "QUESTION , answer ", "Frage,Antwort", "Pregunta,Respuesta", "q,a", "title,body",
        "Primary Question,Answer Text",
    ],
)  # fmt: skip
def test_columns_are_guessed_by_their_names(heading: str) -> None:
    reading = read(f"{heading}\nIs it far?,A mile.\n")
    assert [c.field for c in reading.columns] == ["question", "answer"]


def test_columns_without_a_known_name_are_guessed_by_what_is_in_them() -> None:
    reading = read("Nr,Thema,Inhalt\n1,Is it far?,It is about a mile.\n2,Is it open?,It is open all day.\n")
    assert [c.field for c in reading.columns] == [None, "question", "answer"]
    assert reading.columns[1].sample == "Is it far?"


def test_a_table_without_a_heading_is_question_and_answer() -> None:
    found = topics("Is it far?,It is about a mile.\nIs it open?,It is always open.\n")
    assert [t.question for t in found] == ["Is it far?", "Is it open?"]


def test_the_heading_may_stand_below_a_title() -> None:
    assert topics("Our questions,\n,\nQuestion,Answer\nIs it far?,No.\n")[0].question == "Is it far?"


def test_the_heading_below_a_title_is_found_whatever_it_is_called() -> None:
    reading = read("What the desk is asked,\n\nAsked,Told\nIs there a pool?,No. Not here at all.\n")
    assert [c.name for c in reading.columns] == ["Asked", "Told"]
    assert [(r.where, r.question) for r in reading.rows] == [("row 4", "Is there a pool?")]


def test_a_table_whose_columns_tell_nothing_says_which_there_are() -> None:
    with pytest.raises(formats.ColumnsError) as caught:
        read("Asked,Told\npool,No.\ntour,Call us.\n")
    assert (caught.value.needed, [c.name for c in caught.value.columns]) == ("question", ["Asked", "Told"])
    assert caught.value.columns[0].sample == "pool"


def test_rows_are_numbered_as_a_spreadsheet_shows_them() -> None:
    rows = read('question,answer\n"Is\nit far?",No.\n\nIs it open?,Yes.\n').rows
    assert [row.where for row in rows] == ["row 2", "row 4"]


def test_other_wordings_may_stand_in_one_cell_or_in_columns_of_their_own() -> None:
    (topic,) = topics(
        "question,alternates,question2,answer\nIs it far?,how far | which way,where is it,No.\n"
    )
    assert topic.phrasings == ("how far", "which way", "where is it")


def test_in_others_tables_semicolons_set_wordings_apart_too() -> None:
    (row,) = read("Question,Answer,Variations\nIs there a pool?,No.,swim; go swimming\n").rows
    assert row.phrasings == ("swim", "go swimming")


def test_a_wording_may_have_a_line_of_its_own_below_its_question() -> None:
    text = "Primary Question,Alternate Question,Answer\nFar?,,No.\n,how far,\n,which way,\nOpen?,,Yes.\n"
    assert [t.phrasings for t in topics(text)] == [("how far", "which way"), ()]


def test_html_in_another_programs_table_becomes_markdown_and_ours_stays() -> None:
    assert topics("question,answer\nIs it far?,<p>No: <b>a mile</b>.</p>\n")[0].answer == "No: **a mile**."
    ours = Entry("a", "Is it far?", "Write <b>no</b>.")
    assert formats.plan(formats.read(formats.dump([ours], "csv"), "a.csv").rows, NOTHING).entries == (ours,)


@pytest.mark.parametrize(
    ("text", "name"), [("question,answer\n", "a.csv"), ("[]", "a.json"), ("# A\n", "a.md")]
)
def test_a_file_without_a_topic_says_so(text: str, name: str) -> None:
    with pytest.raises(FormatError, match=f"{name} (holds no question|is empty)"):
        read(text, name)


def test_staff_may_map_the_columns_by_name_or_number() -> None:
    rows = read("A,B\nfar,No.\n", mapping={"A": "question", "2": "answer"}).rows
    assert (rows[0].question, rows[0].answer) == ("far", "No.")


def test_numbers_dates_and_two_sheets_are_read_as_they_are_seen() -> None:
    import openpyxl

    book = openpyxl.Workbook()
    sheet = book.active
    assert sheet is not None
    sheet.title = "Empty"
    table = book.create_sheet("Topics")
    lines = (["question", "answer", "reviewed"], ["How many?", 12.0, 46349], [None] * 3, ["And?", True, ""])
    for line in lines:
        table.append(line)
    written = BytesIO()
    book.save(written)
    reading = formats.read(written.getvalue(), "faq.xlsx")
    assert [(r.where, r.answer) for r in reading.rows] == [("row 2", "12"), ("row 4", "yes")]
    assert reading.notes[0].where == "sheet 'Empty'"
    assert formats.plan(reading.rows, NOTHING).entries[0].reviewed == "2026-11-23"


@pytest.mark.parametrize("cell", ["=1+1", "+49 30", "-5", "@home", "＝1", "\t=x", "- a point\n- another"])
@pytest.mark.parametrize("format", ["csv", "tsv", "xlsx", "qnabot-xlsx"])
def test_what_a_spreadsheet_might_calculate_leaves_with_an_apostrophe(cell: str, format: str) -> None:  # noqa: A002
    entry = Entry("a", "Is it?", cell)
    data = formats.dump([entry], format)
    if data.startswith(b"PK"):
        with zipfile.ZipFile(BytesIO(data)) as archive:
            data = html.unescape(archive.read("xl/worksheets/sheet1.xml").decode()).encode()
        assert b"<f>" not in data
    assert f"'{cell}".encode()[:6] in data


# --- rows against what is known -----------------------------------------------------------------------------


def test_capitals_spaces_and_punctuation_never_make_two_questions() -> None:
    plan = planned("question,answer\n  HOW much does it  cost,It costs twelve.\n", known=KNOWLEDGE)
    (change,) = plan.changed
    assert (change.entry.id, change.fields) == ("cost", ("question", "answer"))
    assert change.entry.phrasings == ("what is the price",)


def test_what_a_file_does_not_tell_stays_and_an_empty_cell_takes_it_away() -> None:
    text = "id,question,answer,phrasings\ncost,How much does it cost?,Ten.,\n"
    (change,) = planned(text, known=KNOWLEDGE).changed
    assert (change.fields, change.entry.phrasings) == (("phrasings", "answer"), ())


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        (",Yes.", "has no question"),
        ("Is it far?,", "has no answer"),
        ("what is the price,Ten.", "asks what the topic 'cost' answers"),
        ("x" * 301 + ",Yes.", "the question has 301 characters, at most 300"),
        ("Is it far?," + "x" * 20_001, "the answer has 20,001 characters"),
        ("Is it far?,Call {clinic.fax}.", "uses {clinic.fax}: known are name"),
        ("Is it far?,Itâ€™s not.", "saved in the wrong encoding once"),
        ("Is it far?,No\u202e.", "U+202E, which turns the direction"),
        ("Is it \ufffdfar?,No.", "U+FFFD, which stands for a letter"),
        ("Is it far?,No \uf0b7 yes", "U+F0B7, a sign of one font alone"),
        ("Is it far?,N" + "\u0301" * 30, "30 marks on one letter"),
    ],
)  # fmt: skip
def test_a_row_that_cannot_be_taken_is_refused_with_its_place(row: str, reason: str) -> None:
    text = refusal(f"question,answer\n{row}\n", KNOWLEDGE)
    assert text.startswith("row 2: ")
    assert reason in text


@pytest.mark.parametrize(
    ("field", "value", "reason"),
    [
        ("id", "!!!", "cannot be one"),
        ("kind", "rumour", "the kind is 'rumour': expected one of article"),
        ("reviewed", "yesterday", "reviewed is 'yesterday': expected a date"),
        ("until", "soon", "until is 'soon': expected a date"),
        ("law", "maybe", "law is 'maybe': expected yes or no"),
        ("related", "nowhere", "names 'nowhere', which is no topic or passage"),
        ("sources", "A page <ftp://x>", "source is 'A page <ftp://x>'"),
        ("id", "cost", "asks"),
    ],
)
def test_a_field_that_does_not_hold_what_it_should_is_named(field: str, value: str, reason: str) -> None:
    asked = "When are you open?" if value == "cost" else "Is it far?"
    assert reason in refusal(f"question,answer,{field}\n{asked},No.,{value}\n", KNOWLEDGE)


def test_two_rows_with_one_question_or_one_id_are_told_of_each_other() -> None:
    text = "question,answer,id\nIs it far?,No.,a\nIS it far,Yes.,b\nOther?,No.,a\n"
    assert [(r.where, r.reason.partition(":")[0]) for r in planned(text).refused] == [
        ("row 3", "asks the same as row 2"), ("row 4", "tells the same topic as row 2, 'a'"),
    ]  # fmt: skip


def test_numbers_make_a_difference() -> None:
    text = "question,answer\nIs it 11?,a\nIs it 111?,b\nIs it stage II?,c\nIs it stage III?,d\n"
    assert len(topics(text)) == 4


def test_new_topics_get_ids_from_their_questions_that_nobody_has() -> None:
    asked = ("What is the cost?", "Cost to me!", "日本?")
    rows = [Row(f"row {i}", question=question, answer="Yes.") for i, question in enumerate(asked)]
    assert [e.id for e in formats.plan(rows, KNOWLEDGE).entries] == ["cost-2", "cost-3", "topic"]


def test_headings_in_an_answer_stay_below_those_of_a_topic_file() -> None:
    assert topics('question,answer\nIs it far?,"## No\nYes"\n')[0].answer == "### No\nYes"


# --- plans carried out --------------------------------------------------------------------------------------


def apply(plan: formats.ImportPlan, store: Store) -> int:
    return store.edits.save(formats.changes(plan, formats.versions(store.edits)), by="Ann")


def test_an_import_is_one_save_and_one_undo(store: Store) -> None:
    plan = planned("id,question,answer\ncost,How much?,Ten.\n,Is it far?,No.\n", known=KNOWLEDGE)
    revision = apply(plan, store)
    assert {e.key for e in store.edits.of(revision)} == {"cost", "far"}
    store.edits.save(store.edits.undoing(revision), by="Ann")
    assert {e.body for e in store.edits.layer()[1]} == {None}


def test_a_plan_with_a_refused_row_is_not_carried_out(store: Store) -> None:
    plan = planned("question,answer\nIs it far?,No.\nIs it open?,\n,\n,x\n")
    with pytest.raises(FormatError, match=r"^row 3: has no answer.* \(1 more refused\); nothing"):
        apply(plan, store)
    assert store.edits.revision() == 0


def test_a_plan_for_what_somebody_has_changed_since_conflicts(store: Store) -> None:
    plan = planned("id,question,answer\ncost,How much?,Ten.\n", known=KNOWLEDGE)
    before = formats.versions(store.edits)
    store.edits.save(formats.changes(plan, before), by="Ben")
    with pytest.raises(ConflictError, match="Ben"):
        store.edits.save(formats.changes(plan, before), by="Ann")
    assert store.edits.revision() == 1


def test_ten_thousand_rows_are_one_save_and_tell_how_far_they_are(store: Store) -> None:
    text = "question,answer\n" + "".join(f"Is it number {n}?,It is {n}.\n" for n in range(10_000))
    told: list[tuple[int, int]] = []
    plan = formats.plan(read(text).rows, NOTHING, lambda done, total: told.append((done, total)))
    assert (told[0], told[-1], len(told)) == ((0, 10_000), (10_000, 10_000), 51)
    assert told == sorted(told)
    revision = apply(plan, store)
    assert len(store.edits.of(revision)) == 10_000
