"""A page's Content-Security-Policy, as far as it decides whether the widget may run there.

After Content Security Policy Level 3, <https://www.w3.org/TR/CSP3/>, sections 6.7.2.
"""

import re
from collections.abc import Sequence
from urllib.parse import urlsplit

_HOST_SOURCE = re.compile(
    r"(?:(?P<scheme>[a-z][a-z0-9+.-]*)://)?(?P<host>\*|(?:\*\.)?[a-z0-9.-]+)(?::(?P<port>\d+|\*))?(?P<path>/\S*)?",
    re.IGNORECASE,
)
_PORTS = {"http": 80, "https": 443}


def allows(policy: str, directives: Sequence[str], address: str, page: str, nonce: str = "") -> bool:
    """Whether `policy` lets `page` load `address`; of `directives` the first that it names decides."""
    named = _directives(policy)
    sources = next((named[d] for d in directives if d in named), None)
    if sources is None:
        return True
    if nonce and f"'nonce-{nonce}'" in sources:
        return True
    if "'strict-dynamic'" in sources and directives[0].startswith("script-src"):
        return False
    return any(_matches(source, address, page) for source in sources)


def _directives(policy: str) -> dict[str, list[str]]:
    named: dict[str, list[str]] = {}
    for part in policy.split(";"):
        name, *sources = part.split() or [""]
        named.setdefault(name.lower(), sources)
    return named


def _matches(source: str, address: str, page: str) -> bool:
    there, here = urlsplit(address), urlsplit(page)
    if source.lower() == "'self'":
        return (there.scheme, there.netloc) == (here.scheme, here.netloc)
    if source == "*":
        return there.scheme in (*_PORTS, here.scheme)
    if re.fullmatch(r"[a-z][a-z0-9+.-]*:", source, re.IGNORECASE):
        return _scheme_fits(source[:-1].lower(), there.scheme)
    found = _HOST_SOURCE.fullmatch(source)
    if not found:
        return False
    port = there.port or _PORTS.get(there.scheme)
    wanted = int(found["port"]) if (found["port"] or "*") != "*" else _PORTS.get(there.scheme)
    return (
        _scheme_fits((found["scheme"] or here.scheme).lower(), there.scheme)
        and _host_fits(found["host"].lower(), there.hostname or "")
        and (found["port"] == "*" or port == wanted)
        and _path_fits(found["path"] or "", there.path)
    )


def _scheme_fits(wanted: str, scheme: str) -> bool:
    return scheme == wanted or (wanted, scheme) == ("http", "https")


def _host_fits(wanted: str, host: str) -> bool:
    return host.endswith(wanted[1:]) if wanted.startswith("*") else host == wanted


def _path_fits(wanted: str, path: str) -> bool:
    return path.startswith(wanted) if wanted in ("", "/") or wanted.endswith("/") else path == wanted
