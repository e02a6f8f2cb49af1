"""What mentoring, referrals and re-engagement have of their own."""

from datetime import date, datetime

from wss_cases.cli.demo_district.acts import PRIVATE
from wss_cases.cli.demo_district.courses import Course
from wss_cases.foundation.db import Base
from wss_cases.intake.rules_plan import PlanItem
from wss_cases.pathways.mentoring.models import MentoringPlan
from wss_cases.pathways.reengagement.models import ReengagementPlan
from wss_cases.pathways.referrals.models import Referral
from wss_cases.routing.states import Pathway as Family

PARTNERS = (
    "Lakeside Family Center",
    "Open Door Youth Services",
    "Brick House Mentors",
    "Garden Row Counseling",
    "Steady Ground Health",
)
GOALS = ("Ask for a break before it gets loud", "Be in first period on time", "Find one adult to talk to")
SUPPORTS = ("Check-in with the counselor on the first three days", "A quiet place at lunch in the first week")


def add_plan(course: Course, item: PlanItem, at: datetime, on: date) -> None:
    """Write the plan of a pathway that has started."""
    rng = course.scene.rng
    if item.pathway is Family.MENTORING:
        _write(
            course, at, MentoringPlan, "mentoring.planned",
            goal=rng.choice(GOALS),
        )  # fmt: skip
    elif item.pathway is Family.WRAPAROUND:
        _write(course, at, Referral, "referral.saved", partner_name=rng.choice(PARTNERS), sent_on=on)
    elif item.pathway is Family.REENGAGEMENT:
        removal = course.report.removal
        days = course.scene.world.days
        return_on = days.add(removal.starts_on, removal.days) if removal else on
        supports = rng.choice(SUPPORTS)
        _write(course, at, ReengagementPlan, "reengagement.planned", return_on=return_on, supports=supports)


def _write(course: Course, at: datetime, model: type[Base], kind: str, **values: object) -> None:
    keys = {
        "pathway_id": course.row["id"],
        "case_id": course.report.case_id,
        "school_id": course.scene.place.id,
    }
    number = course.scene.world.store.add(model, **keys, **values)
    private: frozenset[str] = getattr(model, "PRIVATE", frozenset())
    changes = {name: PRIVATE if name in private else value for name, value in values.items()}
    course.report.story.act(
        at, course.work.lead, (model.__tablename__, number), kind, changes, case_id=course.report.case_id
    )
