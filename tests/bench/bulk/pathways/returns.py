"""A student's return: opened with the removal, planned with them, the re-entry meeting near it, two reviews."""

from datetime import date, datetime
from typing import Any

from tests.bench.bulk.cases.courses import Course
from tests.bench.bulk.cases.followups import close
from tests.bench.bulk.writing.acts import PRIVATE
from tests.bench.bulk.writing.world import later, moment
from wss_cases.foundation.school_time import DEFAULT_ZONE, local_date
from wss_cases.pathways.reengagement.plan import CATCH_UP, REVIEWS, AwayCause, ReengagementPlan, ReengagementReview
from wss_cases.safeguards.discipline.removals.models import DisciplineAction

SUPPORTS = ("Check-in with the counselor on the first three days", "A quiet place at lunch in the first week")
SUPPORTERS = ("Their aunt and the basketball coach", "The counselor", "Their mother and the librarian")
MISSED_WORK = ("Two math tests, one essay", "One week of science", "")
PLACES = ("Counseling office", "Room 104", "Main office")


class Return:
    """One return: its plan's row, and the follow-up that asks for the plan."""

    def __init__(self, course: Course, row: dict[str, Any], asked: dict[str, Any]) -> None:
        self.course, self.row, self.asked = course, row, asked

    def tell(self, at: datetime, kind: str, changes: dict[str, Any], **data: Any) -> None:
        """Tell one act on the plan."""
        self.course.tell(at, "reengagement_plan", self.row["id"], kind, changes, None, **data)


def opened(course: Course) -> Return:
    """Open a return on the day of the removal, or by hand after a long absence."""
    days, work, removal = course.scene.world.days, course.work, course.report.removal
    owner = course.owner
    cause = (AwayCause.REMOVAL if removal else AwayCause.LONG_ABSENCE).value
    # the removal is written after the case, as the next of its table
    number = course.scene.world.store.ids[DisciplineAction] + 1
    row = course.new(
        ReengagementPlan,
        student_id=owner.part.student_id if owner else None,
        cause=cause,
        cause_key=f"removal:{number}" if removal else None,
        away_from=removal.starts_on if removal else days.add(work.opened_on, -8),
        return_on=days.add(removal.starts_on, removal.days) if removal else days.add(work.opened_on, 4),
    )
    asked = course.follow("reentry_plan", work.opened_at, due_on=days.on_or_after(work.opened_on))
    found = Return(course, row, asked)
    changes = {"cause": cause, "away_from": row["away_from"], "return_on": row["return_on"]}
    found.tell(work.opened_at, "reengagement.opened", changes, cause=cause)
    return found


def plan(found: Return, at: datetime) -> None:
    """Plan the return with the student: whom they want there, what supports them, the work missed."""
    course, rng = found.course, found.course.scene.rng
    days, row = course.scene.world.days, found.row
    row.update(
        supporters=rng.choice(SUPPORTERS), work_missed=rng.choice(MISSED_WORK), supports=rng.choice(SUPPORTS), version=2
    )
    found.tell(at, "reengagement.planned", {"supports": PRIVATE, "supporters": PRIVATE})
    close(course.scene, course.report, found.asked, at, course.work.lead, "planned")
    if row["work_missed"]:
        due_on = max(days.add(row["return_on"], CATCH_UP), days.on_or_after(local_date(at, DEFAULT_ZONE)))
        closes_at = moment(due_on, 14 * 60)
        course.follow("work_missed", at, due_on=due_on, closes_at=closes_at, outcome="caught_up")


def meet(found: Return, planned_at: datetime) -> None:
    """Hold the meeting near the return, so far as its moment has come; a few are never planned."""
    course, rng, row = found.course, found.course.scene.rng, found.row
    days, now = course.scene.world.days, course.scene.world.now
    if planned_at >= now or rng.random() < 0.12:
        return
    day = days.add(row["return_on"], rng.choice((-1, -1, 0, 0, 1)))
    earliest = days.add(local_date(planned_at, DEFAULT_ZONE), 1)
    at = moment(max(day, earliest), 7 * 60 + 40)
    row.update(meeting_at=at, meeting_place=rng.choice(PLACES))
    on = local_date(at, DEFAULT_ZONE)
    found.tell(planned_at, "reengagement.meeting_planned", {"meeting_at": at}, on=on.isoformat())
    asked = course.follow("reentry_meeting", planned_at, due_on=on)
    held_at = later(at, 40)
    is_left = (course.scene.world.calendar.today - on).days < 3 and rng.random() < 0.4
    if held_at >= now or is_left:
        return
    row["meeting_held_on"] = on
    found.tell(held_at, "reengagement.meeting_held", {"meeting_held_on": on})
    close(course.scene, course.report, asked, held_at, course.work.lead, "held")


def back(found: Return, at: datetime, on: date) -> date | None:
    """Record the first day back and the reviews after it; returns the last one's day, None while it goes on."""
    course, rng, row = found.course, found.course.scene.rng, found.row
    days = course.scene.world.days
    row["returned_on"] = on
    found.tell(at, "reengagement.returned", {"returned_on": on}, on=on.isoformat())
    due = [days.add(on, number) for number in REVIEWS]
    asked = [course.follow("reengagement_review", at, due_on=day) for day in due]
    for day, follow_up in zip(due, asked, strict=True):
        row["next_review_on"] = day
        reviewed_at = course.on(day, rng.randrange(9 * 60, 15 * 60))
        if reviewed_at is None:
            return None
        answer = rng.choice(("settled", "support_goes_on", "support_goes_on"))
        lead = course.work.lead
        review = course.new(ReengagementReview, on_day=day, answer=answer, reviewed_by_id=lead.id)
        course.tell(
            reviewed_at, "reengagement_review", review["id"], "reengagement.reviewed", {"answer": answer}, None,
            answer=answer,
        )  # fmt: skip
        close(course.scene, course.report, follow_up, reviewed_at, lead, answer)
    row["next_review_on"] = None
    return due[-1]
