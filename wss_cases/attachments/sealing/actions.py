"""Sealing a file: nobody opens it any more, not even who attached it; counsel and the Title IX coordinator are told.

The district's people outside the school stand for counsel, as for sealed notes; the Title IX coordinator is told by
the school, through the legal duty that asks for it at once.
"""

from collections.abc import Iterable

from sqlalchemy import select

from wss_cases.access.actor import Role
from wss_cases.access.permissions import Permission
from wss_cases.access.policy import can
from wss_cases.accounts.grants import holders, holders_anywhere
from wss_cases.accounts.teams import colleagues
from wss_cases.attachments.attachment.models import Attachment
from wss_cases.attachments.attachment.states import SealedWhy
from wss_cases.attachments.hosts.queries import hosts_on, school_of
from wss_cases.attachments.hosts.rules import may_be_sexual
from wss_cases.attachments.sealing.states import SEALED
from wss_cases.foundation.errors import Refused
from wss_cases.foundation.i18n import gettext as _
from wss_cases.foundation.school_time import today_at
from wss_cases.incidents.incident.models import Incident
from wss_cases.journal.changes import changes_of
from wss_cases.journal.unit_of_work import UnitOfWork
from wss_cases.journal.use_cases import use_case
from wss_cases.routing.engine.pages import Duty
from wss_cases.safeguards.duties.duty.models import OPEN_DUTY
from wss_cases.safeguards.duties.duty.queries import duties_of
from wss_cases.safeguards.duties.duty.raising import ByHand, open_by_hand


@use_case
def flag(uow: UnitOfWork, attachment_id: int) -> int:
    """Say that a file may be a sexual image of a child: it is sealed at once, unread. Returns its id.

    Raises NotFound for whoever may not see it, Refused where it is sealed or removed already.
    """
    row = uow.load(Attachment, attachment_id, Permission.ATTACHMENT_READ)
    if row.sealed_at is not None or row.removed_at is not None:
        raise Refused("", _("This file was sealed or removed before."))
    seal(uow, [row], SealedWhy.FLAGGED)
    if row.incident_id is not None:
        _raise_duty(uow, uow.session.get_one(Incident, row.incident_id))
    return row.id


def seal(uow: UnitOfWork, rows: Iterable[Attachment], why: SealedWhy) -> int:
    """Seal files that are locked, and tell who must know. For use cases. Returns how many."""
    count = 0
    for row in rows:
        row.sealed_at, row.sealed_why, row.sealed_by_id = uow.now, why, uow.actor.user_id
        uow.audit(SEALED, "attachment", row.id, changes_of(row))
        _tell(uow, row)
        count += 1
    return count


def seal_where_sexual(uow: UnitOfWork, incident: Incident) -> None:
    """Seal every file that rests on a report which says that something sexual happened: what follows from its facts."""
    if not may_be_sexual(incident):
        return
    for name, ids in hosts_on(incident.id).items():
        there = select(Attachment).where(
            getattr(Attachment, name).in_(ids), Attachment.sealed_at.is_(None), Attachment.removed_at.is_(None)
        )
        seal(uow, uow.session.scalars(there.order_by(Attachment.id).with_for_update()).all(), SealedWhy.FACTS)


def _tell(uow: UnitOfWork, row: Attachment) -> None:
    school_id = school_of(row)
    today = today_at(school_id, uow.now)
    people = {user_id for user_id, _name in holders(Role.ADMINISTRATOR, school_id, today)}
    people |= {user_id for user_id, _name in holders_anywhere(Role.DISTRICT, today)}
    for user_id, actor in sorted(colleagues(people, uow.now).items()):
        if can(actor, Permission.ATTACHMENT_SEALED, row):
            uow.notify(user_id, SEALED, row, f"{SEALED}:{row.id}:{user_id}", at_any_hour=True)


def _raise_duty(uow: UnitOfWork, incident: Incident) -> None:
    code = Duty.TITLE_IX_CONTACT.value
    if any(one.duty.code == code and one.duty.state in OPEN_DUTY for one in duties_of(incident.id)):
        return
    because = _("A file on this report may be a sexual image of a child. It is sealed: no one opens it.")
    open_by_hand(uow, incident, ByHand(code, because, uow.now), None)
