"""What one visit of a party of a circle settles: first contact, the letter, not now, how a guardian consented; and a
member of staff whose promise a term of an agreement is.

Going back, *not now* reads as not asked yet, a promise of staff is everyone's, and the days of first contacts, letters
and calls in vain are gone.

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
NUMBER = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
OWNER = "fk_agreement_term_owner_user_id"
ONE_OWNER = "ck_agreement_term_one_owner"
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
    with op.batch_alter_table("agreement_term") as batch:
        batch.add_column(sa.Column("owner_user_id", NUMBER, nullable=True))
        batch.create_foreign_key(op.f(OWNER), "user_account", ["owner_user_id"], ["id"])
        batch.create_check_constraint(op.f(ONE_OWNER), "owner_participant_id is null or owner_user_id is null")


def downgrade() -> None:
    with op.batch_alter_table("agreement_term") as batch:
        batch.drop_constraint(op.f(ONE_OWNER), type_="check")
        batch.drop_constraint(op.f(OWNER), type_="foreignkey")
        batch.drop_column("owner_user_id")
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
