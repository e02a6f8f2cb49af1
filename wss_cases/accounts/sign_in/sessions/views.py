"""One's own sessions, and what was kept when one of them ended."""

from typing import Any

from flask import Blueprint, flash, jsonify, redirect, render_template, request, session, url_for
from werkzeug.wrappers import Response

from wss_cases.access.gate import current_actor, gate
from wss_cases.access.permissions import Permission
from wss_cases.accounts.account.models import UserSession
from wss_cases.accounts.credentials.rules import FRESH_MINUTES
from wss_cases.accounts.managed_accounts.queries import own_sessions
from wss_cases.accounts.sign_in.saved_forms.actions import discard_form, keep_form
from wss_cases.accounts.sign_in.saved_forms.queries import kept_for
from wss_cases.accounts.sign_in.saved_forms.rules import device_words, written
from wss_cases.accounts.sign_in.sessions import actions
from wss_cases.accounts.sign_in.sessions.request_hooks import say_kept
from wss_cases.accounts.sign_in.sessions.signed_in import fresh_within, load_signed_in, safe_next
from wss_cases.foundation import clock
from wss_cases.foundation.dates import moment_words
from wss_cases.foundation.i18n import gettext as _
from wss_cases.foundation.i18n import ngettext
from wss_cases.foundation.pages import Page
from wss_cases.foundation.school_time import district_zone
from wss_cases.foundation.sign_in.login import current_user

blueprint = Blueprint("sessions", __name__)


@blueprint.get("/account/sessions")
@fresh_within(FRESH_MINUTES)
@gate(Permission.SIGNED_IN)
def mine() -> Page:
    """Where one is signed in, and since when."""
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
    """End every session of one's own but this one."""
    ended = actions.end_other_sessions(current_actor(), current_user.row.session_id, clock.now())
    flash(ngettext("%(num)d session was ended.", "%(num)d sessions were ended.", ended))
    return redirect(url_for("sessions.mine"), 303)


@blueprint.post("/session/keep-text")
@gate(Permission.PUBLIC)
def keep_text() -> Response:
    """Keep the form of a page whose session has run out, and say where to go on."""
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
    """Offer what was kept when a session of one's own ended."""
    found = kept_for(current_actor().user_id, clock.now())
    shown = [
        {
            "id": each.id,
            "when": moment_words(each.kept_at, district_zone()),
            "words": written(each.fields),
            "href": f"{each.page}{'&' if '?' in each.page else '?'}kept={each.id}",
        }
        for each in found
    ]
    return render_template(
        "accounts/sign_in/sessions/saved_forms.html",
        kept=shown,
        next=safe_next(request.args.get("next")) or url_for("web.home"),
    )


@blueprint.post("/account/kept/<int:kept_id>/discard")
@gate(Permission.SIGNED_IN)
def discard(kept_id: int) -> Page:
    """Forget one kept form."""
    discard_form(current_actor(), kept_id, clock.now())
    return redirect(url_for("sessions.kept"), 303)
