"""What a request does with kept forms: keeps one that came too late, fills a page with it, forgets it once saved."""

from contextlib import suppress

from flask import Flask, flash, g, redirect, request, session, url_for
from werkzeug.datastructures import MultiDict
from werkzeug.wrappers import Response

from wss_cases.access.gate import current_actor
from wss_cases.accounts.sign_in.saved_forms.actions import discard_form, keep_form
from wss_cases.accounts.sign_in.saved_forms.queries import kept_for
from wss_cases.accounts.sign_in.sessions.signed_in import load_signed_in, this_page
from wss_cases.foundation import clock
from wss_cases.foundation.errors import NotFound
from wss_cases.foundation.i18n import gettext as _
from wss_cases.foundation.sign_in.login import current_user, login_manager

FILLED = "filled"
"""The cookie's place for the kept form that a page was filled with: its id and where it is sent."""


def _keep_late_form() -> None:
    """Keep the form of this request for whoever's session has run out, and say so above the sign-in."""
    token = session.get("_user_id")
    if request.method != "POST" or not token or request.headers.get("X-Requested-With") == "fetch":
        return
    fields = list(request.form.items(multi=True))
    if keep_form(token, request.path, this_page() or request.path, fields, clock.now()):
        say_kept()


def say_kept() -> None:
    """Tell whoever comes to the sign-in that nothing is lost."""
    flash(_("Your session has ended. What you wrote is saved: sign in, and you can continue."))


def _to_sign_in() -> Response:
    _keep_late_form()
    answer: Response = redirect(url_for("accounts.sign_in", next=this_page()), 303)
    return answer


def _fill() -> None:
    wanted = request.args.get("kept", "")
    if request.method != "GET" or not wanted.isdecimal() or not current_user.is_authenticated:
        return
    for kept in kept_for(current_actor().user_id, clock.now()):
        if kept.id == int(wanted):
            g.kept_fields, g.kept_at = MultiDict(kept.fields), kept.kept_at
            session[FILLED] = [kept.id, kept.path]


def _forget_saved(answer: Response) -> Response:
    filled = session.get(FILLED)
    saved = request.method == "POST" and answer.status_code == 303 and current_user.is_authenticated
    if filled and saved and request.path == filled[1]:
        session.pop(FILLED)
        with suppress(NotFound):  # discarded meanwhile, or its day is over
            discard_form(current_actor(), filled[0], clock.now())
    return answer


def init_sessions() -> None:
    """Tell Flask-Login how to load people and where signing in happens."""
    login_manager.user_loader(load_signed_in)
    login_manager.unauthorized_handler(_to_sign_in)
    login_manager.session_protection = None


def init_kept(app: Flask) -> None:
    """Attach filling and forgetting to every request; after the gate."""
    app.before_request(_fill)
    app.after_request(_forget_saved)
