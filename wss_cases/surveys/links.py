"""Creating links: slips for everyone of a group, shown once, whose replacement is recorded; and links to send by
email."""

import hashlib
import hmac
import secrets
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy import (
    CheckConstraint,
    ColumnElement,
    ForeignKey,
    Index,
    String,
    UniqueConstraint,
    func,
    insert,
    select,
    update,
)
from sqlalchemy.orm import Mapped, mapped_column

from wss_cases.access.actor import Invocation
from wss_cases.access.permissions import Permission
from wss_cases.foundation.db import Base, Id, db, named_enum, table_of
from wss_cases.foundation.errors import Refused, existing
from wss_cases.foundation.i18n import _
from wss_cases.foundation.ids import code_from, token_digest
from wss_cases.foundation.school_time import today_at
from wss_cases.foundation.settings import setting
from wss_cases.journal.models import Sendable
from wss_cases.journal.unit_of_work import UnitOfWork, unit_of_work
from wss_cases.surveys.people import addresses_of, people_of, students_by_grade
from wss_cases.surveys.rounds import SurveyGroup, SurveyRound, SurveyTally, Way


class SurveyLink(Base):
    """One link: to a guardian or a staff member by email, or on a printed slip without a name (with a grade at most).

    The code is computed from `nonce` and the system's keys; only its hash is stored. A slip's nonce is deleted when its
    sheet is shown, so that no one can show it again. A used link keeps no time and no code. All links are deleted when
    the round ends.
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
    """An invitation by email that waits or was sent. It is deleted with its link when the round ends."""

    __tablename__ = "survey_mail"
    __table_args__ = (UniqueConstraint("dedupe_key"), Index("ix_survey_mail_due", "state", "next_attempt_at"))

    id: Mapped[Id]
    link_id: Mapped[int] = mapped_column(ForeignKey("survey_link.id"), index=True)
    school_id: Mapped[int] = mapped_column(ForeignKey("school.id"))


class SurveyMailStop(Base):
    """A hash of an address that refused further invitations, under the system's keys, so that a copy of the table
    cannot be used to test addresses."""

    __tablename__ = "survey_mail_stop"

    digest: Mapped[str] = mapped_column(String(64), primary_key=True)


def link_by(code: str) -> SurveyLink | None:
    """The link of a code, used or not; None for an unknown code or a round that is over."""
    return db.session.scalar(select(SurveyLink).where(SurveyLink.digest == token_digest(code)))


def made_by_grade(round_id: int, group: SurveyGroup) -> dict[int | None, int]:
    """The number of a group's links by grade. The caller has checked the round."""
    counted = select(SurveyLink.grade, func.count()).where(
        SurveyLink.round_id == round_id, SurveyLink.audience == group
    )
    return {row[0]: row[1] for row in db.session.execute(counted.group_by(SurveyLink.grade))}


def invited_people(round_id: int) -> tuple[set[int], set[int]]:
    """The ids of the guardians and of the staff with a link in a round. The caller has checked the round."""
    people = select(SurveyLink.guardian_id, SurveyLink.staff_id).where(SurveyLink.round_id == round_id)
    rows = db.session.execute(people).all()
    return {row[0] for row in rows if row[0]}, {row[1] for row in rows if row[1]}


def waiting_slips(round_id: int, group: SurveyGroup) -> Sequence[SurveyLink]:
    """The slips of a group whose sheet was not shown yet, by grade. The caller has checked the round."""
    waiting = select(SurveyLink).where(*unused_slips(round_id, group), SurveyLink.nonce.is_not(None))
    return list(db.session.scalars(waiting.order_by(SurveyLink.grade, SurveyLink.digest)))


def count_unused_slips(round_id: int, group: SurveyGroup) -> int:
    """The number of a group's unused slips, shown or not. The caller has checked the round."""
    counted = select(func.count()).select_from(SurveyLink).where(*unused_slips(round_id, group))
    return db.session.scalar(counted) or 0


def unused_slips(round_id: int, group: SurveyGroup) -> list[ColumnElement[bool]]:
    """Conditions of the unused slips of a group, which are links without a person."""
    return [
        SurveyLink.round_id == round_id, SurveyLink.audience == group, SurveyLink.used.is_(False),
        SurveyLink.guardian_id.is_(None), SurveyLink.staff_id.is_(None),
    ]  # fmt: skip


PURPOSE = "survey_link"


def code_of(nonce: str, digest: str | None = None) -> str:
    """The code of a nonce under the newest key; with a digest, the code under whichever key matches it, '' when none
    does."""
    for key in setting("WSS_KEYS").derived(PURPOSE):
        code = code_from(hmac.new(key, nonce.encode(), hashlib.sha256).digest())
        if digest is None or token_digest(code) == digest:
            return code
    return ""


@dataclass(frozen=True)
class Slip:
    """One slip as printed: a grade at most, and the code that opens the survey once."""

    grade: int | None
    code: str = field(repr=False)


def without_link(uow: UnitOfWork, row: SurveyRound, group: SurveyGroup) -> list[dict[str, int | None]]:
    """The columns of a link for each person of a group without a link."""
    today = max(row.opens_on, today_at(row.school_id, uow.now))
    made = made_by_grade(row.id, group)
    if group is SurveyGroup.STUDENT:
        students = students_by_grade(row.school_id, today)
        return [{"grade": grade} for grade, count in students.items() for _one in range(count - made.get(grade, 0))]
    return [{"grade": None}] * (people_of(row.school_id, group, today) - sum(made.values()))


def show_slips(call: Invocation, round_id: int, group: SurveyGroup) -> list[Slip]:
    """The waiting slips of a group, by grade. Their nonces are deleted, so that no one can be shown the codes again.
    Empty for a form sent twice. Raises NotFound, Refused when no slip waits."""
    with unit_of_work(call.actor, call.now, call.request_key) as uow:
        if uow.answered:
            return []
        row = uow.load(SurveyRound, round_id, Permission.SURVEY_RUN)
        refuse_over(uow, row)
        waiting = waiting_slips(row.id, group)
        if not waiting:
            raise Refused("", _("No slips wait to be printed."))
        slips = [Slip(slip.grade, code_of(slip.nonce or "", slip.digest)) for slip in waiting]
        mine = [*unused_slips(row.id, group), SurveyLink.nonce.is_not(None)]
        uow.session.execute(update(SurveyLink).where(*mine).values(nonce=None))
        uow.record(row, "survey_round.shown", count=len(slips))
        uow.answer = row.id
        return slips


def refuse_over(uow: UnitOfWork, row: SurveyRound) -> None:
    """Refuse to make or show links of a round that takes no more answers."""
    if row.counted_at is not None or row.closes_on < today_at(row.school_id, uow.now):
        raise Refused("", _("This survey is over."))


def invite_by_mail(uow: UnitOfWork, row: SurveyRound, group: SurveyGroup) -> list[int]:
    """Make a link for everyone of a group with a known address and no link yet; returns the links' ids.

    There are never more links than people: slips without a name count too. Raises Refused when there is no one to
    invite.
    """
    today = max(row.opens_on, today_at(row.school_id, uow.now))
    people, invited = addresses_of(row.school_id, group, today), invited_people(row.id)
    column = "guardian_id" if group is SurveyGroup.FAMILY else "staff_id"
    known = invited[0] if group is SurveyGroup.FAMILY else invited[1]
    waiting = [person for person in people if person.email and person.person_id not in known]
    left = len(people) - sum(made_by_grade(row.id, group).values())
    if not waiting or left < len(waiting):
        raise Refused("group", _("No one is left to invite by email: everyone has a link, or no address is known."))
    add_links(uow, row, group, [{column: address.person_id} for address in waiting])
    mine = select(SurveyLink.id).where(
        SurveyLink.round_id == row.id, getattr(SurveyLink, column).in_([address.person_id for address in waiting])
    )
    return list(uow.session.scalars(mine))


def add_links(uow: UnitOfWork, row: SurveyRound, group: SurveyGroup, each: Sequence[dict[str, int | None]]) -> None:
    """Make these links of a group, with one audit row for all of them."""
    rows = []
    for columns in each:
        nonce = secrets.token_hex(20)
        digest = token_digest(code_of(nonce))
        person = {"grade": None, "guardian_id": None, "staff_id": None} | columns
        rows.append({"round_id": row.id, "audience": group, "nonce": nonce, "digest": digest, "used": False, **person})
    uow.session.execute(insert(table_of(SurveyLink)), rows)
    invited_tally(uow, row, group).invited += len(rows)
    uow.record(row, "survey_round.invited", count=len(rows))


def invited_tally(uow: UnitOfWork, row: SurveyRound, group: SurveyGroup) -> SurveyTally:
    """Lock the tally of a group's invited answers."""
    mine = (SurveyTally.round_id == row.id, SurveyTally.audience == group, SurveyTally.way == Way.INVITED)
    query = select(SurveyTally).where(*mine).with_for_update().execution_options(populate_existing=True)
    return existing(uow.session.scalar(query))
