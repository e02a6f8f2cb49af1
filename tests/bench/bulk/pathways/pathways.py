"""The life of each pathway of a case, as far as it has come by now."""

from collections.abc import Callable
from datetime import date, datetime

from tests.bench.bulk.cases.courses import Course, Work
from tests.bench.bulk.pathways import agreements, circle_start, circles, mentoring, referrals, returns
from tests.bench.bulk.pathways.circle_start import Circle
from tests.bench.bulk.pathways.mentoring import Matched
from tests.bench.bulk.pathways.referrals import Sent
from tests.bench.bulk.reports.reports import Report, Scene
from tests.bench.bulk.writing.acts import Somebody
from tests.bench.bulk.writing.world import later
from wss_cases.foundation.school_time import DEFAULT_ZONE, local_date
from wss_cases.intake.recommendation import PlanItem
from wss_cases.pathways.common.models import OUTCOMES, EndReason, Pathway
from wss_cases.routing.engine.vocabulary import Pathway as Family

SPANS = {
    Family.RESTORATIVE_CONVERSATION: (0, 2),
    Family.CIRCLE: (3, 8),
    Family.MENTORING: (2, 5),
    Family.WRAPAROUND: (3, 9),
    Family.REENGAGEMENT: (2, 5),
}
"""School days from acceptance to start, least and most."""

LEFT_EARLY = frozenset({Family.RESTORATIVE_CONVERSATION, Family.MENTORING})
"""Families of which some end without their outcome for no cause that their rows would show."""


def add_pathway(scene: Scene, report: Report, work: Work, item: PlanItem, dean: Somebody) -> None:
    """Write one pathway and everything that has happened in it so far."""
    start_by = scene.world.days.add(work.opened_on, item.start)
    participant_id = work.participants.get(item.person_id) if item.person_id is not None else None
    row = scene.world.store.new(
        Pathway,
        case_id=report.case_id,
        school_id=scene.place.id,
        pathway=item.pathway.value,
        kind=item.kind.value,
        for_whom=item.for_whom.value,
        participant_id=participant_id,
        tier=item.tier,
        rules=list(item.rules),
        owner_id=work.lead.id,
        proposed_at=work.opened_at,
        start_by=start_by,
        next_step_on=start_by,
    )
    created = {"pathway": row["pathway"], "kind": row["kind"], "state": "proposed", "owner_id": work.lead.id}
    report.story.act(
        work.opened_at, dean, ("pathway", row["id"]), "pathway.proposed", created,
        case_id=report.case_id, what=row["kind"],
    )  # fmt: skip
    course = Course(scene, report, work, row)
    ended = _live(course, item)
    work.ended.append(ended)
    work.open_circles += ended is None and item.pathway is Family.CIRCLE


def _live(course: Course, item: PlanItem) -> date | None:
    """Live through the pathway; returns the day it ended, or None while it goes on."""
    rng, days, row, work = course.scene.rng, course.scene.world.days, course.row, course.work
    opened = returns.opened(course) if item.pathway is Family.REENGAGEMENT else None
    soon = (0, 0, 0, 1) if opened is not None else (0, 0, 1, 1, 2)
    offered_on = days.add(work.opened_on, rng.choice(soon))
    at = course.on(offered_on, rng.randrange(9 * 60, 12 * 60))
    if at is None:
        return None
    circle = circles.offered(course, at, offered_on) if item.pathway is Family.CIRCLE else None
    sent = referrals.draft(course, at) if item.pathway is Family.WRAPAROUND else None
    row["offered_on"], row["offered_by_id"] = offered_on, work.lead.id
    course.act(at, "pathway.offered", {"offered_on": offered_on}, by=work.lead.name)
    answered_on = days.add(offered_on, rng.choice((0, 0, 0, 1) if opened is not None else (0, 1, 1, 2)))
    at = course.on(answered_on, rng.randrange(12 * 60, 15 * 60))
    if at is None:
        return None
    if rng.random() < 0.07 and not course.report.fate:
        work.declined += 1
        if sent is not None:
            referrals.withdraw(sent, at, answered_on)
        return _end(course, at, answered_on, "declined", {})
    if circle is not None:
        circle_start.consent(circle, at, answered_on)
    if sent is not None:
        referrals.consent(sent, at, answered_on)
    _accept(course, item, at, answered_on)
    least, most = SPANS[item.pathway]
    started_on = days.add(answered_on, rng.randrange(least, most + 1))
    if circle is not None:
        return _circle(circle, answered_on, started_on)
    if sent is not None:
        return _referral(course, sent, started_on)
    if opened is not None:
        return _return(course, opened, at)
    matched = mentoring.match(course, at, started_on) if item.pathway is Family.MENTORING else None
    return _go_on(course, item, started_on, matched)


def _accept(course: Course, item: PlanItem, at: datetime, on: date) -> None:
    row, work = course.row, course.work
    row["state"], row["accepted_on"] = "preparing", on
    if item.pathway is Family.RESTORATIVE_CONVERSATION:
        row["next_step"] = "Find a quiet half hour"
        row["next_step_on"] = course.scene.world.days.add(on, 2)
    else:
        row["next_step_on"] = None
    course.act(at, "pathway.accepted", {"state": ("proposed", "preparing"), "accepted_on": on})
    work.prepared = min(work.prepared or at, at)


def _circle(circle: Circle, accepted_on: date, started_on: date) -> date | None:
    course = circle.course
    found = circles.live(circle, accepted_on, started_on)
    if found is None:
        return _not_suitable(circle, started_on)
    starts_at, held_on = found
    course.row["held_on"] = held_on
    _start(course, later(starts_at, 21), held_on)
    meeting_id = max(circle.came)
    last_due = agreements.agree(circle, meeting_id, starts_at, held_on)
    last = max([last_due or held_on, *agreements.decided_on(circle)])
    circles.complete(circle, last)
    ended_on = course.scene.world.days.add(last, 1)
    return _finish(course, ended_on, lambda: agreements.outcome_of(circle))


def _not_suitable(circle: Circle, started_on: date) -> date | None:
    # a hold that stands: each person is supported apart
    course = circle.course
    at = course.on(started_on, 15 * 60)
    if circle.screen is None or circle.may_meet() or at is None:
        return None
    course.row["end_reason"] = EndReason.NOT_SUITABLE.value
    return _end(course, at, started_on, "ended_early", {"reason": EndReason.NOT_SUITABLE.value})


def _referral(course: Course, sent: Sent, started_on: date) -> date | None:
    at = course.on(started_on, course.scene.rng.randrange(10 * 60, 15 * 60))
    if at is None:
        return None
    _start(course, later(at, 1), started_on)
    referrals.send(sent, at, started_on)
    served = referrals.serve(sent, started_on)
    if served is None:
        return None
    day, outcome = served
    ended_on = course.scene.world.days.add(day, 1)
    if outcome:
        return _finish(course, ended_on, lambda: outcome)
    at = course.on(ended_on, 11 * 60)
    if at is None:
        return None
    course.row["end_reason"] = EndReason.NO_LONGER_NEEDED.value
    return _end(course, at, ended_on, "ended_early", {"reason": EndReason.NO_LONGER_NEEDED.value})


def _return(course: Course, found: returns.Return, at: datetime) -> date | None:
    row = found.row
    returns.plan(found, later(at, 10))
    returns.meet(found, later(at, 11))
    came_on = max(row["return_on"], course.scene.world.days.add(local_date(at, DEFAULT_ZONE), 1))
    began_at = course.on(came_on, 8 * 60 + 30)
    if began_at is None:
        return None
    _start(course, later(began_at, 1), came_on)
    last = returns.back(found, began_at, came_on)
    if last is None:
        return None
    outcomes = ("settled", "back_with_support", "not_back")
    ended_on = course.scene.world.days.add(last, 1)
    return _finish(course, ended_on, lambda: course.scene.rng.choices(outcomes, (6, 3, 1))[0])


def _go_on(course: Course, item: PlanItem, started_on: date, matched: Matched | None) -> date | None:
    rng, row, days = course.scene.rng, course.row, course.scene.world.days
    at = course.on(started_on, rng.randrange(10 * 60, 12 * 60))
    if at is None or (item.pathway is Family.MENTORING and matched is None):
        return None
    if item.pathway is Family.RESTORATIVE_CONVERSATION:
        row["held_on"] = started_on
    _start(course, at, started_on)
    ended_on = days.add(started_on, rng.randrange(2))
    if matched is not None:
        ended_on = days.on_or_after(matched.last_day)
        mentoring.meet(course, matched, ended_on)
        end_at = course.on(ended_on, 15 * 60 + 20)
        if end_at is not None:
            mentoring.end(course, matched, end_at)
    outcomes = list(OUTCOMES[item.pathway])
    return _finish(course, ended_on, lambda: rng.choices(outcomes, [6, 3, *[1] * (len(outcomes) - 2)])[0])


def _start(course: Course, at: datetime, on: date) -> None:
    row, work, world = course.row, course.work, course.scene.world
    row["state"], row["started_on"] = "active", on
    course.act(at, "pathway.started", {"state": ("preparing", "active"), "started_on": on})
    work.begun = min(work.begun or at, at)
    if Family(row["pathway"]) is Family.RESTORATIVE_CONVERSATION:
        row["next_step"] = "Ask both how it is now"
        row["next_step_on"] = world.days.add(world.calendar.due_today, course.scene.rng.randrange(0, 6))
    else:
        row["next_step"], row["next_step_on"] = "", None


def _finish(course: Course, ended_on: date, outcome_of: Callable[[], str]) -> date | None:
    rng, row = course.scene.rng, course.row
    row["expected_end"] = ended_on
    at = course.on(ended_on, 15 * 60 + 30 + rng.randrange(60))
    if at is None:
        return None
    if Family(row["pathway"]) in LEFT_EARLY and rng.random() < 0.07:
        reason = rng.choice(list(EndReason)).value
        row["end_reason"] = reason
        return _end(course, at, ended_on, "ended_early", {"reason": reason})
    outcome = outcome_of()
    row["outcome"] = outcome
    return _end(course, at, ended_on, "completed", {"outcome": outcome})


def _end(course: Course, at: datetime, on: date, state: str, data: dict[str, str]) -> date:
    row = course.row
    before, row["state"] = row["state"], state
    row["ended_at"], row["next_step"], row["next_step_on"] = at, "", None
    course.drop_waiting(at)
    course.act(at, f"pathway.{state}", {"state": (before, state), "ended_at": at}, **data)
    return on
