"""chatbot evaluate: what it prints, what it writes, and when it says that something is wrong."""

import json
from pathlib import Path

import pytest
from cli_support import run

QUESTIONS: tuple[tuple[str, list[str]], ...] = (
    ("How long does an IOP last?", ["program-length"]),
    ("How much does an IOP cost?", ["cost"]),
    ("how much does an iop cost", ["insurance"]),
    ("which planet has rings", []),
)


@pytest.fixture
def file(tmp_path: Path) -> str:
    path = tmp_path / "asked.jsonl"
    path.write_text("".join(json.dumps({"question": q, "topics": t}) + "\n" for q, t in QUESTIONS), "utf-8")
    return str(path)


def test_it_prints_figures_and_misses_and_is_done(data_dir: Path, file: str) -> None:
    made = run(data_dir, "evaluate", file)
    assert made.exit_code == 0
    assert made.stdout.startswith("4 questions: 3 that topics answer, 1 that nothing answers.\n")
    assert "Right                     66.7%" in made.stdout
    assert "  - “how much does an iop cost”\n    Right: insurance. Given: cost.\n" in made.stdout


def test_below_a_floor_or_above_a_ceiling_the_status_is_1(data_dir: Path, file: str) -> None:
    assert run(data_dir, "evaluate", file, "--floor", "right=66", "--ceiling", "wrong=34%").exit_code == 0
    made = run(data_dir, "evaluate", file, "--floor", "right=67", "--floor", "precision=10")
    assert made.exit_code == 1
    assert made.stderr == "chatbot: Right is 66.7%; it must be at least 67.0%\n"
    assert run(data_dir, "evaluate", file, "--ceiling", "wrong=30").exit_code == 1


def test_json_is_kept_and_compared_with_later(data_dir: Path, file: str, tmp_path: Path) -> None:
    earlier = tmp_path / "earlier.json"
    earlier.write_text(run(data_dir, "evaluate", file, "--json").stdout, "utf-8")
    assert json.loads(earlier.read_text("utf-8"))["questions"] == 4
    made = run(data_dir, "evaluate", file, "--against", str(earlier))
    assert made.exit_code == 0
    assert "was 66.7%, the same" in made.stdout
    assert "WORSE than before (0)" in made.stdout


def test_the_page_is_written(data_dir: Path, file: str, tmp_path: Path) -> None:
    page = tmp_path / "report.html"
    assert run(data_dir, "evaluate", file, "--html", str(page)).exit_code == 0
    assert page.read_text("utf-8").count("<svg") == 3


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("nowhere.jsonl",), "nowhere.jsonl: cannot be read"),
        (("--floor", "speed=3"), "'speed=3': the figures are right, right-or-offered, "),
        (("--ceiling", "wrong=many"), "'wrong=many': expected a number from 0 to 100 after wrong=."),
        (("--floor", "right=101"), "'right=101': expected a number from 0 to 100"),
        (("--floor", "right=nan"), "'right=nan': expected a number from 0 to 100"),
    ],
)
def test_a_call_that_is_wrong_says_what_and_has_status_2(
    data_dir: Path, file: str, words: tuple[str, ...], told: str
) -> None:
    made = run(data_dir, "evaluate", *((file, *words) if words[0].startswith("--") else words))
    assert made.exit_code == 2
    assert made.stdout == ""
    assert told in made.stderr
    assert made.stderr.count("\n") == 1


def test_what_is_no_earlier_evaluation_is_named(data_dir: Path, file: str) -> None:
    made = run(data_dir, "evaluate", file, "--against", file)
    assert made.exit_code == 2
    assert "is no earlier evaluation" in made.stderr
