"""Going to the district's own sign-on and coming back."""

from datetime import datetime
from typing import Any

from flask import Blueprint, current_app, flash, redirect, render_template, request, session, url_for

from wss_cases.access.gate import gate
from wss_cases.access.permissions import Permission
from wss_cases.accounts.credentials.links import invitation_id_of
from wss_cases.accounts.credentials.rules import FRESH_MINUTES
from wss_cases.accounts.sign_in.sessions.signed_in import HALF, begin_anew, enter, fresh_within, safe_next
from wss_cases.accounts.sign_in.sso import actions
from wss_cases.accounts.sign_in.sso.first_use import meet
from wss_cases.accounts.sign_in.sso.rules import AGAIN_WITHIN, proved_within
from wss_cases.foundation import clock
from wss_cases.foundation.errors import NotFound
from wss_cases.foundation.i18n import gettext as _
from wss_cases.foundation.pages import Page
from wss_cases.foundation.plain_templates import link
from wss_cases.foundation.settings.reading import setting
from wss_cases.foundation.sign_in import sso as sign_on
from wss_cases.foundation.sign_in.identity import Identity, SignOnDown, SignOnRefused
from wss_cases.foundation.sign_in.login import current_user

blueprint = Blueprint("sign_on", __name__)

GOING = "sign_on"
"""The cookie's place for what somebody went there for: where to, again, which invitation, to link one's own."""


OWNER = "sign_on_owner"
"""The cookie's place for the person of the sign-on whose account there is already, until its owner says so."""


@blueprint.get("/sign-on")
@gate(Permission.PUBLIC)
def go() -> Page:
    """Go to the district's sign-on, to sign in, to prove it again, or to link an invited account.

    A link and no form: the policy of our pages lets no form end on another site.
    """
    if not sign_on.is_on():
        raise NotFound
    # a sign-on that does not say when it asked is not asked again: Google refuses to
    again = request.args.get("again") == "1" and current_user.is_authenticated and current_user.row.says_when
    return _leave(again=again, invitation=request.args.get("invitation", "")[:500])


@blueprint.get("/account/sign-on")
@fresh_within(FRESH_MINUTES)
@gate(Permission.SIGNED_IN)
def link_mine() -> Page:
    """Go there to link one's own account to another person of the sign-on: another Google account, say."""
    return _leave(mine=True) if sign_on.is_on() else redirect(url_for("accounts.me"), 303)


def _leave(*, again: bool = False, invitation: str = "", mine: bool = False) -> Page:
    try:
        if sign_on.is_saml():
            answer = sign_on.begin_saml(link(url_for("saml.metadata")), link(url_for("saml.receive")), again)
        else:
            answer = sign_on.begin(link(url_for("sign_on.back")), again)
    except SignOnDown:
        return _down()
    except SignOnRefused as refusal:
        return refused(refusal.reason)
    target = url_for("accounts.me") if mine else safe_next(request.args.get("next")) or ""
    session[GOING] = {"next": target, "again": again, "invitation": invitation, "mine": mine}
    return answer


@blueprint.get("/sign-on/back")
@gate(Permission.PUBLIC)
def back() -> Page:
    """Come back from the district's sign-on."""
    if not sign_on.is_on() or sign_on.is_saml():
        raise NotFound
    came_for = session.pop(GOING, None)
    if came_for is None:
        return refused("nobody went")
    try:
        identity = sign_on.finish()
    except SignOnDown:
        return _down()
    except SignOnRefused as refusal:
        return refused(refusal.reason)
    return arrive(identity, came_for)


def arrive(identity: Identity, came_for: dict[str, Any]) -> Page:
    """Do what somebody went to the sign-on for, now that it said who they are."""
    now = clock.now()
    span = AGAIN_WITHIN if came_for["again"] else setting("SESSION_ABSOLUTE") + AGAIN_WITHIN
    silent = identity.auth_time is None and not came_for["again"]
    if not silent and not proved_within(identity.auth_time, span, now):
        return refused("not proved again" if came_for["again"] else "proved too long ago")
    if came_for["mine"]:
        signed_in = current_user.is_authenticated
        if not signed_in or not actions.link_mine(current_user.actor, current_user.row.session_id, identity, now):
            return refused("another account's, or signed out meanwhile")
        flash(_("Your account is linked. Sign in with this district account from now on."))
        return redirect(came_for["next"], 303)
    if came_for["invitation"]:
        invitation_id = invitation_id_of(came_for["invitation"])
        if invitation_id is None or not actions.link(invitation_id, identity, now):
            return refused("invitation")
    elif actions.is_strong(identity, setting("OIDC_ACR")):
        met = meet(identity, now)
        if met.refused:
            return refused(met.refused)
        if met.owner_id is not None:
            session[OWNER] = [met.owner_id, identity.issuer, identity.subject, int(now.timestamp()), came_for["next"]]
            return redirect(url_for("own_sign_on.claim"), 303)
    return _sign_in(identity, came_for["next"], now)


def _sign_in(identity: Identity, target: str, now: datetime) -> Page:
    device = request.headers.get("User-Agent", "")
    result = actions.sign_on(identity, setting("OIDC_ACR"), device, now)
    if result.token is None:
        return refused("no account, or no second factor")
    if result.awaits_code:
        begin_anew()
        session[HALF] = result.token
        return redirect(url_for("second_factor.code", next=target or None), 303)
    return enter(result.token, target)


def refused(reason: str) -> Page:
    """Say that nobody is signed in, and why in the log alone."""
    current_app.logger.warning("sign-on refused: %s", reason)
    return render_template("accounts/sign_in/sso/refused.html"), 400


def _down() -> Page:
    return render_template("accounts/sign_in/sso/down.html"), 503
