"""What a law requires is told to the police after a second person has verified the duty, or alone where nobody can.

Nothing here delays a call: who answers is asked at once, and a quarter of an hour later it opens for one person.
"""

from datetime import datetime, timedelta

from flask import Blueprint, url_for

from wss_cases.access.act_pages import submitted
from wss_cases.access.actor import SYSTEM
from wss_cases.access.gate import current_actor, gate
from wss_cases.access.permissions import Permission
from wss_cases.accounts.network_approvers import approver_of
from wss_cases.accounts.teams import user_names
from wss_cases.accounts.two_persons import refuse_one_person
from wss_cases.foundation import clock
from wss_cases.foundation.errors import Refused, existing, refuse_blank
from wss_cases.foundation.i18n import gettext as _
from wss_cases.foundation.pages import Page, form_page
from wss_cases.foundation.school_time import today_at, zone_of
from wss_cases.foundation.settings.stored import number_setting
from wss_cases.incidents.incident.models import Incident
from wss_cases.incidents.incident.queries import load_incident, parties_of
from wss_cases.journal.rooms import Room
from wss_cases.journal.unit_of_work import UnitOfWork, unit_of_work
from wss_cases.journal.use_cases import use_case
from wss_cases.roster.directory.models import School
from wss_cases.safeguards.duties.duty.models import DUTY_LABELS, LegalDuty
from wss_cases.safeguards.duties.duty.queries import load_duty
from wss_cases.safeguards.duties.duty.raising import record_act
from wss_cases.safeguards.duties.duty.rules import refuse_source
from wss_cases.safeguards.police.review.actions import LAW_AT_ONCE, opens_by_law, opens_for_one
from wss_cases.safeguards.police.review.deciding import end, move, open_review, tell_asker
from wss_cases.safeguards.police.review.messages import SECONDING
from wss_cases.safeguards.police.review.models import NotificationGround, PoliceReview, ReviewState, Seconding
from wss_cases.safeguards.police.review.pages.pages import SecondForm
from wss_cases.safeguards.police.review.pages.presenters import request_rows, review_words
from wss_cases.safeguards.police.review.queries import (
    asked_about,
    first_persons,
    get_review,
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


@use_case
def open_by_law(uow: UnitOfWork, incident_id: int, duty_id: int, source_how: str = "", source_name: str = "") -> int:
    """Open a review that a duty of this incident decides.

    Where one person alone stands behind the duty a second one is asked at once, the school's others first; a firearm or
    a gun threat, verified or not, and what nobody can second, opens for one person and is reviewed afterwards; how that
    person knows, and who told them, is kept with the duty. Raises Refused for a duty that does not name police, and
    while another review of it waits for a second person.
    """
    incident = asked_about(uow.load(Incident, incident_id, Permission.POLICE_REVIEW_ASK))
    duty = uow.session.get(LegalDuty, duty_id)
    if duty is None or duty.incident_id != incident.id or not opens_by_law(duty.code, duty.state):
        raise Refused("duty_id", _("Choose the legal duty of this incident that requires it."))
    refuse_source(source_how, source_name)
    if source_how:
        duty.source_how, duty.source_name = source_how, source_name
        record_act(uow, duty, "duty.source_said")
    before = [review for review in reviews_of(incident.id) if review.duty_id == duty.id]
    if any(review.state is ReviewState.SECONDING for review in before):
        raise Refused("", _("A review of this report is already open. Continue with that one."))
    named = approver_of(existing(uow.session.get(School, incident.school_id)).network)
    review = open_review(
        uow, incident, NotificationGround.REQUIRED_BY_LAW, ReviewState.SECONDING,
        duty_id=duty.id, seconding=Seconding.WAITS,
        approver_id=named.approver_id if named is not None else None,
        deputy_id=named.deputy_id if named is not None else None,
    )  # fmt: skip
    if two_stand_behind(duty, incident, uow.actor, uow.now):
        _allow(uow, review, Seconding.NOT_NEEDED, "police.allowed_by_law")
    elif duty.code in LAW_AT_ONCE:
        _allow(uow, review, Seconding.NOT_SECONDED, "police.allowed_by_law")
    elif any(one.seconding is Seconding.REFUSED for one in before):
        _ask_deputy(uow, review, "police.seconding")
    else:
        _ask_second(uow, review)
    return review.id


def _allow(uow: UnitOfWork, review: PoliceReview, seconding: Seconding, kind: str) -> None:
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
        _allow(uow, review, Seconding.NOT_NEEDED if two else Seconding.NOT_SECONDED, "police.allowed_by_law")
    return review


def _ask_second(uow: UnitOfWork, review: PoliceReview) -> None:
    firsts = first_persons(review)
    school = of_the_school(review, firsts, uow.now)
    asked = school or of_the_network(review, firsts, uow.now)
    if not asked:
        _allow(uow, review, Seconding.NOT_SECONDED, "police.not_seconded")
        return
    review.answer_by = uow.now + answer_time(uow.now)
    # the network was asked already where the school has nobody
    review.clock_reminded_at = None if school else uow.now
    uow.record(review, "police.seconding")
    _tell(uow, review, asked)


def _tell(uow: UnitOfWork, review: PoliceReview, people: list[int]) -> None:
    for user_id in people:
        uow.notify(user_id, SECONDING, review, f"{SECONDING}:{review.id}:{user_id}", at_any_hour=True)


def _ask_deputy(uow: UnitOfWork, review: PoliceReview, kind: str) -> None:
    """Leave it closed and ask the network's deputy, or end it where there is nobody to ask."""
    deputy = of_the_network(review, {*first_persons(review), review.first_by_id}, uow.now, deputy_first=True)
    review.seconding, review.answer_by = Seconding.REFUSED, None
    if not deputy:
        end(uow, review, ReviewState.REFUSED, "police.refused")
        return
    uow.record(review, kind)
    _tell(uow, review, deputy)


@use_case
def second(uow: UnitOfWork, review_id: int, *, verified: bool, reason: str) -> int:
    """Say, as a second person, whether the duty that requires a notification was verified.

    A yes opens it; a no keeps it closed and asks the network's deputy, whose no is the end. Raises Refused for a party,
    for somebody who is no second person, for whoever is not asked any more, and without how it was verified.
    """
    review = uow.load(PoliceReview, review_id, Permission.POLICE_REVIEW_SECOND, uow.version)
    if review.state is not ReviewState.SECONDING:
        raise Refused("", _("This review is not waiting for a second person."))
    if uow.actor.user_id in parties_of(review.incident_id):
        raise Refused("", _("You are involved in what happened, so someone else answers."))
    refuse_one_person("", uow.actor.user_id, {*first_persons(review), review.first_by_id}, uow.now)
    refuse_blank("reason", reason, _("Write how it was verified, or why not."))
    by_deputy = review.seconding is Seconding.REFUSED
    if by_deputy and uow.actor.user_id not in (review.deputy_id, review.approver_id):
        raise Refused("", _("A second person did not verify it, so the network's deputy decides now."))
    which = "second" if by_deputy else "first"
    given = {"by_id": uow.actor.user_id, "at": uow.now, "approves": verified, "manner": "here", "reason": reason}
    for name, value in given.items():
        setattr(review, f"{which}_{name}", value)
    if verified:
        _allow(uow, review, Seconding.SECONDED, "police.seconded")
    elif by_deputy or uow.actor.user_id == review.deputy_id:
        review.seconding = Seconding.REFUSED
        end(uow, review, ReviewState.REFUSED, "police.refused")
    else:
        _ask_deputy(uow, review, "police.second_refused")
    return review.id


def open_for_one(uow: UnitOfWork, review: PoliceReview) -> None:
    """Open what nobody seconded in time for one person, marked so. For use cases; does nothing before its time."""
    if opens_for_one(review, uow.now):
        _allow(uow, review, Seconding.NOT_SECONDED, "police.not_seconded")


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


blueprint = Blueprint("police_seconding", __name__, url_prefix="/police-reviews/<int:review_id>")


@blueprint.route("/verify", methods=["GET", "POST"])
@gate(Permission.POLICE_REVIEW_SECOND)
def verify(review_id: int) -> Page:
    """Say whether the duty applies, as a second person; what it rests on stands above."""
    row = get_review(current_actor(), review_id, Permission.POLICE_REVIEW_SECOND)
    review, zone = row.review, zone_of(row.review.school_id)
    duty, incident = load_duty(review.duty_id or 0), existing(load_incident(review.incident_id))
    form = SecondForm(version=review.version)

    def act() -> int:
        verified = form.verified.data == "yes"
        return second(submitted(form), review_id, verified=verified, reason=form.reason.data or "")

    return form_page(
        form,
        act,
        url_for("police_reviews.review", review_id=review_id),
        "safeguards/police/seconding/verify.html",
        row=row,
        words=review_words(review, clock.now(), zone),
        request_rows=request_rows(review, user_names({review.requested_by_id}), zone),
        duty=DUTY_LABELS.get(duty.code, duty.code) if duty else "",
        narrative=incident.narrative,
    )


ROOM = Room(pages=(blueprint,))
