"""Sessions in the browser: begin and end, proving one's identity again, saved forms, and known browsers.

A signed cookie holds this browser's number and the accounts that fully signed in here. It grants no access.
"""

import secrets
from collections.abc import Callable
from contextlib import suppress
from datetime import timedelta
from functools import wraps
from typing import Any, TypeVar
from urllib.parse import urlsplit

from flask import Blueprint, Flask, current_app, flash, g, jsonify, redirect, render_template, request, session, url_for
from itsdangerous import BadSignature, URLSafeTimedSerializer
from sqlalchemy import select
from werkzeug.datastructures import MultiDict
from werkzeug.wrappers import Response

from wss_cases.access.actor import Actor
from wss_cases.access.gate import current_actor, gate, permission_of
from wss_cases.access.permissions import Permission
from wss_cases.accounts.account.models import UserAccount, UserSession
from wss_cases.accounts.credentials import FRESH_MINUTES, Proof, must_have, proof_of
from wss_cases.accounts.grants import SessionRow, live_session
from wss_cases.accounts.managed_accounts import own_sessions
from wss_cases.accounts.sign_in.saved_forms import device_words, discard_form, has_kept, keep_form, kept_for, written
from wss_cases.accounts.sign_in.sessions import actions
from wss_cases.accounts.sign_in.sessions.actions import sign_out
from wss_cases.foundation import clock
from wss_cases.foundation.db import db
from wss_cases.foundation.errors import NotFound
from wss_cases.foundation.i18n import _, ngettext
from wss_cases.foundation.ids import fold_address, token_digest
from wss_cases.foundation.pages import Page
from wss_cases.foundation.school_time import district_zone, moment_words
from wss_cases.foundation.settings import setting, signing_keys
from wss_cases.foundation.sign_in import UserMixin, current_user, login_manager, login_user
from wss_cases.journal.rooms import Room

LASTS_SECONDS = 180 * 24 * 3600
MOST_ACCOUNTS = 20
"""Per browser: many people may share a desk in a school's office."""


def _signer() -> URLSafeTimedSerializer:
    return URLSafeTimedSerializer(signing_keys(), salt="known browser")


def cookie_name() -> str:
    return "__Host-known" if setting("SESSION_COOKIE_SECURE") else "known"


def _mark(email: str) -> str:
    return token_digest(f"known:{fold_address(email)}")[:16]


def _held(cookie: str) -> tuple[str, list[str]]:
    try:
        browser, marks = _signer().loads(cookie, max_age=LASTS_SECONDS)
        return str(browser), [str(mark) for mark in marks]
    except (BadSignature, TypeError, ValueError):
        return secrets.token_urlsafe(16), []


def known_browser(cookie: str, email: str) -> str:
    """The number of this browser if the account signed in here before, otherwise ''."""
    browser, marks = _held(cookie)
    return browser if _mark(email) in marks else ""


def remembering(cookie: str, email: str) -> str:
    """The cookie after an account fully signed in, second factor included."""
    browser, marks = _held(cookie)
    marks = [_mark(email), *(mark for mark in marks if mark != _mark(email))][:MOST_ACCOUNTS]
    return str(_signer().dumps([browser, marks]))


HALF = "half"
"""Session key of the token of a sign-in that still awaits its code."""

ALWAYS_OPEN = frozenset({"second_factor.mine", "second_factor.confirm", "accounts.sign_out", "accounts.keep_session"})
"""Endpoints, besides public ones, open to someone who must set up a second factor first."""

View = TypeVar("View", bound=Callable[..., Any])


class SignedIn(UserMixin):
    """A live session; `actor` is the frozen value passed to actions."""

    def __init__(self, token: str, row: SessionRow) -> None:
        self.token = token
        self.row = row
        self.actor: Actor = row.actor

    @property
    def must_have_factor(self) -> bool:
        exempt = self.row.is_demo and setting("WSS_ENV") != "production"
        if self.row.email == setting("BREAK_GLASS"):
            return True  # the emergency account bypasses the sign-on, so it always needs one
        return must_have(self.actor, exempt, setting("SECOND_FACTOR"))

    @property
    def at_last_end(self) -> bool:
        """Whether the session's end is its absolute limit, which activity does not extend."""
        last: bool = self.row.expires_at >= self.row.created_at + setting("SESSION_ABSOLUTE")
        return last

    def get_id(self) -> str:
        """The session's token: the cookie never holds the user's id."""
        return self.token


def load_signed_in(token: str) -> SignedIn | None:
    """The person of a session token, or None if the session is over."""
    row = live_session(token, clock.now())
    return SignedIn(token, row) if row else None


def safe_next(target: str | None) -> str | None:
    """The target if it is a path of this site, otherwise None."""
    if not target or not target.startswith("/") or target.startswith(("//", "/\\")) or not target.isprintable():
        return None
    parts = urlsplit(target)
    return None if parts.scheme or parts.netloc else target


def demo_accounts() -> list[str]:
    """Addresses of the demo accounts, for the sign-in page of a demo system."""
    named = select(UserAccount.email).where(UserAccount.is_demo, UserAccount.email.like("%@demo.example"))
    return list(db.session.scalars(named.order_by(UserAccount.id).limit(9)))


def begin_anew() -> None:
    """End this browser's session and clear its cookie, except the language."""
    if current_user.is_authenticated:
        sign_out(current_user.actor, current_user.row.session_id, clock.now())
    language = session.get("locale")
    session.clear()
    if language:
        session["locale"] = language


def enter(token: str, target: str) -> Response:
    """Begin a new session in this browser and redirect, first to saved forms if any; nothing of the old session
    stays."""
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
    answer: Response = redirect(safe_next(target) or url_for("web.home"), 303)
    return answer


def this_page() -> str | None:
    """The current page, or the page whose form was sent."""
    came_from = urlsplit(request.referrer or "")
    target = request.full_path if request.method == "GET" else f"{came_from.path}?{came_from.query}"
    return safe_next(target.rstrip("?"))


def fresh_within(
    minutes: int, to_change_only: bool = False, for_first_factor: bool = False
) -> Callable[[View], View]:  # fmt: skip
    """Require a proof of identity within the last minutes before a sensitive act. Place it between the route and its
    gate. `to_change_only`: reading the page needs no proof. `for_first_factor`: people whose sign-on does not report
    when it asked have no proof yet; for them a recent sign-in is enough."""

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
    """Redirect people without a required second factor to its setup before any other page; runs after the gate."""
    app.before_request(_factor_first)


FILLED = "filled"
"""Session key of the saved form that filled a page: its id and its path."""


def _keep_late_form() -> None:
    """Save the form of this request for the person whose session expired, and tell them at the sign-in."""
    token = session.get("_user_id")
    if request.method != "POST" or not token or request.headers.get("X-Requested-With") == "fetch":
        return
    fields = list(request.form.items(multi=True))
    if keep_form(token, request.path, this_page() or request.path, fields, clock.now()):
        say_kept()


def say_kept() -> None:
    flash(_("Your session has ended. What you wrote is saved: sign in, and you can continue."))


def _to_sign_in() -> Response:
    _keep_late_form()
    answer: Response = redirect(url_for("accounts.sign_in", next=this_page()), 303)
    return answer


def _fill() -> None:
    wanted = request.args.get("kept", "")
    if request.method != "GET" or not wanted.isdecimal() or not current_user.is_authenticated:
        return
    for form in kept_for(current_actor().user_id, clock.now()):
        if form.id == int(wanted):
            g.kept_fields, g.kept_at = MultiDict(form.fields), form.kept_at
            session[FILLED] = [form.id, form.path]


def _forget_saved(answer: Response) -> Response:
    filled = session.get(FILLED)
    saved = request.method == "POST" and answer.status_code == 303 and current_user.is_authenticated
    if filled and saved and request.path == filled[1]:
        session.pop(FILLED)
        with suppress(NotFound):  # deleted in the meantime, or expired
            discard_form(current_actor(), filled[0], clock.now())
    return answer


def init_sessions() -> None:
    login_manager.user_loader(load_signed_in)
    login_manager.unauthorized_handler(_to_sign_in)
    login_manager.session_protection = None


def init_kept(app: Flask) -> None:
    """Fill forms from saved ones and delete those once submitted; runs after the gate."""
    app.before_request(_fill)
    app.after_request(_forget_saved)


blueprint = Blueprint("sessions", __name__)


@blueprint.get("/account/sessions")
@fresh_within(FRESH_MINUTES)
@gate(Permission.SIGNED_IN)
def mine() -> Page:
    """One's own live sessions."""
    rows = own_sessions(current_actor().user_id or 0, clock.now())
    return render_template(
        "accounts/sign_in/sessions/list.html",
        sessions=[_shown(row) for row in rows],
        this_session=current_user.row.session_id,
    )


def _shown(row: UserSession) -> dict[str, Any]:
    browser, machine = device_words(row.device)
    where = _("%(browser)s on %(machine)s", browser=browser, machine=machine) if browser and machine else ""
    return {
        "id": row.id,
        "where": where or browser or machine or _("A browser that does not say which"),
        "since": moment_words(row.created_at, district_zone()),
        "seen": moment_words(row.last_seen_at, district_zone()),
    }


@blueprint.post("/account/sessions/end-others")
@fresh_within(FRESH_MINUTES)
@gate(Permission.SIGNED_IN)
def end_others() -> Page:
    ended = actions.end_other_sessions(current_actor(), current_user.row.session_id, clock.now())
    flash(ngettext("%(num)d session was ended.", "%(num)d sessions were ended.", ended))
    return redirect(url_for("sessions.mine"), 303)


@blueprint.post("/session/keep-text")
@gate(Permission.PUBLIC)
def keep_text() -> Response:
    """Save the form of a page whose session expired, and say where to continue."""
    page = safe_next(request.form.get("kept_page")) or url_for("web.home")
    path = safe_next(request.form.get("kept_path")) or page
    token = session.get("_user_id", "")
    fields = [(name, value) for name, value in request.form.items(multi=True) if name not in ("kept_page", "kept_path")]
    kept_it = bool(token) and keep_form(token, path.partition("?")[0], page, fields, clock.now())
    if token and load_signed_in(token) is not None:
        return jsonify(next=url_for("sessions.kept", next=page))
    if kept_it:
        say_kept()
    return jsonify(next=url_for("accounts.sign_in", next=page))


@blueprint.get("/account/kept")
@gate(Permission.SIGNED_IN)
def kept() -> Page:
    """Offer the forms saved when a session of one's own ended."""
    forms = kept_for(current_actor().user_id, clock.now())
    shown = [
        {
            "id": each.id,
            "when": moment_words(each.kept_at, district_zone()),
            "words": written(each.fields),
            "href": f"{each.page}{'&' if '?' in each.page else '?'}kept={each.id}",
        }
        for each in forms
    ]
    return render_template(
        "accounts/sign_in/sessions/saved_forms.html",
        kept=shown,
        next=safe_next(request.args.get("next")) or url_for("web.home"),
    )


@blueprint.post("/account/kept/<int:kept_id>/discard")
@gate(Permission.SIGNED_IN)
def discard(kept_id: int) -> Page:
    discard_form(current_actor(), kept_id, clock.now())
    return redirect(url_for("sessions.kept"), 303)


ROOM = Room(pages=(blueprint,))
