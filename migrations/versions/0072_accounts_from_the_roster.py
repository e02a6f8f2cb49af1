"""What staff are at each school, which roles that gives here, and the waves in which they are invited.

Revision ID: 0072
Revises: 0071
"""

import sqlalchemy as sa
from alembic import op

revision = "0072"
down_revision = "0071"
branch_labels = None
depends_on = None

NUMBER = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
ROLES = ("reporter", "dean", "coordinator", "administrator", "district", "sysadmin", "partner", "auditor")


def _refers(table: str, name: str, to: str, **more: bool) -> sa.Column[int]:
    return sa.Column(name, NUMBER, sa.ForeignKey(f"{to}.id", name=f"fk_{table}_{name}"), **more)


def upgrade() -> None:
    op.create_table(
        "staff_post",
        sa.Column("id", NUMBER, primary_key=True, nullable=False),
        _refers("staff_post", "staff_id", "staff_member", nullable=False),
        _refers("staff_post", "school_id", "school", nullable=False),
        sa.Column("role", sa.String(60), nullable=False),
        sa.UniqueConstraint("staff_id", "school_id", "role", name=op.f("uq_staff_post_staff_id_school_id_role")),
    )
    op.create_index("ix_staff_post_school_id", "staff_post", ["school_id"])
    op.execute(
        "INSERT INTO staff_post (staff_id, school_id, role)"
        " SELECT id, school_id, lower(role) FROM staff_member WHERE school_id IS NOT NULL"
    )
    op.create_table(
        "account_rule",
        sa.Column("id", NUMBER, primary_key=True, nullable=False),
        sa.Column("staff_role", sa.String(60), nullable=False),
        _refers("account_rule", "school_id", "school"),
        sa.Column("role", sa.Enum(*ROLES, name="role", native_enum=False, create_constraint=True, length=40)),
        sa.Column("starts_on", sa.Date(), nullable=False),
        _refers("account_rule", "said_by_id", "user_account"),
        sa.Column("said_at", sa.DateTime(timezone=True), nullable=False),
        _refers("account_rule", "confirmed_by_id", "user_account"),
        sa.Column("confirmed_at", sa.DateTime(timezone=True)),
        sa.CheckConstraint(
            "confirmed_by_id is null or confirmed_by_id <> said_by_id", name=op.f("ck_account_rule_second")
        ),
        sa.CheckConstraint(
            "(confirmed_by_id is null) = (confirmed_at is null)", name=op.f("ck_account_rule_confirmed")
        ),
    )
    op.create_index("ix_account_rule_staff_role", "account_rule", ["staff_role", "starts_on"])
    op.create_table(
        "account_wave",
        sa.Column("id", NUMBER, primary_key=True, nullable=False),
        sa.Column("size", NUMBER, nullable=False),
        _refers("account_wave", "newest_rule_id", "account_rule", nullable=False),
        _refers("account_wave", "made_by_id", "user_account", nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("invited", NUMBER, nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True)),
        sa.Column("stopped", sa.Boolean(), nullable=False),
        sa.CheckConstraint("size between 1 and 5000", name=op.f("ck_account_wave_size")),
    )
    op.create_index(
        "ix_account_wave_open", "account_wave", ["id"],
        sqlite_where=sa.text("ended_at is null"), postgresql_where=sa.text("ended_at is null"),
    )  # fmt: skip


def downgrade() -> None:
    op.drop_table("account_wave")
    op.drop_table("account_rule")
    op.drop_table("staff_post")
