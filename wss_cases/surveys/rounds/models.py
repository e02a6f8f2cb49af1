"""Rounds of the survey at a school, and their sealed tallies: no table holds an answer by itself.

A tally is one sealed text, always of the same length, for each group and way. Every answer seals it anew under a fresh
key, so that the rows, their order, their times and two copies of the database tell nothing of what was answered. It is
opened once, when the round ends, and then it is gone.
"""

from datetime import date, datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index, LargeBinary, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from wss_cases.foundation.db import Base, Id, Versioned, named_enum, where
from wss_cases.surveys.instrument.states import SurveyGroup, Way


class SurveyRound(Versioned, Base):
    """One survey at one school: from when to when, who is asked, who opened it. `counted_at`: it is over."""

    __tablename__ = "survey_round"
    __table_args__ = (
        Index("uq_survey_round_running", "school_id", unique=True, **where("counted_at IS NULL")),
        Index("ix_survey_round_school", "school_id", "school_year"),
        CheckConstraint("closes_on >= opens_on", name="dates"),
        CheckConstraint("asks_students or asks_families or asks_staff", name="asks_somebody"),
        CheckConstraint("not asks_students or (notice_on is not null and notice_on < opens_on)", name="notice"),
    )

    id: Mapped[Id]
    school_id: Mapped[int] = mapped_column(ForeignKey("school.id"))
    school_year: Mapped[str] = mapped_column(String(7))
    opens_on: Mapped[date]
    closes_on: Mapped[date]
    notice_on: Mapped[date | None]
    asks_students: Mapped[bool]
    asks_families: Mapped[bool]
    asks_staff: Mapped[bool]
    made_at: Mapped[datetime]
    made_by_id: Mapped[int | None] = mapped_column(ForeignKey("user_account.id"))
    counted_at: Mapped[datetime | None]

    @property
    def groups(self) -> tuple[SurveyGroup, ...]:
        """Who is asked."""
        asked = {
            SurveyGroup.STUDENT: self.asks_students,
            SurveyGroup.FAMILY: self.asks_families,
            SurveyGroup.STAFF: self.asks_staff,
        }
        return tuple(group for group in SurveyGroup if asked[group])


class SurveyWall(Base):
    """The code on the wall of a round: anyone may scan it. It counts what was sent in its hour."""

    __tablename__ = "survey_wall"
    __table_args__ = (UniqueConstraint("round_id"), CheckConstraint("sent >= 0", name="counts"))
    PRIVATE = frozenset({"code"})

    id: Mapped[Id]
    round_id: Mapped[int] = mapped_column(ForeignKey("survey_round.id"))
    code: Mapped[str] = mapped_column(String(40), unique=True)
    hour_began: Mapped[datetime | None]
    sent: Mapped[int] = mapped_column(default=0, server_default="0")


class SurveyTally(Base):
    """What one group answered by one way, sealed until the round ends; `taken` answers in it, of `most`.

    `most` is how many people of the group there are where anyone may answer; None where each link admits one.
    `invited` is how many links there are, `replaced` how many slips were voided for new ones.
    """

    __tablename__ = "survey_tally"
    __table_args__ = (
        UniqueConstraint("round_id", "audience", "way"),
        CheckConstraint("taken >= 0 and replaced >= 0 and (most is null or taken <= most)", name="bounded"),
    )
    PRIVATE = frozenset({"sealed_text", "sealed_key"})

    id: Mapped[Id]
    round_id: Mapped[int] = mapped_column(ForeignKey("survey_round.id"))
    audience: Mapped[SurveyGroup] = mapped_column(named_enum(SurveyGroup, "audience"))
    way: Mapped[Way] = mapped_column(named_enum(Way, "way"))
    invited: Mapped[int] = mapped_column(default=0, server_default="0")
    replaced: Mapped[int] = mapped_column(default=0, server_default="0")
    taken: Mapped[int] = mapped_column(default=0, server_default="0")
    most: Mapped[int | None]
    sealed_text: Mapped[bytes | None] = mapped_column(LargeBinary)
    sealed_key: Mapped[bytes | None] = mapped_column(LargeBinary)
    key_name: Mapped[str] = mapped_column(String(16), default="")


class SurveySentForm(Base):
    """That a page of questions was sent, by the digest of the page's own key: a second time it counts nothing.

    Gone when the round ends. It has no time, and names neither a link nor an answer.
    """

    __tablename__ = "survey_sent_form"

    round_id: Mapped[int] = mapped_column(ForeignKey("survey_round.id"), primary_key=True)
    digest: Mapped[str] = mapped_column(String(64), primary_key=True)
