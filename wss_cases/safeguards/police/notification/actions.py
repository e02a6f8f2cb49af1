"""The notification that a review permits: what was said to whom, and what is added when it is known."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select

from wss_cases.access.permissions import Permission
from wss_cases.access.policy import require
from wss_cases.contacts import SchoolSergeant
from wss_cases.foundation.dates import moment_words
from wss_cases.foundation.errors import Refused, existing, refuse_blank
from wss_cases.foundation.i18n import force_locale, marked
from wss_cases.foundation.i18n import gettext as _
from wss_cases.foundation.school_time import zone_of
from wss_cases.incidents.incident.models import Incident
from wss_cases.journal.unit_of_work import UnitOfWork
from wss_cases.journal.use_cases import use_case
from wss_cases.roster.directory.models import Student
from wss_cases.roster.telling import refuse_kept_off
from wss_cases.safeguards.discipline.family_notice.letters import ask_for_interpreter
from wss_cases.safeguards.duties.duty.actions import PoliceCall, add_step, carry_out, steps_left
from wss_cases.safeguards.duties.duty.actions import Told as StepTold
from wss_cases.safeguards.duties.duty.models import LegalDuty
from wss_cases.safeguards.duties.duty.queries import students_who_caused_harm
from wss_cases.safeguards.duties.duty.rules import refuse_future
from wss_cases.safeguards.duties.duty.states import OPEN_DUTY
from wss_cases.safeguards.police.review.dating import check_time, counted_on
from wss_cases.safeguards.police.review.deciding.actions import end
from wss_cases.safeguards.police.review.models import NotifiedStudent, PoliceNotification, PoliceReview
from wss_cases.safeguards.police.review.queries import notifications_of, notified_students
from wss_cases.safeguards.police.review.rules import names_danger
from wss_cases.safeguards.police.review.seconders import named_alone
from wss_cases.safeguards.police.review.states import TO_RECORD, NotificationGround, ReviewState
from wss_cases.safeguards.police.second_review.actions import ask_second_review
from wss_cases.safeguards.police.seconding.actions import open_for_one, review_of_call

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
