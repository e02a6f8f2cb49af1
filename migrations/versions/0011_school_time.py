"""School time: what a school declares about its own days, and what that moved.

Revision ID: 0011
Revises: 0010
"""

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None

DAY_KINDS = ("school", "half", "closed")
WHYS = ("no_school", "year_end", "next_school")
KEY = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
INSTANT = sa.DateTime(timezone=True)


def upgrade() -> None:
    with op.batch_alter_table("calendar_day") as batch:
        batch.add_column(sa.Column("last_bell", sa.Time(), nullable=True))
        batch.add_column(sa.Column("said_by_id", KEY, nullable=True))
        batch.add_column(sa.Column("said_at", INSTANT, nullable=True))
        batch.add_column(sa.Column("planned_kind", _choice("calendar_day", "planned_kind", DAY_KINDS)))
        batch.add_column(sa.Column("planned_label", sa.String(200), server_default="", nullable=False))
        batch.add_column(sa.Column("unsettled_since", INSTANT, nullable=True))
        batch.create_index("ix_calendar_day_unsettled_since", ["unsettled_since"])
        batch.create_foreign_key("fk_calendar_day_said_by_id", "user_account", ["said_by_id"], ["id"])
        listed = ", ".join(f"'{value}'" for value in DAY_KINDS)
        batch.create_check_constraint(op.f("ck_calendar_day_planned_kind"), f"planned_kind IN ({listed})")
        batch.create_check_constraint(op.f("ck_calendar_day_last_bell"), "last_bell is null or kind = 'half'")
        batch.create_check_constraint(op.f("ck_calendar_day_planned"), "planned_kind is null or said_at is not null")
    op.create_table(
        "calendar_move",
        sa.Column("id", KEY, nullable=False),
        sa.Column("school_id", KEY, nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("why", _choice("calendar_move", "why", WHYS, check=True), nullable=False),
        sa.Column("label", sa.String(200), nullable=False),
        sa.Column("subject_type", sa.String(40), nullable=False),
        sa.Column("subject_id", KEY, nullable=False),
        sa.Column("moved_to", sa.Date(), nullable=False),
        sa.Column("moved_at", INSTANT, nullable=False),
        sa.Column("returned_at", INSTANT, nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_calendar_move")),
        sa.ForeignKeyConstraint(["school_id"], ["school.id"], name=op.f("fk_calendar_move_school_id")),
    )
    op.create_index("ix_calendar_move_school_day", "calendar_move", ["school_id", "day"])
    op.create_index("ix_calendar_move_subject", "calendar_move", ["subject_type", "subject_id"])
    op.create_index("ix_case_record_next_review_on", "case_record", ["next_review_on"])
    op.create_index("ix_pathway_next_step_on", "pathway", ["next_step_on"])


def _choice(table: str, column: str, values: tuple[str, ...], check: bool = False) -> sa.Enum:
    return sa.Enum(*values, name=op.f(f"ck_{table}_{column}"), native_enum=False, create_constraint=check, length=40)


def downgrade() -> None:
    op.drop_index("ix_pathway_next_step_on", table_name="pathway")
    op.drop_index("ix_case_record_next_review_on", table_name="case_record")
    op.drop_table("calendar_move")
    # what the calendar had planned stands again
    op.execute("UPDATE calendar_day SET kind = planned_kind, label = planned_label WHERE planned_kind IS NOT NULL")
    with op.batch_alter_table("calendar_day") as batch:
        for name in ("planned", "last_bell", "planned_kind"):
            batch.drop_constraint(op.f(f"ck_calendar_day_{name}"), type_="check")
        batch.drop_constraint("fk_calendar_day_said_by_id", type_="foreignkey")
        batch.drop_index("ix_calendar_day_unsettled_since")
        for name in ("last_bell", "said_by_id", "said_at", "planned_kind", "planned_label", "unsettled_since"):
            batch.drop_column(name)
