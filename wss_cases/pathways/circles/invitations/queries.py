"""Who belongs to a meeting as staff, and what was sent to them about it."""

from datetime import datetime

from sqlalchemy import or_, select

from wss_cases.access.actor import Actor
from wss_cases.access.permissions import Permission
from wss_cases.access.policy import can
from wss_cases.cases.case.models import Case
from wss_cases.foundation.db import db
from wss_cases.journal.models import OutboxMessage, OutboxState
from wss_cases.pathways.circles.circle.leading import leads_now
from wss_cases.pathways.circles.circle.models import CircleKeeper, CircleMeeting, MeetingInvitation

INVITATION = "circle.invitation"


def invitation_key(row: MeetingInvitation) -> str:
    """Return the key under which one number of one person's invitation to one meeting is queued once."""
    return f"{INVITATION}:{row.id}:{row.sequence}"


def staff_of(meeting: CircleMeeting) -> list[int]:
    """Return who belongs to a meeting as staff: the keepers of its circle and the lead of its case, each once."""
    keepers = select(CircleKeeper.user_id).where(
        CircleKeeper.pathway_id == meeting.pathway_id, CircleKeeper.ended_at.is_(None)
    )
    lead = select(Case.lead_id).where(Case.id == meeting.case_id, Case.lead_id.is_not(None))
    return sorted({*db.session.scalars(keepers), *(user_id for user_id in db.session.scalars(lead) if user_id)})


def reaches(actor: Actor, meeting: CircleMeeting, now: datetime) -> bool:
    """Whether somebody may know of a meeting: on the team of its case, or as one who leads its circle."""
    return can(actor, Permission.CASE_READ, meeting) or leads_now(actor, meeting.pathway_id, now)


def was_told(row: MeetingInvitation, message: OutboxMessage) -> bool:
    """Whether any earlier message of this invitation was sent, or may have been sent."""
    earlier = select(OutboxMessage.id).where(
        OutboxMessage.recipient_id == row.user_id,
        OutboxMessage.kind == INVITATION,
        OutboxMessage.object_id == row.id,
        OutboxMessage.id < message.id,
        or_(
            OutboxMessage.state.in_((OutboxState.SENT, OutboxState.CLAIMED, OutboxState.FAILED)),
            OutboxMessage.attempts > 0,
        ),
    )
    return db.session.scalar(earlier.limit(1)) is not None
