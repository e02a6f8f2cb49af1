"""What administrators of the demo looked at before: a saved view, and a draft of the rules with its replay."""

import copy
from datetime import datetime, timedelta
from typing import Any, Final

from wss_cases.demo.story.world import World
from wss_cases.outcomes.reports.saved_views import save_view
from wss_cases.routing.drafts.actions import draft_from
from wss_cases.routing.replay.pages import ask, carry_on
from wss_cases.routing.row_editor.pages import save_row
from wss_cases.routing.rule_sets import rule_set_in_force

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
    in_force = rule_set_in_force(today)
    draft = draft_from(world.calls(world.district, now), in_force.id)
    circles = next(row for row in in_force.table_rows["rows"] if row["id"] == CIRCLES)
    save_row(district, draft, circles, _wider(circles), now)
    ask(district, draft, today - timedelta(days=DAYS), today, now)
    carry_on(now, SECONDS)


def _wider(row: dict[str, Any]) -> dict[str, Any]:
    """Return the row with a prepared circle from group 2 on, instead of group 3, where somebody was harmed."""
    wider = copy.deepcopy(row)
    wider["when"]["all"][1]["any"][0]["value"] = 2
    return wider
