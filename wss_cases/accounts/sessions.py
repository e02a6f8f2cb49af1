"""The signed-in person as Flask-Login sees them, and where to go after signing in."""

from urllib.parse import urlsplit

from flask import redirect, request, url_for
from sqlalchemy import select
from werkzeug.wrappers import Response

from wss_cases.access.actor import Actor
from wss_cases.accounts.models import UserAccount
from wss_cases.accounts.queries import SessionRow, live_session
from wss_cases.foundation import clock
from wss_cases.foundation.db import db
from wss_cases.foundation.sign_in import UserMixin, login_manager


class SignedIn(UserMixin):
    """A live session; `actor` is the frozen value that actions are handed."""

    def __init__(self, token: str, row: SessionRow) -> None:
        self.token = token
        self.row = row
        self.actor: Actor = row.actor

    def get_id(self) -> str:
        """The cookie holds the session's token, never the user's id."""
        return self.token


def load_signed_in(token: str) -> SignedIn | None:
    """Return the person of a session token, or None when the session is over."""
    row = live_session(token, clock.now())
    return SignedIn(token, row) if row else None


def safe_next(target: str | None) -> str | None:
    """Return a path of this site, or None for anything that leads elsewhere."""
    if (
        not target
        or not target.startswith("/")
        or target.startswith(("//", "/\\"))
        or not target.isprintable()
    ):
        return None
    parts = urlsplit(target)
    return None if parts.scheme or parts.netloc else target


def demo_accounts() -> list[str]:
    """Return the addresses of the demo accounts, shown on the sign-in page of a demo system only."""
    named = select(UserAccount.email).where(UserAccount.is_demo, UserAccount.email.like("%@demo.example"))
    return list(db.session.scalars(named.order_by(UserAccount.id).limit(8)))


def _to_sign_in() -> Response:
    came_from = urlsplit(request.referrer or "")
    target = request.full_path if request.method == "GET" else f"{came_from.path}?{came_from.query}"
    answer: Response = redirect(url_for("accounts.sign_in", next=safe_next(target.rstrip("?"))), 303)
    return answer


def init_sessions() -> None:
    """Tell Flask-Login how to load people and where signing in happens."""
    login_manager.user_loader(load_signed_in)
    login_manager.unauthorized_handler(_to_sign_in)
    login_manager.session_protection = None
