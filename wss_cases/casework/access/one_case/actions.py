"""The district opens one case: by its number, with a reason that its school sees, for a set time."""

from datetime import datetime, timedelta

from sqlalchemy import select

from wss_cases.access.actor import Actor, Role
from wss_cases.access.permissions import Permission
from wss_cases.access.policy import require
from wss_cases.access.scope import in_schools
from wss_cases.accounts.grants import holders
from wss_cases.cases.case.models import Case
from wss_cases.casework.access.one_case.models import CaseOpening
from wss_cases.foundation.errors import NotFound, Refused
from wss_cases.foundation.i18n import gettext as _
from wss_cases.foundation.school_time import today_at
from wss_cases.foundation.settings.reading import setting
from wss_cases.journal.unit_of_work import UnitOfWork, unit_of_work
from wss_cases.journal.use_cases import use_case

NOTICE = "case_opened"


@use_case
def open_one(uow: UnitOfWork, reference: str, reason: str) -> int:
    """Let the actor read one case for a while; returns the case's id.

    The case's history says who opened it and why, and the school's administrators get a mail.
    Raises Refused when no case of the schools that the actor reaches has this number.
    """
    wanted = select(Case).where(
        Case.reference == reference.strip().upper(), in_schools(Case.school_id, uow.actor, Role.DISTRICT)
    )
    case = uow.session.scalar(wanted)
    if case is None:
        raise Refused("reference", _("No case at your schools has this number. Write it as the school does."))
    require(uow.actor, Permission.CASE_OPEN_ONE, case)
    row = uow.add(
        CaseOpening(
            case_id=case.id, school_id=case.school_id, user_id=uow.actor.user_id, reason=reason.strip(),
            opened_at=uow.now, expires_at=uow.now + timedelta(hours=setting("ONE_CASE_HOURS")),
        )
    )  # fmt: skip
    uow.record(row, "case.opened_by_district", reason=row.reason)
    for user_id, _name in holders(Role.ADMINISTRATOR, case.school_id, today_at(case.school_id, uow.now)):
        uow.notify(user_id, NOTICE, row, f"{NOTICE}:{row.id}:{user_id}")
    return case.id


def end_one(actor: Actor, case_id: int, now: datetime) -> None:
    """Give up reading a case before its time is over. Raises NotFound when it is not open to the actor."""
    with unit_of_work(actor, now) as uow:
        mine = select(CaseOpening).where(
            CaseOpening.case_id == case_id, CaseOpening.user_id == actor.user_id, CaseOpening.expires_at > now
        )
        rows = uow.session.scalars(mine.with_for_update()).all()
        if not rows:
            raise NotFound
        for row in rows:
            row.expires_at = now
            uow.record(row, "case.ended_by_district")
