"""A call to the police that was recorded on a step of a legal duty alone counts as the police notification that it is.

Of a report on which no notification is recorded the earliest such call becomes one; whether later ones were other calls
nobody said. Going down leaves them: they were made.

Revision ID: 0130
Revises: 0129
"""

from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

import sqlalchemy as sa
from alembic import op

revision = "0130"
down_revision = "0129"
branch_labels = None
depends_on = None

CALLS = sa.text(
    "SELECT d.incident_id, d.school_id, d.id AS duty_id, c.time_zone, s.done_at, s.told_whom, s.channel, s.reference,"
    " s.recorded_by_id, s.recorded_at FROM legal_duty_step s JOIN legal_duty d ON d.id = s.duty_id"
    " JOIN legal_duty_kind_step k ON k.id = s.kind_step_id JOIN school c ON c.id = d.school_id"
    " WHERE s.outcome = 'done' AND lower(k.whom_en) LIKE '%police%' AND d.code IN ('firearm_or_gun_threat',"
    " 'firearm_report_chicago', 'drug_incident', 'drug_delivery', 'attack_on_staff')"
    " AND NOT EXISTS (SELECT 1 FROM police_notification n WHERE n.incident_id = d.incident_id)"
    " ORDER BY d.incident_id, s.done_at, s.id"
).columns(done_at=sa.DateTime(timezone=True), recorded_at=sa.DateTime(timezone=True))


def upgrade() -> None:
    connection = op.get_bind()
    tables = sa.MetaData()
    review, made = (
        sa.Table(name, tables, autoload_with=connection, resolve_fks=False)
        for name in ("police_review", "police_notification")
    )
    seen: set[int] = set()
    for call in connection.execute(CALLS).all():
        if call.incident_id in seen:
            continue
        seen.add(call.incident_id)
        placed = {"school_id": call.school_id, "incident_id": call.incident_id, "door": "required_by_law", "version": 1}
        words = dict.fromkeys(
            ("danger", "tried", "alternatives", "guardian_attempts", "supports", "why", "first_manner", "second_manner",
             "first_reason", "second_reason", "end_reason"), "",
        )  # fmt: skip
        review_id = connection.execute(
            review.insert().values(
                **placed, **words, state="notified", permits=True, before_reviews=True, not_removal=False,
                duty_id=call.duty_id, requested_by_id=call.recorded_by_id, requested_at=call.recorded_at,
                ended_at=call.recorded_at,
            )
        ).inserted_primary_key[0]  # fmt: skip
        connection.execute(made.insert().values(**placed, review_id=review_id, **_of(call)))


def _of(call: Any) -> dict[str, Any]:
    at: datetime = call.done_at if call.done_at.tzinfo is not None else call.done_at.replace(tzinfo=UTC)
    return {
        "notified_at": at, "local_date": at.astimezone(ZoneInfo(call.time_zone)).date(), "told_whom": call.told_whom,
        "channel": call.channel, "report_number": call.reference[:80], "note": "", "guardian_manner": "",
        "recorded_by_id": call.recorded_by_id,
    }  # fmt: skip


def downgrade() -> None:
    """Nothing is taken back."""
