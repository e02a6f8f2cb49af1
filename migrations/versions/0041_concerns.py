"""A concern about a student says where it was noticed and whether somebody hurts the student; a school has a number.

Revision ID: 0041
Revises: 0040
"""

import sqlalchemy as sa
from alembic import op

revision = "0041"
down_revision = "0040"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("school", sa.Column("phone", sa.String(60), nullable=False, server_default=""))
    with op.batch_alter_table("care_record") as batch_op:
        batch_op.add_column(sa.Column("location_code", sa.String(60), nullable=False, server_default=""))
        batch_op.add_column(
            sa.Column(
                "hurt_by_somebody",
                sa.Enum(
                    "yes", "no", "not_known",
                    name="hurt_by_somebody", native_enum=False, create_constraint=True, length=40,
                ),
                nullable=True,
            )
        )  # fmt: skip


def downgrade() -> None:
    with op.batch_alter_table("care_record") as batch_op:
        batch_op.drop_constraint(op.f("ck_care_record_hurt_by_somebody"), type_="check")
        batch_op.drop_column("hurt_by_somebody")
        batch_op.drop_column("location_code")
    with op.batch_alter_table("school") as batch_op:
        batch_op.drop_column("phone")
