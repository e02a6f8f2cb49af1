"""What the mails about requests say: that there is one, and a link; never a word of it."""

from datetime import datetime
from typing import Any

from sqlalchemy import Select, and_, func, or_, select

from wss_cases.access.actor import Actor, Role
from wss_cases.access.permissions import Permission
from wss_cases.access.policy import can
from wss_cases.access.scope import in_schools
from wss_cases.foundation.db import by_id, db, newest
from wss_cases.foundation.errors import existing
from wss_cases.foundation.i18n import lazy_gettext as _l
from wss_cases.journal.message_kinds import MessageKind, PushWords, leads_to
from wss_cases.journal.models import AuditEntry, OutboxMessage
from wss_cases.practice.requests.models import Became, CircleRequest, RequestLink

PAGE = 25
WORKERS = (Role.COORDINATOR, Role.ADMINISTRATOR)

load_request = by_id(CircleRequest)


def visible_to(statement: Select[Any], actor: Actor) -> Select[Any]:
    """Narrow a select of requests to those of coordinators and administrators, and for deans those of danger."""
    of_danger = and_(CircleRequest.in_danger, in_schools(CircleRequest.school_id, actor, Role.DEAN))
    return statement.where(or_(in_schools(CircleRequest.school_id, actor, *WORKERS), of_danger))


def open_requests(actor: Actor, before_id: int | None) -> list[CircleRequest]:
    """Return the newest requests that nobody answered, one more than a page holds."""
    waiting = visible_to(select(CircleRequest), actor).where(CircleRequest.answered_at.is_(None))
    return list(db.session.scalars(newest(waiting, CircleRequest, PAGE + 1, before_id)))


def waiting_counted(actor: Actor, *, danger: bool) -> Select[Any] | None:
    """Return the select of how many requests wait for an answer, those of danger or the others."""
    if not actor.has(*WORKERS, Role.DEAN):
        return None
    counted: Any = select(func.count(CircleRequest.id))
    return visible_to(counted, actor).where(CircleRequest.answered_at.is_(None), CircleRequest.in_danger.is_(danger))


def answered_since(actor: Actor, start: datetime) -> dict[Became, int]:
    """Return how many requests became what since an instant."""
    counted: Any = select(CircleRequest.became, func.count()).where(CircleRequest.answered_at >= start)
    found = db.session.execute(visible_to(counted.group_by(CircleRequest.became), actor))
    return {row[0]: row[1] for row in found}


def get_request(actor: Actor, request_id: int) -> CircleRequest:
    """Return one request. Raises NotFound."""
    statement = visible_to(select(CircleRequest), actor).where(CircleRequest.id == request_id)
    found: CircleRequest | None = db.session.scalar(statement)
    return existing(found)


def link_of(school_id: int) -> RequestLink | None:
    """Return the link of a school that works; None where there is none."""
    works = (RequestLink.school_id == school_id, RequestLink.ended_at.is_(None))
    return db.session.scalar(select(RequestLink).where(*works))


def link_by(code: str) -> RequestLink:
    """Return the link of a code. Raises NotFound for one that was guessed, and for one that ended."""
    return existing(
        db.session.scalar(select(RequestLink).where(RequestLink.code == code, RequestLink.ended_at.is_(None)))
    )


def was_opened(request_id: int) -> bool:
    """Whether anybody has opened a request."""
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
            MAIL_LEADS_TO, _l("Someone asked for a circle"), _l("A request for a circle came in. Read it on this school day.")
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
