"""Reading the lists of places and behaviors; they hold nothing of any student."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import select

from wss_cases.foundation.db import db
from wss_cases.foundation.errors import existing
from wss_cases.incidents.incident.models import BehaviorCode, LocationCode

PLACES, BEHAVIORS = "places", "behaviors"
MODELS: dict[str, Any] = {PLACES: LocationCode, BEHAVIORS: BehaviorCode}
MAPPED = {PLACES: ("edfi", "ceds", "swis"), BEHAVIORS: ("edfi", "ceds", "swis", "crdc")}
"""The columns of each list that exports read."""


def every_behavior() -> Sequence[BehaviorCode]:
    """Return every behavior, retired ones too, by set and group."""
    order = (BehaviorCode.code_set, BehaviorCode.behavior_group, BehaviorCode.id)
    return db.session.scalars(select(BehaviorCode).order_by(*order)).all()


def get_code(which: str, code_id: int) -> Any:
    """Return one place or behavior. Raises NotFound."""
    return existing(db.session.get(MODELS[which], code_id))


def known_codes(which: str) -> dict[str, list[str]]:
    """Return the codes that exports know for each mapped column: those of the list as it came and was mended."""
    model = MODELS[which]
    return {
        name: sorted(code for code in db.session.scalars(select(getattr(model, name)).distinct()) if code)
        for name in MAPPED[which]
    }
