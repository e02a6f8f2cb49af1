"""A follow-up that was done counts on the day of what was done, where that day was given, not on that of its typing.

Revision ID: 0035
Revises: 0034
"""

from alembic import op

revision = "0035"
down_revision = "0034"
branch_labels = None
depends_on = None


def upgrade() -> None:
    on_postgresql = op.get_bind().dialect.name == "postgresql"
    day = "CAST(evidence ->> 'on' AS date)" if on_postgresql else "json_extract(evidence, '$.on')"
    earliest = "closed_on - 365" if on_postgresql else "date(closed_on, '-365 days')"
    op.execute(
        f"UPDATE follow_up SET closed_on = {day} WHERE state = 'done' AND {day} BETWEEN {earliest} AND closed_on"
    )


def downgrade() -> None:
    """Older code reads the day as it stands; that of the typing is still in `closed_at`."""
