"""The signed-in person as Flask-Login sees them, and where to go after signing in."""

from collections.abc import Callable
from datetime import timedelta
from functools import wraps
from typing import Any, TypeVar
from urllib.parse import urlsplit

from flask import Flask, current_app, redirect, request, session, url_for
from sqlalchemy import select
from werkzeug.wrappers import Response

from wss_cases.access.actor import Actor
from wss_cases.access.gate import permission_of
from wss_cases.access.permissions import Permission
from wss_cases.accounts.account.models import UserAccount
from wss_cases.accounts.credentials.rules import Proof, must_have, proof_of
from wss_cases.accounts.grants.queries import SessionRow, live_session
from wss_cases.accounts.sign_in.saved_forms.queries import has_kept
from wss_cases.accounts.sign_in.sessions.actions import sign_out
from wss_cases.accounts.sign_in.sessions.known_browsers import LASTS_SECONDS, cookie_name, remembering
from wss_cases.foundation import clock
from wss_cases.foundation.db import db
from wss_cases.foundation.settings.reading import setting
from wss_cases.foundation.sign_in.login import UserMixin, current_user, login_user

HALF = "half"
"""The cookie's place for the token of a sign-in that still awaits its code."""

ALWAYS_OPEN = frozenset({"second_factor.mine", "second_factor.confirm", "accounts.sign_out", "accounts.keep_session"})
"""What somebody reaches who must set up a second factor first, besides what is public."""

View = TypeVar("View", bound=Callable[..., Any])


class SignedIn(UserMixin):
    """A live session; `actor` is the frozen value that actions are handed."""

    def __init__(self, token: str, row: SessionRow) -> None:
        self.token = token
        self.row = row
        self.actor: Actor = row.actor

    @property
    def must_have_factor(self) -> bool:
        """Whether this person works only with a second factor."""
        exempt = self.row.is_demo and setting("WSS_ENV") != "production"
        if self.row.email == setting("BREAK_GLASS"):
            return True  # the one way around the district's sign-on is not the weakest
        return must_have(self.actor, exempt, setting("SECOND_FACTOR"))

    @property
    def at_last_end(self) -> bool:
        """Whether the session ends when it ends, however busy its person is."""
        last: bool = self.row.expires_at >= self.row.created_at + setting("SESSION_ABSOLUTE")
        return last

    def get_id(self) -> str:
        """The cookie holds the session's token, never the user's id."""
        return self.token


def load_signed_in(token: str) -> SignedIn | None:
    """Return the person of a session token, or None when the session is over."""
    row = live_session(token, clock.now())
    return SignedIn(token, row) if row else None


def safe_next(target: str | None) -> str | None:
    """Return a path of this site, or None for anything that leads elsewhere."""
    if not target or not target.startswith("/") or target.startswith(("//", "/\\")) or not target.isprintable():
        return None
    parts = urlsplit(target)
    return None if parts.scheme or parts.netloc else target


def demo_accounts() -> list[str]:
    """Return the addresses of the demo accounts, shown on the sign-in page of a demo system only."""
    named = select(UserAccount.email).where(UserAccount.is_demo, UserAccount.email.like("%@demo.example"))
    return list(db.session.scalars(named.order_by(UserAccount.id).limit(9)))


def begin_anew() -> None:
    """End what this browser was signed in to, and forget what its cookie held, but for the language."""
    if current_user.is_authenticated:
        sign_out(current_user.actor, current_user.row.session_id, clock.now())
    language = session.get("locale")
    session.clear()
    if language:
        session["locale"] = language


def enter(token: str, target: str) -> Response:
    """Begin a session in this browser and lead on, by way of what was kept; nothing of the one before stays."""
    begin_anew()
    signed_in = load_signed_in(token)
    login_user(signed_in)
    answer = lead_on(target)
    if signed_in is not None and has_kept(signed_in.actor.user_id, clock.now()):
        answer = redirect(url_for("sessions.kept", next=safe_next(target)), 303)
    if signed_in is not None:
        known = remembering(request.cookies.get(cookie_name(), ""), signed_in.row.email)
        secure = setting("SESSION_COOKIE_SECURE")
        answer.set_cookie(cookie_name(), known, max_age=LASTS_SECONDS, httponly=True, samesite="Lax", secure=secure)
    return answer


def lead_on(target: str) -> Response:
    """Redirect to a page of this site, or home."""
    answer: Response = redirect(safe_next(target) or url_for("web.home"), 303)
    return answer


def this_page() -> str | None:
    """Return the page one is at: this one, or the one whose form was sent."""
    came_from = urlsplit(request.referrer or "")
    target = request.full_path if request.method == "GET" else f"{came_from.path}?{came_from.query}"
    return safe_next(target.rstrip("?"))


def fresh_within(
    minutes: int, to_change_only: bool = False, for_first_factor: bool = False
) -> Callable[[View], View]:  # fmt: skip
    """Ask who it is once more before a sensitive act, unless that was proved within so many minutes.

    Stands between the route and its gate. `to_change_only`: the page may be read without it. `for_first_factor`: who
    can prove it by nothing yet, because the sign-on does not say when it asked, need only have come from there.
    """

    def guard(view: View) -> View:
        @wraps(view)
        def asked(*args: Any, **kwargs: Any) -> Any:
            if to_change_only and request.method != "POST":
                return view(*args, **kwargs)
            row = current_user.row
            first = for_first_factor and proof_of(row.by_sign_on, row.says_when, row.has_factor) is Proof.NONE_YET
            proved = row.created_at if first else row.verified_at
            if proved is None or clock.now() - proved > timedelta(minutes=minutes):
                return redirect(url_for("second_factor.confirm", next=this_page()), 303)
            return view(*args, **kwargs)

        return asked  # type: ignore[return-value]

    return guard


def _factor_first() -> Response | None:
    if request.endpoint is None or not current_user.is_authenticated:
        return None
    proved = current_user.row.has_factor or current_user.row.factor_by_provider
    if proved or not current_user.must_have_factor:
        return None
    if request.endpoint in ALWAYS_OPEN or permission_of(current_app, request.endpoint) is Permission.PUBLIC:
        return None
    answer: Response = redirect(url_for("second_factor.mine"), 303)
    return answer


def init_second_factor(app: Flask) -> None:
    """Lead whoever must have a second factor to setting it up, before any other page; after the gate."""
    app.before_request(_factor_first)
