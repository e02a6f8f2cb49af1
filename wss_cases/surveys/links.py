"""The people who may be asked, and their links.

Slips for everyone of a group are shown once and replaced with a trace; links to known addresses go by email.
"""

import hashlib
import hmac
import secrets
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from flask import url_for
from sqlalchemy import (
    CheckConstraint,
    ColumnElement,
    ForeignKey,
    Index,
    Select,
    String,
    UniqueConstraint,
    exists,
    func,
    insert,
    or_,
    select,
    update,
)
from sqlalchemy.orm import Mapped, mapped_column

from wss_cases.access.actor import Actor, Invocation
from wss_cases.access.permissions import Permission
from wss_cases.access.policy import can
from wss_cases.foundation.db import Base, Id, db, named_enum, table_of, where
from wss_cases.foundation.errors import Refused, existing
from wss_cases.foundation.forms import PlainForm, radio
from wss_cases.foundation.i18n import _, _l
from wss_cases.foundation.ids import code_from, token_digest
from wss_cases.foundation.pages import panel_card
from wss_cases.foundation.school_time import today_at
from wss_cases.foundation.settings import setting
from wss_cases.journal.acts import Pages, Subject
from wss_cases.journal.models import Sendable
from wss_cases.journal.rooms import Panel, Place, Room
from wss_cases.journal.unit_of_work import UnitOfWork, unit_of_work
from wss_cases.mail.common.pages import MailChoice, MailStyle
from wss_cases.roster.directory.models import (
    Enrolment,
    Guardian,
    GuardianLimit,
    StaffMember,
    StaffPost,
    Student,
    StudentGuardian,
)
from wss_cases.roster.directory.queries import get_student
from wss_cases.surveys.rounds import SurveyGroup, SurveyRound, SurveyTally, Way


class SurveyOptOut(Base):
    """A family's refusal of surveys for their child, from a day until it is withdrawn.

    The school records it. It counts in every round that opens while it stands.
    """

    __tablename__ = "survey_opt_out"
    __table_args__ = (
        Index("uq_survey_opt_out_student", "student_id", unique=True, **where("ended_on IS NULL")),
        Index("ix_survey_opt_out_school", "school_id"),
        CheckConstraint("ended_on is null or ended_on >= starts_on", name="dates"),
    )

    id: Mapped[Id]
    student_id: Mapped[int] = mapped_column(ForeignKey("student.id"))
    school_id: Mapped[int] = mapped_column(ForeignKey("school.id"))
    starts_on: Mapped[date]
    ended_on: Mapped[date | None]
    recorded_by_id: Mapped[int | None] = mapped_column(ForeignKey("user_account.id"))


@dataclass(frozen=True)
class Address:
    person_id: int
    email: str
    language: str


def standing_opt_out(student_id: int) -> SurveyOptOut | None:
    """A student's current opt-out; None while they take part. The caller has checked the student."""
    mine = (SurveyOptOut.student_id == student_id, SurveyOptOut.ended_on.is_(None))
    return db.session.scalar(select(SurveyOptOut).where(*mine))


def opted_out(school_id: int, day: date) -> list[Student]:
    """The students of a school who take no part on a day, by name. The caller has checked that the actor may see
    them."""
    statement = _enrolled(school_id, day, Student).where(_opt_out_stands(day))
    return list(db.session.scalars(statement.order_by(Student.search_key_family, Student.search_key, Student.id)))


def students_by_grade(school_id: int, day: date) -> dict[int | None, int]:
    """The number of students per grade who may be asked on a day, without those opted out."""
    counted = _enrolled(school_id, day, Student.grade, func.count(Student.id.distinct()))
    rows = db.session.execute(counted.where(~_opt_out_stands(day)).group_by(Student.grade)).all()
    return {row[0]: int(row[1]) for row in sorted(rows, key=lambda row: (row[0] is None, row[0] or 0))}


def _enrolled(school_id: int, day: date, *columns: Any) -> Select[Any]:
    stays = or_(Enrolment.ends_on.is_(None), Enrolment.ends_on >= day)
    enrolled = select(Enrolment.student_id).where(Enrolment.school_id == school_id, Enrolment.starts_on <= day, stays)
    return select(*columns).where(Student.id.in_(enrolled), Student.is_active)


def _opt_out_stands(day: date) -> Any:
    until = or_(SurveyOptOut.ended_on.is_(None), SurveyOptOut.ended_on > day)
    return exists().where(SurveyOptOut.student_id == Student.id, SurveyOptOut.starts_on <= day, until)


def families(school_id: int, day: date) -> list[Address]:
    """The guardians of a school's students who may be written to, without those restricted by an order or by the
    school.

    `email` is '' where none is known; these can get a printed slip.
    """
    students = _enrolled(school_id, day, Student.id)
    kept_away = exists().where(
        GuardianLimit.guardian_id == Guardian.id,
        GuardianLimit.student_id.in_(students),
        or_(GuardianLimit.restriction.is_not(None), GuardianLimit.may_contact.is_(False)),
    )
    theirs = select(StudentGuardian.guardian_id).where(StudentGuardian.student_id.in_(students))
    statement = select(Guardian.id, Guardian.email, Guardian.language).where(Guardian.id.in_(theirs), ~kept_away)
    return [Address(row[0], row[1], row[2] or "en") for row in db.session.execute(statement.order_by(Guardian.id))]


def staff(school_id: int) -> list[Address]:
    """The staff of a school. `email` is '' for those without one, and for those who turned emails off in their
    settings."""
    posted = select(StaffPost.staff_id).where(StaffPost.school_id == school_id)
    own = or_(StaffMember.school_id == school_id, StaffMember.id.in_(posted))
    wants_none = exists().where(MailChoice.user_id == StaffMember.user_id, MailChoice.style == MailStyle.NONE)
    statement = select(StaffMember.id, StaffMember.email, wants_none).where(own, StaffMember.is_active)
    rows = db.session.execute(statement.order_by(StaffMember.id)).all()
    return [Address(row[0], "" if row[2] else row[1], "") for row in rows]


def people_of(school_id: int, group: SurveyGroup, day: date) -> int:
    if group is SurveyGroup.STUDENT:
        return sum(students_by_grade(school_id, day).values())
    return len(addresses_of(school_id, group, day))


def addresses_of(school_id: int, group: SurveyGroup, day: date) -> Sequence[Address]:
    """The people of a group who are invited individually; empty for students, who get slips without a name."""
    if group is SurveyGroup.STUDENT:
        return ()
    return families(school_id, day) if group is SurveyGroup.FAMILY else staff(school_id)


class PartForm(PlainForm):
    takes_part = radio(
        _l("Does this student take part in school surveys?"),
        {"yes": _l("Yes"), "no": _l("No, the family opted out")},
        _l("Choose an answer."),
        description=_l("A student who takes part may still leave out any question, or all of them."),
    )


def _address(student: Student) -> str:
    return url_for("students.student", student_id=student.id)


pages = Pages("survey_opt_outs", __name__, trail=lambda student: [(student.shown_name, _address(student))])


@pages.act(
    "/students/<int:student_id>/surveys", Subject(Student, get_student), PartForm, Permission.SURVEY_OPT_OUT, adds=True,
    endpoint="student", title=_l("School surveys"), button=_l("Save"), lede=lambda student: student.shown_name,
    start=lambda student: {"takes_part": "no" if standing_opt_out(student.id) else "yes"},
    then=lambda student, _id: _address(student), boxed=False,
)  # fmt: skip
def say_part(uow: UnitOfWork, student: Student, form: PartForm) -> None:
    """Record whether a student takes part in surveys; repeating the same value changes nothing."""
    takes_part = form.takes_part.data == "yes"
    today, standing = today_at(student.school_id, uow.now), standing_opt_out(student.id)
    if takes_part and standing is not None:
        standing.ended_on = today
        uow.record(standing, "survey_opt_out.ended")
    elif not takes_part and standing is None:
        row = SurveyOptOut(
            student_id=student.id, school_id=student.school_id, starts_on=today, recorded_by_id=uow.actor.user_id
        )
        uow.add(row)
        uow.record(row, "survey_opt_out.recorded")
    else:
        uow.no_audit()


def student_panel(actor: Actor, student: Student) -> tuple[str, dict[str, Any]] | None:
    """The panel on a student's page that shows whether the family opted out of surveys; None for an actor who may not
    record that."""
    if not can(actor, Permission.SURVEY_OPT_OUT, student):
        return None
    href = url_for("survey_opt_outs.student", student_id=student.id)
    lines = [_("The family opted out of school surveys.")] if standing_opt_out(student.id) is not None else []
    return panel_card("", *lines, link=(_("School surveys: take part or opt out"), href))


ROOM = Room(
    pages=(pages,),
    panels=(Panel(Place.STUDENT, 70, student_panel),),
    sentences={
        "survey_opt_out.recorded": _l("The family opted out of school surveys"),
        "survey_opt_out.ended": _l("The family agrees to school surveys again"),
    },
)


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
    """The columns of the links still to be made: one entry for each person of a group who has none yet."""
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
