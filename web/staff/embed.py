"""Putting the assistant on a site: the line to copy, by kind of site, and whether a site is allowed."""

from flask import render_template, request, url_for

from chatbot import parse_origin
from web.parts import parts
from web.staff.door import desk


@desk.get("/embed")
def embed() -> str:
    """Show how to put the assistant on a site."""
    asked = request.args.get("site", "").strip()[:300]
    origin = parse_origin(asked) if asked else None
    allowed = parts().settings.allowed_origins
    return render_template(
        "staff/embed.html",
        script=url_for("widget", _external=True),
        faq=url_for("pages.faq", _external=True),
        frame=f"{request.url_root}embed",
        asked=asked,
        origin=origin,
        allowed=allowed,
        is_allowed=origin in allowed or origin == request.host_url.rstrip("/"),
        setting=",".join(dict.fromkeys((*allowed, *([origin] if origin else [])))),
    )
