import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from cli_support import run, start

from chatbot import Bot
from chatbot.content import Knowledge

PAGES = Path(__file__).parent / "pages"


# --- topics -------------------------------------------------------------------------------------------


def test_topics_are_listed_with_what_keeps_them_from_visitors(tmp_path: Path) -> None:
    rows = [line.split("\t") for line in run(tmp_path, "topics", "list").stdout.splitlines()]
    known = Knowledge.load()
    assert [row[0] for row in rows] == [t.id for t in known.topics]
    assert {row[0] for row in rows if row[2] == "published"} == {t.id for t in known.published}
    assert all(row[2] == "published" or row[2].startswith("needs ") for row in rows)


def test_a_topic_is_published_once_the_clinic_has_told_its_facts(tmp_path: Path) -> None:
    topic = unpublished(tmp_path)
    assert f"{topic['id']}\t{topic['question']}\tneeds {', '.join(topic['missing'])}\n" in listed(tmp_path)
    publish(tmp_path)
    assert f"{topic['id']}\t{topic['question']}\tpublished\n" in listed(tmp_path)


def test_topics_as_json_name_the_missing_facts(tmp_path: Path) -> None:
    rows = json.loads(run(tmp_path, "topics", "list", "--json").stdout)
    assert {"id", "question", "group", "missing"} == rows[0].keys()
    assert any(row["missing"] for row in rows)


def test_a_topic_is_shown_as_visitors_see_it_with_its_phrasings_and_sources(tmp_path: Path) -> None:
    topic = unpublished(tmp_path)
    publish(tmp_path)
    told = run(tmp_path, "topics", "show", topic["id"]).stdout
    known = Knowledge.load().entries[topic["id"]]
    assert told.startswith(f"{topic['question']}\n\n")
    assert "{clinic." not in told
    assert all(f"phrasing\t{phrasing}\t\n" in told for phrasing in known.phrasings)
    assert "state\tpublished\t" in told


def test_a_topic_that_lacks_facts_is_shown_with_the_gaps(tmp_path: Path) -> None:
    topic = unpublished(tmp_path)
    told = run(tmp_path, "topics", "show", topic["id"]).stdout
    assert all(f"{{clinic.{fact}}}" in told for fact in topic["missing"])
    assert f"state\tneeds {', '.join(topic['missing'])}\t" in told


def listed(data_dir: Path) -> str:
    return run(data_dir, "topics", "list").stdout


def unpublished(data_dir: Path) -> dict[str, Any]:
    """A topic that waits for facts of the clinic which `publish` tells."""
    rows: list[dict[str, Any]] = json.loads(run(data_dir, "topics", "list", "--json").stdout)
    return next(
        row for row in rows if row["missing"] and set(row["missing"]) <= {"name", "phone", "hours", "address"}
    )


def publish(data_dir: Path) -> None:
    (data_dir / "clinic.toml").write_text(
        """name = "Lakeside"
phone = "312-555-0142"
hours = "Monday to Friday, 8 to 6"

[address]
street = "1 Lake Street"
city = "Chicago"
state = "IL"
postal_code = "60601"
"""
    )


def test_a_topic_as_json_has_its_sources_resolved(tmp_path: Path) -> None:
    known = Knowledge.load()
    topic = next(t for t in known.topics if any((s.url or "").startswith("article/") for s in t.sources))
    told = json.loads(run(tmp_path, "topics", "show", "--json", topic.id).stdout)
    assert told["id"] == topic.id
    assert told["phrasings"] == list(topic.phrasings)
    assert [s["title"] for s in told["sources"]] == [s.title for s in known.sources(topic)]
    assert not any((s["url"] or "").startswith("article/") for s in told["sources"])


def test_passages_and_lines_can_be_shown_too(tmp_path: Path) -> None:
    passage = Knowledge.load().passages[0]
    assert passage.answer in run(tmp_path, "topics", "show", passage.id).stdout
    assert "information desk" in run(tmp_path, "topics", "show", "greeting").stdout


# --- import -------------------------------------------------------------------------------------------


def imported(data_dir: Path) -> list[str]:
    return sorted(p.name for p in (data_dir / "knowledge" / "articles").glob("*"))


def test_a_saved_page_is_shown_and_copied_byte_for_byte(tmp_path: Path) -> None:
    page = PAGES / "swim-school.html"
    result = run(tmp_path, "import", str(page))
    assert result.exit_code == 0
    assert "  article/" in result.stdout
    assert " words)\n    " in result.stdout
    assert "Copied to " in result.stderr
    assert (tmp_path / "knowledge" / "articles" / page.name).read_bytes() == page.read_bytes()


def test_what_was_left_out_of_a_page_is_told_with_the_reason(tmp_path: Path) -> None:
    article = Path("knowledge/articles/intensive-outpatient-program.txt")
    told = run(tmp_path, "import", "--dry-run", "--json", str(Path(__file__).parent.parent / article)).stdout
    page = json.loads(told)[0]
    assert page.keys() == {"file", "title", "passages", "dropped"}
    assert page["passages"][0].keys() == {"id", "heading", "text"}
    assert len(page["dropped"]) == 3
    assert all(part["text"] and part["reason"] for part in page["dropped"])


def test_a_dry_run_changes_nothing(tmp_path: Path) -> None:
    result = run(tmp_path / "data", "import", "--dry-run", str(PAGES / "swim-school.html"))
    assert result.exit_code == 0
    assert "Nothing was changed." in result.stderr
    assert not (tmp_path / "data").exists()


def test_an_imported_page_answers_word_for_word(tmp_path: Path) -> None:
    told = json.loads(run(tmp_path, "import", "--json", str(PAGES / "swim-school.html")).stdout)[0]
    brought = next(p for p in told["passages"] if p["heading"] == "What should a child bring?")
    shown = json.loads(run(tmp_path, "topics", "show", "--json", brought["id"]).stdout)
    assert (shown["answer"], shown["group"]) == (brought["text"], told["title"])
    reply = json.loads(run(tmp_path, "ask", "--json", "what should a child bring").stdout)
    assert reply["topic"] == brought["id"]
    assert reply["text"]
    assert reply["text"] in brought["text"]


def test_a_different_page_of_the_same_name_needs_replace(tmp_path: Path) -> None:
    page = tmp_path / "swim-school.html"
    data = (PAGES / "swim-school.html").read_bytes()
    run(tmp_path, "import", str(PAGES / "swim-school.html"))
    page.write_bytes(data + b"\n")
    refused = run(tmp_path, "import", str(page))
    assert refused.exit_code == 2
    assert "use --replace" in refused.stderr
    assert (tmp_path / "knowledge" / "articles" / page.name).read_bytes() == data
    assert run(tmp_path, "import", "--replace", str(page)).exit_code == 0
    assert (tmp_path / "knowledge" / "articles" / page.name).read_bytes() == data + b"\n"


def test_the_same_page_under_another_name_is_not_imported(tmp_path: Path) -> None:
    (tmp_path / "twin.html").write_bytes((PAGES / "swim-school.html").read_bytes())
    run(tmp_path, "import", str(PAGES / "swim-school.html"))
    result = run(tmp_path, "import", str(tmp_path / "twin.html"))
    assert result.exit_code == 2
    assert result.stderr.startswith("chatbot: twin.html is known already, as ")
    assert imported(tmp_path) == ["swim-school.html"]


def test_nothing_is_imported_into_a_knowledge_that_does_not_load(tmp_path: Path) -> None:
    topics = tmp_path / "knowledge" / "topics"
    topics.mkdir(parents=True)
    (topics / "a.md").write_text("# A\n\n" + "## One? {#one}\nkind: general\n\nYes.\n\n" * 2)
    result = run(tmp_path, "import", str(PAGES / "swim-school.html"))
    assert result.exit_code == 2
    assert result.stderr.startswith("chatbot: with swim-school.html the knowledge does not load, so nothing")
    assert imported(tmp_path) == []


@pytest.mark.parametrize(
    ("name", "data"),
    [
        ("empty.txt", b""),
        ("plain.txt", b"one line of words and nothing else to see here at all. " * 40),
        ("binary.txt", b"\x89PNG\r\n\x1a\n\x00\x00" + bytes(range(256)) * 20),
        ("latin.html", "<h1>Caf\u00e9</h1><p>cr\u00e8me</p>".encode("latin-1")),
        ("large.html", b"<p>word word.</p>\n" * 3_000_000),
        ("page.pdf", b"%PDF-1.7"),
    ],
    ids=["empty", "no headings", "binary", "not UTF-8", "50 MB", "not a page"],
)
def test_a_bad_page_is_one_clear_error_and_nothing_is_changed(tmp_path: Path, name: str, data: bytes) -> None:
    (tmp_path / name).write_bytes(data)
    good = PAGES / "swim-school.html"
    done = start(tmp_path / "data", "import", str(good), str(tmp_path / name))
    assert done.returncode == 2
    assert done.stdout == b""
    assert done.stderr.startswith(b"chatbot: ")
    assert done.stderr.count(b"\n") == 1
    assert name.encode() in done.stderr
    assert not (tmp_path / "data").exists()


# --- check --------------------------------------------------------------------------------------------


def test_check_tells_its_findings_and_prints_passages_and_what_was_left_out(
    bot: Bot, data_dir: Path, tmp_path: Path
) -> None:
    page = tmp_path / "report.html"
    told = run(data_dir, "check", "--passages", "--html", str(page)).stdout
    assert all(f"  {p.id}: " in told for p in bot.engine.knowledge.passages)
    assert told.count("  left out: ") == 3
    assert len(told.rpartition("  left out: ")[2].splitlines()) > 3
    assert "<html" in page.read_text("utf-8")


def test_an_unhealthy_knowledge_is_status_1_and_told_as_an_object(tmp_path: Path) -> None:
    topics = tmp_path / "knowledge" / "topics"
    topics.mkdir(parents=True)
    (topics / "a.md").write_text("# A\n\n## Where do we meet? {#meet}\n? where\nkind: clinic\n\nHere.\n")
    result = run(tmp_path, "check", "--json")
    assert result.exit_code == 1
    assert isinstance(json.loads(result.stdout), dict)


@dataclass(frozen=True)
class Findings:
    """What a check may find; the real one takes seconds and finds the same each time."""

    is_healthy: bool
    has_warnings: bool

    def text(self) -> str:
        return "Checked.\x1b[2J"


@pytest.mark.usefixtures("bot")
@pytest.mark.parametrize(
    ("found", "words", "status"),
    [
        (Findings(is_healthy=True, has_warnings=False), ["check", "--fail-on-warnings"], 0),
        (Findings(is_healthy=True, has_warnings=True), ["check"], 0),
        (Findings(is_healthy=True, has_warnings=True), ["check", "--fail-on-warnings"], 1),
        (Findings(is_healthy=False, has_warnings=False), ["check"], 1),
    ],
)
def test_warnings_are_status_1_only_where_that_is_asked_for(
    data_dir: Path, monkeypatch: pytest.MonkeyPatch, found: Findings, words: list[str], status: int
) -> None:
    monkeypatch.setattr("chatbot.health.examine", lambda _engine: found)
    result = run(data_dir, *words)
    assert result.exit_code == status
    assert result.stdout == "Checked.[2J\n"
