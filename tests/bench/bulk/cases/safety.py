"""Safety plans: agreed with the person harmed where the rules ask for one, reviewed every five school days."""

from datetime import date, datetime
from typing import Any

from tests.bench.bulk.cases.courses import Participant, Work
from tests.bench.bulk.cases.followups import add_follow_up, close
from tests.bench.bulk.reports.reports import Report, Scene
from tests.bench.bulk.writing.acts import PRIVATE, Somebody
from tests.bench.bulk.writing.world import later, moment
from wss_cases.cases.case.models import GuardianTold, PlanAnswer, SafetyPlan, SafetyPlanReview
from wss_cases.foundation.school_time import DEFAULT_ZONE, local_date
from wss_cases.incidents.incident.states import PersonRole

STEPS = "An adult walks the first hallway with them. A sign to any teacher is enough to leave the room."
ADULTS = "Homeroom teacher, counselor, security officer at door 3"
ROUTES = ("By the east stairs", "Arrives by the gym door", "")
SEATS = ("In front, beside a friend", "Keeps their own seat; the other one moved", "")
PHONES = ("May keep the phone on silent", "")
REVIEW_EVERY = 5
WORKED = "The person it is for said that it is quiet now and that the plan may end."


def wanted(people: list[Participant]) -> Participant | None:
    """Return whom a plan is for: the first student who was harmed."""
    harmed = (PersonRole.HARMED, PersonRole.BOTH)
    return next((one for one in people if one.role in harmed and one.part.pupil is not None), None)


def agree(scene: Scene, report: Report, work: Work, days: int, dean: Somebody, rules: tuple[str, ...]) -> None:
    """Write the follow-up that asks for a plan and, where somebody is there for it, the plan as far as it has come."""
    rng, world, lead = scene.rng, scene.world, work.lead
    asked = add_follow_up(
        scene, report, kind="safety_plan", days=days, made_at=work.opened_at, maker=dean, owner=lead,
        rules=rules, settles=False,
    )  # fmt: skip
    work.waiting.append(asked)
    person = wanted(work.people)
    drafted_at = later(work.opened_at, rng.randrange(30, 180))
    if person is None or drafted_at >= world.now:
        return
    row = work.plan = _draft(scene, report, work, person, drafted_at)
    agreed_on = world.days.add(work.opened_on, days)
    agreed_at = max(moment(agreed_on, rng.randrange(9 * 60, 14 * 60)), later(drafted_at, 30))
    if agreed_at >= world.now or report.fate == "fresh":
        return
    guardian = rng.choice((GuardianTold.TOLD, GuardianTold.TOLD, GuardianTold.NOT_TO_BE_TOLD)).value
    row.update(state="agreed", agreed_on=agreed_on, agreed_by_id=lead.id, guardian=guardian, version=2)
    changes = {"state": ("draft", "agreed"), "agreed_on": agreed_on}
    _tell(report, lead, agreed_at, "safety_plan", row, "safety_plan.agreed", changes, guardian=guardian)
    close(scene, report, asked, agreed_at, lead, "agreed")
    work.plan_agreed_at = agreed_at


def _draft(scene: Scene, report: Report, work: Work, person: Participant, at: datetime) -> dict[str, Any]:
    rng = scene.rng
    row = scene.world.store.new(
        SafetyPlan,
        case_id=report.case_id,
        school_id=scene.place.id,
        participant_id=person.id,
        steps=STEPS,
        adults_told=ADULTS,
        route=rng.choice(ROUTES),
        seat=rng.choice(SEATS),
        phone=rng.choice(PHONES),
    )
    changes = {"participant_id": person.id, "steps": PRIVATE}
    _tell(report, work.lead, at, "safety_plan", row, "safety_plan.drafted", changes)
    return row


def review(scene: Scene, report: Report, work: Work, over_at: datetime | None) -> None:
    """Review an agreed plan every few school days until it is no longer needed, or the case is over."""
    row, rng, world, lead = work.plan, scene.rng, scene.world, work.lead
    if row is None or work.plan_agreed_at is None:
        _end_with_case(report, work, over_at)
        return
    since, made_at = row["agreed_on"], work.plan_agreed_at
    most = rng.randrange(3, 7)
    while over_at is None or made_at < over_at:
        due = world.days.add(since, REVIEW_EVERY)
        row["next_review_on"] = due
        asked = add_follow_up(
            scene, report, kind="safety_plan_review", due_on=due, made_at=made_at, maker=lead, owner=lead,
            settles=False,
        )  # fmt: skip
        work.waiting.append(asked)
        at = moment(due, rng.randrange(9 * 60, 15 * 60))
        is_late = world.days.between(due, world.calendar.today) < 3 and rng.random() < 0.4
        if at >= (over_at or world.now) or is_late:
            break
        _write_review(scene, report, work, due, at)
        close(scene, report, asked, at, lead, PlanAnswer.WORKS.value)
        since, made_at, most = due, at, most - 1
        if most <= 0 and not work.open_circles:
            end(report, work, later(made_at, 20), since)
            return
    _end_with_case(report, work, over_at)


def _end_with_case(report: Report, work: Work, over_at: datetime | None) -> None:
    if over_at is not None:
        end(report, work, later(over_at, -5), local_date(over_at, DEFAULT_ZONE))


def _write_review(scene: Scene, report: Report, work: Work, due: date, at: datetime) -> None:
    assert work.plan is not None
    answer = PlanAnswer.WORKS.value
    row = scene.world.store.new(
        SafetyPlanReview,
        safety_plan_id=work.plan["id"],
        case_id=report.case_id,
        on_day=due,
        answer=answer,
        reviewed_by_id=work.lead.id,
    )
    changes = {"answer": answer}
    _tell(report, work.lead, at, "safety_plan_review", row, "safety_plan.reviewed", changes, answer=answer)
    work.plan["version"] += 1


def end(report: Report, work: Work, at: datetime, day: date) -> None:
    """End a plan that is no longer needed."""
    row = work.plan
    if row is None or row["state"] == "ended":
        return
    before, row["state"] = row["state"], "ended"
    row.update(ended_on=day, ended_why=WORKED, next_review_on=None, version=row["version"] + 1)
    changes = {"state": (before, "ended"), "ended_why": PRIVATE}
    _tell(report, work.lead, at, "safety_plan", row, "safety_plan.ended", changes)


def _tell(
    report: Report, who: Somebody, at: datetime, table: str, row: dict[str, Any], kind: str,
    changes: dict[str, Any], **data: Any,
) -> None:  # fmt: skip
    report.story.act(at, who, (table, row["id"]), kind, changes, case_id=report.case_id, **data)
