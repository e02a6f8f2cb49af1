"""A school whose plan is approved, in a district that allows public pages."""

from __future__ import annotations

from datetime import date
from typing import Any

from sqlalchemy import update

from tests.factories.accounts import acting, make_user
from tests.factories.base import fresh, put
from tests.factories.plans import MeetingHeardFactory, PlanGoalFactory, SchoolMeetingFactory, SchoolPlanFactory
from tests.factories.roster import EnrolmentFactory, SchoolFactory, StudentFactory
from wss_cases.access.actor import Invocation, Role
from wss_cases.foundation import clock
from wss_cases.foundation.db import db
from wss_cases.foundation.school_time import today_at
from wss_cases.foundation.settings import forget
from wss_cases.plans.public.publications.models import PlanPublication, seals_of
from wss_cases.plans.public.publications.pages import Confirmed, WrittenYes, publish
from wss_cases.plans.public.publications.presenters import Summary, contents_of, figures_for
from wss_cases.setup.settings.catalogue import BY_NAME
from wss_cases.setup.settings.pages import newest_id, said_of, set_setting

SUMMARY = Summary("Three goals for a kinder year.", "Tres metas para un año más amable.")


def confirmed(plan: Any, *agreed: WrittenYes, shown: tuple[str, ...] = (), reads: bool = True) -> Confirmed:
    today = today_at(plan.school_id, clock.now())
    contents = contents_of(fresh(plan), SUMMARY, figures_for(plan.school_id, today), today)
    return Confirmed(reads, frozenset(shown), frozenset(seals_of(contents).values()), agreed)


def switch(value: str) -> None:
    """Let the district turn public pages on or off from today on."""
    call = Invocation(acting(make_user(Role.DISTRICT)), clock.now())
    entry = BY_NAME["public-plans"]
    set_setting(call, entry, value, clock.now().date(), newest_id(said_of([entry.setting.key])))
    forget()


class PublicScene:
    """A school with a plan in force, a goal and an answered voice; its administrator publishes."""

    def __init__(self, students: int = 0) -> None:
        self.school: Any = SchoolFactory()
        self.school_id, self.name = self.school.id, self.school.name
        self.head = make_user(Role.ADMINISTRATOR, self.school)
        self.plan = SchoolPlanFactory(school_id=self.school.id, lead_id=self.head.id, standing=True)
        of_plan = {"school_id": self.school.id, "plan_id": self.plan.id}
        self.goal = PlanGoalFactory(**of_plan, statement="Everyone is greeted by name at the door")
        self.meeting = SchoolMeetingFactory(school_id=self.school.id)
        self.heard = MeetingHeardFactory(
            school_id=self.school.id, meeting_id=self.meeting.id, answer="We asked the city for two lamps.",
            answered_on=date(2026, 11, 20),
        )  # fmt: skip
        self.students = [StudentFactory(school=self.school) for _ in range(students)]
        for student in self.students:
            EnrolmentFactory(student=student)

    def call(self) -> Invocation:
        return Invocation(acting(self.head), clock.now())

    def publish(self, said: Confirmed | None = None, summary: Summary = SUMMARY) -> PlanPublication:
        """Publish the plan as it stands, by default read as it stands."""
        number = publish(self.call(), self.plan.id, summary, said or confirmed(self.plan))
        return db.session.get_one(PlanPublication, number)


def row(model: Any, **values: Any) -> Any:
    made = put(model(**values))
    db.session.commit()
    return made


def change(record: Any, **values: Any) -> None:
    """Write other values into a row."""
    model = type(record)
    db.session.execute(update(model).where(model.id == record.id).values(**values))
    db.session.commit()
