"""Signing in by SAML: the provider's answer is stored until the browser that asked for it returns, and is used once."""

from dataclasses import asdict
from datetime import datetime, timedelta
from typing import Any

from flask import Blueprint, redirect, request, session, url_for
from sqlalchemy import String, delete, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Mapped, mapped_column
from werkzeug.wrappers import Response

from wss_cases.access.actor import SYSTEM
from wss_cases.access.gate import gate
from wss_cases.access.permissions import Permission
from wss_cases.accounts.sign_in.sso import GOING, arrive, refused
from wss_cases.foundation import clock
from wss_cases.foundation import sign_in as sign_on
from wss_cases.foundation.db import Base, Id
from wss_cases.foundation.errors import NotFound
from wss_cases.foundation.ids import token_digest
from wss_cases.foundation.pages import Page, link
from wss_cases.foundation.sign_in import SAML_REQUEST, Answer, Identity, SignOnRefused, csrf
from wss_cases.journal.rooms import Room
from wss_cases.journal.unit_of_work import unit_of_work


class SamlAnswer(Base):
    """One verified assertion, stored once by the digest of its id and fetched once by that of the request. `said` is
    emptied when fetched; the row stays until the assertion is too old to be accepted."""

    __tablename__ = "saml_answer"
    PRIVATE = frozenset({"said"})

    id: Mapped[Id]
    assertion: Mapped[str] = mapped_column(String(64), unique=True)
    request: Mapped[str] = mapped_column(String(64), index=True)
    said: Mapped[dict[str, Any]]
    received_at: Mapped[datetime]
    ends_at: Mapped[datetime]


KEPT = timedelta(minutes=10)
"""How long rows stay after an assertion's own end, for clocks that differ."""
FETCHED_WITHIN = timedelta(minutes=2)


def take_in(answer: Answer, now: datetime) -> bool:
    """Store a verified assertion for the browser that asked; False if it was received before."""
    try:
        with unit_of_work(SYSTEM, now) as uow:
            uow.no_audit()
            uow.session.execute(delete(SamlAnswer).where(SamlAnswer.ends_at < now - KEPT))
            uow.session.add(
                SamlAnswer(
                    assertion=token_digest(answer.assertion_id), request=token_digest(answer.request_id),
                    said=asdict(answer.identity), received_at=now, ends_at=answer.ends,
                )
            )  # fmt: skip
    except IntegrityError:
        with unit_of_work(SYSTEM, now) as uow:
            uow.audit("session.sign_on_refused", "user_account", None)
        return False
    return True


def fetch(request_id: str, now: datetime) -> Identity | None:
    """The answer to this browser's request, once; None if there is none."""
    waiting = select(SamlAnswer).where(
        SamlAnswer.request == token_digest(request_id), SamlAnswer.received_at > now - FETCHED_WITHIN
    )
    with unit_of_work(SYSTEM, now) as uow:
        uow.no_audit()
        row = uow.session.scalars(waiting.order_by(SamlAnswer.id).with_for_update()).first()
        identity = row.said if row else {}
        if row is None or not identity:
            return None
        row.said = {}
    return Identity(**identity | {"amr": tuple(identity["amr"])})


blueprint = Blueprint("saml", __name__)


@blueprint.get("/saml/metadata")
@gate(Permission.PUBLIC)
def metadata() -> Response:
    """Our metadata for the identity provider."""
    if not sign_on.is_saml():
        raise NotFound
    document = sign_on.saml_metadata(link(url_for("saml.metadata")), link(url_for("saml.receive")))
    return Response(document, mimetype="application/samlmetadata+xml")


@blueprint.post("/saml/back")
@csrf.exempt
@gate(Permission.PUBLIC)
def receive() -> Page:
    """Receive the identity provider's post, proved by its signature instead of our CSRF token. The browser sends no
    cookie with another site's form; the next page checks whose browser it is."""
    if not sign_on.is_saml():
        raise NotFound
    us, here = link(url_for("saml.metadata")), link(url_for("saml.receive"))
    try:
        answer = sign_on.read_saml(us, here, request.form.get("SAMLResponse", ""))
    except SignOnRefused as refusal:
        return refused(refusal.reason)
    if not take_in(answer, clock.now()):
        return refused("the same assertion again")
    return redirect(url_for("saml.arrived"), 303)


@blueprint.get("/saml/arrived")
@gate(Permission.PUBLIC)
def arrived() -> Page:
    """Continue the sign-in; only the browser that started it has the number of the request."""
    if not sign_on.is_saml():
        raise NotFound
    came_for, request_id = session.pop(GOING, None), session.pop(SAML_REQUEST, "")
    identity = fetch(request_id, clock.now()) if came_for and request_id else None
    if came_for is None or identity is None:
        return refused("nobody went")
    return arrive(identity, came_for)


ROOM = Room(pages=(blueprint,))
