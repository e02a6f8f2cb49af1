"""Inviting by email: each link that is made for an address waits in a queue of its own, and goes in the hours of mail.

Apart from the outbox, whose mails go to people with an account and say what waits for them there.
"""

import secrets
from datetime import datetime

from sqlalchemy import insert

from wss_cases.access.actor import SYSTEM
from wss_cases.foundation.db import table_of
from wss_cases.foundation.school_time import at_local, zone_of
from wss_cases.journal.models import OutboxState
from wss_cases.journal.unit_of_work import UnitOfWork, insert_once, unit_of_work
from wss_cases.journal.use_cases import use_case
from wss_cases.surveys.instrument.states import SurveyGroup
from wss_cases.surveys.links.actions import invite_by_mail, load_running
from wss_cases.surveys.links.models import SurveyMail, SurveyMailStop


@use_case
def invite(uow: UnitOfWork, round_id: int, group: SurveyGroup) -> int:
    """Invite everyone of a group by email whose address is known and who has no link. Returns the round's id.

    Sent from the round's first day on. Raises NotFound, Refused when there is no one.
    """
    row = load_running(uow, round_id, group)
    opens = at_local(row.opens_on, 0, 0, zone_of(row.school_id))
    shared = {
        "school_id": row.school_id, "state": OutboxState.WAITING, "attempts": 0, "last_error": "",
        "created_at": uow.now, "next_attempt_at": max(opens, uow.now),
    }  # fmt: skip
    rows = [
        {"link_id": link_id, "dedupe_key": f"survey:{link_id}", "message_id": secrets.token_hex(16), **shared}
        for link_id in invite_by_mail(uow, row, group)
    ]
    uow.session.execute(insert(table_of(SurveyMail)), rows)
    return row.id


def stop_mail(digest: str, now: datetime) -> None:
    """Send no more invitations to the address of this digest."""
    with unit_of_work(SYSTEM, now) as uow:
        if insert_once(uow.session, SurveyMailStop, {"digest": digest}, ["digest"]):
            uow.audit("survey_mail.stopped", "survey_mail_stop", None)
        else:
            uow.no_audit()
