"""The grade that Mozilla's HTTP Observatory would give a page, by its published rules.

The rules are those of mdn/mdn-http-observatory, `src/grader/charts.js` and `src/analyzer/tests/` (read in
November 2026). A page begins with 100 points; what is missing takes points away, and where 90 are left
after that, what is more than asked for adds some:

| part | best | then | worst |
| --- | --- | --- | --- |
| Content-Security-Policy | +10 default-src 'none' | +5 other; 0 unsafe styles | -20 unsafe; -25 none |
| frame-ancestors | +5 named | 0 X-Frame-Options instead | -20 neither |
| Strict-Transport-Security | 0 six months (+5 preloaded) | -10 shorter | -20 none |
| Referrer-Policy | +5 private | 0 none | -5 tells more |
| Cross-Origin-Resource-Policy | +10 same-origin, same-site | 0 none, cross-origin | -5 unreadable |
| X-Content-Type-Options | 0 nosniff | | -5 none |
| cookies | +5 Secure, HttpOnly, SameSite | 0 no cookie | -40 not Secure; -30 not HttpOnly |
| integrity of scripts | +5 own with it | 0 own without, or no script | -50 foreign without |
| shared with other origins | 0 not, or without credentials | | -50 with credentials |
| redirection to HTTPS | 0, and the part of whoever ends TLS | | -20 |

100 points and more are an A+. A page without scripts and cookies can have 130, one with both 140.
"""

import re

from werkzeug.datastructures import Headers

A_PLUS = 100
_NEEDED_FOR_EXTRA = 90
_BROAD = {"ftp:", "http:", "https:", "*", "http://*", "http://*.*", "https://*", "https://*.*"}
_INLINE = {"'unsafe-inline'", "data:"}
_PRIVATE = {"no-referrer", "same-origin", "strict-origin", "strict-origin-when-cross-origin"}
_SIX_MONTHS = 15_768_000


def grade(headers: Headers, html: str) -> int:
    """The points of a page that came over HTTPS with `headers`."""
    policy = _policy(headers.get("Content-Security-Policy", ""))
    found = [
        _of_policy(policy),
        5 if "frame-ancestors" in policy else 0 if headers.get("X-Frame-Options") else -20,
        _of_transport(headers.get("Strict-Transport-Security", "")),
        _of_referrer(headers.get("Referrer-Policy")),
        {None: 0, "same-origin": 10, "same-site": 10, "cross-origin": 0}.get(
            headers.get("Cross-Origin-Resource-Policy"), -5
        ),
        0 if headers.get("X-Content-Type-Options") == "nosniff" else -5,
        _of_cookies(headers.getlist("Set-Cookie")),
        _of_scripts(html),
        -50 if headers.get("Access-Control-Allow-Credentials") == "true" else 0,
    ]
    without_extra = 100 + sum(points for points in found if points < 0)
    return without_extra if without_extra < _NEEDED_FOR_EXTRA else 100 + sum(found)


def _policy(header: str) -> dict[str, set[str]]:
    directives = (part.split() for part in header.split(";"))
    return {words[0].lower(): set(words[1:]) for words in directives if words}


def _of_policy(policy: dict[str, set[str]]) -> int:
    if not policy:
        return -25
    default = policy.get("default-src", {"*"})
    scripts, styles = policy.get("script-src", default), policy.get("style-src", default)
    if scripts & (_BROAD | _INLINE) or policy.get("object-src", default) & _BROAD:
        return -20
    if any(source.startswith(("http:", "ftp:")) for sources in policy.values() for source in sources):
        return -20
    if "'unsafe-eval'" in scripts | styles:
        return -10
    if styles & (_BROAD | _INLINE):
        return 0
    return 10 if default == {"'none'"} else 5


def _of_transport(header: str) -> int:
    age = re.search(r"max-age=(\d+)", header)
    if not age:
        return -20
    return 0 if int(age[1]) >= _SIX_MONTHS else -10


def _of_referrer(header: str | None) -> int:
    if header is None:
        return 0
    return 5 if header in _PRIVATE else -5


def _of_cookies(cookies: list[str]) -> int:
    for cookie in cookies:
        flags = {part.strip().lower() for part in cookie.split(";")[1:]}
        if "secure" not in flags:
            return -40
        if "httponly" not in flags:
            return -30
        if not flags & {"samesite=lax", "samesite=strict"}:
            return 0
    return 5 if cookies else 0


def _of_scripts(html: str) -> int:
    scripts = re.findall(r"<script\b[^>]*\bsrc=[^>]*>", html)
    if any(re.search(r'src="(?:https?:)?//(?!clinic\.example/)', script) for script in scripts):
        return -50
    return 5 if scripts and all("integrity=" in script for script in scripts) else 0
