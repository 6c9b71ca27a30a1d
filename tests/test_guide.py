"""The files of the crisis knowledge, and what is wrong with them, by line."""

import subprocess
import sys
from pathlib import Path

import pytest

from chatbot.errors import KnowledgeError
from chatbot.guide import Guide, parse_guide, parse_lines

WORDS = """\
[shorthand]
cant = can not
[keys]
help danger
[alike]
kin
[classes]
kin: son, sister
person: <kin>, friend
"""
SUICIDE = """\
# What it sounds like.
[sure]
<person> ~2 danger
[sentences other]
my son is in danger
[sentences self es]
ayuda
"""
REPLIES = """\
# Replies

## One {#crisis-one}
reviewed: 2026-11-23

Call **911**.

Then wait.
"""
HELP_LINES = """\
[[line]]
name = "Emergency"
action = "tel"
label = "Call 911"
label_fr = "Appeler le 911"
href = "tel:911"
region = "US"
source = "https://www.911.gov"
reviewed = "2026-11-23"
kinds = ["medical"]
"""
FILES = {"words.txt": WORDS, "suicide.txt": SUICIDE, "replies.md": REPLIES, "help-lines.toml": HELP_LINES}


def test_no_files_are_an_empty_guide() -> None:
    assert parse_guide({}) == Guide()


def test_the_files_become_a_guide() -> None:
    guide = parse_guide(FILES)
    (sure,) = guide.patterns["suicide/sure"]
    assert sure.regex.search(". my sister is in danger . ")
    assert [(s.text, s.label) for s in guide.sentences] == [
        ("my son is in danger", "suicide/other"),
        ("ayuda", "suicide/self"),
    ]
    assert guide.shorthand == {"cant": ("can", "not")}
    assert guide.keys == ("help", "danger")
    assert guide.alike == {"son": "kin", "sister": "kin"}
    (line,) = guide.lines
    assert (line.id, line.question, line.kind, line.reviewed) == ("crisis-one", "One", "line", "2026-11-23")
    assert line.answer == "Call **911**.\n\nThen wait."
    (help_line,) = guide.help_lines
    assert (help_line.label, help_line.kinds) == ("Call 911", ("medical",))


@pytest.mark.parametrize(
    ("name", "before", "after", "line", "fact"),
    [
        ("suicide.txt", "<person>", "<nobody>", 3, "no class is called <nobody>"),
        ("suicide.txt", "# What it sounds like.", "lost words", 1, "above the first"),
        ("suicide.txt", "~2 danger", "~2 dan-ger", 3, "neither a word"),
        ("words.txt", "cant = can not", "cant can not", 2, "expected 'short = "),
        ("words.txt", "kin: son, sister", "kin son, sister", 8, "expected 'class: "),
        ("words.txt", "<kin>, friend", "<kins>, friend", 9, "not a class above"),
        ("replies.md", "## One {#crisis-one}", "## One", 3, "expected '## Question"),
        ("replies.md", "reviewed: 2026-11-23", "reviewed: yesterday", 4, "expected a date"),
        ("replies.md", "reviewed: 2026-11-23", "checked: 2026-11-23", 4, "expected '? phrasing'"),
        ("replies.md", "reviewed: 2026-11-23\n", "", 3, "reviewed is '': expected a date"),
        ("replies.md", "Call **911**.\n\nThen wait.\n", "", 3, "has no answer"),
        ("help-lines.toml", 'region = "US"\n', "", 1, "lacks region"),
        ("help-lines.toml", '"tel"', '"fax"', 1, "expected tel, sms or link"),
        ("help-lines.toml", '"tel:911"', '"911"', 1, "href is '911'"),
        ("help-lines.toml", "2026-11-23", "soon", 1, "expected a date"),
        ("help-lines.toml", '"medical"', '"boredom"', 1, "expected a list out of"),
        ("help-lines.toml", 'name = "Emergency"', "name = Emergency", 2, "not TOML"),
    ],
)
def test_a_broken_file_is_refused_with_its_line(
    name: str, before: str, after: str, line: int, fact: str
) -> None:
    assert before in FILES[name]
    with pytest.raises(KnowledgeError) as refused:
        parse_guide(FILES | {name: FILES[name].replace(before, after)})
    assert (refused.value.path, refused.value.line) == (f"crisis/{name}", line)
    assert fact in refused.value.fact


def test_a_help_line_has_labels_in_other_languages() -> None:
    (line,) = parse_guide(FILES).help_lines
    told = [line.as_action(tag).label for tag in ("fr", "en", "es")]
    assert told == ["Appeler le 911", "Call 911", "Call 911"]


def test_a_guide_reads_the_same_in_every_process() -> None:
    script = f"from chatbot.guide import parse_guide; print(repr(parse_guide({FILES!r})))"
    seen = {
        subprocess.run(
            [sys.executable, "-c", script], env={"PYTHONHASHSEED": seed}, capture_output=True, check=True
        ).stdout
        for seed in ("1", "2", "3")
    }
    assert len(seen) == 1


def test_the_title_of_the_next_group_is_not_said() -> None:
    one, two = (f"## {i} {{#{i}}}\nreviewed: 2026-11-23\n\nHello {i}.\n\n" for i in ("one", "two"))
    text = f"{one}# More\n\n{two}"
    assert [e.answer for e in parse_lines("lines.md", text)] == ["Hello one.", "Hello two."]


def test_the_packaged_files_hold_enough_examples() -> None:
    folder = Path(__file__).parent.parent / "knowledge" / "crisis"
    guide = parse_guide({p.name: p.read_text("utf-8") for p in folder.iterdir()})
    look_alikes = [s for s in guide.sentences if s.kind == "look-alikes"]
    crises = [s for s in guide.sentences if s.kind not in ("look-alikes", "boundary")]
    assert len(look_alikes) >= 900
    assert len(crises) >= 700
    assert len({s.text for s in guide.sentences}) == len(guide.sentences)
