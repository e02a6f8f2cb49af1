"""Opening and releasing a hold, in the unit of work of a caller who may. Both are only in the audit."""

from sqlalchemy import select

from wss_cases.cases.case.models import CaseParticipant
from wss_cases.foundation.errors import Refused
from wss_cases.foundation.i18n import gettext as _
from wss_cases.journal.changes import changes_of
from wss_cases.journal.unit_of_work import UnitOfWork
from wss_cases.pathways.common.actions import add_audited
from wss_cases.pathways.common.models import Pathway
from wss_cases.pathways.legal_holds.models import LegalHold

OPENED = "hold.opened"
RELEASED = "hold.released"


def open_hold(uow: UnitOfWork, hold: LegalHold) -> LegalHold:
    """Add a hold. Its circles are locked first, so that a shredding comes before or after it, never between.

    Raises Refused without a reason.
    """
    if not hold.reason.strip():
        raise Refused("reason", _("Write what it is about, without what was said in the circle."))
    theirs = select(CaseParticipant.case_id).where(CaseParticipant.student_id == hold.student_id)
    of = Pathway.case_id.in_(theirs) if hold.student_id is not None else Pathway.case_id == hold.case_id
    uow.session.execute(select(Pathway.id).where(of).order_by(Pathway.id).with_for_update()).all()
    hold.opened_at, hold.opened_by_id = uow.now, uow.actor.user_id
    add_audited(uow, hold, OPENED)
    return hold


def release_hold(uow: UnitOfWork, hold: LegalHold, reason: str, version: int | None) -> None:
    """End a hold that was loaded under lock. Raises Refused without a reason, or when it is over already."""
    if version is not None and hold.version != version:
        raise Refused("", _("Someone else changed this in the meantime. Please review it again."))
    if hold.closed_at is not None:
        raise Refused("", _("This was already closed."))
    if not reason.strip():
        raise Refused("reason", _("Write why it ended."))
    hold.closed_at, hold.closed_by_id, hold.closed_reason = uow.now, uow.actor.user_id, reason.strip()
    uow.audit(RELEASED, "legal_hold", hold.id, changes_of(hold))
