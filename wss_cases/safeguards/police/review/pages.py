"""Police-notification reviews: the list, one review with its answers, and the notification that it permits."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from operator import attrgetter
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
from wss_cases.foundation.errors import Refused, existing
from wss_cases.foundation.forms import LongText, MomentField, NotBlank, PlainForm, pick, radio
from wss_cases.foundation.i18n import _, _l, dotted
from wss_cases.foundation.ids import id_in
from wss_cases.foundation.pages import Page
from wss_cases.foundation.school_time import day_words, moment_words, zone_of
from wss_cases.incidents.incident.models import Incident
from wss_cases.incidents.incident.queries import load_incident, parties_of
from wss_cases.incidents.incident.states import MANNER_LABELS, RESULT_LABELS, TOLD_BY_LABELS
from wss_cases.journal.acts import Pages, Subject
from wss_cases.journal.rooms import Room
from wss_cases.journal.unit_of_work import UnitOfWork
from wss_cases.safeguards.duties.duty.models import CHANNEL_LABELS, DUTY_LABELS, DutyState, LegalDuty, refuse_future
from wss_cases.safeguards.duties.duty.pages import duty_words, source_words, span_words, wall_minute
from wss_cases.safeguards.duties.duty.queries import get_duty, load_duty
from wss_cases.safeguards.police.review import deciding, models, queries
from wss_cases.safeguards.police.review.deciding import ask_second, end, move, tell_asker, write_answer
from wss_cases.safeguards.police.review.models import (
    ANSWER_MANNERS,
    LAW_AT_ONCE,
    SHEET_LABELS,
    SHORT_GROUND_LABELS,
    TO_RECORD,
    WAITING,
    NotificationGround,
    PoliceNotification,
    PoliceReview,
    ReviewState,
    Seconding,
    answer_by,
    may_become,
    opens_for_one,
    steps_aside,
)
from wss_cases.safeguards.police.review.queries import ReviewRow, asked_to_second, get_review, on_whose_word, told_here

TONES = {
    ReviewState.ASKED: "sun",
    ReviewState.APPROVED_ONCE: "sun",
    ReviewState.CALLED: "brick",
    ReviewState.SECONDING: "sun",
    ReviewState.ALLOWED: "sun",
    ReviewState.NOTIFIED: "slate",
    ReviewState.REFUSED: "moss",
    ReviewState.WITHDRAWN: "slate",
}

REVIEW = Subject(PoliceReview, get_review, row=attrgetter("review"))


def trail(row: ReviewRow) -> list[tuple[Any, str]]:
    return [(_("Police-notification reviews"), url_for("police_reviews.page")), (row.reference, back(row))]


def back(row: ReviewRow, _answer: int = 0) -> str:
    return url_for("police_reviews.review", review_id=row.review.id)


def request_card(row: ReviewRow, title: Any) -> dict[str, Any]:
    review = row.review
    rows = request_rows(review, user_names({review.requested_by_id}), zone_of(review.school_id))
    return {"card_title": title, "request_rows": rows}


def way_words(incident: Incident) -> str:
    return _("Notify police (last resort)") if told_here(incident) else _("Someone called 911?")


def review_words(review: PoliceReview, now: datetime, zone: str) -> dict[str, Any]:
    """Return a review as a line of a list: ground, state, how much of its clock is left."""
    late = review.state is ReviewState.CALLED and review.record_due_at is not None
    return {
        "id": review.id,
        "door": SHORT_GROUND_LABELS[review.door],
        "door_long": NotificationGround(review.door).label,
        "state": ReviewState(review.state).label,
        "tone": TONES[review.state],
        "left": clock_words(review, now),
        "overdue": bool(late and review.record_due_at is not None and review.record_due_at <= now),
        "asked": moment_words(review.requested_at, zone),
        "href": url_for("police_reviews.review", review_id=review.id),
    }


def duty_line(duty: LegalDuty) -> str:
    label = DUTY_LABELS.get(duty.code, duty.code)
    return dotted(label, DutyState.VERIFY_FIRST.label if duty.state is DutyState.VERIFY_FIRST else "")


def counted_words(review: PoliceReview) -> str:
    """Return how a notification counts that the second review did not confirm."""
    duty = load_duty(review.duty_id or 0)
    if review.door is NotificationGround.EMERGENCY:
        return _("It has its own line in the counts, “emergency not confirmed”: never avoidable, never by who called.")
    if duty is not None and duty.code in LAW_AT_ONCE:
        return _(
            "It has its own line in the counts, “required by law, not confirmed”: never avoidable, never by who called."
        )
    return _("It is counted as avoidable, never by who called.")


def _duty_rows(review: PoliceReview) -> list[dict[str, Any]]:
    duty = load_duty(review.duty_id) if review.duty_id is not None else None
    if duty is None:
        return []
    incident = existing(load_incident(review.incident_id))
    said = on_whose_word(duty, incident)
    by_report = said == [incident.reporter_id] and duty.raised_by_id is None
    how = source_words(duty) or str(TOLD_BY_LABELS.get(incident.heard_from or "", "") if by_report else "")
    rows = (
        (_("Legal duty"), duty_line(duty)),
        (_("On whose word"), ", ".join(user_names(said).values())),
        (_("How they know"), how),
        (_("Why they thought so"), duty.raised_because),
    )
    return [{"label": label, "value": value} for label, value in rows if value]


def clock_words(review: PoliceReview, now: datetime) -> str:
    """Return how much is left of the hour to record a call, or of the time to answer; '' where nothing runs."""
    if review.state is ReviewState.CALLED and review.record_due_at is not None:
        left = review.record_due_at - now
        if left.total_seconds() <= 0:
            return _("To be recorded: overdue by %(span)s", span=span_words(-left))
        return _("To be recorded: %(span)s left", span=span_words(left))
    if review.state is ReviewState.SECONDING:
        if review.answer_by is None:
            return _("A second person did not verify it, so the network's deputy decides.")
        left = max(review.answer_by - now, timedelta())
        return _("Opens for one person in %(span)s if no one answers", span=span_words(left))
    if review.waits_for_second_review:
        return _("To be reviewed by %(day)s by someone who did not make it", day=day_words(review.review_due_on))
    if review.state in WAITING and review.answer_by is not None:
        left = review.answer_by - now
        if left.total_seconds() <= 0:
            return _("The time to answer has run out. No response means no.")
        return _("%(span)s left to answer; no response means no", span=span_words(left))
    return ""


def request_rows(review: PoliceReview, names: Mapping[int, str], zone: str) -> list[dict[str, Any]]:
    """Return what was asked and why, as the rows of a summary."""
    rows: list[dict[str, Any]] = [
        {"label": _("Asked by"), "value": names.get(review.requested_by_id or 0, "")},
        {"label": _("When"), "value": moment_words(review.requested_at, zone)},
    ]
    if review.before_reviews:
        rows.append({"label": _("Review"), "value": _("Recorded before reviews existed")})
    if review.door is NotificationGround.EMERGENCY:
        rows.append({"label": _("Police called"), "value": moment_words(review.called_at, zone)})
        if review.danger:
            rows.append({"label": _("What the imminent danger was"), "value": review.danger})
    rows += _duty_rows(review)
    if review.time_reason:
        rows.append({"label": _("Why this time is right"), "value": review.time_reason})
    if review.corrections:
        rows.append({"label": _("Why it was corrected"), "value": review.corrections.splitlines()})
    if review.door is NotificationGround.OTHER and not review.before_reviews:
        rows += [
            {"label": _("What was done to de-escalate"), "value": review.tried},
            {"label": _("Which alternatives were tried, and the results"), "value": review.alternatives},
            {"label": _("Attempts to reach the guardian: when, how, result"), "value": review.guardian_attempts},
            {"label": _("The student's supports: disability, language, housing"), "value": review.supports},
            {"label": _("Why the police are needed anyway"), "value": review.why},
            {"label": _("Not to remove a disruptive student"), "value": _("Confirmed")},
        ]
    if review.end_reason:
        rows.append({"label": _("Why it is withdrawn"), "value": review.end_reason})
    return rows


def answer_rows(review: PoliceReview, names: Mapping[int, str], zone: str) -> list[dict[str, Any]]:
    """Return both answers: yes or no, by whom, when, how and why; silence where there was none."""
    is_other = review.door is NotificationGround.OTHER
    afterwards = review.review_due_on is not None
    first = _("The administrator") if is_other else _("The second person")
    second = _("The second review") if afterwards else _("The approver outside the school")
    both = (
        (first, review.first_by_id, review.first_at, review.first_approves,
         review.first_manner, review.first_reason),
        (second, review.second_by_id, review.second_at, review.second_approves,
         review.second_manner, review.second_reason),
    )  # fmt: skip
    return [
        {
            "who": who,
            "name": names.get(user_id, ""),
            "answer": _answer(approves, afterwards=afterwards),
            "tone": "sun" if approves else "moss",
            "meta": f"{moment_words(at, zone)} · {ANSWER_MANNERS.get(manner, manner)}",
            "reason": reason,
        }
        for who, user_id, at, approves, manner, reason in both
        if user_id is not None
    ]


def _answer(approves: bool | None, *, afterwards: bool) -> str:
    if afterwards:
        return _("Confirmed") if approves else _("Not confirmed")
    return _("Yes") if approves else _("No")


def notification_rows(made: PoliceNotification, students: list[str], zone: str) -> list[Any]:
    """Return the notification that was made, as the rows of a summary."""
    guardian = [
        str(RESULT_LABELS.get(made.guardian_result, _("Not tried yet") if made.guardian_result else "")),
        str(MANNER_LABELS.get(made.guardian_manner, made.guardian_manner)),
        moment_words(made.guardian_told_at, zone),
        made.guardian_name,
    ]
    return [
        {"label": _("When"), "value": moment_words(made.notified_at, zone)},
        {"label": _("How"), "value": str(CHANNEL_LABELS.get(made.channel, made.channel))},
        {"label": _("Who was told"), "value": made.told_whom},
        {"label": _("Report number"), "value": made.report_number},
        {"label": _("Students the police were told about"), "value": students or _("No one was named")},
        {"label": _("Guardian told"), "value": " · ".join(part for part in guardian if part)},
        {"label": _("Rights sheet"), "value": str(SHEET_LABELS.get(made.rights_sheet, ""))},
        {"label": _("Adult who stays with the student"), "value": made.adult_with_student},
        {"label": _("What happened afterward"), "value": made.note},
    ]


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
    messages=deciding.MESSAGES,
    loaders={"police_review": queries.load_review},
)
