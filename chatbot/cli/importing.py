"""The command that brings knowledge in: topics from files of many kinds, articles from saved pages."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, get_args

import click

from chatbot.cli.editing import open_desk
from chatbot.cli.program import main, open_knowledge, patience, print_json, screen, settings_here
from chatbot.cli.terminal import article_text, counted, rows_text, visible
from chatbot.model import Format

if TYPE_CHECKING:
    from chatbot.content import Knowledge
    from chatbot.formats import ImportPlan, Progress, Reading
    from chatbot.importing import SavedPage

FORMATS = ("page", *get_args(Format))
_BY = "command line"
_SHOWN = 20  # rows of each kind


@main.command("import")
@click.argument("files", nargs=-1, required=True, type=click.Path(path_type=Path), metavar="FILE...")
@click.option("--format", "called", type=click.Choice(FORMATS), help="What FILE is, where it is misjudged.")
@click.option("--map", "mapped", multiple=True, metavar="FIELD=COLUMN", help="Which column holds a field.")
@click.option("--dry-run", is_flag=True, help="Show what would be imported, and change nothing.")
@click.option("--replace", "may_replace", is_flag=True, help="Replace an imported article of the same name.")
@click.option("--json", "as_json", is_flag=True, help="Print an object, or a list of them for articles.")
@click.pass_context
def import_files(  # noqa: PLR0913 - click's
    context: click.Context,
    files: tuple[Path, ...],
    called: str | None,
    mapped: tuple[str, ...],
    *,
    dry_run: bool,
    may_replace: bool,
    as_json: bool,
) -> None:
    """Import topics from a file of another program, or articles from saved pages.

    Topics come from CSV, TSV, Excel, JSON, JSON lines, the project's Markdown, QnA Maker, QnABot, Rasa (all
    its files together), Dialogflow ES, and pages with FAQPage data. They become one edit; if one row is
    refused, nothing is changed, and the exit status is 1.

    Any other page (.txt, .md or .html) is an article: it is shown as the bot will use it, and copied as it
    is into the data folder.

    \b
    Examples:
      chatbot import --dry-run faq.xlsx
      chatbot import --map question=Frage --map answer=Antwort faq.csv
      chatbot import page.html
    """
    from chatbot.importing import is_article

    given = tuple(dict.fromkeys(files))
    pages = [path for path in given if called == "page" or (called is None and is_article(path))]
    if pages and len(pages) < len(given):
        topics = next(path for path in given if path not in pages)
        raise click.UsageError(f"{pages[0]} is an article, {topics} is not: import them one after the other.")
    if pages:
        _import_pages(pages, dry_run=dry_run, may_replace=may_replace, as_json=as_json)
        return
    plan = _import_topics(given, called, _mapping(mapped), dry_run=dry_run, as_json=as_json)
    if plan.refused:
        context.exit(1)


def _mapping(mapped: Iterable[str]) -> dict[str, str] | None:
    """Column to field, from FIELD=COLUMN; None where nothing was said."""
    pairs = [part.partition("=") for part in mapped]
    if wrong := next((field for field, equals, column in pairs if not (equals and column)), None):
        raise click.UsageError(f"--map {wrong!r} names no column: write FIELD=COLUMN.")
    return {column: field for field, _, column in pairs} or None


# --- topics ---------------------------------------------------------------------------------------------


def _import_topics(
    files: Sequence[Path],
    called: str | None,
    mapping: Mapping[str, str] | None,
    *,
    dry_run: bool,
    as_json: bool,
) -> "ImportPlan":
    from chatbot import formats

    uploads = [(path.name, _bytes_of(path)) for path in files]
    readings = _readings(uploads, called, mapping)
    rows = [
        replace(row, where=f"{name}, {row.where}") if len(readings) > 1 else row
        for (name, _), reading in zip(uploads, readings, strict=False)
        for row in reading.rows
    ]
    known = open_knowledge()
    with _progress("Looking at the rows") as progress:
        plan = formats.plan(rows, known, progress)
    _print_plan(plan, readings, as_json=as_json)
    if plan.refused and not dry_run:
        refused = counted(len(plan.refused), "row was", "rows were")
        click.echo(f"{refused} refused: nothing was changed.", err=True)
    elif dry_run or not plan.entries:
        click.echo("Nothing was changed.", err=True)
    else:
        _publish(plan, known, ", ".join(name for name, _ in uploads))
    return plan


def _bytes_of(path: Path) -> bytes:
    from chatbot.errors import FormatError
    from chatbot.formats import MAX_BYTES

    if not path.is_file():
        raise FormatError(f"{path} is not a file" if path.exists() else f"{path}: no such file")
    if (size := path.stat().st_size) > MAX_BYTES:
        raise FormatError(
            f"{path} has {size / 1_000_000:,.0f} MB, at most {MAX_BYTES // 1_000_000} are read: split it"
        )
    return path.read_bytes()


def _readings(
    uploads: Sequence[tuple[str, bytes]], called: str | None, mapping: Mapping[str, str] | None
) -> "list[Reading]":
    """The files as rows; those of Rasa belong together."""
    from chatbot.formats import read

    (name, data), *others = uploads
    if others and (called == "rasa" or all(n.lower().endswith((".yml", ".yaml")) for n, _ in uploads)):
        return [read(data, name, format=called, beside=others)]
    return [read(data, name, mapping, format=called) for name, data in uploads]


def _publish(plan: "ImportPlan", known: "Knowledge", names: str) -> None:
    """Publish like any other change: one that breaks a test of staff's own is refused."""
    from chatbot.errors import ChatbotError
    from chatbot.formats import changes, versions

    with open_desk() as desk:
        based_on = versions(desk.store.edits)
        if desk.publisher.knowledge().topics != known.topics:
            raise ChatbotError("somebody published while the rows were looked at: import once more")
        with patience("Building, and asking your tests"):
            revision = desk.publisher.publish(changes(plan, based_on), by=_BY, why=f"import of {names}")
    click.echo(f"Saved as revision {revision}, which can be undone as one edit.", err=True)


def _print_plan(plan: "ImportPlan", readings: "Sequence[Reading]", *, as_json: bool) -> None:
    if as_json:
        print_json(_plan_object(plan, readings), indent=2)
        return
    shown_on = screen()
    for reading in readings:
        told = ", ".join(f"{c.name!r} as {c.field}" for c in reading.columns if c.field)
        click.echo(visible(f"Read as {reading.format}, {reading.encoding}{': ' if told else ''}{told}"))
        for note in reading.notes[:_SHOWN]:
            click.echo(visible(f"  {note.where} {note.text}"))
    rows: list[tuple[str, str, str]] = [
        *((p.entry.id, p.entry.question, "new") for p in plan.new[:_SHOWN]),
        *((p.entry.id, p.entry.question, f"changes {', '.join(p.fields)}") for p in plan.changed[:_SHOWN]),
        *((r.where, r.reason, "refused") for r in plan.refused[:_SHOWN]),
    ]
    if rows:
        click.echo(rows_text(shown_on, rows))
    counts = (
        ("new", plan.new),
        ("changed", plan.changed),
        ("unchanged", plan.same),
        ("refused", plan.refused),
    )
    click.echo(", ".join(f"{len(planned):,} {word}" for word, planned in counts))


def _plan_object(plan: "ImportPlan", readings: "Sequence[Reading]") -> dict[str, Any]:
    return {
        "files": [
            {
                "format": reading.format,
                "encoding": reading.encoding,
                "columns": [asdict(column) for column in reading.columns],
                "notes": [asdict(note) for note in reading.notes],
            }
            for reading in readings
        ],
        "new": [{"where": p.where, "id": p.entry.id, "question": p.entry.question} for p in plan.new],
        "changed": [{"where": p.where, "id": p.entry.id, "fields": p.fields} for p in plan.changed],
        "same": [p.entry.id for p in plan.same],
        "refused": [asdict(refused) for refused in plan.refused],
    }


@contextmanager
def _progress(label: str) -> "Iterator[Progress]":
    """A bar on standard error, where a person looks at it."""
    import sys

    with click.progressbar(length=1, label=label, file=sys.stderr, hidden=not sys.stderr.isatty()) as bar:

        def told(done: int, total: int) -> None:
            bar.length = max(total, 1)
            bar.update(done - bar.pos)

        yield told


# --- articles -------------------------------------------------------------------------------------------


def _import_pages(files: Sequence[Path], *, dry_run: bool, may_replace: bool, as_json: bool) -> None:
    from chatbot.bot import load_knowledge
    from chatbot.importing import read_page, take_in

    settings = settings_here()
    pages = [read_page(path) for path in files]
    folder = settings.data_dir / "knowledge" / "articles"
    if not dry_run:
        known = take_in(pages, folder, prove=lambda: load_knowledge(settings), replace=may_replace)
        pages = [_as_known(page, known) for page in pages]
    _print_pages(pages, as_json=as_json)
    done = "Nothing was changed." if dry_run else f"Copied to {folder}. A server that runs needs a restart."
    click.echo(visible(done), err=True)


def _as_known(page: "SavedPage", known: "Knowledge") -> "SavedPage":
    """The page with the ids that its passages have beside those of other articles."""
    return replace(page, passages=tuple(p for p in known.passages if p.path == page.path.name))


def _print_pages(pages: "list[SavedPage]", *, as_json: bool) -> None:
    if as_json:
        print_json(
            [
                {
                    "file": str(page.path),
                    "title": page.article.title,
                    "passages": [
                        {"id": p.id, "heading": p.question, "text": p.answer} for p in page.passages
                    ],
                    "dropped": [asdict(part) for part in page.article.dropped],
                }
                for page in pages
            ],
            indent=2,
        )
        return
    for page in pages:
        click.echo(article_text(screen(), page.article, page.passages) + "\n")
