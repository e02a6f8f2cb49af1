"""Taking in what an identity provider posted, and handing it to the browser that asked for it."""

from dataclasses import asdict
from datetime import datetime, timedelta

from sqlalchemy import delete, select
from sqlalchemy.exc import IntegrityError

from wss_cases.access.actor import SYSTEM
from wss_cases.accounts.sign_in.saml.models import SamlAnswer
from wss_cases.foundation.ids import token_digest
from wss_cases.foundation.sign_in.identity import Answer, Identity
from wss_cases.journal.unit_of_work import unit_of_work

KEPT = timedelta(minutes=10)
"""Beyond an assertion's own end, for clocks that differ."""
FETCHED_WITHIN = timedelta(minutes=2)


def take_in(answer: Answer, now: datetime) -> bool:
    """Keep a proven assertion for the browser that asked; False for one that was here before."""
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
    """Return, once, what was said in answer to a request of this browser; None where there is nothing."""
    waiting = select(SamlAnswer).where(
        SamlAnswer.request == token_digest(request_id), SamlAnswer.received_at > now - FETCHED_WITHIN
    )
    with unit_of_work(SYSTEM, now) as uow:
        uow.no_audit()
        row = uow.session.scalars(waiting.order_by(SamlAnswer.id).with_for_update()).first()
        said = row.said if row else {}
        if row is None or not said:
            return None
        row.said = {}
    return Identity(**said | {"amr": tuple(said["amr"])})
