"""The signed-in person as Flask-Login sees them."""

from wss_cases.access.actor import Actor
from wss_cases.accounts.queries import SessionRow, live_session
from wss_cases.foundation import clock
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


def init_sessions() -> None:
    """Tell Flask-Login how to load people and where signing in happens."""
    login_manager.user_loader(load_signed_in)
    login_manager.login_view = "accounts.sign_in"
    login_manager.login_message = None
    login_manager.session_protection = None
