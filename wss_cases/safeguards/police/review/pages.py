"""Police-notification reviews: the list, one review with its answers, and the notification that it permits."""

from datetime import datetime
from typing import Any

from flask import render_template, request, url_for

from wss_cases.access.actor import CASE_TEAM, Actor
from wss_cases.access.gate import current_actor, gate
from wss_cases.access.permissions import Permission
from wss_cases.access.policy import can
from wss_cases.accounts.account.pages import chosen_school_id
from wss_cases.accounts.teams import user_names
from wss_cases.accounts.two_persons import refuse_one_person
from wss_cases.foundation import clock
from wss_cases.foundation.errors import Refused
from wss_cases.foundation.forms import LongText, MomentField, NotBlank, PlainForm, pick, radio
from wss_cases.foundation.i18n import _, _l
from wss_cases.foundation.ids import id_in
from wss_cases.foundation.pages import Page
from wss_cases.foundation.school_time import zone_of
from wss_cases.incidents.incident.queries import parties_of
from wss_cases.journal.acts import Pages
from wss_cases.journal.rooms import Room
from wss_cases.journal.unit_of_work import UnitOfWork
from wss_cases.safeguards.duties.duty.pages import duty_words, wall_minute
from wss_cases.safeguards.duties.duty.queries import get_duty, load_duty
from wss_cases.safeguards.duties.duty.rules import refuse_future
from wss_cases.safeguards.police.review import messages, models, queries
from wss_cases.safeguards.police.review.actions import LAW_AT_ONCE, answer_by, may_become, opens_for_one, steps_aside
from wss_cases.safeguards.police.review.deciding import ask_second, end, move, tell_asker, write_answer
from wss_cases.safeguards.police.review.models import (
    ANSWER_MANNERS,
    TO_RECORD,
    NotificationGround,
    PoliceReview,
    ReviewState,
    Seconding,
)
from wss_cases.safeguards.police.review.presenters import (
    REVIEW,
    answer_rows,
    back,
    clock_words,
    counted_words,
    notification_rows,
    request_card,
    request_rows,
    review_words,
    trail,
)
from wss_cases.safeguards.police.review.queries import asked_to_second

pages = Pages("police_reviews", __name__, trail=trail, url_prefix="/police-reviews")

PAGE = 25
ACT = "safeguards/police/review/act.html"


@pages.get("")
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


@pages.get("/<int:review_id>")
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


class AnswerForm(PlainForm):
    """One answer to a review."""

    approves = radio(
        _l("Your answer"),
        {"no": _l("No: do not notify the police"), "yes": _l("Yes: the police may be notified")},
        _l("Choose your answer."),
    )
    reason = LongText(_l("Reason"), [NotBlank(_l("Enter the reason."))], rows=3)
    answered_at = MomentField(
        _l("When was the answer given?"), _l("Enter when the answer was given."),
        description=_l("An answer by phone counts from the time of the call."),
    )  # fmt: skip
    manner = pick(_l("How was it given?"), ANSWER_MANNERS, _l("Enter how the answer was given."))

    def fit(self, review: PoliceReview) -> None:
        """Read the time on the school's clock."""
        self.answered_at.zone = zone_of(review.school_id)


def _answer_page(title: Any) -> dict[str, Any]:
    """What the pages of both answers show."""
    return {
        "title": title,
        "button": _l("Submit this answer"),
        "lede": _l("The usual answer is no. A yes needs two people."),
        "start": lambda row: {"answered_at": wall_minute(clock.now(), zone_of(row.review.school_id))},
        "more": lambda row, _form: (
            request_card(row, _("What was requested")) | {"warning": clock_words(row.review, clock.now())}
        ),
        "then": back,
        "template": ACT,
    }


@pages.act(
    "/<int:review_id>/answer", REVIEW, AnswerForm, Permission.POLICE_REVIEW_ANSWER, endpoint="answer",
    **_answer_page(_l("Administrator’s answer")),
)  # fmt: skip
def answer_first(uow: UnitOfWork, review: PoliceReview, form: AnswerForm) -> None:
    """Give the administrator's answer; a yes asks the network's approver, a no is the end."""
    _give(uow, review, form, "first")
    if not review.first_approves:
        end(uow, review, ReviewState.REFUSED, "police.refused")
        return
    move(review, ReviewState.APPROVED_ONCE)
    review.answer_by = answer_by(uow.now, review.hours)
    uow.record(review, "police.first_approved")
    ask_second(uow, review)


@pages.act(
    "/<int:review_id>/second-answer", REVIEW, AnswerForm, Permission.POLICE_REVIEW_APPROVE, endpoint="second_answer",
    **_answer_page(_l("Second answer")),
)  # fmt: skip
def answer_second(uow: UnitOfWork, review: PoliceReview, form: AnswerForm) -> None:
    """Give the answer from outside the school, as the network's named approver or deputy."""
    if review.first_by_id == uow.actor.user_id:
        raise Refused("", _("You gave the first answer, so a second person gives the second."))
    _give(uow, review, form, "second")
    if not review.second_approves:
        end(uow, review, ReviewState.REFUSED, "police.refused")
        return
    move(review, ReviewState.ALLOWED)
    review.permits = True
    uow.record(review, "police.second_approved")
    tell_asker(uow, review)


def _give(uow: UnitOfWork, review: PoliceReview, form: AnswerForm, which: str) -> None:
    """Check and write the first or second answer. Raises Refused when the time is out, for a party and the asker."""
    at = form.answered_at.at
    if review.state is not (ReviewState.ASKED if which == "first" else ReviewState.APPROVED_ONCE):
        raise Refused("", _("This review is not waiting for this answer."))
    if review.answer_by is not None and review.answer_by <= uow.now:
        raise Refused("", _("The time to answer has run out. No response means no."))
    if steps_aside(uow.actor.user_id, review.requested_by_id, parties_of(review.incident_id)):
        raise Refused("", _("You asked for this review or are involved in what happened, so someone else answers."))
    refuse_one_person("", uow.actor.user_id, [review.requested_by_id, review.first_by_id], uow.now)
    refuse_future("answered_at", at, uow.now)
    if at < (review.first_at or review.requested_at).replace(second=0, microsecond=0):
        raise Refused("answered_at", _("This is before the question was asked."))
    write_answer(uow, review, which, form.approves.data == "yes", form.reason.data, at, form.manner.data)


class WithdrawForm(PlainForm):
    """Why a review is withdrawn."""

    reason = LongText(_l("Why it is withdrawn"), [NotBlank(_l("Enter the reason."))], rows=3)


@pages.act(
    "/<int:review_id>/withdraw", REVIEW, WithdrawForm, Permission.POLICE_REVIEW_ASK,
    title=_l("Withdraw the review"), button=_l("Withdraw the review"), then=back,
    lede=_l("It stays on record, and the police are not notified."),
)  # fmt: skip
def withdraw(uow: UnitOfWork, review: PoliceReview, form: WithdrawForm) -> None:
    """Withdraw a review before police were told."""
    if not may_become(review.state, ReviewState.WITHDRAWN):
        raise Refused("", _("This review can no longer be withdrawn."))
    review.end_reason = form.reason.data
    end(uow, review, ReviewState.WITHDRAWN, "police.withdrawn")


ROOM = Room(
    pages=(pages,),
    sentences=models.SENTENCES,
    messages=messages.MESSAGES,
    loaders={"police_review": queries.load_review},
)
