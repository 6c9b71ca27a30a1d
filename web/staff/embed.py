"""Putting the assistant on a site: the line to copy, by kind of site, and whether a site is allowed."""

from flask import redirect, render_template, request, url_for
from werkzeug.wrappers import Response as BaseResponse

from chatbot import parse_origin
from web.parts import parts
from web.problems import Problem
from web.staff.door import admin_only, desk
from web.staff.settings import allow


@desk.get("/embed")
def embed() -> str:
    """Show how to put the assistant on a site."""
    asked = request.args.get("site", "").strip()[:300]
    origin = parse_origin(asked) if asked else None
    allowed = parts().as_set.now().allowed_origins
    return render_template(
        "staff/embed.html",
        script=url_for("widget", _external=True),
        faq=url_for("pages.faq", _external=True),
        frame=f"{request.url_root}embed",
        asked=asked,
        origin=origin,
        allowed=allowed,
        is_allowed=origin in allowed or origin == request.host_url.rstrip("/"),
    )


@desk.post("/embed")
@admin_only
def allow_site() -> BaseResponse:
    """Allow the site that was asked about."""
    origin = parse_origin(request.form.get("site", "").strip()[:300])
    if origin is None:
        raise Problem(422, "This is no web address. Go back, and check it once more.")
    allow(origin, add=True)
    return redirect(url_for("staff.embed", site=origin), 303)
