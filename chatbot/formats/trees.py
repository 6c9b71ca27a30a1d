"""JSON and YAML from strangers: parsed only where they are small and shallow. The only home of PyYAML."""

import json
from collections.abc import Iterator, Sequence
from typing import Any

from chatbot.errors import FormatError
from chatbot.formats.records import MAX_DEPTH, MAX_TOKENS

_OPENS = ("[", "{", ",")


def load_json(text: str, name: str, where: str = "") -> Any:
    """The value of a JSON text. Raises FormatError with the line, or with `where` in the file it stands."""
    refuse_many(text, name)
    try:
        return json.loads(text)
    except RecursionError as error:
        raise FormatError(f"{name} nests its values too deeply: export it again") from error
    except json.JSONDecodeError as error:
        place = where or f"line {error.lineno}, column {error.colno}"
        raise FormatError(f"{name}, {place}: not JSON ({error.msg})") from error
    except ValueError as error:  # a number of thousands of digits
        raise FormatError(f"{name}: a number in it is too long to read") from error


def refuse_many(text: str, name: str) -> None:
    """Raise FormatError for a JSON text of more values than are read, before anything is made of each."""
    if sum(map(text.count, _OPENS)) > MAX_TOKENS:
        raise FormatError(f"{name} holds more than {MAX_TOKENS:,} values: split it")


def load_yaml(text: str, name: str) -> Any:
    """The value of a YAML text, every leaf of it a text. Raises FormatError with the line.

    Aliases are refused: with them a few lines stand for billions, and no export of training data has any.
    """
    import yaml

    loader = getattr(yaml, "CBaseLoader", yaml.BaseLoader)  # in C, where PyYAML was built so
    try:
        _walk_events(yaml.parse(text, Loader=loader), name)
        return yaml.load(text, Loader=loader)  # noqa: S506 - the base loader makes texts, lists and mappings
    except yaml.YAMLError as error:
        place = _line(getattr(error, "problem_mark", None))
        raise FormatError(f"{name}{place}: not YAML ({getattr(error, 'problem', None) or error})") from error
    except (RecursionError, ValueError) as error:
        raise FormatError(f"{name} cannot be read as YAML: {error}") from error


def _walk_events(events: Iterator[Any], name: str) -> None:
    import yaml

    depth = 0
    for count, event in enumerate(events, 1):
        starts = isinstance(event, yaml.CollectionStartEvent)
        depth += starts - isinstance(event, yaml.CollectionEndEvent)
        if isinstance(event, yaml.AliasEvent):
            raise FormatError(f"{name}{_line(event.start_mark)}: an alias (*{event.anchor}): write it out")
        if depth > MAX_DEPTH:
            raise FormatError(f"{name}{_line(event.start_mark)}: nests more than {MAX_DEPTH} levels")
        if count > MAX_TOKENS:
            raise FormatError(f"{name} holds more than {MAX_TOKENS:,} values: split it")


def _line(mark: Any) -> str:
    return f", line {mark.line + 1}" if mark else ""


def dump_json(value: Any, indent: int | None = None) -> bytes:
    """The JSON of a value, in UTF-8."""
    return json.dumps(value, ensure_ascii=False, indent=indent).encode()


def dump_yaml(value: Any) -> bytes:
    """The YAML of a value; a text of several lines stands as one block."""
    import yaml

    class Dumper(getattr(yaml, "CSafeDumper", yaml.SafeDumper)):  # type: ignore[misc]  # in C, where it is built
        pass

    def text(dumper: Any, value: str) -> Any:
        style = "|" if "\n" in value else None
        return dumper.represent_scalar("tag:yaml.org,2002:str", value, style=style)

    Dumper.add_representer(str, text)
    dumped = yaml.dump(value, Dumper=Dumper, allow_unicode=True, sort_keys=False, width=10**9)
    return str(dumped).encode()


def dicts(value: Any) -> list[dict[str, Any]]:
    """The mappings in a list; none where it is something else."""
    return [v for v in value if isinstance(v, dict)] if isinstance(value, list) else []


def texts(value: Any) -> tuple[str, ...]:
    """The texts in a value: itself, or those of a list; numbers as they are written."""
    if isinstance(value, str):
        return (value,)
    if isinstance(value, bool):
        return ("yes" if value else "no",)
    if isinstance(value, int | float):
        return (str(value),)
    return tuple(t for v in value for t in texts(v)) if isinstance(value, Sequence) else ()
