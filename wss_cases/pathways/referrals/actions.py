"""What this pathway needs beside the common life."""

from datetime import date, datetime

from sqlalchemy import select

from wss_cases.access.actor import Actor
from wss_cases.foundation.errors import NotFound
from wss_cases.journal.unit import unit_of_work
from wss_cases.pathways.common.actions_life import load_live
from wss_cases.pathways.referrals.models import Referral
from wss_cases.routing.states import Pathway as Family


def save_plan(
    actor: Actor, pathway_id: int, *, partner: str, sent_on: date | None, version: int | None, now: datetime,
    request_key: str | None = None,
) -> int:  # fmt: skip
    """Say to which partner it goes, and when it was sent. Raises NotFound for another family."""
    with unit_of_work(actor, now, request_key) as uow:
        if uow.answered:
            return uow.answer
        row = load_live(uow, pathway_id, version)
        if row.pathway != Family.WRAPAROUND:
            raise NotFound
        plan = uow.session.scalar(select(Referral).where(Referral.pathway_id == row.id))
        if plan is None:
            plan = Referral(pathway_id=row.id, case_id=row.case_id, school_id=row.school_id)
        plan.partner_name, plan.sent_on = partner, sent_on
        uow.record(plan, "referral.saved")
        uow.answer = row.id
        return row.id
