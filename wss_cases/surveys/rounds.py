"""The climate survey: its groups, questions and scales, the rounds of it at a school, and their sealed tallies. Answers
are choices only, never text, and no table holds a single answer.

A tally is one encrypted text of constant length for each group and way. Every answer encrypts it again under a fresh
key, so that the rows, their order, their times and two copies of the database reveal nothing about an answer. It is
opened once, when the round ends, and then deleted.
"""

import enum
from collections.abc import Mapping, Sequence
from datetime import date, datetime, timedelta
from typing import Any, Final

from sqlalchemy import (
    CheckConstraint,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    Select,
    String,
    UniqueConstraint,
    func,
    or_,
    select,
)
from sqlalchemy.orm import Mapped, mapped_column

from wss_cases.access.actor import Actor, Role, in_schools
from wss_cases.foundation.db import Base, Id, Versioned, db, named_enum, newest, where
from wss_cases.foundation.errors import Refused, existing
from wss_cases.foundation.i18n import Labelled, _, _l
from wss_cases.foundation.keys import seal, unseal
from wss_cases.foundation.school_time import day_words_with_year
from wss_cases.foundation.settings import setting
from wss_cases.journal.rooms import Room
from wss_cases.mail.family_texts import Text, family_texts


class SurveyGroup(Labelled):
    STUDENT = "student", _l("Students")
    FAMILY = "family", _l("Families")
    STAFF = "staff", _l("Staff")


class Way(Labelled):
    """How an answer came: by an invited link, which takes one answer, or by the code on the wall, which anyone may
    scan."""

    INVITED = "invited", _l("Invited")
    OPEN = "open", _l("Open code")


class SurveyScale(enum.StrEnum):
    AGREE = "agree"
    YES_NO = "yes_no"


VALUES: Final[dict[SurveyScale, tuple[int, ...]]] = {SurveyScale.AGREE: (4, 3, 2, 1), SurveyScale.YES_NO: (2, 1)}
"""The values of each scale in the order shown."""

FAVORABLE: Final[dict[SurveyScale, frozenset[int]]] = {
    SurveyScale.AGREE: frozenset({3, 4}),
    SurveyScale.YES_NO: frozenset({2}),
}
"""The values that count as favorable."""

SAFE, ADULT, CIRCLE = "safe", "adult", "circle"
"""Codes of the questions shown beside incidents: feels safe, trusts an adult, was in a circle this year."""


class SurveyQuestion(Base):
    """A question to a group, from a first to a last day (None: still in use).

    A round asks the questions in force on the day it opens. Their text is the family text `survey.<group>.<code>`.
    """

    __tablename__ = "survey_question"
    __table_args__ = (
        UniqueConstraint("audience", "code", "starts_on"),
        CheckConstraint("ends_on is null or ends_on >= starts_on", name="dates"),
    )

    id: Mapped[Id]
    audience: Mapped[SurveyGroup] = mapped_column(named_enum(SurveyGroup, "audience"))
    code: Mapped[str] = mapped_column(String(30))
    scale: Mapped[SurveyScale] = mapped_column(named_enum(SurveyScale, "scale"))
    position: Mapped[int] = mapped_column(Integer)
    starts_on: Mapped[date]
    ends_on: Mapped[date | None]


def questions_on(day: date, group: SurveyGroup) -> list[SurveyQuestion]:
    """The questions to a group on a day, in order."""
    columns = SurveyQuestion
    in_force = (columns.starts_on <= day, or_(columns.ends_on.is_(None), columns.ends_on >= day))
    statement = select(columns).where(columns.audience == group, *in_force)
    return list(db.session.scalars(statement.order_by(columns.position, columns.id)))


def texts_of(group: SurveyGroup, questions: Sequence[SurveyQuestion], language: str, day: date) -> dict[str, Text]:
    """The texts of a page of questions by their code: the introduction, the questions, and the scales."""
    scales = [f"survey.scale.{scale}_{value}" for scale in SurveyScale for value in VALUES[scale]]
    return family_texts(
        [intro_code(group), *(text_code(group, question.code) for question in questions), *scales], language, day
    )


def intro_code(group: SurveyGroup) -> str:
    return f"survey.{group.value}.intro"


def text_code(group: SurveyGroup, code: str) -> str:
    return f"survey.{group.value}.{code}"


class SurveyRound(Versioned, Base):
    """One survey at one school: its days, the groups asked, who opened it. `counted_at` is set once it is over."""

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
        is_chosen = {
            SurveyGroup.STUDENT: self.asks_students,
            SurveyGroup.FAMILY: self.asks_families,
            SurveyGroup.STAFF: self.asks_staff,
        }
        return tuple(group for group in SurveyGroup if is_chosen[group])


class SurveyWall(Base):
    """The code on the wall of a round, which anyone may scan, with the number of submissions in the current hour."""

    __tablename__ = "survey_wall"
    __table_args__ = (UniqueConstraint("round_id"), CheckConstraint("sent >= 0", name="counts"))
    PRIVATE = frozenset({"code"})

    id: Mapped[Id]
    round_id: Mapped[int] = mapped_column(ForeignKey("survey_round.id"))
    code: Mapped[str] = mapped_column(String(40), unique=True)
    hour_began: Mapped[datetime | None]
    sent: Mapped[int] = mapped_column(default=0, server_default="0")


class SurveyTally(Base):
    """The answers of one group by one way, sealed until the round ends; `taken` of at most `most` answers.

    `most` is the number of people in the group where anyone may answer; None where each link admits one answer.
    `invited` is the number of links, `replaced` the number of slips voided for new ones.
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
    """A page of questions that was sent, by a hash of the page's own key, so that it counts once.

    It is deleted when the round ends. It has no time, and names neither a link nor an answer.
    """

    __tablename__ = "survey_sent_form"

    round_id: Mapped[int] = mapped_column(ForeignKey("survey_round.id"), primary_key=True)
    digest: Mapped[str] = mapped_column(String(64), primary_key=True)


HOUR: Final = timedelta(hours=1)
MOST_BY_LINK, MOST_BY_WALL = 20, 200
"""Submissions allowed per hour, refused or not: by one link, and by the code on the wall (as many as a few classes)."""

NOTICE: Final = timedelta(days=7)
"""Families must know of a round this long before it opens."""

LONGEST: Final = timedelta(days=60)

FEWEST: Final = 10
"""Answers a question needs before it is counted."""

AGAIN: Final = timedelta(days=30)
"""A group with ten or more answers is not asked again for this long. The same people plus one more would reveal, by the
difference, what that person answered."""

DIGITS: Final = 6

Counts = dict[str, int]
"""How often each value of each question was chosen, by `question:value`."""


def is_open(row: Any, today: date) -> bool:
    return row.counted_at is None and row.opens_on <= today <= row.closes_on


def hour_of(began: datetime | None, now: datetime) -> datetime:
    return began if began is not None and now - began < HOUR else now


def blank(questions: Sequence[tuple[str, SurveyScale]]) -> Counts:
    return {f"{code}:{value}": 0 for code, scale in questions for value in VALUES[scale]}


def counted(counts: Counts, values: Mapping[str, int]) -> Counts:
    """The counts with one more answer. Raises KeyError for a question or value that is not in them."""
    chosen = [f"{code}:{value}" for code, value in values.items()]
    if not set(chosen) <= set(counts):
        raise KeyError(chosen)
    return {name: number + (name in chosen) for name, number in counts.items()}


def written(counts: Counts) -> str:
    """The counts as a text whose length does not depend on them."""
    return "\n".join(f"{name}={number:0{DIGITS}d}" for name, number in counts.items())


def read(text: str) -> Counts:
    return {name: int(number) for name, number in (line.split("=") for line in text.splitlines())}


PAGE = 25
READERS = (Role.COORDINATOR, Role.ADMINISTRATOR, Role.DISTRICT)


def visible_to(statement: Select[Any], actor: Actor) -> Select[Any]:
    return statement.where(in_schools(SurveyRound.school_id, actor, *READERS))


def rounds_seen(actor: Actor, school_id: int | None, before_id: int | None) -> list[SurveyRound]:
    """The newest rounds of a school (None: of all schools of the actor), one more than a page holds."""
    statement = visible_to(select(SurveyRound), actor)
    return list(db.session.scalars(newest(statement, SurveyRound, PAGE + 1, before_id, school_id)))


def get_round(actor: Actor, round_id: int) -> SurveyRound:
    """One round. Raises NotFound."""
    row: SurveyRound | None = db.session.scalar(
        visible_to(select(SurveyRound), actor).where(SurveyRound.id == round_id)
    )
    return existing(row)


def wall_of(round_id: int) -> SurveyWall | None:
    """The code on the wall of a round; None without one. The caller has checked the round."""
    return db.session.scalar(select(SurveyWall).where(SurveyWall.round_id == round_id))


def tallies_of(round_id: int) -> Sequence[SurveyTally]:
    """The tallies of a round, by group and way. The caller has checked the round."""
    rows = list(db.session.scalars(select(SurveyTally).where(SurveyTally.round_id == round_id)))
    return sorted(rows, key=lambda tally: (list(SurveyGroup).index(tally.audience), list(Way).index(tally.way)))


def last_answered(school_id: int, group: SurveyGroup) -> date | None:
    """The last day of a school's latest round in which ten or more people of a group answered, by links or by the code
    on the wall, because the figures of each way are shown separately."""
    mine = (SurveyRound.school_id == school_id, SurveyTally.audience == group)
    statement = (
        select(func.max(SurveyRound.closes_on))
        .join(SurveyTally, SurveyTally.round_id == SurveyRound.id)
        .where(*mine, SurveyTally.taken >= FEWEST)
    )
    return db.session.scalar(statement)


def refuse_soon(school_id: int, groups: Sequence[SurveyGroup], opens_on: date) -> None:
    """Refuse a first day on which a group would be asked again too soon."""
    for group in groups:
        last = last_answered(school_id, group)
        if last is not None and opens_on < last + AGAIN:
            words = _(
                "%(group)s answered a survey until %(day)s. Ask them again from %(again)s on: results that are close "
                "to each other could tell what one person answered.",
                group=group.label, day=day_words_with_year(last), again=day_words_with_year(last + AGAIN),
            )  # fmt: skip
            raise Refused("opens_on", words)


def running_round(school_id: int) -> SurveyRound | None:
    """The round of a school that is planned or open; None once it is counted."""
    return db.session.scalar(
        select(SurveyRound).where(SurveyRound.school_id == school_id, SurveyRound.counted_at.is_(None))
    )


PURPOSE = "survey"


def seal_counts(tally: SurveyTally, counts: Counts) -> None:
    sealed = seal(setting("WSS_KEYS"), PURPOSE, written(counts))
    tally.sealed_text, tally.sealed_key, tally.key_name = sealed.text, sealed.key, sealed.key_name


def counts_in(tally: SurveyTally) -> Counts:
    """The counts of a tally. Raises ValueError when no key of this system opens it, or it was emptied."""
    if tally.sealed_text is None or tally.sealed_key is None:
        raise ValueError("this tally was counted and emptied")
    return read(unseal(setting("WSS_KEYS"), PURPOSE, tally.sealed_text, tally.sealed_key))


def empty(tally: SurveyTally) -> None:
    """Delete everything in a tally but the number of answers."""
    tally.sealed_text = tally.sealed_key = None
    tally.key_name = ""


ROOM = Room(
    sentences={
        "survey_round.opened": _l("Survey planned, from %(opens_on)s to %(closes_on)s"),
        "survey_round.invited": _l("Survey links made: %(count)s"),
        "survey_round.shown": _l("Survey slips shown to be printed: %(count)s"),
        "survey_round.replaced": _l("Survey slips voided and replaced: %(count)s"),
        "survey_round.counted": _l("Survey ended and counted"),
    }
)
