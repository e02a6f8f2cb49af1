"""Students who help to keep a circle beside a trained adult, and the plan that a logged circle followed.

Revision ID: 0104
Revises: 0103
"""

import sqlalchemy as sa
from alembic import op

revision = "0104"
down_revision = "0103"
branch_labels = None
depends_on = None

KEEPER, ENTRY = "circle_outside_keeper", "practice_entry"
BIG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
INDEX = "ix_practice_entry_plan"


def upgrade() -> None:
    with op.batch_alter_table(KEEPER) as batch:
        batch.alter_column("partner_id", existing_type=BIG, nullable=True)
        batch.add_column(sa.Column("adult_id", BIG, nullable=True))
        batch.create_foreign_key(op.f(f"fk_{KEEPER}_adult_id"), "user_account", ["adult_id"], ["id"])
        batch.create_check_constraint(op.f(f"ck_{KEEPER}_from"), "(partner_id is null) <> (adult_id is null)")
    with op.batch_alter_table(ENTRY) as batch:
        batch.add_column(sa.Column("plan_id", BIG, nullable=True))
        batch.create_foreign_key(op.f(f"fk_{ENTRY}_plan_id"), "circle_plan", ["plan_id"], ["id"], ondelete="set null")
    op.create_index(INDEX, ENTRY, ["plan_id"])


def downgrade() -> None:
    op.drop_index(INDEX, ENTRY)
    with op.batch_alter_table(ENTRY) as batch:
        batch.drop_constraint(op.f(f"fk_{ENTRY}_plan_id"), type_="foreignkey")
        batch.drop_column("plan_id")
    op.execute(sa.text(f"DELETE FROM {KEEPER} WHERE partner_id IS NULL"))
    with op.batch_alter_table(KEEPER) as batch:
        batch.drop_constraint(op.f(f"ck_{KEEPER}_from"), type_="check")
        batch.drop_constraint(op.f(f"fk_{KEEPER}_adult_id"), type_="foreignkey")
        batch.drop_column("adult_id")
        batch.alter_column("partner_id", existing_type=BIG, nullable=False)
