"""The command that takes topics out: export."""

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

import click

from chatbot.cli.importing import FORMATS
from chatbot.cli.program import main, open_knowledge
from chatbot.cli.terminal import counted, visible

if TYPE_CHECKING:
    from chatbot.model import Entry


@main.command()
@click.argument("file", type=click.Path(path_type=Path), metavar="FILE")
@click.option("--format", "called", type=click.Choice([f for f in FORMATS if f not in ("page", "faqpage")]))
@click.option("--replace", "may_replace", is_flag=True, help="Write over a file that is there.")
def export(file: Path, called: str | None, *, may_replace: bool) -> None:
    """Write all topics to FILE, as the bot has them now.

    The format is told by FILE's ending: .csv, .tsv, .xlsx, .jsonl, .json, .md, .yml (Rasa) or .zip
    (Dialogflow); --format names the others, qnamaker, qnabot and qnabot-xlsx. A name without an ending is
    a folder, which gets one Markdown file for each group; "-" is standard output.

    \b
    Examples:
      chatbot export topics.xlsx
      chatbot export --format qnamaker topics.tsv
      chatbot export topics
      chatbot export - > topics.jsonl
    """
    from chatbot.formats import dump

    topics = open_knowledge().topics
    if called is None and str(file) != "-" and (file.is_dir() or not file.suffix):
        files = {file / name: dump(group, "markdown") for name, group in _by_file(topics).items()}
    else:
        files = {file: dump(topics, called or _format_of(file))}
    if str(file) == "-":
        click.echo(files[file], nl=False)
        return
    _write(files, may_replace=may_replace)
    where = f"to {file}" if len(files) == 1 else f"to {len(files)} files in {file}"
    click.echo(visible(f"Wrote {counted(len(topics), 'topic', 'topics')} {where}."), err=True)


def _format_of(file: Path) -> str:
    from chatbot.formats import format_of

    if str(file) == "-":
        return "jsonl"
    if (found := format_of(file.suffix)) is None:
        raise click.UsageError(f"{file} has no ending that tells the format: add one, or --format.")
    return found


def _by_file(topics: "Iterable[Entry]") -> "dict[str, list[Entry]]":
    """The topics by the file that each group belongs into: the one it came from, else one named after it."""
    from chatbot.importing import file_name

    came_from = {t.group: Path(t.path).name for t in topics if t.path.endswith(".md")}
    files: dict[str, list[Entry]] = {}
    for topic in topics:
        files.setdefault(came_from.get(topic.group) or file_name(topic.group), []).append(topic)
    return files


def _write(files: Mapping[Path, bytes], *, may_replace: bool) -> None:
    from chatbot.whole import write_whole

    there = next((path for path in files if path.exists()), None)
    if there and not may_replace:
        raise click.UsageError(f"{there} is there already: use --replace, or another name.")
    for path, data in files.items():
        path.parent.mkdir(parents=True, exist_ok=True)
        write_whole(path, data)
