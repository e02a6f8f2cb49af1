"""Invited links: one for each person, good for one answer."""

from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from wss_cases.foundation.db import Base, Id, named_enum
from wss_cases.journal.models import Sendable
from wss_cases.surveys.instrument.states import SurveyGroup


class SurveyLink(Base):
    """One link: to a guardian or a member of staff by email, or on a printed slip to nobody by name (a grade at most).

    The code is worked out from `nonce` and the system's keys, and only its digest is stored. The nonce of a slip goes
    when its sheet is shown, once; then no one can show it again. Used, a link keeps nothing but that: no time, no code.
    All links go when the round ends.
    """

    __tablename__ = "survey_link"
    __table_args__ = (
        UniqueConstraint("round_id", "guardian_id"),
        UniqueConstraint("round_id", "staff_id"),
        Index("ix_survey_link_round", "round_id", "audience"),
        CheckConstraint("guardian_id is null or staff_id is null", name="one_person"),
        CheckConstraint("not used or nonce is null", name="used"),
        CheckConstraint("not used or (sent = 0 and hour_began is null)", name="no_time"),
    )
    PRIVATE = frozenset({"nonce", "digest"})

    id: Mapped[Id]
    round_id: Mapped[int] = mapped_column(ForeignKey("survey_round.id"))
    audience: Mapped[SurveyGroup] = mapped_column(named_enum(SurveyGroup, "audience"))
    grade: Mapped[int | None]
    guardian_id: Mapped[int | None] = mapped_column(ForeignKey("guardian.id"))
    staff_id: Mapped[int | None] = mapped_column(ForeignKey("staff_member.id"))
    nonce: Mapped[str | None] = mapped_column(String(40))
    digest: Mapped[str] = mapped_column(String(64), unique=True)
    used: Mapped[bool] = mapped_column(default=False)
    hour_began: Mapped[datetime | None]
    sent: Mapped[int] = mapped_column(default=0, server_default="0")


class SurveyMail(Sendable, Base):
    """An invitation by email that waits or was sent; gone with its link when the round ends."""

    __tablename__ = "survey_mail"
    __table_args__ = (UniqueConstraint("dedupe_key"), Index("ix_survey_mail_due", "state", "next_attempt_at"))

    id: Mapped[Id]
    link_id: Mapped[int] = mapped_column(ForeignKey("survey_link.id"), index=True)
    school_id: Mapped[int] = mapped_column(ForeignKey("school.id"))


class SurveyMailStop(Base):
    """That an address asked for no more invitations, by a digest under the system's keys: whoever has the table alone
    cannot try addresses on it."""

    __tablename__ = "survey_mail_stop"

    digest: Mapped[str] = mapped_column(String(64), primary_key=True)
