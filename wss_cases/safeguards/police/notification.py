"""The notification that a review permits: its form, what is added later, and the rights sheet to print."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from flask import Blueprint, flash, render_template, request, url_for
from sqlalchemy import select

from wss_cases.access.act_pages import submitted
from wss_cases.access.gate import current_actor, gate
from wss_cases.access.permissions import Permission
from wss_cases.access.policy import can, require
from wss_cases.contacts import SchoolSergeant, police_lines, sergeant_words, sergeants_of
from wss_cases.foundation import clock
from wss_cases.foundation.dates import moment_words
from wss_cases.foundation.errors import Refused, existing, refuse_blank
from wss_cases.foundation.forms import choices, filled
from wss_cases.foundation.i18n import force_locale, in_language, locale_code, marked, ngettext
from wss_cases.foundation.i18n import gettext as _
from wss_cases.foundation.pages import Page, form_page
from wss_cases.foundation.school_time import at_wall, today_at, zone_of
from wss_cases.foundation.settings.reading import setting
from wss_cases.incidents.incident.models import Incident
from wss_cases.journal.rooms import Room
from wss_cases.journal.unit_of_work import UnitOfWork
from wss_cases.journal.use_cases import use_case
from wss_cases.mail.family_texts.queries import family_text
from wss_cases.roster.directory.models import Student
from wss_cases.roster.telling import calling, refuse_kept_off
from wss_cases.safeguards.discipline.family_notice import ask_for_interpreter
from wss_cases.safeguards.duties.duty.models import OPEN_DUTY, LegalDuty
from wss_cases.safeguards.duties.duty.pages import (
    POLICE_CALLED,
    PoliceCall,
    add_step,
    carry_out,
    steps_left,
    wall_minute,
)
from wss_cases.safeguards.duties.duty.pages import Told as StepTold
from wss_cases.safeguards.duties.duty.queries import load_duty, steps_of, students_who_caused_harm
from wss_cases.safeguards.duties.duty.rules import refuse_future
from wss_cases.safeguards.police.review.actions import check_time, counted_on, names_danger
from wss_cases.safeguards.police.review.deciding import end
from wss_cases.safeguards.police.review.models import (
    TO_RECORD,
    NotificationGround,
    NotifiedStudent,
    PoliceNotification,
    PoliceReview,
    ReviewState,
)
from wss_cases.safeguards.police.review.pages.pages import (
    TOLD_911,
    TOLD_OTHER,
    CompleteForm,
    FollowedForm,
    NotificationForm,
)
from wss_cases.safeguards.police.review.queries import (
    ReviewRow,
    get_review,
    named_alone,
    notification_of,
    notifications_of,
    notified_students,
)
from wss_cases.safeguards.police.second_review import ask_second_review
from wss_cases.safeguards.police.seconding import open_for_one, review_of_call

REACHED, SAME = "reached", "yes"
MOST_OF_NUMBER = 80
"""Characters of a report number; a duty's reference may be longer, and has all of it."""
RIGHTS = "police_rights"
"""The sheet of rights, a text for families."""


@dataclass(frozen=True)
class Followed:
    """What may be known only later: the report number, the guardian, the rights sheet, what followed."""

    report_number: str
    guardian_told_at: datetime | None
    guardian_manner: str
    guardian_result: str
    rights_sheet: str
    note: str
    guardian_name: str = ""


@dataclass(frozen=True)
class Told:
    """The notification itself; `danger` is what an emergency was, `step_ids` what it carried out of the law's duty."""

    notified_at: datetime
    channel: str
    told_whom: str
    sergeant_id: int | None
    adult_with_student: str
    student_ids: tuple[int, ...]
    followed: Followed
    danger: str = ""
    time_reason: str = ""
    step_ids: tuple[int, ...] = ()


@use_case
def record_notification(uow: UnitOfWork, review_id: int, given: Told) -> int:
    """Record the notification that a review permits.

    Raises Refused without a review that permits it, for a time before the second approval, an emergency without its
    danger, and for students who are not reported to have caused harm: witnesses and people harmed never count.
    """
    review = uow.load(PoliceReview, review_id, Permission.POLICE_NOTIFICATION_RECORD, uow.version)
    open_for_one(uow, review)
    _check(uow, review, given)
    review.time_reason = given.time_reason or review.time_reason
    review.danger = given.danger if review.door is NotificationGround.EMERGENCY else ""
    made = uow.add(
        PoliceNotification(
            school_id=review.school_id,
            incident_id=review.incident_id,
            review_id=review.id,
            door=review.door,
            notified_at=given.notified_at,
            local_date=counted_on(review, given.notified_at, uow.now),
            channel=given.channel,
            told_whom=given.told_whom,
            sergeant_id=given.sergeant_id,
            adult_with_student=given.adult_with_student,
            recorded_by_id=uow.actor.user_id,
            **vars(given.followed),
        )
    )
    _carry_out_duty(uow, review, given)
    _close(uow, review, made, given.student_ids)
    return review.id


def count_call(uow: UnitOfWork, call: PoliceCall) -> None:
    """Let a call to the police that was recorded on a step of a duty count as the notification it is. For use cases.

    It stands under the review of that duty, where one person alone stands behind it to be reviewed afterwards; what a
    notification says besides is added later. Raises Refused where the report has a call already and nobody said whether
    this is the same, and for students who are not reported to have caused harm.
    """
    incident_id, told = call.duty.incident_id, call.report
    if _is_on_record(incident_id, told.same_call):
        return
    review = review_of_call(uow, uow.session.get_one(Incident, incident_id), call.duty)
    _check_students(uow, incident_id, told.student_ids)
    made = uow.add(
        PoliceNotification(
            school_id=review.school_id,
            incident_id=incident_id,
            review_id=review.id,
            door=review.door,
            notified_at=told.done_at,
            local_date=counted_on(review, existing(told.done_at), uow.now),
            channel=told.channel,
            told_whom=told.told_whom,
            report_number=told.reference[:MOST_OF_NUMBER],
            recorded_by_id=uow.actor.user_id,
        )
    )
    _close(uow, review, made, told.student_ids)


def _is_on_record(incident_id: int, same_call: str) -> bool:
    known = notifications_of(incident_id)
    if known and not same_call:
        words = _(
            "A call to the police is already recorded on this report: %(whom)s, %(moment)s. Answer whether this is the "
            "same call.",
            whom=known[-1].told_whom,
            moment=moment_words(known[-1].notified_at, zone_of(known[-1].school_id)),
        )
        raise Refused("same_call", words)
    return bool(known) and same_call == SAME


def _close(uow: UnitOfWork, review: PoliceReview, made: PoliceNotification, student_ids: Collection[int]) -> None:
    _name_students(uow, made, student_ids)
    uow.audit("police.recorded", "police_notification", made.id, {"door": [None, review.door.value]})
    ask_second_review(uow, review, made)
    end(uow, review, ReviewState.NOTIFIED, "police.recorded", door=review.door.value)


def _carry_out_duty(uow: UnitOfWork, review: PoliceReview, given: Told) -> None:
    """Fill the chosen steps of the duty that required it from what is recorded, and close it with the last of them."""
    if not given.step_ids:
        return
    duty = uow.session.get(LegalDuty, review.duty_id, with_for_update=True) if review.duty_id else None
    require(uow.actor, Permission.DUTY_DISCHARGE, duty)
    left = {step.id: step for step in steps_left(uow, duty)} if duty is not None else {}
    if duty is None or duty.state not in OPEN_DUTY or not set(given.step_ids) <= set(left):
        raise Refused("step_ids", _("Choose steps of the duty that are still open."))
    report = StepTold(given.told_whom, given.channel, given.notified_at, given.followed.report_number)
    steps = [left[step_id] for step_id in sorted(set(given.step_ids))]
    last = steps.pop() if len(steps) == len(left) else None
    for step in steps:
        add_step(uow, duty, step, report)
    if last is not None:
        carry_out(uow, duty, _("The police were notified: see the police-notification review."), report)


def _name_students(uow: UnitOfWork, made: PoliceNotification, student_ids: Collection[int]) -> None:
    """Who was named to the police; the record of disclosures has it too, in words that each reader sees in theirs."""
    with force_locale("en"):
        ground = str(NotificationGround(made.door).label)
    for student_id in sorted(set(student_ids)):
        uow.session.add(NotifiedStudent(notification_id=made.id, student_id=student_id))
        ask_for_interpreter(
            uow, uow.session.get_one(Incident, made.incident_id), uow.session.get_one(Student, student_id), RIGHTS
        )
        uow.disclose(
            made, student_id, told_whom=made.told_whom, interest=ground,
            purpose=marked("Police notification"), fields=["name"], at=made.notified_at,
        )  # fmt: skip


def _check(uow: UnitOfWork, review: PoliceReview, given: Told) -> None:
    if review.state not in TO_RECORD or not review.permits:
        raise Refused("", _("No notification can be recorded: the review does not allow it."))
    if review.door is NotificationGround.EMERGENCY and not names_danger(given.danger):
        raise Refused("danger", _("Write what the imminent danger was."))
    check_time(uow, review, "notified_at", given.notified_at, given.time_reason)
    is_other = review.door is NotificationGround.OTHER
    if (
        is_other
        and review.second_at is not None
        and given.notified_at < review.second_at.replace(second=0, microsecond=0)
    ):
        raise Refused("notified_at", _("This is before the second approval."))
    refuse_blank("told", given.told_whom, _("Enter who was told."))
    _check_sergeant(uow, review, given.sergeant_id)
    _check_followed(given.followed, given.student_ids, uow.now)
    if students_who_caused_harm(review.incident_id):
        refuse_blank("adult_with_student", given.adult_with_student, _("Enter which adult stays with the student."))
    _check_students(uow, review.incident_id, given.student_ids)


def _check_students(uow: UnitOfWork, incident_id: int, student_ids: Collection[int]) -> None:
    caused = {student.id: student for student in students_who_caused_harm(incident_id)}
    if not set(student_ids) <= set(caused):
        raise Refused("student_ids", _("Only students reported to have caused harm are named here."))
    by_one = named_alone(incident_id, uow.actor.user_id, uow.now) & set(student_ids)
    alone = [caused[one].shown_name for one in sorted(by_one)]
    if alone:
        words = _(
            "The report did not say who this was, and only you named %(names)s. Record the call without the name now. "
            "A second person adds it under “Add what happened afterward”.",
            names=", ".join(alone),
        )
        raise Refused("student_ids", words)


def _check_sergeant(uow: UnitOfWork, review: PoliceReview, sergeant_id: int | None) -> None:
    sergeant = uow.session.get(SchoolSergeant, sergeant_id) if sergeant_id is not None else None
    if sergeant_id is not None and (sergeant is None or sergeant.school_id != review.school_id):
        raise Refused("told", _("Choose a School Sergeant of this school."))


def _check_followed(given: Followed, student_ids: Collection[int], now: datetime) -> None:
    if given.guardian_told_at is not None:
        refuse_future("guardian_told_at", given.guardian_told_at, now)
    if given.guardian_result == REACHED and (given.guardian_told_at is None or not given.guardian_manner):
        raise Refused("guardian_told_at", _("Enter when and how the guardian was told."))
    if given.guardian_told_at is not None:
        refuse_kept_off("guardian_name", student_ids, given.guardian_name)


@use_case
def add_what_followed(uow: UnitOfWork, review_id: int, given: Followed, student_ids: Collection[int] = ()) -> int:
    """Add what was not known when the notification was recorded, and of whom police were told beside those named
    already; `version` is the notification's. Raises Refused for students as `record_notification` does."""
    statement = select(PoliceNotification.id).where(PoliceNotification.review_id == review_id)
    made_id = existing(uow.session.scalar(statement))
    made = uow.load(PoliceNotification, made_id, Permission.POLICE_NOTIFICATION_RECORD, uow.version)
    named = [student.id for student in notified_students(made_id)]
    more = sorted(set(student_ids) - set(named))
    _check_students(uow, made.incident_id, more)
    _check_followed(given, [*named, *more], uow.now)
    _name_students(uow, made, more)
    for name, value in vars(given).items():
        setattr(made, name, value)
    uow.record(made, "police.completed")
    return review_id


blueprint = Blueprint("police_record", __name__, url_prefix="/police-reviews/<int:review_id>")

_KNOWN = ("report_number", "guardian_manner", "guardian_result", "rights_sheet", "note", "guardian_name")


def _loaded(review_id: int) -> ReviewRow:
    return get_review(current_actor(), review_id, Permission.POLICE_NOTIFICATION_RECORD)


def _followed(form: FollowedForm, zone: str) -> Followed:
    told_at = form.guardian_told_at.data
    return filled(form, Followed, guardian_told_at=at_wall(told_at, zone) if told_at else None)


def _steps(review: PoliceReview) -> list[tuple[int, str]]:
    """The open steps of the duty that required the review, for who may carry it out."""
    duty = load_duty(review.duty_id) if review.duty_id is not None else None
    if duty is None or duty.state not in OPEN_DUTY or not can(current_actor(), Permission.DUTY_DISCHARGE, duty):
        return []
    return [(row.step.id, in_language(row.step, "whom")) for row in steps_of(duty) if row.record is None]


def _told(form: NotificationForm, sergeant: SchoolSergeant | None, zone: str) -> Told:
    named = sergeant_words(sergeant) if sergeant else form.told_whom.data or ""
    return filled(
        form,
        Told,
        notified_at=at_wall(form.notified_at.data, zone),
        told_whom=TOLD_911 if form.told.data == TOLD_911 else named,
        sergeant_id=sergeant.id if sergeant else None,
        student_ids=tuple(form.student_ids.data or ()),
        followed=_followed(form, zone),
        step_ids=tuple(form.step_ids.data or ()),
    )


def _whom(sergeants: Mapping[str, SchoolSergeant]) -> list[tuple[str, str]]:
    named = [(key, sergeant_words(one)) for key, one in sergeants.items()]
    return [("", _("Choose one")), *named, (TOLD_911, "911"), (TOLD_OTHER, _("Someone else"))]


@blueprint.route("/notification", methods=["GET", "POST"])
@gate(Permission.POLICE_NOTIFICATION_RECORD)
def record(review_id: int) -> Page:
    """Record the notification that the review permits."""
    now = clock.now()
    row = _loaded(review_id)
    review, zone = row.review, zone_of(row.review.school_id)
    form = NotificationForm(version=review.version, notified_at=wall_minute(review.called_at or now, zone))
    sergeants = {str(one.id): one for one in sergeants_of(review.school_id)}
    students = students_who_caused_harm(review.incident_id)
    form.told.choices = choices(_whom(sergeants))
    form.student_ids.choices = choices([(student.id, student.shown_name) for student in students])
    emergency = review.door is NotificationGround.EMERGENCY
    form.demand(danger=emergency, adult=bool(students))
    steps = _steps(review)
    form.step_ids.choices = choices(steps)
    if not form.is_submitted() and len(steps) == 1:
        form.step_ids.data = [steps[0][0]]

    def act() -> int:
        given = _told(form, sergeants.get(form.told.data), zone)
        return record_notification(submitted(form), review_id, given)

    def done(_made: int) -> str:
        flash(_("The notification is recorded. A restorative pathway is open anyway."))
        if steps and (left := len(_steps(review))):
            flash(
                ngettext(
                    "%(num)d step of the legal duty is still open.",
                    "%(num)d steps of the legal duty are still open.",
                    left,
                )
            )
        return url_for("police_reviews.review", review_id=review_id)

    return form_page(
        form, act, done, "safeguards/police/notification/record.html",
        row=row, emergency=emergency, students=students, steps=steps,
        calling=calling(students), police=police_lines(list(sergeants.values())),
    )  # fmt: skip


@blueprint.route("/what-followed", methods=["GET", "POST"])
@gate(Permission.POLICE_NOTIFICATION_RECORD)
def complete(review_id: int) -> Page:
    """Add what was not known yet: report number, guardian, rights sheet, what followed."""
    row = _loaded(review_id)
    zone, made = zone_of(row.review.school_id), existing(notification_of(review_id))
    known = {name: getattr(made, name) for name in _KNOWN}
    told_at = wall_minute(made.guardian_told_at, zone) if made.guardian_told_at else None
    form = CompleteForm(version=made.version, guardian_told_at=told_at, **known)
    students, named = students_who_caused_harm(row.review.incident_id), {one.id for one in notified_students(made.id)}
    unnamed = [student for student in students if student.id not in named]
    form.student_ids.choices = choices([(student.id, student.shown_name) for student in unnamed])

    def act() -> int:
        more = form.student_ids.data or ()
        return add_what_followed(submitted(form), review_id, _followed(form, zone), more)

    return form_page(
        form, act, url_for("police_reviews.review", review_id=review_id),
        "safeguards/police/notification/followed.html", row=row, calling=calling(students), unnamed=unnamed,
    )  # fmt: skip


@blueprint.get("/rights-sheet")
@gate(Permission.POLICE_NOTIFICATION_RECORD)
def rights(review_id: int) -> Page:
    """The sheet for the student and the family, in plain words, to print; in English where a language is missing."""
    actor, row = current_actor(), _loaded(review_id)
    language = request.args.get("language", locale_code())[:20]
    today = today_at(row.review.school_id, clock.now())
    text = family_text(RIGHTS, language, today)
    filled = text.filled({"school": row.school, "contact": f"{actor.name}, {row.school}"})
    shown: dict[str, Any] = {"text": filled, "back": url_for("police_reviews.review", review_id=review_id)}
    with force_locale(text.language if text.language in setting("LANGUAGES") else locale_code()):
        return render_template("safeguards/police/notification/rights.html", languages=setting("LANGUAGES"), **shown)


ROOM = Room(pages=(blueprint,), reactions={POLICE_CALLED: count_call})
