"""The life of each pathway of a case, as far as it has come by now."""

from collections.abc import Callable
from datetime import date, datetime

from wss_cases.cli.demo_district import circles
from wss_cases.cli.demo_district.acts import Somebody
from wss_cases.cli.demo_district.courses import Course, Work
from wss_cases.cli.demo_district.plans import add_plan
from wss_cases.cli.demo_district.reports import Report, Scene
from wss_cases.cli.demo_district.world import later, moment
from wss_cases.intake.rules_plan import PlanItem
from wss_cases.pathways.common.models import Pathway
from wss_cases.pathways.common.states import OUTCOMES, EndReason
from wss_cases.routing.states import Pathway as Family

SPANS = {
    Family.RESTORATIVE_CONVERSATION: (0, 2, 0, 1),
    Family.CIRCLE: (3, 8, 12, 24),
    Family.MENTORING: (2, 5, 25, 70),
    Family.WRAPAROUND: (3, 9, 15, 50),
    Family.REENGAGEMENT: (2, 5, 8, 20),
}
"""School days from acceptance to start (least, most) and from start to end (least, most)."""

NEXT_STEPS = {
    Family.RESTORATIVE_CONVERSATION: "Find a quiet half hour",
    Family.CIRCLE: "Pre-meeting with each party",
    Family.MENTORING: "Weekly check-in",
    Family.WRAPAROUND: "Ask the family for written consent",
    Family.REENGAGEMENT: "Meet before the return",
}
LATER_STEPS = {
    Family.RESTORATIVE_CONVERSATION: "Ask both how it is now",
    Family.CIRCLE: "See how the agreement goes",
    Family.MENTORING: "Weekly check-in",
    Family.WRAPAROUND: "Ask the partner how it goes",
    Family.REENGAGEMENT: "Check in after the first days",
}
TODAYS_MINUTES = (10 * 60 + 30, 13 * 60 + 15)


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


def _live(course: Course, item: PlanItem) -> date | None:
    """Live through the pathway; returns the day it ended, or None while it goes on."""
    rng, days, row, work = course.scene.rng, course.scene.world.days, course.row, course.work
    offered_on = days.add(work.opened_on, rng.choice((0, 0, 1, 1, 2)))
    at = course.on(offered_on, rng.randrange(9 * 60, 12 * 60))
    if at is None:
        return None
    row["offered_on"], row["offered_by_id"] = offered_on, work.lead.id
    course.act(at, "pathway.offered", {"offered_on": offered_on}, by=work.lead.name)
    answered_on = days.add(offered_on, rng.choice((0, 1, 1, 2)))
    at = course.on(answered_on, rng.randrange(12 * 60, 15 * 60))
    if at is None:
        return None
    if rng.random() < 0.07 and not course.report.fate:
        work.declined += 1
        return _end(course, at, answered_on, "declined", {})
    _accept(course, item, at, answered_on)
    least, most, _short, _long = SPANS[item.pathway]
    started_on = days.add(answered_on, rng.randrange(least, most + 1))
    if item.pathway is Family.CIRCLE:
        return _circle(course, at, started_on)
    return _go_on(course, item, started_on)


def _accept(course: Course, item: PlanItem, at: datetime, on: date) -> None:
    row, work = course.row, course.work
    row["state"], row["accepted_on"] = "preparing", on
    row["next_step"] = NEXT_STEPS[item.pathway]
    row["next_step_on"] = course.scene.world.days.add(on, 2)
    if item.pathway is Family.CIRCLE:
        circles.consent(course, at, on)
    course.act(at, "pathway.accepted", {"state": ("proposed", "preparing"), "accepted_on": on})
    work.prepared = min(work.prepared or at, at)


def _circle(course: Course, accepted_at: datetime, started_on: date) -> date | None:
    rng, days, row = course.scene.rng, course.scene.world.days, course.row
    planned_at = min(later(accepted_at, 20), course.scene.world.now)
    if course.report.fate == "circle":
        # its keeper finds it in My day and says whether it happened
        starts_at = moment(course.scene.world.calendar.due_today, TODAYS_MINUTES[course.scene.cases % 2])
        circles.plan(course, planned_at, starts_at, held=False)
        return None
    starts_at = moment(started_on, rng.randrange(10 * 60, 15 * 60, 15))
    is_held = starts_at < course.scene.world.now
    circles.plan(course, planned_at, starts_at, held=is_held)
    if not is_held:
        row["next_step"], row["next_step_on"] = "Hold the circle", started_on
        return None
    row["held_on"] = started_on
    _start(course, starts_at, started_on)
    last_due = circles.agree(course, starts_at, started_on)
    ended_on = days.add(last_due or started_on, 3)
    return _finish(course, ended_on, lambda: circles.outcome_of(course))


def _go_on(course: Course, item: PlanItem, started_on: date) -> date | None:
    rng, row = course.scene.rng, course.row
    at = course.on(started_on, rng.randrange(10 * 60, 15 * 60))
    if at is None:
        return None
    if item.pathway is Family.RESTORATIVE_CONVERSATION:
        row["held_on"] = started_on
    _start(course, at, started_on)
    add_plan(course, item, at, started_on)
    _least, _most, short, long = SPANS[item.pathway]
    ended_on = course.scene.world.days.add(started_on, rng.randrange(short, long + 1))
    outcomes = list(OUTCOMES[item.pathway])
    return _finish(course, ended_on, lambda: rng.choices(outcomes, [6, 3, *[1] * (len(outcomes) - 2)])[0])


def _start(course: Course, at: datetime, on: date) -> None:
    row, work, world = course.row, course.work, course.scene.world
    row["state"], row["started_on"] = "active", on
    course.act(at, "pathway.started", {"state": ("preparing", "active"), "started_on": on})
    work.begun = min(work.begun or at, at)
    row["next_step"] = LATER_STEPS[Family(row["pathway"])]
    row["next_step_on"] = world.days.add(world.calendar.due_today, course.scene.rng.randrange(0, 6))


def _finish(course: Course, ended_on: date, outcome_of: Callable[[], str]) -> date | None:
    rng, row = course.scene.rng, course.row
    row["expected_end"] = ended_on
    at = course.on(ended_on, rng.randrange(10 * 60, 15 * 60))
    if at is None:
        return None
    if rng.random() < 0.05:
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
    course.act(at, f"pathway.{state}", {"state": (before, state), "ended_at": at}, **data)
    return on
