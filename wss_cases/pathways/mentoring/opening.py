"""Opening check-in/check-out or mentoring without an incident, with a reason and the family's agreement.

It makes a case like any other (lead, reviews, hand-over, transfer, retention), but without a report. Nothing counts it
among incidents, priors or rates, and deans do not see it.
"""

from datetime import date
from operator import attrgetter
from typing import Any

from flask import url_for
from sqlalchemy import CheckConstraint, ForeignKey, String, Text, select
from sqlalchemy.orm import Mapped, mapped_column
from wtforms import DateField, SelectField
from wtforms.validators import InputRequired, Optional

from wss_cases.access.actor import Actor
from wss_cases.access.permissions import Permission
from wss_cases.access.policy import can
from wss_cases.cases.case.actions import open_case_for
from wss_cases.cases.case.models import Case, CaseOrigin, CaseParticipant, OfCase
from wss_cases.foundation import clock
from wss_cases.foundation.db import Base, Id, db, named_enum
from wss_cases.foundation.errors import NotFound, Refused
from wss_cases.foundation.forms import LongText, NotBlank, PlainForm, needs, radio
from wss_cases.foundation.i18n import Labelled, _, _l, dotted
from wss_cases.foundation.pages import panel_card
from wss_cases.foundation.school_time import day_words_with_year, today_at
from wss_cases.journal.acts import Pages, Subject
from wss_cases.journal.rooms import Panel, Place, Room
from wss_cases.journal.unit_of_work import UnitOfWork
from wss_cases.pathways.common.models import LIVE, Pathway, propose
from wss_cases.pathways.common.pages import page_of, people_choices
from wss_cases.roster.directory.models import Student
from wss_cases.roster.directory.queries import contacts_of, get_student, school_days
from wss_cases.routing.engine.vocabulary import Kind, Person
from wss_cases.routing.engine.vocabulary import Pathway as Family


class Because(Labelled):
    """The main reason; a sentence beside it says more."""

    STUDENT_ASKED = "student_asked", _l("The student asked for it")
    FAMILY_ASKED = "family_asked", _l("The family asked for it")
    ATTENDANCE = "attendance", _l("Attendance or being on time")
    CLASSWORK = "classwork", _l("Classwork or focus")
    BELONGING = "belonging", _l("Making friends, feeling part of the school")
    ROUTINE = "routine", _l("A steady start and end of the day")
    NEW_HERE = "new_here", _l("New at the school")
    OTHER = "other", _l("Another reason")


class AgreedHow(Labelled):
    IN_PERSON = "in_person", _l("In person")
    PHONE = "phone", _l("By phone")
    VIDEO = "video", _l("By video")
    PAPER = "paper", _l("On paper, signed")
    MESSAGE = "message", _l("By a message")


class AgreedWho(Labelled):
    GUARDIAN = "guardian", _l("A parent or guardian")
    STUDENT = "student", _l("The student, who is 18 or older")


OPENED_WITHOUT_INCIDENT = (Kind.CHECK_IN_CHECK_OUT, Kind.ONE_TO_ONE, Kind.GROUP)

SENTENCES = {
    "support.started": (
        _l("Opened without an incident: %(because)s. Family agreed: %(how)s, %(day)s"),
        {"because": Because.labels(), "how": AgreedHow.labels()},
    )
}


class SupportStart(OfCase, Base):
    """The reason and the family's agreement of a case without an incident; written once.

    `guardian_id` is None when a student of 18 or older agreed, and after the roster removed the guardian.
    """

    __tablename__ = "support_start"
    __table_args__ = (CheckConstraint("agreed_who = 'guardian' or guardian_id is null", name="agreed"),)
    PRIVATE = frozenset({"why", "agreed_name"})

    id: Mapped[Id]
    case_id: Mapped[int] = mapped_column(ForeignKey("case_record.id"), unique=True)
    school_id: Mapped[int] = mapped_column(ForeignKey("school.id"))
    because: Mapped[Because] = mapped_column(named_enum(Because, "because"))
    why: Mapped[str] = mapped_column(Text, default="")
    agreed_who: Mapped[AgreedWho] = mapped_column(named_enum(AgreedWho, "agreed_who"))
    guardian_id: Mapped[int | None] = mapped_column(ForeignKey("guardian.id"))
    agreed_name: Mapped[str] = mapped_column(String(200), default="")
    agreed_how: Mapped[AgreedHow] = mapped_column(named_enum(AgreedHow, "agreed_how"))
    agreed_on: Mapped[date]
    recorded_by_id: Mapped[int | None] = mapped_column(ForeignKey("user_account.id"))


ADULT = 18


def is_adult(birth_date: date | None, today: date) -> bool:
    """Whether a student is 18 or older on a day; False when the birth date is unknown."""
    if birth_date is None:
        return False
    before_birthday = (today.month, today.day) < (birth_date.month, birth_date.day)
    return today.year - birth_date.year - before_birthday >= ADULT


def living_support(student_id: int, school_id: int, kind: Kind) -> Pathway | None:
    """The student's live pathway of this kind at a school, with or without an incident."""
    statement = (
        select(Pathway)
        .join(CaseParticipant, CaseParticipant.id == Pathway.participant_id)
        .where(CaseParticipant.student_id == student_id, Pathway.school_id == school_id)
        .where(Pathway.kind == kind, Pathway.state.in_(LIVE))
    )
    return db.session.scalars(statement.order_by(Pathway.id)).first()


def start_of(case_id: int) -> SupportStart | None:
    """The start of a case without an incident; None for any other case. The caller has checked the case."""
    return db.session.scalar(select(SupportStart).where(SupportStart.case_id == case_id))


TIER = 2
REVIEW_AFTER = 20
"""The school days until the first review of the case."""


class OpenForm(PlainForm):
    kind = radio(
        _l("What is opened?"), [(kind, kind.label) for kind in OPENED_WITHOUT_INCIDENT], _l("Choose what is opened.")
    )
    because = radio(_l("Why?"), Because, _l("Choose why."))
    why = LongText(
        _l("The reason, in a sentence"),
        [NotBlank(_l("Enter the reason in a sentence."))],
        limit=500,
        description=_l("What the student needs. No incident and no other student."),
    )
    agreed_who = radio(_l("Who in the family agreed?"), AgreedWho, _l("Enter who agreed."))
    guardian_id = SelectField(_l("Which parent or guardian?"), validators=[Optional()])
    agreed_how = radio(_l("How did they agree?"), AgreedHow, _l("Write how they agreed."))
    agreed_on = DateField(_l("When did they agree?"), validators=[InputRequired(_l("Choose a day."))])

    def fit(self, student: Student) -> None:
        guardians = {
            who.id: f"{who.name} ({who.relation})" if who.relation else who.name for who in contacts_of(student.id)
        }
        self.guardian_id.choices = people_choices(guardians, _("Choose"))

    def validate(self, extra_validators: Any = None) -> bool:
        missing = self.agreed_who.data == AgreedWho.GUARDIAN and not self.guardian_id.data
        return needs(super().validate(extra_validators), self.guardian_id, missing, _l("Choose who agreed."))


pages = Pages(
    "support", __name__,
    trail=lambda student: [(student.shown_name, url_for("students.student", student_id=student.id))],
)  # fmt: skip


@pages.act(
    "/students/<int:student_id>/support", Subject(Student, get_student), OpenForm, Permission.SUPPORT_OPEN, adds=True,
    endpoint="start", title=_l("Open support without an incident"), button=_l("Open support"),
    lede=attrgetter("shown_name"), start=lambda student: {"agreed_on": today_at(student.school_id, clock.now())},
    more=lambda _student, form: {"reachable": len(form.guardian_id.choices) > 1},
    then=lambda _student, row_id: page_of(db.session.get_one(Pathway, row_id)), boxed=False,
    template="pathways/mentoring/opening/start.html",
)  # fmt: skip
def open_support(uow: UnitOfWork, student: Student, form: OpenForm) -> int:
    """Open support for a student of the actor's school; the pathway is proposed. Returns the pathway's id."""
    if student.school_id is None:
        raise NotFound
    kind, agreed_on, today = Kind(form.kind.data), form.agreed_on.data, today_at(student.school_id, uow.now)
    if agreed_on > today:
        raise Refused("agreed_on", _("Choose today or an earlier day."))
    guardian_id, name = _who_agreed(student, form, today)
    standing = living_support(student.id, student.school_id, kind)
    if standing is not None:
        raise Refused("kind", _("The student has this already: case %(case)s.", case=standing.case.reference))
    case = _open_case(uow, student, student.school_id, today)
    row = propose(
        uow, case,
        pathway=Family.MENTORING, kind=kind, for_whom=Person.BOTH, participant_id=case.participants[0].id,
        tier=TIER, rules=[], start_by=today, owner_id=uow.actor.user_id,
    )  # fmt: skip
    start = SupportStart(
        case_id=case.id, school_id=case.school_id, because=Because(form.because.data), why=form.why.data,
        agreed_who=AgreedWho(form.agreed_who.data), guardian_id=guardian_id, agreed_name=name,
        agreed_how=AgreedHow(form.agreed_how.data), agreed_on=agreed_on, recorded_by_id=uow.actor.user_id,
    )  # fmt: skip
    uow.record(
        start, "support.started", because=start.because.value, how=start.agreed_how.value, day=agreed_on.isoformat()
    )
    return row.id


def _who_agreed(student: Student, form: OpenForm, today: date) -> tuple[int | None, str]:
    if form.agreed_who.data == AgreedWho.STUDENT:
        if not is_adult(student.birth_date, today):
            words = _("Only a student who is 18 or older can agree alone. Ask a parent or guardian.")
            raise Refused("agreed_who", words)
        return None, student.shown_name
    guardian = next((who for who in contacts_of(student.id) if str(who.id) == form.guardian_id.data), None)
    if guardian is None:
        raise Refused("guardian_id", _("Choose a parent or guardian the school may contact."))
    return guardian.id, guardian.name


def _open_case(uow: UnitOfWork, student: Student, school_id: int, today: date) -> Case:
    return open_case_for(
        uow,
        student,
        school_id=school_id,
        origin=CaseOrigin.SUPPORT,
        tier=TIER,
        lead_id=uow.actor.user_id,
        review_on=school_days(school_id).add(today, REVIEW_AFTER),
    )


def start_rows(start: SupportStart) -> list[dict[str, str]]:
    """The reason and agreement of a case without an incident, as labels and values."""
    agreed = dotted(start.agreed_name, str(AgreedHow(start.agreed_how).label), day_words_with_year(start.agreed_on))
    return [
        {"label": _("Why"), "value": str(Because(start.because).label)},
        {"label": _("The reason"), "value": start.why},
        {"label": _("Family agreed"), "value": agreed},
    ]


def panel(actor: Actor, student: Student) -> tuple[str, dict[str, Any]] | None:
    """The link to open support on a student's page; None when the actor may not."""
    if not can(actor, Permission.SUPPORT_OPEN, student):
        return None
    words = _("You can open check-in/check-out or mentoring without an incident. The family must agree first.")
    go = (_("Open support"), url_for("support.start", student_id=student.id))
    return panel_card(_("Support without an incident"), words, go=go, small=True)


ROOM = Room(pages=(pages,), sentences=SENTENCES, panels=(Panel(Place.STUDENT, 40, panel),))
