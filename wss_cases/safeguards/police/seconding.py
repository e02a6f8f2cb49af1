"""What a law requires is told to the police after a second person has verified the duty, or alone where nobody can.

Nothing here delays a call: who answers is asked at once, and a quarter of an hour later it opens for one person.
"""

from datetime import datetime, timedelta
from typing import Any

from wss_cases.access.actor import SYSTEM
from wss_cases.access.permissions import Permission
from wss_cases.accounts.two_persons import refuse_one_person
from wss_cases.foundation.errors import Refused, existing
from wss_cases.foundation.forms import LongText, NotBlank, PlainForm, radio
from wss_cases.foundation.i18n import _, _l
from wss_cases.foundation.school_time import today_at
from wss_cases.foundation.settings import number_setting
from wss_cases.incidents.incident.models import Incident
from wss_cases.incidents.incident.queries import load_incident, parties_of
from wss_cases.journal.acts import Pages
from wss_cases.journal.rooms import Room
from wss_cases.journal.unit_of_work import UnitOfWork, unit_of_work
from wss_cases.safeguards.duties.duty.models import DUTY_LABELS, LegalDuty
from wss_cases.safeguards.duties.duty.queries import load_duty
from wss_cases.safeguards.police.review.actions import opens_for_one
from wss_cases.safeguards.police.review.deciding import end, move, open_review, tell_asker, write_answer
from wss_cases.safeguards.police.review.messages import SECONDING
from wss_cases.safeguards.police.review.models import NotificationGround, PoliceReview, ReviewState, Seconding
from wss_cases.safeguards.police.review.presenters import REVIEW, back, request_card, trail
from wss_cases.safeguards.police.review.queries import (
    ReviewRow,
    first_persons,
    of_the_network,
    of_the_school,
    reviews_of,
    two_stand_behind,
    unseconded,
)

BATCH = 200


SECONDING_MINUTES = number_setting("police.seconding_minutes", "SECONDING_MINUTES")


def answer_time(now: datetime) -> timedelta:
    """Return how long a second person has, asked at an instant, before what a law requires opens for one."""
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
    _tell(uow, review, asked)


def _tell(uow: UnitOfWork, review: PoliceReview, people: list[int]) -> None:
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
    _tell(uow, review, deputy)


pages = Pages("police_seconding", __name__, trail=trail, url_prefix="/police-reviews/<int:review_id>")


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


@pages.act(
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
                _tell(uow, review, of_the_network(review, first_persons(review), now))
            open_for_one(uow, review)
            uow.no_audit()


ROOM = Room(pages=(pages,))
