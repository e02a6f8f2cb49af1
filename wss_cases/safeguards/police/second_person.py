"""Second persons of a police notification: who verifies its duty, who reviews it afterwards, and their clocks."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import select

from wss_cases.access.actor import SYSTEM, Role
from wss_cases.access.permissions import Permission
from wss_cases.accounts.grants import holders
from wss_cases.accounts.network_approvers import approver_of
from wss_cases.accounts.two_persons import refuse_one_person
from wss_cases.foundation.db import db
from wss_cases.foundation.errors import Refused, existing
from wss_cases.foundation.forms import LongText, MomentField, NotBlank, PlainForm, ReasonField, radio, require
from wss_cases.foundation.i18n import _, _l
from wss_cases.foundation.operations import WHOLE, Share
from wss_cases.foundation.school_time import today_at, zone_of
from wss_cases.foundation.settings import number_setting
from wss_cases.incidents.incident.models import Incident
from wss_cases.incidents.incident.queries import load_incident, parties_of
from wss_cases.journal.acts import Pages
from wss_cases.journal.rooms import Room
from wss_cases.journal.unit_of_work import Act, UnitOfWork, unit_of_work
from wss_cases.mail.common.rules import Planned, queued_keys
from wss_cases.mail.delivery.queue import queue
from wss_cases.roster.directory.models import School
from wss_cases.roster.directory.queries import school_days
from wss_cases.safeguards.duties.clocks import mark_now
from wss_cases.safeguards.duties.duty.models import DUTY_LABELS, LegalDuty
from wss_cases.safeguards.duties.duty.pages import wall_minute
from wss_cases.safeguards.duties.duty.queries import load_duty
from wss_cases.safeguards.police.review.deciding import (
    CALL_LATE,
    CALL_SOON,
    SECOND_REVIEW,
    SECONDING,
    end,
    move,
    open_review,
    tell_asker,
    write_answer,
)
from wss_cases.safeguards.police.review.models import (
    NO_DANGER,
    TIME_REASON,
    WAITING,
    NotificationGround,
    PoliceNotification,
    PoliceReview,
    ReviewState,
    Seconding,
    check_time,
    counted_on,
    opens_for_one,
    record_due,
    refuse_no_danger,
    reminds_at,
)
from wss_cases.safeguards.police.review.pages import REVIEW, back, request_card, trail
from wss_cases.safeguards.police.review.queries import (
    ReviewRow,
    first_persons,
    notification_of,
    of_the_network,
    of_the_school,
    reviews_of,
    silent,
    two_stand_behind,
    unseconded,
)

BATCH = 200


SECONDING_MINUTES = number_setting("police.seconding_minutes", "SECONDING_MINUTES")


def answer_time(now: datetime) -> timedelta:
    return timedelta(minutes=SECONDING_MINUTES.on(today_at(None, now)))


def allow(uow: UnitOfWork, review: PoliceReview, seconding: Seconding, kind: str) -> None:
    """Open a review that waits for a second person. For use cases."""
    move(review, ReviewState.ALLOWED)
    review.permits, review.seconding, review.answer_by = True, seconding, None
    uow.record(review, kind)
    tell_asker(uow, review)


def review_of_call(uow: UnitOfWork, incident: Incident, duty: LegalDuty) -> PoliceReview:
    """Return the review of a duty under which a call that was already made is recorded. For use cases.

    Nobody waits with such a record: what waits for a second person opens, marked where one alone stands behind it.
    """
    is_open = (ReviewState.SECONDING, ReviewState.ALLOWED)
    of_duty = (one for one in reviews_of(incident.id) if one.duty_id == duty.id and one.state in is_open)
    review = next(of_duty, None) or open_review(
        uow, incident, NotificationGround.REQUIRED_BY_LAW, ReviewState.SECONDING,
        duty_id=duty.id, seconding=Seconding.WAITS,
    )  # fmt: skip
    if review.state is ReviewState.SECONDING:
        two = two_stand_behind(duty, incident, uow.actor, uow.now)
        allow(uow, review, Seconding.NOT_NEEDED if two else Seconding.NOT_SECONDED, "police.allowed_by_law")
    return review


def ask_second_person(uow: UnitOfWork, review: PoliceReview) -> None:
    """Ask the others of the school to verify a duty, else the network; without anyone it opens. For use cases."""
    firsts = first_persons(review)
    school = of_the_school(review, firsts, uow.now)
    asked = school or of_the_network(review, firsts, uow.now)
    if not asked:
        allow(uow, review, Seconding.NOT_SECONDED, "police.not_seconded")
        return
    review.answer_by = uow.now + answer_time(uow.now)
    # the network was asked already where the school has nobody
    review.clock_reminded_at = None if school else uow.now
    uow.record(review, "police.seconding")
    _ask_to_verify(uow, review, asked)


def _ask_to_verify(uow: UnitOfWork, review: PoliceReview, people: list[int]) -> None:
    for user_id in people:
        uow.notify(user_id, SECONDING, review, f"{SECONDING}:{review.id}:{user_id}", at_any_hour=True)


def ask_deputy(uow: UnitOfWork, review: PoliceReview, kind: str) -> None:
    """Leave it closed and ask the network's deputy, or end it where there is nobody to ask. For use cases."""
    deputy = of_the_network(review, {*first_persons(review), review.first_by_id}, uow.now, deputy_first=True)
    review.seconding, review.answer_by = Seconding.REFUSED, None
    if not deputy:
        end(uow, review, ReviewState.REFUSED, "police.refused")
        return
    uow.record(review, kind)
    _ask_to_verify(uow, review, deputy)


seconding_pages = Pages("police_seconding", __name__, trail=trail, url_prefix="/police-reviews/<int:review_id>")


class SecondForm(PlainForm):
    """Whether a second person verified the duty that requires a notification."""

    verified = radio(
        _l("Did you verify that this duty applies?"),
        {"yes": _l("Yes: it applies"), "no": _l("No: it does not apply, or I cannot tell")},
        _l("Choose your answer."),
    )
    reason = LongText(
        _l("How you verified it, or why not"), [NotBlank(_l("Write how it was verified, or why not."))], rows=3
    )


def _what_it_rests_on(row: ReviewRow, _form: SecondForm) -> dict[str, Any]:
    duty, incident = load_duty(row.review.duty_id or 0), existing(load_incident(row.review.incident_id))
    title = str(DUTY_LABELS.get(duty.code, duty.code)) if duty else ""
    nobody_waits = _("No one has to wait to make a call that the law requires, or in danger: call now.")
    return request_card(row, title) | {"alarm": nobody_waits, "narrative": incident.narrative}


@seconding_pages.act(
    "/verify", REVIEW, SecondForm, Permission.POLICE_REVIEW_SECOND, endpoint="verify",
    title=_l("Verify the legal duty"), button=_l("Submit this answer"), more=_what_it_rests_on, then=back,
    lede=_l("A second person confirms before the police are notified because the law requires it."),
    template="safeguards/police/review/act.html",
)  # fmt: skip
def second(uow: UnitOfWork, review: PoliceReview, form: SecondForm) -> None:
    """Say, as a second person, whether the duty that requires a notification was verified.

    A yes opens it; a no keeps it closed and asks the network's deputy, whose no is the end. Raises Refused for a party,
    for somebody who is no second person, and for whoever is not asked any more.
    """
    if review.state is not ReviewState.SECONDING:
        raise Refused("", _("This review is not waiting for a second person."))
    if uow.actor.user_id in parties_of(review.incident_id):
        raise Refused("", _("You are involved in what happened, so someone else answers."))
    refuse_one_person("", uow.actor.user_id, {*first_persons(review), review.first_by_id}, uow.now)
    by_deputy = review.seconding is Seconding.REFUSED
    if by_deputy and uow.actor.user_id not in (review.deputy_id, review.approver_id):
        raise Refused("", _("A second person did not verify it, so the network's deputy decides now."))
    verified = form.verified.data == "yes"
    write_answer(uow, review, "second" if by_deputy else "first", verified, form.reason.data)
    if verified:
        allow(uow, review, Seconding.SECONDED, "police.seconded")
    elif by_deputy or uow.actor.user_id == review.deputy_id:
        review.seconding = Seconding.REFUSED
        end(uow, review, ReviewState.REFUSED, "police.refused")
    else:
        ask_deputy(uow, review, "police.second_refused")


def open_for_one(uow: UnitOfWork, review: PoliceReview) -> None:
    """Open what nobody seconded in time for one person, marked so. For use cases; does nothing before its time."""
    if opens_for_one(review, uow.now):
        allow(uow, review, Seconding.NOT_SECONDED, "police.not_seconded")


def settle_seconding(now: datetime) -> None:
    """Ask the network where half the time is over without an answer, and open for one person where all of it is."""
    for review_id in unseconded(now, now + answer_time(now) / 2, BATCH):
        with unit_of_work(SYSTEM, now) as uow:
            review = uow.load(PoliceReview, review_id, Permission.POLICE_REVIEW_ANSWER)
            if review.state is ReviewState.SECONDING and review.answer_by is not None and review.answer_by > now:
                review.clock_reminded_at = now
                uow.audit("police.network_asked", "police_review", review.id)
                _ask_to_verify(uow, review, of_the_network(review, first_persons(review), now))
            open_for_one(uow, review)
            uow.no_audit()


REVIEW_WITHIN = 1
"""School days until somebody who did not make it has reviewed it."""


def ask_second_review(uow: UnitOfWork, review: PoliceReview, made: PoliceNotification) -> None:
    """Ask for the review of a notification that one person alone stands behind. For use cases."""
    if review.door is not NotificationGround.EMERGENCY and review.seconding is not Seconding.NOT_SECONDED:
        return
    today = today_at(review.school_id, uow.now)
    review.review_due_on = school_days(review.school_id).add(today, REVIEW_WITHIN)
    makers = {review.requested_by_id, made.recorded_by_id}
    people = of_the_school(review, makers, uow.now) or _network(uow, review, makers)
    _tell(uow, review, people)


def _network(uow: UnitOfWork, review: PoliceReview, makers: Collection[int | None]) -> list[int]:
    named = approver_of(existing(uow.session.get(School, review.school_id)).network)
    if named is not None:
        review.approver_id, review.deputy_id = named.approver_id, named.deputy_id
    return of_the_network(review, makers, uow.now)


def _tell(uow: UnitOfWork, review: PoliceReview, people: Collection[int]) -> None:
    for user_id in people:
        key = f"{SECOND_REVIEW}:{review.id}:{len(review.corrections)}:{user_id}"
        uow.notify(user_id, SECOND_REVIEW, review, key)


pages = Pages("police_second_review", __name__, trail=trail, url_prefix="/police-reviews/<int:review_id>")


class AfterwardsForm(PlainForm):
    """What somebody who did not make a notification finds about it."""

    confirms = radio(
        _l("Was it what it was recorded as?"),
        {"yes": _l("Yes: confirmed"), "no": _l("No: not confirmed")},
        _l("Choose your answer."),
    )
    reason = LongText(_l("Reason"), [NotBlank(_l("Enter the reason."))], rows=3)

    def fit(self, review: PoliceReview) -> None:
        """Ask what this notification was recorded as."""
        self.confirms.description = (
            _("Was there an imminent danger that staff could not safely de-escalate?")
            if review.door is NotificationGround.EMERGENCY
            else _("Did the legal duty apply?")
        )


@pages.act(
    "/second-review", REVIEW, AfterwardsForm, Permission.POLICE_REVIEW_SECOND, endpoint="afterwards",
    title=_l("Second review"), button=_l("Record the review"), then=back, template="safeguards/police/review/act.html",
    lede=_l("By someone who did not record it. No call made in good faith is used against anyone."),
    more=lambda row, _form: request_card(row, _("What was recorded")),
)  # fmt: skip
def review_afterwards(uow: UnitOfWork, review: PoliceReview, form: AfterwardsForm) -> None:
    """Say, as somebody who did not make it, whether a notification was what it was recorded as.

    Raises Refused for who called or recorded it, a party, or somebody who is no second person beside them.
    """
    if not review.waits_for_second_review:
        raise Refused("", _("This notification is not waiting for a second review."))
    makers = {review.requested_by_id, existing(notification_of(review.id)).recorded_by_id}
    if uow.actor.user_id in makers | parties_of(review.incident_id):
        raise Refused("", _("You made this notification or are involved in what happened, so someone else reviews it."))
    refuse_one_person("", uow.actor.user_id, makers, uow.now)
    confirms = form.confirms.data == "yes"
    write_answer(uow, review, "second", confirms, form.reason.data)
    uow.record(review, "police.confirmed" if confirms else "police.not_confirmed")


class CorrectForm(PlainForm):
    """What the record of a notification says instead, and why; call and danger are an emergency's."""

    called_at = MomentField(_l("When did you call?"))
    danger = LongText(_l("What the imminent danger was"), rows=3)
    notified_at = MomentField(_l("When were they told?"), _l("Enter when they were told."))
    time_reason = ReasonField(TIME_REASON)
    why = LongText(_l("Reason for the correction"), [NotBlank(_l("Enter the reason for the correction."))], rows=3)

    def fit(self, review: PoliceReview) -> None:
        """Ask for the call and the danger of an emergency alone, and read times on the school's clock."""
        self.called_at.zone = self.notified_at.zone = zone_of(review.school_id)
        if review.door is NotificationGround.EMERGENCY:
            require(self.danger, NO_DANGER)
        else:
            del self.called_at, self.danger


def _as_recorded(row: ReviewRow) -> dict[str, Any]:
    review, zone, made = row.review, zone_of(row.review.school_id), existing(notification_of(row.review.id))
    return {
        "called_at": wall_minute(review.called_at, zone) if review.called_at else None,
        "notified_at": wall_minute(made.notified_at, zone),
        "danger": review.danger,
    }


@pages.act(
    "/correction", REVIEW, CorrectForm, Permission.POLICE_NOTIFICATION_RECORD,
    title=_l("Correct the record"), button=_l("Save the correction"), start=_as_recorded, then=back,
    lede=_l("The previous record stays in the history. A second review is requested again."),
)  # fmt: skip
def correct(uow: UnitOfWork, review: PoliceReview, form: CorrectForm) -> None:
    """Correct the times of a notification and the danger of an emergency, with the reason; a review of it is made anew.

    Raises Refused without a danger in words, and for a time that is questioned without its reason.
    """
    if review.state is not ReviewState.NOTIFIED:
        raise Refused("", _("Nothing is recorded yet that could be corrected."))
    made, notified_at, why = existing(notification_of(review.id)), form.notified_at.at, form.time_reason.data
    if form.danger:
        refuse_no_danger(form.danger.data)
    check_time(uow, review, "notified_at", notified_at, why)
    if form.danger:
        review.called_at, review.danger = form.called_at.at or review.called_at, form.danger.data
        check_time(uow, review, "called_at", existing(review.called_at), why)
    made.notified_at, made.local_date = notified_at, counted_on(review, notified_at, uow.now)
    review.time_reason = why or review.time_reason
    review.corrections = "\n".join(line for line in (review.corrections, form.why.data) if line)
    if review.review_due_on is not None:
        review.second_by_id, review.second_at, review.second_approves = None, None, None
        review.second_manner, review.second_reason = "", ""
        ask_second_review(uow, review, made)
    uow.audit("police.corrected", "police_notification", made.id)
    uow.record(review, "police.corrected")


def escalate_second_reviews(now: datetime) -> None:
    """Ask the network where no one of the school has reviewed a notification by the end of its day."""
    late = (
        select(PoliceReview.id)
        .where(
            PoliceReview.review_due_on < today_at(None, now),
            PoliceReview.second_at.is_(None),
            PoliceReview.approver_id.is_(None),
            PoliceReview.state == ReviewState.NOTIFIED,
        )
        .order_by(PoliceReview.id)
    )
    for review_id in db.session.scalars(late.limit(BATCH)).all():
        with unit_of_work(SYSTEM, now) as uow:
            review = uow.load(PoliceReview, review_id, Permission.POLICE_REVIEW_ANSWER)
            made = existing(notification_of(review.id))
            _tell(uow, review, _network(uow, review, {review.requested_by_id, made.recorded_by_id}))
            uow.audit("police.second_review_late", "police_review", review.id)


def refuse_silence(now: datetime, share: Share = WHOLE) -> int:
    """Refuse what nobody answered in time, and open what a law requires and nobody seconded; ask the network to review
    what no one of the school did. Returns how many reviews were refused. What a law requires comes first, and whole."""
    settle_seconding(now)
    escalate_second_reviews(now)
    refused = 0
    while (review_ids := silent(now, BATCH)) and share.goes_on():
        refused += sum(_refuse(review_id, now) for review_id in review_ids)
    return refused


def _refuse(review_id: int, now: datetime) -> bool:
    with unit_of_work(SYSTEM, now) as uow:
        review = uow.load(PoliceReview, review_id, Permission.POLICE_REVIEW_ANSWER)
        waits = review.state in WAITING and review.answer_by is not None and review.answer_by <= now
        if waits:
            end(uow, review, ReviewState.REFUSED, "police.silence")
        else:
            uow.no_audit()
        return waits


@dataclass(frozen=True)
class Call:
    """A call to the police that waits to be recorded: whom its clock reminds, and whom it reaches when it ran out."""

    review_id: int
    school_id: int
    over: bool
    remind: Sequence[tuple[int, str]]
    late: Sequence[tuple[int, str]]


def sweep_calls(now: datetime) -> int:
    """Queue what the hours of calls ask for at this instant; returns how many messages."""
    if not calls_would_queue(now):
        return 0
    with unit_of_work(SYSTEM, now) as uow:
        calls = _calls(now, lock=True)
        queued = queue(uow, _messages(calls)) if calls else set()
        uow.no_audit()
        uow.record_each(
            "police.late",
            [
                Act("police_review", call.review_id, None, call.school_id,
                    {"to": ", ".join(name for _id, name in call.late)}, {})
                for call in calls
                if call.over
            ],
        )  # fmt: skip
        soon, over = ([call.review_id for call in calls if call.over is late] for late in (False, True))
        mark_now(uow, PoliceReview, {"clock_reminded_at": soon, "clock_late_at": over})
    return len(queued)


def calls_would_queue(now: datetime) -> int:
    """Return how many messages `sweep_calls` would queue; writes nothing."""
    keys = {message.dedupe_key for message in _messages(_calls(now, lock=False))}
    return len(keys - queued_keys(keys)) if keys else 0


def _calls(now: datetime, *, lock: bool) -> list[Call]:
    soon = now + (record_due(now) - reminds_at(record_due(now)))
    statement = (
        select(PoliceReview)
        .where(
            PoliceReview.state == ReviewState.CALLED,
            PoliceReview.clock_late_at.is_(None),
            PoliceReview.record_due_at <= soon,
        )
        .order_by(PoliceReview.id)
        .limit(BATCH)
    )
    if lock:
        statement = statement.with_for_update(skip_locked=True)
    return [call for review in db.session.scalars(statement) if (call := _call(review, now)) is not None]


def _call(review: PoliceReview, now: datetime) -> Call | None:
    over = review.record_due_at is not None and review.record_due_at <= now
    if not over and review.clock_reminded_at is not None:
        return None
    caller = [(review.requested_by_id, "")] if review.requested_by_id is not None else []
    today = today_at(review.school_id, now)
    late = holders(Role.ADMINISTRATOR, review.school_id, today) if over else []
    return Call(review.id, review.school_id, over, caller, late)


def _messages(calls: Sequence[Call]) -> list[Planned]:
    return [
        Planned(
            user_id, kind, "police_review", call.review_id, call.school_id,
            f"{kind}:{call.review_id}:{user_id}", at_any_hour=True,
        )
        for call in calls
        for kind, people in ((CALL_SOON, call.remind), (CALL_LATE, call.late))
        for user_id, _name in people
    ]  # fmt: skip


ROOM = Room(pages=(seconding_pages, pages))
