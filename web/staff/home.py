"""Home: what needs you today."""

from flask import render_template

from web.staff.door import desk


@desk.get("")
def home() -> str:
    """Show what needs doing, most pressing first."""
    return render_template("staff/home.html")
