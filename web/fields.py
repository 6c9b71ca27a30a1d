"""What clients send: a body is read strictly, and its fields are named when they are wrong."""

import json
import re
from collections.abc import Mapping

from flask import request
from werkzeug.http import parse_options_header

from web.parts import parts
from web.problems import Problem

# Half a character pair has no UTF-8 form, and databases refuse NUL.
_UNWRITABLE = re.compile("[\x00\ud800-\udfff]")


def read_json() -> Mapping[str, object]:
    """Read the request's body: one JSON object. Raises Problem (400, 413, 415, 422)."""
    _check_type(request.headers.get("Content-Type", ""))
    raw = request.get_data(cache=False)
    try:
        body = json.loads(raw.decode("utf-8"), object_pairs_hook=_object, parse_constant=_refuse)
    except RecursionError:
        raise Problem(400, "The JSON is nested too deeply.") from None
    except UnicodeDecodeError:
        raise Problem(400, "The body is not UTF-8.") from None
    except json.JSONDecodeError as error:
        raise Problem(400, f"The JSON does not parse: line {error.lineno}, column {error.colno}.") from None
    except ValueError:
        raise Problem(400, "The JSON holds a number that is out of range, or not a number at all.") from None
    if not isinstance(body, dict):
        raise Problem(422, "The body must be a JSON object.")
    return body


def text(body: Mapping[str, object], name: str, limit: int, *, line: str = "") -> str:
    """Take the text field `name`, trimmed, of 1 to `limit` characters.

    Raises Problem (422); where the text is longer, it tells the visitor so with the bot's own `line`.
    """
    value = body.get(name)
    if not isinstance(value, str):
        raise Problem(422, f"{name} is {'missing' if value is None else 'not a text'}.", field=name)
    value = writable(value)
    if not value:
        raise Problem(422, f"{name} is empty.", field=name)
    if len(value) > limit:
        words = parts().bot.line(line).text if line else ""
        raise Problem(
            422, f"{name} has {len(value):,} characters: at most {limit:,}.", field=name, text=words
        )
    return value


def optional_text(body: Mapping[str, object], name: str, limit: int) -> str | None:
    """Take the text field `name`, or None where it is left out, null or blank."""
    value = body.get(name)
    if value is None or (isinstance(value, str) and not value.strip()):
        return None
    return text(body, name, limit)


def yes_or_no(body: Mapping[str, object], name: str) -> bool:
    """Take the field `name`, which must be true or false."""
    value = body.get(name)
    if not isinstance(value, bool):
        raise Problem(422, f"{name} is {'missing' if value is None else 'not true or false'}.", field=name)
    return value


def context(body: Mapping[str, object]) -> str:
    """Take the context; whatever this server cannot have given is the same as none."""
    value = body.get("context")
    return _UNWRITABLE.sub("\ufffd", value) if isinstance(value, str) else ""


def writable(value: str) -> str:
    """Trim `value` and replace what cannot be written down."""
    return _UNWRITABLE.sub("\ufffd", value.strip())


def _check_type(content_type: str) -> None:
    mimetype, options = parse_options_header(content_type)
    charset = options.pop("charset", "utf-8").lower()
    if mimetype.lower() != "application/json" or options or charset not in ("utf-8", "utf8"):
        raise Problem(415, "The body must be sent as application/json, in UTF-8.")


def _object(pairs: list[tuple[str, object]]) -> dict[str, object]:
    # Two readers of a name given twice may each take the other one.
    found = dict(pairs)
    if len(found) != len(pairs):
        raise Problem(400, "The JSON gives a name twice in one object.")
    return found


def _refuse(_constant: str) -> object:
    raise Problem(400, "The JSON holds NaN or Infinity, which JSON does not know.")
