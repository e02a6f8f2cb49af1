"""The questioning of a student by police or security: recorded before it starts, refused until it may."""

from datetime import datetime
from operator import attrgetter
from typing import Any

from flask import render_template, url_for
from sqlalchemy import select

from wss_cases.access.gate import current_actor, gate
from wss_cases.access.permissions import Permission
from wss_cases.foundation import clock
from wss_cases.foundation.errors import Refused, refuse_blank
from wss_cases.foundation.forms import LongText, MomentField, NotBlank, PlainForm, ShortText, choices, pick, radio
from wss_cases.foundation.i18n import _, _l
from wss_cases.foundation.pages import Page
from wss_cases.foundation.school_time import moment_words, zone_of
from wss_cases.incidents.incident.models import Incident
from wss_cases.incidents.incident.queries import get_incident
from wss_cases.incidents.incident.states import MANNER_LABELS, RESULT_LABELS
from wss_cases.journal.acts import Pages, Subject
from wss_cases.journal.rooms import Room
from wss_cases.journal.unit_of_work import UnitOfWork
from wss_cases.roster.telling import calling, refuse_kept_off
from wss_cases.safeguards.duties.duty.models import OPEN_DUTY, LegalDuty, refuse_future
from wss_cases.safeguards.duties.duty.pages import Told, add_step, carry_out, steps_left, wall_minute
from wss_cases.safeguards.duties.duty.queries import user_name
from wss_cases.safeguards.duties.duty.raising import ByHand, open_by_hand
from wss_cases.safeguards.questioning import models
from wss_cases.safeguards.questioning.models import (
    AdultPresent,
    ClaimedException,
    Missing,
    QuestionedBy,
    Questioning,
    QuestioningNotice,
    QuestioningRow,
    get_questioning,
    has_contact,
    missing,
    notices_of,
    questionings_of,
    students_of,
)

CODE = "questioning_of_student"
CHANNELS = {"phone": "phone", "in_person": "in_person"}
"""Manners of telling a guardian that are channels of a duty's step under the same name; the rest is writing."""


pages = Pages("questionings", __name__)
RECORD = Permission.QUESTIONING_RECORD


class QuestioningForm(PlainForm):
    """Who wants to question which student, and whether it has begun."""

    student_id = pick(_l("Student"), {}, _l("Choose the student."), validate_choice=False)
    asked_by = radio(_l("Who wants to question"), QuestionedBy, _l("Enter who wants to question the student."))
    who = ShortText(_l("Name, badge or unit"), [NotBlank(_l("Enter who wants to question the student."))], names=True)
    why = LongText(_l("Why"), [NotBlank(_l("Explain why."))], rows=3)
    begun = radio(
        _l("Has it started?"), {"no": _l("No, it has not started"), "yes": _l("Yes, it has started")}, default="no"
    )
    started_at = MomentField(
        _l("When it started"),
        description=_l("Only if it has already started. The record is then marked as late."),
    )  # fmt: skip
    late_reason = LongText(_l("Why it was not recorded before"), rows=2)

    def fit(self, incident: Incident) -> None:
        """Offer the students of the report and read the time on its school's clock."""
        students = [(str(student.id), student.shown_name) for student in students_of(incident.id)]
        self.student_id.choices = choices([("", _("Choose one")), *students])
        self.started_at.zone = zone_of(incident.school_id)


def _nobody(_incident: Incident, form: QuestioningForm) -> dict[str, Any]:
    nobody = _("No student is named in this report."), _("First identify the person on the report.")
    may_not_yet = _(
        "It may not start yet. First, notify the guardian, and have a guardian or a support professional with the "
        "student."
    )
    return {"missing": nobody if len(form.student_id.choices) == 1 else None, "warning": may_not_yet}


@pages.act(
    "/incidents/<int:incident_id>/questioning",
    Subject(Incident, lambda actor, incident_id: get_incident(actor, incident_id, RECORD)), QuestioningForm, RECORD,
    adds=True, endpoint="new", title=_l("Someone wants to question a student"), button=_l("Record it"),
    lede=_l("Record it before it starts."), more=_nobody,
    trail=lambda incident: [(incident.reference, url_for("incidents.incident", incident_id=incident.id))],
    then=lambda _incident, questioning_id: url_for(".questioning", questioning_id=questioning_id),
)  # fmt: skip
def record_questioning(uow: UnitOfWork, incident: Incident, form: QuestioningForm) -> int:
    """Record that somebody wants to question a student of this report, and raise the duty that goes with it.

    One that has begun needs the reason why it was not recorded before.
    """
    student_id, late, started_at = int(form.student_id.data), form.begun.data == "yes", None
    if student_id not in {student.id for student in students_of(incident.id)}:
        raise Refused("student_id", _("Choose a student of this report."))
    if late:
        started_at = form.started_at.at or uow.now
        refuse_future("started_at", started_at, uow.now)
        refuse_blank("late_reason", form.late_reason.data, _("Explain why it was not recorded before it started."))
    duty = _duty(uow, incident, ByHand(CODE, f"{form.who.data}: {form.why.data}", started_at or uow.now))
    record = uow.add(
        Questioning(
            school_id=incident.school_id, incident_id=incident.id, duty_id=duty.id, student_id=student_id,
            asked_by=QuestionedBy(form.asked_by.data), who=form.who.data, why=form.why.data, started_at=started_at,
            late_reason=form.late_reason.data if late else "", recorded_late=late,
            recorded_at=uow.now, recorded_by_id=uow.actor.user_id,
        )
    )  # fmt: skip
    uow.record(record, "questioning.recorded_late" if late else "questioning.recorded")
    return record.id


def _duty(uow: UnitOfWork, incident: Incident, raised: ByHand) -> LegalDuty:
    statement = select(LegalDuty).where(
        LegalDuty.incident_id == incident.id, LegalDuty.code == CODE, LegalDuty.state.in_(OPEN_DUTY)
    )
    standing = uow.session.scalars(statement.with_for_update()).first()
    if standing is not None and not _is_taken(uow, standing):
        return standing
    if standing is not None:
        raise Refused("", _("Another questioning on this report has not ended. End it, or record that it is canceled."))
    return open_by_hand(uow, incident, raised, None)


def _is_taken(uow: UnitOfWork, duty: LegalDuty) -> bool:
    live = select(Questioning.id).where(
        Questioning.duty_id == duty.id, Questioning.ended_at.is_(None), Questioning.called_off_at.is_(None)
    )
    return uow.session.scalar(live.limit(1)) is not None


class _TimedForm(PlainForm):
    """A step of a questioning; its times are read on the school's clock."""

    def fit(self, record: Questioning) -> None:
        """Read times on the school's clock."""
        for field in self:
            if isinstance(field, MomentField):
                field.zone = zone_of(record.school_id)


def _step(title: Any, *, at: str = "", calls: bool = False) -> dict[str, Any]:
    """What the page of a step shows; `at` names its time, which is now at first, and `calls` asks for a call home."""
    shown: dict[str, Any] = {
        "title": title,
        "button": _l("Record it"),
        "lede": lambda row: row.student.shown_name,
        "trail": _above,
        "then": lambda row, _answer: url_for(".questioning", questioning_id=row.record.id),
    }
    if at:
        shown["start"] = lambda row: {at: wall_minute(clock.now(), zone_of(row.record.school_id))}
    if calls:
        shown["more"] = lambda row, _form: {"calling": calling([row.student])}
    return shown


def _above(row: QuestioningRow) -> list[tuple[Any, str]]:
    return [
        (_("The report"), url_for("incidents.incident", incident_id=row.record.incident_id)),
        (_("Questioning"), url_for(".questioning", questioning_id=row.record.id)),
    ]


ROW = Subject(Questioning, get_questioning, row=attrgetter("record"))


def _refuse_closed(record: Questioning) -> None:
    if record.ended_at is not None or record.called_off_at is not None:
        raise Refused("", _("This record is closed."))


class NoticeForm(_TimedForm):
    """One attempt to tell the guardian."""

    at = MomentField(_l("When"), _l("Enter when it was."))
    manner = pick(_l("How"), MANNER_LABELS, _l("Enter how."))
    result = pick(_l("Result"), RESULT_LABELS, _l("Enter the result."))
    told_whom = ShortText(_l("Who was reached"), names=True)
    note = LongText(_l("Note"), rows=3)


@pages.act(
    "/questionings/<int:questioning_id>/notice", ROW, NoticeForm, RECORD, adds=True, endpoint="notice",
    **_step(_l("Record an attempt to tell the guardian"), at="at", calls=True),
)  # fmt: skip
def record_notice(uow: UnitOfWork, record: Questioning, form: NoticeForm) -> None:
    """Record one attempt to tell the guardian: when, how, with what result."""
    _refuse_closed(record)
    whom = form.told_whom.data
    refuse_future("at", form.at.at, uow.now)
    if has_contact([form.result.data]):
        refuse_blank("told_whom", whom, _("Enter who was reached."))
    if whom.strip():
        refuse_kept_off("told_whom", [record.student_id], whom)
    notice = QuestioningNotice(
        questioning_id=record.id, school_id=record.school_id, recorded_by_id=uow.actor.user_id, recorded_at=uow.now,
        at=form.at.at, manner=form.manner.data, result=form.result.data, told_whom=whom, note=form.note.data,
    )  # fmt: skip
    uow.add(notice)
    uow.record(notice, "questioning.notice")


class AdultForm(PlainForm):
    """The adult with the student."""

    adult_present = radio(_l("Who is with the student"), AdultPresent, _l("Enter who is with the student."))
    adult_name = ShortText(_l("Name and role"), [NotBlank(_l("Enter who is with the student."))], names=True)


@pages.act(
    "/questionings/<int:questioning_id>/adult", ROW, AdultForm, RECORD, endpoint="adult",
    **_step(_l("Record who is with the student"), calls=True),
)  # fmt: skip
def name_adult(uow: UnitOfWork, record: Questioning, form: AdultForm) -> None:
    """Record which adult is with the student: a guardian, or a support professional of the school."""
    _refuse_closed(record)
    refuse_kept_off("adult_name", [record.student_id], form.adult_name.data)
    record.adult_present, record.adult_name = AdultPresent(form.adult_present.data), form.adult_name.data
    uow.record(record, "questioning.prepared")


class ExceptionForm(PlainForm):
    """An exception of the law that somebody claims."""

    exception = radio(_l("Which exception is claimed"), ClaimedException, _l("Choose the exception."))
    exception_reason = LongText(
        _l("What happened, and who claims it"),
        [NotBlank(_l("Write what happened that makes it an exception."))], rows=3,
    )  # fmt: skip


@pages.act(
    "/questionings/<int:questioning_id>/exception", ROW, ExceptionForm, RECORD, endpoint="exception",
    **_step(_l("Record an exception that is claimed")),
)  # fmt: skip
def claim_exception(uow: UnitOfWork, record: Questioning, form: ExceptionForm) -> None:
    """Record that somebody claims an exception of the law, with its reason; the duty stays open all the same."""
    _refuse_closed(record)
    claimed = ClaimedException(form.exception.data)
    record.exception, record.exception_reason = claimed, form.exception_reason.data
    uow.record(record, "questioning.exception", claimed=claimed.value)


class StartForm(_TimedForm):
    """When it began."""

    started_at = MomentField(_l("When it started"), _l("Enter when it was."))


@pages.act(
    "/questionings/<int:questioning_id>/start", ROW, StartForm, RECORD,
    **_step(_l("It is starting now"), at="started_at"),
)  # fmt: skip
def start(uow: UnitOfWork, record: Questioning, form: StartForm) -> None:
    """Record that it began. Refused until the guardian was told or tried, and an adult is with the student.

    Where both stand without an exception, the duty is carried out with it; under an exception it stays open.
    """
    _refuse_closed(record)
    at = form.started_at.at
    if record.started_at is not None:
        raise Refused("", _("It has already started."))
    notices = notices_of(record.id)
    for what in missing(record, [notice.result for notice in notices]):
        raise Refused("", REFUSALS[what]())
    refuse_future("started_at", at, uow.now)
    if at < record.recorded_at.replace(second=0, microsecond=0):
        raise Refused("started_at", _("This is before it was recorded here. Enter it in a separate record."))
    record.started_at = at
    uow.record(record, "questioning.started")
    if record.exception is None:
        _carry_out(uow, record, notices)


REFUSALS = {
    Missing.NOTICE: lambda: _(
        "It may not start: no one has told the guardian or tried to. Record each attempt with its time, method, and "
        "result."
    ),
    Missing.ADULT: lambda: _(
        "It may not start: no guardian or support professional is with the student. Record who is."
    ),
}
"""Why a questioning may not start, in words."""


def _carry_out(uow: UnitOfWork, record: Questioning, notices: list[QuestioningNotice]) -> None:
    duty = uow.session.get_one(LegalDuty, record.duty_id, with_for_update=True)
    if duty.state not in OPEN_DUTY or record.adult_present is None:
        return
    best = next((notice for notice in notices if has_contact([notice.result])), notices[-1])
    adult = f"{record.adult_name} ({AdultPresent(record.adult_present).label})"
    reports = [
        Told(_guardian(best), CHANNELS.get(best.manner, "mail"), best.at, note=best.note),
        Told(adult, "in_person", record.started_at),
    ]
    for step, what in zip(steps_left(uow, duty)[:2], reports, strict=False):
        add_step(uow, duty, step, what)
    if not steps_left(uow, duty):
        done = _("The guardian: %(guardian)s. With the student: %(adult)s.", guardian=_guardian(best), adult=adult)
        carry_out(uow, duty, done, reports[1])


def _guardian(notice: QuestioningNotice) -> str:
    if has_contact([notice.result]):
        return notice.told_whom
    return _("no contact, an attempt (%(result)s)", result=RESULT_LABELS.get(notice.result, notice.result))


class EndForm(_TimedForm):
    """When it ended, and what followed."""

    ended_at = MomentField(_l("When"), _l("Enter when it was."))
    what_followed = LongText(_l("What happened afterward"), [NotBlank(_l("Write what happened afterward."))], rows=3)


@pages.act("/questionings/<int:questioning_id>/end", ROW, EndForm, RECORD, **_step(_l("Record its end"), at="ended_at"))
def end(uow: UnitOfWork, record: Questioning, form: EndForm) -> None:
    """Record that it ended and what followed, or where it never began that it did not take place and why."""
    _refuse_closed(record)
    at = form.ended_at.at
    refuse_future("ended_at", at, uow.now)
    if record.started_at is not None and at < record.started_at:
        raise Refused("ended_at", _("It cannot end before it started."))
    record.what_followed = form.what_followed.data
    if record.started_at is None:
        record.called_off_at = at
    else:
        record.ended_at = at
    uow.record(record, "questioning.called_off" if record.started_at is None else "questioning.ended")


@pages.get("/questionings/<int:questioning_id>")
@gate(RECORD)
def questioning(questioning_id: int) -> Page:
    """One questioning: whether it may start and what is missing, who was told, who is with the student."""
    row = get_questioning(current_actor(), questioning_id)
    return render_template("safeguards/questioning/show.html", shown=_words(row), record=row.record)


def _words(row: QuestioningRow) -> dict[str, Any]:
    record, zone = row.record, zone_of(row.record.school_id)
    left = missing(record, row.results)
    is_live = record.ended_at is None and record.called_off_at is None

    def moment(at: datetime | None) -> str:
        return moment_words(at, zone) if at else ""

    return {
        "student": row.student.shown_name,
        "asked_by": QuestionedBy(record.asked_by).label,
        "missing": left,
        "may_start": is_live and record.started_at is None and not left,
        "waits": is_live and record.started_at is None,
        "is_live": is_live,
        "reached": has_contact(row.results),
        "tried": bool(row.results),
        "notices": [_notice(notice, zone) for notice in row.notices],
        "adult": AdultPresent.labels().get(record.adult_present, "") if record.adult_present else "",
        "exception": ClaimedException(record.exception).label if record.exception else "",
        "recorded": moment(record.recorded_at),
        "recorded_by": user_name(record.recorded_by_id),
        "started": moment(record.started_at),
        "ended": moment(record.ended_at),
        "called_off": moment(record.called_off_at),
        "incident_href": url_for("incidents.incident", incident_id=record.incident_id),
        "duty_href": url_for("safeguards.duty", duty_id=record.duty_id),
        "tag": state_words(record),
        "tone": "sun" if is_live else "moss",
    }


def _notice(notice: QuestioningNotice, zone: str) -> dict[str, Any]:
    parts = (
        moment_words(notice.at, zone),
        str(MANNER_LABELS.get(notice.manner, notice.manner)),
        notice.told_whom,
        notice.note,
    )
    return {
        "title": str(RESULT_LABELS.get(notice.result, notice.result)),
        "contact": has_contact([notice.result]),
        "meta": " · ".join(part for part in parts if part),
    }


def state_words(record: Any) -> str:
    """Return how far a questioning has come."""
    if record.called_off_at is not None:
        return _("Did not take place")
    if record.ended_at is not None:
        return _("Ended")
    return _("Has started") if record.started_at is not None else _("Not started")


def of_incident(incident_id: int) -> list[dict[str, Any]]:
    """Return the questionings on a report, as rows of a list; the caller has checked the report."""
    return [
        {
            "title": student.shown_name,
            "href": url_for("questionings.questioning", questioning_id=record.id),
            "meta": QuestionedBy(record.asked_by).label,
            "tag": state_words(record),
            "tone": "moss" if record.ended_at or record.called_off_at else "sun",
        }
        for record, student in questionings_of(incident_id)
    ]


ROOM = Room(pages=(pages,), sentences=models.SENTENCES, loaders={"questioning": models.load_questioning})
