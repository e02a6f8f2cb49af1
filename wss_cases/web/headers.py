"""Security headers on every answer, and whose word about the address of a browser is taken."""

from flask import Flask
from werkzeug.middleware.proxy_fix import ProxyFix
from werkzeug.wrappers import Response

from wss_cases.foundation.settings import setting

POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self'; "
    "connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'; manifest-src 'self'; "
    "object-src 'none'"
)
HTTPS_ONLY = "max-age=63072000; includeSubDomains"


def init_headers(app: Flask) -> None:
    """Attach the headers to every answer, and read the address that as many web servers in front have passed on."""
    app.after_request(_add)
    proxies = app.config["TRUSTED_PROXIES"]
    if proxies:
        app.wsgi_app = ProxyFix(  # type: ignore[method-assign]
            app.wsgi_app, x_for=proxies, x_proto=0, x_host=0, x_port=0, x_prefix=0
        )


def _add(answer: Response) -> Response:
    answer.headers["Content-Security-Policy"] = POLICY
    answer.headers["X-Content-Type-Options"] = "nosniff"
    answer.headers["X-Frame-Options"] = "DENY"
    answer.headers["Referrer-Policy"] = "same-origin"
    answer.headers["Cross-Origin-Opener-Policy"] = "same-origin"
    if setting("SESSION_COOKIE_SECURE"):
        answer.headers["Strict-Transport-Security"] = HTTPS_ONLY
    answer.headers["Permissions-Policy"] = "camera=(), geolocation=(), microphone=()"
    if answer.mimetype == "text/html" or "Cache-Control" not in answer.headers:
        answer.headers["Cache-Control"] = "no-store"
    return answer
