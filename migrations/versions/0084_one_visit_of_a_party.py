"""What one visit of a party of a circle settles: first contact, the letter, not now, how a guardian consented.

Going back, *not now* reads as not asked yet, and the days of first contacts, letters and calls in vain are gone.

Revision ID: 0084
Revises: 0083
"""

import sqlalchemy as sa
from alembic import op

revision = "0084"
down_revision = "0083"
branch_labels = None
depends_on = None

CHECKS = {
    "ck_circle_consent_not_now": "not not_now or consented is null",
    "ck_circle_consent_guardian_manner": "guardian_manner IN ('paper', 'phone')",
}
PREPARED = ("first_contact_on", "letter_read_on", "ready_on", "guardian_tried_on", "plan_said_on")


def upgrade() -> None:
    with op.batch_alter_table("circle_preparation") as batch:
        for column in PREPARED:
            batch.add_column(sa.Column(column, sa.Date(), nullable=True))
        batch.add_column(sa.Column("first_contact_manner", sa.String(20), server_default="", nullable=False))
        batch.add_column(sa.Column("plan_needed", sa.Boolean(), nullable=True))
    with op.batch_alter_table("circle_consent") as batch:
        batch.add_column(sa.Column("not_now", sa.Boolean(), server_default=sa.false(), nullable=False))
        batch.add_column(sa.Column("guardian_manner", sa.String(40), nullable=True))
        batch.add_column(sa.Column("guardian_on", sa.Date(), nullable=True))
        for name, condition in CHECKS.items():
            batch.create_check_constraint(op.f(name), condition)


def downgrade() -> None:
    with op.batch_alter_table("circle_consent") as batch:
        for name in CHECKS:
            batch.drop_constraint(op.f(name), type_="check")
        batch.drop_column("guardian_on")
        batch.drop_column("guardian_manner")
        batch.drop_column("not_now")
    with op.batch_alter_table("circle_preparation") as batch:
        batch.drop_column("plan_needed")
        batch.drop_column("first_contact_manner")
        for column in PREPARED:
            batch.drop_column(column)
