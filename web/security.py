"""Headers that tell browsers what a response may do, and which sites may call the API."""

from flask import Flask, Response, request

from web.parts import parts
from web.problems import Problem

SHARED = {
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=(), payment=(), usb=(), browsing-topics=()",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
}
_PAGE = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; "
    "form-action 'self'; base-uri 'none'; require-trusted-types-for 'script'; frame-ancestors "
)
DATA_POLICY = "default-src 'none'; frame-ancestors 'none'"
# Without its subdomains, which may be other people's business; a proxy in front may say more.
_ONLY_HTTPS = "max-age=31536000"
_PREFLIGHT_S = "7200"


def register(app: Flask) -> None:
    """Guard the API of `app` and put the headers on everything it answers."""
    app.before_request(_check_origin)
    app.after_request(_allow_origin)
    app.after_request(_add_headers)


def _check_origin() -> Response | None:
    if not _is_api():
        return None
    if not (_is_own() or _is_allowed()):
        cure = "Whoever runs the assistant can add it to CHATBOT_ALLOWED_ORIGINS."
        raise Problem(403, f"This web origin may not call the assistant. {cure}")
    if request.method == "OPTIONS" and "Access-Control-Request-Method" in request.headers:
        return Response(status=204)
    return None


def _allow_origin(response: Response) -> Response:
    if not _is_api():
        return response
    response.vary.add("Origin")
    if _is_allowed():
        # Equal to a setting by now, so this repeats nothing that only the client says.
        response.headers["Access-Control-Allow-Origin"] = request.headers["Origin"]
        response.headers["Access-Control-Expose-Headers"] = "Retry-After, X-Request-ID"
        if request.method == "OPTIONS":
            response.headers["Access-Control-Allow-Methods"] = "GET, POST"
            response.headers["Access-Control-Allow-Headers"] = "Content-Type"
            response.headers["Access-Control-Max-Age"] = _PREFLIGHT_S
    return response


def _add_headers(response: Response) -> Response:
    for name, value in SHARED.items():
        response.headers.setdefault(name, value)
    response.headers.setdefault("Content-Security-Policy", _policy(response))
    if request.path == "/embed":
        # A page that isolates itself may frame only what says it may be framed.
        response.headers["Cross-Origin-Resource-Policy"] = "cross-origin"
    if not response.cache_control:
        response.headers["Cache-Control"] = "no-store"
    if request.is_secure:
        response.headers.setdefault("Strict-Transport-Security", _ONLY_HTTPS)
    return response


def _policy(response: Response) -> str:
    if response.mimetype != "text/html":
        return DATA_POLICY
    if request.path == "/embed":
        return _PAGE + " ".join(("'self'", *parts().as_set.now().allowed_origins))
    return _PAGE + "'none'"


def _is_api() -> bool:
    return request.path.startswith("/api/")


def _is_allowed() -> bool:
    return request.headers.get("Origin") in parts().as_set.now().allowed_origins


def _is_own() -> bool:
    # Behind a proxy that ends TLS or renames the host, only the browser knows that both are the same site.
    origin = request.headers.get("Origin")
    own = f"{request.scheme}://{request.host}"
    return origin is None or origin == own or request.headers.get("Sec-Fetch-Site") == "same-origin"
