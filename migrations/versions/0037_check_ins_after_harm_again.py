"""Templates of the check-ins that follow when something happened again in a case.

Revision ID: 0037
Revises: 0036
"""

from datetime import date

import sqlalchemy as sa
from alembic import op

revision = "0037"
down_revision = "0036"
branch_labels = None
depends_on = None

EVENT = "happened_again"
TEMPLATE = sa.table(
    "follow_up_template",
    sa.column("kind", sa.String),
    sa.column("event", sa.String),
    sa.column("due_in_school_days", sa.Integer),
    sa.column("title_en", sa.String),
    sa.column("title_es", sa.String),
    sa.column("closes_with_en", sa.String),
    sa.column("closes_with_es", sa.String),
    sa.column("owner_role", sa.String),
    sa.column("single_mail", sa.Boolean),
    sa.column("starts_on", sa.Date),
)


def upgrade() -> None:
    shared = {
        "kind": "check_in_person_harmed",
        "event": EVENT,
        "title_en": "Check in with the person harmed",
        "title_es": "Dar seguimiento a la persona que sufrió el daño",
        "closes_with_en": "The person harmed was asked how things are and whether there was any retaliation.",
        "closes_with_es": "Se preguntó a la persona que sufrió el daño cómo está y si hubo represalias.",
        "owner_role": "coordinator",
        "single_mail": True,
        "starts_on": date(2020, 8, 1),
    }
    op.bulk_insert(TEMPLATE, [shared | {"due_in_school_days": days} for days in (1, 5, 20)])


def downgrade() -> None:
    made = f"SELECT id FROM follow_up_template WHERE event = '{EVENT}'"
    op.execute(f"UPDATE follow_up SET template_id = NULL WHERE template_id IN ({made})")
    op.execute(f"DELETE FROM follow_up_template WHERE event = '{EVENT}'")
