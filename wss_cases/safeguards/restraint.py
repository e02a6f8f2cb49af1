"""Restraint and time-out (23 Ill. Adm. Code 1.285): recorded on a report, the guardian told the same day, reviewed."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from operator import attrgetter
from typing import Any

from flask import render_template, url_for
from sqlalchemy import CheckConstraint, ForeignKey, Index, Select, String, Text, func, select
from sqlalchemy.orm import Mapped, mapped_column
from wtforms import DateField
from wtforms.validators import InputRequired

from wss_cases.access.actor import CASE_TEAM, Actor, Role
from wss_cases.access.gate import current_actor, gate
from wss_cases.access.permissions import Permission
from wss_cases.access.policy import can
from wss_cases.access.visibility import in_view
from wss_cases.accounts.grants import holders
from wss_cases.followups.core.models import FollowUp, FollowUpState
from wss_cases.followups.making import close_row, make
from wss_cases.foundation import clock
from wss_cases.foundation.db import Base, Id, Versioned, by_id, db, named_enum, newest
from wss_cases.foundation.errors import Refused, existing
from wss_cases.foundation.forms import LongText, MomentField, NotBlank, PlainForm, ShortText, choices, pick, radio
from wss_cases.foundation.i18n import Labelled, _, _l, dotted, ngettext
from wss_cases.foundation.school_time import day_words_with_year, local_date, moment_words, today_at, zone_of
from wss_cases.incidents.incident.models import Incident, OfIncident
from wss_cases.incidents.incident.queries import get_incident
from wss_cases.incidents.incident.states import INJURY_LABELS, MANNER_LABELS
from wss_cases.journal.acts import Pages, Subject
from wss_cases.journal.rooms import Room
from wss_cases.journal.unit_of_work import UnitOfWork
from wss_cases.roster.directory.models import Student
from wss_cases.roster.directory.queries import school_days
from wss_cases.roster.telling import calling, refuse_kept_off
from wss_cases.safeguards.discipline.recording.pages import list_of_year
from wss_cases.safeguards.discipline.removals.models import told_late
from wss_cases.safeguards.duties.duty.models import refuse_future
from wss_cases.safeguards.duties.duty.queries import students_in, user_name


class RestraintKind(Labelled):
    """Kinds of 23 Ill. Adm. Code 1.285; others are prohibited there."""

    TIME_OUT = "time_out", _l("Time-out")
    ISOLATED_TIME_OUT = "isolated_time_out", _l("Isolated time-out")
    PHYSICAL_RESTRAINT = "physical_restraint", _l("Physical restraint")


class RestraintRecord(OfIncident, Versioned, Base):
    """One restraint or time-out of one student (23 Ill. Adm. Code 1.285). It is not discipline and not a removal."""

    __tablename__ = "restraint_record"
    __table_args__ = (
        Index("ix_restraint_record_school_date", "school_id", "local_date"),
        CheckConstraint("ended_at >= started_at", name="times"),
        CheckConstraint("(reviewed_on is null) = (review = '')", name="review"),
        CheckConstraint("harm = 'none' or harm_words <> ''", name="harm"),
    )
    PRIVATE = frozenset({"danger", "tried", "staff_present", "harm_words", "review", "guardian_name"})

    id: Mapped[Id]
    school_id: Mapped[int] = mapped_column(ForeignKey("school.id"))
    incident_id: Mapped[int] = mapped_column(ForeignKey("incident.id"), index=True)
    student_id: Mapped[int] = mapped_column(ForeignKey("student.id"), index=True)
    kind: Mapped[RestraintKind] = mapped_column(named_enum(RestraintKind, "kind"))
    local_date: Mapped[date]
    started_at: Mapped[datetime]
    ended_at: Mapped[datetime]
    danger: Mapped[str] = mapped_column(Text)
    tried: Mapped[str] = mapped_column(Text)
    staff_present: Mapped[str] = mapped_column(Text)
    harm: Mapped[str] = mapped_column(String(40))
    harm_words: Mapped[str] = mapped_column(Text, default="", server_default="")
    guardian_told_at: Mapped[datetime | None]
    guardian_manner: Mapped[str] = mapped_column(String(40), default="", server_default="")
    guardian_name: Mapped[str] = mapped_column(String(200), default="", server_default="")
    reviewed_on: Mapped[date | None]
    review: Mapped[str] = mapped_column(Text, default="", server_default="")
    recorded_by_id: Mapped[int | None] = mapped_column(ForeignKey("user_account.id"))
    recorded_at: Mapped[datetime]


SENTENCES = {
    "restraint.recorded": (_l("Restraint or time-out recorded: %(what)s"), {"what": RestraintKind.labels()}),
    "restraint.guardian_told": _l("The guardian was told about the restraint or time-out"),
    "restraint.reviewed": _l("The restraint or time-out was reviewed"),
}


@dataclass(frozen=True)
class ListedRestraint:
    """One row of a school's list."""

    record: RestraintRecord
    student: Student
    reference: str

    @property
    def id(self) -> int:
        return self.record.id


load_restraint = by_id(RestraintRecord)


def restraints_visible_to(statement: Select[Any], actor: Actor) -> Select[Any]:
    """Keep the records of the schools in which the actor is on the case team."""
    return statement.where(in_view(RestraintRecord, actor, *CASE_TEAM))


def _listed() -> Any:
    return (
        select(RestraintRecord, Student, Incident.reference)
        .join(Student, Student.id == RestraintRecord.student_id)
        .join(Incident, Incident.id == RestraintRecord.incident_id)
    )


def get_restraint(actor: Actor, record_id: int) -> ListedRestraint:
    """Return a record that the actor may see. Raises NotFound."""
    row = db.session.execute(restraints_visible_to(_listed().where(RestraintRecord.id == record_id), actor)).first()
    return ListedRestraint(*existing(row))


def restraints_page(actor: Actor, school_id: int | None, before_id: int | None, limit: int) -> list[ListedRestraint]:
    """Return the newest records of a school (None: of all the actor reaches), made before one."""
    statement = newest(restraints_visible_to(_listed(), actor), RestraintRecord, limit, before_id, school_id)
    return [ListedRestraint(*row) for row in db.session.execute(statement)]


def restraint_counts(actor: Actor, school_id: int | None, first: date, last: date) -> tuple[int, int]:
    """Return how many restraints and time-outs a period has, and of how many different students."""
    counted: Any = select(func.count(), func.count(RestraintRecord.student_id.distinct())).where(
        RestraintRecord.local_date.between(first, last)
    )
    if school_id is not None:
        counted = counted.where(RestraintRecord.school_id == school_id)
    row = db.session.execute(restraints_visible_to(counted, actor)).one()
    return row[0], row[1]


def restraints_of_incident(actor: Actor, incident_id: int) -> list[ListedRestraint]:
    statement = restraints_visible_to(_listed().where(RestraintRecord.incident_id == incident_id), actor)
    return [ListedRestraint(*row) for row in db.session.execute(statement.order_by(RestraintRecord.id))]


LONGEST = timedelta(hours=12)
CONTACT = "guardian_contact"
REVIEW = "restraint_review"
REVIEW_AFTER = 2
"""School days until the review that the record asks for."""

pages = Pages("restraints", __name__)
RECORD = Permission.RESTRAINT_RECORD


@pages.get("/restraints")
@gate(Permission.DISCIPLINE_READ)
def restraints() -> str:
    """The chosen school's restraints and time-outs, the newest first, counted for the school year."""
    return list_of_year("safeguards/restraint/list.html", restraints_page, restraint_row, restraint_counts)


def restraint_row(listed: ListedRestraint) -> dict[str, Any]:
    """One row of a list of restraints and time-outs."""
    row = listed.record
    return {
        "title": listed.student.shown_name,
        "href": url_for("restraints.restraint", restraint_id=row.id),
        "meta": f"{RestraintKind(row.kind).label} · {day_words_with_year(row.local_date)} · {listed.reference}",
        "tag": _("Guardian not told") if row.guardian_told_at is None else None,
    }


@pages.get("/restraints/<int:restraint_id>")
@gate(Permission.DISCIPLINE_READ)
def restraint(restraint_id: int) -> str:
    """One restraint or time-out, whether the guardian was told the same day, and its review."""
    actor = current_actor()
    listed = get_restraint(actor, restraint_id)
    return render_template(
        "safeguards/restraint/show.html",
        record=listed.record,
        student=listed.student,
        words=_words(listed),
        may_record=can(actor, RECORD, listed.record),
    )


def _words(listed: ListedRestraint) -> dict[str, Any]:
    row, zone = listed.record, zone_of(listed.record.school_id)
    minutes = int((row.ended_at - row.started_at).total_seconds() // 60)
    told_at = row.guardian_told_at
    return {
        "what": RestraintKind(row.kind).label,
        "reference": listed.reference,
        "start": moment_words(row.started_at, zone),
        "end": moment_words(row.ended_at, zone),
        "minutes": ngettext("%(num)d minute", "%(num)d minutes", minutes),
        "harm": INJURY_LABELS[row.harm],
        "told": dotted(moment_words(told_at, zone), MANNER_LABELS.get(row.guardian_manner, ""), row.guardian_name),
        "late": told_late(row.local_date, told_at, clock.now(), zone),
        "reviewed": day_words_with_year(row.reviewed_on) if row.reviewed_on else "",
        "recorded": f"{moment_words(row.recorded_at, zone)}, {user_name(row.recorded_by_id)}",
    }


class ToldForm(PlainForm):
    """When and how the guardian was told, where they were not told before the record was made."""

    guardian_told_at = MomentField(_l("When was the guardian told?"), _l("Enter when the guardian was told."))
    guardian_manner = pick(_l("How was the guardian told?"), MANNER_LABELS, _l("Enter how the guardian was told."))
    guardian_name = ShortText(_l("Name of the guardian who was told"), names=True)

    def fit(self, record: RestraintRecord) -> None:
        """Read times on the school's clock."""
        self.guardian_told_at.zone = zone_of(record.school_id)


class RestraintForm(PlainForm):
    """Who, when, why, who was there, what was tried, what harm, and when the guardian was told."""

    student_id = pick(_l("Student"), {}, _l("Choose the student."))
    kind = radio(_l("What was it?"), RestraintKind.labels(), _l("Choose the kind."))
    started_at = MomentField(_l("When did it start?"), _l("Enter when it started."))
    ended_at = MomentField(_l("When did it end?"), _l("Enter when it ended."))
    danger = LongText(
        _l("Why there was imminent danger of serious physical harm"),
        [NotBlank(_l("Write what the imminent danger was."))], rows=3,
    )  # fmt: skip
    tried = LongText(_l("De-escalation tried before"), [NotBlank(_l("Write what was tried before."))], rows=3)
    staff_present = LongText(
        _l("Staff present"), [NotBlank(_l("Enter which staff were present."))], rows=2,
        description=_l("Everyone who took part or watched."),
    )  # fmt: skip
    harm = radio(_l("Was anyone hurt?"), INJURY_LABELS, _l("Answer whether anyone was hurt."))
    harm_words = LongText(_l("Who was hurt and how"), rows=2)
    guardian_told_at = MomentField(
        _l("When was the guardian told?"),
        description=_l("The guardian is told the same day. Leave it blank if no one has told them yet: it is then due "
                       "today."),
    )  # fmt: skip
    guardian_manner = pick(_l("How was the guardian told?"), MANNER_LABELS)
    guardian_name = ShortText(_l("Name of the guardian who was told"), names=True)

    def fit(self, incident: Incident) -> None:
        """Offer the students of the report and read times on its school's clock."""
        self.students = students_in(incident.id)
        named = ((str(student.id), student.shown_name) for student in self.students)
        self.student_id.choices = choices([("", _("Choose one")), *named])
        for field in (self.started_at, self.ended_at, self.guardian_told_at):
            field.zone = zone_of(incident.school_id)


def _nobody(form: RestraintForm) -> tuple[str, str] | None:
    if form.students:
        return None
    return _("No student is in this report yet."), _("Complete the facts of the report first.")


@pages.act(
    "/incidents/<int:incident_id>/restraint",
    Subject(Incident, lambda actor, incident_id: get_incident(actor, incident_id, RECORD)), RestraintForm, RECORD,
    adds=True, endpoint="record", title=_l("Record a restraint or time-out"), button=_l("Save the record"),
    lede=_l("Only for imminent danger of serious physical harm, never as discipline (23 Ill. Adm. Code 1.285)."),
    trail=lambda incident: [
        (_("Incidents"), url_for("incidents.incidents")),
        (incident.reference, url_for("incidents.incident", incident_id=incident.id)),
    ],
    more=lambda _incident, form: {"calling_below": calling(form.students), "missing": _nobody(form)},
    then=lambda _incident, restraint_id: url_for(".restraint", restraint_id=restraint_id),
    done=_l("The record is saved."),
)  # fmt: skip
def record_restraint(uow: UnitOfWork, incident: Incident, form: RestraintForm) -> int:
    """Record a restraint or time-out of a student of this incident, whatever their part in it.

    Where the guardian is not told yet, that is due today. The review is due in two school days.
    """
    _check(form, uow.now)
    record = uow.add(
        RestraintRecord(
            school_id=incident.school_id,
            incident_id=incident.id,
            student_id=int(form.student_id.data),
            kind=RestraintKind(form.kind.data),
            local_date=local_date(form.started_at.at, zone_of(incident.school_id)),
            started_at=form.started_at.at,
            ended_at=form.ended_at.at,
            danger=form.danger.data,
            tried=form.tried.data,
            staff_present=form.staff_present.data,
            harm=form.harm.data,
            harm_words=form.harm_words.data,
            guardian_told_at=form.guardian_told_at.at,
            guardian_manner=form.guardian_manner.data,
            guardian_name=form.guardian_name.data,
            recorded_by_id=uow.actor.user_id,
            recorded_at=uow.now,
        )
    )
    uow.record(record, "restraint.recorded", what=record.kind.value)
    _follow(uow, record)
    return record.id


def _check(form: RestraintForm, now: datetime) -> None:
    started_at, ended_at = form.started_at.at, form.ended_at.at
    refuse_future("started_at", started_at, now)
    refuse_future("ended_at", ended_at, now)
    if ended_at < started_at:
        raise Refused("ended_at", _("It cannot end before it starts."))
    if ended_at - started_at > LONGEST:
        raise Refused("ended_at", _("This is longer than a school day. Check the times."))
    if form.harm.data != "none" and not form.harm_words.data.strip():
        raise Refused("harm_words", _("Enter who was hurt and how."))
    _check_told(started_at, form, now)
    if form.guardian_told_at.at is not None:
        refuse_kept_off("guardian_name", [int(form.student_id.data)], form.guardian_name.data)


def _check_told(started_at: datetime, form: RestraintForm | ToldForm, now: datetime) -> None:
    """Refuse a notice to the guardian that cannot be: before it happened, not yet, or without its manner."""
    told_at, manner = form.guardian_told_at.at, form.guardian_manner.data
    if told_at is None:
        if manner:
            raise Refused("guardian_told_at", _("Enter when the guardian was told."))
        return
    refuse_future("guardian_told_at", told_at, now)
    if told_at < started_at:
        raise Refused("guardian_told_at", _("The guardian cannot be told before it happened."))
    if not manner:
        raise Refused("guardian_manner", _("Enter how the guardian was told."))


def _follow(uow: UnitOfWork, record: RestraintRecord) -> None:
    today, days = today_at(record.school_id, uow.now), school_days(record.school_id)
    administrators = [user_id for user_id, _name in holders(Role.ADMINISTRATOR, record.school_id, today)]
    owner = next(iter(administrators), uow.actor.user_id)
    if record.guardian_told_at is None:
        make(
            uow, school_id=record.school_id, kind=CONTACT, owner_id=uow.actor.user_id,
            due_on=days.on_or_after(today), incident_id=record.incident_id, single_mail=True,
        )  # fmt: skip
    make(
        uow, school_id=record.school_id, kind=REVIEW, owner_id=owner,
        due_on=days.add(today, REVIEW_AFTER), incident_id=record.incident_id,
    )  # fmt: skip


def _close_oldest(
    uow: UnitOfWork, record: RestraintRecord, outcome: str, *, evidence: Any = None, **wanted: Any
) -> None:
    open_rows = select(FollowUp).filter_by(incident_id=record.incident_id, state=FollowUpState.OPEN, **wanted)
    for row in uow.session.scalars(open_rows.order_by(FollowUp.id).limit(1).with_for_update()):
        close_row(uow, row, outcome, evidence=evidence)


LISTED = Subject(RestraintRecord, get_restraint, row=attrgetter("record"))


def _above(listed: ListedRestraint) -> list[tuple[Any, str]]:
    return [
        (_("Restraint and time-out"), url_for(".restraints")),
        (listed.reference, url_for(".restraint", restraint_id=listed.id)),
    ]


def _lede(listed: ListedRestraint) -> str:
    row = listed.record
    return f"{RestraintKind(row.kind).label} · {moment_words(row.started_at, zone_of(row.school_id))}"


@pages.act(
    "/restraints/<int:restraint_id>/guardian", LISTED, ToldForm, RECORD, endpoint="told",
    title=_l("The guardian was told"), button=_l("Save"), lede=_lede, trail=_above,
    more=lambda listed, _form: {"calling": calling([listed.student])},
    then=lambda listed, _answer: url_for(".restraint", restraint_id=listed.id),
    done=_l("It is on record that the guardian was told."),
)  # fmt: skip
def tell_guardian(uow: UnitOfWork, record: RestraintRecord, form: ToldForm) -> None:
    """Write down when and how the guardian was told. It closes the contact that the record asked for."""
    if record.guardian_told_at is not None:
        raise Refused("", _("It is already on record that the guardian was told."))
    told_at, manner, name = form.guardian_told_at.at, form.guardian_manner.data, form.guardian_name.data
    _check_told(record.started_at, form, uow.now)
    refuse_kept_off("guardian_name", [record.student_id], name)
    record.guardian_told_at, record.guardian_manner, record.guardian_name = told_at, manner, name
    shown = {"manner": manner, "on": local_date(told_at, zone_of(record.school_id)).isoformat()}
    # the contact that this record asked for was made in the same moment
    _close_oldest(uow, record, "reached", evidence=shown, kind=CONTACT, created_at=record.recorded_at)
    uow.record(record, "restraint.guardian_told")


class ReviewForm(PlainForm):
    """What the review of a restraint or time-out found."""

    reviewed_on = DateField(_l("When was it reviewed?"), [InputRequired(_l("Enter when it was reviewed."))])
    review = LongText(
        _l("What the review found"), [NotBlank(_l("Write what the review found, and what will be done differently."))],
        description=_l("What led to it, whether it could have been avoided, what will be done differently."),
    )  # fmt: skip


@pages.act(
    "/restraints/<int:restraint_id>/review", LISTED, ReviewForm, RECORD, endpoint="review",
    title=_l("Record the review"), button=_l("Save"), lede=_lede, trail=_above,
    start=lambda listed: {"reviewed_on": today_at(listed.record.school_id, clock.now())},
    then=lambda listed, _answer: url_for(".restraint", restraint_id=listed.id), done=_l("The review is on record."),
)  # fmt: skip
def review_restraint(uow: UnitOfWork, record: RestraintRecord, form: ReviewForm) -> None:
    """Write down what the review found, once, on a day between the restraint and today."""
    reviewed_on = form.reviewed_on.data
    if record.reviewed_on is not None:
        raise Refused("", _("The review is already on record."))
    if not record.local_date <= reviewed_on <= today_at(record.school_id, uow.now):
        raise Refused("reviewed_on", _("Choose a day between then and today."))
    record.reviewed_on, record.review = reviewed_on, form.review.data
    _close_oldest(uow, record, "done", kind=REVIEW)  # each record asks for its own review
    uow.record(record, "restraint.reviewed")


ROOM = Room(pages=(pages,), sentences=SENTENCES, loaders={"restraint_record": load_restraint})
