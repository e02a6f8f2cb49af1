"""What a suspended student said, why one is away unheard, the emergency removal of Title IX, and why so many days.

Nothing was kept of it before: those removals say nothing of it.

Revision ID: 0133
Revises: 0132
"""

import sqlalchemy as sa
from alembic import op

revision = "0133"
down_revision = "0132"
branch_labels = None
depends_on = None

TEXTS = ("length_reason", "student_said", "danger", "analysis", "challenge")
CHECK = "ck_discipline_action_challenge"


def upgrade() -> None:
    with op.batch_alter_table("discipline_action") as batch:
        for name in TEXTS:
            batch.add_column(sa.Column(name, sa.Text(), server_default="", nullable=False))
        batch.create_check_constraint(op.f(CHECK), "(analysis = '') = (challenge = '')")


def downgrade() -> None:
    with op.batch_alter_table("discipline_action") as batch:
        batch.drop_constraint(op.f(CHECK), type_="check")
        for name in reversed(TEXTS):
            batch.drop_column(name)
