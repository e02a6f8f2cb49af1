"""How a case goes on: each pathway has one course of fixed steps; the case closes when all of them have ended.

Where figures need several outcomes, a school takes them in turn: declined or not, kept or not, postponed, ended early.
"""

from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import select

from wss_cases.cases.case import models as cases
from wss_cases.cases.case.models import Case, CaseIncident, CaseParticipant, CaseResult, HarmedSays, SafetyPlan
from wss_cases.casework.case_page.acts import add_note, close, set_review
from wss_cases.casework.case_page.pages import blockers, left_open
from wss_cases.casework.pathway_page import decline, end_early
from wss_cases.casework.safety_plans import acts as safety_plans
from wss_cases.demo.calendar import Steps, moment
from wss_cases.demo.circles import PROMISES, Party, Path, Work, circle
from wss_cases.demo.district import Organization, Person, Place, Pupil, World, rows
from wss_cases.followups.core.models import FollowUp, FollowUpState
from wss_cases.foundation import clock
from wss_cases.foundation.db import db
from wss_cases.foundation.school_time import district_zone, local
from wss_cases.pathways.common.models import LIVE, EndReason, Pathway, PathwayState
from wss_cases.pathways.conversations import log_conversation
from wss_cases.pathways.mentoring.card import check_in, check_out, mark, set_card
from wss_cases.pathways.mentoring.course import finish, match, review
from wss_cases.pathways.mentoring.mentors import add_mentor
from wss_cases.pathways.mentoring.opening import AgreedHow, AgreedWho, Because, open_support
from wss_cases.pathways.mentoring.plan.models import (
    OWN_RHYTHM,
    After,
    Cadence,
    DailyCard,
    GoesOn,
    MentorKind,
    Missed,
    Reason,
)
from wss_cases.pathways.mentoring.plan.rules import due_days, last_day_of
from wss_cases.pathways.mentoring.sessions import DayAnswer, log_session
from wss_cases.pathways.reengagement import pages as coming_back
from wss_cases.pathways.reengagement.plan import REVIEW, ReengagementPlan, ReviewAnswer, is_near
from wss_cases.pathways.referrals import partner_pages as by_partner
from wss_cases.pathways.referrals import service as by_school
from wss_cases.pathways.referrals.case_page import complete, draft
from wss_cases.pathways.referrals.consent import record_consent, revoke, send
from wss_cases.pathways.referrals.referral.queries import usual_purpose
from wss_cases.routing.engine.vocabulary import Kind
from wss_cases.routing.engine.vocabulary import Pathway as Family


def work_of(world: World, place: Place, story: str, incident_id: int, pupils: list[Pupil]) -> Work | None:
    """The case that a report has; None where it has none."""
    statement = select(Case.id, Case.lead_id).join(CaseIncident, CaseIncident.case_id == Case.id)
    case = db.session.execute(statement.where(CaseIncident.incident_id == incident_id)).first()
    if case is None:
        return None
    by_id, person = {pupil.id: pupil for pupil in pupils}, CaseParticipant
    people = [
        Party(number, role, by_id.get(student_id or 0))
        for number, role, student_id in rows(person.id, person.role, person.student_id, where=person.case_id == case.id)
    ]
    if story:
        world.today[case.id] = story
    return Work(world, place, story, case.id, place.coordinator, people)


NOTES = (
    "",
    "Spoke with the homeroom teacher about the seating plan.",
    "",
    "The family asked to be called in the afternoon.",
    "Agreed with the counselor who checks in on Mondays.",
)


REVIEW_AFTER = 10
"""School days from one review of a case to the next."""


def play_case(work: Work, now: datetime) -> Steps:
    """Begin each pathway that the case has or gets, review it, and close it some days after the last of them ended."""
    calendar, rng, path, begun = work.world.calendar, work.place.rng, Pathway, set[int]()
    columns = (path.id, path.pathway, path.kind, path.for_whom, path.participant_id)
    words = work.place.take(NOTES)
    while True:
        live = rows(*columns, where=(path.case_id == work.id) & path.state.in_(LIVE))
        for number, family, kind, for_whom, owner_id in live:
            if number not in begun:
                begun.add(number)
                owner = next((party for party in work.people if party.id == owner_id), None)
                work.world.agenda.begin(_play_path(Path(work, number, family, kind, for_whom, owner), now))
        now = yield calendar.in_days(now, 2 + rng.randrange(3), 540 + rng.randrange(390))
        if words:
            add_note(work.calls(now), work.id, text=words)
            words = ""
        if not rows(path.id, where=(path.case_id == work.id) & path.state.in_(LIVE)) and _close_case(work, now):
            return
        today = work.world.day(now)
        if rows(Case.id, where=(Case.id == work.id) & (Case.next_review_on <= today)):
            set_review(work.calls(now), work.id, review_on=calendar.school_days.add(today, REVIEW_AFTER))


DECLINED = {
    Family.CIRCLE: (True, False, False, True, False),
    Family.WRAPAROUND: (False, True, False, True, False),
    Family.MENTORING: (False, False, True, False),
    Family.RESTORATIVE_CONVERSATION: (*(False,) * 15, True),
}
"""Whether what is offered is not wished."""


def _play_path(path: Path, now: datetime) -> Steps:
    work, rng, family = path.work, path.work.place.rng, Family(path.family)
    if family is not Family.REENGAGEMENT:
        now = yield work.world.calendar.in_days(now, rng.randrange(3), 540 + rng.randrange(360))
    if not work.story and family in DECLINED and work.place.take(DECLINED[family]):
        decline(work.calls(now), path.id)
        if family is Family.CIRCLE:
            work.world.circles.setdefault(work.id, "declined")
        return
    yield from COURSES[family](path, now)


SAFETY = {
    "steps": "An adult walks the first hallway with them. A sign to any teacher is enough to leave the room.",
    "adults_told": "Homeroom teacher, counselor, security officer at door 3",
    "route": "By the east stairs",
    "seat": "In front, beside a friend",
    "phone": "May keep the phone on silent",
}


def protect(work: Work, days: int, now: datetime) -> Steps:
    """Write a plan for the first student harmed, agree on it within some school days, and review it until it ends."""
    rng, calendar = work.place.rng, work.world.calendar
    person = next((party for party in work.people if party.was_harmed and party.pupil), None)
    if person is None:
        work.world.unprotected.add(work.id)
        return
    now = yield calendar.soon(now, 30 + rng.randrange(120))
    plan_id = safety_plans.write(work.calls(now), work.id, participant_id=person.id, **SAFETY)
    if work.story == "fresh":
        return
    now = yield calendar.in_days(now, days, 540 + rng.randrange(300))
    safety_plans.agree(
        work.calls(now), plan_id, with_person=True, agreed_on=work.world.day(now), guardian=cases.GuardianTold.TOLD
    )
    while True:
        due = rows(SafetyPlan.next_review_on, where=SafetyPlan.id == plan_id)[0][0]
        now = yield calendar.on(due, 540 + rng.randrange(360), now)
        if not _plans(work):
            return
        safety_plans.review(work.calls(now), plan_id, answer=cases.PlanAnswer.WORKS)


def _plans(work: Work) -> list[Any]:
    return rows(SafetyPlan.id, where=(SafetyPlan.case_id == work.id) & (SafetyPlan.state == cases.PlanState.AGREED))


def _close_case(work: Work, now: datetime) -> bool:
    """End the safety plan and close the case; False where a duty stands in the way."""
    for (plan_id,) in _plans(work):
        safety_plans.end(work.calls(now), plan_id, why="It is quiet now; the plan may end.")
    call = work.calls(now)
    if blockers(call.actor, db.session.get_one(Case, work.id)):
        return False
    states = {state for (state,) in rows(Pathway.state, where=Pathway.case_id == work.id)}
    whole = all(work.kept) if work.kept else work.place.take((True, False, True))
    result, says = (
        (CaseResult.REPAIRED, HarmedSays.REPAIRED) if whole else (CaseResult.PARTLY_REPAIRED, HarmedSays.PARTLY)
    )
    if states == {PathwayState.DECLINED}:
        result, says = CaseResult.DECLINED, HarmedSays.DID_NOT_WISH_TO_SAY
    kept = cases.AgreementKept.KEPT if all(work.kept) else cases.AgreementKept.PARTLY
    close(
        call,
        work.id,
        result=result,
        cancel_reason="The case is closed.",
        what_is_left="Nothing.",
        agreement_kept=kept if work.kept else cases.AgreementKept.NO_AGREEMENT,
        harmed_says=says if any(party.was_harmed for party in work.people) else HarmedSays.NOBODY_HARMED,
        despite="They settled the rest between themselves and said so.",
        stay=[row.id for row in left_open(call.actor, work.id).of_others],
    )
    return True


TALKS = ("repair_agreed", "understood", "repair_agreed", "no_understanding", "repair_agreed", "understood")


def conversation(path: Path, now: datetime) -> Steps:
    """Hold the conversation and log it."""
    work, rng, calendar = path.work, path.work.place.rng, path.work.world.calendar
    if work.story == "fresh":
        now = yield calendar.never
    now = yield calendar.in_days(now, rng.randrange(3), 540 + rng.randrange(360))
    outcome, today = work.place.take(TALKS), work.world.day(now)
    owes = outcome == "repair_agreed" and path.owner is not None and path.owner.caused_harm
    log_conversation(
        work.calls(now), path.id, held_on=today, outcome=outcome, repair=PROMISES[0] if owes else "",
        repair_on=calendar.school_days.add(today, 5) if owes else None,
    )  # fmt: skip


GOALS = ("Ask for a break before it gets loud", "Be in first period on time", "Find one adult to talk to")
PERIODS = ("Morning", "After lunch")
RHYTHMS = {Kind.CHECK_IN_CHECK_OUT.value: (Cadence.DAILY, 4, 10), Kind.ONE_TO_ONE.value: (Cadence.WEEKLY, 8, 45)}
"""Rhythm, length in weeks, and minutes of a session, by kind."""
STANDS = ("goal_partly_reached", "goal_reached", "goal_partly_reached", "goal_not_reached")
CARD_DAYS = 6
"""The card of check-in/check-out is filled in for the last so many school days before today."""
REASONS = (
    (Because.ROUTINE, "A calm start with the same adult every morning."),
    (Because.ATTENDANCE, "Comes on time when someone waits at the door."),
    (Because.NEW_HERE, "Moved here in the fall and knows few people yet."),
)
"""Why students check in and out with the coordinator."""


def mentoring(path: Path, now: datetime) -> Steps:
    """Match a student with a mentor, log the sessions of some weeks, review after four, and finish."""
    work, calendar = path.work, path.work.world.calendar
    if path.kind not in RHYTHMS or path.owner is None or path.owner.pupil is None:
        end_early(work.calls(now), path.id, EndReason.OTHER_PATHWAY, "No place is free this term.")
        return
    mentor_id, account = work.place.take(work.place.mentors)
    rhythm, weeks, minutes = RHYTHMS[path.kind]
    starts = work.world.day(now)
    review_on = calendar.school_days.on_or_after(starts + timedelta(days=28))
    match(
        work.calls(now), path.id, goal=work.place.take(GOALS), preset=OWN_RHYTHM, rhythm=rhythm, weeks=weeks,
        minutes=minutes, starts_on=starts, review_on=review_on, chosen=mentor_id,
        reasons=[Reason.PLACE, Reason.TRAINED], participant_id=path.owner.id, agreed="yes",
    )  # fmt: skip
    last = last_day_of(starts, weeks)
    assert last is not None
    for day in due_days(rhythm, starts, last, calendar.school_days):
        if day >= review_on > starts:
            now = yield calendar.on(review_on, 10 * 60, now)
            review(work.calls(now), path.id, stands=work.place.take(STANDS), goes_on=GoesOn.ENDS)
            review_on = starts
        now = yield calendar.on(day, 720 + work.place.rng.randrange(120), now)
        yield from _session(path, account or work.lead, day, minutes, now)
    now = yield calendar.in_days(now, 1, 15 * 60 + 10)
    outcome, after = work.place.take(STANDS), work.place.take(tuple(After))
    finish(work.calls(now), path.id, how=outcome, after=after)


SESSIONS = (*("held",) * 7, "missed", *("held",) * 6, "not logged")


def _session(path: Path, mentor: Person, day: date, minutes: int, now: datetime) -> Steps:
    """Log one planned session; a few of the last days are not logged yet, and today's card is filled in."""
    world, pupil, kind = path.work.world, path.pupil, path.work.place.take(SESSIONS)
    is_late = world.calendar.school_days.between(day, world.calendar.due_today) < CARD_DAYS
    if kind == "not logged" and is_late:
        return
    is_missed = kind == "missed" or (pupil is not None and not pupil.is_there(day))
    if path.kind != Kind.CHECK_IN_CHECK_OUT or not is_late or is_missed:
        missed = Missed.STUDENT_ABSENT if is_missed else None
        held = DayAnswer(minutes=None if is_missed else minutes, missed=missed)
        log_session(world.calls(mentor, now), path.id, day, held, None)
        return
    if not rows(DailyCard.id, where=DailyCard.pathway_id == path.id):
        set_card(path.work.calls(now), path.id, **CARD)
    yield from _fill_card(world, mentor, path.id, now)


CARD = {
    "expectations": "Be on time\nKeep hands and words kind\nAsk for a break before leaving",
    "periods": "\n".join(PERIODS),
    "goal_percent": 80,
}


def _fill_card(world: World, mentor: Person, pathway_id: int, now: datetime) -> Steps:
    """Check a student in, mark the periods of the day, and check the student out."""
    check_in(world.calls(mentor, now), pathway_id)
    for period, marks in zip(PERIODS, ([2, 2, 1], [2, 1, 2]), strict=True):
        now = yield world.calendar.soon(now, 20)
        mark(world.calls(mentor, now), pathway_id, world.day(now), period, marks)
    check_out(world.calls(mentor, now), pathway_id)


def daily_cards(world: World, place: Place) -> Steps:
    """Some students begin to check in and out with the coordinator, without an incident. Today's cards are to be
    marked."""
    calendar, lead, days = world.calendar, place.coordinator, world.calendar.school_days
    now = yield moment(days.add(calendar.due_today, -CARD_DAYS), 8 * 60 + 10)
    call, today = world.calls(lead, now), world.day(now)
    mentor_id = add_mentor(
        call, place.id, kind=MentorKind.STAFF, capacity=len(REASONS), user_id=lead.id, languages=["en"],
        strengths="Mornings, a calm place", trained_on=today,
    )  # fmt: skip
    there = [pupil for pupil in place.pupils[::-1] if calendar.years[-1] in pupil.grades and pupil.is_there(today)]
    for pupil, (because, why), goal in zip(there[::4], REASONS, GOALS, strict=False):
        pathway_id = open_support(
            call, pupil.id, kind=Kind.CHECK_IN_CHECK_OUT, because=because, why=why, agreed_who=AgreedWho.GUARDIAN,
            guardian_id=str(pupil.guardian_id), agreed_how=AgreedHow.PHONE, agreed_on=today,
        )  # fmt: skip
        match(
            call, pathway_id, goal=goal, preset=OWN_RHYTHM, rhythm=Cadence.DAILY, weeks=8, minutes=10, starts_on=today,
            review_on=days.on_or_after(today + timedelta(days=28)), chosen=mentor_id, reasons=[Reason.PLACE],
            agreed="yes",
        )  # fmt: skip
        set_card(call, pathway_id, **CARD)
        world.agenda.begin(_check_in_each_day(world, lead, pathway_id))


def _check_in_each_day(world: World, mentor: Person, pathway_id: int) -> Steps:
    for ago in range(CARD_DAYS, 0, -1):
        now = yield moment(world.calendar.school_days.add(world.calendar.due_today, -ago), 8 * 60 + 20)
        yield from _fill_card(world, mentor, pathway_id, now)


RETURNS = (
    ("Their aunt and the basketball coach", "A quiet place at lunch at first", "One essay"),
    ("The counselor", "Check-in with the counselor on the first three days", ""),
)
BACK = ("settled", "back_with_support", "settled", "back_with_support", "settled", "not_back")
RETURN_MINUTES = 45


def come_back(path: Path, now: datetime) -> Steps:
    """Plan a return on the day of the removal, meet near it, and see how it goes."""
    work, rng, calendar = path.work, path.work.place.rng, path.work.world.calendar
    back_on = rows(ReengagementPlan.return_on, where=ReengagementPlan.pathway_id == path.id)[0][0]
    now = yield calendar.soon(now, 20 + rng.randrange(70))
    supporters, supports, missed = work.place.take(RETURNS)
    coming_back.save_plan(
        work.calls(now), path.id, return_on=back_on, supporters=supporters, supports=supports, work_missed=missed,
        agreed=True,
    )  # fmt: skip
    meeting = _book_return(path, back_on, now) if work.place.take((True, True, False)) else None
    if meeting is not None:
        now = yield calendar.soon(now, 8)
        begins = local(meeting[0], district_zone()).time()
        coming_back.plan_meeting(
            work.calls(now), path.id, day=work.world.day(meeting[0]), time=begins, place=meeting[1]
        )
    came = calendar.on(back_on, 500 + rng.randrange(20), now)
    for at in sorted([came, *([meeting[0] + timedelta(minutes=RETURN_MINUTES)] if meeting else [])]):
        now = yield at
        if at == came:
            coming_back.record_return(work.calls(now), path.id, on=work.world.day(now))
        else:
            coming_back.answer_meeting(work.calls(now), path.id, happened=coming_back.HELD)
    row = FollowUp
    waits = (row.pathway_id == path.id) & (row.kind == REVIEW) & (row.state == FollowUpState.OPEN)
    while due := rows(row.due_on, where=waits, order_by=row.due_on):
        now = yield calendar.on(due[0][0], 540 + rng.randrange(360), now)
        coming_back.add_review(work.calls(now), path.id, answer=ReviewAnswer.SUPPORT_GOES_ON)
    now = yield calendar.in_days(now, 1, 910 + rng.randrange(50))
    coming_back.complete(work.calls(now), path.id, outcome=work.place.take(BACK))


def _book_return(path: Path, back_on: date, now: datetime) -> tuple[datetime, str] | None:
    """A time on the day of the return or the day after; None where none is near."""
    work, days = path.work, path.work.world.calendar.school_days
    day = max(days.on_or_after(back_on), days.add(work.world.day(now), 1))
    starts_at, room = work.place.book(days, moment(day, 540 + work.place.rng.randrange(240)))
    return (starts_at, room) if is_near(work.world.day(starts_at), back_on, days) else None


FIELDS = ["name", "language", "guardian_name", "guardian_phone", "school_contact"]
RECEIVED = ("all", "partly", "all", "all", "stopped", "all", "partly")
PARTNER_SAYS = (*("accepts",) * 4, "waits", *("accepts",) * 3, "declines", *("accepts",) * 2, "revoked")


def referral(path: Path, now: datetime) -> Steps:
    """Draft a referral, record the family's consent and send it; then the partner answers."""
    work, rng, calendar, pupil = path.work, path.work.place.rng, path.work.world.calendar, path.pupil
    partners = [partner for partner in work.world.partners if partner.sends and path.kind in partner.services]
    if not partners or pupil is None:
        end_early(work.calls(now), path.id, EndReason.OTHER_PATHWAY, "No partner offers this.")
        return
    partner = work.place.take(tuple(partners))
    need = "Someone to talk to about what happened in the last weeks."
    number = draft(work.calls(now), path.id, partner=partner.id, student=pupil.id, need=need)
    now = yield calendar.in_days(now, 1 + rng.randrange(3), 540 + rng.randrange(360))
    today = work.world.day(now)
    record_consent(
        work.calls(now), number, by=pupil.guardian, relation="parent", language=pupil.row["language"], manner="paper",
        on=today, until=today + timedelta(days=CONSENT_DAYS), fields=FIELDS,
        purpose=usual_purpose(partner.name, path.kind),
    )  # fmt: skip
    now = yield calendar.in_days(now, rng.randrange(2), 600 + rng.randrange(300))
    send(work.calls(now), number)
    ago = calendar.school_days.between(work.world.day(now), calendar.due_today)
    if work.place.is_demo and 0 < ago < 8 and "no place" not in work.world.seen:
        # one referral of the demo school comes back today, so that another partner is to be found
        work.world.seen.add("no place")
        now = yield moment(calendar.due_today, 8 * 60 + 6)
        by_school.record_answer(work.calls(now), number, answer="declined", reason="no_place")
        yield calendar.never
    now = yield calendar.in_days(now, 1 + rng.randrange(5), 540 + rng.randrange(420))
    yield from _serve(path, number, partner, today, now)


CONSENT_DAYS = 180
ANSWERS = {"accepted": by_partner.accept, "waitlisted": by_partner.waitlist, "declined": by_partner.decline}


def _serve(path: Path, number: int, partner: Organization, signed_on: date, now: datetime) -> Steps:
    work, rng, calendar = path.work, path.work.place.rng, path.work.world.calendar
    # the partner's account reaches what it has by the day of the clock, whenever its act happens; else the lead writes
    today = work.world.day(clock.now())
    is_partners = partner.account is not None and signed_on <= today <= signed_on + timedelta(days=CONSENT_DAYS)
    who = partner.account if is_partners and partner.account else work.lead
    side: Any = by_partner if is_partners else by_school
    says, calls = work.place.take(PARTNER_SAYS), work.world.calls

    def answered(answer: str, **reason: str) -> None:
        if is_partners:
            ANSWERS[answer](calls(who, now), number, **reason)
        else:
            by_school.record_answer(calls(who, now), number, answer=answer, **reason)

    if says == "declines":
        answered("declined", reason="no_place")
        now = yield calendar.in_days(now, 1, 540 + rng.randrange(180))
        complete(work.calls(now), path.id)
        return
    if says == "waits":
        answered("waitlisted")
        now = yield calendar.in_days(now, 5, 540 + rng.randrange(420))
    answered("accepted")
    for wait in (3, 5, 10):
        now = yield calendar.in_days(now, wait, 780 + rng.randrange(180))
        side.log_service(calls(who, now), number, on=work.world.day(now))
    now = yield calendar.in_days(now, 5, 16 * 60 + 10)
    if says == "revoked":
        revoke(work.calls(now), number)
        end_early(work.calls(now), path.id, EndReason.NO_LONGER_NEEDED, "")
        return
    side.finish(calls(who, now), number, on=work.world.day(now), received=work.place.take(RECEIVED))
    now = yield calendar.in_days(now, 1, 540 + rng.randrange(180))
    complete(work.calls(now), path.id)


COURSES = {
    Family.RESTORATIVE_CONVERSATION: conversation,
    Family.CIRCLE: circle,
    Family.MENTORING: mentoring,
    Family.WRAPAROUND: referral,
    Family.REENGAGEMENT: come_back,
}
