"""Police-notification reviews: the list, one review with its answers, and the notification that it permits."""

from collections.abc import Callable
from datetime import datetime
from typing import Any

from flask import Blueprint, render_template, request, url_for
from wtforms import BooleanField, IntegerField, SelectMultipleField
from wtforms.validators import InputRequired, NumberRange

from wss_cases.access.act_pages import submitted
from wss_cases.access.actor import CASE_TEAM, Actor
from wss_cases.access.gate import current_actor, gate
from wss_cases.access.invocation import Invocation
from wss_cases.access.permissions import Permission
from wss_cases.access.policy import can
from wss_cases.accounts.account.pages import chosen_school_id
from wss_cases.accounts.teams import user_names
from wss_cases.foundation import clock
from wss_cases.foundation.forms import BaseForm, LongText, NotBlank, ShortText, filled, pick, radio, select
from wss_cases.foundation.i18n import lazy_gettext as _l
from wss_cases.foundation.ids import id_in
from wss_cases.foundation.pages import Page, form_page
from wss_cases.foundation.school_time import at_wall, zone_of
from wss_cases.incidents.incident.queries import parties_of
from wss_cases.incidents.incident.states import MANNER_LABELS, RESULT_LABELS
from wss_cases.journal.rooms import Room
from wss_cases.safeguards.duties.duty.models import CHANNEL_LABELS
from wss_cases.safeguards.duties.duty.pages import SourceForm, duty_words, moment_field, wall_minute
from wss_cases.safeguards.duties.duty.queries import get_duty, load_duty
from wss_cases.safeguards.police.review import deciding, messages, models, queries
from wss_cases.safeguards.police.review.actions import (
    FEWEST_HOURS,
    LAW_AT_ONCE,
    MOST_HOURS,
    may_become,
    opens_for_one,
    steps_aside,
)
from wss_cases.safeguards.police.review.models import (
    ANSWER_MANNERS,
    SHEET_LABELS,
    TO_RECORD,
    WANTED,
    NotificationGround,
    PoliceReview,
    ReviewState,
    Seconding,
)
from wss_cases.safeguards.police.review.pages.presenters import (
    answer_rows,
    counted_words,
    notification_rows,
    request_rows,
    review_words,
)
from wss_cases.safeguards.police.review.queries import asked_to_second

TIME_REASON = _l("Why this time is right")
NO_DANGER = _l("Write what the imminent danger was.")
NO_ADULT = _l("Enter which adult stays with the student.")
TOLD_911 = "911"
TOLD_OTHER = "other"


class CallForm(BaseForm):
    """That police were called, and when."""

    called_at = moment_field(_l("When did you call?"), _l("Enter when you called."))
    time_reason = ShortText(TIME_REASON)


class LawForm(SourceForm):
    """The duty that requires it; of what opens on one person's word, how that person knows."""

    duty_id = select(
        _l("Which legal duty requires it"),
        coerce=str,
        validators=[InputRequired(_l("Choose the legal duty of this incident that requires it."))],
    )


class AskForm(BaseForm):
    """What the third ground demands."""

    tried = LongText(_l("What was done to de-escalate"), [NotBlank(WANTED["tried"])])
    alternatives = LongText(_l("Which alternatives were tried, and the results"), [NotBlank(WANTED["alternatives"])])
    guardian_attempts = LongText(
        _l("Attempts to reach the guardian: when, how, result"), [NotBlank(WANTED["guardian_attempts"])]
    )
    supports = LongText(_l("The student's supports: disability, language, housing"), [NotBlank(WANTED["supports"])])
    why = LongText(_l("Why the police are needed anyway"), [NotBlank(WANTED["why"])])
    not_removal = BooleanField(
        _l("This is not to remove a disruptive student."),
        [InputRequired(_l("A notification is never a way to remove a disruptive student. Confirm that this is not."))],
    )


class AnswerForm(BaseForm):
    """One answer to a review."""

    approves = radio(
        _l("Your answer"),
        {"no": _l("No: do not notify the police"), "yes": _l("Yes: the police may be notified")},
        _l("Choose your answer."),
    )
    answered_at = moment_field(_l("When was the answer given?"), _l("Enter when the answer was given."))
    manner = pick(_l("How was it given?"), ANSWER_MANNERS, _l("Enter how the answer was given."))
    reason = LongText(_l("Reason"), [NotBlank(_l("Enter the reason."))])


class SecondForm(BaseForm):
    """Whether a second person verified the duty that requires a notification."""

    verified = radio(
        _l("Did you verify that this duty applies?"),
        {"yes": _l("Yes: it applies"), "no": _l("No: it does not apply, or I cannot tell")},
        _l("Choose your answer."),
    )
    reason = LongText(_l("How you verified it, or why not"), [NotBlank(_l("Write how it was verified, or why not."))])


class AfterwardsForm(BaseForm):
    """What somebody who did not make a notification finds about it."""

    confirms = radio(
        _l("Was it what it was recorded as?"),
        {"yes": _l("Yes: confirmed"), "no": _l("No: not confirmed")},
        _l("Choose your answer."),
    )
    reason = LongText(_l("Reason"), [NotBlank(_l("Enter the reason."))])


class CorrectForm(BaseForm):
    """What the record of a notification says instead, and why."""

    called_at = moment_field(_l("When did you call?"))
    danger = LongText(_l("What the imminent danger was"))
    notified_at = moment_field(_l("When were they told?"), _l("Enter when they were told."))
    time_reason = ShortText(TIME_REASON)
    why = LongText(_l("Reason for the correction"), [NotBlank(_l("Enter the reason for the correction."))])


class WithdrawForm(BaseForm):
    """Why a review is withdrawn."""

    reason = LongText(_l("Why it is withdrawn"), [NotBlank(_l("Enter the reason."))])


class ToldForm(BaseForm):
    """What a notification is: when, who was told, of whom. Its fields stand before what may be known only later."""

    danger = LongText(_l("What the imminent danger was"))
    notified_at = moment_field(_l("When were they told?"), _l("Enter when they were told."))
    time_reason = ShortText(TIME_REASON)
    told = select(_l("Who was told"), coerce=str, validators=[InputRequired(_l("Enter who was told."))])
    told_whom = ShortText(_l("Someone else: who"))
    channel = pick(_l("How"), CHANNEL_LABELS, _l("Enter how."))
    student_ids = SelectMultipleField(_l("Students the police were told about"), coerce=int)
    step_ids = SelectMultipleField(_l("What this carries out of the legal duty"), coerce=int)
    adult_with_student = ShortText(_l("Adult who stays with the student"))

    def demand(self, *, danger: bool, adult: bool) -> None:
        """Ask for what this notification needs: words of the danger, and who stays with a student who is known."""
        if danger:
            self.danger.validators = [NotBlank(NO_DANGER)]
        if adult:
            self.adult_with_student.validators = [NotBlank(NO_ADULT)]


class FollowedForm(BaseForm):
    """What may be known only after the notification."""

    report_number = ShortText(_l("Report number"), limit=80)
    guardian_result = pick(
        _l("Was the guardian reached?"),
        RESULT_LABELS | {"not_yet": _l("Not tried yet")},
        _l("Answer whether the guardian was reached."),
    )
    guardian_told_at = moment_field(_l("When was the guardian told?"))
    guardian_manner = pick(_l("How was the guardian told?"), MANNER_LABELS)
    guardian_name = ShortText(_l("Name of the guardian who was told"))
    rights_sheet = pick(_l("Rights sheet"), SHEET_LABELS, _l("Answer whether the rights sheet was given."))
    note = LongText(_l("What happened afterward"))


class CompleteForm(FollowedForm):
    """What is added to a notification later, and students of whom only one person had said who they are."""

    student_ids = SelectMultipleField(_l("Also: students the police were told about"), coerce=int)


class NotificationForm(ToldForm, FollowedForm):
    """The notification itself; its fields stand, and are named where they are wrong, in the order of its page."""


class ApproverForm(BaseForm):
    """Who gives a network's second approvals."""

    approver_id = select(_l("Approver"), coerce=str, validators=[InputRequired(_l("Choose the approver."))])
    deputy_id = select(_l("Deputy"), coerce=str)
    hours = IntegerField(
        _l("Hours allowed for each answer"),
        [
            InputRequired(_l("Enter the hours.")),
            NumberRange(FEWEST_HOURS, MOST_HOURS, _l("Enter the hours as a number from 1 to 72.")),
        ],
    )


blueprint = Blueprint("police_reviews", __name__, url_prefix="/police-reviews")

PAGE = 25


@blueprint.get("")
@gate(Permission.POLICE_REVIEW_READ)
def page() -> Page:
    """The reviews of the chosen school, the newest first, narrowed to one state by the address."""
    actor, now = current_actor(), clock.now()
    wanted = request.args.get("state", "")
    state = ReviewState(wanted) if wanted in set(ReviewState) else None
    before_id = id_in(request.args.get("before"))
    school_id = chosen_school_id(actor, *CASE_TEAM)
    rows = queries.reviews(actor, school_id, state, before_id, PAGE + 1)
    here = state.value if state else None
    older = url_for(".page", before=rows[PAGE - 1].review.id, state=here) if len(rows) > PAGE else None
    return render_template(
        "safeguards/police/review/list.html",
        rows=[
            review_words(row.review, now, zone_of(row.review.school_id))
            | {"reference": row.reference, "school": row.school}
            for row in rows[:PAGE]
        ],
        several=school_id is None,
        states=[(one.value, ReviewState(one).label) for one in ReviewState],
        chosen=state.value if state else "",
        older=older,
        newest=url_for(".page", state=here) if before_id else None,
    )


@blueprint.get("/<int:review_id>")
@gate(Permission.POLICE_REVIEW_READ)
def review(review_id: int) -> Page:
    """One review: what was asked, both answers, what was done, and the one next act."""
    actor, now = current_actor(), clock.now()
    row = queries.get_review(actor, review_id)
    shown, zone = row.review, zone_of(row.review.school_id)
    team = actor.covers(shown.school_id, *CASE_TEAM)
    names = user_names(
        {shown.requested_by_id, shown.first_by_id, shown.second_by_id, shown.approver_id, shown.deputy_id}
    )
    return render_template(
        "safeguards/police/review/show.html",
        row=row,
        review=shown,
        words=review_words(shown, now, zone),
        request_rows=request_rows(shown, names, zone),
        answers=answer_rows(shown, names, zone),
        waits_for=_waits_for(shown, names, now),
        not_confirmed=counted_words(shown) if shown.review_due_on and shown.second_approves is False else "",
        on_one_word=shown.seconding is Seconding.NOT_SECONDED and shown.second_at is None and _is_of_a_gun(shown),
        silent=shown.state is ReviewState.REFUSED
        and shown.door is NotificationGround.OTHER
        and shown.first_approves is not False
        and shown.second_approves is not False,
        made=_made(shown, zone) if team else None,
        duty=duty_words(get_duty(actor, shown.duty_id), now, zone) if team and shown.duty_id else None,
        team=team,
        acts=_acts(actor, shown, now),
    )


def _is_of_a_gun(review: PoliceReview) -> bool:
    duty = load_duty(review.duty_id or 0)
    return duty is not None and duty.code in LAW_AT_ONCE


def _waits_for(review: PoliceReview, names: dict[int, str], now: datetime) -> list[str]:
    """The people who may give the answer that is waited for."""
    if review.state is ReviewState.ASKED:
        return [name for _id, name in queries.deciders(review, now, parties_of(review.incident_id))]
    if review.state is ReviewState.SECONDING:
        return list(user_names(asked_to_second(review, now)).values())
    if review.state is ReviewState.APPROVED_ONCE:
        aside = {review.first_by_id, review.requested_by_id}
        named = [one for one in (review.approver_id, review.deputy_id) if one is not None and one not in aside]
        return [names[one] for one in named if one in names]
    return []


def _made(review: PoliceReview, zone: str) -> list[Any] | None:
    made = queries.notification_of(review.id)
    if made is None:
        return None
    students = [student.shown_name for student in queries.notified_students(made.id)]
    return notification_rows(made, students, zone)


def _acts(actor: Actor, review: PoliceReview, now: datetime) -> dict[str, bool]:
    aside = steps_aside(actor.user_id, review.requested_by_id, parties_of(review.incident_id))
    first = review.state is ReviewState.ASKED and can(actor, Permission.POLICE_REVIEW_ANSWER, review)
    second = review.state is ReviewState.APPROVED_ONCE and can(actor, Permission.POLICE_REVIEW_APPROVE, review)
    second = second and review.first_by_id != actor.user_id
    seconds = can(actor, Permission.POLICE_REVIEW_SECOND, review) and not aside
    records = can(actor, Permission.POLICE_NOTIFICATION_RECORD, review)
    return {
        "first": first and not aside,
        "second": second and not aside,
        "aside": aside and (first or second),
        "seconds": seconds
        and review.state is ReviewState.SECONDING
        and (review.seconding is Seconding.WAITS or actor.user_id in (review.approver_id, review.deputy_id))
        and actor.user_id != review.first_by_id,
        "afterwards": seconds and review.waits_for_second_review,
        "record": (review.state in TO_RECORD or opens_for_one(review, now)) and records,
        "complete": review.state is ReviewState.NOTIFIED and records,
        "withdraw": may_become(review.state, ReviewState.WITHDRAWN)
        and can(actor, Permission.POLICE_REVIEW_ASK, review),
    }


def _answer(review_id: int, permission: Permission, give: Callable[[Invocation, int, deciding.Answer], int]) -> Page:
    now = clock.now()
    row = queries.get_review(current_actor(), review_id, permission)
    review, zone = row.review, zone_of(row.review.school_id)
    form = AnswerForm(version=review.version, answered_at=wall_minute(now, zone))

    def act() -> int:
        answered_at = at_wall(form.answered_at.data, zone)
        given = filled(form, deciding.Answer, approves=form.approves.data == "yes", answered_at=answered_at)
        return give(submitted(form), review_id, given)

    return form_page(
        form,
        act,
        url_for(".review", review_id=review_id),
        "safeguards/police/review/answer.html",
        row=row,
        words=review_words(review, now, zone),
        request_rows=request_rows(review, user_names({review.requested_by_id}), zone),
        second=permission is Permission.POLICE_REVIEW_APPROVE,
    )


@blueprint.route("/<int:review_id>/answer", methods=["GET", "POST"])
@gate(Permission.POLICE_REVIEW_ANSWER)
def answer(review_id: int) -> Page:
    """Give the school administrator's answer."""
    return _answer(review_id, Permission.POLICE_REVIEW_ANSWER, deciding.answer_first)


@blueprint.route("/<int:review_id>/second-answer", methods=["GET", "POST"])
@gate(Permission.POLICE_REVIEW_APPROVE)
def second_answer(review_id: int) -> Page:
    """Give the second answer, from outside the school."""
    return _answer(review_id, Permission.POLICE_REVIEW_APPROVE, deciding.answer_second)


@blueprint.route("/<int:review_id>/withdraw", methods=["GET", "POST"])
@gate(Permission.POLICE_REVIEW_ASK)
def withdraw(review_id: int) -> Page:
    """Withdraw a review before police are told."""
    row = queries.get_review(current_actor(), review_id, Permission.POLICE_REVIEW_ASK)
    form = WithdrawForm(version=row.review.version)

    def act() -> int:
        return deciding.withdraw(submitted(form), review_id, form.reason.data or "")

    return form_page(
        form, act, url_for(".review", review_id=review_id), "safeguards/police/review/withdraw.html", row=row
    )


ROOM = Room(
    pages=(blueprint,),
    sentences=models.SENTENCES,
    messages=messages.MESSAGES,
    loaders={"police_review": queries.load_review},
)
