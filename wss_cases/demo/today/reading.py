"""What administrators of the demo looked at before: a saved view, and a draft of the rules with its replay."""

from datetime import datetime, timedelta
from typing import Any, Final

from wss_cases.demo.story.world import World
from wss_cases.outcomes.reports.saved_views.actions import save_view
from wss_cases.routing.drafts.actions import draft_from, edit_row
from wss_cases.routing.replay.actions import ask, carry_on
from wss_cases.routing.rule_sets.queries import rule_set_in_force

WIDER: Final[dict[str, Any]] = {"when.all.1.any.0.value": 2}
"""A prepared circle from group 2 on, instead of group 3, where a student or a member of staff was harmed."""
CIRCLES: Final = "P4"
DAYS: Final = 90
SECONDS: Final = 30.0
"""Of a large district's replay the scheduler does the rest."""


def add_reading(world: World, now: datetime) -> None:
    """Let the administrator keep one view, and the district replay one draft over the last months."""
    place, today = world.places[0], world.day(now)
    district = world.actor(world.district, now)
    view = {"school": str(place.id), "place": "hallway", "term": "1"}
    save_view(world.calls(place.head, now), "Hallway, first half of the year", view)
    draft = draft_from(world.calls(world.district, now), rule_set_in_force(today).id)
    edit_row(district, draft, None, CIRCLES, WIDER, now)
    ask(district, draft, today - timedelta(days=DAYS), today, now)
    carry_on(now, SECONDS)
