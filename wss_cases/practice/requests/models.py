"""Requests for a circle, made by a school's link without an account: tables, queries, mails.

They are no incident and no student record. A mail says that there is a request and gives a link, never its words.
"""

from datetime import datetime
from typing import Any, Final

from sqlalchemy import CheckConstraint, ForeignKey, Index, Select, String, and_, func, or_, select
from sqlalchemy.orm import Mapped, mapped_column

from wss_cases.access.actor import Actor, Role, in_schools
from wss_cases.access.permissions import Permission
from wss_cases.access.policy import can
from wss_cases.foundation.db import Base, Id, Versioned, by_id, db, named_enum, newest, where
from wss_cases.foundation.errors import existing
from wss_cases.foundation.i18n import Labelled, _l
from wss_cases.journal.message_kinds import MessageKind, PushWords, leads_to
from wss_cases.journal.models import AuditEntry, OutboxMessage
from wss_cases.practice.log import PracticeKind


class Wish(Labelled):
    GROUP = "group", _l("A circle with my class or group")
    AFTER = "after", _l("A circle after something that happened")
    TALK = "talk", _l("To talk with someone I had trouble with")
    LISTEN = "listen", _l("Someone who listens to me")
    FAMILY = "family", _l("A circle with my family")
    STAFF = "staff", _l("A circle for staff")
    UNSURE = "unsure", _l("I am not sure yet")


class Asker(Labelled):
    STUDENT = "student", _l("A student")
    FAMILY = "family", _l("A family")
    STAFF = "staff", _l("Someone who works at the school")


class Became(Labelled):
    CIRCLE = "circle", _l("A circle, which is in the log")
    TALK = "talk", _l("A conversation with anyone who wanted one")
    ANSWER = "answer", _l("A kind answer")
    NOTHING = "nothing", _l("Nothing: no one could be reached, or nothing was requested")


KIND_OF_WISH: Final = {
    Wish.TALK: PracticeKind.CHAT,
    Wish.LISTEN: PracticeKind.CHECK_IN,
    Wish.FAMILY: PracticeKind.FAMILY,
    Wish.STAFF: PracticeKind.STAFF,
}
"""The kind that the log's form suggests; a community circle for every other wish."""

SENTENCES: dict[str, Any] = {
    "circle_request.link_made": _l("New link for requests made"),
    "circle_request.asked": _l("Asked for"),
    "circle_request.answered": (_l("Result: %(became)s"), {"became": Became.labels()}),
}


MOST_LETTERS = 200
LONGEST_CONTACT = 120


class RequestLink(Base):
    """A school's link, which is posted on its walls. A new link ends the one before. It counts the requests of the
    running hour.
    """

    __tablename__ = "circle_request_link"
    __table_args__ = (
        Index("uq_circle_request_link_school", "school_id", unique=True, **where("ended_at IS NULL")),
        CheckConstraint("asked >= 0 and dangers >= 0", name="counts"),
    )
    PRIVATE = frozenset({"code"})

    id: Mapped[Id]
    school_id: Mapped[int] = mapped_column(ForeignKey("school.id"))
    code: Mapped[str] = mapped_column(String(40), unique=True)
    made_at: Mapped[datetime]
    made_by_id: Mapped[int] = mapped_column(ForeignKey("user_account.id"))
    ended_at: Mapped[datetime | None]
    hour_began: Mapped[datetime | None]
    asked: Mapped[int] = mapped_column(default=0, server_default="0")
    dangers: Mapped[int] = mapped_column(default=0, server_default="0")


class CircleRequest(Versioned, Base):
    """A request. Its words and contact are erased once it is answered; the row stays for counts."""

    __tablename__ = "circle_request"
    __table_args__ = (
        Index("ix_circle_request_school", "school_id", "answered_at"),
        CheckConstraint("(became is null) = (answered_at is null)", name="answered"),
        CheckConstraint("answered_at is null or (words = '' and contact = '')", name="erased"),
    )
    PRIVATE = frozenset({"words", "contact"})

    id: Mapped[Id]
    school_id: Mapped[int] = mapped_column(ForeignKey("school.id"))
    link_id: Mapped[int] = mapped_column(ForeignKey("circle_request_link.id"))
    form_key: Mapped[str] = mapped_column(String(64), unique=True)
    asked_at: Mapped[datetime]
    wish: Mapped[Wish] = mapped_column(named_enum(Wish, "wish"))
    asker: Mapped[Asker | None] = mapped_column(named_enum(Asker, "asker"))
    grade: Mapped[int | None]
    location_code: Mapped[str] = mapped_column(String(60), default="")
    language: Mapped[str] = mapped_column(String(8), default="en")
    in_danger: Mapped[bool]
    words: Mapped[str] = mapped_column(String(MOST_LETTERS), default="")
    contact: Mapped[str] = mapped_column(String(LONGEST_CONTACT), default="")
    became: Mapped[Became | None] = mapped_column(named_enum(Became, "became"))
    answered_at: Mapped[datetime | None]
    answered_by_id: Mapped[int | None] = mapped_column(ForeignKey("user_account.id"))
    practice_id: Mapped[int | None] = mapped_column(ForeignKey("practice_entry.id"))


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
