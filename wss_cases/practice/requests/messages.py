"""Queries of requests for a circle, and the mails about them. A mail says that there is a request and gives a link,
never its words.
"""

from datetime import datetime
from typing import Any

from sqlalchemy import Select, and_, func, or_, select

from wss_cases.access.actor import Actor, Role, in_schools
from wss_cases.access.permissions import Permission
from wss_cases.access.policy import can
from wss_cases.foundation.db import by_id, db, newest
from wss_cases.foundation.errors import existing
from wss_cases.foundation.i18n import _l
from wss_cases.journal.message_kinds import MessageKind, PushWords, leads_to
from wss_cases.journal.models import AuditEntry, OutboxMessage
from wss_cases.practice.requests.models import Became, CircleRequest, RequestLink

PAGE = 25
WORKERS = (Role.COORDINATOR, Role.ADMINISTRATOR)

load_request = by_id(CircleRequest)


def visible_to(statement: Select[Any], actor: Actor) -> Select[Any]:
    """Narrow a select to requests of coordinators and administrators, and for deans to those about danger."""
    of_danger = and_(CircleRequest.in_danger, in_schools(CircleRequest.school_id, actor, Role.DEAN))
    return statement.where(or_(in_schools(CircleRequest.school_id, actor, *WORKERS), of_danger))


def open_requests(actor: Actor, before_id: int | None) -> list[CircleRequest]:
    """The newest requests without an answer, one more than a page shows."""
    waiting = visible_to(select(CircleRequest), actor).where(CircleRequest.answered_at.is_(None))
    return list(db.session.scalars(newest(waiting, CircleRequest, PAGE + 1, before_id)))


def waiting_counted(actor: Actor, *, danger: bool) -> Select[Any] | None:
    """The select that counts unanswered requests, either those about danger or the others; None for other roles."""
    if not actor.has(*WORKERS, Role.DEAN):
        return None
    counted: Any = select(func.count(CircleRequest.id))
    return visible_to(counted, actor).where(CircleRequest.answered_at.is_(None), CircleRequest.in_danger.is_(danger))


def answered_since(actor: Actor, start: datetime) -> dict[Became, int]:
    """The number of requests by result since an instant."""
    counted: Any = select(CircleRequest.became, func.count()).where(CircleRequest.answered_at >= start)
    counts = db.session.execute(visible_to(counted.group_by(CircleRequest.became), actor))
    return {row[0]: row[1] for row in counts}


def get_request(actor: Actor, request_id: int) -> CircleRequest:
    """A request that the actor may see. Raises NotFound."""
    statement = visible_to(select(CircleRequest), actor).where(CircleRequest.id == request_id)
    request: CircleRequest | None = db.session.scalar(statement)
    return existing(request)


def link_of(school_id: int) -> RequestLink | None:
    """The current link of a school; None without one."""
    works = (RequestLink.school_id == school_id, RequestLink.ended_at.is_(None))
    return db.session.scalar(select(RequestLink).where(*works))


def link_by(code: str) -> RequestLink:
    """The current link with a code. Raises NotFound for a guessed code and for a link that ended."""
    return existing(
        db.session.scalar(select(RequestLink).where(RequestLink.code == code, RequestLink.ended_at.is_(None)))
    )


def was_opened(request_id: int) -> bool:
    """Whether anyone has opened a request."""
    read = select(AuditEntry.id).where(
        AuditEntry.object_type == "circle_request",
        AuditEntry.object_id == request_id,
        AuditEntry.action == "circle_request.read",
    )
    return db.session.scalar(read.limit(1)) is not None


ASKED, DANGER, UNREAD = "circle_request.asked", "circle_request.danger", "circle_request.unread"


MAIL_LEADS_TO = "/circle-requests/{id}"


def _waits(message: OutboxMessage, actor: Actor) -> bool:
    request = load_request(message.object_id)
    return request is not None and request.became is None and can(actor, Permission.CIRCLE_REQUEST_WORK, request)


def _unread(message: OutboxMessage, actor: Actor) -> bool:
    return _waits(message, actor) and not was_opened(message.object_id)


MESSAGES = (
    MessageKind(
        ASKED,
        leads_to(
            MAIL_LEADS_TO,
            _l("Someone asked for a circle"),
            _l("A request for a circle came in. Read it on this school day."),
        ),
        _waits,
    ),
    MessageKind(
        DANGER,
        leads_to(
            MAIL_LEADS_TO,
            _l("Someone who asked for a circle may be in danger"),
            _l("A request at your school mentions danger. Open it now, and call 911 or 988 if no one has called."),
        ),
        _waits,
        push=PushWords(
            _l("Someone who asked for a circle may be in danger"),
            _l("Open the request now. Call 911 or 988 if no one has called yet."),
        ),
    ),
    MessageKind(
        UNREAD,
        leads_to(
            MAIL_LEADS_TO,
            _l("No one has read a request for a circle"),
            _l("It came in on an earlier day. Requests are read on every school day."),
        ),
        _unread,
    ),
)
