"""Change a row of a draft in a test by the paths of its values."""

import copy
from collections.abc import Mapping
from datetime import date, datetime
from typing import Any

from tests.factories.accounts import acting, make_user
from wss_cases.access.actor import Actor, Role
from wss_cases.foundation.db import db
from wss_cases.routing.drafts import pages
from wss_cases.routing.row_editor.pages import save_row
from wss_cases.routing.rule_sets import RuleSet


def row_of(rule_set: RuleSet, row_id: str) -> dict[str, Any]:
    return next(row for row in rule_set.table_rows["rows"] if row["id"] == row_id)


def with_values(row: Mapping[str, Any], changes: Mapping[str, Any]) -> dict[str, Any]:
    """Return a row with values replaced by path, e.g. {"items.0.tier": 2}."""
    changed: dict[str, Any] = copy.deepcopy(dict(row))
    for path, value in changes.items():
        place: Any = changed
        *steps, last = path.split(".")
        for step in steps:
            place = place[int(step) if isinstance(place, list) else step]
        place[int(last) if isinstance(place, list) else last] = value
    return changed


def edit_row(actor: Actor, draft_id: int, row_id: str, changes: Mapping[str, Any], now: datetime) -> None:
    """Save a row of a draft as it is now with values replaced by path."""
    draft = db.session.get(RuleSet, draft_id, populate_existing=True)
    assert draft is not None
    row = row_of(draft, row_id)
    save_row(actor, draft_id, row, with_values(row, changes), now)


def hand_over(actor: Actor, draft_id: int, starts_on: date, now: datetime, why_not_replayed: str = "") -> None:
    """Hand a draft as it is now to a second person."""
    pages.propose_act(actor, draft_id, None, pages.Proposal("It is needed.", starts_on, why_not_replayed), now)


def publish(actor: Actor, draft_id: int, starts_on: date, now: datetime, why_not_replayed: str = "") -> Actor:
    """Hand a draft over and let another administrator of the district, who is returned, publish it."""
    hand_over(actor, draft_id, starts_on, now, why_not_replayed)
    second = acting(make_user(Role.DISTRICT))
    pages.publish_act(second, draft_id, None, now)
    return second
