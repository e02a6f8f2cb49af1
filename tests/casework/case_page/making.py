"""What tests of a case make."""

from typing import Any

from tests.cases.making import NOW, TODAY
from wss_cases.followups.core.models import FollowUp
from wss_cases.foundation.db import db


def add_follow_up(world: Any, **values: Any) -> FollowUp:
    """Give the case of a world a follow-up that is due today."""
    given = {"kind": "other", "owner_id": world.coordinator.id} | values
    row = FollowUp(
        school_id=world.school.id, case_id=world.case.id, created_at=NOW, due_on=TODAY, original_due_on=TODAY, **given
    )
    db.session.add(row)
    db.session.commit()
    return row
