"""SAML 2.0: what the identity provider knows us by, where it posts to, and where its person comes back."""

from flask import Blueprint, redirect, request, session, url_for
from werkzeug.wrappers import Response

from wss_cases.access.gate import gate
from wss_cases.access.permissions import Permission
from wss_cases.accounts.sign_in.saml import actions
from wss_cases.accounts.sign_in.sso.views import GOING, arrive, refused
from wss_cases.foundation import clock
from wss_cases.foundation.errors import NotFound
from wss_cases.foundation.pages import Page
from wss_cases.foundation.plain_templates import link
from wss_cases.foundation.sign_in import sso as sign_on
from wss_cases.foundation.sign_in.identity import SAML_REQUEST, SignOnRefused
from wss_cases.foundation.sign_in.login import csrf

blueprint = Blueprint("saml", __name__)


@blueprint.get("/saml/metadata")
@gate(Permission.PUBLIC)
def metadata() -> Response:
    """Tell the identity provider who we are and where it posts to."""
    if not sign_on.is_saml():
        raise NotFound
    document = sign_on.saml_metadata(link(url_for("saml.metadata")), link(url_for("saml.receive")))
    return Response(document, mimetype="application/samlmetadata+xml")


@blueprint.post("/saml/back")
@csrf.exempt
@gate(Permission.PUBLIC)
def receive() -> Page:
    """Take what the identity provider has a browser post. Its signature is the proof, in place of a token of ours.

    No cookie comes with a form of another site: whose browser this is shows on the next page.
    """
    if not sign_on.is_saml():
        raise NotFound
    us, here = link(url_for("saml.metadata")), link(url_for("saml.receive"))
    try:
        answer = sign_on.read_saml(us, here, request.form.get("SAMLResponse", ""))
    except SignOnRefused as refusal:
        return refused(refusal.reason)
    if not actions.take_in(answer, clock.now()):
        return refused("the same assertion again")
    return redirect(url_for("saml.arrived"), 303)


@blueprint.get("/saml/arrived")
@gate(Permission.PUBLIC)
def arrived() -> Page:
    """Come back: only the browser that went there holds the number of the request that was answered."""
    if not sign_on.is_saml():
        raise NotFound
    came_for, request_id = session.pop(GOING, None), session.pop(SAML_REQUEST, "")
    identity = actions.fetch(request_id, clock.now()) if came_for and request_id else None
    if came_for is None or identity is None:
        return refused("nobody went")
    return arrive(identity, came_for)
