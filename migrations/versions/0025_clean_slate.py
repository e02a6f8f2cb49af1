"""Past years fade from view.

Revision ID: 0025
Revises: 0024
"""

from datetime import date

import sqlalchemy as sa
from alembic import op

revision = "0025"
down_revision = "0024"
branch_labels = None
depends_on = None

BIG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
ROLES = ("reporter", "dean", "coordinator", "administrator", "district", "sysadmin", "partner", "auditor")
FIRST = (("reporter", 1), ("dean", 2), ("coordinator", 2), ("administrator", 5))
"""School years in view, the current one included; the district may change them from a day on."""


def upgrade() -> None:
    setting = op.create_table(
        "sight_setting",
        sa.Column("id", BIG, nullable=False),
        sa.Column(
            "role", sa.Enum(*ROLES, name="role", native_enum=False, create_constraint=True, length=40), nullable=False
        ),
        sa.Column("starts_on", sa.Date(), nullable=False),
        sa.Column("school_years", BIG, nullable=False),
        sa.Column("set_by_id", BIG, nullable=True),
        sa.Column("set_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("school_years between 1 and 60", name=op.f("ck_sight_setting_school_years")),
        sa.ForeignKeyConstraint(["set_by_id"], ["user_account.id"], name=op.f("fk_sight_setting_set_by_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_sight_setting")),
        sa.UniqueConstraint("role", "starts_on", name=op.f("uq_sight_setting_role_starts_on")),
    )
    op.create_table(
        "past_opening",
        sa.Column("id", BIG, nullable=False),
        sa.Column("student_id", BIG, nullable=False),
        sa.Column("school_id", BIG, nullable=False),
        sa.Column("user_id", BIG, nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("opened_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["student_id"], ["student.id"], name=op.f("fk_past_opening_student_id")),
        sa.ForeignKeyConstraint(["school_id"], ["school.id"], name=op.f("fk_past_opening_school_id")),
        sa.ForeignKeyConstraint(["user_id"], ["user_account.id"], name=op.f("fk_past_opening_user_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_past_opening")),
    )
    op.create_index("ix_past_opening_user", "past_opening", ["user_id", "expires_at"])
    op.create_index("ix_past_opening_student", "past_opening", ["student_id"])
    op.create_index("ix_past_opening_school", "past_opening", ["school_id", "id"])
    op.bulk_insert(
        setting, [{"role": role, "starts_on": date(2000, 8, 1), "school_years": years} for role, years in FIRST]
    )


def downgrade() -> None:
    op.drop_table("past_opening")
    op.drop_table("sight_setting")
