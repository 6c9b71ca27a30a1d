"""Words for the pages of the desk: errors as sentences, days as people write them."""

from datetime import date, datetime

from chatbot import DamageError
from web.staff.door import desk


def sentence(error: Exception) -> str:
    """An error's text as a sentence. Of damage, without the file's name, which is in the log."""
    text = f"the database is damaged ({error.fact})" if isinstance(error, DamageError) else str(error)
    is_file = "." in text.partition(" ")[0]  # whose name stays as it is
    return (text if is_file else text[:1].upper() + text[1:]) + (
        "" if text.endswith((".", "?", "!")) else "."
    )


@desk.app_template_filter("long_day")
def long_day(day: date | str | None) -> str:
    """A day as in "27 Nov 2026"; an ISO text will do, and any other stays as it is."""
    if not day:
        return ""
    try:
        known = datetime.fromisoformat(day) if isinstance(day, str) else day
    except ValueError:
        return str(day)  # as it was typed: whoever checks it says what is wrong
    return f"{known.day} {known:%b %Y}"
