"""The money of the demo school's plan: what it has, its positions, one of them vacant, and once too much spent."""

from datetime import datetime, timedelta

from wss_cases.demo.story.world import World
from wss_cases.plans.money.funding.actions import Given, add_funding
from wss_cases.plans.money.funding.queries import FundingSource
from wss_cases.plans.money.resources.models import EntryKind, ResourceKind
from wss_cases.plans.money.resources.pages import Needed, Paid, add_entry, add_resource, correct_entry
from wss_cases.plans.money.resources.queries import strategies_of
from wss_cases.plans.plan.core.queries import standing_plan

DOLLARS = 100
FUNDING = (
    (FundingSource.FORMER_POLICE, 165_000, 2, ""),
    (FundingSource.DISTRICT, 40_000, None, ""),
    (FundingSource.GRANT, 12_500, None, "Community foundation, healing spaces"),
    (FundingSource.IN_KIND, 3_000, None, "Rooms of the park district"),
)
SPENT, COMMITTED = EntryKind.SPENT, EntryKind.COMMITTED
RESOURCES = (
    (ResourceKind.POSITION, "Restorative justice coordinator", 92_000, "RJC-1", 100, "filled",
     ((COMMITTED, 92_000, "Salary and benefits of the year"), (SPENT, 23_000, "First quarter"))),
    (ResourceKind.POSITION, "Youth intervention specialist", 61_000, "YIS-1", 100, "vacant", ()),
    (ResourceKind.TRAINING, "Training of circle keepers", 6_000, "", None, "",
     ((COMMITTED, 6_000, "Contract of the trainer"), (SPENT, 7_450, "Two groups instead of one"))),
    (ResourceKind.WRAP_AROUND, "Mentoring after school", 18_000, "", None, "", ((COMMITTED, 18_000, "Agreement"),)),
    (ResourceKind.MATERIALS, "Peace room", 4_500, "", None, "", ((SPENT, 1_280, "Chairs and a rug"),)),
    (ResourceKind.STIPEND, "Stipends of families on the committee", 2_000, "", None, "", ()),
)  # fmt: skip
"""Kind, title, planned dollars, job code, hundredths of full time, filled or vacant, and what was entered."""
VACANT_DAYS = 41


def add_plan_money(world: World, now: datetime) -> None:
    """Write it all at the end of the last day, one entry twice, so that one is taken back."""
    place, today = world.places[0], world.day(now)
    plan = standing_plan(place.id)
    if plan is None:
        return
    district, head = world.calls(world.district, now), world.calls(place.head, now)
    for source, dollars, officers, note in FUNDING:
        add_funding(district, place.id, Given(plan.first_year, source, dollars * DOLLARS, officers, note))
    strategies = [strategy_id for strategy_id, _words in strategies_of(head.actor, plan.id)]
    for number, (kind, title, dollars, code, share, staffing, entries) in enumerate(RESOURCES):
        filled = today - timedelta(days=60) if staffing == "filled" else None
        vacant = today - timedelta(days=VACANT_DAYS) if staffing == "vacant" else None
        needed = Needed(kind, title, dollars * DOLLARS, code, share, filled, vacant)
        resource_id = add_resource(head, strategies[number % len(strategies)], needed)
        entry_ids = [
            add_entry(head, resource_id, Paid(entry, amount * DOLLARS, today - timedelta(days=20), why))
            for entry, amount, why in entries
        ]
        if kind is ResourceKind.MATERIALS:
            correct_entry(head, entry_ids[0], "The rug was a gift")
            add_entry(head, resource_id, Paid(SPENT, 980 * DOLLARS, today - timedelta(days=20), "Chairs"))
