"""Tables of requests for a circle, made by a school's link without an account. They are no incident and no student
record.
"""

from datetime import datetime
from typing import Any, Final

from sqlalchemy import CheckConstraint, ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from wss_cases.foundation.db import Base, Id, Versioned, named_enum, where
from wss_cases.foundation.i18n import Labelled, _l
from wss_cases.practice.log import PracticeKind


class Wish(Labelled):
    """What the person wishes for."""

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
    """The result of a request."""

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
