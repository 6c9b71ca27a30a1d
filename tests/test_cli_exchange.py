"""Topics brought in and taken out on the command line."""

import json
from pathlib import Path
from typing import Any

import pytest
from cli_support import run, start
from click.testing import Result

from chatbot import formats
from chatbot.content import Knowledge
from chatbot.store import Store

HEAD = "Frage;Antwort;Kategorie\n"
SHEET = f"{HEAD}Habt ihr WLAN?;Ja.;Haus\nDo you have parking spots?;Yes, “behind” the house.;Haus\n"


@pytest.fixture
def sheet(tmp_path: Path) -> Path:
    path = tmp_path / "faq.csv"
    path.write_text(SHEET, "cp1252")
    return path


def plan(result: Result) -> dict[str, Any]:
    return dict(json.loads(result.stdout))


def saved(data_dir: Path) -> dict[str, Any]:
    """The topics that were edited, by id."""
    store = Store.open(f"sqlite:///{data_dir}/chatbot.db")
    try:
        return {edit.key: edit for edit in store.edits.layer()[1]}
    finally:
        store.close()


def test_a_dry_run_shows_the_guess_and_the_rows_and_changes_nothing(tmp_path: Path, sheet: Path) -> None:
    result = run(tmp_path / "data", "import", "--dry-run", str(sheet))
    assert result.exit_code == 0
    assert (
        "Read as csv, cp1252: 'Frage' as question, 'Antwort' as answer, 'Kategorie' as group" in result.stdout
    )
    assert "parking-spots\tDo you have parking spots?\tnew\n" in result.stdout
    assert result.stdout.endswith("2 new, 0 changed, 0 unchanged, 0 refused\n")
    assert "Nothing was changed." in result.stderr
    assert not (tmp_path / "data" / "chatbot.db").exists()


def test_an_import_is_one_edit_with_who_and_why(tmp_path: Path, sheet: Path) -> None:
    result = run(tmp_path / "data", "import", str(sheet))
    assert result.exit_code == 0
    assert "Saved as revision 1" in result.stderr
    edits = saved(tmp_path / "data")
    assert {(e.revision, e.by, e.why) for e in edits.values()} == {(1, "command line", "import of faq.csv")}
    assert edits["parking-spots"].body["answer"] == "Yes, “behind” the house."


def test_what_was_imported_answers_and_is_unchanged_the_next_time(tmp_path: Path, sheet: Path) -> None:
    run(tmp_path / "data", "import", str(sheet))
    again = run(tmp_path / "data", "import", str(sheet))
    assert again.stdout.endswith("0 new, 0 changed, 2 unchanged, 0 refused\n")
    assert "Nothing was changed." in again.stderr
    shown = json.loads(run(tmp_path / "data", "topics", "show", "--json", "parking-spots").stdout)
    assert (shown["answer"], shown["group"]) == ("Yes, “behind” the house.", "Haus")
    last = json.loads(run(tmp_path / "data", "export", "-").stdout.splitlines()[-1])
    assert last["question"] == "Do you have parking spots?"


def test_an_import_that_breaks_a_test_of_staffs_own_is_refused_with_its_sentence(tmp_path: Path) -> None:
    data_dir, thief = tmp_path / "data", tmp_path / "thief.jsonl"
    asked = "how long does it last"
    row = {
        "id": "program-length",
        "question": "What is there to eat?",
        "answer": "Soup.",
        "phrasings": ["food"],
    }
    thief.write_text(json.dumps(row), "utf-8")
    run(data_dir, "test", "--add", asked, "--must-get", "program-length")
    refused = run(data_dir, "import", str(thief))
    assert refused.exit_code == 2
    assert f"not published: {asked!r}" in refused.stderr
    assert saved(data_dir) == {}


def test_one_refused_row_and_nothing_is_changed(tmp_path: Path, sheet: Path) -> None:
    sheet.write_text(SHEET + "Is lunch served?;;Haus\n", "utf-8")
    result = run(tmp_path / "data", "import", str(sheet))
    assert result.exit_code == 1
    assert "row 4\thas no answer: write it, or map the column that holds it\trefused\n" in result.stdout
    assert "1 row was refused: nothing was changed." in result.stderr
    assert not (tmp_path / "data" / "chatbot.db").exists()


def test_a_column_that_was_not_guessed_is_named(tmp_path: Path, sheet: Path) -> None:
    sheet.write_text("Thema,Inhalt\nParking spots,Yes.\n")
    refused = run(tmp_path, "import", "--dry-run", str(sheet))
    assert refused.exit_code == 2
    assert "faq.csv has no column for the question (it has 'Thema', 'Inhalt'): map one" in refused.stderr
    mapped = ("--map", "question=Thema", "--map", "answer=Inhalt")
    told = plan(run(tmp_path, "import", "--dry-run", "--json", *mapped, str(sheet)))
    assert told["new"] == [{"where": "row 2", "id": "parking-spots", "question": "Parking spots"}]
    assert [c["field"] for c in told["files"][0]["columns"]] == ["question", "answer"]


@pytest.mark.parametrize("words", [("--map", "question"), ("--map", "answer="), ("--format", "docx")])
def test_a_wrong_call_is_told(tmp_path: Path, sheet: Path, words: tuple[str, ...]) -> None:
    result = run(tmp_path, "import", *words, str(sheet))
    assert result.exit_code == 2
    assert result.stderr.startswith("chatbot: ")
    assert result.stderr.count("\n") == 1


def test_what_was_exported_is_imported_as_unchanged(tmp_path: Path) -> None:
    file = tmp_path / "topics.xlsx"
    assert run(tmp_path, "export", str(file)).exit_code == 0
    told = plan(run(tmp_path, "import", "--dry-run", "--json", str(file)))
    known = Knowledge.load()
    assert told["same"] == [topic.id for topic in known.topics]
    assert (told["new"], told["changed"], told["refused"]) == ([], [], [])


def test_a_folder_gets_the_topics_as_the_project_keeps_them(tmp_path: Path) -> None:
    assert run(tmp_path, "export", str(tmp_path / "topics")).exit_code == 0
    packaged = Path(__file__).parent.parent / "knowledge" / "topics"
    names = {path.name for path in packaged.glob("*.md")}
    assert {path.name for path in (tmp_path / "topics").iterdir()} == names
    for name in names:
        assert (tmp_path / "topics" / name).read_text("utf-8") == (packaged / name).read_text("utf-8")


def test_an_export_writes_over_nothing_unasked(tmp_path: Path) -> None:
    file = tmp_path / "topics.csv"
    file.write_text("mine")
    refused = run(tmp_path, "export", str(file))
    assert (refused.exit_code, file.read_text()) == (2, "mine")
    assert "is there already: use --replace" in refused.stderr
    assert run(tmp_path, "export", "--replace", str(file)).exit_code == 0
    assert file.read_bytes() == formats.dump(Knowledge.load().topics, "csv")


def test_an_export_to_standard_output_is_json_lines(tmp_path: Path) -> None:
    result = run(tmp_path, "export", "-")
    assert [json.loads(line)["id"] for line in result.stdout.splitlines()] == [
        t.id for t in Knowledge.load().topics
    ]


def test_files_of_rasa_belong_together(tmp_path: Path) -> None:
    (tmp_path / "nlu.yml").write_text("nlu:\n- intent: faq/wifi\n  examples: |\n    - is there wifi\n")
    (tmp_path / "domain.yml").write_text("responses:\n  utter_faq/wifi:\n  - text: Yes.\n")
    told = plan(
        run(
            tmp_path, "import", "--dry-run", "--json", str(tmp_path / "nlu.yml"), str(tmp_path / "domain.yml")
        )
    )
    assert told["new"] == [{"where": "intent faq/wifi", "id": "wifi", "question": "is there wifi"}]


def test_several_files_are_one_import_and_their_rows_are_told_apart(tmp_path: Path, sheet: Path) -> None:
    other = tmp_path / "more.csv"
    other.write_text("question,answer\nHABT ihr wlan,Nein.\n")
    told = plan(run(tmp_path, "import", "--dry-run", "--json", str(sheet), str(other)))
    reason = "asks the same as faq.csv, row 2: keep one of them, or word it differently"
    assert told["refused"] == [{"where": "more.csv, row 2", "reason": reason}]


def test_topics_and_articles_are_not_mixed(tmp_path: Path, sheet: Path) -> None:
    page = Path(__file__).parent / "pages" / "swim-school.html"
    result = run(tmp_path, "import", str(page), str(sheet))
    assert result.exit_code == 2
    assert "import them one after the other" in result.stderr


def test_a_file_of_200_mb_is_refused_before_it_is_read(tmp_path: Path) -> None:
    large = tmp_path / "large.csv"
    with large.open("wb") as file:
        file.truncate(200_000_000)
    done = start(tmp_path, "import", str(large))
    assert done.returncode == 2
    assert done.stderr.endswith(b"large.csv has 200 MB, at most 20 are read: split it\n")
