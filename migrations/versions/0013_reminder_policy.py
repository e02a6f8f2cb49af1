"""Reminder policy: snoozing, what the sweep has seen of a follow-up, and which clocks of duties were told.

Revision ID: 0013
Revises: 0012
"""

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None

OPEN_DUTY = "state in ('due', 'verify_first')"
PARTIAL = (
    ("follow_up", "ix_follow_up_unswept", "id", "state = 'open' and swept_version <> version"),
    ("follow_up", "ix_follow_up_sweep_again", "sweep_again_at", "state = 'open'"),
    ("follow_up", "ix_follow_up_swept", "swept_at", "state = 'open'"),
    ("legal_duty", "ix_legal_duty_clock", "due_at", f"{OPEN_DUTY} and clock_escalated_at is null"),
    ("user_account", "ix_user_account_disabled", "id", "state = 'disabled'"),
)
"""Table, index, column, condition: each is read by every sweep and holds next to nothing."""


def upgrade() -> None:
    with op.batch_alter_table("follow_up") as batch:
        batch.add_column(sa.Column("snoozed_until", sa.Date(), nullable=True))
        batch.add_column(_count("snooze_count"))
        batch.add_column(sa.Column("snooze_reason", sa.String(40), server_default="", nullable=False))
        batch.add_column(_count("swept_version"))
        batch.add_column(_instant("swept_at"))
        batch.add_column(_instant("sweep_again_at"))
        batch.create_check_constraint(
            op.f("ck_follow_up_snooze"),
            "snoozed_until is null or (not same_day and snooze_count > 0 and snooze_reason <> '')",
        )
    with op.batch_alter_table("legal_duty") as batch:
        batch.add_column(_instant("clock_reminded_at"))
        batch.add_column(_instant("clock_escalated_at"))
    for table, index, column, condition in PARTIAL:
        where = sa.text(condition)
        op.create_index(index, table, [column], sqlite_where=where, postgresql_where=where)
    op.create_index("ix_role_grant_ends_on", "role_grant", ["ends_on"])
    # a mail's key names its recipient from now on; what was sent must not be sent again
    for change in (
        "replace(dedupe_key, ':cover:', ':') WHERE dedupe_key LIKE '%:cover:%'",
        "dedupe_key || ':' || recipient_id WHERE dedupe_key NOT LIKE 'followup:%:%:%'",
    ):
        op.execute(f"UPDATE outbox_message SET dedupe_key = {change} AND kind = 'followup.due'")


def _count(name: str) -> sa.Column:
    kind = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
    return sa.Column(name, kind, server_default="0", nullable=False)


def _instant(name: str) -> sa.Column:
    return sa.Column(name, sa.DateTime(timezone=True), nullable=True)


DAY = "substr(dedupe_key, 1, 20 + length(cast(object_id AS varchar(20))))"
"""followup:<id>:<date>, the part of a mail's key that names no recipient."""


def downgrade() -> None:
    op.execute(f"UPDATE outbox_message SET dedupe_key = {DAY} || ':cover:' || recipient_id WHERE kind = 'followup.due'")
    firsts = f"SELECT min(id) FROM outbox_message WHERE kind = 'followup.due' GROUP BY object_id, {DAY}"
    op.execute(f"UPDATE outbox_message SET dedupe_key = {DAY} WHERE id IN ({firsts})")
    op.drop_index("ix_role_grant_ends_on", "role_grant")
    for table, index, _column, _condition in PARTIAL:
        op.drop_index(index, table)
    with op.batch_alter_table("legal_duty") as batch:
        batch.drop_column("clock_escalated_at")
        batch.drop_column("clock_reminded_at")
    with op.batch_alter_table("follow_up") as batch:
        batch.drop_constraint(op.f("ck_follow_up_snooze"), type_="check")
        for column in (
            "sweep_again_at", "swept_at", "swept_version", "snooze_reason", "snooze_count", "snoozed_until",
        ):  # fmt: skip
            batch.drop_column(column)
