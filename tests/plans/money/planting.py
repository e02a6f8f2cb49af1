"""The money of a plan, one record of every kind, for the walks over all addresses."""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import select

from tests.factories.plan_money import FundingFactory, ResourceEntryFactory, make_resource
from tests.factories.plans import PlanGoalFactory, PlanStrategyFactory
from wss_cases.foundation.db import db
from wss_cases.plans.money.files.rules import FileKind, MoneyFile
from wss_cases.plans.money.funding.models import FundingChange, FundingSource
from wss_cases.plans.money.resources.models import ResourceKind
from wss_cases.plans.plan.core.models import SchoolPlan


def plant_money(school_id: int, person_id: int, now: datetime) -> None:
    """A vacant position with an entry, former police money with a change that waits, and an uploaded file."""
    newest = select(SchoolPlan).where(SchoolPlan.school_id == school_id).order_by(SchoolPlan.id.desc())
    plan = db.session.scalars(newest).first()
    assert plan is not None
    placed = {"school_id": school_id, "plan_id": plan.id}
    goal = PlanGoalFactory(**placed, position=90)
    strategy = PlanStrategyFactory(**placed, goal_id=goal.id, position=90)
    vacant = {"kind": ResourceKind.POSITION, "title": "Walked Position", "vacant_since": date(2026, 11, 2)}
    resource = make_resource(strategy, **vacant)
    ResourceEntryFactory(school_id=school_id, resource_id=resource.id, note="Walked Entry")
    funding = FundingFactory(
        school_id=school_id, school_year="2029-30", source=FundingSource.FORMER_POLICE, note="Walked Funding"
    )
    db.session.add(
        FundingChange(
            funding_id=funding.id, school_id=school_id, amount_before_cents=funding.amount_cents, amount_cents=1,
            reason="Walked Reason", asked_by_id=person_id, asked_at=now,
        )
    )  # fmt: skip
    db.session.add(
        MoneyFile(
            kind=FileKind.ENTRIES, name="walk.csv", digest=f"walk {school_id}", rows=[], school_ids=[school_id],
            school_id=school_id, made_by_id=person_id, made_at=now,
        )
    )  # fmt: skip
