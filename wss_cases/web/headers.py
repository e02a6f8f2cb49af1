"""Security headers on every answer, and which proxies may state a browser's address."""

from flask import Flask, current_app, redirect, request
from flask import Response as FlaskResponse
from flask.sessions import SecureCookieSessionInterface, SessionMixin
from werkzeug.middleware.proxy_fix import ProxyFix
from werkzeug.wrappers import Response

from wss_cases.foundation.errors import Refused
from wss_cases.foundation.i18n import _
from wss_cases.foundation.pages import link
from wss_cases.foundation.settings import setting

POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self'; "
    "connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'; manifest-src 'self'; "
    "worker-src 'self'; object-src 'none'"
)
PROBES = frozenset({"web.healthz", "web.readyz", "metrics.metrics"})
"""What programs of the same machine ask, around the web server in front; no person's data is in it."""
CACHEABLE_PAGES = frozenset({"public_pages.school", "public_pages.all_schools"})
"""Pages that are the same for anyone, and say themselves how long a copy may be kept."""
HTTPS_ONLY = "max-age=63072000; includeSubDomains"


class QuietSessions(SecureCookieSessionInterface):
    """Sessions in a signed cookie. Pages that are the same for everyone set no cookie and no Vary."""

    def save_session(self, app: Flask, session: SessionMixin, response: FlaskResponse) -> None:
        """Write the cookie, except on those pages."""
        if request.endpoint not in CACHEABLE_PAGES:
            super().save_session(app, session, response)


def init_headers(app: Flask) -> None:
    """Attach the headers to every answer, and take the client's address from as many proxies as configured.

    Must come before everything that looks at a request: in production a request without https is not even read.
    """
    app.session_interface = QuietSessions()
    app.before_request(_https_alone)
    app.after_request(_add)
    proxies = app.config["TRUSTED_PROXIES"]
    if proxies:
        app.wsgi_app = ProxyFix(  # type: ignore[method-assign]
            app.wsgi_app, x_for=proxies, x_proto=0, x_host=0, x_port=0, x_prefix=0
        )


def _https_alone() -> Response | None:
    if not setting("HTTPS_ALONE") or request.endpoint in PROBES:
        return None
    passed_on = [part.strip() for part in request.headers.get("X-Forwarded-Proto", "").split(",") if part.strip()]
    proxies = setting("TRUSTED_PROXIES")
    scheme = passed_on[-min(proxies, len(passed_on))] if proxies and passed_on else request.scheme
    if scheme == "https":
        return None
    current_app.logger.warning("plain http", extra={"facts": {"endpoint": request.endpoint}})
    if passed_on and request.method in ("GET", "HEAD"):
        answer: Response = redirect(link(request.full_path.rstrip("?")), 308)
        return answer
    raise Refused("", _("Nothing was saved: this site is available only over https. Open it with https:// in front."))


def _add(answer: Response) -> Response:
    answer.headers.setdefault("Content-Security-Policy", POLICY)
    answer.headers["X-Content-Type-Options"] = "nosniff"
    answer.headers["X-Frame-Options"] = "DENY"
    answer.headers["Referrer-Policy"] = "same-origin"
    answer.headers["Cross-Origin-Opener-Policy"] = "same-origin"
    if setting("SESSION_COOKIE_SECURE"):
        answer.headers["Strict-Transport-Security"] = HTTPS_ONLY
    answer.headers.setdefault("Permissions-Policy", "camera=(), geolocation=(), microphone=()")
    says_itself = request.endpoint in CACHEABLE_PAGES and answer.status_code in (200, 304)
    if (answer.mimetype == "text/html" and not says_itself) or "Cache-Control" not in answer.headers:
        answer.headers["Cache-Control"] = "no-store"
    return answer
