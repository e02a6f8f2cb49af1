"""The notification that a review permits: its form, what is added later, and the rights sheet to print."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from operator import attrgetter
from typing import Any

from flask import flash, render_template, request, url_for
from wtforms import SelectMultipleField

from wss_cases.access.actor import Actor
from wss_cases.access.gate import current_actor, gate
from wss_cases.access.permissions import Permission
from wss_cases.access.policy import can
from wss_cases.access.policy import require as require_permission
from wss_cases.contacts import SchoolSergeant, police_lines, sergeant_words, sergeants_of
from wss_cases.foundation import clock
from wss_cases.foundation.errors import Refused, existing, refuse_blank
from wss_cases.foundation.forms import (
    PICK,
    LongText,
    MomentField,
    PlainForm,
    ReasonField,
    ShortText,
    choices,
    pick,
    require,
)
from wss_cases.foundation.i18n import _, _l, force_locale, in_language, locale_code, marked, ngettext
from wss_cases.foundation.pages import Page
from wss_cases.foundation.school_time import moment_words, today_at, zone_of
from wss_cases.foundation.settings import setting
from wss_cases.incidents.incident.models import Incident
from wss_cases.incidents.incident.states import MANNER_LABELS, RESULT_LABELS
from wss_cases.journal.acts import Pages, Subject
from wss_cases.journal.rooms import Room
from wss_cases.journal.unit_of_work import UnitOfWork
from wss_cases.mail.family_texts import family_text
from wss_cases.roster.directory.models import Student
from wss_cases.roster.telling import calling, refuse_kept_off
from wss_cases.safeguards.discipline.messages import ask_for_interpreter
from wss_cases.safeguards.duties.duty.models import CHANNEL_LABELS, OPEN_DUTY, LegalDuty, refuse_future
from wss_cases.safeguards.duties.duty.pages import (
    POLICE_CALLED,
    PoliceCall,
    Told,
    add_step,
    carry_out,
    steps_left,
    wall_minute,
)
from wss_cases.safeguards.duties.duty.queries import load_duty, steps_of, students_who_caused_harm
from wss_cases.safeguards.police.review.deciding import end
from wss_cases.safeguards.police.review.models import (
    NO_DANGER,
    SHEET_LABELS,
    TIME_REASON,
    TO_RECORD,
    NotificationGround,
    NotifiedStudent,
    PoliceNotification,
    PoliceReview,
    ReviewState,
    check_time,
    counted_on,
    refuse_no_danger,
)
from wss_cases.safeguards.police.review.pages import REVIEW, back, trail
from wss_cases.safeguards.police.review.queries import (
    ReviewRow,
    get_review,
    named_alone,
    notification_of,
    notifications_of,
    notified_students,
)
from wss_cases.safeguards.police.second_person import ask_second_review, open_for_one, review_of_call

REACHED, SAME = "reached", "yes"
MOST_OF_NUMBER = 80
"""Characters of a report number; a duty's reference may be longer, and has all of it."""
RIGHTS = "police_rights"
"""The sheet of rights, a text for families."""


pages = Pages("police_record", __name__, trail=trail, url_prefix="/police-reviews/<int:review_id>")
RECORD = Permission.POLICE_NOTIFICATION_RECORD
TOLD_911 = "911"
TOLD_OTHER = "other"
STUDENTS_HINT = _l("Only students reported to have caused harm. Witnesses and people harmed never count as referred.")


class ToldForm(PlainForm):
    """What a notification is: when, who was told, of whom. Its fields stand before what may be known only later."""

    danger = LongText(
        _l("What the imminent danger was"), rows=3,
        description=_l("What staff could not safely de-escalate, in facts."),
    )  # fmt: skip
    notified_at = MomentField(_l("When were they told?"), _l("Enter when they were told."))
    time_reason = ReasonField(TIME_REASON)
    told = pick(_l("Who was told"), {}, _l("Enter who was told."))
    told_whom = ShortText(_l("Someone else: who"), description=_l("Only if it was neither."))
    channel = pick(_l("How"), CHANNEL_LABELS, _l("Enter how."))
    student_ids = SelectMultipleField(_l("Students the police were told about"), coerce=int, description=STUDENTS_HINT)
    step_ids = SelectMultipleField(
        _l("What this carries out of the legal duty"), coerce=int,
        description=_l("Only what this call covered: who was notified, how, when, and the report number appear on the "
                       "duty. Record the other steps on the duty itself."),
    )  # fmt: skip
    adult_with_student = ShortText(_l("Adult who stays with the student"), names=True)


class FollowedForm(PlainForm):
    """What may be known only after the notification."""

    report_number = ShortText(_l("Report number"), limit=80, width="medium")
    guardian_result = pick(
        _l("Was the guardian reached?"),
        RESULT_LABELS | {"not_yet": _l("Not tried yet")},
        _l("Answer whether the guardian was reached."),
        description=_l("A voicemail is an attempt, not contact."),
    )
    guardian_told_at = MomentField(_l("When was the guardian told?"))
    guardian_manner = pick(_l("How was the guardian told?"), MANNER_LABELS)
    guardian_name = ShortText(_l("Name of the guardian who was told"), names=True)
    rights_sheet = pick(
        _l("Rights sheet"), SHEET_LABELS, _l("Answer whether the rights sheet was given."),
        description=_l("One page in plain language, in English and Spanish. Print it from the review."),
    )  # fmt: skip
    note = LongText(
        _l("What happened afterward"), rows=3,
        description=_l("No municipal ticket may follow (Public Act 104-0430). Record it if one was issued."),
    )  # fmt: skip

    def known(self) -> dict[str, Any]:
        return {name: self[name].data for name in KNOWN} | {"guardian_told_at": self.guardian_told_at.at}


KNOWN = ("report_number", "guardian_manner", "guardian_result", "rights_sheet", "note", "guardian_name")


class NotificationForm(ToldForm, FollowedForm):
    """The notification itself; its fields stand, and are named where they are wrong, in the order of its page."""

    def fit(self, review: PoliceReview) -> None:
        """Offer whom, of whom, and the open steps of the duty; ask for what this notification needs."""
        self.notified_at.zone = self.guardian_told_at.zone = zone_of(review.school_id)
        named = [(str(row.id), sergeant_words(row)) for row in sergeants_of(review.school_id)]
        self.told.choices = choices([PICK, *named, (TOLD_911, "911"), (TOLD_OTHER, _("Someone else"))])
        students = students_who_caused_harm(review.incident_id)
        self.student_ids.choices = choices([(student.id, student.shown_name) for student in students])
        self.step_ids.choices = choices(_steps(review))
        if students:
            require(self.adult_with_student, _("Enter which adult stays with the student."))
        if review.door is NotificationGround.EMERGENCY:
            require(self.danger, NO_DANGER)
        else:
            del self.danger


def _steps(review: PoliceReview) -> list[tuple[int, str]]:
    """The open steps of the duty that required the review."""
    duty = load_duty(review.duty_id) if review.duty_id is not None else None
    if duty is None or duty.state not in OPEN_DUTY:
        return []
    return [(row.step.id, in_language(row.step, "whom")) for row in steps_of(duty) if row.record is None]


def _may_carry_out(review: PoliceReview) -> bool:
    duty = load_duty(review.duty_id) if review.duty_id is not None else None
    return duty is not None and can(current_actor(), Permission.DUTY_DISCHARGE, duty)


def _start(row: ReviewRow) -> dict[str, Any]:
    review, steps = row.review, _steps(row.review)
    at = wall_minute(review.called_at or clock.now(), zone_of(review.school_id))
    return {"notified_at": at, "step_ids": [steps[0][0]] if len(steps) == 1 else []}


def _whom_to_call(row: ReviewRow, form: NotificationForm) -> dict[str, Any]:
    """Whom to call; the steps of the duty are offered to those who may carry it out."""
    if not _may_carry_out(row.review):
        form.step_ids.choices = form.step_ids.data = []
    sergeants = sergeants_of(row.review.school_id)
    return {
        "police": police_lines(sergeants),
        "calling_below": calling(students_who_caused_harm(row.review.incident_id)),
    }


def _recorded(row: ReviewRow, _review_id: int) -> str:
    flash(_("The notification is recorded. A restorative pathway is open anyway."))
    left = len(_steps(row.review)) if _may_carry_out(row.review) else 0
    if left:
        flash(
            ngettext(
                "%(num)d step of the legal duty is still open.", "%(num)d steps of the legal duty are still open.", left
            )
        )
    return back(row)


@pages.act(
    "/notification", REVIEW, NotificationForm, RECORD, endpoint="record",
    title=_l("Record the notification"), button=_l("Record it"), lede=_l("A restorative pathway opens anyway."),
    start=_start, more=_whom_to_call, then=_recorded,
)  # fmt: skip
def record_notification(uow: UnitOfWork, review: PoliceReview, form: NotificationForm) -> None:
    """Record the notification that a review permits.

    Raises Refused without a review that permits it, for a time before the second approval, an emergency without its
    danger, and for students who are not reported to have caused harm: witnesses and people harmed never count.
    """
    open_for_one(uow, review)
    sergeant = _check(uow, review, form)
    whom = sergeant_words(sergeant) if sergeant is not None else form.told_whom.data
    review.time_reason = form.time_reason.data or review.time_reason
    review.danger = form.danger.data if form.danger else ""
    made = uow.add(
        PoliceNotification(
            school_id=review.school_id,
            incident_id=review.incident_id,
            review_id=review.id,
            door=review.door,
            notified_at=form.notified_at.at,
            local_date=counted_on(review, form.notified_at.at, uow.now),
            channel=form.channel.data,
            told_whom=TOLD_911 if form.told.data == TOLD_911 else whom,
            sergeant_id=sergeant.id if sergeant is not None else None,
            adult_with_student=form.adult_with_student.data,
            recorded_by_id=uow.actor.user_id,
            **form.known(),
        )
    )
    _carry_out_duty(uow, review, made, form.step_ids.data)
    _close(uow, review, made, form.student_ids.data)


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


def _carry_out_duty(uow: UnitOfWork, review: PoliceReview, made: PoliceNotification, step_ids: Collection[int]) -> None:
    """Fill the chosen steps of the duty that required it from what is recorded, and close it with the last of them."""
    if not step_ids:
        return
    duty = uow.session.get(LegalDuty, review.duty_id, with_for_update=True) if review.duty_id else None
    require_permission(uow.actor, Permission.DUTY_DISCHARGE, duty)
    left = {step.id: step for step in steps_left(uow, duty)} if duty is not None else {}
    if duty is None or duty.state not in OPEN_DUTY or not set(step_ids) <= set(left):
        raise Refused("step_ids", _("Choose steps of the duty that are still open."))
    report = Told(made.told_whom, made.channel, made.notified_at, made.report_number)
    steps = [left[step_id] for step_id in sorted(set(step_ids))]
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


def _check(uow: UnitOfWork, review: PoliceReview, form: NotificationForm) -> SchoolSergeant | None:
    """Refuse what cannot be recorded; return the School Sergeant who was told, if one was."""
    at, students = form.notified_at.at, form.student_ids.data
    if review.state not in TO_RECORD or not review.permits:
        raise Refused("", _("No notification can be recorded: the review does not allow it."))
    if form.danger:
        refuse_no_danger(form.danger.data)
    check_time(uow, review, "notified_at", at, form.time_reason.data)
    is_other = review.door is NotificationGround.OTHER
    if is_other and review.second_at is not None and at < review.second_at.replace(second=0, microsecond=0):
        raise Refused("notified_at", _("This is before the second approval."))
    sergeant = None
    if form.told.data == TOLD_OTHER:
        refuse_blank("told", form.told_whom.data, _("Enter who was told."))
    elif form.told.data != TOLD_911:
        sergeant = uow.session.get_one(SchoolSergeant, int(form.told.data))
    _check_followed(form, students, uow.now)
    _check_students(uow, review.incident_id, students)
    return sergeant


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


def _check_followed(form: FollowedForm, student_ids: Collection[int], now: datetime) -> None:
    told_at = form.guardian_told_at.at
    if told_at is not None:
        refuse_future("guardian_told_at", told_at, now)
    if form.guardian_result.data == REACHED and (told_at is None or not form.guardian_manner.data):
        raise Refused("guardian_told_at", _("Enter when and how the guardian was told."))
    if told_at is not None:
        refuse_kept_off("guardian_name", student_ids, form.guardian_name.data)


@dataclass(frozen=True)
class MadeRow(ReviewRow):
    """A review's row with the notification made under it."""

    made: PoliceNotification


def _get_made(actor: Actor, review_id: int) -> MadeRow:
    return MadeRow(**vars(get_review(actor, review_id)), made=existing(notification_of(review_id)))


class CompleteForm(FollowedForm):
    """What is added to a notification later, and students of whom only one person had said who they are."""

    student_ids = SelectMultipleField(
        _l("Also: students the police were told about"), coerce=int, description=STUDENTS_HINT
    )

    def fit(self, made: PoliceNotification) -> None:
        """Offer the students who caused harm and are not named yet, and read the time on the school's clock."""
        self.guardian_told_at.zone = zone_of(made.school_id)
        named = {student.id for student in notified_students(made.id)}
        students = [row for row in students_who_caused_harm(made.incident_id) if row.id not in named]
        self.student_ids.choices = choices([(student.id, student.shown_name) for student in students])


def _known_so_far(row: MadeRow) -> dict[str, Any]:
    made, told_at = row.made, row.made.guardian_told_at
    shown_at = wall_minute(told_at, zone_of(made.school_id)) if told_at else None
    return {name: getattr(made, name) for name in KNOWN} | {"guardian_told_at": shown_at}


@pages.act(
    "/what-followed", Subject(PoliceNotification, _get_made, row=attrgetter("made")), CompleteForm, RECORD,
    endpoint="complete", title=_l("Add what happened afterward"), button=_l("Save"), start=_known_so_far, then=back,
    more=lambda row, _form: {"calling_below": calling(students_who_caused_harm(row.review.incident_id))},
)  # fmt: skip
def add_what_followed(uow: UnitOfWork, made: PoliceNotification, form: CompleteForm) -> None:
    """Add what was not known when the notification was recorded, and of whom police were told beside those named
    already."""
    named = [student.id for student in notified_students(made.id)]
    more = sorted(set(form.student_ids.data) - set(named))
    _check_students(uow, made.incident_id, more)
    _check_followed(form, [*named, *more], uow.now)
    _name_students(uow, made, more)
    for name, value in form.known().items():
        setattr(made, name, value)
    uow.record(made, "police.completed")


@pages.get("/rights-sheet")
@gate(RECORD)
def rights(review_id: int) -> Page:
    """The sheet for the student and the family, in plain words, to print; in English where a language is missing."""
    actor = current_actor()
    row = get_review(actor, review_id, RECORD)
    language = request.args.get("language", locale_code())[:20]
    today = today_at(row.review.school_id, clock.now())
    text = family_text(RIGHTS, language, today)
    filled = text.filled({"school": row.school, "contact": f"{actor.name}, {row.school}"})
    shown: dict[str, Any] = {"text": filled, "back": url_for("police_reviews.review", review_id=review_id)}
    with force_locale(text.language if text.language in setting("LANGUAGES") else locale_code()):
        return render_template("safeguards/police/notification/rights.html", languages=setting("LANGUAGES"), **shown)


ROOM = Room(pages=(pages,), reactions={POLICE_CALLED: count_call})
