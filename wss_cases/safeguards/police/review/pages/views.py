"""Police-notification reviews: the list, one review with its answers, and the notification that it permits."""

from collections.abc import Callable
from datetime import datetime
from typing import Any

from flask import Blueprint, render_template, request, url_for

from wss_cases.access.act_pages import submitted
from wss_cases.access.actor import CASE_TEAM, Actor
from wss_cases.access.gate import current_actor, gate
from wss_cases.access.invocation import Invocation
from wss_cases.access.permissions import Permission
from wss_cases.access.policy import can
from wss_cases.accounts.account.pages import chosen_school_id
from wss_cases.accounts.teams import user_names
from wss_cases.foundation import clock
from wss_cases.foundation.forms import filled
from wss_cases.foundation.ids import id_in
from wss_cases.foundation.pages import Page, form_page
from wss_cases.foundation.school_time import at_wall, zone_of
from wss_cases.incidents.incident.queries import parties_of
from wss_cases.safeguards.duties.duty.forms import wall_minute
from wss_cases.safeguards.duties.duty.presenters import duty_words
from wss_cases.safeguards.duties.duty.queries import get_duty, load_duty
from wss_cases.safeguards.police.review import queries
from wss_cases.safeguards.police.review.deciding import actions
from wss_cases.safeguards.police.review.models import PoliceReview
from wss_cases.safeguards.police.review.pages.forms import AnswerForm, WithdrawForm
from wss_cases.safeguards.police.review.pages.presenters import (
    answer_rows,
    counted_words,
    notification_rows,
    request_rows,
    review_words,
)
from wss_cases.safeguards.police.review.rules import LAW_AT_ONCE, may_become, opens_for_one, steps_aside
from wss_cases.safeguards.police.review.seconders import asked_to_second
from wss_cases.safeguards.police.review.states import TO_RECORD, NotificationGround, ReviewState, Seconding

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


def _answer(review_id: int, permission: Permission, give: Callable[[Invocation, int, actions.Answer], int]) -> Page:
    now = clock.now()
    row = queries.get_review(current_actor(), review_id, permission)
    review, zone = row.review, zone_of(row.review.school_id)
    form = AnswerForm(version=review.version, answered_at=wall_minute(now, zone))

    def act() -> int:
        answered_at = at_wall(form.answered_at.data, zone)
        given = filled(form, actions.Answer, approves=form.approves.data == "yes", answered_at=answered_at)
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
    return _answer(review_id, Permission.POLICE_REVIEW_ANSWER, actions.answer_first)


@blueprint.route("/<int:review_id>/second-answer", methods=["GET", "POST"])
@gate(Permission.POLICE_REVIEW_APPROVE)
def second_answer(review_id: int) -> Page:
    """Give the second answer, from outside the school."""
    return _answer(review_id, Permission.POLICE_REVIEW_APPROVE, actions.answer_second)


@blueprint.route("/<int:review_id>/withdraw", methods=["GET", "POST"])
@gate(Permission.POLICE_REVIEW_ASK)
def withdraw(review_id: int) -> Page:
    """Withdraw a review before police are told."""
    row = queries.get_review(current_actor(), review_id, Permission.POLICE_REVIEW_ASK)
    form = WithdrawForm(version=row.review.version)

    def act() -> int:
        return actions.withdraw(submitted(form), review_id, form.reason.data or "")

    return form_page(
        form, act, url_for(".review", review_id=review_id), "safeguards/police/review/withdraw.html", row=row
    )
