"""The life of each pathway of a case, as far as it has come by now."""

from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from wss_cases.cli.demo_district.acts import Somebody
from wss_cases.cli.demo_district.reports import Report, Scene
from wss_cases.cli.demo_district.world import moment
from wss_cases.intake.rules import PlanItem
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


@dataclass
class Work:
    """How far the pathways of one case have come; instants and days are None while something has not happened."""

    opened_at: datetime
    opened_on: date
    lead: Somebody
    participants: dict[int, int]
    prepared: datetime | None = None
    begun: datetime | None = None
    agreed: datetime | None = None
    ended: list[date | None] = field(default_factory=list)
    declined: int = 0
    kept: bool | None = None

    @property
    def all_declined(self) -> bool:
        """Whether everything that was offered was declined."""
        return bool(self.ended) and self.declined == len(self.ended)


@dataclass
class Course:
    """One pathway being lived through, day after day, until now."""

    scene: Scene
    report: Report
    work: Work
    row: dict[str, Any]

    @property
    def subject(self) -> tuple[str, int]:
        """Its name in timelines."""
        return ("pathway", self.row["id"])

    def on(self, day: date, minute: int) -> datetime | None:
        """Return the instant of a planned day, or None when it has not come yet."""
        at = max(moment(day, minute), self.work.opened_at)
        return at if at < self.scene.world.now else None

    def act(self, at: datetime, kind: str, changes: dict[str, Any], **data: Any) -> None:
        """Tell one act of the lead on this pathway."""
        self.report.story.act(
            at, self.work.lead, self.subject, kind, changes, case_id=self.report.case_id,
            what=self.row["kind"], **data,
        )  # fmt: skip


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
    least, most, short, long = SPANS[item.pathway]
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
    if rng.random() < 0.07:
        work.declined += 1
        return _end(course, at, answered_on, "declined", {})
    _accept(course, item, at, answered_on)
    started_on = days.add(answered_on, rng.randrange(least, most + 1))
    ended_on = days.add(started_on, rng.randrange(short, long + 1))
    row["expected_end"] = ended_on
    return _go_on(course, item, started_on, ended_on)


def _accept(course: Course, item: PlanItem, at: datetime, on: date) -> None:
    row, work = course.row, course.work
    row["state"], row["accepted_on"] = "preparing", on
    row["next_step"] = NEXT_STEPS[item.pathway]
    row["next_step_on"] = course.scene.world.days.add(on, 2)
    course.act(at, "pathway.accepted", {"state": ("proposed", "preparing"), "accepted_on": on})
    work.prepared = min(work.prepared or at, at)


def _go_on(course: Course, item: PlanItem, started_on: date, ended_on: date) -> date | None:
    rng, row, work = course.scene.rng, course.row, course.work
    at = course.on(started_on, rng.randrange(10 * 60, 15 * 60))
    if at is None:
        return None
    row["state"], row["started_on"] = "active", started_on
    if item.pathway in (Family.CIRCLE, Family.RESTORATIVE_CONVERSATION):
        row["held_on"] = started_on
    course.act(at, "pathway.started", {"state": ("preparing", "active"), "started_on": started_on})
    work.begun = min(work.begun or at, at)
    row["next_step_on"] = course.scene.world.days.add(
        course.scene.world.calendar.due_today, rng.randrange(0, 6)
    )
    end_at = course.on(ended_on, rng.randrange(10 * 60, 15 * 60))
    if end_at is None:
        return None
    if rng.random() < 0.06:
        reason = rng.choice(list(EndReason)).value
        row["end_reason"] = reason
        return _end(course, end_at, ended_on, "ended_early", {"reason": reason})
    outcomes = list(OUTCOMES[item.pathway])
    outcome = rng.choices(outcomes, [6, 3, *[1] * (len(outcomes) - 2)])[0]
    row["outcome"] = outcome
    return _end(course, end_at, ended_on, "completed", {"outcome": outcome})


def _end(course: Course, at: datetime, on: date, state: str, data: dict[str, str]) -> date:
    row = course.row
    before, row["state"] = row["state"], state
    row["ended_at"], row["next_step"], row["next_step_on"] = at, "", None
    course.act(at, f"pathway.{state}", {"state": (before, state), "ended_at": at}, **data)
    return on
